//! Sockets: the typed slots that all algorithms of an installation share.

use std::collections::{BTreeMap, BTreeSet};

use domain::schema::SchemaViolation;
use domain::socket::InvalidSocket;
use domain::{RelativePath, Slug, Socket, SocketKind};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::database::{Store, next_number};
use crate::error::{StoreError, corrupt, from_json, to_json};
use crate::ids::{AccountId, SocketId};
use crate::page::{Listed, Page, pattern};
use crate::time::{from_text, to_text};

/// A socket of this installation.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSocket {
    /// Its number.
    pub id: SocketId,
    /// What it is.
    pub socket: Socket,
    /// What may fill it, to show people.
    pub example: Option<Value>,
    /// Who made it; `None` for one that came with Gantry.
    pub creator: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A socket could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateSocketError {
    /// Its name is another one's.
    #[error("there is a socket `{0}` already")]
    SlugTaken(Slug),
    /// Its place is another one's.
    #[error("the path `{path}` belongs to the socket `{owner}`")]
    PathTaken {
        /// Which path.
        path: RelativePath,
        /// Whose it is.
        owner: String,
    },
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidSocket),
    /// Its own schema refuses the example.
    #[error("the example is refused by the socket itself: {0}")]
    Example(SchemaViolation),
    /// An example of what is not JSON.
    #[error("kind `{0}` takes no example, expected one for JSON kinds only")]
    ExampleOnFile(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(FromRow)]
pub(crate) struct SocketRow {
    id: i64,
    slug: String,
    title: String,
    description: String,
    kind: String,
    relative_path: String,
    store_in_database: bool,
    json_schema: Option<String>,
    default_value: Option<String>,
    overlay_segments: String,
    example_value: Option<String>,
    creator_id: Option<String>,
    created_at: String,
}

impl TryFrom<SocketRow> for StoredSocket {
    type Error = StoreError;

    fn try_from(row: SocketRow) -> Result<StoredSocket, StoreError> {
        let json = |place, text: Option<&str>| text.map(|text| from_json(place, text)).transpose();
        let socket = Socket {
            slug: read_slug("socket.slug", &row.slug)?,
            title: row.title,
            description: row.description,
            kind: SocketKind::parse(&row.kind)
                .map_err(|error| corrupt("socket.kind", &row.kind, &error))?,
            relative_path: RelativePath::new(row.relative_path.as_str())
                .map_err(|error| corrupt("socket.relative_path", &row.relative_path, &error))?,
            schema: json("socket.json_schema", row.json_schema.as_deref())?,
            default: json("socket.default_value", row.default_value.as_deref())?,
            overlay_segments: from_json("socket.overlay_segments", &row.overlay_segments)?,
            store_in_database: row.store_in_database,
        };
        Ok(StoredSocket {
            id: SocketId(row.id),
            socket,
            example: json("socket.example_value", row.example_value.as_deref())?,
            creator: row.creator_id.as_deref().map(AccountId::read).transpose()?,
            created_at: from_text("socket.created_at", &row.created_at)?,
        })
    }
}

macro_rules! found_sockets {
    ($start:literal, $end:literal) => {
        concat!(
            $start,
            " FROM socket WHERE (slug LIKE ? ESCAPE '!' OR LOWER(title) LIKE ? ESCAPE '!'
                 OR LOWER(description) LIKE ? ESCAPE '!') AND (? IS NULL OR kind = ?)",
            $end
        )
    };
}

/// A slug column.
pub(crate) fn read_slug(place: &'static str, text: &str) -> Result<Slug, StoreError> {
    Slug::new(text).map_err(|error| corrupt(place, text, &error))
}

impl Store {
    /// Makes a socket.
    ///
    /// # Errors
    /// When it breaks a rule, or its name or path is taken.
    pub async fn create_socket(
        &self,
        socket: &Socket,
        example: Option<&Value>,
        creator: Option<AccountId>,
        now: Timestamp,
    ) -> Result<StoredSocket, CreateSocketError> {
        let mut change = self.write().await?;
        if socket_in(&mut change, &socket.slug).await?.is_some() {
            return Err(CreateSocketError::SlugTaken(socket.slug.clone()));
        }
        let made = insert_socket(&mut change, (socket, example), creator, now).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(made)
    }

