//! Making and changing algorithms.

use std::collections::BTreeSet;

use domain::algorithm::InvalidAlgorithm;
use domain::{Algorithm, Slug, Socket};
use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::roles::set_role_in;
use super::{AccessRequests, AlgorithmRole, StoredAlgorithm, geometry_word};
use crate::blobs::{self, Blob};
use crate::database::Store;
use crate::error::{StoreError, corrupt, is_taken, to_json};
use crate::ids::{AccountId, AlgorithmId, SocketId};
use crate::interfaces::ensure_interface;
use crate::sockets::{CreateSocketError, insert_socket, socket_in};
use crate::time::to_text;

/// An algorithm could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum CreateAlgorithmError {
    /// Its name is another one's.
    #[error("there is an algorithm `{0}` already")]
    SlugTaken(Slug),
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidAlgorithm),
    /// One of its sockets cannot be made.
    #[error("socket `{slug}` cannot be made: {problem}")]
    Socket {
        /// Which.
        slug: Slug,
        /// Why.
        problem: CreateSocketError,
    },
    /// The installation has a socket of this name that is something else.
    #[error(
        "the socket `{slug}` is there already with the {what} `{found}`, expected `{expected}`"
    )]
    SocketDiffers {
        /// Which.
        slug: Slug,
        /// What differs.
        what: &'static str,
        /// As the installation has it.
        found: String,
        /// As the algorithm declares it.
        expected: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What of an algorithm its manifest does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlgorithmSettings {
    /// Whether everybody sees it.
    pub is_public: bool,
    /// What becomes of a request to use it.
    pub access_requests: AccessRequests,
    /// Such as `CT`; may be empty.
    pub modality: String,
}

impl Store {
    /// Makes an algorithm with the sockets and interfaces that are missing; its creator becomes its editor.
    ///
    /// # Errors
    /// When it breaks a rule, its name is taken, or one of its sockets is something else in this installation.
    pub async fn create_algorithm(
        &self,
        algorithm: &Algorithm,
        creator: Option<AccountId>,
        now: Timestamp,
    ) -> Result<StoredAlgorithm, CreateAlgorithmError> {
        algorithm.check()?;
        let id = AlgorithmId::new();
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO algorithm (id, slug, title, description, limits, result_template, geometry_rule, creator_id,
                 created_at, modified_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id.to_string())
        .bind(algorithm.slug.as_str())
        .bind(&algorithm.title)
        .bind(&algorithm.description)
        .bind(to_json(&algorithm.limits))
        .bind(&algorithm.result_template)
        .bind(geometry_word(algorithm.geometry))
        .bind(creator.map(|id| id.to_string()))
        .bind(to_text(now))
        .bind(to_text(now))
        .execute(&mut *change)
        .await
        .map_err(|error| slug_taken(error, algorithm))?;
        link_interfaces(&mut change, (id, algorithm), creator, now).await?;
        if let Some(creator) = creator {
            set_role_in(&mut change, id, creator, AlgorithmRole::Editor).await?;
        }
        change.commit().await.map_err(StoreError::from)?;
        Ok(self.written(id).await?)
    }

    /// Replaces what the manifest says of an algorithm; jobs keep the interface they were submitted with. `None`: there
    /// is no such algorithm.
    ///
    /// # Errors
    /// As for [`Store::create_algorithm`].
    pub async fn update_algorithm(
        &self,
        id: AlgorithmId,
        algorithm: &Algorithm,
        now: Timestamp,
    ) -> Result<Option<StoredAlgorithm>, CreateAlgorithmError> {
        algorithm.check()?;
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE algorithm SET slug = ?, title = ?, description = ?, limits = ?, result_template = ?,
                 geometry_rule = ?, modified_at = ? WHERE id = ?",
        )
        .bind(algorithm.slug.as_str())
        .bind(&algorithm.title)
        .bind(&algorithm.description)
        .bind(to_json(&algorithm.limits))
        .bind(&algorithm.result_template)
        .bind(geometry_word(algorithm.geometry))
        .bind(to_text(now))
        .bind(id.to_string())
        .execute(&mut *change)
        .await
        .map_err(|error| slug_taken(error, algorithm))?;
        if changed.rows_affected() == 0 {
            return Ok(None);
        }
        sqlx::query("DELETE FROM algorithm_interface WHERE algorithm_id = ?")
            .bind(id.to_string())
            .execute(&mut *change)
            .await
            .map_err(StoreError::from)?;
        link_interfaces(&mut change, (id, algorithm), None, now).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(Some(self.written(id).await?))
    }

    /// Changes what the manifest does not say. `false`: there is no such algorithm.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_algorithm_settings(
        &self,
        id: AlgorithmId,
        settings: &AlgorithmSettings,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE algorithm SET is_public = ?, access_requests = ?, modality = ?, modified_at = ? WHERE id = ?",
        )
        .bind(settings.is_public)
        .bind(settings.access_requests.word())
        .bind(&settings.modality)
        .bind(to_text(now))
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Gives an algorithm a picture, or takes it away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_algorithm_logo(
        &self,
        id: AlgorithmId,
        logo: Option<&Blob>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        if let Some(logo) = logo {
            blobs::note(&mut change, logo, now).await?;
        }
        sqlx::query("UPDATE algorithm SET logo_digest = ?, modified_at = ? WHERE id = ?")
            .bind(logo.map(|logo| logo.digest.as_str()))
            .bind(to_text(now))
            .bind(id.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(())
    }

    async fn written(&self, id: AlgorithmId) -> Result<StoredAlgorithm, StoreError> {
        let found = self.algorithm(id).await?;
        found.ok_or_else(|| corrupt("algorithm.id", &id.to_string(), &"it was just written"))
    }
}

