//! Nouns and rules: algorithm, socket kinds and schemas, value, job, limits, failure, isolation.

pub mod failure;
pub mod guarantee;
pub mod report;
pub mod schema;
pub mod socket_kind;

pub use failure::{Failure, FailureReason, Problem};
pub use guarantee::{Guarantee, GuaranteeRecord, IsolationReport, Verdict};
pub use report::{
    ChosenInterface, ExtraFile, GeometryRecord, OutputValue, RenderedSummary, ResourceRecord,
    RunReport, RunStatus, Timings,
};
