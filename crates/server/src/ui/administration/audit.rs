//! Who did what, and when.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use serde_json::Value;
use store::audit::{AuditLine, AuditSearch};

use super::require;
use crate::state::AppState;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::Moment;
use crate::ui::visitor::Visitor;

/// Lines of one page.
const ON_A_PAGE: u32 = 100;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    who: String,
    what: String,
    object: String,
    from: String,
    until: String,
    before: String,
}

/// Something that was done, as a row.
struct AuditRow {
    at: Moment,
    username: String,
    action: String,
    /// Kind and id apart, where the object is of that form.
    kind: String,
    object: String,
    /// Where a page shows it; empty: nowhere.
    link: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "administration/audit.html")]
struct AuditPage {
    frame: Frame,
    tab: &'static str,
    asked: Asked,
    rows: Vec<AuditRow>,
    /// Id of the last row when there are more.
    next: Option<String>,
    problems: Problems,
}

/// The log.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    require(&visitor)?;
    let store = state.store();
    let mut problems = Problems::default();
    let who = asked.who.trim();
    let account = match who {
        "" => None,
        who => store
            .account_by_name(who)
            .await?
            .map(|(account, _)| account.id),
    };
    if !who.is_empty() && account.is_none() {
        problems.add("who", format!("There is no account `{who}`."));
    }
    let search = AuditSearch {
        account,
        action: asked.what.trim().to_owned(),
        object: asked.object.trim().to_owned(),
        from: day(&asked.from, 0, ("from", &mut problems)),
        until: day(&asked.until, 1, ("until", &mut problems)),
    };
    let part = (asked.before.parse().ok(), ON_A_PAGE + 1);
    let found = match problems.any() {
        true => Vec::new(),
        false => store.search_audit(&search, part).await?,
    };
    let is_more = found.len() > ON_A_PAGE as usize;
    let shown = &found[..found.len().min(ON_A_PAGE as usize)];
    let last = shown.last().filter(|_| is_more);
    let page = AuditPage {
        frame: Frame::new(&visitor, Section::Administration, "Audit log"),
        tab: "audit",
        next: last.map(|line| line.record.id.to_string()),
        rows: shown.iter().map(row).collect(),
        asked,
        problems,
    };
    Ok(page::draw(page.problems.status(), &page)?)
}

/// The start of a day in UTC, or of the day after it.
fn day(text: &str, after: i64, (field, problems): (&str, &mut Problems)) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let read = text
        .parse::<Date>()
        .and_then(|day| day.checked_add(after.days()))
        .and_then(|day| day.to_zoned(TimeZone::UTC));
    let read = read.map_err(|_| format!("`{text}` is no day, expected one such as 2026-03-31."));
    problems.take(field, read).map(|day| day.timestamp())
}

fn row(line: &AuditLine) -> AuditRow {
    let record = &line.record;
    let (kind, object) = record
        .object
        .split_once(' ')
        .unwrap_or(("", &record.object));
    let link = match kind {
        "job" => format!("/jobs/{object}/"),
        "image" => format!("/images/{object}/"),
        _ => String::new(),
    };
    let detail = match &record.detail {
        Value::Null => String::new(),
        Value::Object(fields) if fields.is_empty() => String::new(),
        Value::Object(_)
        | Value::Array(_)
        | Value::String(_)
        | Value::Number(_)
        | Value::Bool(_) => record.detail.to_string(),
    };
    AuditRow {
        at: record.at.into(),
        username: line.username.clone().unwrap_or_default(),
        action: record.action.clone(),
        kind: kind.to_owned(),
        object: object.to_owned(),
        link,
        detail,
    }
}
