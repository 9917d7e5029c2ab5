//! Lengths and angles of annotations, in words.

/// The length of a path.
pub(super) fn length(path: &[[f64; 3]]) -> Option<String> {
    let sum: f64 = path
        .windows(2)
        .map(|pair| norm(between(pair[0], pair[1])))
        .sum();
    (path.len() > 1).then(|| format!("{sum:.1} mm"))
}

/// The angle at the second of three points.
pub(super) fn angle_of_three(path: &[[f64; 3]]) -> Option<String> {
    let [a, b, c] = path else {
        return None;
    };
    angle(between(*b, *a), between(*b, *c))
}

/// The angle between two lines.
pub(super) fn angle_between(one: &[[f64; 3]], other: &[[f64; 3]]) -> Option<String> {
    let ([a, b], [c, d]) = (one, other) else {
        return None;
    };
    angle(between(*a, *b), between(*c, *d))
}

/// The middle of the box around points.
pub(super) fn middle(points: &[[f64; 3]]) -> Option<[f64; 3]> {
    let first = *points.first()?;
    let (low, high) = points.iter().fold((first, first), |(low, high), point| {
        (
            std::array::from_fn(|axis| low[axis].min(point[axis])),
            std::array::from_fn(|axis| high[axis].max(point[axis])),
        )
    });
    Some(std::array::from_fn(|axis| {
        low[axis] / 2.0 + high[axis] / 2.0
    }))
}

fn angle(a: [f64; 3], b: [f64; 3]) -> Option<String> {
    let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let cosine = dot / (norm(a) * norm(b));
    cosine
        .is_finite()
        .then(|| format!("{:.1}°", cosine.clamp(-1.0, 1.0).acos().to_degrees()))
}

fn between(from: [f64; 3], to: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| to[axis] - from[axis])
}

fn norm([x, y, z]: [f64; 3]) -> f64 {
    x.hypot(y).hypot(z)
}
