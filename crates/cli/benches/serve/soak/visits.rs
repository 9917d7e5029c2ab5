//! What people do, one visit after the other.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Client;

/// Jobs that are kept; older ones are deleted.
const KEPT: usize = 200;
/// Different new images, so that the store has to keep and to drop bytes.
const IMAGES: u64 = 64;
/// Voxels of a side of a new image.
const SIDE: usize = 64;

/// A visit that is over.
pub(super) struct Done {
    pub(super) what: &'static str,
    pub(super) time: Duration,
}

/// What visits share.
pub(super) struct Visits {
    client: Client,
    algorithm: String,
    /// Address of the demo image, and its id.
    image: (String, String),
    count: AtomicU64,
    jobs: Mutex<VecDeque<Kept>>,
}

/// A job that is there still.
struct Kept {
    job: String,
    /// The image that came with it.
    image: Option<String>,
}

impl Visits {
    pub(super) fn prepare(client: &Client) -> Visits {
        let algorithm = client.algorithm();
        let image = client.demo_image(&algorithm);
        let id = last(&image);
        Visits {
            client: client.another(),
            algorithm,
            image: (image, id),
            count: AtomicU64::new(0),
            jobs: Mutex::default(),
        }
    }

    /// Somebody with a connection of their own.
    pub(super) fn client(&self) -> Client {
        self.client.another()
    }

    /// The next visit; its kind.
    pub(super) fn one(&self, client: &Client) -> &'static str {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        match number % 4 {
            0 => {
                self.new_image(client, number / 4);
                "a job on a new image"
            }
            1 => {
                self.look(client);
                "a viewer"
            }
            _ => {
                let job = client.submit(&client.job_on(&self.algorithm, &self.image.0));
                self.ended(client, job, None);
                "a job"
            }
        }
    }

    /// Uploads an image for a job.
    fn new_image(&self, client: &Client, number: u64) {
        let upload = client.upload(&image(number % IMAGES), &format!("new-{number}.mha"));
        let inputs = json!([{"interface": "mri", "user_uploads": [upload]}]);
        let job = client.submit(&json!({"algorithm": self.algorithm, "inputs": inputs}));
        client.wait(&job);
        let shown = client.get(&format!("/api/v1/algorithms/jobs/{job}/"));
        let image = shown["inputs"][0]["image"].as_str().map(last);
        assert!(image.is_some(), "an image that was not read: {shown}");
        self.ended(client, job, image);
    }

    /// Waits for a job, reads what came of it, and deletes an old one.
    fn ended(&self, client: &Client, job: String, image: Option<String>) {
        client.wait(&job);
        let shown = client.get(&format!("/api/v1/algorithms/jobs/{job}/"));
        assert_eq!(shown["status"], "Succeeded", "{shown}");
        client.get(&format!("/api/gantry/v1/jobs/{job}/log/"));
        client.get("/api/v1/algorithms/jobs/?limit=10");
        let old = {
            let mut jobs = self.jobs.lock().expect("nobody panicked");
            jobs.push_back(Kept { job, image });
            if jobs.len() > KEPT {
                jobs.pop_front()
            } else {
                None
            }
        };
        let Some(old) = old else { return };
        client.delete(&format!("/api/gantry/v1/jobs/{}/", old.job));
        if let Some(image) = old.image {
            client.delete(&format!("/api/gantry/v1/images/{image}/"));
        }
    }

    /// What a viewer asks for: the description, a first picture, all voxels, some slices.
    fn look(&self, client: &Client) {
        let place = format!("/images/{}/view", self.image.1);
        let (status, described) = client.ask(&format!("{place}/image.json"));
        assert_eq!(status, 200, "{described}");
        let described: Value = serde_json::from_str(&described).expect("JSON");
        let slabs = described["levels"][0]["slabs"].as_u64().unwrap_or(1);
        let mut paths = vec![
            format!("{place}/thumbnail.jpg"),
            format!("{place}/slice.jpg?plane=axial"),
        ];
        paths.extend((0..slabs).map(|slab| format!("{place}/voxels?slab={slab}")));
        paths.extend(
            ["coronal", "sagittal"].map(|plane| format!("{place}/slice.png?plane={plane}")),
        );
        for path in paths {
            let (status, bytes) = client.fetch(&path);
            assert!(status == 200 && !bytes.is_empty(), "{path}: {status}");
        }
    }
}

/// The last part of an address.
fn last(address: &str) -> String {
    let parts = address.trim_end_matches('/').rsplit('/').next();
    parts.unwrap_or_default().to_owned()
}

/// A bright ball in noise, another one for each number; raw MetaImage, 512 KiB.
fn image(number: u64) -> Vec<u8> {
    let mut bytes = format!(
        "ObjectType = Image\nNDims = 3\nDimSize = {SIDE} {SIDE} {SIDE}\nElementType = MET_USHORT\n\
         ElementSpacing = 2 2 2\nElementDataFile = LOCAL\n"
    )
    .into_bytes();
    let mut state = number + 1;
    let middle = SIDE as f64 / 2.0;
    let radius = middle * (0.5 + 0.4 * number as f64 / IMAGES as f64);
    for index in 0..SIDE * SIDE * SIDE {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let place = [index % SIDE, index / SIDE % SIDE, index / SIDE / SIDE];
        let distance: f64 = place.map(|at| (at as f64 - middle).powi(2)).iter().sum();
        let base = if distance < radius * radius { 900 } else { 100 };
        let value = base + u16::try_from(state >> 58).expect("six bits");
        bytes.extend(value.to_le_bytes());
    }
    bytes
}
