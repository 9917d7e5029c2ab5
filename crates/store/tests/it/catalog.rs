//! Sockets, algorithms, their roles and versions.

use domain::{Algorithm, Manifest, Slug};
use serde_json::json;
use store::algorithm_images::{Activation, ImportState, ImportedImage, NewVersion};
use store::algorithm_models::ImportedModel;
use store::algorithms::{
    AccessAnswer, AccessRequests, AccessState, AlgorithmFilter, AlgorithmRole, AlgorithmSettings,
    CreateAlgorithmError,
};
use store::ids::AccountId;
use store::sockets::CreateSocketError;
use store::{Page, Viewer};

use crate::opened::{Opened, at, viewer};

const MANIFEST: &str = r#"
    title = "Ages of 100% of lungs"
    slug = "lung-age"
    sockets = [
        { slug = "ct", kind = "Image", relative_path = "images/ct" },
        { slug = "age", kind = "Integer", relative_path = "age.json", schema = { minimum = 0 } },
        { slug = "score", kind = "Float", relative_path = "score.json" },
    ]
    interfaces = [
        { inputs = ["ct"], outputs = ["score"] },
        { inputs = ["ct", "age"], outputs = ["score"] },
    ]
"#;

fn manifest(change: &[(&str, &str)]) -> Algorithm {
    let text = change.iter().fold(MANIFEST.to_owned(), |text, (old, new)| {
        text.replace(old, new)
    });
    Manifest::parse(&text).unwrap().algorithm
}

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

#[tokio::test]
async fn an_algorithm_comes_back_as_it_was_declared() {
    let opened = Opened::new().await;
    let ada = opened.account("ada").await;
    let declared = manifest(&[]);
    let made = opened
        .store
        .create_algorithm(&declared, Some(ada), at(1))
        .await
        .unwrap();
    assert_eq!(made.interfaces.len(), 2);
    assert_eq!(made.average_seconds, None);
    let mut back = made.to_domain();
    back.sockets.sort_by_key(|socket| socket.slug.clone());
    let mut expected = declared.clone();
    expected.sockets.sort_by_key(|socket| socket.slug.clone());
    back.interfaces
        .sort_by_key(|interface| interface.inputs.len());
    assert_eq!(back, expected);
    let by_slug = opened
        .store
        .algorithm_by_slug(&declared.slug)
        .await
        .unwrap();
    assert_eq!(by_slug, Some(made));
    let again = opened.store.create_algorithm(&declared, None, at(2)).await;
    assert!(matches!(again, Err(CreateAlgorithmError::SlugTaken(_))));
}

