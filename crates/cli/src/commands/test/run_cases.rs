//! Running the cases, several at a time where that was asked for.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8PathBuf;
use executor::cases::{self, Case};
use executor::{CancelToken, GivenInputs, RunRequest, Unobserved};

use super::Suite;
use super::ran::Ran;
use crate::arguments::TestArguments;
use crate::commands::run::Interrupts;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{self, FAINT};

/// Runs them all; the answer has their order.
pub(super) fn run(
    suite: &Suite,
    chosen: &[Case],
    arguments: &TestArguments,
) -> Result<Vec<Ran>, Problem> {
    let cancel = CancelTokens::default();
    let token = cancel.clone();
    let _interrupts = Interrupts::listen(move |_| token.cancel()).map_err(|error| {
        Problem::internal(error).context("failed to listen for signals".to_owned())
    })?;
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Result<Ran, Problem>>>> =
        Mutex::new(chosen.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.min(chosen.len()).max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = chosen.get(index) else { break };
                    let ran = one(suite, case, &cancel.one());
                    if !arguments.json {
                        tell(&ran);
                    }
                    done.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(ran);
                }
            });
        }
    });
    if cancel.is_cancelled() {
        return Err(Problem::new(
            ExitStatus::Cancelled,
            "the cases were cancelled".to_owned(),
        ));
    }
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().flatten().collect()
}

fn one(suite: &Suite, case: &Case, cancel: &CancelToken) -> Result<Ran, Problem> {
    let failed = |error: std::io::Error| {
        Problem::internal(error).context("failed to make a folder for outputs".to_owned())
    };
    let runs = suite.home.path().join("runs");
    fs_err::create_dir_all(&runs).map_err(failed)?;
    let outputs = tempfile::Builder::new()
        .prefix("test-")
        .tempdir_in(&runs)
        .map_err(failed)?;
    let output_dir = Utf8PathBuf::from_path_buf(outputs.path().to_owned())
        .expect("made below a UTF-8 path with a plain name");
    let request = RunRequest {
        algorithm: suite.declared.algorithm.clone(),
        declared: true,
        image: suite.image.clone(),
        inputs: GivenInputs::Folder(case.input.clone()),
        model: suite.declared.model(),
        output_dir,
        overwrite: true,
        home: suite.home.path().to_owned(),
        runs,
        waive: std::collections::BTreeSet::new(),
        executor: suite.executor.clone(),
        shims: suite.shims.clone(),
    };
    let report = executor::run(&request, &mut Unobserved, cancel);
    Ok(Ran {
        differences: cases::differences(case, &suite.declared.algorithm, &report),
        case: case.clone(),
        report,
        blessed: None,
        _outputs: outputs,
    })
}

fn tell(ran: &Result<Ran, Problem>) {
    if let Ok(ran) = ran {
        let word = ran.verdict(false).word();
        terminal::note(&format!("{FAINT}{}: {word}{FAINT:#}", ran.case.name));
    }
}

/// One token per running case, all of them used together.
#[derive(Clone, Default)]
struct CancelTokens {
    tokens: std::sync::Arc<Mutex<(bool, Vec<CancelToken>)>>,
}

impl CancelTokens {
    fn one(&self) -> CancelToken {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let token = CancelToken::new();
        if tokens.0 {
            token.cancel();
        }
        tokens.1.push(token.clone());
        token
    }

    fn cancel(&self) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.0 = true;
        tokens.1.iter().for_each(CancelToken::cancel);
    }

    fn is_cancelled(&self) -> bool {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}
