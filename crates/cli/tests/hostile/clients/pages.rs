//! Pages: text of people that wants to be markup, and what every page tells the browser.

use serde_json::json;

use super::{Case, Siege, case, unless};
use crate::served::OWN;

/// Markup that acts wherever it is not escaped.
const MARKUP: &str = "'\"><script>alert(7)</script><img src=x onerror=alert(7)>";
/// How it must not stand in a page.
const ACTING: [&str; 2] = ["<script>alert(7)", "<img src=x onerror"];

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut all = stored();
    all.extend(told());
    all
}

/// These pages hold the text, but not as markup.
fn escaped(siege: &Siege<'_>, pages: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut is_seen = false;
    for page in pages {
        let answer = siege.visit("admin", page);
        let text = answer.text();
        is_seen |= text.contains("alert(7)");
        for acting in ACTING {
            problems.extend(unless(
                !text.contains(acting) && answer.status == 200,
                || format!("{page}: {} `{acting}`", answer.status),
            ));
        }
    }
    problems.extend(unless(is_seen, || {
        "the text is on none of the pages: nothing was tried".to_owned()
    }));
    problems
}

/// Nothing acts on any of these pages, with `words` at the end of each address.
fn act_on_none(siege: &Siege<'_>, pages: &[&str], words: &str) -> Vec<String> {
    let acts = |page: &&&str| {
        let text = siege.visit("admin", &format!("{page}{words}")).text();
        ACTING.iter().any(|acting| text.contains(acting))
    };
    let acting = pages.iter().filter(acts);
    acting.map(|page| format!("{page} acts")).collect()
}

