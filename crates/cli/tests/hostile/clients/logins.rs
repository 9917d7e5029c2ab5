//! Guessing passwords, taking over sessions, being sent elsewhere after the login.

use serde_json::json;

use super::people::{cookie_of, enter};
use super::{Case, Siege, case, unless};
use crate::served::OWN;
use crate::wire::Answer;

/// All of them; guessing comes last, because it locks.
pub(super) fn all() -> Vec<Case> {
    let mut all = sessions();
    all.extend(guessing());
    all
}

/// Una's login, by the form; `headers` are sent with it.
fn log_in(siege: &Siege<'_>, headers: &str) -> Answer {
    let password = &siege.people.of("una").password;
    enter(siege.field.served, "una", password, headers)
}

/// Una's own page with these headers; 303 for who is not logged in.
fn account(siege: &Siege<'_>, headers: &str) -> Answer {
    siege.get_with(headers, "/account/")
}

/// A new token of una's: its id and the token.
fn new_token(siege: &Siege<'_>) -> (String, String) {
    let place = ("POST", "/api/gantry/v1/tokens/");
    let made = siege.ask("una", place, "{\"name\": \"short\"}").json();
    let text = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
    (text("id"), text("token"))
}

/// What is said to who asks for a token with a name and a password; `headers` are sent with it.
fn guess(siege: &Siege<'_>, (name, password): (&str, &str), headers: &str) -> Answer {
    let headers = format!("Content-Type: application/json\r\n{headers}");
    let body = json!({"username": name, "password": password, "name": "x"}).to_string();
    let path = format!("{OWN}login/token/");
    siege
        .field
        .served
        .wire
        .ask("POST", &path, &headers, body.as_bytes())
}

fn sessions() -> Vec<Case> {
    vec![
        case(
            "login.cookie",
            "looks at the cookie of a login",
            "HttpOnly, Secure, SameSite, the whole site, 64 random digits",
            |siege| {
                let answer = log_in(siege, "");
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
                let fixed = format!("gantry_session={}", "a".repeat(64));
                let header = format!("Cookie: {fixed}\r\n");
                let answer = log_in(siege, &header);
                let new = cookie_of(&answer).unwrap_or_default();
                let visit = account(siege, &header);
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
                let secret = || cookie_of(&log_in(siege, "")).unwrap_or_default();
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
                let cookie = cookie_of(&log_in(siege, "")).unwrap_or_default();
                let header = format!("Cookie: {cookie}\r\n");
                let page = account(siege, &header).text();
                let csrf = page
                    .split_once("name=\"csrf\" value=\"")
                    .and_then(|(_, rest)| rest.split('"').next())
                    .unwrap_or_default();
                let form = format!("{header}Content-Type: application/x-www-form-urlencoded\r\n");
                let out =
                    served
                        .wire
                        .ask("POST", "/logout/", &form, format!("csrf={csrf}").as_bytes());
                let after = account(siege, &header);
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
                let (id, token) = new_token(siege);
                let header = format!("Authorization: Bearer {token}\r\n");
                let me = || siege.get_with(&header, &format!("{OWN}me/")).status;
                let before = me();
                siege.ask("una", ("DELETE", &format!("{OWN}tokens/{id}/")), "");
                let after = me();
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
                let (id, _) = new_token(siege);
                let answer = siege.ask("otto", ("DELETE", &format!("{OWN}tokens/{id}/")), "");
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
                let path = siege.people.path("/api/gantry/v1/accounts/{account}/");
                let answer = siege.ask(
                    "otto",
                    ("PATCH", &path),
                    "{\"role\": \"administrator\", \"is_active\": true}",
                );
                let me = siege.ask("otto", ("GET", "/api/gantry/v1/me/"), "").json();
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
                let known = guess(siege, ("una", "wrong"), "");
                let unknown = guess(siege, ("nobody-at-all", "wrong"), "");
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
                let began = std::time::Instant::now();
                let answer = guess(siege, ("una", &"x".repeat(1 << 20)), "");
                let other = guess(siege, ("una\u{0}", "x\u{0}"), "");
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
                let mut last = 0;
                for number in 0..12 {
                    let headers = format!(
                        "X-Forwarded-For: 10.0.0.{number}\r\nX-Real-IP: 10.0.0.{number}\r\n"
                    );
                    let password = format!("guess-{number}");
                    last = guess(siege, ("locked", &password), &headers).status;
                }
                let right = guess(siege, ("locked", "password-of-locked"), "");
                let form = enter(siege.field.served, "locked", "password-of-locked", "");
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
                let mut last = 0;
                for number in 0..60 {
                    last = guess(siege, (&format!("name-{number}"), "summer"), "").status;
                    if last == 429 {
                        break;
                    }
                }
                unless(last == 429, || format!("{last}"))
            },
        ),
    ]
}
