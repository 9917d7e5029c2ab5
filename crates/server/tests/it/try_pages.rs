//! The form that an algorithm is tried with: wrong fields come back with everything in them, right ones become a job.

use domain::Manifest;
use jiff::Timestamp;
use serde_json::json;
use store::algorithm_images::{ImportedImage, NewVersion};
use store::algorithms::{AlgorithmRole, StoredAlgorithm};
use store::ids::JobId;
use store::values::Content;

use crate::clinic::Clinic;
use crate::visit::Visit;

const MANIFEST: &str = r#"
    title = "Every kind of input"
    slug = "inputs"
    sockets = [
        { slug = "count", kind = "Integer", relative_path = "count.json", default = 2, schema = { minimum = 0, maximum = 9 } },
        { slug = "flag", kind = "Bool", relative_path = "flag.json", default = true },
        { slug = "words", kind = "String", relative_path = "words.json" },
        { slug = "side", kind = "Choice", relative_path = "side.json", schema = { enum = ["left", "right"] } },
        { slug = "settings", kind = "Anything", relative_path = "settings.json", schema = { required = ["level"] } },
        { slug = "points", kind = "Multiple points", relative_path = "points.json" },
        { slug = "rows", kind = "CSV file", relative_path = "rows.csv" },
        { slug = "ct", kind = "Image", relative_path = "images/ct" },
        { slug = "result", kind = "Integer", relative_path = "result.json" },
    ]
    interfaces = [
        { inputs = ["count", "flag", "words", "side", "settings", "points", "rows", "ct"], outputs = ["result"] },
    ]
"#;

async fn algorithm(clinic: &Clinic) -> StoredAlgorithm {
    let store = &clinic.store;
    let declared = Manifest::parse(MANIFEST).unwrap().algorithm;
    let now = Timestamp::now();
    let made = store.create_algorithm(&declared, None, now).await.unwrap();
    store
        .set_algorithm_role(made.id, clinic.una, AlgorithmRole::User)
        .await
        .unwrap();
    let version = NewVersion {
        algorithm: made.id,
        creator: None,
        upload: None,
        comment: String::new(),
    };
    let version = store.create_algorithm_image(&version, now).await.unwrap();
    let imported = ImportedImage {
        digest: "sha256:1".to_owned(),
        size: 1,
        activate: true,
    };
    store
        .complete_algorithm_image(version, &imported)
        .await
        .unwrap();
    made
}

const POINTS: &str =
    r#"{"version": {"major": 1, "minor": 0}, "type": "Multiple points", "points": []}"#;

fn fields(interface: &str, wrong: bool) -> Vec<(&str, &str)> {
    vec![
        ("interface", interface),
        ("value.count", if wrong { "4.5" } else { "4" }),
        ("value.words", "typed <b>text</b>"),
        ("value.side", "\"right\""),
        (
            "value.settings",
            if wrong { "{\"a\": }" } else { "{\"level\": 1}" },
        ),
        ("value.points", POINTS),
        ("from.ct", "upload"),
        ("comment", "my note"),
    ]
}

