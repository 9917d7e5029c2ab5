//! The life of a job in the database.

use domain::job::{JobEvent, JobState};
use domain::{Failure, FailureReason, Manifest};
use serde_json::json;
use store::algorithm_images::{ImportedImage, NewVersion};
use store::algorithms::StoredAlgorithm;
use store::ids::{AccountId, AlgorithmImageId, JobId, UploadId};
use store::jobs::{
    ApplyError, Finished, JobChange, JobFilter, JobInput, JobOutput, NewJob, OutputContent,
    Pending, PendingSource,
};
use store::values::NewContent;
use store::{Page, Viewer};

use crate::opened::{Opened, at, viewer};
use crate::queue::everything;

const MANIFEST: &str = r#"
    title = "Doubles"
    slug = "doubles"
    sockets = [
        { slug = "number", kind = "Integer", relative_path = "number.json" },
        { slug = "double", kind = "Integer", relative_path = "double.json" },
    ]
    interfaces = [{ inputs = ["number"], outputs = ["double"] }]
"#;

/// An algorithm that can run, and people who use it.
pub(crate) struct Clinic {
    pub(crate) opened: Opened,
    pub(crate) algorithm: StoredAlgorithm,
    pub(crate) image: AlgorithmImageId,
    pub(crate) ada: AccountId,
    pub(crate) ben: AccountId,
}

impl Clinic {
    pub(crate) async fn new() -> Clinic {
        let opened = Opened::new().await;
        let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
        let store = &opened.store;
        let declared = Manifest::parse(MANIFEST).unwrap().algorithm;
        let made = store.create_algorithm(&declared, Some(ada), at(0)).await;
        let algorithm = made.unwrap();
        let version = NewVersion {
            algorithm: algorithm.id,
            creator: Some(ada),
            upload: None,
            comment: String::new(),
        };
        let image = store.create_algorithm_image(&version, at(0)).await.unwrap();
        let imported = ImportedImage {
            digest: "sha256:1".to_owned(),
            size: 1,
            activate: true,
        };
        store
            .complete_algorithm_image(image, &imported)
            .await
            .unwrap();
        Clinic {
            opened,
            algorithm,
            image,
            ada,
            ben,
        }
    }

    pub(crate) fn job(&self, creator: AccountId) -> NewJob {
        let interface = &self.algorithm.interfaces[0];
        NewJob {
            algorithm: self.algorithm.id,
            image: self.image,
            model: None,
            interface: interface.id,
            creator: Some(creator),
            archive_run: None,
            limits: self.algorithm.limits.clone(),
            inputs: vec![JobInput::New(
                interface.inputs[0].id,
                NewContent::Json(json!(21)),
            )],
            pending: Vec::new(),
        }
    }

    pub(crate) async fn submit(&self, creator: AccountId) -> JobId {
        let job = self.job(creator);
        self.opened.store.submit(&job, at(1)).await.unwrap()
    }

    pub(crate) async fn state(&self, job: JobId) -> JobState {
        self.opened.store.job(job).await.unwrap().unwrap().state
    }
}

fn by(owner: &str, event: JobEvent) -> JobChange {
    JobChange {
        event,
        owner: Some(owner.to_owned()),
    }
}

fn lost() -> JobEvent {
    let failure = Failure::new(FailureReason::WorkerLost, "the server was killed");
    JobEvent::WorkerLost(Box::new(failure))
}

fn done(owner: &str, event: JobEvent) -> Finished {
    Finished {
        change: by(owner, event),
        outputs: Vec::new(),
        report: None,
        log: None,
    }
}

