//! Many containers at a time.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use super::harness::{Case, Runtime, assert_nothing_left, follow, launch};
use super::place::Place;

const AT_A_TIME: usize = 8;
const ROUNDS: usize = 5;

#[test]
fn containers_beside_each_other_share_no_ids_and_all_end_well() {
    let place = Place::new();
    let case = Case::shell("echo ready; echo $HOSTNAME >/output/me; sleep 0.05");
    for _ in 0..ROUNDS {
        let bases = Mutex::new(Vec::new());
        let together = std::sync::Barrier::new(AT_A_TIME);
        thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(|| {
                    let plan = case.plan(&place);
                    let running = launch(&plan);
                    together.wait();
                    let ran = follow(&plan, running, |_| ());
                    ran.succeeded();
                    assert_eq!(ran.outputs, ["me"]);
                    bases.lock().unwrap().push(ran.facts().uid_map[0][1]);
                    assert_nothing_left(&plan);
                });
            }
        });
        let bases = bases.into_inner().unwrap();
        assert_eq!(bases.len(), AT_A_TIME);
        let different = bases.iter().collect::<BTreeSet<_>>().len();
        assert_eq!(different == 1, Runtime::is_engine(), "{bases:?}");
    }
}
