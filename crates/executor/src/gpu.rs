//! What a job's GPU has to do with its failure: programs say it in their log, in the words of their libraries.

use domain::{Failure, FailureReason, GpuRecord};

/// Together on a line, in any case of letters: the GPU's memory is full.
const FULL: [[&str; 2]; 3] = [
    ["cuda", "out of memory"],
    ["cuda", "error_out_of_memory"],
    ["hip", "out of memory"],
];
/// On a line, in any case of letters: the program looks for a GPU and finds none.
const NONE: [&str; 7] = [
    "libcuda.so",
    "no cuda-capable device",
    "found no nvidia driver",
    "cuda driver version is insufficient",
    "torch.cuda.is_available() is false",
    "no cuda gpus are available",
    "cuda is not available",
];

/// The failure of a program that returned a code other than 0, with what its log says about a GPU.
pub(crate) fn explain(failure: Failure, gpu: Option<&GpuRecord>) -> Failure {
    if failure.reason != FailureReason::ExitCode {
        return failure;
    }
    let lines: Vec<String> = failure
        .log_tail
        .iter()
        .map(|line| line.to_lowercase())
        .collect();
    let says = |words: &[&str]| {
        let has_all = |line: &String| words.iter().all(|word| line.contains(word));
        lines.iter().any(has_all)
    };
    match gpu {
        Some(gpu) if FULL.iter().any(|words| says(words)) => Failure {
            reason: FailureReason::GpuMemory,
            hint: Some(format!(
                "the job had `{}` for itself: take smaller batches or patches, or a GPU with more memory",
                gpu.device
            )),
            ..failure
        },
        None if failure.hint.is_none() && NONE.iter().any(|words| says(&[words])) => failure
            .with_hint("the job was given no GPU: ask for one with `gpu = \"any\"` in the limits"),
        Some(_) | None => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(line: &str) -> Failure {
        let mut failure = Failure::new(FailureReason::ExitCode, "the program returned exit code 1");
        failure.log_tail = vec!["Traceback".to_owned(), line.to_owned()];
        failure
    }

    fn gpu() -> GpuRecord {
        GpuRecord {
            device: "nvidia.com/gpu=0".to_owned(),
            nodes: Vec::new(),
            driver_files: Vec::new(),
            left_out: Vec::new(),
        }
    }

    #[test]
    fn a_full_gpu_is_a_reason_of_its_own() {
        for line in [
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB.",
            "CUDA error: out of memory",
            "jaxlib: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        ] {
            let found = explain(failure(line), Some(&gpu()));
            assert_eq!(found.reason, FailureReason::GpuMemory, "{line}");
            assert!(
                found
                    .hint
                    .is_some_and(|hint| hint.contains("nvidia.com/gpu=0"))
            );
            assert_eq!(explain(failure(line), None).reason, FailureReason::ExitCode);
        }
        let other = explain(failure("std::bad_alloc: out of memory"), Some(&gpu()));
        assert_eq!((other.reason, other.hint), (FailureReason::ExitCode, None));
    }

    #[test]
    fn a_program_that_misses_a_gpu_is_told_how_to_ask_for_one() {
        let line = "RuntimeError: Found no NVIDIA driver on your system.";
        let found = explain(failure(line), None);
        assert_eq!(found.reason, FailureReason::ExitCode);
        assert!(
            found
                .hint
                .is_some_and(|hint| hint.contains("gpu = \"any\""))
        );
        assert_eq!(explain(failure(line), Some(&gpu())).hint, None);
        assert_eq!(
            explain(failure("ValueError: shapes differ"), None).hint,
            None
        );
    }
}
