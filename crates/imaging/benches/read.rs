//! Reading, checking and showing images, beside SimpleITK and tifffile in one Python process, taking turns.
//!
//! `cargo bench -p imaging --bench read [-- ROUNDS]`. The files are made: noisy bodies of 256 × 256 × 800 (as many voxels as
//! a CT of 512 × 512 × 200) and 256 × 256 × 200 16-bit voxels, and slides of 20,000 × 20,000 pixels; all lie in the page cache. Python is the one of `./dev truth`, its start and its
//! imports do not count. Peak memory is that of a process that does nothing but check.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use imaging::render::{SliceRequest, slice};
use imaging::slide::{PyramidImage, PyramidWriter, Slide};
use imaging::{CheckLimits, ComponentType, Geometry, Samples, Volume, metaimage};

#[path = "../../container/benches/figures/note.rs"]
mod figures;

/// Set for the process that checks one file, to measure its memory.
const CHILD: &str = "GANTRY_BENCH_CHECK";
/// Side of the slides, pixels.
const SIDE: u32 = 20_000;
/// Tiles of 512 pixels across such a slide.
const COLUMNS: usize = 40;

fn main() {
    if std::env::var(CHILD).is_ok() {
        let path = std::env::args().nth(1).expect("the image");
        imaging::check(&path, &CheckLimits::default()).expect("a sound file");
        print!("{}", peak_memory());
        return;
    }
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let rounds = rounds.unwrap_or(9);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for images");
    let folder = Utf8Path::from_path(folder.path()).expect("a plain path");
    let mut python = Python::start();
    println!("| what | gantry | least | other | least | times as fast |");
    println!("|---|---|---|---|---|---|");
    for slices in [800, 200] {
        let compressed = volumes(folder, slices, rounds, &mut python);
        mid_slice(&compressed, slices, rounds);
    }
    for (name, quality) in [("lossless grey", None), ("JPEG colour", Some(80))] {
        tiles(folder, (name, quality), rounds, &mut python);
    }
    println!();
    println!("| full check | samples | peak memory |");
    println!("|---|---|---|");
    memory(folder);
    if python.is_none() {
        println!("there is no Python with SimpleITK and tifffile: `./dev truth` installs one");
    }
}

/// Writing and reading a CT of so many slices; the compressed file that Gantry wrote.
fn volumes(
    folder: &Utf8Path,
    slices: u64,
    rounds: usize,
    python: &mut Option<Python>,
) -> Utf8PathBuf {
    let [parts, one, raw] = ["parts", "one", "raw"].map(|name| folder.join(format!("{name}.mha")));
    let volume = body(slices);
    write_raw(&raw, slices);
    if let Some(python) = python {
        python.ask(&["keep", raw.as_str()]);
    }
    let size = format!("{} MB", megabytes(slices));
    let bytes = usize::try_from(slices * 256 * 256 * 2).expect("it fits into memory");
    let mut written = Turns::default();
    for _ in 0..=rounds.min(4) {
        let write = || metaimage::write(&parts, &volume).expect("space for a volume");
        written.take(write, python, &["write", raw.as_str(), one.as_str()]);
    }
    written.row(&format!("{size}: write a compressed `.mha`"), &[]);
    for (name, path) in [
        ("compressed `.mha` that Gantry wrote", &parts),
        ("compressed `.mha` that SimpleITK wrote", &one),
        ("raw `.mha`", &raw),
    ] {
        let mut read = Turns::default();
        for _ in 0..=rounds {
            // Without Python there is no file of SimpleITK.
            if path.exists() {
                let ours = || metaimage::read(path).expect("a sound volume");
                read.take(ours, python, &["volume", path.as_str()]);
            }
        }
        let bound = path.exists().then(|| alone(path, bytes, rounds));
        let bounds: Vec<_> = bound
            .iter()
            .map(|(name, ms)| figures::limit(name, *ms))
            .collect();
        read.row(&format!("{size}: read a {name}"), &bounds);
    }
    parts
}

