//! What is filled in: sent, taken over from a job, or the defaults.
//!
//! Names of fields: `value.SLUG` what is typed or chosen, `file.SLUG` files, `from.SLUG` which of several ways counts
//! (`upload`, `earlier`, `kept`, `typed`), `image.SLUG` an earlier image, `search.SLUG` the search for one, `kept.SLUG` the value
//! of an earlier job.

use serde_json::Value;
use store::StoreError;
use store::interfaces::StoredInterface;
use store::jobs::StoredJob;
use store::sockets::StoredSocket;
use store::values::Content;

use crate::error::ApiError;
use crate::state::AppState;
use crate::ui::files::{FilesForm, SentFile};

use super::choices::Choices;

/// What is filled in.
#[derive(Debug, Default, Clone)]
pub(super) struct Typed {
    fields: Vec<(String, String)>,
    files: Vec<SentFile>,
}

impl Typed {
    /// What was sent.
    pub(super) fn of_form(form: FilesForm, interface: &StoredInterface) -> Typed {
        let files = interface.inputs.iter().flat_map(|stored| {
            let name = format!("file.{}", stored.socket.slug);
            form.files(&name).into_iter().cloned().collect::<Vec<_>>()
        });
        Typed {
            files: files.collect(),
            fields: form.fields().to_vec(),
        }
    }

    /// Defaults; of JSON that has none, the example.
    pub(super) fn of_defaults(interface: &StoredInterface) -> Typed {
        let mut typed = Typed::default();
        for stored in &interface.inputs {
            let socket = &stored.socket;
            let is_code = Choices::of(socket).is_none() && super::field::is_code(socket.kind);
            let example = stored.example.as_ref().filter(|_| is_code);
            if let Some(value) = socket.default.as_ref().or(example) {
                typed.fill(stored, value);
            }
        }
        typed
    }

    /// The inputs of a job.
    pub(super) async fn of_job(
        state: &AppState,
        job: &StoredJob,
        interface: &StoredInterface,
    ) -> Result<Typed, ApiError> {
        let store = state.store();
        let mut typed = Typed::of_defaults(interface);
        typed.set("comment", &job.comment);
        let (inputs, _) = store.job_values(job.id).await?;
        for value in store.values_of(&inputs).await? {
            let slug = value.socket.socket.slug.to_string();
            let mut inputs = interface.inputs.iter();
            let Some(stored) = inputs.find(|stored| stored.id == value.socket.id) else {
                continue;
            };
            match &value.content {
                Content::Json(json) => typed.fill(stored, json),
                Content::Image(id, _) => {
                    typed.set(&format!("from.{slug}"), "earlier");
                    typed.set(&format!("image.{slug}"), &id.to_string());
                }
                Content::File { .. } => {
                    typed.set(&format!("from.{slug}"), "kept");
                    typed.set(&format!("kept.{slug}"), &value.id.0.to_string());
                }
            }
        }
        Ok(typed)
    }

    /// Fills a field with JSON as people type it.
    fn fill(&mut self, stored: &StoredSocket, value: &Value) {
        let name = format!("value.{}", stored.socket.slug);
        self.fields.retain(|(field, _)| *field != name);
        let texts = match (Choices::of(&stored.socket), value) {
            (Some(choices), Value::Array(items)) if choices.is_many => {
                items.iter().map(Value::to_string).collect()
            }
            (Some(_), value) => vec![value.to_string()],
            (None, Value::Bool(false)) if super::field::is_tick(stored.socket.kind) => Vec::new(),
            (None, Value::String(text)) if !super::field::is_code(stored.socket.kind) => {
                vec![text.clone()]
            }
            (None, value @ (Value::Array(_) | Value::Object(_))) => {
                vec![serde_json::to_string_pretty(value).expect("JSON is plain data")]
            }
            (None, value) => vec![value.to_string()],
        };
        self.fields
            .extend(texts.into_iter().map(|text| (name.clone(), text)));
    }

    fn set(&mut self, name: &str, text: &str) {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), text.to_owned()));
    }

    /// The first value of a field; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All values of a field.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(field, _)| field == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The files of an input.
    pub(super) fn files(&self, slug: &str) -> Vec<&SentFile> {
        let name = format!("file.{slug}");
        self.files
            .iter()
            .filter(|file| file.field == name)
            .collect()
    }
}

/// The file of an earlier job that may be used again, by its number: its name.
pub(super) async fn kept_name(
    state: &AppState,
    viewer: store::Viewer,
    number: &str,
) -> Result<Option<String>, StoreError> {
    let Ok(number) = number.parse() else {
        return Ok(None);
    };
    let (store, id) = (state.store(), store::ids::ValueId(number));
    if !store.may_view_value(viewer, id).await? {
        return Ok(None);
    }
    let found = store.value(id).await?;
    Ok(found.and_then(|value| match value.content {
        Content::File { filename, .. } => Some(filename),
        Content::Json(_) | Content::Image(..) => None,
    }))
}
