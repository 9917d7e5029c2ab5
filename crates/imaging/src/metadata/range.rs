//! The smallest and the largest value of samples that stream by.

use crate::summary::ComponentType;

/// Gathers the range of samples of one type.
#[derive(Debug)]
pub(crate) struct PixelRange {
    component: ComponentType,
    whole: Option<(i128, i128)>,
    fraction: Option<(f64, f64)>,
}

impl PixelRange {
    /// For samples of this type.
    pub(crate) fn new(component: ComponentType) -> PixelRange {
        PixelRange {
            component,
            whole: None,
            fraction: None,
        }
    }

    /// Takes whole little-endian samples.
    pub(crate) fn feed(&mut self, samples: &[u8]) {
        macro_rules! whole {
            ($type:ty) => {{
                let (values, _) = samples.as_chunks::<{ size_of::<$type>() }>();
                let values = values.iter().map(|bytes| <$type>::from_le_bytes(*bytes));
                let range = values.fold((<$type>::MAX, <$type>::MIN), |(low, high), value| {
                    (low.min(value), high.max(value))
                });
                if range.0 <= range.1 {
                    let (low, high) = self.whole.unwrap_or((i128::MAX, i128::MIN));
                    self.whole = Some((low.min(range.0.into()), high.max(range.1.into())));
                }
            }};
        }
        macro_rules! fraction {
            ($type:ty) => {{
                let (values, _) = samples.as_chunks::<{ size_of::<$type>() }>();
                let values = values.iter().map(|bytes| <$type>::from_le_bytes(*bytes));
                // `min` and `max` pass over what is no number.
                let range = values.fold(
                    (<$type>::INFINITY, <$type>::NEG_INFINITY),
                    |(low, high), value| (low.min(value), high.max(value)),
                );
                if range.0 <= range.1 {
                    let (low, high) = self.fraction.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
                    self.fraction = Some((low.min(range.0.into()), high.max(range.1.into())));
                }
            }};
        }
        match self.component {
            ComponentType::Int8 => whole!(i8),
            ComponentType::Uint8 => whole!(u8),
            ComponentType::Int16 => whole!(i16),
            ComponentType::Uint16 => whole!(u16),
            ComponentType::Int32 => whole!(i32),
            ComponentType::Uint32 => whole!(u32),
            ComponentType::Int64 => whole!(i64),
            ComponentType::Uint64 => whole!(u64),
            ComponentType::Float16 => {}
            ComponentType::Float32 => fraction!(f32),
            ComponentType::Float64 => fraction!(f64),
        }
    }

    /// Both as text; `None` without samples and for infinite ones.
    pub(crate) fn text(&self) -> Option<(String, String)> {
        if let Some((low, high)) = self.whole {
            return Some((low.to_string(), high.to_string()));
        }
        let (low, high) = self.fraction?;
        (low.is_finite() && high.is_finite()).then(|| (self.shortest(low), self.shortest(high)))
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number was a 32-bit float before"
    )]
    fn shortest(&self, number: f64) -> String {
        let is_plain = number == 0.0 || (1e-5..1e16).contains(&number.abs());
        let number = number + 0.0;
        match (self.component == ComponentType::Float32, is_plain) {
            (true, true) => (number as f32).to_string(),
            (true, false) => format!("{:e}", number as f32),
            (false, true) => number.to_string(),
            (false, false) => format!("{number:e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_exact_for_every_type() {
        let mut range = PixelRange::new(ComponentType::Int16);
        assert_eq!(range.text(), None);
        range.feed(&(-5i16).to_le_bytes());
        range.feed(&300i16.to_le_bytes());
        assert_eq!(range.text(), Some(("-5".into(), "300".into())));
        let mut range = PixelRange::new(ComponentType::Uint64);
        range.feed(&u64::MAX.to_le_bytes());
        assert_eq!(range.text().unwrap().1, "18446744073709551615");
        let mut range = PixelRange::new(ComponentType::Float32);
        for value in [f32::NAN, 0.1, -1e-9] {
            range.feed(&value.to_le_bytes());
        }
        assert_eq!(range.text(), Some(("-1e-9".into(), "0.1".into())));
        range.feed(&f32::INFINITY.to_le_bytes());
        assert_eq!(range.text(), None);
    }
}