fn stored() -> Vec<Case> {
    let expected = "shown as text";
    vec![
        case(
            "pages.comment_of_a_job",
            "markup in the comment of a job",
            expected,
            |siege| {
                let body = json!({"comment": MARKUP}).to_string();
                siege.ask("una", ("PATCH", "/api/gantry/v1/jobs/{job}/"), &body);
                escaped(siege, &["/jobs/{job}/", "/jobs/"])
            },
        ),
        case(
            "pages.title_of_an_algorithm",
            "markup in title and description of an algorithm",
            expected,
            |siege| {
                let manifest = crate::image::manifest("markup", "")
                .replace("title = \"Attack\"", &format!("title = '''{MARKUP}'''"))
                .replace("description = \"Attacks\"", &format!("description = '''{MARKUP} [x](javascript:alert(7)) <a href=\"javascript:alert(7)\">x</a>'''"));
                let made = siege.field.served.create_algorithm(&manifest);
                let mut problems = unless(made.status == 201, || made.text());
                problems.extend(escaped(
                    siege,
                    &[
                        "/algorithms/markup/",
                        "/",
                        "/algorithms/markup/edit/",
                        "/algorithms/markup/limits/",
                    ],
                ));
                let page = siege.visit("admin", "/algorithms/markup/").text();
                problems.extend(unless(!page.contains("href=\"javascript:"), || {
                    "a link acts".to_owned()
                }));
                problems
            },
        ),
        case(
            "pages.title_of_an_archive",
            "markup in title and description of an archive",
            expected,
            |siege| {
                let body = json!({"title": MARKUP, "description": MARKUP}).to_string();
                siege.ask("ed", ("PATCH", "/api/gantry/v1/archives/{archive}/"), &body);
                escaped(
                    siege,
                    &[
                        "/archives/",
                        "/archives/{archive}/",
                        "/archives/{archive}/settings/",
                    ],
                )
            },
        ),
        case(
            "pages.name_of_a_token",
            "markup in the name of a token",
            expected,
            |siege| {
                let body = json!({"name": MARKUP}).to_string();
                siege.ask("admin", ("POST", "/api/gantry/v1/tokens/"), &body);
                escaped(siege, &["/account/"])
            },
        ),
        case(
            "pages.name_of_a_file",
            "markup in the name of an uploaded image",
            expected,
            |siege| {
                let served = siege.field.served;
                let upload = served.upload(&crate::image::scan(), &format!("{MARKUP}.mha"));
                let inputs = json!({"script": {"value": crate::image::packed("good")}, "scan": {"uploads": [upload]}});
                let job = served.submit("attack-user", &inputs);
                served.ended(&job);
                let page = format!("/jobs/{job}/");
                act_on_none(siege, &[&page, "/images/"], "")
            },
        ),
        case(
            "pages.value_of_an_input",
            "markup as the value of an input",
            expected,
            |siege| {
                let served = siege.field.served;
                let inputs = json!({"script": {"value": MARKUP}, "scan": {"image": served.scan}});
                let job = served.submit("attack-user", &inputs);
                served.ended(&job);
                escaped(siege, &[&format!("/jobs/{job}/")])
            },
        ),
        case(
            "pages.name_of_an_account",
            "an account whose name is markup",
            "refused",
            |siege| {
                let body =
                    json!({"username": MARKUP, "password": "password-of-markup", "role": "user"});
                let answer = siege.field.served.post(&format!("{OWN}accounts/"), &body);
                unless(answer.status == 400, || answer.told())
            },
        ),
        case(
            "pages.search_words",
            "markup in searches, filters and pages of lists",
            expected,
            |siege| {
                let words = "%27%22%3E%3Cscript%3Ealert(7)%3C/script%3E%3Cimg%20src=x%20onerror=alert(7)%3E";
                let lists = [
                    "/jobs/?search=",
                    "/sockets/?search=",
                    "/images/?search=",
                    "/archives/?search=",
                    "/?search=",
                    "/administration/audit/?person=",
                    "/login/?next=/",
                    "/jobs/?algorithm=",
                    "/jobs/?state=",
                ];
                act_on_none(siege, &lists, words)
            },
        ),
        case(
            "pages.form_that_is_refused",
            "markup in fields of forms that are shown again",
            expected,
            |siege| {
                let mut problems = Vec::new();
                let words = "%27%22%3E%3Cscript%3Ealert(7)%3C/script%3E";
                for (page, fields) in [
                    ("/account/tokens/", "name=&days="),
                    ("/sockets/create/", "slug="),
                    ("/login/", "username="),
                    ("/archives/", "slug="),
                    ("/algorithms/{slug}/people/add/", "username="),
                    ("/algorithms/{slug}/template/", "template="),
                ] {
                    let text = siege
                        .people
                        .send_form(
                            siege.field.served,
                            "admin",
                            page,
                            &format!("{fields}{words}&title={words}&description={words}"),
                        )
                        .text();
                    problems.extend(unless(!text.contains(ACTING[0]), || format!("{page} acts")));
                }
                problems
            },
        ),
        case(
            "pages.logo",
            "a picture of an algorithm that is a script in SVG",
            "refused",
            |siege| {
                let served = siege.field.served;
                let svg =
                    b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(7)</script></svg>";
                let mut problems = Vec::new();
                for kind in ["image/svg+xml", "image/png"] {
                    let place = siege.people.path("/api/gantry/v1/algorithms/{slug}/logo/");
                    let answer = served.send_as(kind, ("PUT", &place), svg);
                    problems.extend(unless((400..500).contains(&answer.status), || {
                        format!("{kind}: {}", answer.status)
                    }));
                }
                problems
            },
        ),
    ]
}

const PAGES: [&str; 14] = [
    "/",
    "/login/",
    "/account/",
    "/jobs/",
    "/jobs/{job}/",
    "/images/",
    "/sockets/",
    "/archives/",
    "/archives/{archive}/",
    "/algorithms/{slug}/",
    "/algorithms/{slug}/try/",
    "/administration/",
    "/administration/people/",
    "/no-such-page/",
];

/// Whether a tag, given from its name on, has a handler, a style or an address that runs; quoted text is only text.
fn acts(rest: &str) -> bool {
    let tag = rest.split('>').next().unwrap_or_default();
    let bare: String = tag.split('"').step_by(2).collect();
    let bare = bare.replace('\n', " ");
    let has_attribute = [" on", " style="].iter().any(|word| {
        bare.split(word).skip(1).any(|rest| {
            *word == " style=" || rest.split(' ').next().unwrap_or_default().contains('=')
        })
    });
    has_attribute || tag.contains("=\"javascript:")
}

