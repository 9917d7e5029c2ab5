//! Lists of jobs as people search them, and what goes when a job goes.

use domain::Manifest;
use domain::job::{JobEvent, JobState};
use jiff::SignedDuration;
use serde_json::json;
use store::algorithm_images::{ImportedImage, NewVersion};
use store::ids::{AccountId, JobId};
use store::images::{ImageExtension, NewImage};
use store::jobs::{
    DeleteJobError, Finished, JobChange, JobEdit, JobInput, JobOutput, JobSearch, JobSort, NewJob,
    OutputContent,
};
use store::values::NewContent;

use crate::opened::{Opened, at, viewer};

const MANIFEST: &str = r#"
    title = "Masks"
    slug = "masks"
    sockets = [
        { slug = "scan", kind = "Image", relative_path = "images/scan" },
        { slug = "mask", kind = "Image", relative_path = "images/mask" },
    ]
    interfaces = [{ inputs = ["scan"], outputs = ["mask"] }]
"#;

fn image(opened: &Opened, name: &str, account: Option<AccountId>) -> NewImage {
    NewImage {
        name: name.to_owned(),
        extension: ImageExtension::Mha,
        blob: opened.blob(name.as_bytes()),
        summary: json!({}),
        modality: String::new(),
        import: None,
        account,
    }
}

/// A job of somebody on an image of this name.
async fn job_on(opened: &Opened, ada: AccountId, name: &str) -> NewJob {
    let store = &opened.store;
    let declared = Manifest::parse(MANIFEST).unwrap().algorithm;
    let found = store.algorithm_by_slug(&declared.slug).await.unwrap();
    let algorithm = match found {
        Some(found) => found,
        None => store
            .create_algorithm(&declared, Some(ada), at(0))
            .await
            .unwrap(),
    };
    let version = NewVersion {
        algorithm: algorithm.id,
        creator: Some(ada),
        upload: None,
        comment: String::new(),
    };
    let version = store.create_algorithm_image(&version, at(0)).await.unwrap();
    let imported = ImportedImage {
        digest: "sha256:1".to_owned(),
        size: 1,
        activate: true,
    };
    store
        .complete_algorithm_image(version, &imported)
        .await
        .unwrap();
    let scan = store
        .create_image(&image(opened, name, Some(ada)), at(0))
        .await
        .unwrap();
    let interface = &algorithm.interfaces[0];
    NewJob {
        algorithm: algorithm.id,
        image: version,
        model: None,
        interface: interface.id,
        creator: Some(ada),
        archive_run: None,
        limits: algorithm.limits.clone(),
        inputs: vec![JobInput::New(
            interface.inputs[0].id,
            NewContent::Image(scan),
        )],
        pending: Vec::new(),
    }
}

/// Takes a job to its end, with one output image.
async fn succeed(opened: &Opened, job: JobId, mask: store::ids::SocketId) {
    let store = &opened.store;
    store.claim(job, "me", at(2)).await.unwrap();
    let by = |event| JobChange {
        event,
        owner: Some("me".to_owned()),
    };
    for event in [JobEvent::Provisioned, JobEvent::Executed] {
        store.apply(job, by(event), at(3)).await.unwrap();
    }
    let finished = Finished {
        change: by(JobEvent::OutputsAccepted),
        outputs: vec![JobOutput {
            socket: mask,
            content: OutputContent::Image(Box::new(image(opened, "mask.mha", None))),
        }],
        report: None,
        log: Some(opened.blob(b"a log")),
    };
    let state = store.finish(job, &finished, at(4)).await.unwrap();
    assert_eq!(state, JobState::Succeeded);
}