const FILES: &[(&str, &str, &str)] = &[
    ("file.rows", "rows.csv", "a,b\n1,2\n"),
    ("file.ct", "one.mha", "ObjectType = Image"),
    ("file.ct", "two.raw", "voxels"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_form_comes_back_with_everything_in_it() {
    let clinic = Clinic::new().await;
    let made = algorithm(&clinic).await;
    let interface = made.interfaces[0].id.to_string();
    let una = Visit::of(&clinic, "una").await;
    let fresh = una.get("/algorithms/inputs/try/").await;
    assert!(
        fresh.body.contains("name=\"value.count\" value=\"2\""),
        "{}",
        fresh.body
    );
    assert!(
        fresh.body.contains("This machine can give it that"),
        "{}",
        fresh.body
    );
    let before = clinic.store.count_active_jobs(clinic.una).await.unwrap();
    let wrong = fields(&interface, true);
    let path = "/algorithms/inputs/try/";
    let refused = una.post_files(path, &wrong, FILES).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    holds_everything(&refused.body);
    let page = &refused.body;
    let active = clinic.store.count_active_jobs(clinic.una).await.unwrap();
    assert_eq!(active, before, "nothing was submitted");
    // The files need not be sent again.
    let ids: Vec<&str> = page
        .split("name=\"upload:file.")
        .skip(1)
        .map(|rest| rest.split('"').nth(2).unwrap())
        .collect();
    let mut again = fields(&interface, false);
    // Sockets are in the order of their names.
    again.extend([
        ("upload:file.ct", ids[0]),
        ("upload:file.ct", ids[1]),
        ("upload:file.rows", ids[2]),
    ]);
    let accepted = una.post_files(path, &again, &[]).await;
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    let id: JobId = accepted.location()[6..42].parse().unwrap();
    check_job(&clinic, id).await;
    let page = una.get(&format!("/jobs/{id}/")).await.body;
    assert!(page.contains("Its files are being read: ct"), "{page}");
    let copy = una.get(&format!("{path}?from={id}")).await.body;
    assert!(
        copy.contains("value=\"4\"") && copy.contains("rows.csv, of the earlier job"),
        "{copy}"
    );
}

/// A refused form has what was typed, the files, and what is wrong where.
fn holds_everything(page: &str) {
    for kept in [
        "value=\"4.5\"",
        "typed &#60;b&#62;text",
        "value=\"&#34;right&#34;\" required checked",
        "{&#34;a&#34;: }",
        "Multiple points",
        "> rows.csv</label>",
        "> one.mha</label>",
        "> two.raw</label>",
        "value=\"my note\"",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert!(
        !page.contains("name=\"value.flag\" value=\"true\" checked"),
        "unticked"
    );
    assert!(page.contains("aria-invalid=\"true\""));
    assert!(
        page.contains("is not of type") || page.contains("integer"),
        "{page}"
    );
    assert!(
        page.contains("It is no JSON: expected value at line 1 column 7"),
        "{page}"
    );
}

async fn check_job(clinic: &Clinic, id: JobId) {
    let store = &clinic.store;
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!(
        (job.state.word(), job.comment.as_str()),
        ("validating", "my note")
    );
    let (inputs, _) = store.job_values(id).await.unwrap();
    let mut found = Vec::new();
    for value in store.values_of(&inputs).await.unwrap() {
        let slug = value.socket.socket.slug.to_string();
        found.push(match value.content {
            Content::Json(json) => (slug, json),
            Content::File { blob, .. } => {
                let bytes = fs_err::read(store.blobs().path(&blob)).unwrap();
                (slug, json!(String::from_utf8(bytes).unwrap()))
            }
            Content::Image(..) => panic!("it is still read"),
        });
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = json!([
        ["count", 4], ["flag", false], ["points", POINTS], ["rows", "a,b\n1,2\n"],
        ["settings", {"level": 1}], ["side", "right"], ["words", "typed <b>text</b>"],
    ]);
    assert_eq!(json!(found), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_is_checked_while_it_is_typed() {
    let clinic = Clinic::new().await;
    algorithm(&clinic).await;
    let una = Visit::of(&clinic, "una").await;
    let check = async |input: &str, text: &str| {
        let fields = [("input", input), ("text", text)];
        let answer = una.post("/algorithms/inputs/try/check/", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["problems"].to_string()
    };
    assert_eq!(check("settings", "{\"level\": 1}").await, "[]");
    assert!(check("settings", "{}").await.contains("level"));
    assert!(check("settings", "{").await.contains("line 1"));
    assert!(check("points", "{\"points\": 1}").await.contains("/points"));
    let otto = Visit::of(&clinic, "otto").await;
    let hidden = otto.post("/algorithms/inputs/try/check/", &[("input", "count")]);
    assert_eq!(hidden.await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_earlier_image_is_found_by_its_name_and_used() {
    let clinic = Clinic::new().await;
    let una = Visit::of(&clinic, "una").await;
    let interface = clinic.algorithm.interfaces.iter();
    let interface = interface.max_by_key(|one| one.inputs.len()).unwrap();
    let interface = interface.id.to_string();
    let mut fields = vec![
        ("interface", interface.as_str()),
        ("value.number", "7"),
        ("from.scan", "earlier"),
        ("search.scan", "HEAD"),
    ];
    let path = "/algorithms/{slug}/try/";
    let missing = una.post_files(path, &fields, &[]).await;
    assert_eq!(missing.status, 400);
    assert!(
        missing.body.contains("Choose one of the images."),
        "{}",
        missing.body
    );
    fields.push(("find", "scan"));
    let found = una.post_files(path, &fields, &[]).await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert!(found.body.contains("head-mr.mha") && found.body.contains("value=\"7\""));
    fields.pop();
    let image = clinic.path("{image}");
    fields.push(("image.scan", &image));
    let accepted = una.post_files(path, &fields, &[]).await;
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    let ed = Visit::of(&clinic, "ed").await;
    let foreign = ed.post_files(path, &fields, &[]).await;
    assert_eq!(
        foreign.status, 303,
        "the archive shows it to the editor too: {}",
        foreign.body
    );
}