#[tokio::test]
async fn a_job_goes_its_way_and_every_step_is_recorded() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let job = clinic.submit(clinic.ada).await;
    let claimed = store.claim(job, "one", at(2)).await.unwrap();
    assert_eq!(
        (claimed.attempt, claimed.owner.as_deref()),
        (1, Some("one"))
    );
    for event in [JobEvent::Provisioned, JobEvent::Executed] {
        store.apply(job, by("one", event), at(3)).await.unwrap();
    }
    let log = clinic.opened.blob(b"{}\n");
    let finished = Finished {
        outputs: vec![JobOutput {
            socket: clinic.algorithm.interfaces[0].outputs[0].id,
            content: OutputContent::Json(json!(42)),
        }],
        log: Some(log.clone()),
        ..done("one", JobEvent::OutputsAccepted)
    };
    let state = store.finish(job, &finished, at(9)).await.unwrap();
    assert_eq!(state, JobState::Succeeded);
    let found = store.job(job).await.unwrap().unwrap();
    assert_eq!((found.completed_at, found.owner), (Some(at(9)), None));
    assert_eq!(store.job_log(job).await.unwrap(), Some(log.digest));
    let (inputs, outputs) = store.job_values(job).await.unwrap();
    assert_eq!((inputs.len(), outputs.len()), (1, 1));
    let words: Vec<String> = store
        .job_records(job, 0)
        .await
        .unwrap()
        .into_iter()
        .map(|record| format!("{} {}", record.number, record.state))
        .collect();
    let expected = [
        "1 queued",
        "2 provisioning",
        "3 executing",
        "4 parsing",
        "5 succeeded",
    ];
    assert_eq!(words, expected);
    let twice = store.finish(job, &finished, at(10)).await;
    assert!(
        matches!(twice, Err(ApplyError::NotOwner { .. })),
        "{twice:?}"
    );
    let (_, outputs) = store.job_values(job).await.unwrap();
    assert_eq!(outputs.len(), 1, "no output twice");
}

#[tokio::test]
async fn only_its_owner_moves_a_claimed_job() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let job = clinic.submit(clinic.ada).await;
    store.claim(job, "one", at(2)).await.unwrap();
    let again = store.claim(job, "two", at(3)).await;
    assert!(matches!(again, Err(ApplyError::Impossible(_))), "{again:?}");
    let foreign = store
        .finish(job, &done("two", JobEvent::Cancelled), at(3))
        .await;
    assert!(
        matches!(foreign, Err(ApplyError::NotOwner { .. })),
        "{foreign:?}"
    );
    assert!(matches!(
        clinic.state(job).await,
        JobState::Provisioning { attempt: 1 }
    ));
}

#[tokio::test]
async fn a_lost_job_goes_to_the_front_once_and_then_fails() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let (job, other) = (
        clinic.submit(clinic.ada).await,
        clinic.submit(clinic.ada).await,
    );
    store.claim(job, "one", at(2)).await.unwrap();
    store
        .apply(job, JobChange::by_nobody(lost()), at(3))
        .await
        .unwrap();
    let next = store.next_job(&everything()).await.unwrap().unwrap();
    assert_eq!(next.id, job);
    let place = store.queue_place(other).await.unwrap().unwrap();
    assert_eq!((place.ahead, place.queued), (1, 2));
    let claimed = store.claim(job, "two", at(4)).await.unwrap();
    assert_eq!(claimed.attempt, 2);
    let late = store
        .finish(job, &done("one", JobEvent::Cancelled), at(5))
        .await;
    assert!(
        matches!(late, Err(ApplyError::NotOwner { .. })),
        "the dead do not speak"
    );
    store
        .apply(job, JobChange::by_nobody(lost()), at(6))
        .await
        .unwrap();
    let JobState::Failed { failure } = clinic.state(job).await else {
        panic!("expected a failure");
    };
    assert_eq!(failure.reason, FailureReason::WorkerLost);
}

#[tokio::test]
async fn turns_are_shared_between_people() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let mut many = Vec::new();
    for _ in 0..5 {
        many.push(clinic.submit(clinic.ada).await);
    }
    let one = clinic.submit(clinic.ben).await;
    let place = store.queue_place(one).await.unwrap().unwrap();
    assert!(place.ahead <= 1, "ben waits behind {} of 5", place.ahead);
    assert_eq!(place.queued, 6);
    let first = store.queue_place(many[0]).await.unwrap().unwrap();
    assert_eq!(first.ahead, 0);
    assert_eq!(store.count_active_jobs(clinic.ada).await.unwrap(), 5);
}