#[tokio::test]
async fn a_job_goes_with_everything_that_only_it_has() {
    let opened = Opened::new().await;
    let (ada, store) = (opened.account("ada").await, &opened.store);
    let new = job_on(&opened, ada, "head.mha").await;
    let algorithm = store.algorithm(new.algorithm).await.unwrap().unwrap();
    let mask = algorithm.interfaces[0].outputs[0].id;
    let job = store.submit(&new, at(1)).await.unwrap();
    let early = store.delete_job(job).await.unwrap_err();
    assert!(matches!(early, DeleteJobError::Active { state: "queued" }));
    succeed(&opened, job, mask).await;
    let edit = JobEdit {
        comment: Some("to be deleted".to_owned()),
        is_public: Some(true),
    };
    assert!(store.edit_job(job, &edit).await.unwrap());
    let mine = store.own_images(viewer(ada), "", (None, 10)).await.unwrap();
    let names: Vec<&str> = mine.iter().map(|image| image.name.as_str()).collect();
    assert_eq!(
        names,
        ["mask.mha", "head.mha"],
        "outputs belong to whoever ran the job"
    );
    let (mask_file, scan_file) = (mine[0].blob.clone(), mine[1].blob.clone());
    store.delete_job(job).await.unwrap();
    assert_eq!(store.job(job).await.unwrap(), None);
    let left = store.own_images(viewer(ada), "", (None, 10)).await.unwrap();
    assert_eq!(left.len(), 1, "what was uploaded stays");
    let found = |digest| store.blobs().path(digest).exists();
    let stay = store.blobs().let_stay().unwrap();
    assert_eq!(store.sweep_unnamed().await.unwrap(), 0, "somebody copies");
    assert!(found(&mask_file));
    drop(stay);
    let swept = store.sweep_unnamed().await.unwrap();
    assert_eq!(swept, 2, "the mask and the log");
    assert!(!found(&mask_file) && found(&scan_file));
    assert!(matches!(
        store.delete_job(job).await,
        Err(DeleteJobError::Gone(_))
    ));
}

#[tokio::test]
async fn bytes_that_are_kept_again_are_not_swept() {
    let opened = Opened::new().await;
    let (ada, store) = (opened.account("ada").await, &opened.store);
    let lost = store
        .create_image(&image(&opened, "lost.mha", Some(ada)), at(0))
        .await
        .unwrap();
    let file = store.image(lost).await.unwrap().unwrap().blob;
    store.delete_image(lost).await.unwrap();
    let orphan = opened.blob(b"no row names this").digest;
    let now = jiff::Timestamp::now();
    let soon = now + SignedDuration::from_mins(30);
    assert_eq!(store.sweep_blobs(soon).await.unwrap(), 1, "its row is old");
    assert!(
        store.blobs().path(&file).exists(),
        "its file was kept a moment ago"
    );
    assert_eq!(store.sweep_orphans(soon).await.unwrap(), 0);
    let later = now + store::blobs::GRACE + SignedDuration::from_mins(1);
    assert_eq!(store.sweep_orphans(later).await.unwrap(), 2);
    assert!(!store.blobs().path(&file).exists());
    assert!(!store.blobs().path(&orphan).exists());
}

#[tokio::test]
async fn bytes_that_have_another_name_or_are_on_their_way_into_one_stay() {
    let opened = Opened::new().await;
    let (ada, store) = (opened.account("ada").await, &opened.store);
    let make = async || {
        let new = image(&opened, "head.mha", Some(ada));
        store.create_image(&new, at(0)).await.unwrap()
    };
    let (first, second) = (make().await, make().await);
    let file = store.image(first).await.unwrap().unwrap().blob;
    let lies = || store.blobs().path(&file).exists();
    store.delete_image(first).await.unwrap();
    assert_eq!(
        store.sweep_unnamed().await.unwrap(),
        0,
        "the second names it"
    );
    store.delete_image(second).await.unwrap();
    let again = image(&opened, "head.mha", Some(ada));
    store.sweep_unnamed().await.unwrap();
    assert!(lies(), "it was kept again");
    let third = store.create_image(&again, at(1)).await.unwrap();
    drop(again);
    assert_eq!(store.sweep_unnamed().await.unwrap(), 0);
    assert!(lies());
    store.delete_image(third).await.unwrap();
    assert_eq!(store.sweep_unnamed().await.unwrap(), 1);
    assert!(!lies());
}

