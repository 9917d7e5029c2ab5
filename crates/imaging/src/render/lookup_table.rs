//! Colours: tables for intensities, heat maps, and one colour for each label.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::picture::byte;
use super::window::Window;
use crate::serve::Statistics;

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Rgba {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
    pub alpha: u8,
}

impl Rgba {
    /// Nothing at all.
    pub const CLEAR: Rgba = Rgba::new(0, 0, 0, 0);

    /// From four bytes.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8, alpha: u8) -> Rgba {
        Rgba {
            red,
            green,
            blue,
            alpha,
        }
    }

    /// Without opacity.
    #[must_use]
    pub fn rgb(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }
}

/// A table of 256 colours from low to high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourTable {
    /// Black to white.
    #[default]
    Grey,
    /// White to black, as PET is often read.
    InvertedGrey,
    /// Black, red, yellow, white.
    Hot,
    /// Violet, blue, green, yellow, with evenly rising lightness; readable for the colour-blind and in print.
    Viridis,
    /// Black, blue, violet, red, yellow, white: PET over CT.
    Pet,
}

/// Coefficients for powers 0 to 4 of a polynomial fitted to nine colours of rising lightness, from dark violet over teal
/// to yellow.
const VIRIDIS: [[f64; 5]; 3] = [
    [67.75, 256.28, -1826.29, 2908.75, -1153.21],
    [1.0, 394.45, -395.7, 500.95, -269.72],
    [84.3, 273.11, -33.45, -835.71, 548.34],
];

const PET: [[f64; 3]; 6] = [
    [0.0, 0.0, 0.0],
    [20.0, 30.0, 150.0],
    [140.0, 20.0, 160.0],
    [230.0, 50.0, 30.0],
    [255.0, 200.0, 40.0],
    [255.0, 255.0, 255.0],
];

impl ColourTable {
    /// The colour for a place in the table, 0 to 255.
    #[must_use]
    pub fn colour(self, place: u8) -> [u8; 3] {
        let share = f64::from(place) / 255.0;
        match self {
            Self::Grey => [place; 3],
            Self::InvertedGrey => [255 - place; 3],
            Self::Hot => {
                [3.0 * share, 3.0 * share - 1.0, 3.0 * share - 2.0].map(|value| byte(value * 255.0))
            }
            Self::Viridis => VIRIDIS.map(|powers| {
                byte(
                    powers
                        .iter()
                        .rev()
                        .fold(0.0, |sum, power| sum * share + power),
                )
            }),
            Self::Pet => between(&PET, share),
        }
    }

    /// All 256 colours, red, green, blue one after the other: a texture for a browser.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        (0..=255u8).flat_map(|place| self.colour(place)).collect()
    }
}

/// Straight lines between colours at equal distances.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share between 0 and 1 of a handful of colours"
)]
fn between(stops: &[[f64; 3]], share: f64) -> [u8; 3] {
    let position = share * (stops.len() - 1) as f64;
    let first = (position as usize).min(stops.len() - 2);
    let rest = position - first as f64;
    std::array::from_fn(|channel| {
        byte(stops[first][channel] * (1.0 - rest) + stops[first + 1][channel] * rest)
    })
}

/// Colours for the labels of a segmentation. Label 0 is the background and clear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelColours {
    /// Opacity of every label that has no colour of its own, 0 to 1.
    pub opacity: f64,
    /// Colours that were chosen for single labels; [`Rgba::CLEAR`] hides one.
    pub chosen: BTreeMap<i64, Rgba>,
}

impl Default for LabelColours {
    fn default() -> Self {
        LabelColours {
            opacity: 0.5,
            chosen: BTreeMap::new(),
        }
    }
}

/// Seven colours that the colour-blind can tell apart, after Okabe and Ito (2008), without black.
const OKABE_ITO: [[u8; 3]; 7] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
];

impl LabelColours {
    /// The colour of a label, the same in every image. From the eighth label on colours come back lighter or darker.
    #[must_use]
    pub fn colour(&self, label: i64) -> Rgba {
        if let Some(chosen) = self.chosen.get(&label) {
            return *chosen;
        }
        if label == 0 {
            return Rgba::CLEAR;
        }
        let number = usize::from(palette_place(label)) - 1;
        let toward = [
            (0.0, 0.0),
            (0.45, 255.0),
            (0.4, 0.0),
            (0.7, 255.0),
            (0.65, 0.0),
        ];
        let (share, target) = toward[number / OKABE_ITO.len() % toward.len()];
        let [red, green, blue] = OKABE_ITO[number % OKABE_ITO.len()]
            .map(|value| byte(f64::from(value) * (1.0 - share) + target * share));
        Rgba::new(red, green, blue, byte(self.opacity * 255.0))
    }

    /// A palette for [`palette_place`]: colours of the labels 0 to 255.
    #[must_use]
    pub fn palette(&self) -> Vec<Rgba> {
        (0..256).map(|label| self.colour(label)).collect()
    }
}

