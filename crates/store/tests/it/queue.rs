//! Whose turn it is.

use domain::Manifest;
use store::algorithm_images::{ImportedImage, NewVersion};
use store::ids::JobId;
use store::jobs::{NewJob, Room};

use crate::jobs::Clinic;
use crate::opened::at;

/// As if nothing ran.
pub(crate) fn everything() -> Room {
    Room {
        memory: u64::MAX,
        millicpus: u64::MAX,
        disk: u64::MAX,
        gpus: u64::MAX,
        but_not_of: Vec::new(),
        but_not: Vec::new(),
    }
}

/// A second algorithm, on the sockets of the first.
async fn second(clinic: &Clinic) -> NewJob {
    let store = &clinic.opened.store;
    let manifest = r#"
        title = "Triples"
        slug = "triples"
        sockets = [
            { slug = "number", kind = "Integer", relative_path = "number.json" },
            { slug = "double", kind = "Integer", relative_path = "double.json" },
        ]
        interfaces = [{ inputs = ["number"], outputs = ["double"] }]
    "#;
    let declared = Manifest::parse(manifest).unwrap().algorithm;
    let made = store
        .create_algorithm(&declared, Some(clinic.ada), at(0))
        .await
        .unwrap();
    let version = NewVersion {
        algorithm: made.id,
        creator: Some(clinic.ada),
        upload: None,
        comment: String::new(),
    };
    let image = store.create_algorithm_image(&version, at(0)).await.unwrap();
    let imported = ImportedImage {
        digest: "sha256:2".to_owned(),
        size: 1,
        activate: true,
    };
    store
        .complete_algorithm_image(image, &imported)
        .await
        .unwrap();
    NewJob {
        algorithm: made.id,
        image,
        ..clinic.job(clinic.ada)
    }
}

/// Claims everything that is queued, in turn.
async fn order(clinic: &Clinic) -> Vec<JobId> {
    let store = &clinic.opened.store;
    let mut order = Vec::new();
    while let Some(next) = store.next_job(&everything()).await.unwrap() {
        store.claim(next.id, "one", at(9)).await.unwrap();
        order.push(next.id);
    }
    order
}

#[tokio::test]
async fn two_people_with_two_algorithms_take_turns() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let other = second(&clinic).await;
    let mut many = Vec::new();
    for _ in 0..6 {
        many.push(clinic.submit(clinic.ada).await);
    }
    // Ada's second algorithm comes late, and so does Ben.
    let triple = store.submit(&other, at(2)).await.unwrap();
    let (first, then) = (
        clinic.submit(clinic.ben).await,
        clinic.submit(clinic.ben).await,
    );
    let order = order(&clinic).await;
    assert_eq!(order.len(), 9);
    let place = |job| order.iter().position(|one| *one == job).unwrap();
    assert!(place(first) <= 2, "ben waits for {} jobs", place(first));
    assert!(place(then) <= 5, "ben waits for {} jobs", place(then));
    assert!(place(triple) <= 4, "it waits for {} jobs", place(triple));
    assert!(
        many.windows(2).all(|two| place(two[0]) < place(two[1])),
        "jobs of one kind keep their order"
    );
}

#[tokio::test]
async fn many_algorithms_are_not_many_people() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let other = second(&clinic).await;
    for _ in 0..6 {
        clinic.submit(clinic.ada).await;
        store.submit(&other, at(2)).await.unwrap();
    }
    let mut of_ben = Vec::new();
    for _ in 0..4 {
        of_ben.push(clinic.submit(clinic.ben).await);
    }
    let order = order(&clinic).await;
    let first = &order[..8];
    let count = first.iter().filter(|job| of_ben.contains(job)).count();
    assert!(count >= 3, "ben has {count} of the first eight turns");
}

#[tokio::test]
async fn who_has_enough_is_passed_over_and_so_is_what_does_not_fit() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let mut large = clinic.job(clinic.ada);
    large.limits.memory_bytes = 1 << 40;
    let large = store.submit(&large, at(1)).await.unwrap();
    let small = clinic.submit(clinic.ada).await;
    let of_ben = clinic.submit(clinic.ben).await;
    let next = async |room: &Room| {
        let next = store.next_job(room).await.unwrap();
        next.map(|next| next.id)
    };
    assert_eq!(next(&everything()).await, Some(large));
    let little = Room {
        memory: 1 << 39,
        ..everything()
    };
    let found = next(&little).await.unwrap();
    assert!(found == small || found == of_ben);
    let not_of_ada = Room {
        but_not_of: vec![clinic.ada],
        ..little.clone()
    };
    assert_eq!(next(&not_of_ada).await, Some(of_ben));
    let none = Room {
        but_not: vec![clinic.algorithm.id],
        ..everything()
    };
    assert_eq!(next(&none).await, None);
}
