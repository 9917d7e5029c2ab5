//! The shim as a program of its own: for tests and benchmarks, which are not programs that could start themselves again.

fn main() {
    std::process::exit(container::sandbox::shim_main())
}
