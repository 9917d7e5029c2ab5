//! One value as typed on a command line, judged by its socket.

use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;

use camino::Utf8Path;
use domain::json::{self, ParsedJson};
use domain::{Socket, SocketKind, file_kind};
use serde_json::Value;

use super::{AcceptedInput, image};
use crate::provision::Content;

/// JSON that is larger is refused rather than read into memory.
pub(crate) const MAX_JSON_BYTES: u64 = 512 << 20;

/// Everything that is wrong with one input.
pub(super) type Messages = Vec<String>;

/// Judges a value; `scratch` takes images that have to be rewritten.
pub(super) fn accept(
    socket: &Socket,
    text: &str,
    scratch: &Utf8Path,
) -> Result<AcceptedInput, Messages> {
    if socket.kind.is_image() {
        return image::accept(
            socket,
            Utf8Path::new(text.strip_prefix('@').unwrap_or(text)),
            scratch,
        );
    }
    if socket.kind.is_json() {
        return accept_json(socket, text);
    }
    accept_file(
        socket,
        Utf8Path::new(text.strip_prefix('@').unwrap_or(text)),
    )
}

fn accept_json(socket: &Socket, text: &str) -> Result<AcceptedInput, Messages> {
    let mut warnings = Vec::new();
    let value = match text.strip_prefix('@') {
        Some(path) => {
            let parsed = read_json(Utf8Path::new(path))?;
            if parsed.replaced_non_finite > 0 {
                warnings.push(format!(
                    "`{path}` holds {} numbers that are NaN or infinite; they became null",
                    parsed.replaced_non_finite
                ));
            }
            parsed.value
        }
        None => literal(socket.kind, text)?,
    };
    socket
        .check_json(&value)
        .map_err(|violation| violation.complaints)?;
    Ok(AcceptedInput {
        warnings,
        ..AcceptedInput::json(value)
    })
}

/// JSON as typed; for texts and choices the quotes may be left out.
fn literal(kind: SocketKind, text: &str) -> Result<Value, Messages> {
    let is_text = matches!(kind, SocketKind::String | SocketKind::Choice);
    match serde_json::from_str(text) {
        Ok(value @ Value::String(_)) => Ok(value),
        Ok(_) | Err(_) if is_text => Ok(Value::String(text.to_owned())),
        Ok(value) => Ok(value),
        Err(_) if Utf8Path::new(text).exists() => Err(vec![format!(
            "is `{text}`, expected JSON; to read that file write `@{text}`"
        )]),
        Err(error) => Err(vec![format!("is `{text}`, expected JSON: {error}")]),
    }
}

/// Reads and parses a JSON file, or what comes through a pipe, as shells make them for `<(…)`.
pub(super) fn read_json(path: &Utf8Path) -> Result<ParsedJson, Messages> {
    let failed = |error: io::Error| vec![format!("cannot be read: {error}")];
    let kind = fs_err::metadata(path).map_err(failed)?.file_type();
    if !(kind.is_file() || kind.is_fifo()) {
        return Err(vec![format!("is `{path}`, which is no regular file")]);
    }
    let mut bytes = Vec::new();
    let file = fs_err::File::open(path).map_err(failed)?;
    file.take(MAX_JSON_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_JSON_BYTES {
        return Err(vec![format!(
            "is `{path}`, which is longer than {MAX_JSON_BYTES} bytes"
        )]);
    }
    json::parse(&bytes).map_err(|error| vec![format!("in `{path}` {error}")])
}

/// Judges a file of a kind that is neither JSON nor an image.
pub(super) fn accept_file(socket: &Socket, path: &Utf8Path) -> Result<AcceptedInput, Messages> {
    check_file(socket.kind, path)?;
    let name = path.file_name().map(str::to_owned);
    Ok(AcceptedInput {
        content: Content::File(path.to_owned()),
        name,
        image: None,
        warnings: Vec::new(),
    })
}

/// Judges the content of such a file.
pub(crate) fn check_file(kind: SocketKind, path: &Utf8Path) -> Result<(), Messages> {
    let failed = |error: io::Error| vec![format!("cannot be read: {error}")];
    if !fs_err::metadata(path).map_err(failed)?.is_file() {
        return Err(vec![format!("is `{path}`, which is no regular file")]);
    }
    let mut head = Vec::with_capacity(file_kind::HEAD);
    let file = fs_err::File::open(path).map_err(failed)?;
    file.take(file_kind::HEAD as u64)
        .read_to_end(&mut head)
        .map_err(failed)?;
    file_kind::check_head(kind, &head).map_err(|error| vec![error.to_string()])?;
    if kind == SocketKind::Newick {
        let text = fs_err::read_to_string(path).map_err(failed)?;
        file_kind::check_newick(&text).map_err(|error| vec![error.to_string()])?;
    }
    Ok(())
}
