//! `write`, killed at any instant and run again: nothing complete is lost or changed, every
//! file can be read, `status` tells the truth, and the story comes out as if nothing had been.
//!
//! `STORYWRIGHT_KILL_SEED` repeats a run, `STORYWRIGHT_KILLS` sets the number of kills.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use storywright::story::{Language, words};
use support::model_server::{ModelServer, author};
use support::shell::{Files, Shell};

/// No run may take longer, on any machine.
const DEADLINE: Duration = Duration::from_secs(120);
/// After so many kills a story is left in peace to its end.
const KILLS_A_STORY: usize = 12;
/// Most that may be behind the stream.
const BEHIND: (Duration, usize) = (Duration::from_secs(1), 1024);
/// The demo writer; chunks are long enough to be saved while they grow.
const DEMO: [&str; 8] = [
    "--provider",
    "demo",
    "--target-words",
    "1000",
    "--chunk-words",
    "250",
    "--demo-words-per-second",
    "4000",
];

#[test]
fn killed_200_times() {
    kill(number("STORYWRIGHT_KILLS", 200));
}

#[test]
#[ignore = "takes minutes: cargo test --test kill killed_1000_times -- --ignored --nocapture"]
fn killed_1000_times() {
    kill(1000);
}

/// Two at a time: the writer waits most of the time.
fn kill(kills: usize) {
    let seed = seed();
    let reference = Reference::write();
    println!(
        "seed {seed}; uninterrupted, the story takes {:?}",
        reference.length
    );
    let half = |kills, seed| {
        let reference = &reference;
        move || kill_stories(reference, kills, fastrand::Rng::with_seed(seed))
    };
    let tally = std::thread::scope(|scope| {
        let one = scope.spawn(half(kills / 2, seed));
        let other = scope.spawn(half(kills - kills / 2, seed.wrapping_add(1)));
        let mut tally = one.join().expect("no kill does harm");
        tally.add(&other.join().expect("no kill does harm"));
        tally
    });
    println!("{tally:#?}");
    assert_eq!(tally.kills, kills);
    // Kills have to come everywhere, or they prove little; few of them show no shares.
    let share = |percent: usize| match kills < 200 {
        true => 1,
        false => kills * percent / 100,
    };
    assert!(tally.before_the_first_chunk >= share(3), "{tally:?}");
    assert!(tally.in_a_chunk >= share(10), "{tally:?}");
    assert!(tally.between_chunks >= share(1), "{tally:?}");
    assert!(tally.after_the_last_chunk >= share(1), "{tally:?}");
    assert!(tally.left_a_partial_text >= share(5), "{tally:?}");
}

/// What the kills met.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    resumed: usize,
    stories: usize,
    /// Stories that were complete before the kill came.
    ended_first: usize,
    before_the_first_chunk: usize,
    in_a_chunk: usize,
    between_chunks: usize,
    after_the_last_chunk: usize,
    left_a_partial_text: usize,
    left_a_change_to_finish: usize,
    left_a_temporary_file: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.kills += other.kills;
        self.resumed += other.resumed;
        self.stories += other.stories;
        self.ended_first += other.ended_first;
        self.before_the_first_chunk += other.before_the_first_chunk;
        self.in_a_chunk += other.in_a_chunk;
        self.between_chunks += other.between_chunks;
        self.after_the_last_chunk += other.after_the_last_chunk;
        self.left_a_partial_text += other.left_a_partial_text;
        self.left_a_change_to_finish += other.left_a_change_to_finish;
        self.left_a_temporary_file += other.left_a_temporary_file;
    }

    fn count(&mut self, events: &[Value], files: &Files) {
        self.kills += 1;
        let name = |event: &Value| event["event"].as_str().unwrap_or_default().to_owned();
        let last = events
            .iter()
            .rev()
            .map(name)
            .find(|name| !matches!(name.as_str(), "warning" | "progress"));
        let all = files.complete().len() == 4;
        match last.as_deref() {
            Some("chunk_started") => self.in_a_chunk += 1,
            Some("chunk_saved" | "job_finished") if all => self.after_the_last_chunk += 1,
            Some("chunk_saved") => self.between_chunks += 1,
            _ => self.before_the_first_chunk += 1,
        }
        let partial = files
            .chunks
            .values()
            .any(|chunk| !chunk.is_complete && !chunk.prose.is_empty());
        self.left_a_partial_text += usize::from(partial);
        self.left_a_change_to_finish += usize::from(files.declared.is_some() || files.logged);
        self.left_a_temporary_file += usize::from(files.temporaries > 0);
    }
}

/// The story as it is when nobody kills anything.
struct Reference {
    files: Files,
    status: Value,
    length: Duration,
}