fn slug_taken(error: sqlx::Error, algorithm: &Algorithm) -> CreateAlgorithmError {
    if is_taken(&error) {
        CreateAlgorithmError::SlugTaken(algorithm.slug.clone())
    } else {
        StoreError::from(error).into()
    }
}

/// Gives an algorithm the interfaces it declares.
async fn link_interfaces(
    change: &mut Transaction<'static, Sqlite>,
    (id, algorithm): (AlgorithmId, &Algorithm),
    creator: Option<AccountId>,
    now: Timestamp,
) -> Result<(), CreateAlgorithmError> {
    let mut known: Vec<(&Slug, SocketId)> = Vec::new();
    for socket in &algorithm.sockets {
        let number = ensure_socket(change, socket, creator, now).await?;
        known.push((&socket.slug, number));
    }
    let numbers = |slugs: &BTreeSet<Slug>| -> BTreeSet<SocketId> {
        let found = known.iter().filter(|(slug, _)| slugs.contains(*slug));
        found.map(|(_, number)| *number).collect()
    };
    for interface in &algorithm.interfaces {
        let inputs = numbers(&interface.inputs);
        let outputs = numbers(&interface.outputs);
        let interface = ensure_interface(change, &inputs, &outputs).await?;
        sqlx::query("INSERT INTO algorithm_interface (algorithm_id, interface_id) VALUES (?, ?)")
            .bind(id.to_string())
            .bind(interface.to_string())
            .execute(&mut **change)
            .await
            .map_err(StoreError::from)?;
    }
    Ok(())
}

async fn ensure_socket(
    change: &mut Transaction<'static, Sqlite>,
    socket: &Socket,
    creator: Option<AccountId>,
    now: Timestamp,
) -> Result<SocketId, CreateAlgorithmError> {
    if let Some(found) = socket_in(change, &socket.slug).await? {
        same(&found.socket, socket)?;
        return Ok(found.id);
    }
    let made = insert_socket(change, (socket, None), creator, now).await;
    let made = made.map_err(|problem| CreateAlgorithmError::Socket {
        slug: socket.slug.clone(),
        problem,
    })?;
    Ok(made.id)
}

/// A socket that two algorithms share must be one thing for both.
fn same(found: &Socket, declared: &Socket) -> Result<(), CreateAlgorithmError> {
    let describe = |socket: &Socket| {
        [
            ("kind", socket.kind.label().to_owned()),
            ("path", socket.relative_path.to_string()),
            ("schema", to_json(&socket.schema)),
            ("store_in_database", socket.store_in_database.to_string()),
            ("overlay_segments", to_json(&socket.overlay_segments)),
        ]
    };
    for ((what, found), (_, expected)) in describe(found).into_iter().zip(describe(declared)) {
        if found != expected {
            return Err(CreateAlgorithmError::SocketDiffers {
                slug: declared.slug.clone(),
                what,
                found,
                expected,
            });
        }
    }
    Ok(())
}
