use imaging::slide::Slide;
fn main() {
    let mut a = std::env::args().skip(1);
    let out = a.next().unwrap();
    for f in a {
        match Slide::open(&f, &imaging::CheckLimits::default()) {
            Err(e) => println!("{f}: {e}"),
            Ok(mut s) => {
                let stem = f.rsplit('/').next().unwrap().to_owned();
                let n = s.levels().len();
                for l in 0..n {
                    match s.tile(l, 0, 0) {
                        Ok(t) => {
                            println!("{f}: level {l} {} {} B", t.media_type, t.bytes.len());
                            std::fs::write(
                                format!("{out}/{stem}-{l}.{}", &t.media_type[6..]),
                                t.bytes,
                            )
                            .unwrap();
                        }
                        Err(e) => println!("{f}: {l} {e}"),
                    }
                }
                match s.thumbnail(400) {
                    Ok(t) => {
                        println!("{f}: thumb {} {} B", t.media_type, t.bytes.len());
                        std::fs::write(
                            format!("{out}/{stem}-thumb.{}", &t.media_type[6..]),
                            t.bytes,
                        )
                        .unwrap();
                    }
                    Err(e) => println!("{f}: thumb {e}"),
                }
            }
        }
    }
}
