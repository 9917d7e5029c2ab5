//! Everything that gives a list, asked once in each of its ways.

use std::collections::BTreeSet;

use serde_json::json;
use store::Page;
use store::Viewer;
use store::algorithms::AlgorithmFilter;
use store::archives::ArchiveRole;
use store::audit::{AuditFilter, AuditSearch, NewAudit};
use store::ids::{ArchiveRunId, AuditId, ImageId, ImageImportId, JobId, UploadId, ValueId};
use store::image_imports::ImportTarget;
use store::images::{GalleryFilter, ImageExtension, ImageFilter, NewImage};
use store::jobs::{JobEdit, JobFilter, JobInput, JobOrigin, JobSearch, JobSort, NewJob};
use store::values::NewContent;
use tempfile::TempDir;

use crate::jobs::Clinic;
use crate::opened::{at, viewer};

/// Asks, and notes the name of what was asked.
macro_rules! ask {
    ($asked:ident, $store:ident.$name:ident($($argument:expr),* $(,)?)) => {{
        $asked.insert(stringify!($name).to_owned());
        $store.$name($($argument),*).await.unwrap()
    }};
}

/// A page so deep that its beginning is looked up.
const DEEP: Page = Page {
    offset: 5000,
    limit: 100,
};

/// The folder of the store, and the names of all functions that were asked.
pub(super) async fn everything() -> (TempDir, BTreeSet<String>) {
    let clinic = Clinic::new().await;
    let mut asked = BTreeSet::new();
    jobs(&clinic, &mut asked).await;
    job_lists(&clinic, &mut asked).await;
    images(&clinic, &mut asked).await;
    archives(&clinic, &mut asked).await;
    people(&clinic, &mut asked).await;
    algorithms(&clinic, &mut asked).await;
    operators(&clinic, &mut asked).await;
    (clinic.opened.into_folder(), asked)
}

async fn jobs(clinic: &Clinic, asked: &mut BTreeSet<String>) {
    let store = &clinic.opened.store;
    let (ada, ben) = (clinic.ada, clinic.ben);
    let job = clinic.submit(ada).await;
    let edit = JobEdit {
        comment: Some("a head".to_owned()),
        is_public: Some(true),
    };
    store.edit_job(job, &edit).await.unwrap();
    store.share_job(job, ben).await.unwrap();
    for who in [viewer(ada), Viewer::SYSTEM, Viewer::ANONYMOUS] {
        for algorithm in [None, Some(clinic.algorithm.id)] {
            for (input_image, output_image) in [
                (None, None),
                (Some(ImageId::new()), None),
                (None, Some(ImageId::new())),
            ] {
                let filter = JobFilter {
                    algorithm,
                    input_image,
                    output_image,
                };
                ask!(asked, store.jobs(who, &filter, Page::ALL));
                ask!(asked, store.jobs(who, &filter, DEEP));
            }
        }
        store.may_view_job(who, job).await.unwrap();
    }
    ask!(asked, store.job_viewers(job));
    ask!(asked, store.pending_inputs(job));
    ask!(asked, store.job_values(job));
    ask!(asked, store.job_records(job, 0));
    ask!(asked, store.output_glimpses(&[job, JobId::new()]));
    ask!(asked, store.count_active_jobs(ada));
    ask!(asked, store.count_taken_jobs(ada));
    ask!(asked, store.count_queued_jobs());
    ask!(asked, store.count_jobs());
    ask!(asked, store.next_jobs(10));
    store.next_job(&crate::queue::everything()).await.unwrap();
    store.queue_place(job).await.unwrap();
    store.claim(job, "me", at(2)).await.unwrap();
    ask!(asked, store.claimed_jobs());
    ask!(asked, store.validating_jobs());
    ask!(asked, store.timed_jobs());
    ask!(asked, store.standing_claimed());
    ask!(asked, store.standing_queued(10));
    ask!(asked, store.standing_validating(10));
    ask!(asked, store.ask_cancel_run(ArchiveRunId::new(), at(3)));
    store.job_figures().await.unwrap();
    store.latest_report().await.unwrap();
    let other = clinic.submit(ada).await;
    store.ask_cancel(other, at(3)).await.unwrap();
    store.delete_job(other).await.unwrap();
}