    /// The socket with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn socket(&self, socket: SocketId) -> Result<Option<StoredSocket>, StoreError> {
        let row: Option<SocketRow> = sqlx::query_as("SELECT * FROM socket WHERE id = ?")
            .bind(socket.0)
            .fetch_optional(self.read())
            .await?;
        row.map(StoredSocket::try_from).transpose()
    }

    /// The socket with this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn socket_by_slug(&self, slug: &Slug) -> Result<Option<StoredSocket>, StoreError> {
        let row: Option<SocketRow> = sqlx::query_as("SELECT * FROM socket WHERE slug = ?")
            .bind(slug.as_str())
            .fetch_optional(self.read())
            .await?;
        row.map(StoredSocket::try_from).transpose()
    }

    /// The socket at this place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn socket_by_path(
        &self,
        path: &RelativePath,
    ) -> Result<Option<StoredSocket>, StoreError> {
        let row: Option<SocketRow> = sqlx::query_as("SELECT * FROM socket WHERE relative_path = ?")
            .bind(path.as_str())
            .fetch_optional(self.read())
            .await?;
        row.map(StoredSocket::try_from).transpose()
    }

    /// All sockets in the order in which they were made, or the one of this name; any text may be asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sockets(
        &self,
        page: Page,
        slug: Option<&str>,
    ) -> Result<Listed<StoredSocket>, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM socket WHERE (? IS NULL OR slug = ?)")
                .bind(slug)
                .bind(slug)
                .fetch_one(self.read())
                .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<SocketRow> = sqlx::query_as(
            "SELECT * FROM socket WHERE (? IS NULL OR slug = ?) ORDER BY id LIMIT ? OFFSET ?",
        )
        .bind(slug)
        .bind(slug)
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        let items: Result<Vec<StoredSocket>, StoreError> =
            rows.into_iter().map(StoredSocket::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }

    /// Sockets with a text in name or description, and of a kind, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_sockets(
        &self,
        search: &str,
        kind: Option<&str>,
        page: Page,
    ) -> Result<Listed<StoredSocket>, StoreError> {
        const COUNT: &str = found_sockets!("SELECT COUNT(*)", "");
        const LIST: &str = found_sockets!("SELECT *", " ORDER BY slug LIMIT ? OFFSET ?");
        let like = pattern(search);
        let count: i64 = sqlx::query_scalar(COUNT)
            .bind(&like)
            .bind(&like)
            .bind(&like)
            .bind(kind)
            .bind(kind)
            .fetch_one(self.read())
            .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<SocketRow> = sqlx::query_as(LIST)
            .bind(&like)
            .bind(&like)
            .bind(&like)
            .bind(kind)
            .bind(kind)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.read())
            .await?;
        let items: Result<Vec<StoredSocket>, StoreError> =
            rows.into_iter().map(StoredSocket::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }

    /// Those of these numbers that there are.
    pub(crate) async fn sockets_of(
        &self,
        ids: &BTreeSet<SocketId>,
    ) -> Result<BTreeMap<SocketId, StoredSocket>, StoreError> {
        let ids: Vec<SocketId> = ids.iter().copied().collect();
        let mut found = BTreeMap::new();
        for chunk in ids.chunks(8) {
            let id = |place: usize| chunk.get(place).map(|id| id.0);
            let rows: Vec<SocketRow> =
                sqlx::query_as("SELECT * FROM socket WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?)")
                    .bind(id(0))
                    .bind(id(1))
                    .bind(id(2))
                    .bind(id(3))
                    .bind(id(4))
                    .bind(id(5))
                    .bind(id(6))
                    .bind(id(7))
                    .fetch_all(self.read())
                    .await?;
            for row in rows {
                let socket = StoredSocket::try_from(row)?;
                found.insert(socket.id, socket);
            }
        }
        Ok(found)
    }
}

/// The socket with this name, as the transaction sees it.
pub(crate) async fn socket_in(
    change: &mut Transaction<'static, Sqlite>,
    slug: &Slug,
) -> Result<Option<StoredSocket>, StoreError> {
    let row: Option<SocketRow> = sqlx::query_as("SELECT * FROM socket WHERE slug = ?")
        .bind(slug.as_str())
        .fetch_optional(&mut **change)
        .await?;
    row.map(StoredSocket::try_from).transpose()
}

/// Writes a socket whose name is free.
pub(crate) async fn insert_socket(
    change: &mut Transaction<'static, Sqlite>,
    (socket, example): (&Socket, Option<&Value>),
    creator: Option<AccountId>,
    now: Timestamp,
) -> Result<StoredSocket, CreateSocketError> {
    socket.check()?;
    if let Some(example) = example {
        if !socket.kind.is_json() {
            return Err(CreateSocketError::ExampleOnFile(socket.kind.label()));
        }
        let judged = socket.check_json(example);
        judged.map_err(CreateSocketError::Example)?;
    }
    let owner: Option<String> =
        sqlx::query_scalar("SELECT slug FROM socket WHERE relative_path = ?")
            .bind(socket.relative_path.as_str())
            .fetch_optional(&mut **change)
            .await
            .map_err(StoreError::from)?;
    if let Some(owner) = owner {
        return Err(CreateSocketError::PathTaken {
            path: socket.relative_path.clone(),
            owner,
        });
    }
    let id = next_number(change, "socket").await?;
    sqlx::query(
        "INSERT INTO socket (id, slug, title, description, kind, relative_path, store_in_database, json_schema,
             default_value, overlay_segments, example_value, creator_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(socket.slug.as_str())
    .bind(&socket.title)
    .bind(&socket.description)
    .bind(socket.kind.label())
    .bind(socket.relative_path.as_str())
    .bind(socket.store_in_database)
    .bind(socket.schema.as_ref().map(to_json))
    .bind(socket.default.as_ref().map(to_json))
    .bind(to_json(&socket.overlay_segments))
    .bind(example.map(to_json))
    .bind(creator.map(|id| id.to_string()))
    .bind(to_text(now))
    .execute(&mut **change)
    .await
    .map_err(StoreError::from)?;
    Ok(StoredSocket {
        id: SocketId(id),
        socket: socket.clone(),
        example: example.cloned(),
        creator,
        created_at: now,
    })
}