impl Reference {
    fn write() -> Reference {
        let shell = Shell::new(&DEMO);
        let start = Instant::now();
        shell.write();
        Reference {
            length: start.elapsed(),
            files: shell.files(),
            status: shell.status(),
        }
    }
}

/// Stories one after the other, until so many kills are done.
fn kill_stories(reference: &Reference, kills: usize, mut random: fastrand::Rng) -> Tally {
    let mut tally = Tally::default();
    // What a whole story takes, as far as the runs tell: the machine may get slower or faster.
    let mut length = reference.length;
    while tally.kills < kills {
        let shell = Shell::new(&DEMO);
        tally.stories += 1;
        let mut before = Files::default();
        let end = kills.min(tally.kills + KILLS_A_STORY);
        while tally.kills < end {
            let run = Run::start(&shell);
            let events = match run.kill(Aim::at_random(length, &before, &mut random)) {
                Killed::Before(events) => {
                    length = length.mul_f64(1.04);
                    events
                }
                Killed::Ended => {
                    length = length.mul_f64(0.8);
                    tally.ended_first += 1;
                    break;
                }
            };
            let files = shell.files();
            tally.count(&events, &files);
            check_after_kill(&shell, reference, &before, &files, &events);
            before = files;
            tally.resumed += 1;
        }
        shell.write();
        check_whole(&shell, reference);
    }
    tally
}

/// When a kill comes.
enum Aim {
    /// So long after the start.
    Time(Duration),
    /// So long after that many events, all or only those of saved chunks: near the moments
    /// when something changes on disk, which are too short to be met by chance.
    Event(usize, Only, Duration),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Only {
    All,
    Saved,
}

impl Aim {
    fn at_random(length: Duration, files: &Files, random: &mut fastrand::Rng) -> Aim {
        let chunks = 4 - files.complete().len();
        let soon = |random: &mut fastrand::Rng, most| Duration::from_micros(random.u64(0..most));
        match random.u8(0..6) {
            // Four events a chunk, and two about the job.
            0 | 1 => {
                let wanted = random.usize(1..=2 + 4 * chunks);
                return Aim::Event(wanted, Only::All, soon(random, 15_000));
            }
            2 if chunks > 0 => {
                let wanted = random.usize(1..=chunks);
                return Aim::Event(wanted, Only::Saved, soon(random, 2_000));
            }
            _ => {}
        }
        let left = (1 + chunks) as f64 / 5.0;
        Aim::Time(length.mul_f64(left * random.f64() * 1.05))
    }
}

enum Killed {
    /// With all that it had told until then.
    Before(Vec<Value>),
    Ended,
}

/// A running `write`.
struct Run {
    child: Child,
    events: Receiver<Value>,
    started: Instant,
}

impl Run {
    fn start(shell: &Shell) -> Run {
        let mut command = shell.command("write");
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn().expect("the program runs");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (tell, events) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // A kill may cut off the last line.
                if let Ok(event) = serde_json::from_str(&line) {
                    let _ = tell.send(event);
                }
            }
        });
        Run {
            child,
            events,
            started,
        }
    }

    fn kill(mut self, aim: Aim) -> Killed {
        let (mut wanted, only, delay) = match aim {
            Aim::Time(delay) => (0, Only::All, delay),
            Aim::Event(wanted, only, delay) => (wanted, only, delay),
        };
        let mut told = Vec::new();
        let mut due = self.started + if wanted == 0 { delay } else { DEADLINE };
        // Ends when the kill is due, or when the output is closed: it is about to end by itself.
        while let Ok(event) = self
            .events
            .recv_timeout(due.saturating_duration_since(Instant::now()))
        {
            let counts = only == Only::All || event["event"] == "chunk_saved";
            told.push(event);
            if wanted > 0 && counts {
                wanted -= 1;
                if wanted == 0 {
                    due = Instant::now() + delay;
                }
            }
        }
        kill_process(&mut self.child);
        let status = self.child.wait().expect("it ends");
        // The reader ends with the pipe.
        told.extend(self.events.iter());
        match status.code() {
            None => Killed::Before(told),
            Some(KILLED) if cfg!(windows) => Killed::Before(told),
            Some(0) => Killed::Ended,
            Some(code) => panic!("write ended with {code}: {told:#?}"),
        }
    }
}

/// How a process ends that was killed on Windows, where no other does so.
const KILLED: i32 = 137;

#[cfg(not(windows))]
fn kill_process(child: &mut Child) {
    child.kill().expect("killed");
}

