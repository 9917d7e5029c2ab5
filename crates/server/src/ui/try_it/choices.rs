//! Inputs that are one or some of a closed set, as the socket's schema says.

use domain::{Socket, SocketKind};
use serde_json::Value;

/// More than so many choices are a list that opens.
const MANY: usize = 6;

/// A closed set of values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choices {
    /// JSON values.
    pub(super) values: Vec<Value>,
    /// Some of them may be chosen, not one.
    pub(super) is_many: bool,
}

impl Choices {
    /// The set that the schema of a socket closes; `None` where it closes none.
    pub(super) fn of(socket: &Socket) -> Option<Choices> {
        let schema = socket.schema.as_ref()?;
        let is_many = socket.kind == SocketKind::MultipleChoice;
        let place = if is_many {
            schema.get("items")?
        } else {
            schema
        };
        let values = place.get("enum")?.as_array()?.clone();
        let is_plain = |value: &Value| !value.is_array() && !value.is_object();
        let is_usable = !values.is_empty() && values.iter().all(is_plain);
        is_usable.then_some(Choices { values, is_many })
    }

    /// Whether they are better shown as a list that opens.
    pub(super) fn is_long(&self) -> bool {
        self.values.len() > MANY
    }
}

/// A value as people call it.
pub(super) fn label(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use domain::{RelativePath, Slug};
    use serde_json::json;

    use super::*;

    pub(crate) fn socket(kind: SocketKind, schema: Option<Value>) -> Socket {
        Socket {
            slug: Slug::new("a-socket").unwrap(),
            title: "A".into(),
            description: String::new(),
            kind,
            relative_path: RelativePath::new("a.json").unwrap(),
            schema,
            default: None,
            overlay_segments: vec![],
            store_in_database: kind.may_store_in_database(),
        }
    }

    #[test]
    fn a_closed_set_is_found_where_the_schema_has_it() {
        let one = socket(SocketKind::Choice, Some(json!({"enum": ["a", "b"]})));
        assert_eq!(Choices::of(&one).unwrap().values, [json!("a"), json!("b")]);
        let many = json!({"type": "array", "items": {"enum": ["a", 1]}});
        let many = socket(SocketKind::MultipleChoice, Some(many));
        assert!(Choices::of(&many).unwrap().is_many);
        assert_eq!(Choices::of(&socket(SocketKind::Choice, None)), None);
        let odd = socket(SocketKind::Anything, Some(json!({"enum": [{"a": 1}]})));
        assert_eq!(Choices::of(&odd), None, "typed as JSON");
    }
}
