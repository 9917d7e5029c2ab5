//! What is otherwise in a container that a Docker engine makes, and why.

/// A case that ends otherwise there.
pub(crate) struct Otherwise {
    pub(crate) case: &'static str,
    /// Only for root of the container.
    pub(crate) is_root: bool,
    /// What stdout may hold instead; empty: the program may have been ended before it said anything.
    pub(crate) says: &'static str,
    pub(crate) why: &'static str,
}

/// All of them.
pub(crate) const IN_AN_ENGINE: &[Otherwise] = &[
    Otherwise {
        case: "files.create_in_dev",
        is_root: true,
        says: "allowed",
        why: "`/dev` is the engine's; what is made there is gone with the container and counts as memory",
    },
    Otherwise {
        case: "processes.list_process_1_files",
        is_root: true,
        says: "allowed",
        why: "without `userns-remap` root of the container is the owner of that folder: it sees numbers, and can open none of them",
    },
    Otherwise {
        case: "processes.write_init_oom_score",
        is_root: true,
        says: "allowed",
        why: "likewise; it can only be raised, so that process 1 is killed first: see `resources.memory_of_process_1`",
    },
    Otherwise {
        case: "resources.disk_root",
        is_root: true,
        says: "",
        why: "what is written outside of `/output` and `/tmp` is measured every second and ends the job with `disk_limit`",
    },
];

/// What is otherwise about a case.
pub(crate) fn otherwise(case: &str, is_root: bool) -> Option<&'static Otherwise> {
    IN_AN_ENGINE
        .iter()
        .find(|one| one.case == case && one.is_root == is_root)
}