async fn job_lists(clinic: &Clinic, asked: &mut BTreeSet<String>) {
    let store = &clinic.opened.store;
    let (algorithm, run) = (clinic.algorithm.id, ArchiveRunId::new());
    for who in [viewer(clinic.ada), Viewer::SYSTEM, Viewer::ANONYMOUS] {
        for sort in [JobSort::Newest, JobSort::State, JobSort::Duration] {
            for text in ["", "head", "head of", "01234567"] {
                let plain = JobSearch {
                    text: text.to_owned(),
                    sort,
                    ..JobSearch::default()
                };
                let searches = [
                    JobSearch {
                        algorithm: Some(algorithm),
                        ..plain.clone()
                    },
                    JobSearch {
                        creator: Some(clinic.ada),
                        ..plain.clone()
                    },
                    JobSearch {
                        archive_run: Some(run),
                        ..plain.clone()
                    },
                    JobSearch {
                        state: Some("failed"),
                        ..plain.clone()
                    },
                    JobSearch {
                        algorithm: Some(algorithm),
                        creator: Some(clinic.ada),
                        state: Some("failed"),
                        ..plain.clone()
                    },
                    plain,
                ];
                for search in &searches {
                    let found = ask!(asked, store.find_jobs(who, search, (None, 1)));
                    if let Some(next) = &found.next {
                        ask!(asked, store.find_jobs(who, search, (Some(next), 1)));
                    }
                }
            }
        }
    }
    ask!(asked, store.count_jobs_by_month(algorithm));
    ask!(asked, store.measured_jobs(algorithm, 10));
    ask!(asked, store.used_by_jobs(algorithm, 10));
    ask!(asked, store.count_failures(algorithm));
}

async fn images(clinic: &Clinic, asked: &mut BTreeSet<String>) {
    let (store, ada) = (&clinic.opened.store, clinic.ada);
    let new = |name: &str, account| NewImage {
        name: name.to_owned(),
        extension: ImageExtension::Mha,
        blob: clinic.opened.blob(name.as_bytes()),
        summary: json!({}),
        modality: String::new(),
        import: None,
        account: Some(account),
    };
    let image = new("head.mha", clinic.ben);
    let image = store.create_image(&image, at(1)).await.unwrap();
    let alone = store.create_image(&new("a.mha", ada), at(1)).await.unwrap();
    let socket = clinic.algorithm.interfaces[0].inputs[0].id;
    let job = NewJob {
        inputs: vec![JobInput::New(socket, NewContent::Image(image))],
        ..clinic.job(ada)
    };
    let job = store.submit(&job, at(1)).await.unwrap();
    let filters = image_filters(job);
    for who in [
        viewer(ada),
        viewer(clinic.ben),
        Viewer::SYSTEM,
        Viewer::ANONYMOUS,
    ] {
        for filter in &filters {
            ask!(asked, store.images(who, filter, Page::ALL));
            ask!(asked, store.images(who, filter, DEEP));
        }
        ask!(asked, store.own_images(who, "", (Some(image), 10)));
        let all = GalleryFilter::default();
        ask!(asked, store.gallery(who, &all, (Some(image), 10)));
        ask!(asked, store.image_uses(who, image, 10));
        store.may_view_image(who, image).await.unwrap();
        let value = ask!(asked, store.job_values(job)).0[0];
        store.may_view_value(who, value).await.unwrap();
    }
    ask!(asked, store.values_of(&[ValueId(1)]));
    store.delete_image(alone).await.unwrap();
    imports(clinic, asked, new("b.mha", ada)).await;
}

