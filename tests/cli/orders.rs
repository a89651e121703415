//! Chunks that are written beside each other: what is sent when, what every prompt knows, how
//! the seams are closed afterwards, and what a failure takes with it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{DEADLINE, Desk, Ended, until};
use crate::novel::{BRIEF, Novel, PART, part_of, tokens};
use crate::support::model_server::{Finish, Gate, ModelServer, Recorded, Reply, words_with_spaces};

/// Two chapters of three parts, with planned states wherever one chunk meets the next.
pub const CHAPTERS: &str = r#"---
title: The Lamp
language: en
target_words: 900
chunk_words: 150
pov: first person
tense: past
protagonist: Mara Voss
---
# Premise
Mara keeps a lamp that must never go out.
# Outline
## The Rock
### The Landing {#landing}
Mara comes to the rock.
Exit: Mara is alone on the rock. EXIT-ONE-MARK
### The Log {#log}
She reads what was written.
Enter: Mara is alone on the rock. ENTER-TWO-MARK
Exit: Mara knows what the log says.
### The Door {#door}
She finds the oak door.
Enter: Mara knows what the log says.
Exit: The oak door is locked. EXIT-THREE-MARK
## The Lamp
### The Key {#key}
There is a key.
Enter: The oak door is locked. ENTER-FOUR-MARK
Exit: Mara has the key.
### The Stair {#stair}
She climbs.
Enter: Mara has the key.
Exit: Mara stands before the lamp.
### The Light {#light}
The lamp burns.
Enter: Mara stands before the lamp.
"#;

pub const SESSION: &str = "generated/the-lamp-01";

pub fn novel() -> Novel {
    Novel::of([PART; 6])
}

/// Whether a request is for the first paragraph of a part.
pub fn is_seam(request: &Recorded) -> bool {
    request.user().contains("# This part begins with\n")
}

pub fn opening(text: &str) -> &str {
    text.split("\n\n").next().expect("a paragraph")
}

/// The part whose opening a request quotes.
pub fn seam_of(request: &Recorded) -> usize {
    let user = request.user();
    let quotes = |part: &usize| {
        let opening = opening(novel().part(*part)).to_owned();
        user.contains(&format!("# This part begins with\n{opening}\n"))
    };
    (1..=6).find(quotes).expect("an opening of the novel")
}

/// Another first paragraph, as long as the old one.
fn fitted(part: usize) -> String {
    let words = opening(novel().part(part)).split_whitespace().count();
    let mut text = format!("FITTED-{part}");
    text.push_str(&" and so it went on".repeat(words / 5));
    text + "."
}

/// Writes the novel, and fits openings when it is asked to.
pub fn answer(request: &Recorded) -> Reply {
    if is_seam(request) {
        return Reply::text(fitted(seam_of(request)));
    }
    novel().answer(request)
}

fn drafts(server: &ModelServer) -> Vec<Recorded> {
    let mut drafts = server.completions();
    drafts.retain(|request| !is_seam(request));
    drafts
}

pub fn seams(server: &ModelServer) -> Vec<usize> {
    let mut seams: Vec<usize> = server
        .completions()
        .iter()
        .filter(|request| is_seam(request))
        .map(seam_of)
        .collect();
    seams.sort_unstable();
    seams
}

