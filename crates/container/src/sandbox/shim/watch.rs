//! From the start of the program to its end: logs, limits that only time can tell, wishes of the caller.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::cgroup::Counters;
use super::engine::RootUsage;
use super::error::OrShimError;
use super::init::Report;
use super::prepare::Sandbox;
use super::process_one::Usage;
use super::ring;
use super::sampler::Sampler;
use super::scratch::Fill;
use crate::sandbox::log::{LogWriter, Stream};
use crate::sandbox::outcome::{End, Measured, Outcome, ShimError, ShimTimings};
use crate::sandbox::plan::{ContainerPlan, Orphaned};

/// How often counters and the disk are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long a log is drained after the last process has gone.
const DRAIN: Duration = Duration::from_millis(500);
/// A reader that is asked for more at once would starve the other stream.
const PIECE: usize = 256 << 10;
/// After SIGKILL an engine's container is taken away if it does not end: somebody may have paused it.
const STUCK: Duration = Duration::from_secs(5);

/// Why we end a program that would go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    TimedOut,
    Cancelled,
    OutOfMemory,
    LogFlood,
    DiskFull,
}

/// Everything that is known while the program runs.
struct Watch<'a> {
    plan: &'a ContainerPlan,
    sandbox: &'a Sandbox,
    log: LogWriter,
    started: Instant,
    /// Set when the end was decided by us, with the time at which SIGKILL follows.
    verdict: Option<(Verdict, Instant)>,
    killed: Option<Instant>,
    peak: Fill,
    report: Option<Report>,
    next_tick: Instant,
    sampler: Sampler,
    /// What an engine's container wrote beside the scratch file system.
    root_usage: Option<RootUsage>,
    /// What may still say something; the kernel calls a closed end ready for ever.
    sources: Vec<Source>,
}

/// What the watch listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Log(Stream),
    ProcessOne,
    Caller,
}

/// Starts the program and stays with it to the end of its last process.
pub(super) fn run_to_the_end(plan: &ContainerPlan, sandbox: &mut Sandbox) -> Outcome {
    let mut timings = ShimTimings::default();
    let facts = Some(std::mem::take(&mut sandbox.facts));
    let result = watch(plan, sandbox, &mut timings);
    // Whatever went wrong, nothing of the container may be left.
    sandbox.kill_all();
    match result {
        Ok((end, measured)) => Outcome {
            end,
            measured: Some(measured),
            facts,
            timings,
        },
        Err(error) => {
            sandbox.process_one.abandon();
            Outcome {
                end: End::NotStarted { error },
                measured: None,
                facts,
                timings,
            }
        }
    }
}

fn watch(
    plan: &ContainerPlan,
    sandbox: &Sandbox,
    timings: &mut ShimTimings,
) -> Result<(End, Measured), ShimError> {
    let log = LogWriter::create(&plan.log_path(), plan.limits.log_kept_bytes)
        .or_internal("create the log")?;
    for pipe in [&sandbox.stdout, &sandbox.stderr] {
        rustix::io::ioctl_fionbio(pipe, true).or_internal("set a pipe up")?;
    }
    // A caller that is slow, or stopped, must not stop us: a bell that is full of rings has said it all.
    rustix::io::ioctl_fionbio(rustix::stdio::stdout(), true).or_internal("set the bell up")?;
    // The program may run before its start is heard of, and is not to have run for longer than is said.
    let started = Instant::now();
    sandbox.process_one.start_program()?;
    timings.start_seconds = started.duration_since(sandbox.provisioned_at).as_secs_f64();
    let mut watch = Watch {
        plan,
        sandbox,
        log,
        started,
        verdict: None,
        killed: None,
        peak: Fill::default(),
        report: None,
        next_tick: started + TICK,
        sampler: Sampler::new(started, TICK),
        root_usage: sandbox.root_usage.clone(),
        sources: vec![
            Source::Log(Stream::Stdout),
            Source::Log(Stream::Stderr),
            Source::Caller,
            Source::ProcessOne,
        ],
    };
    let mut buffer = vec![0; PIECE];
    while watch.report.is_none() {
        watch.turn(&mut buffer)?;
    }
    let wall = started.elapsed();
    timings.run_seconds = wall.as_secs_f64();
    watch.finish(wall, &mut buffer)
}

