//! Pages by number, as gcapi walks through them: the number of all rows is right at every moment, and every page is where
//! it belongs.

use serde_json::json;
use store::archives::{ArchiveRole, NewArchive};
use store::ids::{AccountId, ArchiveId, ImageId, JobId, SocketId};
use store::images::{ImageExtension, ImageFilter, NewImage};
use store::jobs::{JobEdit, JobFilter, JobInput, JobOrigin, NewJob};
use store::values::NewContent;
use store::{Page, Store, Viewer};

use crate::jobs::Clinic;
use crate::opened::{Opened, at, viewer};

/// Asks for pages until one is empty; every page says how many there are in all.
async fn walk<I: Copy>(ask: impl AsyncFn(Page) -> (u64, Vec<I>)) -> Vec<I> {
    let mut all = Vec::new();
    loop {
        let page = Page {
            offset: all.len() as u64,
            limit: 90,
        };
        let (count, ids) = ask(page).await;
        if ids.is_empty() {
            assert_eq!(count, all.len() as u64, "the number of all");
            return all;
        }
        all.extend(ids);
        assert!(all.len() as u64 <= count, "{count} in all");
    }
}

async fn jobs(store: &Store, who: Viewer, filter: JobFilter) -> Vec<JobId> {
    let ask = async |page| {
        let listed = store.jobs(who, &filter, page).await.unwrap();
        let ids = listed.items.iter().map(|job| job.id).collect();
        (listed.count, ids)
    };
    walk(ask).await
}

/// The list of everybody is what they may see, one by one.
async fn check_jobs(clinic: &Clinic, all: &[JobId]) {
    let store = &clinic.opened.store;
    let of_algorithm = JobFilter {
        algorithm: Some(clinic.algorithm.id),
        ..JobFilter::default()
    };
    let everybody = [
        viewer(clinic.ada),
        viewer(clinic.ben),
        Viewer::ANONYMOUS,
        Viewer::SYSTEM,
    ];
    for who in everybody {
        let mut expected = Vec::new();
        for job in all {
            if store.may_view_job(who, *job).await.unwrap() {
                expected.push(*job);
            }
        }
        assert_eq!(jobs(store, who, JobFilter::default()).await, expected);
        assert_eq!(jobs(store, who, of_algorithm).await, expected);
    }
}

