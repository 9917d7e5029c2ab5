//! Sockets, checked while they are typed and when they are made.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_judged_field_by_field_and_made() {
    let clinic = Clinic::new().await;
    let ed = Visitor::of(&clinic, "ed").await;
    let bad = "title=Number&kind=Float&path=number.json&schema=%7B%22minimum%22%3A+0%7D&default=-1&example=x";
    let checked = ed.post("/sockets/check/", bad).await.json();
    assert!(
        checked["default"].as_str().unwrap().contains("minimum"),
        "{checked}"
    );
    assert!(
        checked["example"]
            .as_str()
            .unwrap()
            .contains("text stands in quotes"),
        "{checked}"
    );
    let taken = "title=Number&kind=Float&path=number.json";
    let checked = ed.post("/sockets/check/", taken).await.json();
    assert!(
        checked["slug"].as_str().unwrap().contains("already"),
        "{checked}"
    );
    assert!(
        checked["path"].as_str().unwrap().contains("`number`"),
        "{checked}"
    );
    let refused = ed.post("/sockets/create/", bad).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("aria-invalid=\"true\""));
    assert!(
        refused.body.contains("{&#34;minimum&#34;: 0}"),
        "what was typed is kept: {}",
        refused.body
    );
    let good = "title=Lesions&kind=Segmentation&path=images%2Flesions&segments=2\
                &segment-value:0=1&segment-name:0=Lesion&segment-value:1=2&segment-name:1=Oedema&segment-hidden:1=on";
    let more = ed
        .post("/sockets/create/", &format!("{good}&do=more-segments"))
        .await;
    assert!(
        more.body.contains("segment-name:4") && more.body.contains("Oedema"),
        "{}",
        more.body
    );
    let made = ed.post("/sockets/create/", good).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let shown = ed.get("/sockets/lesions/").await;
    assert!(
        shown.body.contains("Oedema") && shown.body.contains("hidden at first"),
        "{}",
        shown.body
    );
}
