//! A server with people, an algorithm, a job, an archive and a run. Nothing runs: its jobs stay queued.

use std::sync::Arc;

use camino::Utf8Path;
use container::sandbox::Shims;
use domain::{Manifest, Slug};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use server::auth::digest;
use server::config::Config;
use server::state::{AppState, SigningKey};
use server::worker::{Capacity, Caps, Worker, WorkerSettings};
use store::Store;
use store::accounts::{NewAccount, Role};
use store::algorithm_images::{ImportedImage, NewVersion};
use store::algorithms::{AlgorithmRole, StoredAlgorithm};
use store::archives::{ArchiveRole, NewArchive};
use store::ids::{AccountId, AlgorithmImageId};
use store::images::{ImageExtension, NewImage};
use store::jobs::{JobInput, JobOrigin, NewJob};
use store::tokens::NewToken;
use store::values::NewContent;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const MANIFEST: &str = r#"
    title = "Doubles"
    slug = "doubles"
    sockets = [
        { slug = "number", kind = "Integer", relative_path = "number.json" },
        { slug = "scan", kind = "Image", relative_path = "images/scan" },
        { slug = "double", kind = "Integer", relative_path = "double.json" },
    ]
    interfaces = [
        { inputs = ["number"], outputs = ["double"] },
        { inputs = ["number", "scan"], outputs = ["double"] },
    ]
"#;

/// Nobody, a user, a user of the algorithm and the archive, an editor of both, an administrator.
pub(crate) const PEOPLE: [&str; 5] = ["nobody", "otto", "una", "ed", "admin"];

/// A running server.
pub(crate) struct Clinic {
    _folder: TempDir,
    pub(crate) store: Store,
    address: std::net::SocketAddr,
    /// What stands in paths: `{job}` and the like.
    pub(crate) names: Vec<(&'static str, String)>,
    pub(crate) algorithm: StoredAlgorithm,
    pub(crate) version: AlgorithmImageId,
    pub(crate) una: AccountId,
}

/// What the server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The lines before the body.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}

impl Clinic {
    pub(crate) async fn new() -> Clinic {
        let folder = tempfile::tempdir().unwrap();
        let home = Utf8Path::from_path(folder.path()).unwrap().to_owned();
        let store = Store::open(&home).await.unwrap();
        let huge = 1 << 60;
        let settings = WorkerSettings {
            home,
            executor: executor::kinds::Kind::Local.executor("".into()),
            shims: Arc::new(Shims::of(&["/no/such/shim"])),
            capacity: Capacity {
                memory: huge,
                millicpus: huge,
                disk: huge,
                gpus: 0,
            },
            caps: Caps {
                jobs: 1,
                per_account: 1,
                per_algorithm: 1,
            },
            waive: std::collections::BTreeSet::new(),
        };
        let worker = Worker::new(store.clone(), settings);
        let state = AppState::new(worker, Config::default(), SigningKey([7; 32]));
        let router = server::api::router(state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        furnish(folder, store, address).await
    }

    /// The path with names filled in.
    pub(crate) fn path(&self, pattern: &str) -> String {
        let filled = self
            .names
            .iter()
            .fold(pattern.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            });
        filled.replace("{none}", "0190a5b0-0000-7000-8000-000000000000")
    }

    /// Asks as one of [`PEOPLE`].
    pub(crate) async fn ask(&self, who: &str, method: &str, path: &str, body: &str) -> Answer {
        let token = match who {
            "nobody" => String::new(),
            name => format!("Authorization: Bearer {}\r\n", secret(name)),
        };
        self.send(method, path, &token, body).await
    }

    /// Asks with any headers.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        self.send_of(method, path, (headers, "application/json"), body)
            .await
    }