pub fn with_order(order: &str, parallel: &str, more: &[&'static str]) -> Vec<String> {
    let flags = ["--json", "--order", order, "--parallel", parallel];
    let flags = flags.iter().chain(more);
    flags.map(|flag| (*flag).to_owned()).collect()
}

pub fn write(desk: &Desk, server: &ModelServer, flags: &[String]) -> Ended {
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    desk.write("openai", server, &flags)
}

/// A part with its fitted opening.
fn joined(part: usize) -> String {
    let text = novel().part(part).to_owned();
    text.replacen(opening(&text), &fitted(part), 1)
}

/// What the story has come to, with fitted openings in these parts.
pub fn is_whole(desk: &Desk, fitted: &[usize]) {
    let full = desk.read(&format!("{SESSION}/full_story.md"));
    let mut last = 0;
    for part in 1..=6 {
        let chunk = desk.chunk(part as u32);
        let expected = match fitted.contains(&part) {
            true => joined(part),
            false => novel().part(part).to_owned(),
        };
        assert_eq!(chunk.status, "complete");
        assert_eq!(chunk.prose, expected, "part {part}");
        let at = full.find(&expected).expect("it is in the whole story");
        assert!(at > last, "in story order");
        last = at;
    }
    let status = desk.run(&["status", "--json"]).exits(0).json();
    for chunk in status["chunks"].as_array().expect("chunks") {
        assert_eq!(chunk["stale"], false, "{chunk}");
        assert_eq!(chunk["edited"], false, "{chunk}");
    }
    for chunk in desk.manifest()["chunks"].as_array().expect("chunks") {
        assert!(chunk["seam_open"].is_null(), "{chunk}");
    }
}

/// Nothing is answered until as many requests stand at the gate as may be under way.
#[test]
fn as_many_are_under_way_as_the_order_allows() {
    for (order, first, seams_at) in [
        ("serial", &[1][..], &[][..]),
        ("chapters", &[1, 4], &[4]),
        ("all", &[1, 2, 3, 4], &[2, 3, 4, 5, 6]),
    ] {
        let gate = Gate::new();
        let server = ModelServer::start({
            let gate = gate.clone();
            move |request| answer(request).stall_after(0, &gate)
        });
        let desk = Desk::with(CHAPTERS);
        let flags = with_order(order, "4", &[]);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let running = desk.start_write("openai", &server, &flags);
        gate.wait_for_arrivals(first.len(), DEADLINE);
        let mut asked: Vec<usize> = drafts(&server).iter().map(|r| part_of(&r.user())).collect();
        asked.sort_unstable();
        assert_eq!(asked, first, "{order}");
        gate.open();
        let ended = running.end().exits(0);
        is_whole(&desk, seams_at);
        assert_eq!(seams(&server), seams_at, "{order}");
        assert_eq!(server.completions().len(), 6 + seams_at.len(), "{order}");
        assert_eq!(ended.named("chunk_saved").len(), 6);
        assert_eq!(ended.named("seam").len(), seams_at.len());
        told_in_order(order, &ended, &desk);
    }
}

/// However the calls came back, reports are in story order, and time and per cent never run
/// backwards.
fn told_in_order(order: &str, ended: &Ended, desk: &Desk) {
    let events = ended.events();
    for field in ["elapsed_ms", "percent"] {
        let numbers: Vec<u64> = events
            .iter()
            .filter_map(|event| event[field].as_u64())
            .collect();
        assert!(numbers.is_sorted(), "{order} {field}: {}", ended.stdout);
    }
    let summary = desk.read(&format!("{SESSION}/runs/run-001-draft/summary.md"));
    let rows: Vec<usize> = (1..=6)
        .map(|part| summary.find(&format!("\n| {part} | ")).expect("a row"))
        .collect();
    assert!(rows.is_sorted(), "{summary}");
    let changelog = desk.read(&format!("{SESSION}/CHANGELOG.md"));
    for part in 1..=6 {
        assert_eq!(
            changelog.matches(&format!("wrote chunk {part} ")).count(),
            1
        );
    }
    let finished = &events[events.len() - 1];
    assert_eq!(finished["written"], 6);
    assert_eq!(finished["incomplete"], json!([]));
}

/// A prompt holds the real text where the order has it, and the plan where it has not: the
/// same for every run.
#[test]
fn what_is_not_there_yet_is_told_by_plan() {
    for (order, real) in [
        ("serial", &[2, 3, 4, 5, 6][..]),
        ("chapters", &[2, 3, 5, 6]),
        ("all", &[]),
    ] {
        let server = ModelServer::start(answer);
        let desk = Desk::with(CHAPTERS);
        write(&desk, &server, &with_order(order, "4", &[])).exits(0);
        for request in drafts(&server) {
            let (user, prompt) = (request.user(), request.prompt());
            let part = part_of(&user);
            let tail = "# The text before this part ends with";
            assert_eq!(user.contains(tail), real.contains(&part), "{order} {part}");
            // Of what may or may not be there, nothing is known.
            for other in (1..=6).filter(|other| *other != part) {
                let follows = match order {
                    "serial" => other < part,
                    "chapters" => other < part && (other <= 3) == (part <= 3),
                    _ => false,
                };
                let text = novel().part(other).to_owned();
                let ending = &text[text.len() - 60..];
                assert!(
                    !prompt.contains(ending) || follows,
                    "{order} {part} {other}"
                );
            }
            if part == 4 && !real.contains(&part) {
                assert!(user.contains("EXIT-THREE-MARK"), "{user}");
                assert!(user.contains("ENTER-FOUR-MARK"), "{user}");
            }
        }
    }
}

#[test]
fn the_same_story_comes_of_it_whichever_call_is_quicker() {
    let mut stories = Vec::new();
    for slow in [1, 4, 6] {
        let server = ModelServer::start(move |request| {
            let reply = answer(request);
            match !is_seam(request) && part_of(&request.user()) == slow {
                true => reply.per_second(150.0),
                false => reply,
            }
        });
        let desk = Desk::with(CHAPTERS);
        write(&desk, &server, &with_order("all", "4", &[])).exits(0);
        let mut prompts: Vec<String> = server.completions().iter().map(Recorded::prompt).collect();
        prompts.sort();
        let files = desk.files(&format!("{SESSION}/chunks"));
        stories.push((
            prompts,
            files,
            desk.read(&format!("{SESSION}/full_story.md")),
        ));
    }
    assert!(stories.windows(2).all(|pair| pair[0] == pair[1]));
}

/// What the states of the outline do not carry over is found before anything is spent.
#[test]
fn a_plan_that_does_not_chain_is_not_begun() {
    let server = ModelServer::start(answer);
    let desk = Desk::with(BRIEF);
    let flags = ["--order", "all", "--parallel", "4"];
    let ended = desk.write("openai", &server, &flags).exits(1);
    let line = |heading: &str| {
        1 + BRIEF
            .lines()
            .position(|line| line.starts_with(heading))
            .expect("it")
    };
    for part in [
        "with order = \"all\" 2 chunks are written before the text that they follow is there",
        &format!(
            "story.md:{}: “The Door” has no `Enter:` line, and “The Log” before it no `Exit:` line",
            line("## The Door")
        ),
        &format!("story.md:{}: “The Light” has no", line("## The Light")),
        "or write with order = \"serial\"",
    ] {
        assert!(
            ended.stderr.contains(part),
            "no {part:?} in {}",
            ended.stderr
        );
    }
    assert!(!ended.stderr.contains("“The Log” has"), "{}", ended.stderr);
    assert_eq!(server.requests().len(), 0);
    assert!(!desk.exists("generated"));
    // One chunk alone has nothing beside it.
    desk.write("openai", &server, &[&flags[..], &["--chunk", "1"]].concat())
        .exits(0);
    // And in the serial order, nothing is asked for.
    desk.write("openai", &server, &[]).exits(0);
}

#[test]
fn what_is_doubtful_about_an_order_is_told() {
    let unlike = CHAPTERS.replace("ENTER-FOUR-MARK", "").replace(
        "Enter: The oak door is locked.",
        "Enter: Winter came early.",
    );
    let warnings = |brief: &str, order: &str, parallel: &str| {
        let server = ModelServer::start(answer);
        let ended = write(
            &Desk::with(brief),
            &server,
            &with_order(order, parallel, &[]),
        );
        let warnings = ended.exits(0).named("warning");
        let told = warnings
            .iter()
            .filter(|w| w["code"] != "no-effect")
            .map(|w| w["message"].as_str().expect("text").to_owned());
        (told.collect::<Vec<_>>(), seams(&server).len())
    };
    assert_eq!(warnings(CHAPTERS, "all", "4"), (vec![], 5));
    let (told, _) = warnings(&unlike, "chapters", "4");
    assert!(
        told.len() == 1
            && told[0].contains(
                "the Exit of “The Door” and the Enter of “The Key” have no word in common"
            ),
        "{told:?}"
    );
    let (told, seams) = warnings(BRIEF, "chapters", "4");
    assert!(
        told.len() == 1 && told[0].contains("has no chapters"),
        "{told:?}"
    );
    assert_eq!(seams, 0);
    let (told, _) = warnings(CHAPTERS, "all", "1");
    assert!(
        told.len() == 1 && told[0].contains("while parallel is 1"),
        "{told:?}"
    );
}

/// What is complete when a job begins is there, and no seam comes of it.
#[test]
fn the_text_of_complete_chunks_is_used_in_every_order() {
    let server = ModelServer::start(answer);
    let desk = Desk::with(CHAPTERS);
    for part in ["2", "4"] {
        desk.write("openai", &server, &["--chunk", part]).exits(0);
    }
    let before = server.completions().len();
    write(&desk, &server, &with_order("all", "4", &[])).exits(0);
    let asked: Vec<usize> = drafts(&server)[before..]
        .iter()
        .map(|r| part_of(&r.user()))
        .collect();
    assert_eq!(asked.len(), 4);
    for request in &drafts(&server)[before..] {
        let real = request
            .user()
            .contains("# The text before this part ends with");
        assert_eq!(
            real,
            [3, 5].contains(&part_of(&request.user())),
            "{asked:?}"
        );
    }
    // 2 and 4 were written alone, as the author asked for, and are stale now.
    assert_eq!(seams(&server), [6]);
}

/// A failed chunk takes with it what waits for it, and nothing else.
#[test]
fn a_failure_holds_up_what_follows_on_it() {
    for (order, missing) in [
        ("serial", &[2, 3, 4, 5, 6][..]),
        ("chapters", &[2, 3]),
        ("all", &[2]),
    ] {
        let refuses = Arc::new(Mutex::new(true));
        let server = ModelServer::start({
            let refuses = Arc::clone(&refuses);
            move |request| {
                let is_second = !is_seam(request) && part_of(&request.user()) == 2;
                match is_second && *refuses.lock().expect("no panic") {
                    true => Reply::text("I can't.").finish(Finish::Refusal),
                    false => answer(request),
                }
            }
        });
        let desk = Desk::with(CHAPTERS);
        let flags = with_order(order, "4", &[]);
        let ended = write(&desk, &server, &flags).exits(1);
        let finished = &ended.named("job_finished")[0];
        assert_eq!(finished["incomplete"], json!(missing), "{order}");
        let told = finished["message"].as_str().expect("a message");
        assert!(told.contains("chunk 2: the model refused"), "{told}");
        assert_eq!(ended.named("chunk_failed").len(), 1);
        assert_eq!(drafts(&server).len(), 6 - missing.len() + 2, "{order}");
        let held_up: Vec<Value> = ended
            .named("warning")
            .into_iter()
            .filter(|warning| warning["code"] == "held-up")
            .collect();
        assert_eq!(held_up.len(), usize::from(missing.len() > 1), "{order}");

        *refuses.lock().expect("no panic") = false;
        write(&desk, &server, &flags).exits(0);
        let fitted = match order {
            "serial" => &[][..],
            "chapters" => &[4],
            // Chunk 1 was complete when chunk 2 was begun for good.
            _ => &[3, 4, 5, 6],
        };
        is_whole(&desk, fitted);
    }
}

/// A server that asks one call for a wait is left alone by all of them.
#[test]
fn a_wait_that_is_asked_for_holds_every_call_back() {
    let gate = Gate::new();
    let mut turned_away = false;
    let server = ModelServer::start({
        let gate = gate.clone();
        move |request| {
            if is_seam(request) {
                return answer(request);
            }
            let part = part_of(&request.user());
            if part == 1 && !std::mem::replace(&mut turned_away, true) {
                gate.open();
                return Reply::error(429, json!({})).header("Retry-After", "2");
            }
            // The other is under way until then.
            answer(request).stall_after(tokens(novel().part(part)).len() / 2, &gate)
        }
    });
    let desk = Desk::with(
        BRIEF
            .replace("## The Door", "Exit: Dark.\n\n## The Door")
            .replace("# Notes", "Enter: Dark.\n\n# Notes")
            .as_str(),
    );
    let ended = write(&desk, &server, &with_order("all", "2", &[])).exits(0);
    assert_eq!(ended.named("retry").len(), 1);
    let requests = drafts(&server);
    let first = requests
        .iter()
        .find(|r| part_of(&r.user()) == 1)
        .expect("part 1");
    let begun: Vec<usize> = requests
        .iter()
        .filter(|request| request.at < first.at + Duration::from_secs(2))
        .map(|request| part_of(&request.user()))
        .collect();
    assert!(begun.len() <= 2, "{begun:?} within the wait");
    assert_eq!(ended.named("chunk_saved").len(), 4);
}

/// What is under way counts as spent: no more is begun than the budget is for.
#[test]
fn a_budget_counts_what_is_under_way() {
    let server = ModelServer::start(answer);
    let desk = Desk::with(CHAPTERS);
    // Each part is expected to take some 200 tokens.
    let flags = with_order("all", "4", &["--max-output-tokens", "300"]);
    let ended = write(&desk, &server, &flags).exits(1);
    assert_eq!(drafts(&server).len(), 2, "{}", ended.stdout);
    assert_eq!(seams(&server).len(), 0);
    let finished = &ended.named("job_finished")[0];
    assert_eq!(finished["incomplete"], json!([3, 4, 5, 6]));
    let told = finished["message"].as_str().expect("a message");
    assert!(told.contains("the budget of 300 output tokens"), "{told}");
}

/// All that came of every chunk is kept, and the same command goes on from there.
#[cfg(unix)]
#[test]
fn an_interrupt_keeps_the_text_of_all_that_were_under_way() {
    let gate = Gate::new();
    let mut held = 0;
    let server = ModelServer::start({
        let gate = gate.clone();
        move |request| {
            held += 1;
            match held <= 4 {
                true => answer(request).stall_after(40 * held, &gate),
                false => answer(request),
            }
        }
    });
    let desk = Desk::with(CHAPTERS);
    let flags = with_order("all", "4", &[]);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let running = desk.start_write("openai", &server, &flags);
    gate.wait_for_arrivals(4, DEADLINE);
    let texts = until("the texts", || {
        let files = desk.files(&format!("{SESSION}/chunks"));
        (files.len() == 4 && files.iter().all(|(_, text)| text.len() > 200)).then_some(files)
    });
    assert_eq!(texts.len(), 4);
    running.signal(libc::SIGINT);
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.said());
    for part in 1..=4 {
        let chunk = desk.chunk(part);
        assert_eq!(chunk.status, "partial");
        assert!(novel().part(part as usize).starts_with(&chunk.prose));
        assert!(chunk.prose.len() > 150, "{}", chunk.prose);
    }
    gate.open();
    desk.write("openai", &server, &flags).exits(0);
    is_whole(&desk, &[2, 3, 4, 5, 6]);
}

