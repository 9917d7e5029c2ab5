//! Changing an algorithm piece by piece: what people say of it, limits, template, interfaces.

use std::collections::BTreeSet;

use domain::algorithm::InvalidAlgorithm;
use domain::{GeometryRule, Interface, Limits, Slug};
use jiff::Timestamp;

use super::{AccessRequests, geometry_word};
use crate::database::Store;
use crate::error::{StoreError, to_json};
use crate::ids::{AlgorithmId, InterfaceId, SocketId};
use crate::interfaces::ensure_interface;
use crate::time::to_text;

/// What changes of an algorithm; `None` stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlgorithmChange {
    /// Its name for people.
    pub title: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Such as `CT`; may be empty.
    pub modality: Option<String>,
    /// Whether everybody sees it.
    pub is_public: Option<bool>,
    /// What becomes of a request to use it.
    pub access_requests: Option<AccessRequests>,
    /// What happens when an output image does not lie where the input lies.
    pub geometry: Option<GeometryRule>,
    /// What a job may use; jobs keep those that they were submitted with.
    pub limits: Option<Limits>,
    /// Jinja template for the summary of a result; `Some(None)` takes it away.
    pub result_template: Option<Option<String>>,
}

/// The interfaces of an algorithm could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeInterfacesError {
    /// There is no such algorithm.
    #[error("there is no algorithm `{0}`")]
    Gone(AlgorithmId),
    /// A socket that does not exist.
    #[error("there is no socket `{0}`")]
    NoSocket(Slug),
    /// It would break a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidAlgorithm),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Changes what is given. `false`: there is no such algorithm.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_algorithm(
        &self,
        id: AlgorithmId,
        wanted: &AlgorithmChange,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let template = wanted.result_template.clone();
        let changed = sqlx::query(
            "UPDATE algorithm SET title = COALESCE(?, title), description = COALESCE(?, description),
                 modality = COALESCE(?, modality), is_public = COALESCE(?, is_public),
                 access_requests = COALESCE(?, access_requests), geometry_rule = COALESCE(?, geometry_rule),
                 limits = COALESCE(?, limits), result_template = CASE WHEN ? THEN ? ELSE result_template END,
                 modified_at = ? WHERE id = ?",
        )
        .bind(&wanted.title)
        .bind(&wanted.description)
        .bind(&wanted.modality)
        .bind(wanted.is_public)
        .bind(wanted.access_requests.map(AccessRequests::word))
        .bind(wanted.geometry.map(geometry_word))
        .bind(wanted.limits.as_ref().map(to_json))
        .bind(template.is_some())
        .bind(template.flatten())
        .bind(to_text(now))
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Adds an interface of sockets that there are.
    ///
    /// # Errors
    /// When it breaks a rule, such as inputs that another interface of the algorithm has.
    pub async fn add_interface(
        &self,
        id: AlgorithmId,
        interface: &Interface,
    ) -> Result<InterfaceId, ChangeInterfacesError> {
        let found = self.algorithm(id).await?;
        let found = found.ok_or(ChangeInterfacesError::Gone(id))?;
        let mut declared = found.to_domain();
        let inputs = self.add_sockets(&mut declared, &interface.inputs).await?;
        let outputs = self.add_sockets(&mut declared, &interface.outputs).await?;
        declared.interfaces.push(interface.clone());
        declared.check()?;
        let mut change = self.write().await?;
        let made = ensure_interface(&mut change, &inputs, &outputs).await?;
        sqlx::query(
            "INSERT INTO algorithm_interface (algorithm_id, interface_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(id.to_string())
        .bind(made.to_string())
        .execute(&mut *change)
        .await
        .map_err(StoreError::from)?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(made)
    }

    /// The numbers of sockets, which are declared if they are not yet.
    async fn add_sockets(
        &self,
        declared: &mut domain::Algorithm,
        slugs: &BTreeSet<Slug>,
    ) -> Result<BTreeSet<SocketId>, ChangeInterfacesError> {
        let mut numbers = BTreeSet::new();
        for slug in slugs {
            let found = self.socket_by_slug(slug).await?;
            let found = found.ok_or_else(|| ChangeInterfacesError::NoSocket(slug.clone()))?;
            numbers.insert(found.id);
            if declared.socket(slug).is_none() {
                declared.sockets.push(found.socket);
            }
        }
        Ok(numbers)
    }

    /// Takes an interface from an algorithm; jobs that were submitted with it keep it. `false`: it has no such interface.
    ///
    /// # Errors
    /// When it is the last one.
    pub async fn remove_interface(
        &self,
        id: AlgorithmId,
        interface: InterfaceId,
    ) -> Result<bool, ChangeInterfacesError> {
        let mut change = self.write().await?;
        let removed = sqlx::query(
            "DELETE FROM algorithm_interface WHERE algorithm_id = ? AND interface_id = ?",
        )
        .bind(id.to_string())
        .bind(interface.to_string())
        .execute(&mut *change)
        .await
        .map_err(StoreError::from)?;
        let left: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM algorithm_interface WHERE algorithm_id = ?")
                .bind(id.to_string())
                .fetch_one(&mut *change)
                .await
                .map_err(StoreError::from)?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        if left == 0 {
            return Err(InvalidAlgorithm::NoInterface.into());
        }
        change.commit().await.map_err(StoreError::from)?;
        Ok(true)
    }
}
