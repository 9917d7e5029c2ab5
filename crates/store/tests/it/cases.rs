//! Test cases of algorithms, and versions that are held against them.

use store::algorithm_images::{Activation, AlgorithmImage, ImportedImage, NewVersion};
use store::cases::{CaseRun, CaseVerdict, CasesState, NewCases};
use store::ids::AlgorithmImageId;

use crate::catalog::new_version;
use crate::opened::{Opened, at};

/// A version that was just imported and would become active.
async fn imported(opened: &Opened, new: &NewVersion, digest: &str) -> AlgorithmImageId {
    let store = &opened.store;
    let id = store.create_algorithm_image(new, at(2)).await.unwrap();
    let imported = ImportedImage {
        digest: digest.to_owned(),
        size: 7,
        activate: true,
    };
    store.complete_algorithm_image(id, &imported).await.unwrap();
    id
}

async fn seen(opened: &Opened, id: AlgorithmImageId) -> AlgorithmImage {
    opened.store.algorithm_image(id).await.unwrap().unwrap()
}

/// Gives the algorithm two cases.
async fn give(opened: &Opened, new: &NewVersion, is_required: bool) {
    let cases = NewCases {
        algorithm: new.algorithm,
        blob: opened.blob(b"zip"),
        filename: "cases.zip".to_owned(),
        count: 2,
        is_required,
        creator: new.creator,
    };
    opened
        .store
        .set_algorithm_cases(&cases, at(3))
        .await
        .unwrap();
}

async fn run(opened: &Opened, id: AlgorithmImageId, verdict: CaseVerdict) {
    let store = &opened.store;
    assert!(store.start_cases(id).await.unwrap());
    let run = CaseRun {
        name: "head".to_owned(),
        verdict,
        differences: vec!["`count` is 5, expected 4".to_owned()],
        wall_seconds: Some(1.5),
        peak_memory: None,
    };
    assert!(store.note_case(id, &run).await.unwrap());
    assert_eq!(store.case_runs(id).await.unwrap(), [run]);
    let state = match verdict {
        CaseVerdict::Failed => CasesState::Failed,
        CaseVerdict::Passed | CaseVerdict::NotRecorded => CasesState::Passed,
    };
    store.finish_cases(id, state, "").await.unwrap();
}

#[tokio::test]
async fn a_version_waits_for_cases_that_are_required() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (_, new) = new_version(&opened).await;
    let before = imported(&opened, &new, "sha256:1").await;
    assert_eq!(seen(&opened, before).await.cases, CasesState::None);
    give(&opened, &new, true).await;
    // The active version is held against them, and stays active.
    assert_eq!(seen(&opened, before).await.cases, CasesState::Queued);
    assert!(seen(&opened, before).await.is_active);

    let good = imported(&opened, &new, "sha256:2").await;
    assert!(!seen(&opened, good).await.is_active);
    assert_eq!(
        store.activate_algorithm_image(good).await.unwrap(),
        Activation::NotPassed(CasesState::Queued)
    );
    let waiting = store.algorithm_images_to_try().await.unwrap();
    let waiting: Vec<AlgorithmImageId> = waiting.iter().map(|version| version.id).collect();
    assert_eq!(waiting, [before, good]);
    run(&opened, good, CaseVerdict::Passed).await;
    assert!(seen(&opened, good).await.is_active);
    assert!(!seen(&opened, before).await.is_active);

    let bad = imported(&opened, &new, "sha256:3").await;
    run(&opened, bad, CaseVerdict::Failed).await;
    assert!(seen(&opened, good).await.is_active);
    assert_eq!(
        store.activate_algorithm_image(bad).await.unwrap(),
        Activation::NotPassed(CasesState::Failed)
    );
    store
        .require_algorithm_cases(new.algorithm, false)
        .await
        .unwrap();
    assert_eq!(
        store.activate_algorithm_image(bad).await.unwrap(),
        Activation::Done
    );
}

#[tokio::test]
async fn what_an_editor_activates_is_not_replaced_by_what_waited() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (_, new) = new_version(&opened).await;
    give(&opened, &new, true).await;
    let first = imported(&opened, &new, "sha256:1").await;
    let second = imported(&opened, &new, "sha256:2").await;
    run(&opened, second, CaseVerdict::Passed).await;
    run(&opened, first, CaseVerdict::Passed).await;
    assert!(seen(&opened, second).await.is_active);
    // Passing again does not make it active again either.
    assert!(store.ask_cases(first).await.unwrap());
    run(&opened, first, CaseVerdict::Passed).await;
    assert!(!seen(&opened, first).await.is_active);
}

#[tokio::test]
async fn other_cases_make_what_was_known_void() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (_, new) = new_version(&opened).await;
    assert!(!store.ask_cases(AlgorithmImageId::new()).await.unwrap());
    let version = imported(&opened, &new, "sha256:1").await;
    assert!(!store.ask_cases(version).await.unwrap(), "there are none");
    give(&opened, &new, false).await;
    run(&opened, version, CaseVerdict::Failed).await;
    let kept = store.algorithm_cases(new.algorithm).await.unwrap().unwrap();
    assert_eq!(
        (kept.count, kept.is_required, kept.blob.size),
        (2, false, 3)
    );

    assert!(store.ask_cases(version).await.unwrap());
    assert!(store.start_cases(version).await.unwrap());
    give(&opened, &new, false).await;
    let late = CaseRun {
        name: "late".to_owned(),
        verdict: CaseVerdict::Passed,
        differences: Vec::new(),
        wall_seconds: None,
        peak_memory: Some(9),
    };
    assert!(!store.note_case(version, &late).await.unwrap());
    store
        .finish_cases(version, CasesState::Passed, "")
        .await
        .unwrap();
    assert_eq!(seen(&opened, version).await.cases, CasesState::Queued);
    assert_eq!(store.case_runs(version).await.unwrap(), []);

    assert!(store.remove_algorithm_cases(new.algorithm).await.unwrap());
    assert!(!store.remove_algorithm_cases(new.algorithm).await.unwrap());
    assert_eq!(seen(&opened, version).await.cases, CasesState::None);
    assert!(!store.start_cases(version).await.unwrap());
    assert_eq!(store.algorithm_images_to_try().await.unwrap(), []);
}
