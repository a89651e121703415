//! What a process takes of the machine, as Linux tells it; other systems tell nothing.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The clock ticks of a second, which Linux fixes for its programs.
const TICKS: f64 = 100.0;

/// A process at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// The most memory that it had resident so far, in MB.
    pub peak: f64,
    /// The memory that it has resident, in MB.
    pub resident: f64,
    /// The bytes that it had written to files and sockets.
    pub passed_to_write: u64,
    /// The bytes that were to go to a disk.
    pub written: u64,
    pub reads: u64,
    pub writes: u64,
}

impl Sample {
    /// Looks at a process; `None` where there is none, or nothing is told.
    pub fn of(process: u32) -> Option<Sample> {
        let read = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}")).ok();
        let (status, io) = (read("status")?, read("io")?);
        let of = |text: &str, key: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let megabytes = |key: &str| of(&status, key).map(|kib| kib as f64 * 1024.0 / 1e6);
        Some(Sample {
            peak: megabytes("VmHWM:")?,
            resident: megabytes("VmRSS:")?,
            passed_to_write: of(&io, "wchar:")?,
            written: of(&io, "write_bytes:")?,
            reads: of(&io, "syscr:")?,
            writes: of(&io, "syscw:")?,
        })
    }
}

/// Two of the times of a process, added up; the fields are counted from behind its name.
fn times(stat: &str, first: usize) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(first);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS)
}

/// The seconds that ended processes of this one took of the processors.
fn cpu_of_ended() -> Option<f64> {
    times(&fs::read_to_string("/proc/self/stat").ok()?, 13)
}

/// The seconds that a running process took of the processors.
pub fn cpu_of(process: u32) -> Option<f64> {
    times(
        &fs::read_to_string(format!("/proc/{process}/stat")).ok()?,
        11,
    )
}

/// What a process took from its start to its end.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub wall: Duration,
    pub cpu: Option<f64>,
}

/// Runs a process to its end; `begun` is told which it is.
pub fn run(command: &mut Command, begun: impl FnOnce(u32)) -> Taken {
    let before = cpu_of_ended();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .expect("the program runs");
    begun(child.id());
    let status = child.wait().expect("it ends");
    let wall = start.elapsed();
    assert!(status.success(), "{command:?}");
    let cpu = cpu_of_ended().zip(before);
    Taken {
        wall,
        cpu: cpu.map(|(after, before)| after - before),
    }
}

/// The most memory that a process has until its end, in MB.
pub fn peak_of(command: &mut Command) -> Option<f64> {
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut peak: Option<f64> = None;
    while is_running(&mut child) {
        let now = Sample::of(child.id()).map(|sample| sample.peak);
        peak = match (peak, now) {
            (Some(peak), Some(now)) => Some(peak.max(now)),
            (peak, now) => peak.or(now),
        };
        thread::sleep(Duration::from_micros(500));
    }
    peak
}

fn is_running(child: &mut Child) -> bool {
    child.try_wait().expect("it can be waited for").is_none()
}
