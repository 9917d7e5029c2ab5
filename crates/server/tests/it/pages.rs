//! Pages as browsers meet them: who sees which, forms that are refused beside the field, and the house rules of HTML.

use crate::clinic::{Answer, Clinic, PEOPLE, browser_of};

mod account;
mod algorithms;
mod html;
mod sockets;

/// Somebody with a browser.
struct Visitor<'a> {
    clinic: &'a Clinic,
    /// The line with the cookie; empty for nobody.
    headers: String,
    csrf: String,
}

impl<'a> Visitor<'a> {
    async fn of(clinic: &'a Clinic, name: &str) -> Visitor<'a> {
        let (headers, csrf) = match name {
            "nobody" => (String::new(), String::new()),
            name => {
                let (cookie, csrf) = browser_of(clinic, name).await;
                (format!("Cookie: gantry_session={cookie}\r\n"), csrf)
            }
        };
        Visitor {
            clinic,
            headers,
            csrf,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let path = self.clinic.path(path);
        self.clinic.send("GET", &path, &self.headers, "").await
    }

    /// Sends a form; `fields` are escaped already.
    async fn post(&self, path: &str, fields: &str) -> Answer {
        let path = self.clinic.path(path);
        let body = format!("csrf={}&{fields}", self.csrf);
        let kind = "application/x-www-form-urlencoded";
        let headers = (self.headers.as_str(), kind);
        self.clinic.send_of("POST", &path, headers, &body).await
    }

    /// Sends a form with files: a field whose name is `NAME@FILE` is a file.
    async fn post_files(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = String::new();
        let csrf = ("csrf", self.csrf.as_str());
        for (name, value) in std::iter::once(&csrf).chain(fields) {
            let named = match name.split_once('@') {
                Some((name, file)) => format!("name=\"{name}\"; filename=\"{file}\""),
                None => format!("name=\"{name}\""),
            };
            body +=
                &format!("--edge\r\nContent-Disposition: form-data; {named}\r\n\r\n{value}\r\n");
        }
        body += "--edge--\r\n";
        let path = self.clinic.path(path);
        let kind = "multipart/form-data; boundary=edge";
        let headers = (self.headers.as_str(), kind);
        self.clinic.send_of("POST", &path, headers, &body).await
    }
}

/// A page, and what each of [`PEOPLE`] is answered.
type Row = (&'static str, [u16; 5]);

/// Nobody is sent to the login (303); what one may not see is 404; what one may see but not do is 403.
const PAGES: &[Row] = &[
    ("/", [200; 5]),
    ("/login/", [200, 303, 303, 303, 303]),
    ("/account/", [303, 200, 200, 200, 200]),
    ("/algorithms/create/", [303, 403, 403, 200, 200]),
    ("/algorithms/create/manifest/", [303, 403, 403, 200, 200]),
    ("/algorithms/{slug}/", [404, 404, 200, 200, 200]),
    ("/algorithms/{slug}/edit/", [303, 404, 403, 200, 200]),
    (
        "/algorithms/{slug}/edit/manifest/",
        [303, 404, 403, 200, 200],
    ),
    ("/algorithms/{slug}/versions/", [303, 404, 403, 200, 200]),
    ("/algorithms/{slug}/models/", [303, 404, 403, 200, 200]),
    (
        "/algorithms/{slug}/models/{none}/model.tar.gz",
        [303, 404, 403, 404, 404],
    ),
    ("/algorithms/{slug}/limits/", [303, 404, 403, 200, 200]),
    ("/algorithms/{slug}/template/", [303, 404, 403, 200, 200]),
    ("/algorithms/{slug}/people/", [303, 404, 403, 200, 200]),
    ("/algorithms/{slug}/requests/", [303, 404, 403, 200, 200]),
    ("/algorithms/{slug}/statistics/", [303, 404, 403, 200, 200]),
    ("/algorithms/nothing-here/", [404; 5]),
    ("/sockets/", [303, 200, 200, 200, 200]),
    (
        "/sockets/?search=number&kind=Integer",
        [303, 200, 200, 200, 200],
    ),
    ("/sockets/{socket}/", [303, 200, 200, 200, 200]),
    ("/sockets/nothing-here/", [303, 404, 404, 404, 404]),
    ("/sockets/create/", [303, 403, 403, 200, 200]),
    ("/ca.pem", [404; 5]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_drawn_for_who_may_see_it() {
    let clinic = Clinic::new().await;
    for (who, name) in PEOPLE.iter().enumerate() {
        let visitor = Visitor::of(&clinic, name).await;
        for (path, expected) in PAGES {
            let answer = visitor.get(path).await;
            assert_eq!(
                answer.status, expected[who],
                "{name} {path}: {}",
                answer.body
            );
            if answer.status == 200 {
                html::check(&answer.body, &format!("{name} {path}"));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_not_there_has_the_policy_of_pages() {
    let clinic = Clinic::new().await;
    let headers = "Accept: text/html\r\n";
    for path in ["/no-such-page/", "/algorithms/nothing-here/"] {
        let answer = clinic.send("GET", path, headers, "").await;
        assert_eq!(answer.status, 404);
        for header in ["content-security-policy", "x-content-type-options"] {
            assert!(!answer.header(header).is_empty(), "{path}: {}", answer.head);
        }
    }
}

/// Forms, and what each of [`PEOPLE`] is answered to an empty one.
const FORMS: &[Row] = &[
    ("/account/password/", [303, 422, 422, 422, 422]),
    ("/account/sessions/end/", [303; 5]),
    ("/account/tokens/", [303, 422, 422, 422, 422]),
    ("/account/tokens/{none}/end/", [303, 404, 404, 404, 404]),
    (
        "/algorithms/{slug}/versions/{none}/activate/",
        [303, 404, 403, 404, 404],
    ),
    (
        "/algorithms/{slug}/versions/{none}/comment/",
        [303, 404, 403, 404, 404],
    ),
    (
        "/algorithms/{slug}/versions/{none}/remove/",
        [303, 404, 403, 404, 404],
    ),
    (
        "/algorithms/{slug}/models/deactivate/",
        [303, 404, 403, 303, 303],
    ),
    (
        "/algorithms/{slug}/models/{none}/activate/",
        [303, 404, 403, 404, 404],
    ),
    (
        "/algorithms/{slug}/models/{none}/comment/",
        [303, 404, 403, 404, 404],
    ),
    (
        "/algorithms/{slug}/models/{none}/remove/",
        [303, 404, 403, 404, 404],
    ),
    ("/algorithms/{slug}/limits/", [303, 404, 403, 422, 422]),
    ("/algorithms/{slug}/template/", [303, 404, 403, 422, 422]),
    ("/algorithms/{slug}/people/add/", [303, 404, 403, 422, 422]),
    (
        "/algorithms/{slug}/people/remove/",
        [303, 404, 403, 303, 303],
    ),
    (
        "/algorithms/{slug}/people/visibility/",
        [303, 404, 403, 303, 303],
    ),
    (
        "/algorithms/{slug}/requests/{none}/accept/",
        [303, 404, 403, 404, 404],
    ),
    (
        "/algorithms/{slug}/requests/{none}/reject/",
        [303, 404, 403, 404, 404],
    ),
    ("/sockets/create/", [303, 403, 403, 422, 422]),
    ("/sockets/check/", [303, 403, 403, 200, 200]),
];

/// Forms with files.
const FILES: &[Row] = &[
    ("/algorithms/create/", [303, 403, 403, 422, 422]),
    ("/algorithms/create/manifest/", [303, 403, 403, 422, 422]),
    ("/algorithms/{slug}/edit/", [303, 404, 403, 422, 422]),
    (
        "/algorithms/{slug}/edit/manifest/",
        [303, 404, 403, 422, 422],
    ),
    ("/algorithms/{slug}/versions/", [303, 404, 403, 422, 422]),
    ("/algorithms/{slug}/models/", [303, 404, 403, 422, 422]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_form_is_refused_and_shown_again() {
    let clinic = Clinic::new().await;
    for (who, name) in PEOPLE.iter().enumerate() {
        let visitor = Visitor::of(&clinic, name).await;
        let mut answers = Vec::new();
        for (path, expected) in FORMS {
            answers.push((path, expected[who], visitor.post(path, "").await));
        }
        for (path, expected) in FILES {
            answers.push((path, expected[who], visitor.post_files(path, &[]).await));
        }
        for (path, expected, answer) in answers {
            assert_eq!(answer.status, expected, "{name} {path}: {}", answer.body);
            if expected == 422 {
                assert!(
                    answer.body.contains("class=\"problem\"")
                        || answer.body.contains("role=\"alert\""),
                    "{path}"
                );
                html::check(&answer.body, &format!("{name} {path}"));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_login_is_refused() {
    let clinic = Clinic::new().await;
    let mut visitor = Visitor::of(&clinic, "admin").await;
    visitor.csrf = "another".to_owned();
    for (path, _) in FORMS {
        let answer = visitor.post(path, "").await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.body);
        assert!(
            answer.body.contains("not of this login"),
            "{path}: {}",
            answer.body
        );
    }
    for (path, _) in FILES {
        let answer = visitor.post_files(path, &[]).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.body);
    }
    let foreign = format!("{}Sec-Fetch-Site: cross-site\r\n", visitor.headers);
    visitor.headers = foreign;
    visitor.csrf = "csrf-of-admin".to_owned();
    let answer = visitor.post("/sockets/check/", "").await;
    assert_eq!(answer.status, 403, "a page of another site has sent it");
}
