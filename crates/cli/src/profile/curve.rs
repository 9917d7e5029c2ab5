//! One quantity as time went by.

use domain::ResourceSample;

use crate::quantity;

/// How a value is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    PerCent,
    Count,
}

/// Points in time order: seconds and value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    /// What held.
    pub(super) limit: f64,
    /// As the kernel counted it, between the samples too.
    pub(super) peak: Option<f64>,
    pub(super) points: Vec<(f64, f64)>,
}

impl Curve {
    /// The peak, or the highest point where no peak is known.
    pub(super) fn highest(&self) -> Option<f64> {
        let points = self.points.iter().map(|(_, value)| *value).reduce(f64::max);
        match (self.peak, points) {
            (Some(peak), Some(point)) => Some(peak.max(point)),
            (peak, point) => peak.or(point),
        }
    }
}

impl Unit {
    pub(super) fn told(self, value: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "amounts are not negative and less than 2^63"
        )]
        let whole = value.round() as u64;
        match self {
            Self::Bytes => quantity::bytes(whole),
            Self::PerCent => format!("{whole} %"),
            Self::Count => whole.to_string(),
        }
    }
}

/// Per cent of one processor between each two samples; the first counts from the start.
pub(super) fn per_cent(samples: &[ResourceSample]) -> Vec<(f64, f64)> {
    let mut before = (0.0, 0.0);
    let mut points = Vec::new();
    for sample in samples {
        let Some(cpu) = sample.cpu_seconds else {
            continue;
        };
        let time = sample.at_seconds - before.0;
        if time > 0.0 {
            points.push((
                sample.at_seconds,
                ((cpu - before.1) / time * 100.0).max(0.0),
            ));
        }
        before = (sample.at_seconds, cpu);
    }
    points
}