/// Place of a label in a palette of 256 colours: the label itself from 0 to 255; others share places 1 to 255.
#[must_use]
pub fn palette_place(label: i64) -> u8 {
    if label == 0 {
        return 0;
    }
    let place = (i128::from(label) - 1).rem_euclid(255) + 1;
    u8::try_from(place).expect("from 1 to 255")
}

/// Says so when a map that should hold probabilities has values outside 0 to 1 or none at all; a lower-case fragment.
#[must_use]
pub fn not_probabilities(statistics: &Statistics) -> Option<String> {
    let Some((low, high)) = statistics.minimum().zip(statistics.maximum()) else {
        return Some("no value of the heat map is a finite number".into());
    };
    if (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high) {
        return None;
    }
    Some(format!(
        "values of the heat map go from {low} to {high}, expected 0 to 1"
    ))
}

/// How the values of a heat map become colours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// Colours from low to high.
    pub table: ColourTable,
    /// Values of the first and the last colour.
    pub window: Window,
    /// Values below this are clear.
    pub threshold: f64,
    /// Opacity of what is shown, 0 to 1.
    pub opacity: f64,
}

impl Default for HeatMap {
    /// For probabilities: 0 to 1, from 0.1 on.
    fn default() -> Self {
        HeatMap {
            table: ColourTable::Viridis,
            window: Window::from_range(0.0, 1.0),
            threshold: 0.1,
            opacity: 0.6,
        }
    }
}

impl HeatMap {
    /// For values from 0 to 1 the default; for others the same colours over their automatic window.
    #[must_use]
    pub fn for_values(statistics: &Statistics) -> HeatMap {
        let default = HeatMap::default();
        if not_probabilities(statistics).is_none() {
            return default;
        }
        let window = Window::automatic(statistics);
        HeatMap {
            window,
            threshold: window.center - 0.4 * window.width,
            ..default
        }
    }

    /// The colour of a value; clear for what is below the threshold or no number.
    #[must_use]
    pub fn colour(&self, value: f64) -> Rgba {
        if value.is_nan() || value < self.threshold {
            return Rgba::CLEAR;
        }
        let [red, green, blue] = self.table.colour(self.window.grey(value));
        Rgba::new(red, green, blue, byte(self.opacity * 255.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness(colour: [u8; 3]) -> f64 {
        let [red, green, blue] = colour.map(f64::from);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn tables_get_lighter_all_the_way() {
        for table in [ColourTable::Grey, ColourTable::Hot, ColourTable::Viridis] {
            for place in 1..=255 {
                let (before, now) = (table.colour(place - 1), table.colour(place));
                assert!(lightness(now) >= lightness(before), "{table:?} {place}");
            }
        }
        assert_eq!(ColourTable::Viridis.colour(0), [68, 1, 84]);
        assert_eq!(ColourTable::Pet.colour(255), [255; 3]);
        assert_eq!(ColourTable::InvertedGrey.bytes().len(), 768);
    }

    #[test]
    fn the_first_35_labels_have_colours_of_their_own() {
        let colours = LabelColours::default();
        let distinct: std::collections::BTreeSet<[u8; 3]> =
            (1..=35).map(|label| colours.colour(label).rgb()).collect();
        assert_eq!(distinct.len(), 35);
        assert_eq!(colours.colour(0), Rgba::CLEAR);
        assert_eq!(colours.colour(1), Rgba::new(230, 159, 0, 128));
    }

    #[test]
    fn every_label_has_a_place_and_none_but_zero_is_the_background() {
        assert_eq!([0, 1, 255, 256, 257].map(palette_place), [0, 1, 255, 1, 2]);
        for label in [-1, i64::MIN, i64::MAX] {
            assert_ne!(palette_place(label), 0);
            assert_eq!(LabelColours::default().colour(label).alpha, 128);
        }
    }

    #[test]
    fn heat_maps_of_other_values_get_a_window_of_their_own() {
        let of = |values: Vec<f32>| Statistics::of(&crate::Samples::Float32(values));
        assert_eq!(HeatMap::for_values(&of(vec![0.0, 0.3])), HeatMap::default());
        let percent = of(vec![0.0, 50.0, 100.0]);
        assert_eq!(
            not_probabilities(&percent).unwrap(),
            "values of the heat map go from 0 to 100, expected 0 to 1"
        );
        let map = HeatMap::for_values(&percent);
        assert_eq!(map.colour(0.0), Rgba::CLEAR);
        assert_eq!(map.colour(100.0).rgb(), ColourTable::Viridis.colour(255));
        assert!(not_probabilities(&of(vec![f32::NAN])).is_some());
    }

    #[test]
    fn a_heat_map_is_clear_below_its_threshold() {
        let map = HeatMap::default();
        assert_eq!(map.colour(0.05), Rgba::CLEAR);
        assert_eq!(map.colour(f64::NAN), Rgba::CLEAR);
        assert_eq!(map.colour(1.0).rgb(), ColourTable::Viridis.colour(255));
        assert_eq!(map.colour(7.0).alpha, 153);
    }
}
