//! Sets of files sorted into images: what belongs together, what is refused and what is only litter.

use camino::{Utf8Path, Utf8PathBuf};
use imaging::uploads::{Uploads, find};
use imaging::{CheckLimits, Geometry, ImageFormat, Samples, Volume};

use crate::dicom::slice_file;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, bytes).unwrap();
        path
    }

    fn find(&self) -> Uploads {
        find(&[self.path().to_owned()], &CheckLimits::default())
    }

    fn names<'a>(&self, files: impl IntoIterator<Item = &'a Utf8PathBuf>) -> Vec<String> {
        files
            .into_iter()
            .map(|file| file.strip_prefix(self.path()).unwrap().to_string())
            .collect()
    }

    /// Files of every image.
    fn images(&self, uploads: &Uploads) -> Vec<Vec<String>> {
        uploads
            .images
            .iter()
            .map(|image| self.names(image.files()))
            .collect()
    }

    fn refused(&self, uploads: &Uploads) -> Vec<String> {
        uploads
            .refused
            .iter()
            .map(|one| one.error.to_string().replace(self.path().as_str(), ""))
            .collect()
    }
}

const MHD: &str = "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = ";

fn nifti_header(magic: &[u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0; 348];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, &348i32.to_le_bytes());
    for (at, value) in [(40, 3i16), (42, 2), (44, 2), (46, 1), (70, 2), (72, 8)] {
        put(at, &value.to_le_bytes());
    }
    for at in [80, 84, 88] {
        put(at, &1f32.to_le_bytes());
    }
    put(344, magic);
    bytes
}

fn square(geometry_size: Vec<u64>) -> Volume {
    Volume {
        geometry: Geometry::identity(geometry_size),
        channels: 1,
        samples: Samples::Uint8(vec![1, 2, 3, 4]),
    }
}

#[test]
fn headers_take_the_files_of_their_samples() {
    let folder = Folder::new();
    folder.put("a.mhd", format!("{MHD}a.raw\n"));
    folder.put("a.raw", [1, 2, 3, 4]);
    folder.put(
        "b.nhdr",
        "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\ndata file: LIST\nb1.raw\nb2.raw\n",
    );
    folder.put("b1.raw", [1, 2]);
    folder.put("b2.raw", [3, 4]);
    folder.put("c.hdr", nifti_header(b"ni1\0"));
    folder.put("c.img", [1, 2, 3, 4]);
    folder.put("sub/D.HDR", nifti_header(b"ni1\0"));
    folder.put("sub/D.IMG", [1, 2, 3, 4]);
    imaging::metaimage::write(folder.path().join("e.mha"), &square(vec![2, 2])).unwrap();
    let found = folder.find();
    assert_eq!(folder.refused(&found), Vec::<String>::new());
    assert_eq!(
        folder.images(&found),
        [
            vec!["a.mhd", "a.raw"],
            vec!["b.nhdr", "b1.raw", "b2.raw"],
            vec!["c.hdr", "c.img"],
            vec!["e.mha"],
            vec!["sub/D.HDR", "sub/D.IMG"],
        ]
    );
    for image in &found.images {
        let limits = CheckLimits::default();
        let checked = image.check(&limits).unwrap();
        assert_eq!(checked.segments, Some(vec![1, 2, 3, 4]));
        let (volume, _) = image.read(&limits).unwrap();
        assert_eq!(volume.samples, Samples::Uint8(vec![1, 2, 3, 4]));
        assert_eq!(image.inspect(&limits).unwrap().geometry, volume.geometry);
    }
    assert_eq!(found.images[4].name(), "D");
}

#[test]
fn slices_of_a_series_are_one_image_in_the_order_of_their_place() {
    let folder = Folder::new();
    for (name, z) in [("3", 1.0), ("1", 3.0), ("2", 2.0)] {
        folder.put(&format!("ct/{name}.dcm"), slice_file("1.2.3", z));
    }
    folder.put("other.dcm", slice_file("1.2.4", 0.0));
    let found = folder.find();
    assert_eq!(
        folder.images(&found),
        [vec!["ct/3.dcm", "ct/2.dcm", "ct/1.dcm"], vec!["other.dcm"]]
    );
    let [series, single] = found.images.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((series.name(), single.name()), ("ct", "other"));
    assert_eq!(series.format(), ImageFormat::Dicom);
    let summary = series.check(&CheckLimits::default()).unwrap();
    assert_eq!(summary.geometry.size, [3, 2, 3]);
    assert!(series.dicom_facts().is_some());
}

#[test]
fn gaps_in_a_series_are_refused_unless_allowed() {
    let folder = Folder::new();
    for z in [1.0, 2.0, 4.0] {
        folder.put(&format!("{z}"), slice_file("1.2.3", z));
    }
    let series = folder.find().images.remove(0);
    assert!(series.uneven().is_some());
    let limits = CheckLimits::default();
    assert!(series.check(&limits).is_err());
    assert!(series.allow_uneven().read(&limits).is_ok());
}

