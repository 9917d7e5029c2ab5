//! What the shim says is in force, against what a program inside sees.

use std::collections::BTreeMap;

use super::harness::{Case, MIB, Runtime};

#[test]
fn rights_and_namespaces_agree() {
    Case::new(&["probe", "facts"]).check(|ran| {
        ran.succeeded();
        let inside = ran.answers();
        let facts = ran.facts();
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(inside[set], "0000000000000000", "{set}");
            assert_eq!(facts.status[set], inside[set], "{set}");
        }
        assert_eq!(inside["NoNewPrivs"], "1");
        assert_eq!(inside["Seccomp"], "2");
        assert_eq!(
            (
                facts.status["NoNewPrivs"].as_str(),
                facts.status["Seccomp"].as_str()
            ),
            ("1", "2")
        );
        for (name, fact) in &facts.namespaces {
            if name == "user" && Runtime::is_engine() {
                continue;
            }
            assert!(!fact.shared_with_host, "{name}");
            assert_eq!(
                inside[format!("ns-{name}").as_str()],
                format!("{name}:[{}]", fact.inode)
            );
        }
        assert_eq!(facts.namespaces.len(), 7);
        assert_eq!(inside["cgroup-names-seen"], "0");
        assert_eq!(
            inside["descriptors"], "0",
            "descriptors of ours reached the program"
        );
    });
}

#[test]
fn ids_of_the_container_are_nobody_on_the_host() {
    Case::new(&["probe", "facts"]).check(|ran| {
        assert_eq!(ran.answers()["Uid"], "1000,1000,1000,1000");
        let facts = ran.facts();
        let [inside, outside, count] = facts.uid_map[0];
        assert_eq!((inside, count), (0, 65_536));
        assert!(outside >= 0x7000_0000);
        assert_eq!(facts.gid_map, facts.uid_map);
        let on_host = (outside + 1000).to_string();
        assert_eq!(
            facts.status["Uid"].split(' ').next(),
            Some(on_host.as_str())
        );
    });
}

#[test]
fn limits_are_read_back() {
    Case::new(&["probe", "facts"])
        .limits(|limits| {
            limits.memory_bytes = 100 * MIB;
            limits.cpu_percent = 150;
            limits.pids = 33;
            limits.open_files = 555;
            limits.disk_bytes = 48 * MIB;
        })
        .check(|ran| {
            let facts = ran.facts();
            let cgroup = &facts.cgroup;
            assert_eq!(cgroup.memory_limit_bytes, Some(100 * MIB));
            assert_eq!(cgroup.swap_limit_bytes, Some(0));
            assert_eq!(cgroup.cpu_percent, Some(150));
            assert_eq!(cgroup.pids_limit, Some(34));
            assert_eq!(ran.answers()["rlimit-files"], "555/555");
            assert_eq!(
                facts.rlimits["Max open files"],
                ("555".into(), "555".into())
            );
            assert_eq!(ran.answers()["rlimit-core"], "0/0");
            assert_eq!(
                facts.rlimits["Max core file size"],
                ("0".into(), "0".into())
            );
            let capacity = facts.scratch.capacity_bytes.unwrap();
            assert!((40 * MIB..=48 * MIB).contains(&capacity), "{capacity}");
        });
}

#[test]
fn mounts_are_read_back() {
    Case::new(&["true"]).check(|ran| {
        let facts = ran.facts();
        let mounts: BTreeMap<_, _> = facts
            .mounts
            .iter()
            .map(|mount| (mount.target.as_str(), mount))
            .collect();
        let has =
            |target: &str, option: &str| mounts[target].options.iter().any(|found| found == option);
        for option in ["ro", "nosuid", "nodev", "noexec"] {
            assert!(has("/input", option) && has("/sys", option), "{option}");
        }
        // The root of an engine's container is mounted by the engine: no new privileges and no right to devices do there
        // what these do here.
        let own = if Runtime::is_engine() { "/tmp" } else { "/" };
        for target in [own, "/output", "/tmp", "/dev/shm", "/proc"] {
            assert!(has(target, "nosuid"), "{target}");
        }
        for target in [own, "/output", "/tmp", "/dev/shm"] {
            assert!(has(target, "nodev"), "{target}");
        }
        assert!(has("/proc/sys", "ro"));
        assert_eq!(mounts["/"].fs_type, "overlay");
        assert_eq!(facts.interfaces, ["lo"]);
        assert!(facts.loopback_up);
        assert!(facts.seccomp_allowed_calls > 250);
    });
}

#[test]
fn processors_agree_with_the_limit_everywhere() {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    for percent in [1, 50, 100, 101, 200, 6400] {
        let expected = usize::try_from(percent)
            .unwrap()
            .div_ceil(100)
            .min(all)
            .to_string();
        Case::new(&["probe", "facts"])
            .limits(|limits| limits.cpu_percent = percent)
            .check(|ran| {
                ran.succeeded();
                for place in ["affinity", "online", "cpuinfo"] {
                    // An engine shows the container its cgroup, and Rust rounds the quota there down.
                    if place == "affinity" && percent == 101 && Runtime::is_engine() {
                        continue;
                    }
                    assert_eq!(
                        ran.answers()[place],
                        expected,
                        "{place} at {percent} percent"
                    );
                }
            });
    }
}
