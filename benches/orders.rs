//! How long a story takes in each order, beside the least that it could take.
//!
//! The scripted server sends words at a fixed pace, so the least is known: all words one after
//! the other, or those of the longest way through the chunks that have to wait for each other.
//! What is more than that is ours. Prints ratios; `cargo bench --bench orders`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::model_server::{ModelServer, Recorded, Reply, words_with_spaces};
use support::prose::prose;

const CHAPTERS: usize = 4;
/// Chunks of each chapter.
const CHUNKS: usize = 3;
/// Words of each chunk.
const WORDS: usize = 600;
/// Words a second that one call brings.
const PACE: f64 = 60.0;
const PARALLEL: usize = 4;

fn main() {
    println!(
        "{} chunks of {WORDS} words in {CHAPTERS} chapters, {PACE} words a second a call",
        CHAPTERS * CHUNKS
    );
    for (order, parallel) in [("serial", 1), ("chapters", PARALLEL), ("all", PARALLEL)] {
        measure(order, parallel);
    }
}

fn measure(order: &str, parallel: usize) {
    let server = ModelServer::start(answer);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("story.md"), brief()).expect("a brief");
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_storywright"))
        .args(["write", "--provider", "openai", "--model", "scripted"])
        .args(["--base-url", &server.base_url, "--order", order])
        .args(["--parallel", &parallel.to_string()])
        .args(["--mode", "chunked", "--state", "off"])
        .current_dir(folder.path())
        .env("STORYWRIGHT_CONFIG", folder.path().join("none.toml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program runs");
    let took = start.elapsed();
    assert!(status.success(), "{order}");
    let requests = server.completions();
    let (seams, drafts): (Vec<_>, Vec<_>) = requests.iter().partition(|r| is_seam(r));
    assert_eq!(drafts.len(), CHAPTERS * CHUNKS);
    // Each of the drafts has the same length, and so has each of the openings.
    let draft = words_at_pace(WORDS);
    let steps = match order {
        "serial" => drafts.len(),
        "chapters" => CHUNKS * CHAPTERS.div_ceil(parallel),
        _ => drafts.len().div_ceil(parallel),
    };
    let seam_words: usize = seams
        .iter()
        .map(|seam| opening(seam).split_whitespace().count())
        .sum();
    let ideal =
        draft * u32::try_from(steps).expect("a few") + words_at_pace(seam_words.div_ceil(parallel));
    println!(
        "{order:8} ×{parallel}: {:6.2} s, least {:6.2} s, ratio {:.3} ({} drafts, {} seams; all words one after the other {:.2} s)",
        took.as_secs_f64(),
        ideal.as_secs_f64(),
        took.as_secs_f64() / ideal.as_secs_f64(),
        drafts.len(),
        seams.len(),
        (draft * u32::try_from(drafts.len()).expect("a few") + words_at_pace(seam_words))
            .as_secs_f64(),
    );
    if order == "serial" {
        report_gaps(start, &server);
    }
}

/// How long it takes in serial order from the last word of a chunk to the request for the next,
/// and from the start to the first.
fn report_gaps(start: Instant, server: &ModelServer) {
    let sent = server.sent();
    let requests = server.completions();
    let mut gaps: Vec<Duration> = requests[1..]
        .iter()
        .filter_map(|request| {
            let last = sent.iter().rfind(|word| word.at < request.at)?;
            Some(request.at - last.at)
        })
        .collect();
    gaps.sort_unstable();
    println!(
        "  to the first request {:.0?}; from the last word of a chunk to the next request: {:.0?} (median), {:.0?} (most)",
        requests[0].at - start,
        gaps[gaps.len() / 2],
        gaps[gaps.len() - 1],
    );
}

fn words_at_pace(words: usize) -> Duration {
    Duration::from_secs_f64(words as f64 / PACE)
}

fn is_seam(request: &Recorded) -> bool {
    request.user().contains("# This part begins with\n")
}

/// The first paragraph that a request quotes.
fn opening(request: &Recorded) -> String {
    let user = request.user();
    let (_, begins) = user
        .split_once("# This part begins with\n")
        .expect("an opening");
    begins.split("\n\n").next().expect("a paragraph").to_owned()
}

fn answer(request: &Recorded) -> Reply {
    let text = match is_seam(request) {
        true => opening(request),
        false => {
            let user = request.user();
            let (_, number) = user.split_once("# This part: ").expect("a part");
            let digits = number
                .chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>();
            prose(WORDS, digits.parse().expect("a number"))
        }
    };
    Reply::fragments(words_with_spaces(&text)).at_pace(PACE)
}

fn brief() -> String {
    let mut brief = format!(
        "---\ntitle: The Lamp Keeper\ntarget_words: {}\nchunk_words: {WORDS}\n---\n# Premise\nA lamp.\n# Outline\n",
        CHAPTERS * CHUNKS * WORDS
    );
    for chapter in 1..=CHAPTERS {
        brief.push_str(&format!("## Chapter {chapter}\n"));
        for chunk in 1..=CHUNKS {
            brief.push_str(&format!(
                "### Night {chapter} {chunk}\nMara lights the lamp.\nEnter: The lamp is out.\nExit: The lamp is out.\n"
            ));
        }
    }
    brief
}
