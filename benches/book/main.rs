//! What a long story costs, as its author waits for it: the built program against a model server
//! on loopback, which logs its calls.
//!
//! `cargo bench --bench book` takes a minute or two and prints, for a story of 60 chunks:
//!
//! - how long it takes from the end of one answer to the request for the next chunk, around the
//!   chunks 10, 100, 300, 600 and 2,000, as far as there are so many;
//! - the whole time beside the sum of all answers, processor time and bytes written a thousand
//!   words, reads and writes a chunk, the length of the last prompt, and the memory at the
//!   chunks 11 and 601;
//! - `write` with nothing to do, `check`, `status` and `explain` of the last chunk;
//! - the language server on that folder: what is asked after a key in a chunk and in the brief, references and rename of the
//!   hero, keys to diagnostics, diagnostics while somebody types on, the same beside a job that streams, processor time while
//!   idle, memory.
//!
//! Nothing is asserted. The long form, which takes hours with an old build beside it:
//!
//! ```sh
//! STORYWRIGHT_BENCH_BEATS=670 STORYWRIGHT_BENCH_WORDS=300,1500 STORYWRIGHT_BENCH_STATE=off,on \
//!     STORYWRIGHT_BENCH_LOOK=67,670,2000 STORYWRIGHT_BENCH_KEYS=2000 STORYWRIGHT_BENCH_TYPING=30 \
//!     STORYWRIGHT_BENCH_PEER=/path/to/another/storywright cargo bench --bench book
//! ```
//!
//! | variable | default | |
//! |---|---|---|
//! | `STORYWRIGHT_BENCH_BEATS` | 60 | stories that are written, by their chunks; empty: none |
//! | `STORYWRIGHT_BENCH_WORDS` | 300 | words of each chunk |
//! | `STORYWRIGHT_BENCH_STATE` | off | whether chunks are read for their state |
//! | `STORYWRIGHT_BENCH_LOOK` | 60 | stories that are looked at; written by this build first |
//! | `STORYWRIGHT_BENCH_LOOK_WORDS` | 300 | words of each of their chunks |
//! | `STORYWRIGHT_BENCH_KEYS` | 200 | keys until the memory is looked at |
//! | `STORYWRIGHT_BENCH_TYPING` | 5 | seconds of typing at each pace |
//! | `STORYWRIGHT_BENCH_IDLE` | 5 | seconds in which nothing is done |
//! | `STORYWRIGHT_BENCH_MINUTES` | 0 | minutes of scripted use, with the memory after each |
//! | `STORYWRIGHT_BENCH_OWN` | the built one | the build that is measured |
//! | `STORYWRIGHT_BENCH_PEER` | – | another build, which does the same in turn |
//! | `STORYWRIGHT_BENCH_FOLDER` | the system's | where the stories are put; delete them yourself |

#[path = "../long_story/brief.rs"]
mod long_brief;
#[path = "../../tests/support/prose.rs"]
#[allow(dead_code)] // the tests use the rest
mod prose;

mod editor;
mod model;
mod process;
mod program;
mod server;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{Call, ModelServer};
use program::Program;
use table::Figure;

/// The chunks around which gaps are looked at.
const AROUND: [usize; 5] = [10, 100, 300, 600, 2_000];
/// So many gaps before and after.
const REACH: usize = 5;
/// How often a command of the shell is run.
const RUNS: usize = 9;

/// A story that is written.
#[derive(Clone, Copy)]
struct Size<'a> {
    beats: usize,
    words: usize,
    state: &'a str,
}

fn main() {
    let programs = Program::all();
    for program in &programs {
        println!("{}", program.path.display());
    }
    let [beats, words] = ["BEATS", "WORDS"].map(|name| match name {
        "BEATS" => numbers(name, "60"),
        _ => numbers(name, "300"),
    });
    let states = setting("STATE", "off");
    for &beats in &beats {
        for &words in &words {
            for state in states.split(',') {
                let size = Size {
                    beats,
                    words,
                    state,
                };
                let figures: Vec<_> = (programs.iter())
                    .map(|program| write(program, &Folder::new(), size))
                    .collect();
                table::print(
                    &format!("writing {beats} × {words} words, state {state}"),
                    &figures,
                );
            }
        }
    }
    let look_words = numbers("LOOK_WORDS", "300");
    for beats in numbers("LOOK", "60") {
        for &words in &look_words {
            look(&programs, beats, words);
        }
    }
}

