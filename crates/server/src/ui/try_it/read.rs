//! From what is filled in to what a job takes, with every problem named beside its input.

use domain::{Slug, Socket, SocketKind, SuperKind};
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use store::ids::{UploadId, ValueId};
use store::interfaces::StoredInterface;
use store::sockets::StoredSocket;

use super::Problems;
use super::choices::Choices;
use super::typed::Typed;
use crate::error::ApiError;
use crate::state::AppState;
use crate::submit::InputSource;
use crate::ui::jobs::{MOST_JSON, sentence};
use crate::ui::problem::PageError;
use crate::ui::visitor::Visitor;

/// An input that was read.
enum Read {
    Ready(InputSource),
    /// JSON that was typed and becomes a file once everything else is right.
    JsonFile(String),
}

/// The inputs of a job.
pub(super) async fn inputs(
    state: &AppState,
    visitor: &Visitor,
    interface: &StoredInterface,
    typed: &Typed,
) -> Result<Result<Vec<(Slug, InputSource)>, Problems>, PageError> {
    let mut read = Vec::new();
    let mut problems = Problems::new();
    for stored in &interface.inputs {
        let slug = stored.socket.slug.clone();
        match input(state, stored, typed).await? {
            Ok(found) => read.push((slug, found)),
            Err(why) => {
                problems.insert(slug.to_string(), why);
            }
        }
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let mut inputs = Vec::new();
    for (slug, found) in read {
        let source = match found {
            Read::Ready(source) => source,
            Read::JsonFile(text) => {
                let filename = format!("{slug}.json");
                InputSource::Uploads(vec![keep(state, visitor, (filename, text)).await?])
            }
        };
        inputs.push((slug, source));
    }
    Ok(Ok(inputs))
}

async fn input(
    state: &AppState,
    stored: &StoredSocket,
    typed: &Typed,
) -> Result<Result<Read, Vec<String>>, PageError> {
    let socket = &stored.socket;
    let slug = socket.slug.as_str();
    let name = format!("value.{slug}");
    let uploads: Vec<UploadId> = typed
        .files(slug)
        .into_iter()
        .map(|file| file.upload)
        .collect();
    let from = typed.get(&format!("from.{slug}"));
    Ok(match socket.super_kind() {
        SuperKind::Value => {
            value(socket, &typed.all(&name)).map(|json| Read::Ready(InputSource::Json(json)))
        }
        SuperKind::Image => image(typed, slug, (from, uploads)),
        SuperKind::File => match (from, uploads.as_slice()) {
            ("kept", _) => kept(typed.get(&format!("kept.{slug}"))),
            (_, [upload]) => file(state, socket, *upload).await?,
            (_, [_, _, ..]) => Err(vec!["Several files were given, expected one.".to_owned()]),
            (_, []) if socket.kind.is_json() => {
                let text = typed.get(&name);
                json(socket, text).map(|_| Read::JsonFile(text.to_owned()))
            }
            (_, []) => Err(vec!["Choose a file.".to_owned()]),
        },
    })
}

fn image(
    typed: &Typed,
    slug: &str,
    (from, uploads): (&str, Vec<UploadId>),
) -> Result<Read, Vec<String>> {
    if from != "earlier" {
        return if uploads.is_empty() {
            Err(vec![
                "Choose the files of an image, or an earlier image.".to_owned(),
            ])
        } else {
            Ok(Read::Ready(InputSource::Uploads(uploads)))
        };
    }
    let chosen = typed.get(&format!("image.{slug}"));
    match chosen.parse() {
        Ok(id) => Ok(Read::Ready(InputSource::Image(id))),
        Err(_) => Err(vec!["Choose one of the images.".to_owned()]),
    }
}

fn kept(number: &str) -> Result<Read, Vec<String>> {
    match number.parse() {
        Ok(number) => Ok(Read::Ready(InputSource::Existing(ValueId(number)))),
        Err(_) => Err(vec!["The file of the earlier job is gone.".to_owned()]),
    }
}

/// A file that was sent; JSON is checked before the job waits for nothing.
async fn file(
    state: &AppState,
    socket: &Socket,
    upload: UploadId,
) -> Result<Result<Read, Vec<String>>, PageError> {
    let ready = Ok(Read::Ready(InputSource::Uploads(vec![upload])));
    if !socket.kind.is_json() {
        return Ok(ready);
    }
    let found = state.store().upload(upload).await?;
    let Some(digest) = found
        .filter(|found| found.size <= MOST_JSON)
        .and_then(|found| found.blob)
    else {
        return Ok(ready);
    };
    let path = state.store().blobs().path(&digest);
    let socket = socket.clone();
    let checking = tokio::task::spawn_blocking(move || -> std::io::Result<_> {
        let bytes = fs_err::read(path)?;
        Ok(match std::str::from_utf8(&bytes) {
            Ok(text) => json(&socket, text),
            Err(_) => Err(vec!["The file is not UTF-8.".to_owned()]),
        })
    });
    let checked = checking
        .await
        .map_err(|problem| ApiError::internal(&problem))?
        .map_err(|problem| ApiError::internal(&problem))?;
    Ok(checked.and(ready))
}

/// JSON that was typed, judged by the kind and the socket's schema.
pub(super) fn json(socket: &Socket, text: &str) -> Result<Value, Vec<String>> {
    if text.trim().is_empty() {
        return Err(vec!["Nothing is given.".to_owned()]);
    }
    let value: Value = serde_json::from_str(text)
        .map_err(|problem| vec![sentence(&format!("it is no JSON: {problem}"))])?;
    judged(socket, value)
}

fn judged(socket: &Socket, value: Value) -> Result<Value, Vec<String>> {
    match socket.check_json(&value) {
        Ok(()) => Ok(value),
        Err(violation) => Err(violation
            .complaints
            .iter()
            .map(|complaint| sentence(complaint))
            .collect()),
    }
}

/// The value of an input that the database keeps.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few of the forty kinds have a field of their own"
)]
fn value(socket: &Socket, typed: &[&str]) -> Result<Value, Vec<String>> {
    let first = typed.first().copied().unwrap_or_default();
    if let Some(choices) = Choices::of(socket) {
        let chosen: Result<Vec<Value>, _> = typed
            .iter()
            .map(|text| serde_json::from_str::<Value>(text))
            .collect();
        let chosen = chosen.map_err(|_| vec!["Choose from the list.".to_owned()])?;
        let value = match (choices.is_many, chosen.as_slice()) {
            (true, _) => Value::Array(chosen),
            (false, [one]) => one.clone(),
            (false, _) => return Err(vec!["Choose one.".to_owned()]),
        };
        return judged(socket, value);
    }
    let text = first.replace("\r\n", "\n");
    let value = match socket.kind {
        SocketKind::Bool => Value::Bool(!typed.is_empty()),
        SocketKind::String | SocketKind::Choice => Value::String(text),
        SocketKind::MultipleChoice => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Value::Array(lines.map(|line| Value::String(line.to_owned())).collect())
        }
        SocketKind::Integer | SocketKind::Float => number(&text)?,
        _ => return json(socket, first),
    };
    judged(socket, value)
}

