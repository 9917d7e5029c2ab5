//! Who attacks: nobody, a stranger, a user of things, their editor, an administrator; each with token and browser.

use serde_json::json;

use crate::image;
use crate::served::{Client, OWN, Served};
use crate::wire::Answer;

/// Somebody, by name.
#[derive(Clone, Default)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) password: String,
    /// Header with the token.
    pub(super) token: String,
    /// Header with the cookie of a browser.
    pub(super) cookie: String,
    pub(super) csrf: String,
}

/// All of them, and what stands in paths: `{job}` and the like.
pub(super) struct People {
    all: Vec<Person>,
    names: Vec<(&'static str, String)>,
}

/// A letter for each in tables: nobody, a stranger, a user, an editor, an administrator.
pub(super) const LETTERS: [(char, &str); 5] = [
    ('n', "nobody"),
    ('o', "otto"),
    ('u', "una"),
    ('e', "ed"),
    ('a', "admin"),
];

impl People {
    /// Makes accounts, lets them log in, and gives them something to lose.
    pub(super) fn arrive(served: &Served) -> People {
        let mut people = People {
            all: vec![Person {
                name: "nobody",
                ..Person::default()
            }],
            names: Vec::new(),
        };
        for (name, role) in [
            ("otto", "user"),
            ("una", "user"),
            ("ed", "creator"),
            ("locked", "user"),
        ] {
            let password = format!("password-of-{name}");
            let account = json!({"username": name, "password": password, "role": role});
            let made = served.post(&format!("{OWN}accounts/"), &account);
            assert_eq!(made.status, 201, "{}", made.text());
            if name == "otto" {
                let id = made.json()["id"].to_string();
                people
                    .names
                    .push(("account", id.trim_matches('"').to_owned()));
            }
            people.all.push(log_in(served, name, password));
        }
        people
            .all
            .push(log_in(served, "admin", served.password.clone()));
        people.furnish(served);
        people
    }

    fn furnish(&mut self, served: &Served) {
        let member = |list: &str, name: &str, role: &str| {
            let body = json!({"username": name, "role": role});
            let made = served.send("PUT", &format!("{OWN}{list}/members/"), &body);
            assert_eq!(made.status, 204, "{}", made.text());
        };
        member("algorithms/attack-user", "una", "user");
        member("algorithms/attack-user", "ed", "editor");
        let archive = json!({"slug": "heads", "title": "Heads"});
        let made = self.ask(
            served,
            "ed",
            ("POST", &format!("{OWN}archives/")),
            &archive.to_string(),
        );
        assert_eq!(made.status, 201, "{}", made.text());
        member("archives/heads", "una", "user");
        let una = Client {
            wire: served.wire.clone(),
            token: self.of("una").token.clone(),
        };
        let upload = una.upload(&image::scan(), "scan.mha");
        let inputs =
            json!({"script": {"value": image::packed("good")}, "scan": {"uploads": [upload]}});
        let job = una.submit("attack-user", &inputs);
        let ended = una.ended(&job);
        assert_eq!(ended["state"], "succeeded", "{ended:#}");
        let inputs = una.get(&format!("{OWN}jobs/{job}/inputs/")).json();
        let image = inputs
            .as_array()
            .unwrap()
            .iter()
            .find_map(|input| input["image_id"].as_str());
        self.names.extend([
            ("image", image.expect("an image").to_owned()),
            ("job", job),
            ("slug", "attack-user".to_owned()),
            ("archive", "heads".to_owned()),
            ("socket", "script".to_owned()),
            ("none", "0190a5b0-0000-7000-8000-000000000000".to_owned()),
        ]);
    }

    /// Somebody by name.
    pub(super) fn of(&self, name: &str) -> &Person {
        self.all
            .iter()
            .find(|person| person.name == name)
            .expect("one of the people")
    }

    /// A path with names filled in.
    pub(super) fn path(&self, pattern: &str) -> String {
        self.names
            .iter()
            .fold(pattern.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            })
    }

    /// Asks the API as somebody, JSON in the body.
    pub(super) fn ask(
        &self,
        served: &Served,
        who: &str,
        (method, path): (&str, &str),
        body: &str,
    ) -> Answer {
        let headers = format!("{}Content-Type: application/json\r\n", self.of(who).token);
        served
            .wire
            .ask(method, &self.path(path), &headers, body.as_bytes())
    }

    /// Asks for a page as somebody with a browser.
    pub(super) fn visit(&self, served: &Served, who: &str, path: &str) -> Answer {
        let headers = format!("{}Accept: text/html\r\n", self.of(who).cookie);
        served.wire.ask("GET", &self.path(path), &headers, b"")
    }

    /// Sends a form as somebody with a browser; `fields` are escaped already.
    pub(super) fn send_form(&self, served: &Served, who: &str, path: &str, fields: &str) -> Answer {
        let body = format!("csrf={}&{fields}", self.of(who).csrf);
        let kind = "application/x-www-form-urlencoded";
        self.post_as(served, who, (path, kind), body.as_bytes())
    }

    /// Sends any body as somebody with a browser.
    pub(super) fn post_as(
        &self,
        served: &Served,
        who: &str,
        (path, kind): (&str, &str),
        body: &[u8],
    ) -> Answer {
        let headers = format!("{}Content-Type: {kind}\r\n", self.of(who).cookie);
        served.wire.ask("POST", &self.path(path), &headers, body)
    }
}

fn log_in(served: &Served, name: &'static str, password: String) -> Person {
    let login = json!({"username": name, "password": password, "name": "suite"});
    let made = served.post(&format!("{OWN}login/token/"), &login);
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    let entered = enter(served, name, &password, "");
    let cookie = cookie_of(&entered).expect("a cookie");
    let cookie = format!("Cookie: {cookie}\r\n");
    let page = served.wire.ask("GET", "/account/", &cookie, b"").text();
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
    Person {
        name,
        password,
        token: format!("Authorization: Bearer {token}\r\n"),
        cookie,
        csrf: rest.split('"').next().unwrap_or_default().to_owned(),
    }
}

/// Sends the form of the login.
pub(super) fn enter(served: &Served, name: &str, password: &str, headers: &str) -> Answer {
    let headers = format!("{headers}Content-Type: application/x-www-form-urlencoded\r\n");
    let body = format!("csrf=&next=&username={name}&password={password}");
    served
        .wire
        .ask("POST", "/login/", &headers, body.as_bytes())
}

/// The session's `name=value`, if one was set.
pub(super) fn cookie_of(answer: &Answer) -> Option<String> {
    let cookie = answer.header("set-cookie").split(';').next()?;
    cookie
        .starts_with("gantry_session=")
        .then(|| cookie.to_owned())
}