/// Each filter of images alone.
fn image_filters(job: JobId) -> [ImageFilter; 6] {
    [
        ImageFilter::default(),
        ImageFilter {
            name: Some("head.mha".to_owned()),
            ..ImageFilter::default()
        },
        ImageFilter {
            job_input: Some(job),
            ..ImageFilter::default()
        },
        ImageFilter {
            job_output: Some(job),
            ..ImageFilter::default()
        },
        ImageFilter {
            archive: Some(store::ids::ArchiveId::new()),
            ..ImageFilter::default()
        },
        ImageFilter {
            origin: Some(ImageImportId::new()),
            ..ImageFilter::default()
        },
    ]
}

async fn imports(clinic: &Clinic, asked: &mut BTreeSet<String>, image: NewImage) {
    let (store, ada) = (&clinic.opened.store, clinic.ada);
    let import = ImageImportId::new();
    let upload = store.create_upload(ada, "a.mha", at(1), at(99)).await;
    let files = [upload.unwrap().id];
    let target = ImportTarget::Nowhere {};
    let by = (import, Some(ada));
    store
        .create_image_import(by, &files, target, at(1))
        .await
        .unwrap();
    ask!(asked, store.image_imports_to_do());
    for who in [viewer(ada), Viewer::SYSTEM] {
        ask!(asked, store.image_imports(who, Page::ALL));
    }
    ask!(asked, store.recent_imports(ada, 10));
    let images = [NewImage {
        import: Some(import),
        ..image
    }];
    let done = (&images[..], "");
    ask!(asked, store.finish_image_import(import, done, at(2))).unwrap();
    ask!(asked, store.recent_imports(ada, 10));
}

async fn archives(clinic: &Clinic, asked: &mut BTreeSet<String>) {
    let (store, ada) = (&clinic.opened.store, clinic.ada);
    let archive = crate::archives::archive(store, "lungs").await;
    let role = store.set_archive_role(archive, ada, ArchiveRole::Editor);
    role.await.unwrap();
    let item = store.create_archive_item(archive, "one", at(1)).await;
    let item = item.unwrap();
    let socket = crate::archives::socket(store, "anything").await;
    let values = [(socket, NewContent::Json(json!(1)))];
    ask!(asked, store.merge_values(item, &values, at(1)));
    ask!(asked, store.replace_values(item, (&values, &[]), at(1)));
    for who in [viewer(ada), Viewer::SYSTEM, Viewer::ANONYMOUS] {
        for archive in [None, Some(archive)] {
            ask!(asked, store.archive_items(who, archive, Page::ALL));
            ask!(asked, store.archive_items(who, archive, DEEP));
        }
        ask!(asked, store.archives(who, None, Page::ALL));
        let both = (Some("lungs"), Some("l"));
        ask!(asked, store.search_archives(who, both, Page::ALL));
    }
    ask!(asked, store.archive_members(archive, Page::ALL));
    let target = ImportTarget::ArchiveItem {
        archive_item: item,
        socket,
    };
    let by = (ImageImportId::new(), Some(ada));
    store
        .create_image_import(by, &[], target, at(1))
        .await
        .unwrap();
    ask!(asked, store.imports_of_archive(archive, 10));
    let jobs = [(clinic.job(ada), JobOrigin::default())];
    let what = (archive, clinic.algorithm.id);
    let run = store
        .start_archive_run(what, Some(ada), (&[], &jobs), at(1))
        .await
        .unwrap();
    ask!(asked, store.count_run_jobs(run));
    ask!(asked, store.run_jobs(run, (None, 10)));
    ask!(asked, store.archive_runs(archive, Page::ALL));
    ask!(asked, store.archive_runs_of(archive, Some(ada), Page::ALL));
    store.delete_archive_item(item).await.unwrap();
}

