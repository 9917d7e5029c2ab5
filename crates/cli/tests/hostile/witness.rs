//! Somebody else's job, always one at work beside the attacks, and a clock on the server's answers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Scope;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::image;
use crate::record::Record;
use crate::served::{OWN, Served};

/// Within this the server has to answer, whatever runs.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Writes, reads back, looks who else is there; fails by the time limit if it is starved.
const SCRIPT: &str = "\
i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo $i >>/tmp/ticks
[ $(wc -l </tmp/ticks) = $i ] || echo BREACH of files
[ $(ls /proc | grep -c '^[0-9]') -le 6 ] || echo BREACH of processes
[ $(ls /tmp | wc -l) = 1 ] || echo BREACH of folders
usleep 100000; done; good; echo $i >/output/count.json; echo ended";

/// What goes on beside the attacks.
#[derive(Default)]
pub(crate) struct Beside {
    stop: AtomicBool,
    /// Of the slowest answer since it was last asked for, ms.
    slowest: AtomicU64,
    /// Jobs of the witness that ended.
    ended: AtomicU64,
    problems: std::sync::Mutex<Vec<String>>,
}

impl Beside {
    /// Starts both on threads of their own.
    pub(crate) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        served: &'scope Served,
    ) {
        scope.spawn(|| {
            while !self.stop.load(Ordering::SeqCst) {
                self.one_job(served);
            }
        });
        scope.spawn(|| {
            while !self.stop.load(Ordering::SeqCst) {
                self.one_question(served);
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
    }

    /// Lets both come to their end.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Notes the slowest answer since the last look; what is wrong with it.
    pub(crate) fn slow_answers(&self, record: &mut Record) -> Option<String> {
        let slowest = self.take_slowest();
        record.answered(slowest);
        let took = slowest.as_millis();
        (slowest > ANSWER_WITHIN).then(|| format!("the server took {took} ms to answer others"))
    }

    /// The slowest answer since the last call.
    pub(crate) fn take_slowest(&self) -> Duration {
        Duration::from_millis(self.slowest.swap(0, Ordering::SeqCst))
    }

    /// How many jobs of the witness ended, and what is wrong with them.
    pub(crate) fn witnessed(&self) -> (u64, Vec<String>) {
        let problems = self.problems.lock().expect("nobody panics with it");
        (self.ended.load(Ordering::SeqCst), problems.clone())
    }

    fn one_job(&self, served: &Served) {
        let inputs = json!({
            "script": {"value": image::packed(SCRIPT)},
            "scan": {"image": served.scan},
        });
        let id = served.submit("witness", &inputs);
        let job = served.ended(&id);
        let log = served
            .get(&format!("{OWN}jobs/{id}/log/?format=text"))
            .text();
        let outputs = served.get(&format!("{OWN}jobs/{id}/outputs/")).text();
        self.ended.fetch_add(1, Ordering::SeqCst);
        let is_well = job["state"] == "succeeded"
            && log.contains("ended")
            && !log.contains("BREACH")
            && outputs.contains("60");
        if !is_well {
            let failure = &job["failure"];
            let problem = format!("witness {id}: {} {failure} {log} {outputs}", job["state"]);
            self.problems
                .lock()
                .expect("nobody panics with it")
                .push(problem);
        }
    }

    fn one_question(&self, served: &Served) {
        for path in ["/readyz", "/api/gantry/v1/jobs/?limit=5", "/jobs/"] {
            let asked = Instant::now();
            let answer = if path == "/jobs/" {
                served.page(path)
            } else {
                served.get(path)
            };
            let took = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.slowest.fetch_max(took, Ordering::SeqCst);
            if answer.status >= 500 || answer.status == 0 {
                let problem = format!("{path}: {} {}", answer.status, answer.text());
                self.problems
                    .lock()
                    .expect("nobody panics with it")
                    .push(problem);
            }
        }
    }
}