    /// Asks with any headers and a body of any type.
    pub(crate) async fn send_of(
        &self,
        method: &str,
        path: &str,
        (headers, kind): (&str, &str),
        body: &str,
    ) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let kind = if headers.contains("Content-Type:") {
            String::new()
        } else {
            format!("Content-Type: {kind}\r\n")
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{kind}\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let mut chunk = [0; 16 * 1024];
        // Events do not end: their head is enough.
        let is_endless = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let head = text.split_once("\r\n\r\n").map(|(head, _)| head);
            head.is_some_and(|head| head.contains("text/event-stream"))
        };
        loop {
            let count = stream.read(&mut chunk).await.unwrap();
            bytes.extend_from_slice(&chunk[..count]);
            if count == 0 || is_endless(&bytes) {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Answer {
            status: status.unwrap_or_else(|| panic!("{method} {path}: {head}")),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// A job of somebody on the number 21.
    pub(crate) fn job(&self, creator: AccountId) -> NewJob {
        let interface = self.algorithm.interfaces.iter();
        let interface = interface.min_by_key(|one| one.inputs.len()).unwrap();
        NewJob {
            algorithm: self.algorithm.id,
            image: self.version,
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
}

/// The token of somebody.
fn secret(name: &str) -> String {
    format!("secret-of-{name}")
}

async fn account(store: &Store, name: &str, role: Role) -> AccountId {
    let new = NewAccount {
        username: name.to_owned(),
        email: String::new(),
        password_hash: String::new(),
        role,
    };
    let id = store.create_account(&new, now()).await.unwrap().id;
    let token = NewToken {
        account: id,
        name: String::new(),
        expires_at: None,
    };
    let digest = digest(&secret(name));
    store
        .create_token(&token, &digest, "secret", now())
        .await
        .unwrap();
    id
}

async fn furnish(folder: TempDir, store: Store, address: std::net::SocketAddr) -> Clinic {
    account(&store, "admin", Role::Administrator).await;
    let ed = account(&store, "ed", Role::Creator).await;
    let una = account(&store, "una", Role::User).await;
    let otto = account(&store, "otto", Role::User).await;
    let declared = Manifest::parse(MANIFEST).unwrap().algorithm;
    let algorithm = store
        .create_algorithm(&declared, Some(ed), now())
        .await
        .unwrap();
    store
        .set_algorithm_role(algorithm.id, una, AlgorithmRole::User)
        .await
        .unwrap();
    let version = NewVersion {
        algorithm: algorithm.id,
        creator: Some(ed),
        upload: None,
        comment: String::new(),
    };
    let version = store.create_algorithm_image(&version, now()).await.unwrap();
    let imported = ImportedImage {
        digest: "sha256:1".to_owned(),
        size: 1,
        activate: true,
    };
    store
        .complete_algorithm_image(version, &imported)
        .await
        .unwrap();
    let request = store
        .ask_access(algorithm.id, otto, now())
        .await
        .unwrap()
        .unwrap();
    let mut clinic = Clinic {
        _folder: folder,
        store,
        address,
        names: vec![
            ("slug", "doubles".to_owned()),
            ("socket", "number".to_owned()),
            ("version", version.to_string()),
            ("request", request.id.to_string()),
            ("account", otto.to_string()),
        ],
        algorithm,
        version,
        una,
    };
    let job = clinic.job(una);
    let (first, second) = (
        clinic.store.submit(&job, now()).await.unwrap(),
        clinic.store.submit(&job, now()).await.unwrap(),
    );
    clinic.names.push(("job", first.to_string()));
    clinic.names.push(("ending", second.to_string()));
    archive(&mut clinic, ed).await;
    clinic
}

/// An archive of the editor, with an image of the user in its only item, and a run of the user over it.
async fn archive(clinic: &mut Clinic, ed: AccountId) {
    let (store, una) = (clinic.store.clone(), clinic.una);
    let new = NewArchive {
        slug: Slug::new("heads").unwrap(),
        title: "Heads".to_owned(),
        description: String::new(),
        is_public: false,
    };
    let archive = store.create_archive(&new, Some(ed), now()).await.unwrap();
    store
        .set_archive_role(archive, una, ArchiveRole::User)
        .await
        .unwrap();
    let item = store
        .create_archive_item(archive, "a head", now())
        .await
        .unwrap();
    let image = NewImage {
        name: "head-mr.mha".to_owned(),
        extension: ImageExtension::Mha,
        blob: store.blobs().keep(&mut &b"voxels"[..]).unwrap(),
        summary: json!({}),
        modality: String::new(),
        import: None,
        account: Some(una),
    };
    let image = store.create_image(&image, now()).await.unwrap();
    let mut sockets = clinic
        .algorithm
        .interfaces
        .iter()
        .flat_map(|one| &one.inputs);
    let scan = sockets
        .find(|one| one.socket.slug.as_str() == "scan")
        .unwrap()
        .id;
    store
        .merge_values(item, &[(scan, NewContent::Image(image))], now())
        .await
        .unwrap();
    let jobs = [(clinic.job(una), JobOrigin::default())];
    let run = store
        .start_archive_run(
            (archive, clinic.algorithm.id),
            Some(una),
            (&[], &jobs),
            now(),
        )
        .await
        .unwrap();
    clinic.names.push(("archive", "heads".to_owned()));
    clinic.names.push(("item", item.to_string()));
    clinic.names.push(("image", image.to_string()));
    clinic.names.push(("run", run.to_string()));
}

/// A browser's login of the administrator: the cookie's secret and the CSRF secret.
pub(crate) async fn browser(clinic: &Clinic) -> (String, String) {
    browser_of(clinic, "admin").await
}

/// A browser's login of somebody: the cookie's secret and the CSRF secret.
pub(crate) async fn browser_of(clinic: &Clinic, name: &str) -> (String, String) {
    let (admin, _) = clinic.store.account_by_name(name).await.unwrap().unwrap();
    let (cookie, csrf) = (format!("cookie-of-{name}"), format!("csrf-of-{name}"));
    let session = store::sessions::NewSession {
        digest: digest(&cookie),
        account: admin.id,
        csrf: csrf.clone(),
        expires_at: now() + 1.hours(),
    };
    clinic.store.create_session(&session, now()).await.unwrap();
    (cookie, csrf)
}