async fn people(clinic: &Clinic, asked: &mut BTreeSet<String>) {
    let (store, ada) = (&clinic.opened.store, clinic.ada);
    ask!(asked, store.accounts("", Page::ALL));
    ask!(asked, store.count_accounts());
    ask!(asked, store.tokens_of(ada));
    ask!(asked, store.count_other_sessions(ada, "", at(1)));
    store.delete_expired_sessions(at(1)).await.unwrap();
    store.note_login_failure("ada", "::1", at(1)).await.unwrap();
    store.login_failures("ada", "::1", at(0)).await.unwrap();
    store.delete_old_login_failures(at(1)).await.unwrap();
    let upload = store.create_upload(ada, "a", at(1), at(2)).await.unwrap();
    ask!(asked, store.uploads_of(ada, Page::ALL));
    ask!(asked, store.count_open_uploads(ada));
    ask!(asked, store.parts(upload.id));
    ask!(asked, store.expired_uploads(at(9), Page::ALL));
    let blob = clinic.opened.blob(b"a");
    store
        .complete_upload(upload.id, &blob, at(1))
        .await
        .unwrap();
    store.consume_upload(UploadId::new()).await.unwrap();
}

async fn algorithms(clinic: &Clinic, asked: &mut BTreeSet<String>) {
    let (store, id) = (&clinic.opened.store, clinic.algorithm.id);
    for who in [viewer(clinic.ada), Viewer::SYSTEM] {
        let all = AlgorithmFilter::default();
        ask!(asked, store.algorithms(who, &all, Page::ALL));
        for algorithm in [None, Some(id)] {
            ask!(asked, store.algorithm_images(who, algorithm, Page::ALL));
            ask!(asked, store.algorithm_models(who, algorithm, Page::ALL));
        }
    }
    ask!(asked, store.algorithm_images_to_import());
    ask!(asked, store.algorithm_images_to_try());
    ask!(asked, store.case_runs(clinic.image));
    ask!(asked, store.algorithm_models_to_import());
    ask!(asked, store.algorithm_members(id, Page::ALL));
    ask!(asked, store.access_requests(id, Page::ALL));
    ask!(asked, store.count_pending_access_requests(id));
    ask!(asked, store.interfaces_of(id));
    ask!(asked, store.sockets(Page::ALL, None));
    let kind = "Anything".to_owned();
    ask!(asked, store.find_sockets("a", Some(&kind), Page::ALL));
}

async fn operators(clinic: &Clinic, asked: &mut BTreeSet<String>) {
    let (store, ada) = (&clinic.opened.store, clinic.ada);
    let record = NewAudit {
        account: Some(ada),
        action: "job.cancel",
        object: "job 1",
        detail: &json!(null),
    };
    store.note_audit(record, at(1)).await.unwrap();
    for filter in [
        AuditFilter::default(),
        AuditFilter {
            account: Some(ada),
            action: Some("job.cancel".to_owned()),
            object: None,
        },
        AuditFilter {
            object: Some("job 1".to_owned()),
            ..AuditFilter::default()
        },
    ] {
        ask!(asked, store.audit_log(&filter, Page::ALL));
    }
    let by_ada = AuditSearch {
        account: Some(ada),
        ..AuditSearch::default()
    };
    let by_object = AuditSearch {
        action: "job.".to_owned(),
        object: "job 1".to_owned(),
        from: Some(at(0)),
        until: Some(at(9)),
        ..AuditSearch::default()
    };
    for search in [AuditSearch::default(), by_ada, by_object] {
        let part = (Some(AuditId::new()), 10);
        ask!(asked, store.search_audit(&search, part));
    }
    ask!(asked, store.database_damages());
    ask!(asked, store.known_blobs(None, 10));
    let blob = clinic.opened.blob(b"b");
    ask!(asked, store.blob_users(&blob.digest));
    ask!(asked, store.named_images());
    store.blob_shares().await.unwrap();
    store.sweep_unnamed().await.unwrap();
    store.sweep_blobs(at(9)).await.unwrap();
    store.sweep_orphans(at(9)).await.unwrap();
}
