//! From the report of a run to what the database keeps of it.

use std::collections::BTreeMap;

use camino::Utf8Path;
use domain::job::JobEvent;
use domain::{Failure, FailureReason, OutputValue, RunReport, RunStatus, SuperKind};
use serde_json::Value;
use store::images::{ImageExtension, NewImage};
use store::jobs::{JobOutput, OutputContent, StoredJob};
use store::sockets::StoredSocket;

use super::Worker;
use super::stage::internal;

/// What happened, in the words of a job's life.
pub(super) fn event(report: &RunReport) -> JobEvent {
    match (&report.status, &report.failure) {
        (RunStatus::Succeeded, _) => JobEvent::OutputsAccepted,
        (RunStatus::Cancelled, _) => JobEvent::Cancelled,
        // What ran it was killed, not the server: it is tried again, but not for ever.
        (_, Some(failure)) if failure.reason == FailureReason::WorkerLost => {
            JobEvent::WorkerLost(Box::new(failure.clone()))
        }
        (RunStatus::Failed | RunStatus::Refused, Some(failure)) => {
            JobEvent::Failed(Box::new(failure.clone()))
        }
        (RunStatus::Failed | RunStatus::Refused, None) => JobEvent::Failed(Box::new(Failure::new(
            FailureReason::Internal,
            "the run failed and did not say why",
        ))),
    }
}

/// Keeps the bytes of all valid outputs. Blocks.
pub(super) fn outputs(
    worker: &Worker,
    report: &RunReport,
    sockets: &BTreeMap<String, StoredSocket>,
) -> Result<Vec<JobOutput>, Failure> {
    let known = report
        .outputs
        .iter()
        .filter_map(|output| Some((output, sockets.get(&output.socket)?)));
    known
        .map(|(output, socket)| {
            Ok(JobOutput {
                socket: socket.id,
                content: content(worker, output, socket)?,
            })
        })
        .collect()
}

fn content(
    worker: &Worker,
    output: &OutputValue,
    socket: &StoredSocket,
) -> Result<OutputContent, Failure> {
    let path = Utf8Path::new(&output.path);
    let name = path.file_name().unwrap_or("output").to_owned();
    let keep = || {
        let blobs = worker.store.blobs();
        blobs
            .keep_file(path)
            .map_err(|error| internal("keep an output", &error))
    };
    match socket.socket.super_kind() {
        SuperKind::Value => json(output, path).map(OutputContent::Json),
        SuperKind::File => Ok(OutputContent::File {
            blob: keep()?,
            filename: name,
        }),
        SuperKind::Image => Ok(OutputContent::Image(Box::new(NewImage {
            extension: extension(path)?,
            name,
            blob: keep()?,
            summary: output.image.clone().unwrap_or(Value::Null),
            modality: String::new(),
            import: None,
            account: None,
        }))),
    }
}

/// The value in the report, or, where it was too long for that, in its file.
fn json(output: &OutputValue, path: &Utf8Path) -> Result<Value, Failure> {
    if let Some(value) = &output.value {
        return Ok(value.clone());
    }
    let text = fs_err::read(path).map_err(|error| internal("read an output", &error))?;
    let parsed = domain::json::parse(&text).map_err(|error| internal("read an output", &error))?;
    Ok(parsed.value)
}

fn extension(path: &Utf8Path) -> Result<ImageExtension, Failure> {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "mha" => Ok(ImageExtension::Mha),
        "tif" | "tiff" => Ok(ImageExtension::Tif),
        other => Err(Failure::new(
            FailureReason::Internal,
            format!("an output image was accepted with the ending `{other}`"),
        )),
    }
}

/// The output sockets of a job, by slug.
pub(super) async fn output_sockets(
    worker: &Worker,
    job: &StoredJob,
) -> Result<BTreeMap<String, StoredSocket>, Failure> {
    let interface = worker
        .store
        .interface(job.interface)
        .await
        .map_err(|error| internal("read the interface", &error))?;
    let sockets = interface.map_or_else(Vec::new, |interface| interface.outputs);
    let named = sockets
        .into_iter()
        .map(|socket| (socket.socket.slug.to_string(), socket));
    Ok(named.collect())
}
