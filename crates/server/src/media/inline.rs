//! Files that a browser shows: pictures, PDF and video, and nothing that could run as a page of ours.
//!
//! What a file is, its first bytes say and its socket's kind; both must agree. Whatever else is in it, with a type that is no
//! markup, `nosniff` and a sandbox it cannot act for whoever looks at it.

use camino::Utf8Path;
use domain::SocketKind;
use tokio::io::AsyncReadExt as _;

/// Bytes that tell what a file is.
const TELLING: u64 = 16;

/// The first bytes of a file.
pub(super) async fn beginning(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    let mut found = Vec::new();
    let file = tokio::fs::File::open(path).await?;
    file.take(TELLING).read_to_end(&mut found).await?;
    Ok(found)
}

/// What a file of this kind may be shown as.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "four of the forty kinds are shown by browsers"
)]
pub(super) fn media_type(kind: SocketKind, begins: &[u8]) -> Option<&'static str> {
    let (media_type, is_so) = match kind {
        SocketKind::ThumbnailPng => ("image/png", begins.starts_with(b"\x89PNG\r\n\x1a\n")),
        SocketKind::ThumbnailJpg => ("image/jpeg", begins.starts_with(b"\xff\xd8\xff")),
        SocketKind::Pdf => ("application/pdf", begins.starts_with(b"%PDF-")),
        SocketKind::Mp4 => ("video/mp4", begins.get(4..8) == Some(b"ftyp")),
        _ => return None,
    };
    is_so.then_some(media_type)
}

/// What a file that is shown may do: be seen, in a page of ours too, and nothing else; a sandbox is an origin of its own.
pub(super) const POLICY: &str = "default-src 'none'; img-src 'self'; media-src 'self'; object-src 'self'; \
     style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_it_says_and_is_may_be_shown() {
        let png = b"\x89PNG\r\n\x1a\n....";
        assert_eq!(media_type(SocketKind::ThumbnailPng, png), Some("image/png"));
        assert_eq!(
            media_type(SocketKind::Pdf, b"%PDF-1.7"),
            Some("application/pdf")
        );
        assert_eq!(
            media_type(SocketKind::Mp4, b"\0\0\0\x18ftypisom"),
            Some("video/mp4")
        );
        for (kind, begins) in [
            (SocketKind::Pdf, &b"<html><script>"[..]),
            (SocketKind::ThumbnailPng, b"<svg onload="),
            (SocketKind::ThumbnailJpg, png),
            (SocketKind::Csv, b"%PDF-1.7"),
            (SocketKind::Mp4, b"ftyp"),
            (SocketKind::Mp4, b""),
        ] {
            assert_eq!(media_type(kind, begins), None, "{kind:?}");
        }
        assert!(POLICY.ends_with("; sandbox"));
    }
}