/// What nobody gets below with one processor: inflating the stream of a compressed file, or the kernel's copy of a raw one,
/// into memory that is there; milliseconds.
fn alone(path: &Utf8Path, bytes: usize, rounds: usize) -> (&'static str, f64) {
    let file = fs_err::read(path).expect("a file");
    let mut samples = vec![0; bytes];
    let mut times = Vec::new();
    let is_raw = file.len() > bytes;
    let start = file
        .windows(2)
        .position(|pair| pair == [0x78, 0x9c] || pair == [0x78, 0x01] || pair == [0x78, 0x5e]);
    for _ in 0..rounds {
        times.push(timed(|| {
            if is_raw {
                let mut open = fs_err::File::open(path).expect("a file");
                std::io::Read::read_exact(&mut open, &mut samples).expect("its bytes");
            } else {
                let stream = &file[start.expect("a zlib stream")..];
                let inflated =
                    libdeflater::Decompressor::new().zlib_decompress(stream, &mut samples);
                assert_eq!(inflated, Ok(bytes));
            }
        }));
    }
    let name = if is_raw {
        "the kernel's copy of the file"
    } else {
        "inflating by one processor"
    };
    (name, quantiles(&mut times).0.as_secs_f64() * 1e3)
}

fn mid_slice(path: &Utf8Path, slices: u64, rounds: usize) {
    let mut ours = Vec::new();
    for _ in 0..=rounds {
        ours.push(timed(|| {
            let volume = metaimage::read(path).expect("a sound volume");
            let shown = slice(&volume, &SliceRequest::default()).expect("a middle slice");
            shown.picture.to_jpeg(85).expect("a picture")
        }));
    }
    let name = format!(
        "{} MB: compressed `.mha` to the middle slice as JPEG",
        megabytes(slices)
    );
    row(&name, &mut ours, &mut []);
}

fn tiles(
    folder: &Utf8Path,
    (name, quality): (&str, Option<u8>),
    rounds: usize,
    python: &mut Option<Python>,
) {
    let path = folder.join("slide.tif");
    write_slide(&path, quality);
    // A stored JPEG is handed on as it is: there is no decoding to compare with.
    let mut python = python.as_mut().filter(|_| quality.is_none());
    if let Some(python) = &mut python {
        python.ask(&["open", path.as_str()]);
    }
    let mut slide = Slide::open(&path, &CheckLimits::default()).expect("a sound slide");
    let (mut opened, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds * 8 {
        opened.push(timed(|| Slide::open(&path, &CheckLimits::default())));
        let (column, row) = (round * 7 % COLUMNS, round * 11 % COLUMNS);
        ours.push(timed(|| {
            slide.tile(0, column as u64, row as u64).expect("a tile")
        }));
        let place = (row * COLUMNS + column).to_string();
        let asked = python
            .as_mut()
            .map(|python| python.ask(&["tile", path.as_str(), &place]));
        theirs.extend(asked);
    }
    row(&format!("open a slide, {name}"), &mut opened, &mut []);
    row(
        &format!("tile of a slide as a browser takes it, {name}; tifffile decodes only"),
        &mut ours,
        &mut theirs,
    );
    fs_err::remove_file(&path).expect("our own slide");
}

fn memory(folder: &Utf8Path) {
    for slices in [200, 2000] {
        let volume = body(slices);
        let path = folder.join("long.mha");
        metaimage::write(&path, &volume).expect("space for a volume");
        drop(volume);
        check_elsewhere("zlib `.mha`", &path, slices);
        write_raw(&path, slices);
        check_elsewhere("raw `.mha`", &path, slices);
    }
}

fn check_elsewhere(name: &str, path: &Utf8Path, slices: u64) {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    let output = command.arg(path).env(CHILD, "1").output();
    let output = output.expect("this program starts");
    assert!(output.status.success(), "{output:?}");
    let kib = String::from_utf8_lossy(&output.stdout);
    println!("| {name} | {} MB | {kib} KiB |", megabytes(slices));
}

/// Size of the samples of a body.
fn megabytes(slices: u64) -> u64 {
    slices * 256 * 256 * 2 / 1_000_000
}

/// Kibibytes.
fn peak_memory() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|kib| kib.parse().ok())
        .expect("a number of KiB")
}

/// Air, and a body of noisy tissue with two lungs: compresses to about a third, like CT.
fn body(slices: u64) -> Volume {
    let mut noise = 1u32;
    let count = usize::try_from(slices).expect("few slices") << 16;
    let samples = (0..count).map(|place| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [x, y] =
            [place & 255, place >> 8 & 255].map(|at| i32::try_from(at).expect("small") - 128);
        let is_body = x * x + 2 * y * y < 110 * 110;
        let is_lung = (x.abs() - 45) * (x.abs() - 45) + y * y / 2 < 900;
        let level = match (is_body, is_lung) {
            (false, _) => return -1024,
            (true, true) => -850,
            (true, false) => 40,
        };
        level + (noise >> 27) as i16 - 16
    });
    Volume {
        geometry: Geometry::identity(vec![256, 256, slices]),
        channels: 1,
        samples: Samples::Int16(samples.collect()),
    }
}

