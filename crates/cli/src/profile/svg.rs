//! The curves as an SVG that stands alone: no script, no font of others, light and dark.

use std::fmt::Write;

use super::curve::Curve;
use crate::quantity;

const WIDTH: f64 = 720.0;
const PANEL: f64 = 110.0;
const TOP: f64 = 44.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 16.0;
const HEIGHT: f64 = 80.0;

const STYLE: &str = "text{font:12px sans-serif;fill:#222}.t{font-size:15px;font-weight:bold}.l{stroke:#999;fill:none}\
.c{stroke:#1668b8;stroke-width:1.5;fill:none}.m{stroke:#c0392b;stroke-dasharray:4 3}.f{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#ddd}.f{fill:#16191d}.c{stroke:#6cb2f2}.l{stroke:#666}}";

/// One panel below the other.
pub(super) fn draw(title: &str, curves: &[Curve], wall_seconds: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "four curves")]
    let height = TOP + PANEL * curves.len() as f64 + 12.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
        <title>Profile of {title}</title><style>{STYLE}</style>\n\
        <rect class=\"f\" width=\"100%\" height=\"100%\"/>\n\
        <text class=\"t\" x=\"16\" y=\"26\">{title}, {time}</text>\n",
        title = escaped(title),
        time = quantity::seconds(wall_seconds)
    );
    for (number, curve) in curves.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "four curves")]
        let top = TOP + PANEL * number as f64;
        panel(curve, top, wall_seconds, &mut text);
    }
    text + "</svg>\n"
}

fn panel(curve: &Curve, top: f64, wall_seconds: f64, text: &mut String) {
    let highest = curve.highest().unwrap_or(0.0);
    let scale = if highest > 0.0 { highest * 1.1 } else { 1.0 };
    let (bottom, right) = (top + HEIGHT, WIDTH - RIGHT);
    let y = |value: f64| bottom - value / scale * HEIGHT;
    let x = |at: f64| LEFT + (at / wall_seconds.max(1e-9)).min(1.0) * (right - LEFT);
    let _ = writeln!(
        text,
        "<path class=\"l\" d=\"M{LEFT} {top}V{bottom}H{right}\"/>\n\
        <text x=\"16\" y=\"{}\">{}</text><text x=\"16\" y=\"{}\">{}</text><text x=\"16\" y=\"{}\">of {}</text>\n\
        <text x=\"{LEFT}\" y=\"{}\">0</text><text x=\"{right}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        top + 14.0,
        curve.name,
        top + 32.0,
        curve.highest().map_or_else(
            || "not measured".to_owned(),
            |peak| format!("peak {}", curve.unit.told(peak))
        ),
        top + 50.0,
        curve.unit.told(curve.limit),
        bottom + 14.0,
        bottom + 14.0,
        quantity::seconds(wall_seconds)
    );
    if curve.limit <= scale {
        let at = y(curve.limit);
        let _ = writeln!(text, "<path class=\"m\" d=\"M{LEFT} {at:.1}H{right}\"/>");
    }
    if curve.points.is_empty() {
        let (x, y) = (LEFT + 12.0, top + HEIGHT / 2.0);
        let _ = writeln!(
            text,
            "<text x=\"{x}\" y=\"{y}\">too short to be drawn</text>"
        );
        return;
    }
    if let [(at, value)] = curve.points.as_slice() {
        // A line needs two points.
        let (x, y) = (x(*at), y(*value));
        let _ = writeln!(
            text,
            "<circle class=\"c\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\"/>"
        );
        return;
    }
    let points: Vec<String> = curve
        .points
        .iter()
        .map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value)))
        .collect();
    let _ = writeln!(
        text,
        "<polyline class=\"c\" points=\"{}\"/>",
        points.join(" ")
    );
}

fn escaped(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    plain
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
