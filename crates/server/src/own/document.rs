//! The OpenAPI document, made true: what every operation may answer besides, how callers say who they are.

use serde_json::{Value, json};

/// Adds what holds for all operations.
pub(super) fn complete(document: &mut Value) {
    document["openapi"] = json!("3.1.0");
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `POST /api/gantry/v1/login/token/`.",
        },
        "browser": {
            "type": "apiKey",
            "in": "cookie",
            "name": crate::auth::SESSION_COOKIE,
            "description": format!(
                "The login of a browser; changes also need the header `{}`.",
                crate::auth::CSRF_HEADER
            ),
        },
    });
    document["components"]["schemas"]["Refusal"] = json!({
        "type": "object",
        "description": "Why a request was refused: `detail`, or sentences under the name of a field; `non_field_errors` are \
            about the body as a whole.",
        "properties": {"detail": {"type": "string"}},
    });
    document["security"] = json!([{"token": []}, {"browser": []}, {}]);
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for operations in paths.values_mut().filter_map(Value::as_object_mut) {
        for operation in operations.values_mut() {
            refusals(operation);
        }
    }
}

/// Every refusal has the same shape; those that can come from anywhere are told once, as `default`.
fn refusals(operation: &mut Value) {
    let refusal = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}});
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        if !status.starts_with(['4', '5']) {
            continue;
        }
        response["content"] = refusal.clone();
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!(usual(status));
        }
    }
    for response in responses.values_mut() {
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!("done");
        }
    }
    responses.insert(
        "default".to_owned(),
        json!({"description": "the request was refused", "content": refusal}),
    );
}

fn usual(status: &str) -> &'static str {
    match status {
        "400" => "something in the request is wrong; the answer says what",
        "401" => "nobody is logged in, or the token is wrong",
        "403" => "the caller may see it but not do this",
        "404" => "it does not exist, or the caller may not see it",
        "409" => "it is not in a state for this",
        _ => "refused",
    }
}
