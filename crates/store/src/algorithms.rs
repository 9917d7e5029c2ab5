//! Algorithms: what they are, who may see, run and change them.
//!
//! Reading order: [`Store::create_algorithm`] in `create`, then `list`, `roles` and `access_requests`.

use domain::{Algorithm, GeometryRule, Interface, Limits, Slug, Socket};
use jiff::Timestamp;
use sqlx::FromRow;

use crate::blobs::Digest;
use crate::database::Store;
use crate::error::{StoreError, corrupt, from_json};
use crate::ids::{AccountId, AlgorithmId};
use crate::interfaces::StoredInterface;
use crate::sockets::{StoredSocket, read_slug};
use crate::time::from_text;

mod access_requests;
mod change;
mod create;
mod list;
mod roles;

pub use access_requests::{AccessAnswer, AccessRequest, AccessState};
pub use change::{AlgorithmChange, ChangeInterfacesError};
pub use create::{AlgorithmSettings, CreateAlgorithmError};
pub use list::AlgorithmFilter;
pub use roles::{AlgorithmRole, Member};

/// An algorithm of this installation.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlgorithm {
    /// Its id.
    pub id: AlgorithmId,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// Such as `CT`; may be empty.
    pub modality: String,
    /// A square picture.
    pub logo: Option<Digest>,
    /// Whether everybody sees it.
    pub is_public: bool,
    /// What becomes of a request to use it.
    pub access_requests: AccessRequests,
    /// What a job may use.
    pub limits: Limits,
    /// Jinja template for the summary of a result.
    pub result_template: Option<String>,
    /// What happens when an output image does not lie where the input lies.
    pub geometry: GeometryRule,
    /// What it takes and gives.
    pub interfaces: Vec<StoredInterface>,
    /// How long the program of a job that succeeded took on average, seconds; `None` before the first.
    pub average_seconds: Option<f64>,
    /// Who made it.
    pub creator: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// What becomes of a request to use an algorithm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AccessRequests {
    /// An editor answers it.
    #[default]
    Manual,
    /// It is accepted at once.
    AcceptAll,
}

impl AccessRequests {
    /// The word in the database and in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::AcceptAll => "accept_all",
        }
    }

    /// The inverse of [`AccessRequests::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Manual, Self::AcceptAll]
            .into_iter()
            .find(|found| found.word() == word)
    }
}

impl StoredAlgorithm {
    /// As the rules know it; without container image and weights, which are versions here.
    #[must_use]
    pub fn to_domain(&self) -> Algorithm {
        let slugs = |sockets: &[StoredSocket]| {
            let slugs = sockets.iter().map(|stored| stored.socket.slug.clone());
            slugs.collect()
        };
        let mut sockets: Vec<Socket> = Vec::new();
        for interface in &self.interfaces {
            for stored in interface.inputs.iter().chain(&interface.outputs) {
                if !sockets.iter().any(|known| known.slug == stored.socket.slug) {
                    sockets.push(stored.socket.clone());
                }
            }
        }
        Algorithm {
            slug: self.slug.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            image: None,
            model: None,
            sockets,
            interfaces: self
                .interfaces
                .iter()
                .map(|interface| Interface {
                    inputs: slugs(&interface.inputs),
                    outputs: slugs(&interface.outputs),
                })
                .collect(),
            limits: self.limits.clone(),
            result_template: self.result_template.clone(),
            geometry: self.geometry,
        }
    }

    /// The socket of this name, of whichever interface.
    #[must_use]
    pub fn socket(&self, slug: &Slug) -> Option<&StoredSocket> {
        let mut sockets = self
            .interfaces
            .iter()
            .flat_map(|interface| interface.inputs.iter().chain(&interface.outputs));
        sockets.find(|stored| stored.socket.slug == *slug)
    }
}

#[derive(FromRow)]
struct AlgorithmRow {
    id: String,
    slug: String,
    title: String,
    description: String,
    modality: String,
    logo_digest: Option<String>,
    is_public: bool,
    access_requests: String,
    limits: String,
    result_template: Option<String>,
    geometry_rule: String,
    finished_jobs: i64,
    total_seconds: f64,
    creator_id: Option<String>,
    created_at: String,
    modified_at: String,
}

fn geometry_word(rule: GeometryRule) -> &'static str {
    match rule {
        GeometryRule::Warn => "warn",
        GeometryRule::Refuse => "refuse",
    }
}

impl AlgorithmRow {
    fn average(&self) -> Option<f64> {
        let count = u32::try_from(self.finished_jobs).unwrap_or(u32::MAX);
        (count > 0).then(|| self.total_seconds / f64::from(count))
    }

    fn with_interfaces(
        self,
        interfaces: Vec<StoredInterface>,
    ) -> Result<StoredAlgorithm, StoreError> {
        let geometry = [GeometryRule::Warn, GeometryRule::Refuse]
            .into_iter()
            .find(|rule| geometry_word(*rule) == self.geometry_rule)
            .ok_or_else(|| {
                let expected = "expected warn or refuse";
                corrupt("algorithm.geometry_rule", &self.geometry_rule, &expected)
            })?;
        let access_requests = AccessRequests::parse(&self.access_requests).ok_or_else(|| {
            let expected = "expected manual or accept_all";
            corrupt(
                "algorithm.access_requests",
                &self.access_requests,
                &expected,
            )
        })?;
        let logo = self.logo_digest.as_deref();
        let creator = self.creator_id.as_deref().map(AccountId::read);
        Ok(StoredAlgorithm {
            id: AlgorithmId::read(&self.id)?,
            slug: read_slug("algorithm.slug", &self.slug)?,
            average_seconds: self.average(),
            title: self.title,
            description: self.description,
            modality: self.modality,
            logo: logo
                .map(|text| Digest::read("algorithm.logo_digest", text))
                .transpose()?,
            is_public: self.is_public,
            access_requests,
            limits: from_json("algorithm.limits", &self.limits)?,
            result_template: self.result_template,
            geometry,
            interfaces,
            creator: creator.transpose()?,
            created_at: from_text("algorithm.created_at", &self.created_at)?,
            modified_at: from_text("algorithm.modified_at", &self.modified_at)?,
        })
    }
}

impl Store {
    async fn whole_algorithm(&self, row: AlgorithmRow) -> Result<StoredAlgorithm, StoreError> {
        let interfaces = self.interfaces_of(AlgorithmId::read(&row.id)?).await?;
        row.with_interfaces(interfaces)
    }
}
