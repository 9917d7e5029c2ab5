//! Algorithms and the versions of their container images.

use serde_json::{Value, json};
use store::algorithm_images::{AlgorithmImage, ImportState};
use store::algorithms::StoredAlgorithm;
use store::sockets::StoredSocket;

use super::socket;
use crate::links::Links;

pub(in crate::gcapi) fn algorithm(stored: &StoredAlgorithm, links: &Links) -> Value {
    let sockets = |sockets: &[StoredSocket]| sockets.iter().map(socket).collect::<Vec<_>>();
    let interfaces: Vec<Value> = stored
        .interfaces
        .iter()
        .map(|interface| {
            json!({"inputs": sockets(&interface.inputs), "outputs": sockets(&interface.outputs)})
        })
        .collect();
    json!({
        "pk": stored.id,
        "api_url": links.api("algorithms", stored.id),
        "url": links.absolute(&format!("/algorithms/{}/", stored.slug)),
        "title": stored.title,
        "description": stored.description,
        "slug": stored.slug,
        // A string is required; an empty one is allowed.
        "logo": "",
        "average_duration": stored.average_seconds,
        "interfaces": interfaces,
    })
}

pub(in crate::gcapi) fn algorithm_image(stored: &AlgorithmImage, links: &Links) -> Value {
    let status = match stored.import_state {
        ImportState::Queued => "Queued",
        ImportState::Started => "Started",
        ImportState::Completed => "Completed",
        ImportState::Failed => "Failed",
        ImportState::Removed => "Cancelled",
    };
    json!({
        "pk": stored.id,
        "url": links.absolute(&format!("/algorithms/images/{}/", stored.id)),
        "api_url": links.api("algorithms/images", stored.id),
        "algorithm": links.api("algorithms", stored.algorithm),
        "created": stored.created_at.to_string(),
        "import_status": status,
        "image": null,
    })
}
