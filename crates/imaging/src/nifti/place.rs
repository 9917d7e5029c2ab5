//! Where a NIfTI image lies: the choice between qform and sform that ITK makes, turned from RAS to LPS millimetres.

use super::header::Header;
use crate::geometry::Geometry;

type Matrix = [[f64; 4]; 3];

/// Geometry of an image of these sizes, and what is odd about it.
pub(super) fn geometry(header: &Header, size: Vec<u64>) -> (Geometry, Vec<String>) {
    let mut warnings = Vec::new();
    let dimensions = size.len();
    let mut geometry = Geometry::identity(size);
    let (space, time) = scales(header.units);
    for axis in 0..dimensions {
        let stated = header.pixdim[axis + 1];
        let scale = if axis < 3 { space } else { time };
        if stated.is_finite() && stated != 0.0 {
            geometry.spacing[axis] = stated.abs() * scale;
        } else {
            warnings.push(format!("`pixdim[{}]` is {stated}, taken as 1", axis + 1));
        }
    }
    if header.qform_code <= 0 && header.sform_code <= 0 {
        // As ITK: no turn from RAS where the file states no axes.
        warnings.push("neither qform nor sform: origin and axes are unknown".into());
        turn_negative(header, &mut geometry);
        return (geometry, warnings);
    }
    let matrix = choose(header, &mut warnings);
    let stated = geometry.spacing.clone();
    place(&mut geometry, &matrix, space);
    let is_orthogonal = is_orthogonal(&matrix);
    for axis in (0..dimensions.min(3)).filter(|_| is_orthogonal) {
        // ITK takes the spacing from `pixdim` even beside an sform.
        let (from_axes, pixdim) = (geometry.spacing[axis], header.pixdim[axis + 1]);
        if !pixdim.is_finite() || pixdim == 0.0 {
            continue;
        }
        if (stated[axis] - from_axes).abs() > 1e-3 * from_axes {
            warnings.push(format!(
                "`pixdim[{}]` is {pixdim}, the affine says {from_axes} mm: ITK goes by `pixdim`",
                axis + 1
            ));
        }
        geometry.spacing[axis] = stated[axis];
    }
    if geometry.validate().is_err() {
        warnings.push("the affine has no inverse, the axes are taken as those of RAS space".into());
        let identity = quaternion(header, false);
        place(&mut geometry, &identity, space);
    }
    if is_orthogonal {
        turn_negative(header, &mut geometry);
    }
    (geometry, warnings)
}

/// As ITK: where `pixdim` is negative its axis is turned around.
fn turn_negative(header: &Header, geometry: &mut Geometry) {
    let dimensions = geometry.size.len();
    for axis in 0..dimensions {
        let stated = header.pixdim[axis + 1];
        if stated.is_finite() && stated < 0.0 {
            for row in 0..dimensions {
                let value = &mut geometry.direction[row * dimensions + axis];
                *value = 0.0 - *value;
            }
        }
    }
}

/// Factors to millimetres and seconds.
fn scales(units: u8) -> (f64, f64) {
    let space = match units & 0x07 {
        1 => 1e3,
        3 => 1e-3,
        _ => 1.0,
    };
    let time = match units & 0x38 {
        16 => 1e-3,
        24 => 1e-6,
        _ => 1.0,
    };
    (space, time)
}

fn choose(header: &Header, warnings: &mut Vec<String>) -> Matrix {
    let has_q = header.qform_code > 0;
    let has_s = header.sform_code > 0;
    let q = quaternion(header, has_q);
    if !has_s {
        return q;
    }
    let is_whole = header.srow.iter().flatten().all(|value| value.is_finite());
    if !is_whole {
        warnings.push("the sform holds numbers that are not finite and is ignored".into());
        return q;
    }
    let is_square = is_orthogonal(&header.srow);
    if !has_q {
        if !is_square {
            warnings.push(
                "the sform is sheared: ITK refuses such a file; axes are kept as they are".into(),
            );
        }
        return header.srow;
    }
    if similar(&header.srow, &q) {
        return header.srow;
    }
    warnings.push(format!(
        "qform (code {}) and sform (code {}) place the image differently",
        header.qform_code, header.sform_code
    ));
    if header.sform_code == 1 && is_square {
        header.srow
    } else {
        q
    }
}

fn similar(one: &Matrix, other: &Matrix) -> bool {
    (0..3).all(|row| {
        (0..3).all(|column| (one[row][column] - other[row][column]).abs() <= 1e-5)
            && (one[row][3] - other[row][3]).abs() <= 1e-7 * one[row][3].abs().max(1.0)
    })
}

fn column(matrix: &Matrix, axis: usize) -> [f64; 3] {
    [matrix[0][axis], matrix[1][axis], matrix[2][axis]]
}

fn length(vector: [f64; 3]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn is_orthogonal(matrix: &Matrix) -> bool {
    [(0, 1), (0, 2), (1, 2)].iter().all(|(one, other)| {
        let (one, other) = (column(matrix, *one), column(matrix, *other));
        let product: f64 = one.iter().zip(other).map(|(a, b)| a * b).sum();
        let lengths = length(one) * length(other);
        lengths > 0.0 && (product / lengths).abs() < 1e-4
    })
}

/// The qform as the NIfTI library builds it; without one, the spacings alone.
fn quaternion(header: &Header, has_q: bool) -> Matrix {
    let size = |axis: usize| {
        let stated = header.pixdim[axis];
        if stated.is_finite() && stated > 0.0 {
            stated
        } else {
            1.0
        }
    };
    let known = has_q && header.quatern.iter().all(|value| value.is_finite());
    let [mut b, mut c, mut d, x, y, z] = if known { header.quatern } else { [0.0; 6] };
    let mut a = 1.0 - (b * b + c * c + d * d);
    if a < 1e-7 {
        let scale = 1.0 / (b * b + c * c + d * d).sqrt();
        (a, b, c, d) = (0.0, b * scale, c * scale, d * scale);
    } else {
        a = a.sqrt();
    }
    let (dx, dy) = (size(1), size(2));
    let dz = if known && header.pixdim[0] < 0.0 {
        -size(3)
    } else {
        size(3)
    };
    [
        [
            (a * a + b * b - c * c - d * d) * dx,
            2.0 * (b * c - a * d) * dy,
            2.0 * (b * d + a * c) * dz,
            x,
        ],
        [
            2.0 * (b * c + a * d) * dx,
            (a * a + c * c - b * b - d * d) * dy,
            2.0 * (c * d - a * b) * dz,
            y,
        ],
        [
            2.0 * (b * d - a * c) * dx,
            2.0 * (c * d + a * b) * dy,
            (a * a + d * d - c * c - b * b) * dz,
            z,
        ],
    ]
}

/// Axes, spacing and origin in LPS, from a matrix to RAS.
fn place(geometry: &mut Geometry, matrix: &Matrix, scale: f64) {
    let dimensions = geometry.size.len();
    let sign = [-1.0, -1.0, 1.0];
    let spatial = dimensions.min(3);
    for axis in 0..spatial {
        let vector = column(matrix, axis);
        let norm = length(vector);
        if norm > 0.0 {
            geometry.spacing[axis] = norm * scale;
        }
        for row in 0..spatial {
            let value = sign[row] * vector[row] / if norm > 0.0 { norm } else { 1.0 };
            geometry.direction[row * dimensions + axis] = value + 0.0;
        }
        geometry.origin[axis] = sign[axis] * matrix[axis][3] * scale + 0.0;
    }
}
