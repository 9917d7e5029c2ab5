//! What lists hold, part by part, and what sharing and publishing change.

use jiff::Timestamp;
use serde_json::{Value, json};
use store::jobs::JobEdit;

use crate::clinic::Clinic;

const JOBS: &str = "/api/gantry/v1/jobs/";

async fn jobs(clinic: &Clinic, who: &str, query: &str) -> Value {
    let found = clinic.ask(who, "GET", &format!("{JOBS}?{query}"), "").await;
    assert_eq!(found.status, 200, "{query}: {}", found.body);
    found.json()
}

fn count(list: &Value) -> u64 {
    list["count"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_a_list_make_the_whole() {
    let clinic = Clinic::new().await;
    for _ in 0..7 {
        let job = clinic.job(clinic.una);
        clinic.store.submit(&job, Timestamp::now()).await.unwrap();
    }
    for sort in ["newest", "state", "duration"] {
        let whole = jobs(&clinic, "una", &format!("sort={sort}")).await;
        assert_eq!(count(&whole), 10);
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let part = jobs(&clinic, "una", &format!("sort={sort}&limit=3{after}")).await;
            seen.extend(part["results"].as_array().unwrap().clone());
            match part["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, *whole["results"].as_array().unwrap(), "{sort}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_and_words_find_jobs() {
    let clinic = Clinic::new().await;
    let job = clinic
        .names
        .iter()
        .find(|(name, _)| *name == "job")
        .unwrap()
        .1
        .clone();
    let edit = JobEdit {
        comment: Some("Follow-up of Ötzi".to_owned()),
        is_public: None,
    };
    clinic
        .store
        .edit_job(job.parse().unwrap(), &edit)
        .await
        .unwrap();
    for (query, expected) in [
        ("algorithm=doubles", 3),
        ("algorithm=none", 0),
        ("state=queued", 3),
        ("state=failed", 0),
        ("creator=una", 3),
        ("search=follow", 1),
        ("search=%C3%B6tz%20up", 1),
        ("search=follow%20none", 0),
        ("search=low", 0),
        (&format!("search={}", &job[..18]), 3),
        (&format!("search={job}"), 1),
        (&clinic.path("archive_run={run}"), 1),
        ("archive_run=0190a5b0-0000-7000-8000-000000000000", 0),
    ] {
        let found = jobs(&clinic, "una", query).await;
        // Ids of one moment begin alike.
        if query.len() == "search=".len() + 18 {
            assert!((1..=3).contains(&count(&found)), "{query}");
        } else {
            assert_eq!(count(&found), expected, "{query}");
        }
        let others = jobs(&clinic, "ed", &query.replace("creator=una", "creator=ed")).await;
        assert_eq!(count(&others), 0, "the editor does not see them: {query}");
    }
    for wrong in [
        "state=x",
        "sort=x",
        "after=x",
        "limit=0",
        "limit=1001",
        "limit=x",
        "archive_run=x",
    ] {
        let refused = clinic
            .ask("una", "GET", &format!("{JOBS}?{wrong}"), "")
            .await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.body);
    }
    let others = clinic
        .ask("una", "GET", &format!("{JOBS}?creator=ed"), "")
        .await;
    assert_eq!(others.status, 403, "{}", others.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_shared_and_no_longer() {
    let clinic = Clinic::new().await;
    let path = clinic.path("/api/gantry/v1/jobs/{job}/");
    let shared = format!("{path}viewers/otto/");
    assert_eq!(clinic.ask("otto", "GET", &path, "").await.status, 404);
    assert_eq!(clinic.ask("una", "PUT", &shared, "").await.status, 204);
    assert_eq!(clinic.ask("otto", "GET", &path, "").await.status, 200);
    assert_eq!(count(&jobs(&clinic, "otto", "").await), 1);
    assert_eq!(clinic.ask("otto", "PATCH", &path, "{}").await.status, 403);
    assert_eq!(clinic.ask("otto", "DELETE", &path, "").await.status, 403);
    let viewers = clinic
        .ask("una", "GET", &format!("{path}viewers/"), "")
        .await;
    assert_eq!(viewers.json(), json!(["otto"]));
    assert_eq!(clinic.ask("una", "DELETE", &shared, "").await.status, 204);
    assert_eq!(clinic.ask("otto", "GET", &path, "").await.status, 404);
    let public = r#"{"is_public": true}"#;
    let early = clinic.ask("una", "PATCH", &path, public).await;
    assert_eq!(early.status, 409, "only what succeeded: {}", early.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_say_which_field_is_wrong() {
    let clinic = Clinic::new().await;
    let good = json!({"slug": "mask", "kind": "Segmentation", "relative_path": "images/mask",
        "overlay_segments": [{"voxel_value": 1, "name": "tumour"}]});
    for (field, change) in [
        ("slug", json!({"slug": "A!"})),
        ("kind", json!({"kind": "Sound"})),
        ("relative_path", json!({"relative_path": "../mask"})),
        ("relative_path", json!({"relative_path": "mask"})),
        ("schema", json!({"schema": {}})),
        ("default", json!({"default": 1})),
        ("example", json!({"example": 1})),
        ("store_in_database", json!({"store_in_database": true})),
        ("overlay_segments", json!({"overlay_segments": []})),
        (
            "overlay_segments",
            json!({"overlay_segments": [{"voxel_value": 3, "name": "a"}]}),
        ),
    ] {
        let mut wanted = good.clone();
        let changes = change.as_object().unwrap().clone();
        wanted.as_object_mut().unwrap().extend(changes);
        let refused = clinic
            .ask("ed", "POST", "/api/gantry/v1/sockets/", &wanted.to_string())
            .await;
        assert_eq!(refused.status, 400, "{change}: {}", refused.body);
        assert!(
            refused.json()[field].is_array(),
            "{change}: {}",
            refused.body
        );
    }
    let send = async || {
        clinic
            .ask("ed", "POST", "/api/gantry/v1/sockets/", &good.to_string())
            .await
    };
    assert_eq!(send().await.status, 201);
    assert_eq!(send().await.status, 409, "the name is taken");
    let wanted = json!({"inputs": ["scan"], "outputs": ["mask"]}).to_string();
    let path = "/api/gantry/v1/algorithms/doubles/interfaces/";
    let added = clinic.ask("ed", "POST", path, &wanted).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let again = clinic.ask("ed", "POST", path, &wanted).await;
    assert!(again.body.contains("same inputs"), "{}", again.body);
    let id = added.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        clinic
            .ask("ed", "DELETE", &format!("{path}{id}/"), "")
            .await
            .status,
        204
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_tells_everything_and_keeps_nothing() {
    let clinic = Clinic::new().await;
    let check = async |inputs: Value| {
        let body = json!({"algorithm": "doubles", "inputs": inputs}).to_string();
        let found = clinic
            .ask("una", "POST", &format!("{JOBS}check/"), &body)
            .await;
        assert_eq!(found.status, 200, "{}", found.body);
        found.json()
    };
    let good = check(json!({"number": {"value": 3}})).await;
    assert_eq!(good["is_accepted"], true, "{good}");
    assert_eq!(good["interface"]["outputs"], json!(["double"]));
    assert_eq!(good["queued"], 3);
    let wrong = check(json!({"number": {"value": "x"}, "size": {"value": 1}})).await;
    assert_eq!(wrong["is_accepted"], false);
    assert_eq!(wrong["interface"], Value::Null);
    assert!(
        wrong["inputs"]["number"][0]
            .as_str()
            .unwrap()
            .contains("integer"),
        "{wrong}"
    );
    assert!(
        wrong["inputs"]["size"][0]
            .as_str()
            .unwrap()
            .contains("no input"),
        "{wrong}"
    );
    let patch = json!({"limits": {"gpu": "any"}}).to_string();
    let patched = clinic
        .ask("ed", "PATCH", "/api/gantry/v1/algorithms/doubles/", &patch)
        .await;
    assert_eq!(patched.status, 200, "{}", patched.body);
    let never = check(json!({"number": {"value": 3}})).await;
    assert!(
        never["never_because"].as_str().unwrap().contains("GPUs"),
        "{never}"
    );
    assert_eq!(
        count(&jobs(&clinic, "una", "").await),
        3,
        "nothing was submitted"
    );
}