#[tokio::test]
async fn a_wish_to_cancel_ends_what_waits_and_is_noted_for_what_runs() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let (waiting, running) = (
        clinic.submit(clinic.ada).await,
        clinic.submit(clinic.ada).await,
    );
    store.claim(running, "one", at(2)).await.unwrap();
    assert!(store.ask_cancel(waiting, at(3)).await.unwrap());
    assert!(store.ask_cancel(running, at(3)).await.unwrap());
    assert_eq!(clinic.state(waiting).await, JobState::Cancelled);
    assert!(clinic.state(running).await.is_claimed());
    let noted = store.job(running).await.unwrap().unwrap();
    assert_eq!(noted.cancel_asked_at, Some(at(3)));
    assert!(
        !store.ask_cancel(waiting, at(4)).await.unwrap(),
        "it has ended"
    );
    let nobody = store.ask_cancel(JobId::new(), at(4)).await;
    assert!(matches!(nobody, Err(ApplyError::Gone(_))));
}

#[tokio::test]
async fn a_job_waits_until_its_last_input_is_there() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let socket = clinic.algorithm.interfaces[0].inputs[0].id;
    let waiting = NewJob {
        inputs: Vec::new(),
        pending: vec![Pending {
            socket,
            source: PendingSource::Upload(UploadId::new()),
        }],
        ..clinic.job(clinic.ada)
    };
    let job = store.submit(&waiting, at(1)).await.unwrap();
    assert_eq!(clinic.state(job).await, JobState::Validating);
    assert_eq!(store.next_job(&everything()).await.unwrap(), None);
    let content = NewContent::Json(json!(1));
    let state = store
        .input_arrived(job, (socket, &content), at(2))
        .await
        .unwrap();
    assert_eq!(state, Some(JobState::Queued { attempts: 0 }));
    let again = store
        .input_arrived(job, (socket, &content), at(3))
        .await
        .unwrap();
    assert_eq!(again, None, "an import that is repeated adds nothing");
    assert_eq!(store.job_values(job).await.unwrap().0.len(), 1);

    let refused = store.submit(&waiting, at(4)).await.unwrap();
    let failure = Failure::new(FailureReason::InputInvalid, "no image");
    store.input_refused(refused, failure, at(5)).await.unwrap();
    assert!(clinic.state(refused).await.is_final());
    assert!(store.pending_inputs(refused).await.unwrap().is_empty());
}

#[tokio::test]
async fn jobs_that_somebody_must_move_on_are_found() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let job = clinic.submit(clinic.ada).await;
    let timed = async || {
        let timed = store.timed_jobs().await.unwrap();
        timed.iter().map(|timed| timed.id).collect::<Vec<_>>()
    };
    assert_eq!(timed().await, [], "queued for ever");
    let claimed = store.claim(job, "one", at(2)).await.unwrap();
    assert_eq!(timed().await, [job]);
    assert_eq!(claimed.deadline, Some(at(2 + 600)));
}

#[tokio::test]
async fn lists_show_what_one_may_see() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let (first, second) = (
        clinic.submit(clinic.ada).await,
        clinic.submit(clinic.ada).await,
    );
    let list = async |who: Viewer| {
        let filter = JobFilter::default();
        let listed = store.jobs(who, &filter, Page::ALL).await.unwrap();
        let ids: Vec<JobId> = listed.items.iter().map(|job| job.id).collect();
        (listed.count, ids)
    };
    assert_eq!(list(viewer(clinic.ada)).await, (2, vec![first, second]));
    assert_eq!(list(viewer(clinic.ben)).await, (0, Vec::new()));
    assert_eq!(list(Viewer::SYSTEM).await, (2, vec![first, second]));
    assert!(!store.may_view_job(viewer(clinic.ben), first).await.unwrap());
}
