//! Parts of files, as players of films and interrupted downloads ask for them (RFC 9110, 14).

use super::*;
use crate::served::load::Load;

#[test]
fn a_part_of_a_file_is_sent_as_it_is_asked_for() {
    let gantry = Gantry::new();
    let (_server, load) = Load::with_server(&gantry);
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let (status, _, whole) = load.part(&image, None);
    assert_eq!(status, 200);
    let size = whole.len();
    let last = size - 1;
    for (asked, first, past) in [
        ("bytes=0-9", 0, 10),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=-5", size - 5, size),
        ("bytes=100000-", 100_000, size),
        ("bytes=10-99999999", 10, size),
    ] {
        let (status, range, part) = load.part(&image, Some(asked));
        assert_eq!(status, 206, "{asked}");
        assert_eq!(
            range,
            format!("bytes {first}-{}/{size}", past - 1),
            "{asked}"
        );
        assert!(part == whole[first..past], "{asked}");
    }
    let (status, range, _) = load.part(&image, Some(&format!("bytes={size}-")));
    assert_eq!((status, range), (416, format!("bytes */{size}")));
    // What is no range of bytes is as if it had not been asked for.
    for asked in ["lines=1-2", "bytes=9-1", &format!("bytes=0-{last}")] {
        let (status, _, part) = load.part(&image, Some(asked));
        assert_eq!((status, part.len()), (200, size), "{asked}");
    }
}