#[tokio::test]
async fn sockets_and_interfaces_are_shared_and_must_agree() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let first = store
        .create_algorithm(&manifest(&[]), None, at(1))
        .await
        .unwrap();
    let other = manifest(&[("lung-age", "other")]);
    let second = store.create_algorithm(&other, None, at(2)).await.unwrap();
    assert_eq!(first.interfaces, second.interfaces);
    assert_eq!(store.sockets(Page::ALL, None).await.unwrap().count, 3);
    for (old, new, expected) in [
        (
            "\"Float\"",
            "\"Integer\"",
            "with the kind `Float`, expected `Integer`",
        ),
        (
            "score.json",
            "points.json",
            "with the path `score.json`, expected `points.json`",
        ),
        ("minimum = 0", "minimum = 1", "with the schema"),
        (
            "slug = \"age\"",
            "slug = \"years\"",
            "belongs to the socket `age`",
        ),
    ] {
        let change = [
            ("lung-age", "third"),
            (
                "[\"ct\", \"age\"]",
                if new.contains("years") {
                    "[\"ct\", \"years\"]"
                } else {
                    "[\"ct\", \"age\"]"
                },
            ),
            (old, new),
        ];
        let error = store
            .create_algorithm(&manifest(&change), None, at(3))
            .await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(
            store
                .algorithm_by_slug(&slug("third"))
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn an_update_replaces_interfaces_and_keeps_the_old_ones() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let made = store
        .create_algorithm(&manifest(&[]), None, at(1))
        .await
        .unwrap();
    let old = made.interfaces[1].clone();
    let changed = manifest(&[("{ inputs = [\"ct\", \"age\"], outputs = [\"score\"] },", "")]);
    let changed = store
        .update_algorithm(made.id, &changed, at(9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(changed.interfaces, made.interfaces[..1]);
    assert_eq!(changed.modified_at, at(9));
    assert_eq!(store.interface(old.id).await.unwrap(), Some(old));
    let nobody = store::ids::AlgorithmId::new();
    let missing = store
        .update_algorithm(nobody, &manifest(&[("lung-age", "x")]), at(9))
        .await;
    assert_eq!(missing.unwrap(), None);
}

#[tokio::test]
async fn roles_decide_who_sees_runs_and_changes() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    let made = store
        .create_algorithm(&manifest(&[]), Some(ada), at(1))
        .await
        .unwrap();
    let rights = async |who: Viewer| {
        (
            store.may_view_algorithm(who, made.id).await.unwrap(),
            store.may_run_algorithm(who, made.id).await.unwrap(),
            store.may_change_algorithm(who, made.id).await.unwrap(),
        )
    };
    assert_eq!(rights(viewer(ada)).await, (true, true, true));
    assert_eq!(rights(viewer(ben)).await, (false, false, false));
    assert_eq!(rights(Viewer::SYSTEM).await, (true, true, true));
    let settings = AlgorithmSettings {
        is_public: true,
        access_requests: AccessRequests::Manual,
        modality: "CT".to_owned(),
    };
    assert!(
        store
            .set_algorithm_settings(made.id, &settings, at(2))
            .await
            .unwrap()
    );
    assert_eq!(rights(viewer(ben)).await, (true, false, false));
    assert_eq!(rights(Viewer::ANONYMOUS).await, (true, false, false));
    store
        .set_algorithm_role(made.id, ben, AlgorithmRole::User)
        .await
        .unwrap();
    assert_eq!(rights(viewer(ben)).await, (true, true, false));
    let members = store.algorithm_members(made.id, Page::ALL).await.unwrap();
    assert_eq!(members.count, 2);
    assert!(store.remove_algorithm_role(made.id, ben).await.unwrap());
    assert!(!store.remove_algorithm_role(made.id, ben).await.unwrap());
    assert_eq!(rights(viewer(ben)).await, (true, false, false));
}

#[tokio::test]
async fn lists_hold_what_is_visible_and_asked_for() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let ada = opened.account("ada").await;
    store
        .create_algorithm(&manifest(&[]), Some(ada), at(1))
        .await
        .unwrap();
    let other = manifest(&[("lung-age", "other"), ("100%", "1000")]);
    store.create_algorithm(&other, None, at(2)).await.unwrap();
    let count = async |who, slug: Option<&str>, search: Option<&str>| {
        let filter = AlgorithmFilter {
            slug: slug.map(str::to_owned),
            search: search.map(str::to_owned),
            modality: None,
        };
        store
            .algorithms(who, &filter, Page::ALL)
            .await
            .unwrap()
            .count
    };
    assert_eq!(count(Viewer::SYSTEM, None, None).await, 2);
    assert_eq!(count(viewer(ada), None, None).await, 1);
    assert_eq!(count(Viewer::SYSTEM, Some("other"), None).await, 1);
    assert_eq!(count(Viewer::SYSTEM, Some("No Slug"), None).await, 0);
    assert_eq!(count(Viewer::SYSTEM, None, Some("AGES OF 100%")).await, 1);
    assert_eq!(count(Viewer::SYSTEM, None, Some("ages")).await, 2);
    let page = Page {
        offset: 1,
        limit: 1,
    };
    let part = store
        .algorithms(Viewer::SYSTEM, &AlgorithmFilter::default(), page)
        .await
        .unwrap();
    assert_eq!((part.count, part.items[0].slug.as_str()), (2, "other"));
}

#[tokio::test]
async fn access_is_asked_for_and_answered() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let ben = opened.account("ben").await;
    let made = store
        .create_algorithm(&manifest(&[]), None, at(1))
        .await
        .unwrap();
    let asked = store
        .ask_access(made.id, ben, at(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(asked.state, AccessState::Pending);
    let again = store
        .ask_access(made.id, ben, at(3))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(asked, again);
    let reject = AccessAnswer::Reject("no".to_owned());
    let answered = store
        .answer_access(made.id, asked.id, &reject)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (answered.state, answered.answer.as_str()),
        (AccessState::Rejected, "no")
    );
    assert!(!store.may_run_algorithm(viewer(ben), made.id).await.unwrap());
    store
        .answer_access(made.id, asked.id, &AccessAnswer::Accept)
        .await
        .unwrap();
    assert!(store.may_run_algorithm(viewer(ben), made.id).await.unwrap());
    assert_eq!(
        store
            .access_requests(made.id, Page::ALL)
            .await
            .unwrap()
            .count,
        1
    );

    let settings = AlgorithmSettings {
        access_requests: AccessRequests::AcceptAll,
        ..AlgorithmSettings::default()
    };
    store
        .set_algorithm_settings(made.id, &settings, at(4))
        .await
        .unwrap();
    let cid = opened.account("cid").await;
    let asked = store
        .ask_access(made.id, cid, at(5))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(asked.state, AccessState::Accepted);
    assert!(store.may_run_algorithm(viewer(cid), made.id).await.unwrap());
}

#[tokio::test]
async fn sockets_are_judged_and_kept() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let age = manifest(&[]).sockets[1].clone();
    let (good, bad) = (json!(3), json!(-1));
    let refused = store.create_socket(&age, Some(&bad), None, at(1)).await;
    assert!(matches!(refused, Err(CreateSocketError::Example(_))));
    let made = store
        .create_socket(&age, Some(&good), None, at(1))
        .await
        .unwrap();
    assert_eq!(store.socket(made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(
        store.socket_by_slug(&slug("age")).await.unwrap(),
        Some(made)
    );
    let twice = store.create_socket(&age, None, None, at(1)).await;
    assert!(matches!(twice, Err(CreateSocketError::SlugTaken(_))));
    let mut same_place = age.clone();
    same_place.slug = slug("years");
    let taken = store.create_socket(&same_place, None, None, at(1)).await;
    assert!(matches!(taken, Err(CreateSocketError::PathTaken { .. })));
    let mut astray = age;
    astray.slug = slug("astray");
    astray.relative_path = domain::RelativePath::new("images/astray").unwrap();
    let invalid = store.create_socket(&astray, None, None, at(1)).await;
    assert!(matches!(invalid, Err(CreateSocketError::Invalid(_))));
    let listed = store.sockets(Page::ALL, Some("not there")).await.unwrap();
    assert_eq!((listed.count, listed.items.len()), (0, 0));
}

#[tokio::test]
async fn one_version_is_active() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, new) = new_version(&opened).await;
    let imported = |digest: &str, activate| ImportedImage {
        digest: digest.to_owned(),
        size: 7,
        activate,
    };
    let first = store.create_algorithm_image(&new, at(2)).await.unwrap();
    let second = store.create_algorithm_image(&new, at(3)).await.unwrap();
    let third = store.create_algorithm_image(&new, at(4)).await.unwrap();
    assert_eq!(store.algorithm_images_to_import().await.unwrap().len(), 3);
    assert_eq!(
        store.activate_algorithm_image(first).await.unwrap(),
        Activation::NotImported
    );
    assert!(store.start_algorithm_image(first).await.unwrap());
    store
        .complete_algorithm_image(first, &imported("sha256:1", true))
        .await
        .unwrap();
    store
        .complete_algorithm_image(second, &imported("sha256:2", false))
        .await
        .unwrap();
    store.fail_algorithm_image(third, "no tar").await.unwrap();
    assert!(!store.start_algorithm_image(third).await.unwrap());
    let active = store
        .active_algorithm_image(new.algorithm)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((active.id, active.size), (first, 7));
    assert_eq!(
        store.activate_algorithm_image(second).await.unwrap(),
        Activation::Done
    );
    let listed = store
        .algorithm_images(viewer(ada), Some(new.algorithm), Page::ALL)
        .await
        .unwrap();
    let states: Vec<(ImportState, bool)> = listed
        .items
        .iter()
        .map(|image| (image.import_state, image.is_active))
        .collect();
    let done = ImportState::Completed;
    assert_eq!(
        states,
        [(done, false), (done, true), (ImportState::Failed, false)]
    );
    let unseen = store
        .algorithm_images(Viewer::ANONYMOUS, None, Page::ALL)
        .await
        .unwrap();
    assert_eq!(unseen.count, 0);
}

#[tokio::test]
async fn weights_are_active_until_they_are_not() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (_, new) = new_version(&opened).await;
    let model = store.create_algorithm_model(&new, at(5)).await.unwrap();
    let imported = ImportedModel {
        blob: opened.blob(b"tar"),
        activate: true,
    };
    store
        .complete_algorithm_model(model, &imported, at(6))
        .await
        .unwrap();
    let active = store
        .active_algorithm_model(new.algorithm)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(active.blob, Some(imported.blob.digest));
    store
        .deactivate_algorithm_models(new.algorithm)
        .await
        .unwrap();
    assert_eq!(
        store.active_algorithm_model(new.algorithm).await.unwrap(),
        None
    );
}

/// A version that somebody uploads, and who.
pub(crate) async fn new_version(opened: &Opened) -> (AccountId, NewVersion) {
    let ada = opened.account("ada").await;
    let made = opened
        .store
        .create_algorithm(&manifest(&[]), Some(ada), at(1))
        .await;
    let new = NewVersion {
        algorithm: made.unwrap().id,
        creator: Some(ada),
        upload: None,
        comment: "c".to_owned(),
    };
    (ada, new)
}
