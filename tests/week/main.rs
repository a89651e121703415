//! A writer's week through the shell: edits, notes, an outline that changes, rewrites, restores,
//! drafts, lost files, archives, git and Ctrl-C in any order, and after each step every promise is
//! held against the disk.
//!
//! `STORYWRIGHT_WEEK_SEED` repeats the weeks from one seed on, `STORYWRIGHT_WEEKS` and
//! `STORYWRIGHT_WEEK_STEPS` say how many and how long, and `STORYWRIGHT_WEEK_SCRIPT` names a file
//! with the steps of one week, as they are printed when it fails. `STORYWRIGHT_WEEK_WITHOUT` leaves
//! out deeds by their words, with commas; `STORYWRIGHT_WEEK_TRIES` says how often a week that fails is
//! played again to find the steps that it needs for that, `STORYWRIGHT_WEEK_DIARIES` a folder for the
//! diaries of such weeks, whose files then stay, and `STORYWRIGHT_WEEK_PROGRAM` another program than
//! the one that was built.

mod author;
mod brief;
mod commands;
mod desk;
mod merges;
mod model;
mod promises;
mod steps;
mod texts;
mod week;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use steps::Script;
use week::Week;

/// How often a week that failed is played again with fewer steps, and for how long.
const TRIES: usize = 120;
const PATIENCE: Duration = Duration::from_secs(240);

/// The first of the weeks that are always the same.
const FIXED_SEED: u64 = 1;

#[test]
fn every_promise_holds_in_4_weeks_of_40_steps() {
    play_all(4, 40, || FIXED_SEED);
}

#[test]
#[ignore = "takes hours: cargo test --test week -- --ignored --nocapture"]
fn every_promise_holds_in_500_weeks_of_120_steps() {
    play_all(500, 120, || fastrand::u64(..1 << 40));
}

fn play_all(weeks: usize, length: usize, seed: impl Fn() -> u64) {
    if let Some(file) = variable("STORYWRIGHT_WEEK_SCRIPT") {
        let text = std::fs::read_to_string(&file).expect("a script");
        return replay(&text.parse().expect("a script"));
    }
    let weeks = number("STORYWRIGHT_WEEKS").unwrap_or(weeks);
    let length = number("STORYWRIGHT_WEEK_STEPS").unwrap_or(length);
    let first = number("STORYWRIGHT_WEEK_SEED").map_or_else(seed, |seed| seed as u64);
    let left_out = variable("STORYWRIGHT_WEEK_WITHOUT").unwrap_or_default();
    println!("seeds {first} to {}", first + weeks as u64 - 1);
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let (counts, failures) = (Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(weeks) {
            scope.spawn(|| {
                loop {
                    let week = next.fetch_add(1, Ordering::Relaxed);
                    if week >= weeks {
                        return;
                    }
                    let mut script = Script::drawn(first + week as u64, length);
                    script.leave_out(&left_out);
                    match play(&script) {
                        Ok(played) => {
                            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                            played.into_iter().for_each(|(deed, times)| {
                                *counts.entry(deed).or_insert(0) += times
                            });
                        }
                        Err((broken, diary)) => {
                            println!("week {} breaks: {broken}", script.seed);
                            note_diary(script.seed, &diary);
                            failures
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push(script);
                        }
                    }
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    println!(
        "{weeks} weeks in {:.1?}, {} broken: {counts:?}",
        began.elapsed(),
        failures.len()
    );
    if let Some(script) = failures.into_iter().next() {
        panic!("{}", shrunk(script));
    }
}

fn replay(script: &Script) {
    match play(script) {
        Ok(counts) => println!("nothing breaks: {counts:?}"),
        Err((broken, diary)) => panic!("{broken}\n{}", diary.join("\n")),
    }
}

type Counts = BTreeMap<&'static str, u32>;

/// Plays a week; a panic breaks it like anything else.
fn play(script: &Script) -> Result<Counts, (String, Vec<String>)> {
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| Week::play(script)));
    match played {
        Ok(played) => played.map(|week| week.counts),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Err((text.unwrap_or_else(|| "a panic".to_owned()), Vec::new()))
        }
    }
}

/// What tells one fault from another, whichever chunk it befalls.
fn kind(broken: &str) -> String {
    let what = broken.split_once("): ").map_or(broken, |(_, what)| what);
    let of_chunks =
        |word: &&str| word.len() != 8 && !word.contains(|letter: char| letter.is_ascii_digit());
    what.split_whitespace().filter(of_chunks).take(7).collect()
}

/// Leaves out the steps that a week does not need to break, as far as patience lasts, and tells.
fn shrunk(mut script: Script) -> String {
    let first = script.to_string();
    let deadline = Instant::now() + PATIENCE;
    let mut told = play(&script).err();
    let kind_first = told
        .as_ref()
        .map_or_else(String::new, |(broken, _)| kind(broken));
    let most = number("STORYWRIGHT_WEEK_TRIES").unwrap_or(TRIES);
    let mut tries = 0;
    let mut piece = script.steps.len().div_ceil(2);
    while piece > 0 {
        let mut start = 0;
        while start < script.steps.len() && tries < most && Instant::now() < deadline {
            let mut fewer = script.clone();
            fewer
                .steps
                .drain(start..(start + piece).min(script.steps.len()));
            tries += 1;
            match play(&fewer) {
                Err(broken) if kind(&broken.0) == kind_first => {
                    (script, told) = (fewer, Some(broken))
                }
                _ => start += piece,
            }
        }
        piece /= 2;
    }
    let (broken, diary) = told.unwrap_or_default();
    format!(
        "{broken}\n--- the week\n{}\n--- as a script\n{script}--- with all steps\n{first}",
        diary.join("\n")
    )
}

fn number(name: &str) -> Option<usize> {
    variable(name).map(|value| value.parse().expect("a number"))
}

/// Leaves the diary of a week that failed in the folder of `STORYWRIGHT_WEEK_DIARIES`, if it is set.
fn note_diary(seed: u64, diary: &[String]) {
    if let Some(folder) = variable("STORYWRIGHT_WEEK_DIARIES") {
        let path = std::path::Path::new(&folder).join(format!("{seed}.txt"));
        std::fs::write(path, diary.join("\n")).expect("written");
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
