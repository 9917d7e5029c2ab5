//! Uploads beside a plain copy of the same bytes to the same disk.

use std::time::{Duration, Instant};

use crate::client::Times;
use crate::served::Served;
use crate::times;

pub(crate) fn upload() {
    let (size, rounds) = (times(256, 40) << 20, times(5, 2));
    let (served, password) = Served::start(Served::folder(""));
    let client = served.log_in(&password.expect("a first start"));
    let mut state = 1_u64;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    })
    .take(size)
    .collect();
    let source = served.home().join("source.bin");
    fs_err::write(&source, &bytes).expect("room");
    let (mut sent, mut copied) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let start = Instant::now();
        client.upload(&bytes, &format!("{round}.bin"));
        sent.push(start.elapsed());
        copied.push(copy(
            &source,
            &served.home().join(format!("copy-{round}.bin")),
        ));
    }
    let rate = |times: &Times| size as f64 / 1e6 / (times.median() / 1e3);
    let (sent, copied) = (Times::of(sent), Times::of(copied));
    println!("| {} MB | median ms | MB in a second |", size / 1_000_000);
    println!("|---|---|---|");
    println!(
        "| upload: TLS, parts, SHA-256, joined, on disk | {:.0} | {:.0} |",
        sent.median(),
        rate(&sent)
    );
    println!(
        "| plain copy, on disk | {:.0} | {:.0} |",
        copied.median(),
        rate(&copied)
    );
    println!("| ratio | {:.1} | |", sent.median() / copied.median());
    let bound = [crate::figures::limit("a plain copy", copied.median())];
    crate::figures::note(
        &format!("an upload of {} MB", size / 1_000_000),
        sent.median(),
        &bound,
    );
    let (now, most) = served.memory();
    println!("Memory of the server: {now:.0} MB, at most {most:.0} MB.");
}

fn copy(source: &std::path::Path, target: &std::path::Path) -> Duration {
    let start = Instant::now();
    let bytes = fs_err::read(source).expect("it was written");
    fs_err::write(target, bytes).expect("room");
    let file = fs_err::File::open(target).expect("it was written");
    file.sync_all().expect("the disk is well");
    start.elapsed()
}