/// The author's edit is met by nothing but the last save, and ends that chunk alone.
#[test]
fn an_edit_before_the_last_save_ends_only_its_own_chunk() {
    let pieces = words_with_spaces(novel().part(2));
    let (gate, last) = (Gate::new(), pieces.len());
    let server = ModelServer::start({
        let gate = gate.clone();
        move |request| match part_of(&request.user()) {
            2 => Reply::fragments(pieces.clone()).stall_after(last, &gate),
            _ => answer(request),
        }
    });
    let desk = Desk::with(CHAPTERS);
    let flags = with_order("chapters", "2", &[]);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let running = desk.start_write("openai", &server, &flags);
    gate.wait_for_arrivals(1, DEADLINE);
    let text = novel().part(2).to_owned();
    let (all_but_the_last_word, _) = text.rsplit_once(' ').expect("words");
    until("all words on disk", || {
        let saved = desk.exists(&desk.chunk_file(2))
            && desk.chunk(2).prose.trim_end().len() >= all_but_the_last_word.len();
        saved.then_some(())
    });
    desk.edit_chunk(2, |_| "This is MINE.".to_owned());
    gate.open();
    let ended = running.end().exits(1);
    assert!(
        ended
            .said()
            .contains("chunk 2 was edited while it was being written"),
        "{}",
        ended.said()
    );
    assert_eq!(desk.chunk(2).prose, "This is MINE.");
    for part in [1, 4, 5, 6] {
        assert_eq!(desk.chunk(part as u32).status, "complete", "part {part}");
    }
    let files = desk.files(SESSION);
    let kept = |words: &str| files.iter().any(|(_, text)| text.contains(words));
    assert!(kept(all_but_the_last_word));
}
