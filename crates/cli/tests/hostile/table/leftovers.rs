//! Programs that do not want to end, or want to outlive their job.

use crate::attack::{Attack, shell};

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    vec![
        shell("leftovers.ignores_term", "ignores SIGTERM beyond its time", "good; exec probe ignore-term")
            .says(&["ready"])
            .ends(&["time_limit"]),
        shell(
            "leftovers.shell_ignores_everything",
            "ignores every signal that can be ignored",
            "good; for s in HUP INT QUIT TERM USR1 USR2 ALRM PIPE; do trap '' $s; done; echo ready; while :; do :; done",
        )
        .says(&["ready"])
        .ends(&["time_limit"]),
        shell("leftovers.daemon", "forks twice into a session of its own and ends", "good; probe daemon leave").says(&["ready"]),
        shell("leftovers.background", "leaves a hundred processes asleep", "good; i=0; while [ $i -lt 40 ]; do sleep 1000 & i=$((i+1)); done; echo held"),
        shell("leftovers.new_session", "leaves an orphan in a session of its own", "good; setsid sh -c 'trap \"\" TERM HUP; while :; do :; done' >/dev/null 2>&1 & sleep 0.1; echo held"),
        shell("leftovers.holds_the_pipe", "leaves a child that has stdout open", "good; probe hold-pipe").says(&["left a child behind"]),
        shell("leftovers.writes_on", "leaves a child that goes on writing to stdout", "good; echo held; probe orphan; exit 0"),
        shell("leftovers.kill_all", "sends SIGKILL to everything it may", "good; probe kill-all").says(&[]).ends(&["succeeded", "signal"]),
        shell("leftovers.kill_the_parent", "sends SIGKILL to its parent", "good; (kill -9 $PPID) 2>/dev/null; echo held"),
        shell("leftovers.kill_process_1", "sends every signal to process 1", "good; i=1; while [ $i -lt 32 ]; do kill -$i 1 2>/dev/null; i=$((i+1)); done; echo held").says(&[]).ends(&["succeeded", "signal"]),
        shell("leftovers.kill_its_group", "sends SIGTERM to its process group, and ends with it", "good; kill -TERM 0; sleep 5").says(&[]).ends(&["signal"]),
        shell("leftovers.kill_its_shell", "sends SIGKILL to itself", "good; kill -9 $$").says(&[]).ends(&["signal"]),
        shell("leftovers.segfault", "crashes", "good; kill -SEGV $$").says(&[]).ends(&["signal"]),
        shell("leftovers.stopped", "stops itself and is never continued", "good; exec probe stopped").says(&["ready"]).ends(&["time_limit"]),
        shell("leftovers.stopped_child", "leaves a stopped child", "good; probe stopped & sleep 0.2; echo held"),
        shell("leftovers.frozen_parent", "waits uninterruptibly for a child that has stopped", "good; exec probe frozen-parent").says(&["ready"]).ends(&["time_limit"]),
        shell("leftovers.fifo_reader", "waits for a pipe that nobody writes", "good; mkfifo /tmp/f; cat /tmp/f").says(&[]).ends(&["time_limit"]),
        shell("leftovers.cron", "leaves programs for a later time", "good; crond -b 2>/dev/null; echo 'echo x' | at now 2>/dev/null; nohup sleep 1000 >/dev/null 2>&1 & echo held"),
        shell("leftovers.respawner", "two processes that start each other again when one dies", "good; sh -c 'trap \"\" TERM; while :; do sh -c \"trap \\\"\\\" TERM; sleep 1\" ; done' & sleep 0.1; echo held"),
        shell("leftovers.mapped_output", "keeps the output open and writes while it is collected", "good; (while :; do echo 9 >/output/count.json; done) & sleep 0.1; echo held").ends(&["succeeded", "output_invalid"]),
    ]
}
