//! Making and changing algorithms by forms, and asking for access.

use super::*;

/// A form with one interface.
const NEW: &[(&str, &str)] = &[
    ("title", "Number doubler"),
    ("modality", "CT"),
    ("geometry", "refuse"),
    ("interfaces", "1"),
    ("in:0", "number"),
    ("add-out:0", "double"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_in_a_form_stands_in_it() {
    let clinic = Clinic::new().await;
    let ed = Visitor::of(&clinic, "ed").await;
    let wish = [NEW, &[("do", "add-interface")]].concat();
    let grown = ed.post_files("/algorithms/create/", &wish).await;
    assert_eq!(grown.status, 200, "{}", grown.body);
    assert!(
        grown.body.contains("Interface 2") && grown.body.contains("Number doubler"),
        "{}",
        grown.body
    );
    let unknown = [NEW, &[("add-in:0", "nothing-here")]].concat();
    let refused = ed.post_files("/algorithms/create/", &unknown).await;
    assert!(
        refused.body.contains("There is no socket `nothing-here`"),
        "{}",
        refused.body
    );
    let both = [NEW, &[("out:0", "number")]].concat();
    let refused = ed.post_files("/algorithms/create/", &both).await;
    assert!(
        refused.body.contains("goes in and comes out"),
        "{}",
        refused.body
    );
    let logo = [NEW, &[("logo@logo.png", "no picture")]].concat();
    let refused = ed.post_files("/algorithms/create/", &logo).await;
    assert!(
        refused.body.contains("It is no PNG or JPEG"),
        "{}",
        refused.body
    );
    let taken = [NEW, &[("slug", "doubles")]].concat();
    let refused = ed.post_files("/algorithms/create/", &taken).await;
    assert!(
        refused
            .body
            .contains("There is an algorithm `doubles` already"),
        "{}",
        refused.body
    );

    assert_eq!(ed.get("/algorithms/number-doubler/").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_algorithm_is_made_and_changed_by_a_form() {
    let clinic = Clinic::new().await;
    let ed = Visitor::of(&clinic, "ed").await;
    let made = ed.post_files("/algorithms/create/", NEW).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert!(
        made.head.contains("/algorithms/number-doubler/versions/"),
        "{}",
        made.head
    );
    let shown = ed.get("/algorithms/number-doubler/").await;
    assert!(
        shown.body.contains("There is no container image yet"),
        "{}",
        shown.body
    );
    let changed = [NEW, &[("title", "Doubler"), ("description", "Doubles.")]].concat();
    let changed: Vec<_> = changed.into_iter().skip(1).collect();
    let answer = ed
        .post_files("/algorithms/number-doubler/edit/", &changed)
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let shown = ed.get("/algorithms/number-doubler/").await;
    assert!(
        shown.body.contains("<p>Doubles.</p>") && shown.body.contains("Doubler</h1>"),
        "{}",
        shown.body
    );
}

const MANIFEST: &str = "title = 'M'\nslug = 'm'\nresult_template_file = 'show.jinja'\ninterfaces = [{ inputs = ['number'], outputs = ['double'] }]\n\
    sockets = [{ slug = 'number', kind = 'Integer', relative_path = 'number.json' }, \
    { slug = 'double', kind = 'Integer', relative_path = 'double.json' }]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_algorithm_is_made_from_its_manifest() {
    let clinic = Clinic::new().await;
    let ed = Visitor::of(&clinic, "ed").await;
    let path = "/algorithms/create/manifest/";
    let broken = ed.post_files(path, &[("manifest", "title = \"")]).await;
    assert_eq!(broken.status, 422);
    assert!(broken.body.contains("no valid TOML"), "{}", broken.body);
    let alone = ed
        .post_files(path, &[("files@algorithm.toml", MANIFEST)])
        .await;
    assert!(
        alone.body.contains("choose the file `show.jinja`"),
        "{}",
        alone.body
    );
    let files = [
        ("files@algorithm.toml", MANIFEST),
        // Some clients send the folder with the name.
        ("files@templates/show.jinja", "*{{ results }}*"),
    ];
    let made = ed.post_files(path, &files).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let shown = ed.get("/algorithms/m/template/").await;
    assert!(shown.body.contains("*{{ results }}*"), "{}", shown.body);
    let other = ed
        .post_files("/algorithms/{slug}/edit/manifest/", &files)
        .await;
    assert!(
        other
            .body
            .contains("The manifest is of `m`, expected `doubles`"),
        "{}",
        other.body
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_judged_and_kept() {
    let clinic = Clinic::new().await;
    let ed = Visitor::of(&clinic, "ed").await;
    let rest = "cpu=2&time=5m&disk=4GB&pids=64&gpu=none&shm=0&output=1GB&output-files=10&open-files=64&log=1MB";
    let refused = ed
        .post("/algorithms/{slug}/limits/", &format!("memory=lots&{rest}"))
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("`lots` is no size") && refused.body.contains("value=\"5m\""),
        "{}",
        refused.body
    );
    let saved = ed
        .post("/algorithms/{slug}/limits/", &format!("memory=2GB&{rest}"))
        .await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let now = clinic
        .store
        .algorithm(clinic.algorithm.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            now.limits.memory_bytes,
            now.limits.cpu_percent,
            now.limits.shm_bytes
        ),
        (2_000_000_000, 200, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_previewed_judged_and_kept() {
    let clinic = Clinic::new().await;
    let ed = Visitor::of(&clinic, "ed").await;
    let path = "/algorithms/{slug}/template/";
    let shown = ed
        .post(
            path,
            "do=preview&template=%2A%2A%7B%7B+results.a+%7D%7D%2A%2A&results=%7B%22a%22%3A+7%7D",
        )
        .await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(
        shown.body.contains("&#60;strong&#62;7&#60;/strong&#62;"),
        "{}",
        shown.body
    );
    let broken = ed
        .post(path, "do=save&template=a%0A%7B%25+if+%25%7D&results=1")
        .await;
    assert_eq!(broken.status, 422);
    assert!(broken.body.contains("line 2"), "{}", broken.body);
    let live = ed
        .post(
            "/algorithms/{slug}/template/preview/",
            "template=x&results=%7B",
        )
        .await
        .json();
    assert_eq!(live["problem"][0], "results", "{live}");
    let saved = ed
        .post(path, "do=save&template=%2Ahello%2A&results=1")
        .await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert!(ed.get(path).await.body.contains("*hello*"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_asked_for_and_answered() {
    let clinic = Clinic::new().await;
    let (ed, otto) = (
        Visitor::of(&clinic, "ed").await,
        Visitor::of(&clinic, "otto").await,
    );
    let public = ed
        .post(
            "/algorithms/{slug}/people/visibility/",
            "visibility=public&requests=manual",
        )
        .await;
    assert_eq!(public.status, 303);
    let seen = otto.get("/algorithms/{slug}/").await;
    assert!(
        seen.body.contains("An editor has not answered yet"),
        "{}",
        seen.body
    );
    let silent = ed
        .post("/algorithms/{slug}/requests/{request}/reject/", "reason=")
        .await;
    assert!(
        silent.body.contains("A reason is missing"),
        "{}",
        silent.body
    );
    ed.post(
        "/algorithms/{slug}/requests/{request}/reject/",
        "reason=not+yet",
    )
    .await;
    let seen = otto.get("/algorithms/{slug}/").await;
    assert!(seen.body.contains("refused it: not yet"), "{}", seen.body);
    ed.post("/algorithms/{slug}/requests/{request}/accept/", "")
        .await;
    let seen = otto.get("/algorithms/{slug}/").await;
    assert!(
        seen.body.contains("/algorithms/doubles/try/"),
        "{}",
        seen.body
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_editor_stays() {
    let clinic = Clinic::new().await;
    let ed = Visitor::of(&clinic, "ed").await;
    let refused = ed
        .post("/algorithms/{slug}/people/remove/", "username=ed")
        .await;
    assert!(
        refused.body.contains("This is the only editor"),
        "{}",
        refused.body
    );
    let refused = ed
        .post("/algorithms/{slug}/people/add/", "username=ed&role=user")
        .await;
    assert!(
        refused.body.contains("This is the only editor"),
        "{}",
        refused.body
    );
    let refused = ed
        .post(
            "/algorithms/{slug}/people/add/",
            "username=nobody&role=user",
        )
        .await;
    assert!(
        refused.body.contains("There is no account `nobody`"),
        "{}",
        refused.body
    );
    let added = ed
        .post(
            "/algorithms/{slug}/people/add/",
            "username=otto&role=editor",
        )
        .await;
    assert_eq!(added.status, 303);
    let removed = ed
        .post("/algorithms/{slug}/people/remove/", "username=ed")
        .await;
    assert_eq!(removed.status, 303);
    assert_eq!(ed.get("/algorithms/{slug}/people/").await.status, 404);
}
