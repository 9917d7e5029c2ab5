//! Containers that try to break out of, or to break, what holds them: the same cases under every runtime.

mod ends;
mod escapes;
mod extensions;
mod facts;
mod harness;
mod in_an_engine;
mod in_an_index;
mod limits;
mod logs;
mod orphans;
mod parallel;
mod place;
mod program;
mod root_file_system;
mod without_root;