fn setting(name: &str, default: &str) -> String {
    let name = format!("STORYWRIGHT_BENCH_{name}");
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn numbers(name: &str, default: &str) -> Vec<usize> {
    let text = setting(name, default);
    let numbers = text.split(',').filter(|number| !number.is_empty());
    numbers
        .map(|number| number.trim().parse().expect("a number"))
        .collect()
}

/// The folder of a story; gone with the value, unless it was put where somebody asked for.
struct Folder {
    path: PathBuf,
    _gone_with_this: Option<tempfile::TempDir>,
}

impl Folder {
    fn new() -> Folder {
        match std::env::var_os("STORYWRIGHT_BENCH_FOLDER") {
            Some(parent) => {
                fs::create_dir_all(&parent).expect("a folder");
                let folder = tempfile::tempdir_in(parent).expect("a folder").keep();
                println!("{}", folder.display());
                Folder {
                    path: folder,
                    _gone_with_this: None,
                }
            }
            None => {
                let folder = tempfile::tempdir().expect("a folder");
                Folder {
                    path: folder.path().to_owned(),
                    _gone_with_this: Some(folder),
                }
            }
        }
    }
}

// ---------------------------------------------------------------- writing

fn write(program: &Program, folder: &Folder, size: Size<'_>) -> Vec<Figure> {
    let Size {
        beats,
        words,
        state,
    } = size;
    fs::write(
        folder.path.join("story.md"),
        long_brief::brief(beats, words),
    )
    .expect("a brief");
    let server = ModelServer::start(words);
    let arguments = ["write", "--provider", "anthropic", "--model", "scripted"];
    let settings = ["--base-url", &server.base_url, "--mode", "chunked"];
    let arguments = [&arguments[..], &settings, &["--state", state]].concat();
    let mut command = program.command(&folder.path, &arguments);
    let taken = process::run(&mut command, |process| server.watch(process));
    let calls = server.calls();
    let thousands = (beats * words) as f64 / 1e3;
    let streams: f64 = (calls.iter())
        .map(|call| (call.ended - call.arrived).as_secs_f64())
        .sum();
    let mut figures = vec![
        Figure::new("calls", "number", Some(calls.len() as f64)),
        Figure::new("whole time", "s", Some(taken.wall.as_secs_f64())),
        Figure::new(
            "whole time beside the sum of all answers",
            "×",
            Some(taken.wall.as_secs_f64() / streams),
        )
        .aim(1.3),
        Figure::new(
            "processor time of 1,000 words",
            "ms",
            taken.cpu.map(|cpu| cpu * 1e3 / thousands),
        )
        .aim(40.0),
    ];
    for around in AROUND {
        figures.extend(around_chunk(&calls, around, words));
    }
    for chunk in [11, 601] {
        if let Some(call) = calls.get(chunk - 1) {
            let peak = call.client.map(|client| client.peak);
            let what = format!("most memory until chunk {chunk}");
            figures.push(Figure::new(what, "MB", peak).aim(50.0));
        }
    }
    let last = calls.last().map(|call| call.prompt_bytes as f64 / 1024.0);
    figures.push(Figure::new("the last request", "KiB", last));
    figures
}

/// What is around a chunk; nothing where the story is not so long.
fn around_chunk(calls: &[Call], chunk: usize, words: usize) -> Vec<Figure> {
    let Some(window) = calls.get(chunk - 1 - REACH..chunk + REACH) else {
        return Vec::new();
    };
    let mut gaps: Vec<Duration> = window
        .windows(2)
        .map(|pair| pair[1].arrived.saturating_duration_since(pair[0].ended))
        .collect();
    let gap = Figure::median(format!("gap between calls at chunk {chunk}"), &mut gaps).aim(15.0);
    let ends = window.first().zip(window.last());
    let ends = ends.and_then(|(first, last)| first.client.zip(last.client));
    let chunks = (window.len() - 1) as f64;
    let thousands = chunks * words as f64 / 1e3;
    let kib = ends.map(|(first, last)| {
        // A file system in memory has no disk.
        let bytes = match last.written {
            0 => last.passed_to_write - first.passed_to_write,
            _ => last.written - first.written,
        };
        bytes as f64 / 1024.0 / thousands
    });
    let reads = ends.map(|(first, last)| (last.reads - first.reads) as f64 / chunks);
    let writes = ends.map(|(first, last)| (last.writes - first.writes) as f64 / chunks);
    vec![
        gap,
        Figure::new(
            format!("written of 1,000 words at chunk {chunk}"),
            "KiB",
            kib,
        )
        .aim(250.0),
        Figure::new(format!("reads of a chunk at chunk {chunk}"), "calls", reads),
        Figure::new(
            format!("writes of a chunk at chunk {chunk}"),
            "calls",
            writes,
        ),
    ]
}

// ---------------------------------------------------------------- looking

fn look(programs: &[Program], beats: usize, words: usize) {
    let Some(own) = programs.first() else {
        return;
    };
    let folder = Folder::new();
    let size = Size {
        beats,
        words,
        state: "off",
    };
    write(own, &folder, size);
    let copies: Vec<Folder> = programs[1..].iter().map(|_| copy_of(&folder)).collect();
    let folders = || std::iter::once(&folder).chain(&copies);
    let sides: Vec<(&Program, &Path)> = programs
        .iter()
        .zip(folders().map(|folder| folder.path.as_path()))
        .collect();
    let title = format!("the shell on {beats} × {words} words");
    table::print(&title, &shell(&sides, beats));
    let title = format!("the language server on {beats} × {words} words");
    table::print(&title, &server::language_server(&sides));
}

fn copy_of(folder: &Folder) -> Folder {
    let copy = Folder::new();
    let mut left = vec![(folder.path.clone(), copy.path.clone())];
    while let Some((from, to)) = left.pop() {
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder").flatten() {
            let to = to.join(entry.file_name());
            match entry.path().is_dir() {
                true => left.push((entry.path(), to)),
                false => drop(fs::copy(entry.path(), to).expect("copied")),
            }
        }
    }
    copy
}