#[test]
fn bad_files_are_refused_by_name_and_spoil_nothing() {
    let folder = Folder::new();
    imaging::metaimage::write(folder.path().join("good.mha"), &square(vec![2, 2])).unwrap();
    folder.put("README.txt", "hello");
    folder.put(
        "broken.mhd",
        MHD.replace("MET_UCHAR", "MET_X") + "broken.raw\n",
    );
    folder.put("broken.raw", [0; 4]);
    folder.put("lost.mhd", format!("{MHD}nowhere.raw\n"));
    folder.put("away.mhd", format!("{MHD}../away.raw\n"));
    folder.put("cut.dcm", &slice_file("1.2.3", 1.0)[..200]);
    folder.put("a.zip", b"PK\x03\x04");
    for litter in [
        ".DS_Store",
        "Thumbs.db",
        "DICOMDIR",
        "__MACOSX/good.mha",
        "._good.mha",
    ] {
        folder.put(litter, b"whatever");
    }
    let found = folder.find();
    assert_eq!(folder.images(&found), [vec!["good.mha"]]);
    let refused = folder.refused(&found);
    let names: Vec<&str> = refused
        .iter()
        .map(|message| message.split('`').nth(1).unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "/README.txt",
            "/a.zip",
            "/away.mhd",
            "/broken.mhd",
            "/broken.raw",
            "/cut.dcm",
            "/lost.mhd"
        ],
        "{refused:#?}"
    );
    assert!(refused[1].contains("zip"), "{}", refused[1]);
    assert!(refused[6].contains("nowhere.raw"), "{}", refused[6]);
    assert_eq!(
        folder.names(&found.ignored),
        [
            ".DS_Store",
            "._good.mha",
            "DICOMDIR",
            "Thumbs.db",
            "__MACOSX"
        ]
    );
}

#[test]
fn a_refused_header_takes_no_image_with_it() {
    let folder = Folder::new();
    imaging::metaimage::write(folder.path().join("good.mha"), &square(vec![2, 2])).unwrap();
    let broken = MHD.replace("= 2 2", "= 0.5 2");
    folder.put("a.mhd", format!("{broken}good.mha\n"));
    folder.put("lost.mhd", format!("{MHD}LIST\ngood.mha\nnowhere.raw\n"));
    let found = folder.find();
    assert_eq!(folder.images(&found), [vec!["good.mha"]]);
    let refused: Vec<_> = found
        .refused
        .iter()
        .map(|one| folder.names(&one.files))
        .collect();
    assert_eq!(refused[0], ["a.mhd"]);
    assert_eq!(refused[1][0], "lost.mhd");
    assert!(!refused[1].contains(&"good.mha".to_owned()), "{refused:?}");
}

#[test]
fn headers_that_name_each_other_leave_one_image() {
    let folder = Folder::new();
    let shape = MHD.replace("ElementDataFile = ", "HeaderSize = -1\nElementDataFile = ");
    folder.put("a.mhd", format!("{shape}b.mhd\n"));
    folder.put("b.mhd", format!("{shape}a.mhd\n"));
    folder.put("self.mhd", format!("{shape}self.mhd\n"));
    let found = folder.find();
    assert_eq!(
        folder.images(&found),
        [vec!["a.mhd", "b.mhd"], vec!["self.mhd"]]
    );
}

#[test]
fn files_and_folders_can_be_given_together_and_twice() {
    let folder = Folder::new();
    imaging::metaimage::write(folder.path().join("a.mha"), &square(vec![2, 2])).unwrap();
    let inside = folder.put("ct/1", slice_file("1.2.3", 1.0));
    let given = [
        inside,
        folder.path().join("ct"),
        folder.path().join("a.mha"),
        folder.path().join("missing.mha"),
    ];
    let found = find(&given, &CheckLimits::default());
    assert_eq!(folder.images(&found), [vec!["a.mha"], vec!["ct/1"]]);
    assert_eq!(
        folder.refused(&found),
        ["`/missing.mha`: cannot be opened: there is no such file"]
    );
}

#[cfg(unix)]
#[test]
fn links_and_depths_do_not_lead_astray() {
    let (folder, outside) = (Folder::new(), Folder::new());
    let secret = outside.put("secret.raw", [1, 2, 3, 4]);
    imaging::metaimage::write(outside.path().join("x.mha"), &square(vec![2, 2])).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("folder")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(&secret, folder.path().join("a.raw")).unwrap();
    folder.put("a.mhd", format!("{MHD}a.raw\n"));
    folder.put(&format!("{}x.txt", "d/".repeat(40)), "");
    let found = folder.find();
    assert_eq!(folder.images(&found), Vec::<Vec<String>>::new());
    let refused = folder.refused(&found);
    assert_eq!(refused.len(), 5, "{refused:#?}");
    assert!(
        refused[0].contains("link to a file in another folder"),
        "{refused:#?}"
    );
    assert!(refused.iter().any(|message| message.contains("32 folders")));
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf_8_spoils_no_other_file() {
    use std::os::unix::ffi::OsStrExt;

    let folder = Folder::new();
    imaging::metaimage::write(folder.path().join("a.mha"), &square(vec![2, 2])).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"od\xff.mha");
    let odd = folder.path().as_std_path().join(odd);
    fs_err::copy(folder.path().join("a.mha"), odd).unwrap();
    let found = folder.find();
    assert_eq!(folder.images(&found), [["a.mha"]]);
    let refused = folder.refused(&found);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].contains("not UTF-8"), "{refused:?}");
}
