//! The text header of an NRRD: fields, and the names of a `LIST`.

use std::io::{BufRead, Read};

use crate::error::ReadProblem;

/// Most names of data files in one header.
const MAX_FILES: usize = 10_000;

/// Fields as written, and where the samples begin.
pub(super) struct Header {
    fields: Vec<(String, String)>,
    /// Names after `data file: LIST`.
    pub(super) list: Vec<String>,
    /// First byte after the blank line.
    pub(super) end: u64,
}

impl Header {
    /// Reads lines up to the first blank one.
    pub(super) fn read(input: &mut dyn BufRead, max_bytes: u64) -> Result<Header, ReadProblem> {
        let mut header = Header {
            fields: Vec::new(),
            list: Vec::new(),
            end: 0,
        };
        let mut in_list = false;
        let mut input = input.take(max_bytes);
        for number in 1.. {
            let mut bytes = Vec::new();
            header.end += input.read_until(b'\n', &mut bytes)? as u64;
            if bytes.is_empty() && header.end >= max_bytes {
                return Err(ReadProblem::HeaderLine {
                    line: number,
                    problem: format!("no end of the header within {max_bytes} bytes"),
                });
            }
            let text = String::from_utf8_lossy(&bytes);
            let line = text.trim_end_matches(['\n', '\r']);
            if number == 1 {
                version(line)?;
                continue;
            }
            if bytes.is_empty() || line.is_empty() {
                break;
            }
            if in_list {
                header.list.push(line.trim().to_owned());
                if header.list.len() > MAX_FILES {
                    return Err(ReadProblem::HeaderLine {
                        line: number,
                        problem: format!("more than {MAX_FILES} data files"),
                    });
                }
            } else if !line.starts_with('#') && !is_key_value(line) {
                let (key, value) = line.split_once(':').ok_or(ReadProblem::HeaderLine {
                    line: number,
                    problem: "expected `field: value`".into(),
                })?;
                let (key, value) = (key.trim().to_lowercase(), value.trim().to_owned());
                in_list =
                    matches!(key.as_str(), "data file" | "datafile") && value.starts_with("LIST");
                header.fields.push((key, value));
            }
        }
        Ok(header)
    }

    /// The value of a field by any of its names.
    pub(super) fn get(&self, names: &[&str]) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| names.contains(&key.as_str()))
            .map(|(_, value)| value.as_str())
    }

    /// The value of a field that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, ReadProblem> {
        self.get(&[name])
            .ok_or_else(|| ReadProblem::MissingField(name.into()))
    }
}

fn is_key_value(line: &str) -> bool {
    match (line.find(":="), line.find(": ")) {
        (Some(pair), Some(field)) => pair < field,
        (pair, _) => pair.is_some(),
    }
}

fn version(line: &str) -> Result<(), ReadProblem> {
    if matches!(
        line.trim_end().strip_prefix("NRRD000"),
        Some("1" | "2" | "3" | "4" | "5")
    ) {
        return Ok(());
    }
    Err(ReadProblem::Field {
        field: "NRRD version".into(),
        expected: "`NRRD0001` to `NRRD0005`".into(),
        found: format!("`{}`", line.chars().take(16).collect::<String>()),
    })
}
