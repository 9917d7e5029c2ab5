//! Forms that a page of another site sends with the cookie of somebody who is logged in.

use super::{Case, case};

/// Every form. Those with files are sent as such.
const FORMS: &[&str] = &[
    "/logout/",
    "/account/password/",
    "/account/sessions/end/",
    "/account/tokens/",
    "/account/tokens/{none}/end/",
    "/administration/people/",
    "/administration/people/{account}/role/",
    "/administration/people/{account}/quota/",
    "/administration/people/{account}/active/",
    "/administration/people/{account}/password/",
    "/administration/jobs/{job}/cancel/",
    "/algorithms/{slug}/access/",
    "/algorithms/{slug}/limits/",
    "/algorithms/{slug}/template/",
    "/algorithms/{slug}/template/preview/",
    "/algorithms/{slug}/people/add/",
    "/algorithms/{slug}/people/remove/",
    "/algorithms/{slug}/people/visibility/",
    "/algorithms/{slug}/requests/{none}/accept/",
    "/algorithms/{slug}/requests/{none}/reject/",
    "/algorithms/{slug}/cases/require/",
    "/algorithms/{slug}/cases/remove/",
    "/algorithms/{slug}/versions/{none}/cases/",
    "/algorithms/{slug}/versions/{none}/activate/",
    "/algorithms/{slug}/versions/{none}/comment/",
    "/algorithms/{slug}/versions/{none}/remove/",
    "/algorithms/{slug}/models/deactivate/",
    "/algorithms/{slug}/models/{none}/activate/",
    "/algorithms/{slug}/models/{none}/comment/",
    "/algorithms/{slug}/models/{none}/remove/",
    "/archives/",
    "/archives/{archive}/delete-items/",
    "/archives/{archive}/settings/",
    "/archives/{archive}/members/",
    "/archives/{archive}/members/remove/",
    "/archives/{archive}/runs/",
    "/archives/{archive}/runs/{none}/cancel/",
    "/images/{image}/delete/",
    "/jobs/{job}/cancel/",
    "/jobs/{job}/retry/",
    "/jobs/{job}/edit/",
    "/jobs/{job}/share/",
    "/jobs/{job}/delete/",
    "/sockets/create/",
    "/sockets/check/",
    "*/algorithms/create/",
    "*/algorithms/create/manifest/",
    "*/algorithms/{slug}/edit/",
    "*/algorithms/{slug}/edit/manifest/",
    "*/algorithms/{slug}/versions/",
    "*/algorithms/{slug}/models/",
    "*/algorithms/{slug}/cases/",
    "*/algorithms/{slug}/try/",
    "*/archives/{archive}/add/",
    "*/archives/{archive}/items/",
    "*/images/",
];

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut all: Vec<Case> = FORMS.iter().map(|form| of(form)).collect();
    all.push(case(
        "forms.POST /login/",
        "sent by a page of another site, to log somebody in as somebody else",
        "403",
        |siege| {
            let headers =
                "Content-Type: application/x-www-form-urlencoded\r\nOrigin: https://there\r\n";
            let body = b"csrf=&next=&username=otto&password=password-of-otto";
            let answer = siege
                .field
                .served
                .wire
                .ask("POST", "/login/", headers, body);
            let is_refused = answer.status == 403 && !answer.head.contains("gantry_session=");
            super::unless(is_refused, || format!("{} {}", answer.status, answer.head))
        },
    ));
    all
}

fn of(form: &'static str) -> Case {
    let (path, kind, body) = match form.strip_prefix('*') {
        Some(path) => (
            path,
            "multipart/form-data; boundary=edge",
            "--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n@CSRF@\r\n--edge--\r\n",
        ),
        None => (form, "application/x-www-form-urlencoded", "csrf=@CSRF@"),
    };
    case(
        &format!("forms.POST {path}"),
        "sent with the administrator's cookie: without the secret, with another one, from another site with the right one",
        "403 each time",
        move |siege| {
            let person = siege.people.of("admin");
            let path = siege.people.path(path);
            let mut problems = Vec::new();
            for (what, secret, more) in [
                ("without a secret", "", ""),
                (
                    "with another secret",
                    siege.people.of("otto").csrf.as_str(),
                    "",
                ),
                (
                    "of another site",
                    person.csrf.as_str(),
                    "Sec-Fetch-Site: cross-site\r\n",
                ),
                (
                    "of another origin",
                    person.csrf.as_str(),
                    "Origin: https://there\r\n",
                ),
                ("of no origin", person.csrf.as_str(), "Origin: null\r\n"),
            ] {
                let headers = format!("{}Content-Type: {kind}\r\n{more}", person.cookie);
                let body = body.replace("@CSRF@", secret);
                let answer = siege
                    .field
                    .served
                    .wire
                    .ask("POST", &path, &headers, body.as_bytes());
                if answer.status != 403 {
                    problems.push(format!(
                        "{what}: {} {}",
                        answer.status,
                        answer.header("location")
                    ));
                }
            }
            problems
        },
    )
}