fn number(text: &str) -> Result<Value, Vec<String>> {
    let text = text.trim();
    if text.is_empty() {
        return Err(vec!["Give a number.".to_owned()]);
    }
    // As JSON where it is, so that whole numbers stay whole and none loses a digit.
    if let Ok(value @ Value::Number(_)) = serde_json::from_str(text) {
        return Ok(value);
    }
    let float: Option<f64> = text.parse().ok();
    let number = float.and_then(serde_json::Number::from_f64);
    number
        .map(Value::Number)
        .ok_or_else(|| vec![format!("`{text}` is no number.")])
}

/// Keeps a text as a completed upload of the visitor.
async fn keep(
    state: &AppState,
    visitor: &Visitor,
    (filename, text): (String, String),
) -> Result<UploadId, PageError> {
    let (store, account) = (state.store(), visitor.require()?.id);
    let now = Timestamp::now();
    let end = now + i64::from(state.config().uploads.keep_hours).hours();
    let upload = store.create_upload(account, &filename, now, end).await?;
    let blobs = store.blobs().clone();
    let keeping = tokio::task::spawn_blocking(move || blobs.keep(&mut text.as_bytes()));
    let blob = keeping
        .await
        .map_err(|problem| ApiError::internal(&problem))?
        .map_err(|problem| ApiError::internal(&problem))?;
    let done = store
        .complete_upload(upload.id, &blob, Timestamp::now())
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    Ok(done.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::choices::tests::socket;
    use super::*;

    fn read(kind: SocketKind, schema: Option<Value>, typed: &[&str]) -> Result<Value, String> {
        value(&socket(kind, schema), typed).map_err(|why| why.join(" "))
    }

    #[test]
    fn fields_become_json_of_their_kind() {
        use SocketKind as K;
        for (kind, typed, expected) in [
            (K::String, &["a\r\nb"][..], json!("a\nb")),
            (K::Integer, &[" 42 "], json!(42)),
            (K::Float, &["1e3"], json!(1e3)),
            (K::Float, &["+.5"], json!(0.5)),
            (K::Bool, &["true"], json!(true)),
            (K::Bool, &[], json!(false)),
            (K::MultipleChoice, &["a\r\n\r\n b "], json!(["a", "b"])),
            (K::Anything, &["{\"a\": [1]}"], json!({"a": [1]})),
        ] {
            assert_eq!(read(kind, None, typed), Ok(expected), "{typed:?}");
        }
        let set = Some(json!({"enum": ["a", "b"]}));
        assert_eq!(read(K::Choice, set.clone(), &["\"a\""]), Ok(json!("a")));
        let many = Some(json!({"items": {"enum": ["a", "b"]}}));
        assert_eq!(read(K::MultipleChoice, many, &[]), Ok(json!([])));
        assert!(read(K::Choice, set, &["\"c\""]).is_err());
    }

    #[test]
    fn problems_say_what_and_where() {
        use SocketKind as K;
        for (kind, schema, typed, says) in [
            (K::Integer, None, "4.5", "integer"),
            (K::Integer, None, "", "Give a number"),
            (K::Float, None, "much", "`much` is no number"),
            (K::Float, None, "NaN", "is no number"),
            (K::Float, Some(json!({"minimum": 0})), "-1", "minimum of 0"),
            (K::Anything, None, "{\"a\": }", "line 1 column 7"),
            (K::Anything, None, " ", "Nothing is given"),
            (
                K::Anything,
                Some(json!({"properties": {"a": {"type": "string"}}})),
                "{\"a\": 1}",
                "`/a`",
            ),
        ] {
            let problem = read(kind, schema, &[typed]).unwrap_err();
            assert!(problem.contains(says), "{typed}: {problem}");
        }
    }
}
