//! What an image must be besides readable, by the kind of its socket: the same for inputs and outputs.

use domain::{Socket, SocketKind};
use imaging::ImageSummary;

/// What the kind of a socket demands of an image.
pub(crate) fn check(socket: &Socket, summary: &ImageSummary) -> Result<(), Vec<String>> {
    check_format(summary).map_err(|message| vec![message])?;
    if socket.kind == SocketKind::Segmentation && !socket.overlay_segments.is_empty() {
        let Some(values) = &summary.segments else {
            let hint = "the voxel values of this segmentation could not be determined, expected an integer image of one \
                        channel with few values";
            return Err(vec![hint.to_owned()]);
        };
        socket
            .check_segments(values)
            .map_err(|error| vec![error.to_string()])?;
    }
    if socket.kind == SocketKind::DisplacementField {
        let size = &summary.size;
        if size.len() != 4 || summary.channels != 1 || size.last() != Some(&3) {
            let message = format!(
                "a displacement field has 4 dimensions, the last of size 3, and one channel; found size {size:?} with {} channels",
                summary.channels
            );
            return Err(vec![message]);
        }
    }
    Ok(())
}

/// A container reads and writes two formats, whatever a file is called.
pub(crate) fn check_format(summary: &ImageSummary) -> Result<(), String> {
    if summary.format.is_output_format() {
        return Ok(());
    }
    Err(format!(
        "is {} by its content, expected MetaImage (`.mha`) or TIFF (`.tif`)",
        summary.format.name()
    ))
}
