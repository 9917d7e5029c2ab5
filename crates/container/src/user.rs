//! Who a container runs as: the image's `USER`, looked up in the image's own user database.
//!
//! The rules are Docker's (moby `pkg/user`): a part is looked up as a name first and taken as a number when no name
//! matches; numbers need not be in the database; groups beside the primary one come from the group file, and only when
//! `USER` names no group.
//!
//! The two files come from a stranger's image: lines that make no sense are passed over, and nothing here reads a disk.

use std::str;

/// Longest line of a user database that is looked at. Longer ones are passed over.
const LINE_BYTES: usize = 64 * 1024;
/// Most supplementary groups that Linux takes (`NGROUPS_MAX`).
const GROUPS: usize = 65_536;
/// Where a user without a home in the database is at home.
const NO_HOME: &str = "/";

/// A user of a container image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedUser {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Supplementary groups, without the primary one, each once, in the order of the group file.
    pub groups: Vec<u32>,
    /// Home folder.
    pub home: String,
    /// Login name, if the database has one.
    pub name: Option<String>,
}

/// `USER` cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveUserError {
    /// No such name, and it is not a number.
    #[error("the image has no user `{0}`")]
    UnknownUser(String),
    /// No such name, and it is not a number.
    #[error("the image has no group `{0}`")]
    UnknownGroup(String),
    /// Linux ids end at 2³¹ - 1 here, as in Docker.
    #[error("the id `{0}` is out of range, expected 0 to 2147483647")]
    IdOutOfRange(String),
}

/// Resolves `USER` (`""`, `name`, `uid`, `name:group`, `uid:gid`) against the text of the image's `/etc/passwd` and
/// `/etc/group`; pass nothing for a file that the image lacks.
pub fn resolve(spec: &str, passwd: &[u8], group: &[u8]) -> Result<ResolvedUser, ResolveUserError> {
    let (user_part, group_part) = match spec.split_once(':') {
        Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
        None => (spec, None),
    };
    let user_part = if user_part.is_empty() { "0" } else { user_part };
    let account = find_account(user_part, passwd)?;
    let gid = match group_part {
        Some(part) => find_group(part, group)?,
        None => account.gid,
    };
    let groups = match (&account.name, group_part) {
        (Some(name), None) => supplementary(name, gid, group),
        (None, _) | (_, Some(_)) => Vec::new(),
    };
    Ok(ResolvedUser {
        uid: account.uid,
        gid,
        groups,
        home: account.home,
        name: account.name,
    })
}

struct Account {
    uid: u32,
    gid: u32,
    home: String,
    name: Option<String>,
}

fn find_account(part: &str, passwd: &[u8]) -> Result<Account, ResolveUserError> {
    let number = id(part);
    let mut by_number = None;
    for fields in records(passwd) {
        let Some(account) = account(&fields) else {
            continue;
        };
        if account.name.as_deref() == Some(part) {
            return Ok(account);
        }
        if by_number.is_none() && number == Some(Ok(account.uid)) {
            by_number = Some(account);
        }
    }
    if let Some(account) = by_number {
        return Ok(account);
    }
    let uid = number
        .ok_or_else(|| ResolveUserError::UnknownUser(part.to_owned()))?
        .map_err(|OutOfRange| ResolveUserError::IdOutOfRange(part.to_owned()))?;
    Ok(Account {
        uid,
        gid: 0,
        home: NO_HOME.to_owned(),
        name: None,
    })
}

/// `name:password:uid:gid:comment:home:shell`; what comes after the group may be missing.
fn account(fields: &[&str]) -> Option<Account> {
    let [name, _, uid, gid, rest @ ..] = fields else {
        return None;
    };
    let home = rest.get(1).filter(|home| home.starts_with('/'));
    Some(Account {
        uid: id(uid)?.ok()?,
        gid: id(gid)?.ok()?,
        home: home.map_or(NO_HOME, |home| home).to_owned(),
        name: Some((*name).to_owned()),
    })
}

fn find_group(part: &str, group: &[u8]) -> Result<u32, ResolveUserError> {
    let named = records(group).find_map(|fields| match fields[..] {
        [name, _, gid, ..] if name == part => id(gid)?.ok(),
        [..] => None,
    });
    if let Some(gid) = named {
        return Ok(gid);
    }
    id(part)
        .ok_or_else(|| ResolveUserError::UnknownGroup(part.to_owned()))?
        .map_err(|OutOfRange| ResolveUserError::IdOutOfRange(part.to_owned()))
}

/// The groups that list this user as a member.
fn supplementary(name: &str, primary: u32, group: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    for fields in records(group) {
        let [_, _, gid, members, ..] = fields[..] else {
            continue;
        };
        if !members.split(',').any(|member| member.trim() == name) {
            continue;
        }
        let Some(Ok(gid)) = id(gid) else { continue };
        if gid != primary && !found.contains(&gid) && found.len() < GROUPS {
            found.push(gid);
        }
    }
    found
}

