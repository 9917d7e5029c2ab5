//! From a data folder to a server that listens, and back.

use std::fs::TryLockError;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::accept::NoDelayAcceptor;
use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::Shims;
use executor::kinds::Executor;
use store::{OpenStoreError, Store};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::config::Config;
use crate::first_start::{self, FirstStartError};
use crate::state::AppState;
use crate::tls::{self, TlsError};
use crate::worker::{Capacity, Caps, Worker, WorkerSettings, recover};
use crate::{api, imports, sweep, trials};

/// How long answers that are on their way may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// What the server starts with.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// The data folder.
    pub home: Utf8PathBuf,
    /// What the operator has set.
    pub config: Config,
    /// What this machine has; the operator's numbers go before.
    pub machine: Capacity,
    /// Where the shims of containers come from.
    pub shims: Arc<Shims>,
}

/// What the operator should know once the server listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// The authority that clients must trust, if Gantry made it.
    pub authority: Option<Utf8PathBuf>,
    /// Name and password of the administrator, at the first start only.
    pub administrator: Option<(String, String)>,
}

/// The server does not start, or has ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another server uses the data folder.
    #[error("another server uses the data folder `{home}`{}", .pid.as_ref().map(|pid| format!(": process {pid}")).unwrap_or_default())]
    InUse {
        /// The folder.
        home: Utf8PathBuf,
        /// Its process, if it said so.
        pid: Option<String>,
    },
    /// The executor of the configuration cannot work here.
    #[error("the executor `{kind}` cannot work here: {why}")]
    Executor {
        /// Which.
        kind: &'static str,
        /// Why.
        why: String,
    },
    /// The folder cannot be used.
    #[error("the data folder `{home}` cannot be used: {source}")]
    Home {
        /// The folder.
        home: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("`{address}` cannot be listened on: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// There is no administrator.
    #[error(transparent)]
    FirstStart(#[from] FirstStartError),
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What the last server left cannot be cleaned up.
    #[error("what the last server left cannot be cleaned up: {0}")]
    Recover(String),
    /// Listening ended.
    #[error("the server has ended: {0}")]
    Ended(io::Error),
}

/// Serves until the process is asked to end (`SIGTERM`, `SIGINT`), on threads of its own.
///
/// # Errors
/// When it cannot start, or cannot go on.
pub fn serve_until_ended(
    settings: ServeSettings,
    listening: impl FnOnce(&Listening),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Runtime::new().map_err(ServeError::Ended)?;
    runtime.block_on(async {
        let mut term = signal(SignalKind::terminate()).map_err(ServeError::Ended)?;
        let mut int = signal(SignalKind::interrupt()).map_err(ServeError::Ended)?;
        let stop = async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
        };
        serve(settings, listening, stop).await
    })
}

/// Serves until `stop` completes; `listening` is told once clients can come.
///
/// # Errors
/// When it cannot start, or cannot go on.
pub async fn serve(
    settings: ServeSettings,
    listening: impl FnOnce(&Listening),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let home = settings.home.clone();
    let unusable = |source| ServeError::Home {
        home: home.clone(),
        source,
    };
    fs_err::create_dir_all(&home).map_err(unusable)?;
    let _lock = lock(&home)?;
    let store = Store::open(&home).await?;
    let administrator = first_start::administrator(&store).await?;
    let signing_key = first_start::signing_key(&home).map_err(unusable)?;
    let identity = tls::identity(&home, &settings.config).await?;
    let recovered = recover(&store, &home)
        .await
        .map_err(|problem| ServeError::Recover(problem.to_string()))?;
    let executor = executor(&settings).await?;
    info!(
        ?recovered,
        executor = executor.kind().name(),
        "what the last server left is cleaned up"
    );
    let worker = Worker::new(store, worker_settings(&settings, executor));
    let state = AppState::new(worker.clone(), settings.config.clone(), signing_key);
    let address = settings.config.listen;
    let listener =
        TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })?;
    let address = listener.local_addr().unwrap_or(address);

    let (stopping, stopped) = watch::channel(false);
    let tasks = background(&worker, &settings, &identity, &stopped);
    let handle = axum_server::Handle::new();
    let app = api::router(state).into_make_service_with_connect_info::<SocketAddr>();
    // Without these, a client that never ends its request keeps its connection for ever.
    let silence = settings.config.silence();
    // Small pieces, such as an event, go out at once: the kernel would keep each until the one before is acknowledged, which
    // a client delays by 40 ms.
    let mut server = axum_server::from_tcp_rustls(listener, identity.config)
        .map_err(ServeError::Ended)?
        .map(|tls| tls.acceptor(NoDelayAcceptor::new()))
        .first_request_timeout(silence);
    server.http_builder().http1().header_read_timeout(silence);
    let serving = tokio::spawn(server.handle(handle.clone()).serve(app));
    listening(&Listening {
        address,
        authority: identity.authority,
        administrator,
    });
    stop.await;
    info!("the server stops");
    handle.graceful_shutdown(Some(GRACE));
    // Nobody listens only when both have ended already.
    let _ = stopping.send(true);
    for (what, task) in tasks {
        if let Err(problem) = task.await {
            warn!(what, %problem, "a task ended in an unexpected way");
        }
    }
    match serving.await {
        Ok(ended) => ended.map_err(ServeError::Ended),
        Err(problem) => Err(ServeError::Ended(io::Error::other(problem))),
    }
}

