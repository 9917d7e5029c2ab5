//! Nouns and rules: algorithm, socket kinds and schemas, value, job, limits, failure, isolation.
//!
//! This crate does no input or output: no files, no SQL, no HTTP, no clocks.

pub mod algorithm;
pub mod example;
pub mod expectation;
pub mod failure;
pub mod file_kind;
pub mod guarantee;
pub mod job;
pub mod json;
pub mod limits;
pub mod manifest;
pub mod manifest_text;
pub mod quantity;
pub mod relative_path;
pub mod report;
pub mod schema;
pub mod slug;
pub mod socket;
pub mod socket_kind;
pub mod visible;

pub use algorithm::{Algorithm, ChooseInterfaceError, GeometryRule, Interface};
pub use expectation::{Expectation, ParseExpectationError, Tolerance};
pub use failure::{Failure, FailureReason, Problem};
pub use guarantee::{GpuRecord, Guarantee, GuaranteeRecord, IsolationReport, Verdict};
pub use limits::{GpuRequest, Limits};
pub use manifest::{Manifest, ParseManifestError, manifest_json_schema};
pub use manifest_text::manifest_text;
pub use relative_path::RelativePath;
pub use report::{
    ChosenInterface, ExtraFile, GeometryRecord, OutputValue, RenderedSummary, ResourceRecord,
    ResourceSample, RunReport, RunStatus, Timings,
};
pub use slug::Slug;
pub use socket::{OverlaySegment, Socket};
pub use socket_kind::{SocketKind, SuperKind};
pub use visible::visible;
