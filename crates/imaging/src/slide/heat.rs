//! Tiles of numbers as a heat map: a PNG that is clear below the threshold.

use super::picture::{as_numbers, png};
use super::{Slide, Tile};
use crate::error::{ReadImageError, ReadProblem};
use crate::render::{HeatMap, Picture, PixelFormat, Rgba};
use crate::serve::Statistics;

/// Tiles of the smallest level that are looked at for its statistics.
const MOST_TILES: u64 = 256;

impl Slide {
    /// One tile through the colours of a heat map, as a PNG; of several channels the first counts. A tile that is not
    /// stored is clear.
    ///
    /// # Errors
    /// When there is no such tile, or it cannot be read or decoded.
    pub fn heat_tile(
        &mut self,
        (level, column, row): (usize, u64, u64),
        map: &HeatMap,
    ) -> Result<Tile, ReadImageError> {
        self.draw_heat((level, column, row), map)
            .map_err(|problem| problem.in_file(&self.name))
    }

    fn draw_heat(
        &mut self,
        (level, column, row): (usize, u64, u64),
        map: &HeatMap,
    ) -> Result<Tile, ReadProblem> {
        let index = self.place_of(level, column, row)?;
        let samples = self
            .tiles
            .samples_of(&mut self.file, (level, index), &self.limits)?;
        let [width, height] = self.tiles.tile_size(level);
        let count = width as usize * height as usize;
        let mut pixels = Vec::with_capacity(count * 4);
        if let Some(samples) = samples {
            // Values stand in long runs.
            let mut last = (f64::NAN, Rgba::CLEAR);
            for value in as_numbers(self.component(level), &samples.bytes)
                .into_iter()
                .step_by(samples.samples)
            {
                if value != last.0 {
                    last = (value, map.colour(value));
                }
                pixels.extend([last.1.red, last.1.green, last.1.blue, last.1.alpha]);
            }
        }
        pixels.resize(count * 4, 0);
        png(&Picture {
            width,
            height,
            format: PixelFormat::Rgba,
            pixels,
        })
    }

    /// Statistics of the smallest level, of at most 256 of its tiles: enough for a range of colours.
    ///
    /// # Errors
    /// When a tile cannot be read or decoded.
    pub fn statistics(&mut self) -> Result<Statistics, ReadImageError> {
        let level = self.tiles.len() - 1;
        let component = self.component(level);
        let mut statistics = Statistics::new(component);
        let [across, down] = self.tiles.grid(level);
        let tiles = across.saturating_mul(down);
        let looked_at = tiles.min(MOST_TILES);
        for step in 0..looked_at {
            let index = u128::from(step) * u128::from(tiles) / u128::from(looked_at);
            let index = u64::try_from(index).unwrap_or(0);
            let samples = self
                .tiles
                .samples_of(&mut self.file, (level, index), &self.limits)
                .map_err(|problem| problem.in_file(&self.name))?;
            match samples {
                Some(samples) => statistics.feed(component, &samples.bytes),
                None => statistics.add(0.0),
            }
        }
        Ok(statistics)
    }

    /// Whether the numbers are labels, or places in a palette: from the style, else from the numbers.
    ///
    /// # Errors
    /// When a tile cannot be read or decoded.
    pub fn is_labels(&mut self) -> Result<bool, ReadImageError> {
        self.survey()
            .map_err(|problem| problem.in_file(&self.name))?;
        Ok(self.style.labels == Some(true))
    }
}