/// What goes on beside answering.
fn background(
    worker: &Worker,
    settings: &ServeSettings,
    identity: &tls::Identity,
    stopped: &watch::Receiver<bool>,
) -> [(&'static str, JoinHandle<()>); 5] {
    let jobs = &settings.config.jobs;
    let taken = imports::Taken {
        allow_root: jobs.allow_root,
        unpack: jobs.unpack_images,
    };
    let importing = imports::run(worker.clone(), taken, stopped.clone());
    let sweeping = sweep::run(worker.store().clone(), stopped.clone());
    let place = (settings.home.clone(), settings.config.clone());
    let renewing = tls::keep_fresh(identity.clone(), place, stopped.clone());
    [
        ("worker", tokio::spawn(worker.clone().run(stopped.clone()))),
        ("imports", tokio::spawn(importing)),
        (
            "trials",
            tokio::spawn(trials::run(worker.clone(), stopped.clone())),
        ),
        ("sweep", tokio::spawn(sweeping)),
        ("certificate", tokio::spawn(renewing)),
    ]
}

/// One server for each data folder: the kernel lets go of the lock when the process is gone, however it went.
fn lock(home: &Utf8Path) -> Result<std::fs::File, ServeError> {
    let unusable = |source| ServeError::Home {
        home: home.to_owned(),
        source,
    };
    let path = home.join("serve.lock");
    let file = fs_err::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(unusable)?;
    let mut file = file.into_file();
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let pid = fs_err::read_to_string(&path).ok();
            let pid = pid
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty());
            return Err(ServeError::InUse {
                home: home.to_owned(),
                pid,
            });
        }
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    file.set_len(0).map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

/// The executor of the configuration, if it can work here, with nothing left in it by a server that was killed.
async fn executor(settings: &ServeSettings) -> Result<Arc<dyn Executor>, ServeError> {
    let config = &settings.config;
    let executor = config.executor.executor(&config.docker_socket);
    let (asked, home) = (executor.clone(), settings.home.clone());
    let looked = tokio::task::spawn_blocking(move || {
        asked.diagnose()?;
        asked.sweep(&home)
    });
    let kind = config.executor.name();
    match looked
        .await
        .map_err(|problem| ServeError::Ended(io::Error::other(problem)))?
    {
        Ok(0) => {}
        Ok(containers) => warn!(containers, kind, "the last server had left containers"),
        Err(unable) => {
            let hint = unable
                .hint
                .map_or_else(String::new, |hint| format!(" ({hint})"));
            let why = unable.reason + &hint;
            return Err(ServeError::Executor { kind, why });
        }
    }
    Ok(executor)
}

/// The machine's numbers where the operator gave none.
fn worker_settings(settings: &ServeSettings, executor: Arc<dyn Executor>) -> WorkerSettings {
    let (jobs, machine) = (&settings.config.jobs, &settings.machine);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to an integer saturates"
    )]
    let asked = jobs.cpus.map(|cpus| (cpus * 1000.0) as u64);
    let capacity = Capacity {
        memory: jobs.memory.unwrap_or(machine.memory),
        millicpus: asked.unwrap_or(machine.millicpus),
        disk: jobs.disk.unwrap_or(machine.disk),
        gpus: machine.gpus,
    };
    let processors = usize::try_from(capacity.millicpus / 1000)
        .unwrap_or(1)
        .max(1);
    let at_once = jobs.at_once.unwrap_or(4 * processors);
    WorkerSettings {
        home: settings.home.clone(),
        executor,
        shims: settings.shims.clone(),
        capacity,
        caps: Caps {
            jobs: at_once,
            per_account: jobs.at_once_per_user.unwrap_or(at_once),
            per_algorithm: jobs.at_once_per_algorithm.unwrap_or(at_once),
        },
        waive: jobs.without.clone(),
    }
}