/// As `taskkill /f` does it.
#[cfg(windows)]
fn kill_process(child: &mut Child) {
    use std::os::windows::io::AsRawHandle as _;
    // SAFETY: the handle is the child's own; one that has ended already is no harm.
    unsafe {
        windows_sys::Win32::System::Threading::TerminateProcess(
            child.as_raw_handle().cast(),
            KILLED as u32,
        );
    }
}

/// Everything that holds after every kill.
fn check_after_kill(
    shell: &Shell,
    reference: &Reference,
    before: &Files,
    files: &Files,
    events: &[Value],
) {
    assert!(files.sessions.len() <= 1, "{:?}", files.sessions);
    for number in before.complete() {
        let now = files.chunks.get(&number);
        assert_eq!(now, before.chunks.get(&number), "chunk {number} changed");
    }
    for (number, chunk) in &files.chunks {
        let whole = &reference.files.chunks[number];
        if chunk.is_complete {
            assert_eq!(chunk, whole, "chunk {number}");
        } else {
            let so_far = chunk.prose.trim_end();
            assert!(
                whole.prose.starts_with(so_far),
                "chunk {number}: {so_far:?} is not how {:?} begins",
                whole.prose
            );
        }
        let earlier = before.chunks.get(number);
        let earlier = earlier.map_or(0, |chunk| chunk.prose.trim_end().len());
        let now = chunk.prose.trim_end().len();
        assert!(now >= earlier, "chunk {number} lost text");
    }
    check_told(files, events);
    check_status(&shell.status(), files);
    check_full_story(files);
}

/// What was told to be saved is saved.
fn check_told(files: &Files, events: &[Value]) {
    for event in events {
        let Some(number) = event["chunk"].as_u64().map(|number| number as u32) else {
            continue;
        };
        let chunk = files.chunks.get(&number);
        let told = event["words"].as_u64().unwrap_or(0);
        match event["event"].as_str() {
            Some("chunk_saved") => assert!(
                chunk.is_some_and(|chunk| chunk.is_complete),
                "chunk {number} was told to be saved: {chunk:?}"
            ),
            Some("progress") => {
                let saved = chunk.map_or(0, |chunk| length(&chunk.prose));
                assert!(saved >= told, "chunk {number}: {saved} of {told} words");
            }
            _ => {}
        }
    }
}

fn length(prose: &str) -> u64 {
    u64::from(words::count(prose, &Language::default()))
}

/// `status` says what the files say; a change that is declared counts as done.
fn check_status(status: &Value, files: &Files) {
    let chunks = status["chunks"].as_array().expect("chunks");
    assert_eq!(chunks.len(), 4);
    let mut sum = 0;
    for told in chunks {
        let number = told["number"].as_u64().expect("a number") as u32;
        let empty = |prose: &str| prose.trim().is_empty();
        let chunk = files.chunks.get(&number).filter(|it| !empty(&it.prose));
        let state = match chunk {
            None => "missing",
            Some(chunk) if chunk.is_complete => "complete",
            Some(_) => "partial",
        };
        sum += told["words"].as_u64().expect("a number");
        assert_eq!(told["edited"], false, "{told}");
        assert_eq!(told["stale"], false, "{told}");
        let file = format!("chunks/chunk_{number:02}.md");
        if told["status"] != state {
            let declared = files.declared.as_deref().unwrap_or_default();
            assert_eq!(told["status"], "complete", "{told} but {chunk:?}");
            assert!(declared.contains(&file), "{told} but {chunk:?}");
            continue;
        }
        let saved = chunk.map_or(0, |chunk| length(&chunk.prose));
        assert_eq!(told["words"], saved, "{told}");
    }
    assert_eq!(status["words"], sum);
}

/// The full story holds every complete chunk, but for a change that is not finished; while chunks come fast,
/// it may lack the last ones.
fn check_full_story(files: &Files) {
    if files.declared.is_some() || files.complete().is_empty() {
        return;
    }
    let complete = files.chunks.values().filter(|chunk| chunk.is_complete);
    let story: String = complete
        .map(|chunk| format!("\n{}\n", chunk.prose.trim()))
        .collect();
    let whole =
        format!("---\ntitle: \"The Lamp Keeper\"\nlang: \"en\"\n---\n\n# The Lamp Keeper\n{story}");
    match files.logged {
        true => assert!(whole.starts_with(files.full_story.as_deref().unwrap_or_default())),
        false => assert_eq!(files.full_story, Some(whole)),
    }
}

