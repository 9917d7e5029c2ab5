//! Planes in the order of a volume: sorted along their normal, told apart by time, with every gap by its number.

use super::plane::Plane;
use super::tag::{self, Tag};
use crate::error::ReadProblem;

/// Planes nearer than this lie at the same place, mm.
const SAME_PLACE: f64 = 1e-3;
/// Part of the step by which a frame may lie beside its place on the grid to be taken in the order of the file.
const OFF_GRID: f64 = 0.1;
/// Part of the usual step by which another may differ: positions are often rounded to 0.1 mm.
const OFF_STEP: f64 = 0.2;
/// Slices named in one message.
const MAX_NAMED: usize = 12;

/// How planes make a volume.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stack {
    /// Indices of the planes: z fastest, then t.
    pub(super) order: Vec<usize>,
    pub(super) slices: usize,
    pub(super) times: usize,
    /// True when nothing but numbers tells the times apart.
    pub(super) times_are_guessed: bool,
    /// Distance between slices, mm; `None` for one slice or planes without a place.
    pub(super) step: Option<f64>,
    /// True when the planes come in the opposite direction of their normal.
    pub(super) descending: bool,
    /// Why the volume is no regular grid.
    pub(super) uneven: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// For every place its planes in the order of time.
type ByPlace = Vec<Vec<usize>>;

/// Planes at one place along the normal.
struct Place {
    along: f64,
    planes: Vec<usize>,
}

/// The order of planes of one orientation. `sort`: false keeps the order of the file where that is regular already.
pub(super) fn stack(planes: &[Plane], sort: bool) -> Stack {
    let Some(along) = projections(planes) else {
        return unplaced(planes);
    };
    if let Some(problem) = unlike(planes) {
        return Stack {
            warnings: vec![problem.clone()],
            uneven: Some(problem),
            ..unplaced(planes)
        };
    }
    if !sort && let Some(stack) = in_file_order(&along) {
        return stack;
    }
    let places = places(planes, &along);
    let mut stack = Stack {
        order: Vec::new(),
        slices: places.len(),
        times: 1,
        times_are_guessed: false,
        step: None,
        descending: false,
        uneven: None,
        warnings: Vec::new(),
    };
    volumes(planes, &places, &mut stack);
    grid(planes, &places, &mut stack);
    tilt(planes, &places, &mut stack);
    stack
}

fn projections(planes: &[Plane]) -> Option<Vec<f64>> {
    let normal = planes.first()?.axes()[2];
    planes
        .iter()
        .map(|plane| {
            let at = plane.position?;
            Some(normal[0] * at[0] + normal[1] * at[1] + normal[2] * at[2])
        })
        .collect()
}

/// Says which plane is not parallel to the first, or has pixels of another size.
fn unlike(planes: &[Plane]) -> Option<String> {
    let first = planes.first()?;
    let count = planes.iter().filter(|plane| !plane.is_like(first)).count();
    (count > 0).then(|| {
        format!(
            "{count} of {} frames have another orientation or spacing than the first",
            planes.len()
        )
    })
}

/// Planes without a place: by their number, else as they come.
fn unplaced(planes: &[Plane]) -> Stack {
    let mut order: Vec<usize> = (0..planes.len()).collect();
    order.sort_by_key(|index| planes[*index].number);
    Stack {
        slices: order.len(),
        order,
        times: 1,
        times_are_guessed: false,
        step: None,
        descending: false,
        uneven: None,
        warnings: Vec::new(),
    }
}

/// Frames that already lie on a grid, in either direction.
fn in_file_order(along: &[f64]) -> Option<Stack> {
    let [first, .., last] = along else {
        return None;
    };
    let step = (last - first) / (along.len() - 1) as f64;
    let regular = step.abs() > SAME_PLACE
        && along
            .iter()
            .enumerate()
            .all(|(index, at)| (first + step * index as f64 - at).abs() <= OFF_GRID * step.abs());
    regular.then(|| Stack {
        order: (0..along.len()).collect(),
        slices: along.len(),
        times: 1,
        times_are_guessed: false,
        step: Some(step.abs()),
        descending: step < 0.0,
        uneven: None,
        warnings: Vec::new(),
    })
}

fn places(planes: &[Plane], along: &[f64]) -> Vec<Place> {
    let mut sorted: Vec<usize> = (0..planes.len()).collect();
    sorted.sort_by(|a, b| {
        along[*a]
            .total_cmp(&along[*b])
            .then_with(|| planes[*a].number.cmp(&planes[*b].number))
    });
    let mut places: Vec<Place> = Vec::new();
    for plane in sorted {
        match places.last_mut() {
            Some(place) if along[plane] - place.along < SAME_PLACE => place.planes.push(plane),
            Some(_) | None => places.push(Place {
                along: along[plane],
                planes: vec![plane],
            }),
        }
    }
    places
}

/// Tells the planes at one place apart: volumes of a 4D image where that works out, else duplicates.
fn volumes(planes: &[Plane], places: &[Place], stack: &mut Stack) {
    let most = places
        .iter()
        .map(|place| place.planes.len())
        .max()
        .unwrap_or(0);
    let all_alike = places.iter().all(|place| place.planes.len() == most);
    if most > 1 && all_alike {
        let (sorted, how) = by_time(planes, places, most);
        stack.times = most;
        stack.times_are_guessed = how.is_none();
        stack.order = (0..most)
            .flat_map(|time| sorted.iter().map(move |place| place[time]))
            .collect();
        stack.warnings.push(match how {
            Some(tag) => format!("{most} volumes, told apart by `{}`", tag::name(tag)),
            None => format!(
                "every place holds {most} slices that nothing but their numbers tells apart: taken as {most} volumes"
            ),
        });
        return;
    }
    stack.order = places
        .iter()
        .filter_map(|place| place.planes.first().copied())
        .collect();
    let twice: Vec<String> = places
        .iter()
        .enumerate()
        .filter(|(_, place)| place.planes.len() > 1)
        .map(|(index, place)| format!("{} ({} times)", index + 1, place.planes.len()))
        .collect();
    if !twice.is_empty() {
        let message = format!("slices that lie at the same place: {}", listed(&twice));
        stack.warnings.push(message.clone());
        stack.uneven = Some(message);
    }
}

