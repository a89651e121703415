//! The author against the server: random interleavings of what an author does in the editor
//! and on disk with saves, closes, jobs, decisions, crashes and restarts. No text that the
//! author typed, and no text of a chunk that was once complete, is ever gone from buffer, file,
//! history and journal together; and nothing that he deleted and saved so comes back.
//!
//! `STORYWRIGHT_AUTHOR_SEED` repeats one case, and `STORYWRIGHT_AUTHOR_STEPS` (numbers, with
//! commas) only those of its steps. Processes run side by side, so a repeated case may come
//! out otherwise; a few times tell.

// Shared with other test programs; each uses a part of it.
#[allow(dead_code, unused_imports)]
#[path = "../support/lsp_client/mod.rs"]
mod lsp_client;
#[path = "../support/mod.rs"]
mod support;

mod author;
mod brief;
mod model;
mod places;
mod steps;
mod tokens;

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use author::{Author, Counts};
use fastrand::Rng;
use steps::{Step, draw};

/// Steps of a case.
const STEPS: usize = 25;
/// Cases that are played at the same time: they wait most of the time.
const AT_ONCE: usize = 4;
/// How often a case that failed is played again with fewer steps.
const SHRINKING: usize = 60;
/// So many cases may fail before the others are left.
const MOST_FAILURES: usize = 5;

#[test]
fn no_text_is_gone_in_40_cases() {
    play_all(40);
}

#[test]
#[ignore = "takes an hour: cargo test --test author_against_server -- --ignored --nocapture"]
fn no_text_is_gone_in_2000_cases() {
    play_all(2000);
}

fn play_all(cases: usize) {
    let (seed, cases) = match variable("STORYWRIGHT_AUTHOR_SEED") {
        Some(seed) => (seed.parse().expect("a number"), 1),
        None => (fastrand::u64(..1 << 40), cases),
    };
    println!("seeds {seed} to {}", seed + cases as u64 - 1);
    let began = Instant::now();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let total = Mutex::new(Counts::default());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(cases) {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= cases || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    match play(&Case::drawn(seed + case as u64)) {
                        Ok(counts) => add(&mut lock(&total), counts),
                        Err(failure) => {
                            let mut failures = lock(&failures);
                            failures.push((seed + case as u64, failure));
                            stop.store(failures.len() >= MOST_FAILURES, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let counts = lock(&total);
    println!("{cases} cases in {:.1?}: {counts:#?}", began.elapsed());
    let failures = std::mem::take(&mut *lock(&failures)).into_iter();
    let told: Vec<String> = failures
        .map(|(seed, failure)| shrunk(Case::drawn(seed), failure))
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}

/// A seed, and which of its steps are played.
#[derive(Clone)]
struct Case {
    seed: u64,
    steps: Vec<(usize, Step)>,
}

impl Case {
    fn drawn(seed: u64) -> Case {
        let steps = draw(&mut Rng::with_seed(seed), STEPS);
        let mut steps: Vec<(usize, Step)> = steps.into_iter().enumerate().collect();
        if let Some(kept) = variable("STORYWRIGHT_AUTHOR_STEPS") {
            let kept: Vec<usize> = kept
                .split(',')
                .map(|n| n.trim().parse().expect("a number"))
                .collect();
            steps.retain(|(number, _)| kept.contains(number));
        }
        Case { seed, steps }
    }

    /// How to play it again.
    fn told(&self) -> String {
        let numbers: Vec<String> = self
            .steps
            .iter()
            .map(|(number, _)| number.to_string())
            .collect();
        let mut text = format!(
            "STORYWRIGHT_AUTHOR_SEED={} STORYWRIGHT_AUTHOR_STEPS={}\n",
            self.seed,
            numbers.join(",")
        );
        for (number, step) in &self.steps {
            text.push_str(&format!("{number:4} {step:?}\n"));
        }
        text
    }
}

/// Plays a case from an empty folder to its end.
fn play(case: &Case) -> Result<Counts, String> {
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let mut author = Author::new(case.seed);
        for (number, step) in &case.steps {
            author.play(*step).map_err(|error| {
                format!(
                    "at step {number} ({step:?}), {:?}: {error}",
                    author.persona()
                )
            })?;
        }
        author
            .finish(case.seed)
            .map_err(|error| format!("at the end, {:?}: {error}", author.persona()))?;
        Ok(std::mem::take(&mut author.counts))
    }));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.unwrap_or_else(|| "a panic".to_owned()))
    })
}

/// Leaves out what is not needed to make a case fail, as far as patience lasts, and tells.
fn shrunk(mut case: Case, mut failure: String) -> String {
    let first = case.told();
    let deadline = Instant::now() + Duration::from_secs(180);
    let mut tries = 0;
    let mut piece = case.steps.len().div_ceil(2);
    while piece > 0 {
        let mut start = 0;
        while start < case.steps.len() && tries < SHRINKING && Instant::now() < deadline {
            let mut fewer = case.clone();
            fewer
                .steps
                .drain(start..(start + piece).min(case.steps.len()));
            tries += 1;
            match play(&fewer) {
                Err(now) => (case, failure) = (fewer, now),
                Ok(_) => start += piece,
            }
        }
        piece /= 2;
    }
    format!(
        "{failure}\n--- the case\n{first}--- with fewer steps\n{}",
        case.told()
    )
}

fn add(total: &mut Counts, counts: Counts) {
    for (kind, count) in counts.kinds {
        *total.kinds.entry(kind).or_default() += count;
    }
    for (kind, count) in counts.refused {
        *total.refused.entry(kind).or_default() += count;
    }
    total.typed += counts.typed;
    total.made += counts.made;
    total.calls += counts.calls;
    total.restarts += counts.restarts;
    total.overtyped += counts.overtyped;
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
