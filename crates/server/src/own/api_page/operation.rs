//! One operation: what it does, what it takes, what it answers, how one calls it.

use serde_json::Value;

use super::schema::{example, table, type_of};
use super::{anchor, escaped, prose, short};

/// An article about one operation.
pub(super) fn operation(document: &Value, (path, method): (&str, &str), found: &Value) -> String {
    let id = anchor(method, path);
    let mut html = format!(
        "<article id=\"{id}\"><h3><span class=\"{method}\">{}</span> <code>{}</code></h3>",
        method.to_uppercase(),
        escaped(short(path)),
    );
    html += &prose(found["summary"].as_str().unwrap_or_default());
    html += &prose(found["description"].as_str().unwrap_or_default());
    html += &parameters(found);
    let body = found["requestBody"]["content"]
        .as_object()
        .and_then(|content| content.iter().next());
    if let Some((media_type, content)) = body {
        let schema = &content["schema"];
        html += &format!(
            "<h4>Body</h4><p><code>{}</code>: {}</p>",
            escaped(media_type),
            type_of(document, schema)
        );
        html += &table(document, schema);
    }
    html += &responses(document, found);
    html += &format!(
        "<h4>Example</h4><pre>{}</pre></article>\n",
        escaped(&curl(document, (path, method), body))
    );
    html
}

fn parameters(found: &Value) -> String {
    let Some(parameters) = found["parameters"].as_array().filter(|all| !all.is_empty()) else {
        return String::new();
    };
    let mut html = String::from(
        "<h4>Parameters</h4><table><thead><tr><th>name</th><th>in</th><th>type</th><th>meaning</th></tr></thead><tbody>",
    );
    for parameter in parameters {
        let text = |key: &str| escaped(parameter[key].as_str().unwrap_or_default());
        let needed = if parameter["required"] == true {
            " (needed)"
        } else {
            ""
        };
        html += &format!(
            "<tr><td><code>{}</code></td><td>{}{needed}</td><td>{}</td><td>{}</td></tr>",
            text("name"),
            text("in"),
            type_of(&Value::Null, &parameter["schema"]),
            prose(parameter["description"].as_str().unwrap_or_default()),
        );
    }
    html + "</tbody></table>"
}

fn responses(document: &Value, found: &Value) -> String {
    let mut html = String::from("<h4>Answers</h4><dl>");
    for (status, response) in found["responses"].as_object().into_iter().flatten() {
        if status == "default" {
            continue;
        }
        let description = response["description"].as_str().unwrap_or_default();
        html += &format!("<dt>{}</dt><dd>{}", escaped(status), prose(description));
        let content = response["content"].as_object();
        let is_good = status.starts_with('2');
        if let Some((media_type, content)) = content
            .and_then(|content| content.iter().next())
            .filter(|_| is_good)
        {
            let schema = &content["schema"];
            html += &format!(
                "<p><code>{}</code>: {}</p>",
                escaped(media_type),
                type_of(document, schema)
            );
            html += &table(document, schema);
        }
        html += "</dd>";
    }
    html + "</dl>"
}

fn curl(document: &Value, (path, method): (&str, &str), body: Option<(&String, &Value)>) -> String {
    let address = path.replace('{', "$").replace('}', "");
    let mut text = String::from("curl --cacert ca.pem -H \"Authorization: Bearer $TOKEN\"");
    if method != "get" {
        text += &format!(" -X {}", method.to_uppercase());
    }
    if let Some((media_type, content)) = body {
        text += &format!(" \\\n  -H 'Content-Type: {media_type}'");
        if media_type == "application/json" {
            let example = example(document, &content["schema"], 0);
            text += &format!(" -d '{example}'");
        } else {
            text += " --data-binary @FILE";
        }
    }
    text + &format!(" \\\n  \"https://SERVER{address}\"")
}
