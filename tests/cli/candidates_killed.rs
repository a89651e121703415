//! `rewrite --candidates`, killed at any instant and run again: nothing that was on disk is lost or changed, no candidate
//! that was whole is asked for again, nothing is left behind.
//!
//! `STORYWRIGHT_KILL_SEED` repeats a run, `STORYWRIGHT_CANDIDATE_KILLS` sets the number of kills.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::candidates::{FOLDER, asking, candidates, history_of_third, written};
use crate::desk::{Desk, until};
use crate::novel::{PART, tokens};
use crate::support::model_server::{ModelServer, Reply};
use crate::support::prose::prose;

/// After so many kills a chunk is left in peace to its end.
const KILLS_A_CHUNK: usize = 8;
/// How many candidates are asked for.
const WANTED: usize = 3;
/// Pieces of an answer in a second: an answer takes some four tenths of one.
const PACE: f64 = 450.0;

fn number(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn candidates_survive_kills() {
    let kills = number("STORYWRIGHT_CANDIDATE_KILLS", 24) as usize;
    let seed = number("STORYWRIGHT_KILL_SEED", fastrand::u64(..));
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tally = Tally::default();
    while tally.kills < kills {
        let most = KILLS_A_CHUNK.min(kills - tally.kills);
        kill_one_chunk(most, &mut random, &mut tally);
    }
    println!("{tally:?}");
    assert!(tally.left_a_partial_text > 0, "{tally:?}");
    assert!(tally.left_a_whole_one > 0, "{tally:?}");
}

/// What the kills met.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    chunks: usize,
    left_a_partial_text: usize,
    left_a_whole_one: usize,
}

/// What the server answers to a call, by its number.
fn answer(call: usize) -> String {
    prose(PART, 700 + call as u64)
}

fn kill_one_chunk(most: usize, random: &mut fastrand::Rng, tally: &mut Tally) {
    let desk = written();
    let chunk = desk.chunk(3).prose;
    let calls = Arc::new(AtomicUsize::new(0));
    let server = {
        let calls = Arc::clone(&calls);
        ModelServer::start(move |_| {
            let call = calls.fetch_add(1, Ordering::SeqCst);
            Reply::fragments(tokens(&answer(call))).per_second(PACE)
        })
    };
    let count = WANTED.to_string();
    tally.chunks += 1;
    let mut before = Texts::default();
    let mut killed = 0;
    while killed < most {
        let running = desk.start(&asking(&server, &count));
        // Some kills come at any time, others right behind the moment when a call begins or ends.
        let seen = calls.load(Ordering::SeqCst);
        if random.bool() {
            let next = seen + random.usize(1..=WANTED - before.whole.len().min(WANTED - 1));
            let patience = Instant::now() + Duration::from_secs(4);
            until("the call, or its time", || {
                let is_there = calls.load(Ordering::SeqCst) >= next;
                (is_there || Instant::now() > patience).then_some(())
            });
        }
        let due = Instant::now() + Duration::from_millis(random.u64(0..1_300));
        until("the moment", || (Instant::now() >= due).then_some(()));
        running.signal(libc::SIGKILL);
        if running.end().code == Some(0) {
            break;
        }
        killed += 1;
        tally.kills += 1;
        let now = Texts::of(&desk);
        tally.left_a_partial_text += usize::from(!now.partial.is_empty());
        tally.left_a_whole_one += usize::from(!now.whole.is_empty());
        now.hold_all_of(&before);
        assert_eq!(desk.chunk(3).prose, chunk, "the chunk is as it was");
        before = now;
    }
    desk.run(&asking(&server, &count)).exits(0);
    let now = Texts::of(&desk);
    now.hold_all_of(&before);
    assert_eq!(now.whole.len(), WANTED, "{now:?}");
    assert_eq!(desk.chunk(3).prose, chunk, "the chunk is as it was");
    let asked = calls.load(Ordering::SeqCst);
    assert!(
        asked <= WANTED + killed,
        "{asked} calls for {WANTED} candidates and {killed} kills, each of which costs one at most"
    );
    check_left_over(&desk);
    // All that is there can be taken, and what is not taken is kept.
    desk.run(&[
        "accept",
        "3",
        "--candidate",
        &now.whole.keys().next().expect("one").to_string(),
    ])
    .exits(0);
    let kept = history_of_third(&desk);
    let taken = desk.chunk(3).prose;
    for text in now
        .whole
        .values()
        .chain(now.partial.values())
        .chain([&chunk])
    {
        let text = text.trim();
        let is_kept = taken.contains(text) || kept.iter().any(|it| it.contains(text));
        assert!(is_kept, "lost: {text}");
    }
}

/// The texts of the candidates on disk, by number.
#[derive(Debug, Default)]
struct Texts {
    whole: BTreeMap<u64, String>,
    partial: BTreeMap<u64, String>,
}

impl Texts {
    /// Reads them; each is what the server sent, or how that begins.
    fn of(desk: &Desk) -> Texts {
        let mut texts = Texts::default();
        for candidate in candidates(desk) {
            let file = desk.read(candidate["file"].as_str().expect("a file"));
            let (_, prose) = file.rsplit_once("---\n").expect("front matter");
            let prose = prose.trim().to_owned();
            let number = candidate["candidate"].as_u64().expect("a number");
            let is_whole = candidate["complete"] == Value::Bool(true);
            let sent = (0..64).map(answer).any(|text| match is_whole {
                true => text.trim() == prose,
                false => text.starts_with(&prose),
            });
            assert!(sent, "candidate {number} is none that was sent: {prose:?}");
            let into = if is_whole {
                &mut texts.whole
            } else {
                &mut texts.partial
            };
            into.insert(number, prose);
        }
        texts
    }

    fn hold_all_of(&self, before: &Texts) {
        for (number, text) in &before.whole {
            assert_eq!(self.whole.get(number), Some(text), "candidate {number}");
        }
        for (number, text) in &before.partial {
            let now = self.partial.get(number).or(self.whole.get(number));
            let is_there = now.is_some_and(|now| now.starts_with(text.as_str()));
            assert!(is_there, "candidate {number} lost {text:?}: {now:?}");
        }
    }
}

/// No text on its way into a file, no declared change, no record of a candidate that is not there.
fn check_left_over(desk: &Desk) {
    let session = desk.session();
    let names: Vec<String> = (desk.files(&session).into_iter())
        .map(|(name, _)| name)
        .collect();
    let left = (names.iter()).find(|name| name.ends_with(".tmp") || name.ends_with(".intent.json"));
    assert_eq!(left, None, "{names:#?}");
    // Each file that says how a text was made has its text.
    for name in names.iter().filter(|name| name.contains(FOLDER)) {
        let text = name.strip_suffix(".json").map(|stem| format!("{stem}.md"));
        let is_right = match text {
            Some(text) => names.contains(&text),
            None => name.ends_with(".md"),
        };
        assert!(is_right, "{name} of {names:#?}");
    }
}