/// The lines that can be records: text of bounded length, no NUL, no comment, a name in front.
fn records(database: &[u8]) -> impl Iterator<Item = Vec<&str>> {
    database
        .split(|byte| *byte == b'\n')
        .filter(|line| line.len() <= LINE_BYTES && !line.contains(&0))
        .filter_map(|line| str::from_utf8(line).ok())
        .map(str::trim)
        .filter(|line| !line.starts_with([':', '#', '+', '-']))
        .map(|line| line.split(':').collect::<Vec<_>>())
        .filter(|fields| fields.len() >= 3)
}

#[derive(Debug, PartialEq, Eq)]
struct OutOfRange;

/// A decimal number as Docker reads it (a sign and leading zeros are taken); nothing where it is not a number.
fn id(text: &str) -> Option<Result<u32, OutOfRange>> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let in_range = text
        .parse::<i32>()
        .ok()
        .and_then(|id| u32::try_from(id).ok());
    Some(in_range.ok_or(OutOfRange))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\n\
        user:x:1000:1001:A user:/home/user:/bin/bash\n\
        toor:x:0:0::/root:/bin/sh\n\
        123:x:4000:4001::/home/number:/bin/sh\n\
        bare:x:7:8\n";
    const GROUP: &[u8] = b"root:x:0:\n\
        user:x:1001:\n\
        video:x:44:other,user\n\
        audio:x:29:user\n\
        again:x:44:user\n\
        self:x:1001:user\n\
        456:x:77:\n";

    #[track_caller]
    fn check(spec: &str, (uid, gid): (u32, u32), groups: &[u32], home: &str, name: Option<&str>) {
        let expected = ResolvedUser {
            uid,
            gid,
            groups: groups.to_vec(),
            home: home.to_owned(),
            name: name.map(str::to_owned),
        };
        assert_eq!(resolve(spec, PASSWD, GROUP), Ok(expected), "`{spec}`");
    }

    #[test]
    fn users_are_found_as_docker_finds_them() {
        check("", (0, 0), &[], "/root", Some("root"));
        check("0", (0, 0), &[], "/root", Some("root"));
        check("user", (1000, 1001), &[44, 29], "/home/user", Some("user"));
        check("1000", (1000, 1001), &[44, 29], "/home/user", Some("user"));
        check("user:video", (1000, 44), &[], "/home/user", Some("user"));
        check("user:9", (1000, 9), &[], "/home/user", Some("user"));
        check("user:", (1000, 1001), &[44, 29], "/home/user", Some("user"));
        check(":video", (0, 44), &[], "/root", Some("root"));
        check("bare", (7, 8), &[], "/", Some("bare"));
    }

    #[test]
    fn numbers_need_not_be_in_the_database() {
        check("4242", (4242, 0), &[], "/", None);
        check("4242:17", (4242, 17), &[], "/", None);
        check("0042", (42, 0), &[], "/", None);
    }

    #[test]
    fn names_go_before_numbers() {
        check("123", (4000, 4001), &[], "/home/number", Some("123"));
        check("5:456", (5, 77), &[], "/", None);
    }

    #[test]
    fn unknown_names_and_impossible_ids_are_errors() {
        use ResolveUserError::{IdOutOfRange, UnknownGroup, UnknownUser};
        let error = |spec: &str| resolve(spec, PASSWD, GROUP).unwrap_err();
        assert_eq!(error("nobody"), UnknownUser("nobody".into()));
        assert_eq!(error("user:staff"), UnknownGroup("staff".into()));
        assert_eq!(error("-1"), IdOutOfRange("-1".into()));
        assert_eq!(error("4294967296"), IdOutOfRange("4294967296".into()));
        assert_eq!(
            error("1:99999999999999999999"),
            IdOutOfRange("99999999999999999999".into())
        );
        assert_eq!(error("1:2:3"), UnknownGroup("2:3".into()));
    }

    #[test]
    fn an_image_without_a_database_has_numbers_only() {
        let user = resolve("12:34", b"", b"").unwrap();
        assert_eq!((user.uid, user.gid, user.home.as_str()), (12, 34, "/"));
        assert!(resolve("root", b"", b"").is_err());
        assert_eq!(resolve("", b"", b"").unwrap().uid, 0);
    }

    #[test]
    fn lines_without_sense_are_passed_over() {
        let mut passwd = b"\xff\xfe:x:1:1::/a:\nuser\0:x:2:2::/b:\n#user:x:3:3::/c:\nuser:x:many:4::/d:\n::::\nuser\n".to_vec();
        passwd.extend(b"user:x:5:5:");
        passwd.extend(vec![b'a'; LINE_BYTES]);
        passwd.extend(b":/e:\nuser:x:6:6::relative:\r\n");
        let user = resolve("user", &passwd, b":::user\nx:y:z:user\n").unwrap();
        assert_eq!((user.uid, user.gid, user.home.as_str()), (6, 6, "/"));
        assert!(user.groups.is_empty());
    }
}