/// The planes of every place in the order of time, and the attribute that gave it.
fn by_time(planes: &[Plane], places: &[Place], most: usize) -> (ByPlace, Option<Tag>) {
    let value = |plane: usize, tag: Tag| {
        planes[plane]
            .times
            .iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| *value)
    };
    let candidates: Vec<Tag> = planes
        .first()
        .map(|plane| plane.times.iter().map(|(tag, _)| *tag).collect())
        .unwrap_or_default();
    for tag in candidates {
        let sorted: Option<ByPlace> = places
            .iter()
            .map(|place| {
                let mut keyed = place
                    .planes
                    .iter()
                    .map(|plane| Some((value(*plane, tag)?, *plane)))
                    .collect::<Option<Vec<(f64, usize)>>>()?;
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                let distinct = keyed.windows(2).all(|pair| pair[0].0 < pair[1].0);
                (distinct && keyed.len() == most)
                    .then(|| keyed.into_iter().map(|(_, plane)| plane).collect())
            })
            .collect();
        if let Some(sorted) = sorted {
            return (sorted, Some(tag));
        }
    }
    let as_numbered = places.iter().map(|place| place.planes.clone()).collect();
    (as_numbered, None)
}

/// The step between slices and every place where it is another one.
fn grid(planes: &[Plane], places: &[Place], stack: &mut Stack) {
    let steps: Vec<f64> = places
        .windows(2)
        .map(|pair| pair[1].along - pair[0].along)
        .collect();
    let Some(usual) = most_common(&steps) else {
        return;
    };
    let gaps: Vec<(usize, f64)> = steps
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, step)| (step - usual).abs() > OFF_STEP * usual)
        .collect();
    let first = places[0].along;
    let mean = (places[places.len() - 1].along - first) / steps.len() as f64;
    let off = places
        .iter()
        .enumerate()
        .map(|(index, place)| (first + mean * index as f64 - place.along).abs())
        .fold(0.0, f64::max);
    if gaps.is_empty() && off <= 0.5 * mean {
        stack.step = Some(mean);
        return;
    }
    stack.step = Some(usual);
    let named: Vec<String> = gaps
        .iter()
        .map(|(index, step)| {
            let number = |index: usize| {
                let plane = &places[index].planes[0];
                planes[*plane]
                    .number
                    .map_or(String::new(), |number| format!(" (number {number})"))
            };
            let missing = (step / usual).round() - 1.0;
            format!(
                "{}{} and {}{}: {} mm{}",
                index + 1,
                number(*index),
                index + 2,
                number(index + 1),
                rounded(*step),
                if missing >= 1.0 {
                    format!(" ({missing} missing)")
                } else {
                    String::new()
                }
            )
        })
        .collect();
    let message = format!(
        "slices are {} mm apart but for those between slices {}",
        rounded(usual),
        listed(&named)
    );
    stack.warnings.push(message.clone());
    stack.uneven = Some(message);
}

/// The distance that most neighbours have, as the mean of those that agree with it.
fn most_common(steps: &[f64]) -> Option<f64> {
    let mut sorted = steps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut best: &[f64] = &[];
    let mut from = 0;
    for to in 0..sorted.len() {
        while sorted[to] - sorted[from] > 0.05 * sorted[to] {
            from += 1;
        }
        if to + 1 - from > best.len() {
            best = &sorted[from..=to];
        }
    }
    (!best.is_empty()).then(|| best.iter().sum::<f64>() / best.len() as f64)
}

/// Slices that are shifted against each other within their plane, as a tilted gantry gives them.
fn tilt(planes: &[Plane], places: &[Place], stack: &mut Stack) {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return;
    };
    let [column, row, _] = planes[first.planes[0]].axes();
    let (Some(from), Some(to)) = (
        planes[first.planes[0]].position,
        planes[last.planes[0]].position,
    ) else {
        return;
    };
    let beside = |axis: [f64; 3]| (0..3).map(|i| axis[i] * (to[i] - from[i])).sum::<f64>();
    let shift = beside(column).hypot(beside(row));
    let height = last.along - first.along;
    if shift > 0.1 && shift > 1e-3 * height {
        stack.warnings.push(format!(
            "slices are shifted against each other (tilted gantry): the last lies {} mm beside the first, {:.1} degrees; the volume is sheared",
            rounded(shift),
            shift.atan2(height).to_degrees()
        ));
    }
}

fn listed(names: &[String]) -> String {
    let mut text = names[..names.len().min(MAX_NAMED)].join(", ");
    if names.len() > MAX_NAMED {
        text.push_str(&format!(" and {} more", names.len() - MAX_NAMED));
    }
    text
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Refuses a stack that is no regular grid.
pub(super) fn refuse_uneven(stack: &Stack) -> Result<(), ReadProblem> {
    match &stack.uneven {
        Some(problem) => Err(ReadProblem::Unsupported(format!(
            "is no regular volume: {problem}"
        ))),
        None => Ok(()),
    }
}
