//! Schemas of the document: in a few words, as a table of fields, as an example.

use serde_json::{Map, Value, json};

use super::{escaped, prose};

/// References inside each other.
const DEPTH: usize = 4;

/// What a reference leads to; anything else is itself.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
    let Some(reference) = schema["$ref"].as_str() else {
        return (schema, None);
    };
    let name = reference.rsplit('/').next().unwrap_or_default();
    (&document["components"]["schemas"][name], Some(name))
}

/// In a few words, as HTML.
pub(super) fn type_of(document: &Value, schema: &Value) -> String {
    if let (_, Some(name)) = resolved(document, schema) {
        return format!("<code>{}</code>", escaped(name));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(all) = schema[key].as_array() {
            let words: Vec<String> = all.iter().map(|one| type_of(document, one)).collect();
            return words.join(" or ");
        }
    }
    if schema["items"].is_object() {
        return format!("list of {}", type_of(document, &schema["items"]));
    }
    let mut words = match &schema["type"] {
        Value::String(word) => escaped(word),
        Value::Array(words) => {
            let words: Vec<String> = words
                .iter()
                .filter_map(Value::as_str)
                .map(escaped)
                .collect();
            words.join(" or ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "anything".to_owned(),
    };
    if let Some(format) = schema["format"].as_str() {
        words += &format!(" ({})", escaped(format));
    }
    words
}

/// The fields of an object, or of the objects of a list; nothing for others.
pub(super) fn table(document: &Value, schema: &Value) -> String {
    let (found, _) = resolved(document, schema);
    let found = if found["items"].is_object() {
        resolved(document, &found["items"]).0
    } else {
        found
    };
    let fields = fields(document, found);
    if fields.is_empty() {
        return String::new();
    }
    let mut html = String::from(
        "<details><summary>fields</summary><table><thead><tr><th>field</th><th>type</th><th>meaning</th></tr></thead><tbody>",
    );
    for (name, field, is_needed) in fields {
        let needed = if is_needed { "" } else { ", may be left out" };
        html += &format!(
            "<tr><td><code>{}</code></td><td>{}{needed}</td><td>{}</td></tr>",
            escaped(name),
            type_of(document, field),
            prose(field["description"].as_str().unwrap_or_default()),
        );
    }
    html + "</tbody></table></details>"
}

/// A field's name, what it is, and whether it is always there.
fn fields<'a>(document: &'a Value, schema: &'a Value) -> Vec<(&'a str, &'a Value, bool)> {
    let mut all = Vec::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        all.extend(fields(document, resolved(document, part).0));
    }
    let needed = schema["required"].as_array();
    let is_needed = |name: &str| needed.is_some_and(|all| all.iter().any(|one| one == name));
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        all.push((name.as_str(), field, is_needed(name)));
    }
    all
}

/// An example; fields that may be left out are left out.
pub(super) fn example(document: &Value, schema: &Value, depth: usize) -> Value {
    let (found, _) = resolved(document, schema);
    if depth > DEPTH {
        return Value::Null;
    }
    if let Some(first) = found["oneOf"].get(0).or_else(|| found["anyOf"].get(0)) {
        return example(document, first, depth + 1);
    }
    let fields = fields(document, found);
    if !fields.is_empty() {
        let needed = fields.iter().filter(|(_, _, is_needed)| *is_needed);
        let mut object: Map<String, Value> = needed
            .map(|(name, field, _)| ((*name).to_owned(), example(document, field, depth + 1)))
            .collect();
        if object.is_empty() {
            // A change without a change is no example.
            let first = fields.iter().take(1);
            object.extend(
                first.map(|(name, field, _)| {
                    ((*name).to_owned(), example(document, field, depth + 1))
                }),
            );
        }
        return Value::Object(object);
    }
    let word = found["type"].as_str().or_else(|| found["type"][0].as_str());
    match word {
        Some("array") => json!([example(document, &found["items"], depth + 1)]),
        Some("boolean") => json!(true),
        Some("integer" | "number") => found.get("minimum").cloned().unwrap_or(json!(1)),
        Some("object") => {
            let inner = &found["additionalProperties"];
            if inner.is_object() {
                json!({"name": example(document, inner, depth + 1)})
            } else {
                json!({})
            }
        }
        Some(_) => json!("…"),
        None => json!(0),
    }
}