fn shell(sides: &[(&Program, &Path)], beats: usize) -> Vec<Vec<Figure>> {
    let last = beats.to_string();
    let settings = ["--provider", "anthropic", "--model", "scripted"];
    let nothing_to_write = [&["write", "--state", "off"], &settings[..]].concat();
    let commands: [(&str, &[&str], f64); 4] = [
        ("`write` with nothing to do", &nothing_to_write, 25.0),
        ("`check`", &["check"], 100.0),
        ("`status`", &["status"], 10.0),
        (
            "`explain` of the last",
            &["explain", "--chunk", &last],
            60.0,
        ),
    ];
    let mut figures: Vec<Vec<Figure>> = sides.iter().map(|_| Vec::new()).collect();
    for (name, arguments, aim) in commands {
        let mut times: Vec<Vec<Duration>> = sides.iter().map(|_| Vec::new()).collect();
        for round in 0..=RUNS {
            for (times, (program, folder)) in times.iter_mut().zip(sides) {
                let mut command = program.command(folder, arguments);
                let taken = process::run(&mut command, |_| ());
                // The first one warms the caches.
                if round > 0 {
                    times.push(taken.wall);
                }
            }
        }
        for ((figures, times), (program, folder)) in figures.iter_mut().zip(&mut times).zip(sides) {
            let peak = process::peak_of(&mut program.command(folder, arguments));
            figures.push(Figure::median(name, times).aim(aim));
            figures.push(Figure::new(format!("{name}, memory"), "MB", peak).aim(50.0));
        }
    }
    figures
}