/// Submits as many jobs of somebody, all in the same second.
async fn submit(clinic: &Clinic, (whose, many): (AccountId, usize), seconds: i64) {
    let store = &clinic.opened.store;
    let archive = crate::archives::archive(store, &format!("of-{seconds}")).await;
    let batch = vec![(clinic.job(whose), JobOrigin::default()); many];
    store
        .start_archive_run(
            (archive, clinic.algorithm.id),
            Some(whose),
            (&[], &batch),
            at(seconds),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn jobs_are_where_they_belong_and_counted_whatever_happens_to_them() {
    let clinic = Clinic::new().await;
    let store = &clinic.opened.store;
    let (ada, ben) = (clinic.ada, clinic.ben);
    for hour in 0..8 {
        submit(&clinic, (ada, 150), hour * 3600).await;
        submit(&clinic, (ben, 7), hour * 3600 + 1).await;
    }
    let mut all = jobs(store, Viewer::SYSTEM, JobFilter::default()).await;
    assert_eq!(all.len(), 8 * 157);
    check_jobs(&clinic, &all).await;

    let public = |is_public| JobEdit {
        comment: None,
        is_public: Some(is_public),
    };
    for job in [all[3], all[152], all[1000]] {
        assert!(store.edit_job(job, &public(true)).await.unwrap());
    }
    for job in [all[3], all[5], all[700], all[153]] {
        // Once more changes nothing.
        store.share_job(job, ben).await.unwrap();
        store.share_job(job, ben).await.unwrap();
    }
    store.share_job(all[153], ada).await.unwrap();
    check_jobs(&clinic, &all).await;
    store.edit_job(all[3], &public(false)).await.unwrap();
    store.edit_job(all[700], &public(true)).await.unwrap();
    assert!(store.unshare_job(all[5], ben).await.unwrap());
    assert!(!store.unshare_job(all[5], ben).await.unwrap());
    assert!(store.unshare_job(all[700], ben).await.unwrap());
    check_jobs(&clinic, &all).await;
    for place in [1000, 700, 153, 3] {
        let job = all.remove(place);
        assert!(store.ask_cancel(job, at(9)).await.unwrap());
        store.delete_job(job).await.unwrap();
    }
    check_jobs(&clinic, &all).await;
}

fn image(opened: &Opened, name: &str, account: AccountId) -> NewImage {
    NewImage {
        name: name.to_owned(),
        extension: ImageExtension::Mha,
        blob: opened.blob(name.as_bytes()),
        summary: json!({}),
        modality: String::new(),
        import: None,
        account: Some(account),
    }
}

async fn images(store: &Store, who: Viewer) -> Vec<ImageId> {
    let ask = async |page| {
        let all = ImageFilter::default();
        let listed = store.images(who, &all, page).await.unwrap();
        let ids = listed.items.iter().map(|image| image.id).collect();
        (listed.count, ids)
    };
    walk(ask).await
}

async fn check_images(clinic: &Clinic, all: &[ImageId]) {
    let store = &clinic.opened.store;
    let everybody = [
        viewer(clinic.ada),
        viewer(clinic.ben),
        Viewer::ANONYMOUS,
        Viewer::SYSTEM,
    ];
    for who in everybody {
        let mut expected = Vec::new();
        for image in all {
            if store.may_view_image(who, *image).await.unwrap() {
                expected.push(*image);
            }
        }
        assert_eq!(images(store, who).await, expected);
    }
}

async fn filled(
    store: &Store,
    (archive, socket): (ArchiveId, SocketId),
    image: ImageId,
) -> store::ids::ArchiveItemId {
    let item = store.create_archive_item(archive, "", at(1)).await.unwrap();
    let values = [(socket, NewContent::Image(image))];
    store.merge_values(item, &values, at(1)).await.unwrap();
    item
}

#[tokio::test]
async fn images_are_counted_through_whatever_shows_them() {
    let clinic = Clinic::new().await;
    let (opened, store) = (&clinic.opened, &clinic.opened.store);
    let (ada, ben) = (clinic.ada, clinic.ben);
    let mut all = Vec::new();
    for number in 0..12 {
        let whose = if number % 4 == 0 { ben } else { ada };
        let new = image(opened, &format!("{number}.mha"), whose);
        all.push(store.create_image(&new, at(number)).await.unwrap());
    }
    check_images(&clinic, &all).await;
    // Ben runs a job on two images of Ada's, and she runs one on a third.
    let socket = crate::archives::socket(store, "ct").await;
    let job_on = |whose, images: &[ImageId]| NewJob {
        inputs: images
            .iter()
            .map(|image| JobInput::New(socket, NewContent::Image(*image)))
            .collect(),
        ..clinic.job(whose)
    };
    let of_ben = job_on(ben, &[all[1], all[2]]);
    let of_ben = store.submit(&of_ben, at(20)).await.unwrap();
    let of_ada = job_on(ada, &[all[3], all[2]]);
    let of_ada = store.submit(&of_ada, at(21)).await.unwrap();
    check_images(&clinic, &all).await;
    store.share_job(of_ada, ben).await.unwrap();
    check_images(&clinic, &all).await;
    let public = JobEdit {
        comment: None,
        is_public: Some(true),
    };
    store.edit_job(of_ada, &public).await.unwrap();
    check_images(&clinic, &all).await;

    let archive = crate::archives::archive(store, "lungs").await;
    let item = filled(store, (archive, socket), all[5]).await;
    filled(store, (archive, socket), all[2]).await;
    filled(store, (archive, socket), all[4]).await;
    check_images(&clinic, &all).await;
    store
        .set_archive_role(archive, ben, ArchiveRole::User)
        .await
        .unwrap();
    check_images(&clinic, &all).await;

    for job in [of_ben, of_ada] {
        store.ask_cancel(job, at(30)).await.unwrap();
        store.delete_job(job).await.unwrap();
        check_images(&clinic, &all).await;
    }
    store.delete_archive_item(item).await.unwrap();
    store.delete_image(all.remove(5)).await.unwrap();
    store.delete_image(all.remove(0)).await.unwrap();
    check_images(&clinic, &all).await;
}

#[tokio::test]
async fn items_of_archives_are_counted_and_come_archive_by_archive() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    let mut expected = Vec::new();
    let mut archives = Vec::new();
    for (slug, is_public, many) in [("one", false, 130), ("two", true, 0), ("three", true, 95)] {
        let new = NewArchive {
            slug: domain::Slug::new(slug).unwrap(),
            title: slug.to_owned(),
            description: String::new(),
            is_public,
        };
        let archive = store.create_archive(&new, Some(ada), at(0)).await.unwrap();
        let mut items = Vec::new();
        for number in 0..many {
            let made = store
                .create_archive_item(archive, "", at(number * 100))
                .await;
            items.push(made.unwrap());
        }
        archives.push(archive);
        expected.push(items);
    }
    let items = async |who: Viewer, archive: Option<ArchiveId>| {
        let ask = async |page| {
            let listed = store.archive_items(who, archive, page).await.unwrap();
            let ids = listed.items.iter().map(|item| item.id).collect();
            (listed.count, ids)
        };
        walk(ask).await
    };
    assert_eq!(items(viewer(ada), None).await, expected.concat());
    assert_eq!(items(Viewer::SYSTEM, None).await, expected.concat());
    assert_eq!(items(viewer(ben), None).await, expected[2]);
    assert_eq!(items(viewer(ben), Some(archives[0])).await, []);
    assert_eq!(items(viewer(ada), Some(archives[0])).await, expected[0]);
    for place in [129, 60, 0] {
        let gone = expected[0].remove(place);
        assert!(store.delete_archive_item(gone).await.unwrap());
        assert!(!store.delete_archive_item(gone).await.unwrap());
    }
    assert_eq!(items(viewer(ada), None).await, expected.concat());
    assert_eq!(items(viewer(ada), Some(archives[0])).await, expected[0]);
}
