//! Asking on a terminal what the flags did not say.

use std::io::BufRead;

use domain::{Interface, Socket};

use super::sockets::{self, title_of};
use crate::arguments::InitArguments;
use crate::exit_status::ExitStatus;
use crate::forge::Drafted;
use crate::problem::Problem;
use crate::terminal::{self, HEADING};

/// Asks for name and sockets; answers that are refused are asked for again.
pub(super) fn draft(
    arguments: &InitArguments,
    answers: &mut dyn BufRead,
) -> Result<Drafted, Problem> {
    let name = arguments
        .folder
        .as_ref()
        .and_then(|folder| folder.file_name());
    let title = match &arguments.title {
        Some(title) => title.clone(),
        None => {
            let usual = title_of(name.unwrap_or("my-algorithm"));
            question(answers, "title", &usual)?.unwrap_or(usual)
        }
    };
    let slug = match &arguments.slug {
        Some(slug) => slug.clone(),
        None => {
            let usual: String = title
                .to_lowercase()
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("-");
            question(answers, "slug", &usual)?.unwrap_or(usual)
        }
    };
    terminal::note(
        "Sockets are SLUG=KIND, such as `ct=Image`, `mask=Segmentation`, `age=Float`, `table=CSV`; an empty line ends the list.",
    );
    let inputs = list(answers, "input")?;
    let outputs = list(answers, "output")?;
    let slugs = |sockets: &[Socket]| sockets.iter().map(|socket| socket.slug.clone()).collect();
    let interface = Interface {
        inputs: slugs(&inputs),
        outputs: slugs(&outputs),
    };
    sockets::finish(&slug, &title, (inputs, outputs), vec![interface])
}

/// One answer; `None` for an empty one.
fn question(
    answers: &mut dyn BufRead,
    asked: &str,
    usual: &str,
) -> Result<Option<String>, Problem> {
    let usual = if usual.is_empty() {
        String::new()
    } else {
        format!(" [{usual}]")
    };
    terminal::note(&format!("{HEADING}{asked}{HEADING:#}{usual}:"));
    let mut line = String::new();
    let read = answers.read_line(&mut line).map_err(Problem::internal)?;
    if read == 0 {
        let message = format!("the answers ended before `{asked}`");
        return Err(Problem::new(ExitStatus::Usage, message));
    }
    Ok(Some(line.trim().to_owned()).filter(|answer| !answer.is_empty()))
}

/// At least one socket.
fn list(answers: &mut dyn BufRead, side: &str) -> Result<Vec<Socket>, Problem> {
    let mut sockets: Vec<Socket> = Vec::new();
    loop {
        match question(answers, side, "")? {
            None if sockets.is_empty() => terminal::note("at least one is needed"),
            None => return Ok(sockets),
            Some(answer) => match sockets::socket(&answer) {
                Ok(socket) => sockets.push(socket),
                Err(problem) => terminal::note(&problem.to_string()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_answers_are_asked_again() {
        let mut answers = "Lung Volume\n\n\nct=Hologram\nct=Image\n\nvolume=Float\n\n".as_bytes();
        let drafted = draft(&InitArguments::default(), &mut answers).unwrap();
        let algorithm = drafted.algorithm;
        assert_eq!(
            (algorithm.slug.as_str(), algorithm.title.as_str()),
            ("lung-volume", "Lung Volume")
        );
        assert_eq!(algorithm.sockets.len(), 2);
        let mut early = "Lung\n".as_bytes();
        assert!(draft(&InitArguments::default(), &mut early).is_err());
    }
}
