//! Windows: which values become black, which white, and how it goes between them.

use serde::{Deserialize, Serialize};

use super::picture::byte;
use crate::serve::Statistics;

/// How values inside a window become grey (VOI LUT Function, DICOM PS3.3 C.11.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiFunction {
    /// C.11.2.1.2.1, made for whole numbers: centre 2048 and width 4096 take 0 to 0 % and 4095 to 100 %.
    #[default]
    Linear,
    /// C.11.2.1.3.2: from centre − width / 2 to centre + width / 2.
    LinearExact,
    /// C.11.2.1.3.1: an S-shaped curve without ends.
    Sigmoid,
}

/// Which values become black and which white.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The value in the middle.
    pub center: f64,
    /// Distance between black and white.
    pub width: f64,
    /// How values between become grey.
    #[serde(default)]
    pub function: VoiFunction,
}

impl Window {
    /// Centre and width as DICOM files and readers give them (linear).
    #[must_use]
    pub const fn new(center: f64, width: f64) -> Window {
        Window {
            center,
            width,
            function: VoiFunction::Linear,
        }
    }

    /// Black at `low`, white at `high`. Of two equal values a window of width 1 around them is made.
    #[must_use]
    pub fn from_range(low: f64, high: f64) -> Window {
        let width = high - low;
        Window {
            center: low / 2.0 + high / 2.0,
            width: if width > 0.0 { width } else { 1.0 },
            function: VoiFunction::LinearExact,
        }
    }

    /// From the 1st to the 99th percentile of the finite values, from the lowest to the highest where these are equal
    /// (a small bright spot on a dark image). An image of one value becomes grey all over.
    #[must_use]
    pub fn automatic(statistics: &Statistics) -> Window {
        let range = [(0.01, 0.99), (0.0, 1.0)]
            .into_iter()
            .filter_map(|(low, high)| {
                Some((statistics.percentile(low)?, statistics.percentile(high)?))
            })
            .find(|(low, high)| high > low)
            .or_else(|| statistics.minimum().zip(statistics.maximum()));
        range.map_or(Window::new(0.0, 1.0), |(low, high)| {
            Window::from_range(low, high)
        })
    }

    /// Grey from 0 (black) to 255 (white); 0 for what is no number.
    #[must_use]
    pub fn grey(&self, value: f64) -> u8 {
        byte(self.share(value) * 255.0)
    }

    /// Share of white, 0 to 1.
    #[must_use]
    pub fn share(&self, value: f64) -> f64 {
        if value.is_nan() {
            return 0.0;
        }
        let offset = value - self.center;
        let share = match self.function {
            VoiFunction::Linear if self.width >= 1.0 => {
                let (offset, width) = (offset + 0.5, self.width - 1.0);
                if offset <= -width / 2.0 {
                    0.0
                } else if offset > width / 2.0 {
                    1.0
                } else {
                    offset / width + 0.5
                }
            }
            // The standard forbids widths below 1 for `LINEAR`; files hold them for fractions all the same.
            VoiFunction::Linear | VoiFunction::LinearExact if self.width > 0.0 => {
                offset / self.width + 0.5
            }
            VoiFunction::Linear | VoiFunction::LinearExact => f64::from(u8::from(offset > 0.0)),
            VoiFunction::Sigmoid => 1.0 / (1.0 + (-4.0 * offset / self.width).exp()),
        };
        if share.is_nan() {
            return 0.5;
        }
        share.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Samples;

    fn automatic(samples: Samples) -> Window {
        Window::automatic(&Statistics::of(&samples))
    }

    #[test]
    fn the_linear_function_is_that_of_the_standard() {
        // The example of the standard: c = 2048, w = 4096 with y from 0 to 255.
        let window = Window::new(2048.0, 4096.0);
        for (value, expected) in [(-1.0, 0), (0.0, 0), (4095.0, 255), (4096.0, 255)] {
            assert_eq!(window.grey(value), expected, "{value}");
        }
        let expected = (1000.0 - 2047.5) / 4095.0 + 0.5;
        assert!((window.share(1000.0) - expected).abs() < 1e-12);
        // c = 0, w = 1 is a step: "if x <= c - 0.5 then 0, else 255".
        let step = Window::new(0.0, 1.0);
        assert_eq!(
            [-1.0, -0.5, 0.0, 1.0].map(|x| step.grey(x)),
            [0, 0, 255, 255]
        );
        // c = 0, w = 100.
        let window = Window::new(0.0, 100.0);
        assert_eq!(window.share(-50.0), 0.0);
        assert_eq!(window.share(49.0), 1.0);
    }

    #[test]
    fn exact_windows_go_from_end_to_end() {
        let window = Window::from_range(-1.0, 3.0);
        assert_eq!([-1.0, 1.0, 3.0].map(|x| window.share(x)), [0.0, 0.5, 1.0]);
        let curve = Window {
            function: VoiFunction::Sigmoid,
            ..Window::new(10.0, 4.0)
        };
        assert_eq!(curve.share(10.0), 0.5);
        assert!((curve.share(12.0) - 1.0 / (1.0 + (-2.0f64).exp())).abs() < 1e-12);
    }

    #[test]
    fn odd_numbers_have_a_grey_too() {
        for width in [0.0, -5.0, f64::NAN, f64::INFINITY, 0.25] {
            for function in [
                VoiFunction::Linear,
                VoiFunction::LinearExact,
                VoiFunction::Sigmoid,
            ] {
                for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0] {
                    let window = Window {
                        center: 0.0,
                        width,
                        function,
                    };
                    assert!((0.0..=1.0).contains(&window.share(value)));
                }
            }
        }
    }

    #[test]
    fn the_automatic_window_leaves_the_tails_out() {
        let mut values: Vec<i16> = (0..1000).collect();
        values.push(i16::MAX);
        let window = automatic(Samples::Int16(values));
        let low = window.center - window.width / 2.0;
        assert!((low - 10.0).abs() <= 1.0, "{low}");
        let high = window.center + window.width / 2.0;
        assert!((high - 990.0).abs() <= 2.0, "{high}");
    }

    #[test]
    fn constant_and_broken_images_have_a_window() {
        assert_eq!(automatic(Samples::Uint8(vec![7; 50])).grey(7.0), 128);
        let nothing = automatic(Samples::Float32(vec![f32::NAN, f32::INFINITY]));
        assert!(nothing.width > 0.0);
        let mut values = vec![0.25f64; 100];
        values.extend([f64::NAN, f64::INFINITY, 0.75, 1e300]);
        let window = automatic(Samples::Float64(values));
        assert!(window.width.is_finite() && window.width > 0.0, "{window:?}");
        assert!(automatic(Samples::Float64(vec![f64::MIN, f64::MAX])).width > 0.0);
    }

    #[test]
    fn a_small_bright_spot_is_seen() {
        let mut values = vec![0u8; 10_000];
        values[17] = 1;
        let window = automatic(Samples::Uint8(values));
        assert_eq!((window.grey(0.0), window.grey(1.0)), (0, 255));
    }
}
