//! Interfaces: sets of input and output sockets, each set once for the whole installation.

use std::collections::BTreeSet;

use sqlx::{FromRow, Sqlite, Transaction};

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AlgorithmId, InterfaceId, SocketId};
use crate::sockets::{SocketRow, StoredSocket};

/// A set of input sockets and the set of output sockets they give.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredInterface {
    /// Its id.
    pub id: InterfaceId,
    /// What it takes, by name.
    pub inputs: Vec<StoredSocket>,
    /// What it gives, by name.
    pub outputs: Vec<StoredSocket>,
}

#[derive(FromRow)]
struct InterfaceRow {
    interface_id: String,
    direction: String,
    #[sqlx(flatten)]
    socket: SocketRow,
}

impl Store {
    /// The interface with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn interface(
        &self,
        interface: InterfaceId,
    ) -> Result<Option<StoredInterface>, StoreError> {
        let rows: Vec<InterfaceRow> = sqlx::query_as(
            "SELECT interface_id, direction, socket.* FROM interface_socket
                 JOIN socket ON socket.id = socket_id WHERE interface_id = ? ORDER BY slug",
        )
        .bind(interface.to_string())
        .fetch_all(self.read())
        .await?;
        Ok(gather(rows)?.pop())
    }

    /// Those of an algorithm, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn interfaces_of(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<Vec<StoredInterface>, StoreError> {
        let rows: Vec<InterfaceRow> = sqlx::query_as(
            "SELECT interface_socket.interface_id, direction, socket.* FROM algorithm_interface
                 JOIN interface_socket ON interface_socket.interface_id = algorithm_interface.interface_id
                 JOIN socket ON socket.id = socket_id
             WHERE algorithm_id = ? ORDER BY interface_socket.interface_id, slug",
        )
        .bind(algorithm.to_string())
        .fetch_all(self.read())
        .await?;
        gather(rows)
    }
}

/// Interfaces from rows that are sorted by interface.
fn gather(rows: Vec<InterfaceRow>) -> Result<Vec<StoredInterface>, StoreError> {
    let mut found: Vec<StoredInterface> = Vec::new();
    for row in rows {
        let id = InterfaceId::read(&row.interface_id)?;
        if found.last().is_none_or(|last| last.id != id) {
            found.push(StoredInterface {
                id,
                inputs: Vec::new(),
                outputs: Vec::new(),
            });
        }
        if let Some(last) = found.last_mut() {
            let side = if row.direction == "input" {
                &mut last.inputs
            } else {
                &mut last.outputs
            };
            side.push(StoredSocket::try_from(row.socket)?);
        }
    }
    Ok(found)
}

/// The interface with these sockets; makes it where there is none.
pub(crate) async fn ensure_interface(
    change: &mut Transaction<'static, Sqlite>,
    inputs: &BTreeSet<SocketId>,
    outputs: &BTreeSet<SocketId>,
) -> Result<InterfaceId, StoreError> {
    let list = |ids: &BTreeSet<SocketId>| {
        let numbers: Vec<String> = ids.iter().map(|id| id.0.to_string()).collect();
        numbers.join(",")
    };
    let fingerprint = format!("{}>{}", list(inputs), list(outputs));
    let found: Option<String> =
        sqlx::query_scalar("SELECT id FROM interface WHERE fingerprint = ?")
            .bind(&fingerprint)
            .fetch_optional(&mut **change)
            .await?;
    if let Some(found) = found {
        return InterfaceId::read(&found);
    }
    let id = InterfaceId::new();
    sqlx::query("INSERT INTO interface (id, fingerprint) VALUES (?, ?)")
        .bind(id.to_string())
        .bind(&fingerprint)
        .execute(&mut **change)
        .await?;
    for (direction, sockets) in [("input", inputs), ("output", outputs)] {
        for socket in sockets {
            sqlx::query(
                "INSERT INTO interface_socket (interface_id, direction, socket_id) VALUES (?, ?, ?)",
            )
            .bind(id.to_string())
            .bind(direction)
            .bind(socket.0)
            .execute(&mut **change)
            .await?;
        }
    }
    Ok(id)
}
