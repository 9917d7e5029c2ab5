//! The shim as a program of its own: for the tests, which are not programs that could start themselves again.

fn main() {
    std::process::exit(container::sandbox::shim_main())
}