/// A story that was killed and resumed is the one that nobody killed.
fn check_whole(shell: &Shell, reference: &Reference) {
    let files = shell.files();
    assert_eq!(files.sessions, reference.files.sessions);
    assert_eq!(files.chunks, reference.files.chunks);
    assert_eq!(files.full_story, reference.files.full_story);
    // What was read beside the writing may be done by a later command, and what was learned of the model
    // is kept at the end of a job: with the story whole there is none any more.
    let is_beside = |name: &String| name.starts_with("state/") || name == ".work/tokens.json";
    let written = |names: &[String]| -> Vec<String> {
        let names = names.iter().filter(|name| !is_beside(name));
        names.cloned().collect()
    };
    assert_eq!(
        written(&files.names),
        written(&reference.files.names),
        "nothing is left over"
    );
    assert_eq!((&files.declared, files.temporaries), (&None, 0));
    assert!(!files.logged);
    assert_eq!(shell.status(), reference.status);
    for number in 1..=4 {
        assert_eq!(files.times_told(number), 1, "{}", files.changelog);
    }
}

/// Text that had come and is not on disk is paid for again: at most a second of it, or a
/// kilobyte.
#[test]
fn at_most_a_moment_is_paid_for_twice() {
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    println!("seed {seed}");
    let mut behind = Vec::new();
    while behind.len() < 24 {
        // From a slow model to a very fast one.
        let rate = [120.0, 400.0, 1500.0][behind.len() % 3];
        behind.extend(kill_streams(rate, &mut random));
    }
    let most = |pick: fn(&Behind) -> u128| behind.iter().map(pick).max().expect("some");
    println!(
        "{} kills of a stream: at most {} bytes and {} ms behind; {} bytes lay on disk in sum",
        behind.len(),
        most(|it| it.bytes as u128),
        most(|it| it.time.as_millis()),
        behind.iter().map(|it| it.saved).sum::<usize>(),
    );
    // How many depends on how busy the machine is.
    assert!(behind.iter().any(|it| it.saved > 0), "nothing was tried");
}

/// How far the disk was behind the stream when the kill came.
#[derive(Debug)]
struct Behind {
    bytes: usize,
    time: Duration,
    /// On disk of what this stream had brought.
    saved: usize,
}

/// Kills the streams of one story three times.
fn kill_streams(rate: f64, random: &mut fastrand::Rng) -> Vec<Behind> {
    let server = ModelServer::start(move |request| author(request).per_second(rate));
    let shell = Shell::new(&[
        "--provider",
        "openai",
        "--model",
        "scripted-model",
        "--base-url",
        &server.base_url,
        "--target-words",
        "1200",
        "--chunk-words",
        "300",
        // What is extracted from a chunk is no text that could be lost.
        "--state",
        "off",
    ]);
    let mut found = Vec::new();
    let mut before = BTreeMap::new();
    for _ in 0..3 {
        let calls = server.completions().len();
        let run = Run::start(&shell);
        server.wait_for_completions(calls + 1, DEADLINE);
        let sent = server.sent().len();
        server.wait_for_sent(sent + random.usize(1..200), DEADLINE);
        let killed = Instant::now();
        let Killed::Before(_) = run.kill(Aim::Time(Duration::ZERO)) else {
            break;
        };
        let files = shell.files();
        let text = |files: &Files| -> usize {
            let chunks = files.chunks.values();
            chunks.map(|chunk| chunk.prose.trim_end().len()).sum()
        };
        let old: usize = before.values().sum();
        for (number, length) in &before {
            assert!(files.chunks[number].prose.trim_end().len() >= *length);
        }
        // All that came since, of as many chunks as it was.
        let came: Vec<_> = server.sent().split_off(sent);
        let came: Vec<_> = came.iter().filter(|piece| piece.at <= killed).collect();
        let bytes: usize = came.iter().map(|piece| piece.text.len()).sum();
        let saved = text(&files).saturating_sub(old);
        let mut reached = 0;
        let first_unsaved = came.iter().find(|piece| {
            reached += piece.text.len();
            reached > saved
        });
        let it = Behind {
            bytes: bytes.saturating_sub(saved),
            time: first_unsaved.map_or(Duration::ZERO, |piece| killed - piece.at),
            saved,
        };
        assert!(it.time <= BEHIND.0 || it.bytes <= BEHIND.1, "{it:?}");
        found.push(it);
        before = files
            .chunks
            .iter()
            .map(|(number, chunk)| (*number, chunk.prose.trim_end().len()))
            .collect();
        shell.status();
    }
    found
}

/// Of this run, or of the one that is to be repeated.
fn seed() -> u64 {
    number("STORYWRIGHT_KILL_SEED", fastrand::usize(..)) as u64
}

fn number(variable: &str, otherwise: usize) -> usize {
    let value = std::env::var(variable).ok();
    value.map_or(otherwise, |value| value.parse().expect("a number"))
}
