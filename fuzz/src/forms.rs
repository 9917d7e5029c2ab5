//! Forms with files, sent to the extractor that the pages have, by somebody who is logged in.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::Request;
use axum::routing::post;
use camino::Utf8Path;
use jiff::{Timestamp, ToSpan as _};
use server::auth::digest;
use server::config::Config;
use server::state::{AppState, SigningKey};
use server::ui::files::FilesForm;
use server::worker::{Capacity, Caps, Worker, WorkerSettings};
use store::Store;
use store::accounts::{NewAccount, Role};
use store::sessions::NewSession;
use tower::ServiceExt as _;

/// What a form of this login sends back as `csrf`.
pub const CSRF: &str = "of-this-login";
pub const BOUNDARY: &str = "b";
const SESSION: &str = "a-session";
/// The database is made anew after so many forms, so that it stays small.
const FORMS: u32 = 2000;

/// What a handler was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    pub fields: Vec<(String, String)>,
    /// Names of files of the field `files`, and their bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A site with the one form.
struct Site {
    _folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    router: Router,
    seen: Arc<std::sync::Mutex<Option<Read>>>,
    left: u32,
}

/// Sends the body; what the handler was given, or the status of a refusal.
pub fn send(body: &[u8]) -> Result<Read, u16> {
    thread_local! {
        static SITE: std::cell::RefCell<Option<Site>> = const { std::cell::RefCell::new(None) };
    }
    SITE.with_borrow_mut(|site| {
        if site.as_ref().is_none_or(|site| site.left == 0) {
            *site = Some(Site::new());
        }
        site.as_mut().expect("it was made").send(body)
    })
}

impl Site {
    fn new() -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Utf8Path::from_path(folder.path()).expect("a plain path").to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let store = runtime.block_on(furnished(&home));
        let settings = WorkerSettings {
            home,
            executor: executor::kinds::Kind::Local.executor("".into()),
            shim_program: Vec::new(),
            capacity: Capacity { memory: 0, millicpus: 0, disk: 0, gpus: 0 },
            caps: Caps { jobs: 1, per_account: 1, per_algorithm: 1 },
            waive: BTreeSet::new(),
        };
        let app = AppState::new(Worker::new(store, settings), Config::default(), SigningKey([7; 32]));
        let seen = Arc::default();
        // The extractor asks for the state of the server itself.
        let handler = {
            let seen = Arc::clone(&seen);
            move |state: State<AppState>, form: FilesForm| handle(state, form, Arc::clone(&seen))
        };
        let router = Router::new()
            .route("/", post(handler).layer(DefaultBodyLimit::disable()))
            .with_state(app);
        Site { _folder: folder, runtime, router, seen, left: FORMS }
    }

    fn send(&mut self, body: &[u8]) -> Result<Read, u16> {
        self.left -= 1;
        let request = Request::post("/")
            .header("cookie", format!("gantry_session={SESSION}"))
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(Body::from(body.to_vec()))
            .expect("a request");
        let answer = self.runtime.block_on(self.router.clone().oneshot(request)).expect("an answer");
        let status = answer.status().as_u16();
        drop(self.runtime.block_on(to_bytes(answer.into_body(), 1 << 20)));
        let seen = self.seen.lock().expect("nobody panicked").take();
        seen.ok_or(status)
    }
}

async fn furnished(home: &Utf8Path) -> Store {
    let store = Store::open(home).await.expect("a new database");
    let account = NewAccount {
        username: "una".to_owned(),
        email: String::new(),
        password_hash: String::new(),
        role: Role::User,
    };
    let now = Timestamp::now();
    let made = store.create_account(&account, now).await.expect("an account");
    let session = NewSession {
        digest: digest(SESSION),
        account: made.id,
        csrf: CSRF.to_owned(),
        expires_at: now + 24.hours(),
    };
    store.create_session(&session, now).await.expect("a session");
    store
}

async fn handle(
    State(app): State<AppState>,
    form: FilesForm,
    seen: Arc<std::sync::Mutex<Option<Read>>>,
) {
    let mut read = Read { fields: form.fields().to_vec(), files: Vec::new() };
    for file in form.files("files") {
        let upload = app.store().upload(file.upload).await.expect("the database works");
        let upload = upload.expect("a file of a form is an upload");
        let blob = upload.blob.expect("that is complete");
        let bytes = std::fs::read(app.store().blobs().path(&blob)).expect("with its bytes");
        read.files.push((file.filename.clone(), bytes));
        app.store().consume_upload(file.upload).await.expect("the database works");
    }
    *seen.lock().expect("nobody panicked") = Some(read);
}
