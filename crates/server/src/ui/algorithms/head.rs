//! What stands above every tab of an algorithm: its name, the tabs that the visitor has, and whether it can be tried.

use store::algorithms::StoredAlgorithm;

use crate::error::ApiError;
use crate::own::algorithms::{changeable, visible};
use crate::state::AppState;
use crate::ui::problem::PageError;
use crate::ui::visitor::Visitor;

/// A page about an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Information,
    Versions,
    Models,
    Limits,
    Template,
    People,
    Requests,
    Statistics,
    Edit,
}

/// A link to a tab.
pub(super) struct TabLink {
    pub(super) path: String,
    pub(super) label: &'static str,
    /// Things that wait there.
    pub(super) waiting: u64,
    pub(super) is_here: bool,
}

/// Why nobody, or not this visitor, can run it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoTry {
    /// Nobody is logged in.
    LogIn,
    /// They have no role in it.
    NoAccess,
    /// There is no container image that runs.
    NoImage,
    /// This machine has too little; in words.
    Unfit(String),
}

/// What the template `algorithm/head.html` shows.
pub(super) struct Head {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) modality: String,
    pub(super) is_public: bool,
    pub(super) has_logo: bool,
    pub(super) is_logged_in: bool,
    pub(super) may_run: bool,
    pub(super) may_change: bool,
    /// `None`: it can be tried.
    pub(super) no_try: Option<NoTry>,
    /// Empty where there is only one.
    pub(super) tabs: Vec<TabLink>,
}

impl Head {
    /// What hinders a try, as the template asks for it.
    pub(super) fn needs_login(&self) -> bool {
        self.no_try == Some(NoTry::LogIn)
    }

    /// As [`Head::needs_login`].
    pub(super) fn needs_access(&self) -> bool {
        self.no_try == Some(NoTry::NoAccess)
    }

    /// As [`Head::needs_login`].
    pub(super) fn needs_image(&self) -> bool {
        self.no_try == Some(NoTry::NoImage)
    }

    /// As [`Head::needs_login`].
    pub(super) fn unfit(&self) -> Option<&str> {
        match &self.no_try {
            Some(NoTry::Unfit(why)) => Some(why),
            Some(NoTry::LogIn | NoTry::NoAccess | NoTry::NoImage) | None => None,
        }
    }
}

/// The algorithm and its head, for who may see it.
///
/// # Errors
/// 404.
pub(super) async fn seen(
    state: &AppState,
    visitor: &Visitor,
    (slug, tab): (&str, Tab),
) -> Result<(StoredAlgorithm, Head), PageError> {
    let algorithm = visible(state, &visitor.caller, slug).await?;
    let head = head(state, visitor, (&algorithm, tab)).await?;
    Ok((algorithm, head))
}

/// The algorithm and its head, for its editors; others log in first or are refused.
///
/// # Errors
/// A redirect to the login, 403, 404.
pub(super) async fn edited(
    state: &AppState,
    visitor: &Visitor,
    (slug, tab): (&str, Tab),
) -> Result<(StoredAlgorithm, Head), PageError> {
    visitor.require()?;
    let algorithm = changeable(state, &visitor.caller, slug).await?;
    let head = head(state, visitor, (&algorithm, tab)).await?;
    Ok((algorithm, head))
}

async fn head(
    state: &AppState,
    visitor: &Visitor,
    (algorithm, tab): (&StoredAlgorithm, Tab),
) -> Result<Head, ApiError> {
    let (store, viewer) = (state.store(), visitor.caller.viewer);
    let is_logged_in = visitor.caller.account.is_some();
    let may_run = store.may_run_algorithm(viewer, algorithm.id).await?;
    let may_change = store.may_change_algorithm(viewer, algorithm.id).await?;
    let active = store.active_algorithm_image(algorithm.id).await?;
    let unfit = state.worker().settings().capacity.admits(&algorithm.limits);
    let no_try = match (is_logged_in, may_run, active, unfit) {
        (false, ..) => Some(NoTry::LogIn),
        (true, false, ..) => Some(NoTry::NoAccess),
        (true, true, None, _) => Some(NoTry::NoImage),
        (true, true, Some(_), Err(why)) => Some(NoTry::Unfit(why.to_string())),
        (true, true, Some(_), Ok(())) => None,
    };
    let waiting = if may_change {
        store.count_pending_access_requests(algorithm.id).await?
    } else {
        0
    };
    let tabs = if may_change {
        tabs(algorithm.slug.as_str(), tab, waiting)
    } else {
        Vec::new()
    };
    Ok(Head {
        slug: algorithm.slug.to_string(),
        title: algorithm.title.clone(),
        modality: algorithm.modality.clone(),
        is_public: algorithm.is_public,
        has_logo: algorithm.logo.is_some(),
        is_logged_in,
        may_run,
        may_change,
        no_try,
        tabs,
    })
}

fn tabs(slug: &str, here: Tab, waiting: u64) -> Vec<TabLink> {
    let links = [
        (Tab::Information, "", "Information"),
        (Tab::Versions, "versions/", "Versions"),
        (Tab::Models, "models/", "Models"),
        (Tab::Limits, "limits/", "Limits"),
        (Tab::Template, "template/", "Result template"),
        (Tab::People, "people/", "People"),
        (Tab::Requests, "requests/", "Requests"),
        (Tab::Statistics, "statistics/", "Statistics"),
        (Tab::Edit, "edit/", "Edit"),
    ];
    let link = |(tab, path, label): (Tab, &str, &'static str)| TabLink {
        path: format!("/algorithms/{slug}/{path}"),
        label,
        waiting: if tab == Tab::Requests { waiting } else { 0 },
        is_here: tab == here,
    };
    links.into_iter().map(link).collect()
}
