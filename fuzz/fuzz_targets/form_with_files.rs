//! Sends a form with files to the pages' extractor. The first byte chooses: the rest is the body as it is, of which nothing may be
//! told that does not stand in it, and nothing at all before the secret of the login; or it is fields and files that are
//! written as a browser does, which come back as they are.
#![no_main]

use fuzz::forms::{BOUNDARY, CSRF, Read, send};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((0, rest)) => written(rest),
        Some((_, rest)) => any(rest),
        None => {}
    }
});

fn any(body: &[u8]) {
    let read = match send(body) {
        Ok(read) => read,
        Err(status) => {
            assert!((300..500).contains(&status), "refused with {status}");
            return;
        }
    };
    let stands = |part: &[u8]| part.is_empty() || body.windows(part.len()).any(|it| it == part);
    assert!(stands(CSRF.as_bytes()), "read without the secret");
    for (_, value) in &read.fields {
        assert!(stands(value.as_bytes()), "a field that was not sent");
    }
    for (name, content) in &read.files {
        assert!(stands(content), "a file that was not sent");
        assert!(!name.is_empty() && !name.contains('/'), "`{name}`");
    }
}

/// Pieces between bytes 255: a kind, then the content.
fn written(bytes: &[u8]) {
    let end = format!("\r\n--{BOUNDARY}");
    let mut body = part("csrf", None, CSRF.as_bytes());
    let mut sent = Read::default();
    for (number, piece) in bytes.split(|byte| *byte == 255).enumerate().take(64) {
        let Some((kind, content)) = piece.split_first() else {
            continue;
        };
        if content.windows(end.len()).any(|window| window == end.as_bytes()) {
            continue;
        }
        if kind % 2 == 0 {
            let filename = format!("{number}.bin");
            body.extend(part("files", Some(&filename), content));
            sent.files.push((filename, content.to_vec()));
        } else if let Ok(text) = std::str::from_utf8(content) {
            let name = format!("field-{number}");
            body.extend(part(&name, None, content));
            sent.fields.push((name, text.to_owned()));
        }
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    assert_eq!(send(&body), Ok(sent));
}

fn part(name: &str, filename: Option<&str>, content: &[u8]) -> Vec<u8> {
    let filename = filename.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}
