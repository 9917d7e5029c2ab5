//! Guessing passwords, taking over sessions, being sent elsewhere after the login.

use serde_json::json;

use super::people::{cookie_of, enter};
use super::{Case, case, unless};
use crate::served::OWN;

/// All of them; guessing comes last, because it locks.
pub(super) fn all() -> Vec<Case> {
    let mut all = sessions();
    all.extend(guessing());
    all
}

fn sessions() -> Vec<Case> {
    vec![
        case(
            "login.cookie",
            "looks at the cookie of a login",
            "HttpOnly, Secure, SameSite, the whole site, 64 random digits",
            |siege| {
                let answer = enter(
                    siege.field.served,
                    "una",
                    &siege.people.of("una").password,
                    "",
                );
                let cookie = answer.header("set-cookie").to_owned();
                let has_all = ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]
                    .iter()
                    .all(|word| cookie.contains(word));
                let secret = cookie_of(&answer).unwrap_or_default();
                unless(
                    has_all && secret.len() == "gantry_session=".len() + 64,
                    || cookie,
                )
            },
        ),
        case(
            "login.fixation",
            "gives somebody a session before they log in",
            "the login makes a new one; the given one is worth nothing",
            |siege| {
                let served = siege.field.served;
                let fixed = format!("gantry_session={}", "a".repeat(64));
                let header = format!("Cookie: {fixed}\r\n");
                let answer = enter(served, "una", &siege.people.of("una").password, &header);
                let new = cookie_of(&answer).unwrap_or_default();
                let visit = served.wire.ask("GET", "/account/", &header, b"");
                unless(
                    new != fixed && !new.is_empty() && visit.status == 303,
                    || format!("{} {}", answer.status, visit.status),
                )
            },
        ),
        case(
            "login.every_login_is_new",
            "logs in twice",
            "two secrets, two forms' secrets",
            |siege| {
                let served = siege.field.served;
                let secret = || {
                    cookie_of(&enter(served, "una", &siege.people.of("una").password, ""))
                        .unwrap_or_default()
                };
                let (one, other) = (secret(), secret());
                unless(one != other && !one.is_empty(), || one.clone())
            },
        ),
        case(
            "login.after_the_end",
            "uses the cookie of a session that was ended",
            "it is nobody's",
            |siege| {
                let served = siege.field.served;
                let cookie = cookie_of(&enter(served, "una", &siege.people.of("una").password, ""))
                    .unwrap_or_default();
                let header = format!("Cookie: {cookie}\r\n");
                let page = served.wire.ask("GET", "/account/", &header, b"").text();
                let csrf = page
                    .split_once("name=\"csrf\" value=\"")
                    .and_then(|(_, rest)| rest.split('"').next())
                    .unwrap_or_default();
                let form = format!("{header}Content-Type: application/x-www-form-urlencoded\r\n");
                let out =
                    served
                        .wire
                        .ask("POST", "/logout/", &form, format!("csrf={csrf}").as_bytes());
                let after = served.wire.ask("GET", "/account/", &header, b"");
                unless(out.status == 303 && after.status == 303, || {
                    format!("{} {}", out.status, after.status)
                })
            },
        ),
        case(
            "login.ended_token",
            "uses a token that was ended",
            "401",
            |siege| {
                let served = siege.field.served;
                let made = siege
                    .people
                    .ask(
                        served,
                        "una",
                        ("POST", "/api/gantry/v1/tokens/"),
                        "{\"name\": \"short\"}",
                    )
                    .json();
                let (id, token) = (
                    made["id"].as_str().unwrap_or_default(),
                    made["token"].as_str().unwrap_or_default(),
                );
                let header = format!("Authorization: Bearer {token}\r\n");
                let before = served
                    .wire
                    .ask("GET", &format!("{OWN}me/"), &header, b"")
                    .status;
                siege.people.ask(
                    served,
                    "una",
                    ("DELETE", &format!("/api/gantry/v1/tokens/{id}/")),
                    "",
                );
                let after = served
                    .wire
                    .ask("GET", &format!("{OWN}me/"), &header, b"")
                    .status;
                unless((before, after) == (200, 401), || {
                    format!("{before} {after}")
                })
            },
        ),
        case(
            "login.token_of_somebody_else",
            "ends the token of somebody else",
            "404",
            |siege| {
                let served = siege.field.served;
                let made = siege
                    .people
                    .ask(
                        served,
                        "una",
                        ("POST", "/api/gantry/v1/tokens/"),
                        "{\"name\": \"mine\"}",
                    )
                    .json();
                let path = format!(
                    "/api/gantry/v1/tokens/{}/",
                    made["id"].as_str().unwrap_or_default()
                );
                let answer = siege.people.ask(served, "otto", ("DELETE", &path), "");
                unless(answer.status == 404, || format!("{}", answer.status))
            },
        ),
        case(
            "login.leads_elsewhere",
            "logs in with another site as the place to go to",
            "a path of this server",
            |siege| {
                let served = siege.field.served;
                let mut problems = Vec::new();
                for next in [
                    "https://evil.example/",
                    "//evil.example/",
                    "/\\evil.example",
                    "\\\\evil.example",
                    "javascript:alert(1)",
                    "/%09/evil.example",
                    "/\t/evil.example",
                    "https:evil.example",
                    "/x%0d%0aSet-Cookie:%20a=b",
                    "%2f%2fevil.example",
                ] {
                    let body = format!(
                        "csrf=&next={next}&username=una&password={}",
                        siege.people.of("una").password
                    );
                    let answer = served.wire.ask(
                        "POST",
                        "/login/",
                        "Content-Type: application/x-www-form-urlencoded\r\n",
                        body.as_bytes(),
                    );
                    let place = answer.header("location");
                    // A browser drops tabs and line ends before it looks.
                    let seen: String = place
                        .chars()
                        .filter(|letter| !"\t\r\n".contains(*letter))
                        .collect();
                    let is_own = seen.starts_with('/')
                        && !seen.starts_with("//")
                        && !seen.starts_with("/\\");
                    problems.extend(unless(answer.status == 303 && is_own, || {
                        format!("{next}: {} {place}", answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "login.own_role",
            "makes oneself an administrator, and an account for another",
            "4xx, and still a user",
            |siege| {
                let served = siege.field.served;
                let path = siege.people.path("/api/gantry/v1/accounts/{account}/");
                let answer = siege.people.ask(
                    served,
                    "otto",
                    ("PATCH", &path),
                    "{\"role\": \"administrator\", \"is_active\": true}",
                );
                let me = siege
                    .people
                    .ask(served, "otto", ("GET", "/api/gantry/v1/me/"), "")
                    .json();
                unless(answer.status >= 400 && me["role"] == "user", || {
                    format!("{} {me}", answer.status)
                })
            },
        ),
    ]
}

fn guessing() -> Vec<Case> {
    vec![
        case(
            "login.who_is_there",
            "compares the answers to a wrong password and to a name that nobody has",
            "the same words",
            |siege| {
                let served = siege.field.served;
                let ask = |name: &str| {
                    served.post(
                        &format!("{OWN}login/token/"),
                        &json!({"username": name, "password": "wrong", "name": "x"}),
                    )
                };
                let (known, unknown) = (ask("una"), ask("nobody-at-all"));
                unless(
                    known.status == 401 && known.text() == unknown.text(),
                    || format!("{} {}", known.text(), unknown.text()),
                )
            },
        ),
        case(
            "login.long_password",
            "a password of a megabyte, one with NULs",
            "refused at once",
            |siege| {
                let served = siege.field.served;
                let began = std::time::Instant::now();
                let answer = served.post(
                    &format!("{OWN}login/token/"),
                    &json!({"username": "una", "password": "x".repeat(1 << 20), "name": "x"}),
                );
                let other = served.post(
                    &format!("{OWN}login/token/"),
                    &json!({"username": "una\u{0}", "password": "x\u{0}", "name": "x"}),
                );
                let is_right = (400..500).contains(&answer.status)
                    && (400..500).contains(&other.status)
                    && began.elapsed().as_secs() < 5;
                unless(is_right, || {
                    format!("{} {} {:?}", answer.status, other.status, began.elapsed())
                })
            },
        ),
        case(
            "login.guessing",
            "guesses the password of one name, each time as if from another address",
            "429 with Retry-After, for the right one also",
            |siege| {
                let served = siege.field.served;
                let mut last = 0;
                for number in 0..12 {
                    let headers = format!(
                        "Content-Type: application/json\r\nX-Forwarded-For: 10.0.0.{number}\r\nX-Real-IP: 10.0.0.{number}\r\n"
                    );
                    let body = json!({"username": "locked", "password": format!("guess-{number}"), "name": "x"}).to_string();
                    last = served
                        .wire
                        .ask(
                            "POST",
                            &format!("{OWN}login/token/"),
                            &headers,
                            body.as_bytes(),
                        )
                        .status;
                }
                let right = served.post(
                    &format!("{OWN}login/token/"),
                    &json!({"username": "locked", "password": "password-of-locked", "name": "x"}),
                );
                let form = enter(served, "locked", "password-of-locked", "");
                let is_right = last == 429
                    && right.status == 429
                    && !right.header("retry-after").is_empty()
                    && cookie_of(&form).is_none();
                unless(is_right, || {
                    format!("{last} {} {}", right.status, form.status)
                })
            },
        ),
        case(
            "login.guessing_names",
            "guesses one password for a hundred names",
            "429",
            |siege| {
                let served = siege.field.served;
                let mut last = 0;
                for number in 0..60 {
                    last = served.post(&format!("{OWN}login/token/"), &json!({"username": format!("name-{number}"), "password": "summer", "name": "x"})).status;
                    if last == 429 {
                        break;
                    }
                }
                unless(last == 429, || format!("{last}"))
            },
        ),
    ]
}
