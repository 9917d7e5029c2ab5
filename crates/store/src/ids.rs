//! Ids, one type for each table.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{StoreError, corrupt};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident in $place:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new one; they sort by the time at which they were made.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "every call gives another one")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The UUID itself.
            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }

            /// From a column.
            pub(crate) fn read(text: &str) -> Result<Self, StoreError> {
                text.parse().map_err(|error| corrupt($place, text, &error))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// Of a person.
    AccountId in "account.id";
    /// Of an API token.
    TokenId in "token.id";
    /// Of an algorithm.
    AlgorithmId in "algorithm.id";
    /// Of a set of input and output sockets.
    InterfaceId in "interface.id";
    /// Of a version of an algorithm's container image.
    AlgorithmImageId in "algorithm_image.id";
    /// Of a version of an algorithm's weights.
    AlgorithmModelId in "algorithm_model.id";
    /// Of a request to use an algorithm.
    AccessRequestId in "access_request.id";
    /// Of a file on its way in.
    UploadId in "upload.id";
    /// Of uploaded files that become images together.
    ImageImportId in "image_import.id";
    /// Of a medical image.
    ImageId in "image.id";
    /// Of an execution.
    JobId in "job.id";
    /// Of a data set.
    ArchiveId in "archive.id";
    /// Of a case in a data set.
    ArchiveItemId in "archive_item.id";
    /// Of a run over a data set.
    ArchiveRunId in "archive_run.id";
    /// Of a line of the audit log.
    AuditId in "audit.id";
}

/// Number of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SocketId(pub i64);

/// Number of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValueId(pub i64);