#[tokio::test]
async fn bytes_on_their_way_into_a_row_stay_however_far_the_clock_jumps() {
    let opened = Opened::new().await;
    let (ada, store) = (opened.account("ada").await, &opened.store);
    // They were here before, in a row that nothing names any more.
    let lost = store
        .create_image(&image(&opened, "head.mha", Some(ada)), at(0))
        .await
        .unwrap();
    store.delete_image(lost).await.unwrap();
    let again = image(&opened, "head.mha", Some(ada));
    let new = opened.blob(b"just kept");
    let jump = jiff::Timestamp::now() + SignedDuration::from_hours(24 * 365);
    assert_eq!(store.sweep_blobs(jump).await.unwrap(), 1, "the row alone");
    store.sweep_orphans(jump).await.unwrap();
    let lies = |digest: &store::blobs::Digest| store.blobs().path(digest).exists();
    assert!(lies(&again.blob.digest) && lies(&new.digest));
    let named = store.create_image(&again, at(1)).await.unwrap();
    drop(again);
    store.sweep_blobs(jump).await.unwrap();
    let named = store.image(named).await.unwrap().unwrap();
    store.blobs().verify(&named.blob).unwrap();
    // What nobody has named when they let go of it may go.
    let digest = new.digest.clone();
    drop(new);
    assert_eq!(store.sweep_orphans(jump).await.unwrap(), 1);
    assert!(!lies(&digest));
}

#[tokio::test]
async fn jobs_are_found_by_words_and_seen_by_whom_they_are_for() {
    let opened = Opened::new().await;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    let store = &opened.store;
    let mut jobs = Vec::new();
    for (second, name) in ["Head-MR_1.mha", "thorax.mha", "head-ct.mha"]
        .iter()
        .enumerate()
    {
        let new = job_on(&opened, ada, name).await;
        let second = i64::try_from(second).unwrap();
        jobs.push(store.submit(&new, at(second)).await.unwrap());
    }
    let find = async |who, text: &str| -> Vec<JobId> {
        let search = JobSearch {
            text: text.to_owned(),
            sort: JobSort::Newest,
            ..JobSearch::default()
        };
        let found = store
            .find_jobs(viewer(who), &search, (None, 10))
            .await
            .unwrap();
        assert_eq!(found.count, Some(found.lines.len() as u64));
        found.lines.iter().map(|line| line.id).collect()
    };
    assert_eq!(find(ada, "").await, [jobs[2], jobs[1], jobs[0]]);
    assert_eq!(find(ada, "head").await, [jobs[2], jobs[0]]);
    assert_eq!(find(ada, "HEAD mr").await, [jobs[0]]);
    assert_eq!(find(ada, &jobs[1].to_string()).await, [jobs[1]]);
    let comment = |text: &str| JobEdit {
        comment: Some(text.to_owned()),
        is_public: None,
    };
    store
        .edit_job(jobs[1], &comment("like a head"))
        .await
        .unwrap();
    assert_eq!(find(ada, "head").await.len(), 3);
    store.edit_job(jobs[1], &comment("")).await.unwrap();
    assert_eq!(find(ada, "head").await.len(), 2, "the old words are gone");
    assert!(find(ben, "").await.is_empty());
    store.share_job(jobs[0], ben).await.unwrap();
    assert_eq!(find(ben, "head").await, [jobs[0]]);
    assert_eq!(store.job_viewers(jobs[0]).await.unwrap(), ["ben"]);
    assert!(store.unshare_job(jobs[0], ben).await.unwrap());
    assert!(!store.unshare_job(jobs[0], ben).await.unwrap());
    assert!(find(ben, "").await.is_empty());
}
