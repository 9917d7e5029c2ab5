//! A small image to begin with: a bright ball, not in the middle of the world.

use domain::{Socket, SocketKind};
use imaging::{Geometry, Samples, Volume};

use crate::problem::Problem;

/// Voxels along x, y, z.
const SIZE: [usize; 3] = [24, 20, 12];

/// The bytes of a `.mha` that the socket takes. Spacing, origin and direction are not those that a program would write by
/// chance, so that an output without them is noticed.
pub(super) fn mha(socket: &Socket) -> Result<Vec<u8>, Problem> {
    let volume = if socket.kind == SocketKind::DisplacementField {
        field()
    } else {
        ball(socket)
    };
    let folder = tempfile::tempdir().map_err(Problem::internal)?;
    let path =
        camino::Utf8PathBuf::from_path_buf(folder.path().join("example.mha")).map_err(|path| {
            Problem::internal(std::io::Error::other(format!(
                "`{}` is no UTF-8",
                path.display()
            )))
        })?;
    imaging::metaimage::write(&path, &volume).map_err(Problem::internal)?;
    fs_err::read(&path).map_err(Problem::internal)
}

/// 0 and 1 for a segmentation, else intensities as of an MRI.
fn ball(socket: &Socket) -> Volume {
    let label = socket
        .overlay_segments
        .iter()
        .map(|segment| segment.voxel_value)
        .find(|value| *value != 0);
    let inside = if socket.kind == SocketKind::Segmentation {
        u8::try_from(label.unwrap_or(1)).unwrap_or(1)
    } else {
        200
    };
    let [width, height, depth] = SIZE;
    let mut samples = Vec::with_capacity(width * height * depth);
    for z in 0..depth {
        for y in 0..height {
            for x in 0..width {
                let apart = [x.abs_diff(10), y.abs_diff(9), 2 * z.abs_diff(5)];
                let squared: usize = apart.iter().map(|side| side * side).sum();
                let outside = if socket.kind == SocketKind::Segmentation {
                    0
                } else {
                    20
                };
                samples.push(if squared <= 36 { inside } else { outside });
            }
        }
    }
    Volume {
        geometry: Geometry {
            size: SIZE.map(|side| side as u64).to_vec(),
            spacing: vec![0.8, 0.8, 2.5],
            origin: vec![-12.5, 40.0, 103.5],
            direction: vec![1.0, 0.0, 0.0, 0.0, 0.8, -0.6, 0.0, 0.6, 0.8],
        },
        channels: 1,
        samples: Samples::Uint8(samples),
    }
}

/// No displacement anywhere: the fourth axis has the three components.
fn field() -> Volume {
    let mut geometry = Geometry::identity(vec![8, 8, 4, 3]);
    geometry.spacing = vec![0.8, 0.8, 2.5, 1.0];
    Volume {
        geometry,
        channels: 1,
        samples: Samples::Float32(vec![0.0; 8 * 8 * 4 * 3]),
    }
}