impl Watch<'_> {
    /// Waits for the next thing to happen and deals with it.
    fn turn(&mut self, buffer: &mut [u8]) -> Result<(), ShimError> {
        let ready = self.wait()?;
        for source in &ready {
            match source {
                Source::Log(stream) => self.copy_log(*stream, buffer)?,
                Source::Caller => self.listen_to_caller(),
                Source::ProcessOne => self.report = Some(self.sandbox.process_one.hear()),
            }
        }
        if Instant::now() >= self.next_tick {
            self.tick();
        }
        self.keep_time();
        Ok(())
    }

    fn wait(&self) -> Result<Vec<Source>, ShimError> {
        let stdin = rustix::stdio::stdin();
        let fd = |source: &Source| match source {
            Source::Log(stream) => self.pipe(*stream).as_fd(),
            Source::ProcessOne => self.sandbox.process_one.bell(),
            Source::Caller => stdin,
        };
        let fds: Vec<BorrowedFd<'_>> = self.sources.iter().map(fd).collect();
        let mut polled: Vec<_> = fds
            .iter()
            .map(|fd| PollFd::new(fd, PollFlags::IN))
            .collect();
        let timeout = self
            .next_deadline()
            .saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(timeout.max(Duration::from_micros(100))).ok();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).or_internal("wait for the container"),
        }
        let ready = self
            .sources
            .iter()
            .zip(&polled)
            .filter(|(_, fd)| !fd.revents().is_empty());
        Ok(ready.map(|(source, _)| *source).collect())
    }

    fn next_deadline(&self) -> Instant {
        match self.verdict {
            Some((_, kill_at)) if self.killed.is_none() => self.next_tick.min(kill_at),
            Some(_) => self.next_tick,
            None => self
                .next_tick
                .min(self.started + Duration::from_millis(self.plan.limits.wall_time_ms)),
        }
    }

    fn pipe(&self, stream: Stream) -> &OwnedFd {
        match stream {
            Stream::Stdout => &self.sandbox.stdout,
            Stream::Stderr => &self.sandbox.stderr,
        }
    }

    /// Copies what is there now.
    fn copy_log(&mut self, stream: Stream, buffer: &mut [u8]) -> Result<(), ShimError> {
        match rustix::io::read(self.pipe(stream), &mut *buffer) {
            Ok(0) => {
                self.sources.retain(|source| *source != Source::Log(stream));
                Ok(())
            }
            Ok(count) => {
                let at = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
                let total = self
                    .log
                    .write(at, stream, &buffer[..count])
                    .or_internal("write the log")?;
                ring();
                if total > self.plan.limits.log_max_bytes {
                    self.end(Verdict::LogFlood, Duration::ZERO);
                }
                Ok(())
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error).or_internal("read the program's output"),
        }
    }

    fn listen_to_caller(&mut self) {
        let mut words = [0; 16];
        match rustix::io::read(rustix::stdio::stdin(), &mut words) {
            Ok(0) | Err(_) => {
                self.sources.retain(|source| *source != Source::Caller);
                if self.plan.orphaned == Orphaned::Stop {
                    self.end(Verdict::Cancelled, Duration::ZERO);
                }
            }
            Ok(count) => {
                for _ in words[..count].iter().filter(|word| **word == b'c') {
                    let again = self.verdict.is_some();
                    let grace = Duration::from_millis(self.plan.limits.grace_ms);
                    self.end(
                        Verdict::Cancelled,
                        if again { Duration::ZERO } else { grace },
                    );
                }
            }
        }
    }

    /// Decides the end: SIGTERM now, SIGKILL after the grace; an earlier decision stays, but its SIGKILL may come sooner.
    fn end(&mut self, verdict: Verdict, grace: Duration) {
        let kill_at = Instant::now() + grace;
        match &mut self.verdict {
            Some((_, earlier)) => *earlier = (*earlier).min(kill_at),
            None => {
                self.verdict = Some((verdict, kill_at));
                self.sandbox.process_one.terminate();
            }
        }
        self.keep_time();
    }

    fn keep_time(&mut self) {
        match self.verdict {
            None if self.started.elapsed()
                >= Duration::from_millis(self.plan.limits.wall_time_ms) =>
            {
                self.end(
                    Verdict::TimedOut,
                    Duration::from_millis(self.plan.limits.grace_ms),
                );
            }
            Some((_, kill_at)) if Instant::now() >= kill_at && self.killed.is_none() => {
                self.killed = Some(Instant::now());
                self.sandbox.process_one.kill(&self.sandbox.cgroup);
            }
            Some(_) if self.killed.is_some_and(|at| at.elapsed() > STUCK) => {
                self.killed = Some(Instant::now());
                self.sandbox.take_away();
            }
            None | Some(_) => {}
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        self.next_tick = now + TICK;
        let fill = self.look_at_disk();
        if self.root_usage.is_some() && fill.used_bytes > self.plan.limits.disk_bytes {
            self.end(Verdict::DiskFull, Duration::ZERO);
        }
        let disk = (fill.capacity_bytes > 0).then_some(fill.used_bytes);
        self.sampler.look(&self.sandbox.cgroup, disk, now);
        if self.sandbox.cgroup.counters().out_of_memory_kills > 0 {
            // A program that lost a part of itself often waits for it for ever.
            self.end(Verdict::OutOfMemory, Duration::ZERO);
        }
    }

    fn look_at_disk(&mut self) -> Fill {
        let mut fill = self.sandbox.scratch.fill();
        if let Some(root) = &mut self.root_usage {
            fill.used_bytes += root.bytes(Instant::now());
            fill.full |= fill.used_bytes > self.plan.limits.disk_bytes;
        }
        self.peak.capacity_bytes = fill.capacity_bytes;
        self.peak.used_bytes = self.peak.used_bytes.max(fill.used_bytes);
        self.peak.full |= fill.full;
        fill
    }

    /// The program has ended: end what it left, drain the log, read the counters.
    fn finish(mut self, wall: Duration, buffer: &mut [u8]) -> Result<(End, Measured), ShimError> {
        let usage = self
            .sandbox
            .process_one
            .finish()
            .or_internal("reap process 1")?;
        let until = Instant::now() + DRAIN;
        for stream in [Stream::Stdout, Stream::Stderr] {
            while Instant::now() < until && self.drain(stream, buffer)? {}
        }
        self.log.finish().or_internal("write the log")?;
        self.look_at_disk();
        let counters = self.sandbox.counters(self.plan, self.sampler.most_pids());
        let measured = self.measured(wall, &counters, usage);
        let report = self
            .report
            .take()
            .unwrap_or(Report::Signaled(libc::SIGKILL));
        if let Report::Failed(error) = report {
            return Ok((End::NotStarted { error }, measured));
        }
        Ok((self.classify(&report, &counters), measured))
    }

    /// Reads on while there is something; all writers are gone, so nothing new can come.
    fn drain(&mut self, stream: Stream, buffer: &mut [u8]) -> Result<bool, ShimError> {
        let before = self.log.total(stream);
        self.copy_log(stream, buffer)?;
        Ok(self.log.total(stream) > before)
    }

    fn classify(&self, report: &Report, counters: &Counters) -> End {
        let code = match report {
            Report::Exited(code) => Some(*code),
            Report::Ready | Report::Signaled(_) | Report::Failed(_) | Report::Lost(_) => None,
        };
        match self.verdict {
            Some((Verdict::TimedOut, _)) => End::TimedOut { code },
            Some((Verdict::Cancelled, _)) => End::Cancelled,
            Some((Verdict::LogFlood, _)) => End::LogFlood,
            Some((Verdict::OutOfMemory, _)) => End::OutOfMemory,
            Some((Verdict::DiskFull, _)) => End::DiskFull,
            // Also when the program itself went on and returned 0: what it produced lacks what the killed part did.
            None if counters.out_of_memory_kills > 0 => End::OutOfMemory,
            None => match report {
                Report::Signaled(signal) => End::Signaled { signal: *signal },
                Report::Lost(said) => End::Lost { said: said.clone() },
                Report::Ready | Report::Exited(_) | Report::Failed(_) => End::Exited {
                    code: code.unwrap_or(0),
                },
            },
        }
    }

    fn measured(&self, wall: Duration, counters: &Counters, usage: Option<Usage>) -> Measured {
        let usage = usage.unwrap_or_default();
        Measured {
            wall_seconds: wall.as_secs_f64(),
            cpu_user_seconds: usage.user_seconds,
            cpu_system_seconds: usage.system_seconds,
            peak_memory_bytes: counters.peak_memory_bytes.or(usage.resident_bytes),
            peak_pids: counters.peak_pids,
            pids_refusals: counters.pids_refusals,
            out_of_memory_kills: counters.out_of_memory_kills,
            peak_disk_bytes: (self.peak.capacity_bytes > 0).then_some(self.peak.used_bytes),
            disk_capacity_bytes: (self.peak.capacity_bytes > 0).then_some(self.peak.capacity_bytes),
            disk_full: self.peak.full,
            stdout_bytes: self.log.total(Stream::Stdout),
            stderr_bytes: self.log.total(Stream::Stderr),
            log_bytes_dropped: self.log.dropped(Stream::Stdout) + self.log.dropped(Stream::Stderr),
            throttled_us: counters.throttled_us,
            samples: self.sampler.samples(),
        }
    }
}

/// Waits until the caller has taken what it wants; a later caller says so by a file `release` in the work folder.
pub(super) fn await_release(plan: &ContainerPlan) -> Result<(), ShimError> {
    let mut words = [0; 16];
    let stdin: BorrowedFd<'_> = rustix::stdio::stdin();
    loop {
        match rustix::io::read(stdin.as_fd(), &mut words) {
            Ok(0) | Err(_) => break,
            Ok(count) if words[..count].contains(&b'r') => return Ok(()),
            Ok(_) => {}
        }
    }
    let release = plan.work_dir.join("release");
    while plan.orphaned == Orphaned::Continue && plan.work_dir.exists() && !release.exists() {
        std::thread::sleep(TICK);
    }
    Ok(())
}
