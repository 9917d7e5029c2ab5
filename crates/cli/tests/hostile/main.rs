//! Attacks on the whole product, each with its expected outcome: `./dev test --profile hostile`.
//!
//! Containers attack through `gantry run` and through a server, as root of their image and as nobody in particular; archives
//! attack the import; clients attack the server. After every container the host is looked at from outside.
//!
//! [`HELP`] says how it is called.

#![expect(
    clippy::unwrap_used,
    reason = "a suite that cannot be made ready has failed"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a list of attacks is as long as there are attacks"
)]
#![expect(clippy::print_stdout, reason = "stdout is what the suite is for")]

mod archives;
mod attack;
mod clients;
mod containers;
#[path = "../../../container/tests/it/docker_engine.rs"]
#[expect(dead_code, reason = "tests of the sandbox also crash it")]
mod docker_engine;
mod ground;
mod image;
mod record;
mod served;
mod table;
mod tarball;
mod way;
mod wire;
mod witness;

use std::process::ExitCode;

use docker_engine::DockerEngine;
use ground::Ground;
use record::Record;
use served::{Served, gantry};
use way::{Field, Way};
use witness::Beside;

const HELP: &str = "\
hostile [--ways run,server,docker] [WORD...]
    tries all cases, or those whose names hold one of the words; without `--ways` by `gantry run` and by a server. For `docker`
    it starts an engine of its own.
hostile --table
    tries nothing; writes down in docs/security-cases.md what would be tried.
";

/// What to try.
struct Wanted {
    /// Only write the table down.
    is_table: bool,
    ways: Vec<Way>,
    words: Vec<String>,
}

impl Wanted {
    /// What the command line says; else how the program ends.
    fn read() -> Result<Wanted, ExitCode> {
        let mut wanted = Wanted {
            is_table: false,
            ways: vec![Way::Run, Way::Server],
            words: Vec::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // The suite has a command of its own; runners of ordinary tests find nothing here.
                "--list" => return Err(ExitCode::SUCCESS),
                // From `cargo test --quiet`.
                "--quiet" => {}
                "--help" | "-h" => {
                    print!("{HELP}");
                    return Err(ExitCode::SUCCESS);
                }
                "--table" => wanted.is_table = true,
                "--ways" => {
                    let names = arguments.next().unwrap_or_default();
                    let ways = names.split(',').map(Way::from_name).collect::<Option<_>>();
                    wanted.ways = ways.expect("`--ways` takes `run`, `server`, `docker`");
                }
                word if word.starts_with('-') => {
                    print!("`{word}` is no option of these:\n{HELP}");
                    return Err(ExitCode::FAILURE);
                }
                word => wanted.words.push(word.to_owned()),
            }
        }
        Ok(wanted)
    }

    fn has(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }
}

fn main() -> ExitCode {
    let wanted = match Wanted::read() {
        Ok(wanted) => wanted,
        Err(code) => return code,
    };
    let path = image::repository().join("docs/security-cases.md");
    let table = record::table(&[containers::rows(), archives::rows(), clients::rows()].concat());
    if wanted.is_table {
        fs_err::write(path, table).unwrap();
        return ExitCode::SUCCESS;
    }
    let ground = Ground::new();
    let is_in_an_engine = wanted.ways.contains(&Way::Docker);
    let engine = is_in_an_engine.then(DockerEngine::start);
    let mut served = Served::start(&ground);
    let mut record = Record::default();
    let beside = Beside::default();
    std::thread::scope(|scope| {
        beside.start(scope, &served);
        let field = Field {
            ground: &ground,
            served: &served,
            engine: engine.as_ref(),
        };
        field.prepare();
        containers::all(&field, &beside, &wanted, &mut record);
        archives::all(&field, &beside, &wanted, &mut record);
        clients::all(&field, &beside, &wanted, &mut record);
        beside.stop();
    });
    let (jobs, mut problems) = beside.witnessed();
    println!("{jobs} jobs of a witness beside them");
    problems.extend(in_the_end(&ground, &mut served));
    if fs_err::read_to_string(&path).unwrap_or_default() != table {
        problems.push(format!(
            "{} is not current: `--table` writes it",
            path.display()
        ));
    }
    problems
        .iter()
        .for_each(|problem| println!("BROKEN  {problem}"));
    println!("{}", record.summary());
    let is_well = problems.is_empty() && record.broken() == 0 && jobs > 0;
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What must hold after everything: both data folders are whole, nobody reached the host, the server ends in order.
fn in_the_end(ground: &Ground, served: &mut Served) -> Vec<String> {
    let mut problems = Vec::new();
    if ground.visits() > 0 {
        problems.push(format!(
            "services of the host were reached {} times",
            ground.visits()
        ));
    }
    let code = served.stop();
    if code != Some(0) {
        problems.push(format!("the server ended with {code:?}"));
    }
    let verified = gantry(ground, "server").arg("verify").output().unwrap();
    if !verified.status.success() {
        let text = String::from_utf8_lossy(&verified.stdout).into_owned();
        problems.push(format!("`gantry verify` of the server: {text}"));
    }
    for home in ["home", "server"] {
        problems.extend(ground.left(&ground.at(home), &[]));
    }
    problems
}
