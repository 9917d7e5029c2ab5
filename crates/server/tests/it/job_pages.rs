//! The pages of jobs: who sees them, what their buttons do, and that nothing a job says becomes markup.

use domain::job::JobEvent;
use domain::{Manifest, RunReport};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::ids::JobId;
use store::interfaces::StoredInterface;
use store::jobs::{Finished, JobChange, JobOutput, NewJob, OutputContent};

use crate::clinic::{Clinic, PEOPLE};
use crate::visit::Visit;

/// Page; then nobody, a user, the owner of the job, an editor of the algorithm, an administrator.
const PAGES: &[(&str, [u16; 5])] = &[
    ("/jobs/", [303, 200, 200, 200, 200]),
    (
        "/jobs/?state=queued&of=mine&sort=duration&search=head",
        [303, 200, 200, 200, 200],
    ),
    ("/jobs/?state=nonsense", [303, 400, 400, 400, 400]),
    ("/jobs/{job}/", [303, 404, 200, 404, 200]),
    ("/jobs/{job}/live/", [404, 404, 200, 404, 200]),
    ("/jobs/{job}/log/", [404, 404, 200, 404, 200]),
    (
        "/jobs/{job}/log/?search=x&stderr=1&before=7",
        [404, 404, 200, 404, 200],
    ),
    ("/jobs/{none}/", [303, 404, 404, 404, 404]),
    ("/jobs/nonsense/", [404; 5]),
    ("/algorithms/{slug}/try/", [303, 404, 200, 200, 200]),
    (
        "/algorithms/{slug}/try/?from={job}",
        [303, 404, 200, 404, 200],
    ),
    (
        "/algorithms/{slug}/try/images/?input=scan&search=head",
        [303, 200, 200, 200, 200],
    ),
    ("/algorithms/nothing/try/", [404; 5]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_drawn_for_whom_it_is() {
    let clinic = Clinic::new().await;
    for (place, who) in PEOPLE.iter().enumerate() {
        let visit = Visit::of(&clinic, who).await;
        for (path, expected) in PAGES {
            let answer = visit.get(path).await;
            let said = &answer.body;
            assert_eq!(answer.status, expected[place], "{who} {path}: {said}");
            if answer.status == 200 && !path.contains("/live/") && !path.contains("/images/") {
                assert!(said.contains("<main id=\"main\""), "{who} {path}");
                let policy = answer.header("content-security-policy");
                assert!(policy.contains("script-src 'self';"), "{policy}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buttons_work_for_the_owner_and_need_their_form() {
    let clinic = Clinic::new().await;
    let una = Visit::of(&clinic, "una").await;
    let otto = Visit::of(&clinic, "otto").await;
    for action in ["cancel", "retry", "edit", "share", "delete"] {
        let path = format!("/jobs/{{job}}/{action}/");
        let bare = una.post_bare(&path, &[("username", "otto")]).await;
        assert_eq!(bare.status, 403, "{action} without the secret");
        let other = otto.post(&path, &[("username", "otto")]).await;
        assert_eq!(
            other.status, 404,
            "{action} by somebody else: {}",
            other.body
        );
    }
    let page = una.get("/jobs/{job}/").await.body;
    assert!(page.contains("Next in the queue"), "{page}");
    assert!(page.contains("http-equiv=\"refresh\""), "it goes on");
    let unknown = una.post("/jobs/{job}/share/", &[("username", "<b>who</b>")]);
    let unknown = unknown.await;
    assert_eq!(unknown.status, 400);
    assert!(
        unknown.body.contains("no account `&#60;b&#62;who"),
        "{}",
        unknown.body
    );
    let shared = una
        .post("/jobs/{job}/share/", &[("username", "otto")])
        .await;
    assert_eq!(shared.location(), clinic.path("/jobs/{job}/"));
    assert_eq!(otto.get("/jobs/{job}/").await.status, 200);
    let foreign = otto.post("/jobs/{job}/edit/", &[("comment", "x")]).await;
    assert_eq!(foreign.status, 403, "seeing is not changing");
    let back = [("username", "otto"), ("remove", "1")];
    una.post("/jobs/{job}/share/", &back).await;
    assert_eq!(otto.get("/jobs/{job}/").await.status, 404);
    una.post("/jobs/{job}/edit/", &[("comment", "line\r\n<i>two</i>")])
        .await;
    let page = una.get("/jobs/{job}/").await.body;
    assert!(page.contains("line\n&#60;i&#62;two"), "{page}");
    let early = una.post("/jobs/{job}/delete/", &[]).await;
    assert_eq!(early.status, 409, "it has not ended");
    let again = una.post("/jobs/{job}/retry/", &[]).await;
    let page = una.get(again.location()).await.body;
    assert!(page.contains("an earlier job"), "{page}");
    una.post("/jobs/{job}/cancel/", &[]).await;
    let page = una.get("/jobs/{job}/").await.body;
    assert!(
        page.contains("Cancelled") && !page.contains("http-equiv"),
        "{page}"
    );
    let gone = una.post("/jobs/{job}/delete/", &[]).await;
    assert_eq!(gone.location(), "/jobs/");
    assert_eq!(una.get("/jobs/{job}/").await.status, 404);
}

const EVIL: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";

const MANIFEST: &str = r#"
    title = "Every kind <b>of</b> output"
    slug = "kinds"
    sockets = [
        { slug = "amount", title = "Amount <b>of</b> x", kind = "Integer", relative_path = "amount.json" },
        { slug = "finding", kind = "String", relative_path = "finding.json" },
        { slug = "well", kind = "Bool", relative_path = "well.json" },
        { slug = "figure", kind = "Chart", relative_path = "figure.json" },
        { slug = "anything", kind = "Anything", relative_path = "anything.json" },
        { slug = "centre", kind = "Point", relative_path = "centre.json" },
        { slug = "rows", kind = "CSV file", relative_path = "rows.csv" },
        { slug = "paper", kind = "PDF file", relative_path = "paper.pdf" },
        { slug = "picture", kind = "Thumbnail png", relative_path = "picture.png" },
    ]
    interfaces = [
        { inputs = ["amount"], outputs = ["finding", "well", "figure", "anything", "centre", "rows", "paper", "picture"] },
    ]
"#;

/// A job that has ended and says hostile things everywhere.
async fn hostile(clinic: &Clinic) -> JobId {
    let store = &clinic.store;
    let declared = Manifest::parse(MANIFEST).unwrap().algorithm;
    let made = store
        .create_algorithm(&declared, None, Timestamp::now())
        .await
        .unwrap();
    let job = NewJob {
        algorithm: made.id,
        interface: made.interfaces[0].id,
        inputs: vec![store::jobs::JobInput::New(
            made.interfaces[0].inputs[0].id,
            store::values::NewContent::Json(json!(3)),
        )],
        ..clinic.job(clinic.una)
    };
    let id = store.submit(&job, Timestamp::now()).await.unwrap();
    store.claim(id, "me", Timestamp::now()).await.unwrap();
    let change = |event| JobChange {
        event,
        owner: Some("me".to_owned()),
    };
    for event in [JobEvent::Provisioned, JobEvent::Executed] {
        store
            .apply(id, change(event), Timestamp::now())
            .await
            .unwrap();
    }
    let line = json!({"number": 1, "is_stderr": true, "seconds": 0.5, "text": EVIL});
    let log = store.blobs().keep(&mut format!("{line}\n").as_bytes());
    let finished = Finished {
        change: change(JobEvent::OutputsAccepted),
        outputs: outputs(store, &made.interfaces[0]),
        report: Some(report()),
        log: Some(log.unwrap()),
    };
    store.finish(id, &finished, Timestamp::now()).await.unwrap();
    id
}

/// One output of each kind.
fn outputs(store: &store::Store, interface: &StoredInterface) -> Vec<JobOutput> {
    let json = |value: Value| OutputContent::Json(value);
    let file = |bytes: &[u8]| OutputContent::File {
        blob: store.blobs().keep(&mut &bytes[..]).unwrap(),
        filename: format!("{EVIL}.x"),
    };
    let contents = [
        ("finding", json(json!(EVIL))),
        ("well", json(json!(false))),
        ("figure", json(json!({"title": EVIL, "mark": "bar"}))),
        ("anything", json(json!({EVIL: [EVIL]}))),
        ("centre", json(json!({"name": EVIL, "point": [1, 2, 3]}))),
        ("rows", file(format!("a,{EVIL}\n1,{EVIL}\n").as_bytes())),
        ("paper", file(EVIL.as_bytes())),
        (
            "picture",
            file(b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"),
        ),
    ];
    let outputs = contents.into_iter().map(|(slug, content)| JobOutput {
        socket: interface
            .outputs
            .iter()
            .find(|one| one.socket.slug.as_str() == slug)
            .unwrap()
            .id,
        content,
    });
    outputs.collect()
}

fn report() -> RunReport {
    let report = json!({
        "status": "succeeded", "failure": null, "exit_code": 0, "outputs": [], "extra_files": [],
        "warnings": [format!("odd `{EVIL}`")],
        "result": {"html": "<p>cleaned</p>", "text": ""},
        "isolation": {"runtime": EVIL, "facts": {}, "guarantees": [
            {"guarantee": "seccomp", "asked": EVIL, "in_force": EVIL, "verdict": "kept", "source": EVIL},
        ]},
        "resources": null, "image_digest": "", "algorithm": "kinds", "interface": null, "files": {},
        "timings": {"check": 0, "provision": 0, "start": 0, "run": 1.5, "collect": 0, "total": 2},
    });
    serde_json::from_value(report).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_job_says_becomes_markup() {
    let clinic = Clinic::new().await;
    let id = hostile(&clinic).await;
    let una = Visit::of(&clinic, "una").await;
    una.post(&format!("/jobs/{id}/edit/"), &[("comment", EVIL)])
        .await;
    for path in [
        format!("/jobs/{id}/"),
        format!("/jobs/{id}/log/?search={}", "alert"),
        "/jobs/".to_owned(),
        "/jobs/?search=%3Cscript%3Ealert(1)".to_owned(),
        format!("/algorithms/kinds/try/?from={id}"),
    ] {
        let answer = if path.contains("kinds") {
            Visit::of(&clinic, "admin").await.get(&path).await
        } else {
            una.get(&path).await
        };
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        for markup in ["<script>alert", "<img src=x", "<b>of</b>"] {
            assert!(!answer.body.contains(markup), "{path}: {markup}");
        }
        assert!(answer.body.contains("&#60;") || answer.body.contains("&lt;"));
    }
    let page = una.get(&format!("/jobs/{id}/")).await.body;
    assert!(
        page.contains("<p>cleaned</p>"),
        "the rendered result is HTML"
    );
    assert!(page.contains("1 of 1 kept"), "{page}");
    assert!(
        page.contains("does not begin like one"),
        "the paper is no PDF"
    );
    assert!(page.contains("1.0, 2.0, 3.0"), "{page}");
    assert!(page.contains("Succeeded, with warnings"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_shown_only_as_what_they_are() {
    let clinic = Clinic::new().await;
    let id = hostile(&clinic).await;
    let una = Visit::of(&clinic, "una").await;
    let (_, outputs) = clinic.store.job_values(id).await.unwrap();
    for value in clinic.store.values_of(&outputs).await.unwrap() {
        let path = format!("/files/values/{}/x?inline", value.id.0);
        let answer = una.get(&path).await;
        let slug = value.socket.socket.slug.as_str();
        assert_eq!(answer.status, 200, "{slug}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{slug}");
        let kind = answer.header("content-type");
        if slug == "picture" {
            assert_eq!(kind, "image/png");
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("sandbox"), "{policy}");
        } else {
            assert_eq!(kind, "application/octet-stream", "{slug}");
            let place = answer.header("content-disposition");
            assert!(place.starts_with("attachment"), "{slug}: {place}");
        }
    }
    let otto = Visit::of(&clinic, "otto").await;
    let hidden = format!("/files/values/{}/x?inline", outputs[0].0);
    assert_eq!(otto.get(&hidden).await.status, 404);
}
