//! People with browsers: a login, pages, and forms as browsers send them.

use jiff::{Timestamp, ToSpan as _};
use server::auth::digest;
use store::sessions::NewSession;

use crate::clinic::{Answer, Clinic};

/// Somebody with a browser; `nobody` is not logged in.
pub(crate) struct Visit<'a> {
    clinic: &'a Clinic,
    cookie: String,
    csrf: String,
}

const BOUNDARY: &str = "----a-boundary";

impl<'a> Visit<'a> {
    pub(crate) async fn of(clinic: &'a Clinic, who: &str) -> Visit<'a> {
        let mut visit = Visit {
            clinic,
            cookie: String::new(),
            csrf: String::new(),
        };
        if who == "nobody" {
            return visit;
        }
        let found = clinic.store.account_by_name(who).await.unwrap();
        let secret = uuid::Uuid::now_v7().to_string();
        let session = NewSession {
            digest: digest(&secret),
            account: found.unwrap().0.id,
            csrf: format!("csrf-of-{who}"),
            expires_at: Timestamp::now() + 1.hours(),
        };
        clinic
            .store
            .create_session(&session, Timestamp::now())
            .await
            .unwrap();
        visit.cookie = format!("Cookie: gantry_session={secret}\r\n");
        visit.csrf = session.csrf;
        visit
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let path = self.clinic.path(path);
        self.clinic.send("GET", &path, &self.cookie, "").await
    }

    /// A form without files; the CSRF secret goes with it.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend(fields);
        self.post_bare(path, &all).await
    }

    /// A form without files, as it is.
    pub(crate) async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let escaped =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let headers = format!(
            "{}Content-Type: application/x-www-form-urlencoded\r\n",
            self.cookie
        );
        let path = self.clinic.path(path);
        let body = pairs.join("&");
        self.clinic.send("POST", &path, &headers, &body).await
    }

    /// A form with files: name of the field, name of the file, content.
    pub(crate) async fn post_files(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &str)],
    ) -> Answer {
        let mut body = String::new();
        let all = [("csrf", self.csrf.as_str())];
        for (name, value) in all.iter().chain(fields) {
            body += &format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        for (name, filename, content) in files {
            body += &format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n{content}\r\n"
            );
        }
        body += &format!("--{BOUNDARY}--\r\n");
        let headers = format!(
            "{}Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n",
            self.cookie
        );
        let path = self.clinic.path(path);
        self.clinic.send("POST", &path, &headers, &body).await
    }
}

impl Answer {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        let mut lines = self.head.lines();
        lines
            .find_map(|line| line.strip_prefix("location: "))
            .unwrap_or_default()
    }

    /// The value of a header; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines();
        let found = lines.find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        });
        found.unwrap_or_default()
    }
}
