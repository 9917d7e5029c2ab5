//! Who a container runs as.

/// A user of a container image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedUser {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Home folder.
    pub home: String,
    /// Login name, if any.
    pub name: Option<String>,
}

/// The user cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ResolveUserError {
    /// Unknown.
    #[error("user `{0}` is unknown")]
    Unknown(String),
}

/// Resolve.
pub fn resolve(
    spec: &str,
    _passwd: &[u8],
    _group: &[u8],
) -> Result<ResolvedUser, ResolveUserError> {
    let uid = spec
        .parse()
        .map_err(|_| ResolveUserError::Unknown(spec.into()))?;
    Ok(ResolvedUser {
        uid,
        gid: uid,
        groups: vec![],
        home: "/".into(),
        name: None,
    })
}
