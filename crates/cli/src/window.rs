//! A window of grey values on the command line.

use imaging::render::Window;
use imaging::render::presets::presets;

/// `CENTRE,WIDTH`, or the name of a preset for CT.
pub(crate) fn parse(text: &str) -> Result<Window, String> {
    let known = presets("CT");
    if let Some(preset) = known.iter().find(|preset| preset.name == text) {
        return Ok(preset.window);
    }
    let numbers = text.split_once(',').and_then(|(center, width)| {
        let center: f64 = center.trim().parse().ok()?;
        let width: f64 = width.trim().parse().ok()?;
        (center.is_finite() && width.is_finite() && width > 0.0).then_some((center, width))
    });
    numbers
        .map(|(center, width)| Window::new(center, width))
        .ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|preset| preset.name).collect();
            format!(
                "expected `CENTRE,WIDTH` with a width above 0, or one of {}",
                names.join(", ")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        assert_eq!(parse("40, 400"), Ok(Window::new(40.0, 400.0)));
        assert_eq!(parse("lung"), Ok(Window::new(-600.0, 1500.0)));
        for bad in ["40", "40,0", "a,b", "inf,3", "skin"] {
            assert!(parse(bad).unwrap_err().contains("soft tissue"), "{bad}");
        }
    }
}