fn told() -> Vec<Case> {
    vec![
        case(
            "pages.policy",
            "looks at the policies that each page gives the browser",
            "own scripts only, no frames of others, no guessing of types, no referrer, no cache",
            |siege| {
                let mut problems = Vec::new();
                for page in PAGES {
                    let answer = siege.visit("admin", page);
                    let policy = answer.header("content-security-policy");
                    let is_strict = [
                        "default-src 'none'",
                        "script-src 'self'",
                        "base-uri 'none'",
                        "frame-ancestors",
                        "form-action 'self'",
                    ]
                    .iter()
                    .all(|part| policy.contains(part))
                        && !policy.contains("unsafe");
                    let rest = answer.header("x-content-type-options") == "nosniff"
                        && !answer.header("referrer-policy").is_empty()
                        && answer.header("cache-control").contains("no-store");
                    // The login leads home who is logged in.
                    let is_redirect = answer.status == 303;
                    problems.extend(unless(is_redirect || (is_strict && rest), || {
                        format!("{page}: {}", answer.head)
                    }));
                }
                problems
            },
        ),
        case(
            "pages.no_inline",
            "looks for scripts, styles and handlers within pages",
            "none",
            |siege| {
                let mut problems = Vec::new();
                for page in PAGES {
                    let text = siege.visit("admin", page).text();
                    let has_script = text.split("<script").skip(1).any(|rest| {
                        let tag = rest.split('>').next().unwrap_or_default();
                        !tag.contains("src=") && !tag.contains("application/json")
                    });
                    let has_handler = text.split('<').skip(1).any(acts);
                    problems.extend(unless(!has_script && !has_handler, || page.to_owned()));
                }
                problems
            },
        ),
        case(
            "pages.files_do_not_act",
            "opens an output of a job that is a page",
            "a download with a policy of its own",
            |siege| {
                let served = siege.field.served;
                let job = siege.people.path("/api/gantry/v1/jobs/{job}/outputs/");
                let outputs = served.get(&job).json();
                let mut problems = Vec::new();
                let mut tried = 0;
                for output in outputs.as_array().into_iter().flatten() {
                    let Some(file) = output["file"].as_str() else {
                        continue;
                    };
                    let path = &file[file.find("/files/").unwrap_or(0)..];
                    let answer = served.get(path);
                    tried += 1;
                    let is_safe = answer.header("x-content-type-options") == "nosniff"
                        && answer
                            .header("content-disposition")
                            .starts_with("attachment")
                        && !answer.header("content-type").contains("html");
                    problems.extend(unless(is_safe, || format!("{path}: {}", answer.head)));
                }
                let image = served
                    .get(&siege.people.path("/api/v1/cases/images/{image}/"))
                    .json();
                let file = image["files"][0]["file"].as_str().unwrap_or_default();
                let answer = served.get(&file[file.find("/files/").unwrap_or(0)..]);
                tried += 1;
                problems.extend(unless(
                    answer.header("x-content-type-options") == "nosniff" && tried > 0,
                    || answer.head.clone(),
                ));
                problems
            },
        ),
        case(
            "pages.other_origins",
            "asks the API from a page of another site",
            "no permission for other origins",
            |siege| {
                let mut problems = Vec::new();
                for path in ["/api/gantry/v1/jobs/", "/api/v1/algorithms/jobs/", "/jobs/"] {
                    let headers = format!(
                        "{}Origin: https://evil.example\r\n",
                        siege.people.of("admin").cookie
                    );
                    for method in ["GET", "OPTIONS"] {
                        let answer = siege.field.served.wire.ask(method, path, &headers, b"");
                        problems.extend(unless(
                            answer.header("access-control-allow-origin").is_empty(),
                            || format!("{method} {path}: {}", answer.head),
                        ));
                    }
                }
                problems
            },
        ),
        case(
            "pages.errors_tell_nothing",
            "looks for paths, versions and backtraces in refusals",
            "none",
            |siege| {
                let served = siege.field.served;
                let mut problems = Vec::new();
                for path in [
                    "/no-such-page/",
                    "/api/gantry/v1/jobs/x/",
                    "/api/v1/nothing/",
                    "/jobs/x/",
                    "/files/values/x/y",
                ] {
                    let answer = siege.get_with("", path);
                    let text = format!("{}{}", answer.head, answer.text());
                    let tells = [
                        "/root/",
                        "src/",
                        "panicked",
                        "sqlx",
                        "SELECT ",
                        "server: ",
                        served.home.to_str().unwrap_or_default(),
                    ];
                    problems.extend(unless(
                        !tells.iter().any(|word| text.contains(word)),
                        || format!("{path}: {text:.200}"),
                    ));
                }
                problems
            },
        ),
    ]
}