fn write_raw(path: &Utf8Path, slices: u64) {
    let Samples::Int16(samples) = body(slices).samples else {
        unreachable!("a body has 16-bit voxels");
    };
    let mut bytes = format!(
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n\
         DimSize = 256 256 {slices}\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    .into_bytes();
    bytes.extend(samples.iter().flat_map(|value| value.to_le_bytes()));
    fs_err::write(path, bytes).expect("space for a volume");
}

fn write_slide(path: &Utf8Path, quality: Option<u8>) {
    let channels = if quality.is_some() { 3 } else { 1 };
    let image = PyramidImage {
        width: SIDE,
        height: SIDE,
        channels,
        component: ComponentType::Uint8,
        pixel_mm: Some([0.000_25; 2]),
        labels: false,
        quality,
    };
    let file = BufWriter::new(fs_err::File::create(path).expect("a new file"));
    let mut writer = PyramidWriter::new(file, &image).expect("a slide");
    let width = SIDE as usize * usize::from(channels);
    let mut noise = 1u32;
    let row: Vec<u8> = (0..width + 512)
        .map(|place| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wave = (place / 24 % 128).abs_diff(64);
            u8::try_from(96 + wave).expect("at most 160") + (noise >> 28) as u8
        })
        .collect();
    for line in 0..SIDE as usize {
        let shift = line * 37 % 512;
        writer
            .feed(&row[shift..shift + width])
            .expect("space for a slide");
    }
    let mut file = writer.finish().expect("space for a slide");
    file.flush().expect("space for a slide");
}

/// A process that answers with seconds.
struct Python {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start() -> Option<Python> {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let program = std::env::var("GANTRY_BENCH_PYTHON")
            .unwrap_or_else(|_| format!("{root}/target/truth/venv/bin/python"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/read.py");
        let mut command = Command::new(program);
        command
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let (asks, answers) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        Some(Python {
            child,
            asks,
            answers,
        })
    }

    fn ask(&mut self, words: &[&str]) -> Duration {
        writeln!(self.asks, "{}", words.join("\t")).expect("Python listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("Python answers");
        Duration::from_secs_f64(answer.trim().parse().expect("seconds"))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn timed<T>(act: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let made = act();
    let took = start.elapsed();
    drop(made);
    took
}

/// Times of one thing done by us and by Python, one after the other.
#[derive(Default)]
struct Turns {
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

impl Turns {
    fn take<T>(&mut self, act: impl FnOnce() -> T, python: &mut Option<Python>, words: &[&str]) {
        self.ours.push(timed(act));
        let asked = python.as_mut().map(|python| python.ask(words));
        self.theirs.extend(asked);
    }

    /// Prints the row, and notes it beside what SimpleITK took and beside bounds, if there are any.
    fn row(mut self, name: &str, bounds: &[figures::Beside<'_>]) {
        if self.ours.is_empty() {
            return;
        }
        let (ours, theirs) = row(name, &mut self.ours, &mut self.theirs);
        let theirs = theirs.map(|theirs| figures::peer("SimpleITK", theirs, 0.5));
        let beside: Vec<_> = bounds.iter().copied().chain(theirs).collect();
        if !bounds.is_empty() {
            figures::note(name, ours, &beside);
        }
    }
}

/// Prints a row, and gives back the medians, milliseconds. The first round warms the caches and does not count.
fn row(name: &str, ours: &mut Vec<Duration>, theirs: &mut [Duration]) -> (f64, Option<f64>) {
    ours.remove(0);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (middle, least) = quantiles(ours);
    let theirs = theirs.get_mut(1..).filter(|theirs| !theirs.is_empty());
    let theirs = theirs.map(quantiles);
    let (other, ratio) = match theirs {
        Some((other, other_least)) => {
            let ratio = other.as_secs_f64() / middle.as_secs_f64();
            let times = format!("{:.2} ms | {:.2} ms", ms(other), ms(other_least));
            (times, format!("{ratio:.1}"))
        }
        None => ("| ".to_owned(), String::new()),
    };
    println!(
        "| {name} | {:.2} ms | {:.2} ms | {other} | {ratio} |",
        ms(middle),
        ms(least)
    );
    (ms(middle), theirs.map(|(other, _)| ms(other)))
}

/// Median and least.
fn quantiles(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[0])
}
