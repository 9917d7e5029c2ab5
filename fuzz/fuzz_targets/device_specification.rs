//! Reads any bytes as a description of devices (CDI), as JSON and as YAML, and asks for a device of it.
#![no_main]

use camino::Utf8Path;
use container::cdi::{GpuRequest, Specs, select};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = Utf8Path::from_path(folder.path()).expect("a plain path");
    let specs = folder.join("cdi");
    std::fs::create_dir(&specs).expect("a new folder");
    for name in ["one.json", "two.yaml"] {
        std::fs::write(specs.join(name), bytes).expect("room for a specification");
        let found = Specs::read(std::slice::from_ref(&specs));
        drop(select(&found, &GpuRequest::Any, &folder.join("leases")));
        std::fs::remove_file(specs.join(name)).expect("it is there");
    }
});
