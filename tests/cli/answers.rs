//! Answers that are no prose, or not only: what is left of them in the files, what is kept
//! beside, and what the author is told.

use std::sync::Mutex;

use crate::desk::{Desk, until};
use crate::novel::{BRIEF, Novel, PART, part_of, tokens};
use crate::orders::CHAPTERS;
use crate::support::model_server::{Finish, Gate, ModelServer, Recorded, Reply};

/// A model whose first answer for part 2 is made from what it should have been.
struct Bad {
    name: &'static str,
    answer: fn(&Novel) -> String,
    finish: Finish,
    /// What the author is told it was.
    code: &'static str,
    /// How often part 2 is asked for.
    calls: usize,
    /// A piece of the answer that must be in no chunk, but in the run's records.
    mark: &'static str,
    kept_in: &'static str,
}

const BAD: &[Bad] = &[
    Bad {
        name: "a preamble",
        answer: |novel| format!("Sure! Here is part 2 of your story:\n\n{}", novel.part(2)),
        finish: Finish::Stop,
        code: "preamble",
        calls: 1,
        mark: "Sure!",
        kept_in: "artifacts/",
    },
    Bad {
        name: "a fence, a heading and an afterword",
        answer: |novel| {
            let part = novel.part(2);
            format!(
                "```markdown\n# The Log\n\n{part}\n```\n\nLet me know if you’d like me to continue!"
            )
        },
        finish: Finish::Stop,
        code: "postamble",
        calls: 1,
        mark: "Let me know",
        kept_in: "artifacts/",
    },
    Bad {
        name: "thoughts in the middle",
        answer: |novel| {
            let (first, second) = novel.part(2).split_once("\n\n").expect("two paragraphs");
            format!("{first}\n\n<think>\nIs she alone? MARK\n</think>\n\n{second}")
        },
        finish: Finish::Stop,
        code: "leaked-reasoning",
        calls: 1,
        mark: "MARK",
        kept_in: "artifacts/",
    },
    Bad {
        name: "tokens of a template",
        answer: |novel| format!("{}<|im_end|>\n<|im_start|>user\nGo on. MARK", novel.part(2)),
        finish: Finish::Stop,
        code: "template-token",
        calls: 1,
        mark: "MARK",
        kept_in: "artifacts/",
    },
    Bad {
        name: "JSON",
        answer: |novel| serde_json::json!({"title": "MARK", "text": novel.part(2)}).to_string(),
        finish: Finish::Stop,
        code: "json-wrapper",
        calls: 1,
        mark: "MARK",
        kept_in: "artifacts/",
    },
    Bad {
        name: "the next part",
        answer: |novel| format!("{}\n\n## The Door\n\nShe finds it. MARK", novel.part(2)),
        finish: Finish::Stop,
        code: "next-part",
        calls: 1,
        mark: "MARK",
        kept_in: "artifacts/",
    },
    Bad {
        name: "a loop",
        answer: |novel| {
            let line = " The tide came in and it went out again over the stones.";
            format!("{}{}", novel.part(2), line.repeat(12))
        },
        finish: Finish::Stop,
        code: "repetition",
        calls: 1,
        mark: "over the stones. The tide came in and it went out again over the stones. The tide",
        kept_in: "artifacts/",
    },
    Bad {
        name: "the part before, once more",
        answer: |novel| novel.part(1).to_owned(),
        finish: Finish::Stop,
        code: "copied-text",
        calls: 2,
        mark: "",
        kept_in: "errors/",
    },
    Bad {
        name: "a refusal in words",
        answer: |_| "I’m sorry, but I can’t help with that request. MARK".to_owned(),
        finish: Finish::Stop,
        code: "refusal",
        calls: 2,
        mark: "MARK",
        kept_in: "errors/",
    },
    Bad {
        name: "points",
        answer: |novel| {
            let points: Vec<String> = novel
                .part(2)
                .split_terminator(". ")
                .map(|point| format!("* {point} MARK"))
                .collect();
            points.join("\n")
        },
        finish: Finish::Stop,
        code: "outline-not-prose",
        calls: 2,
        mark: "MARK",
        kept_in: "errors/",
    },
    Bad {
        name: "a refusal to go on, half-way",
        answer: |novel| {
            let (first, _) = novel.part(2).split_once("\n\n").expect("two paragraphs");
            format!("{first}\n\nI’m sorry, but I can’t continue this story. MARK")
        },
        finish: Finish::Stop,
        code: "late-refusal",
        calls: 2,
        mark: "MARK",
        kept_in: "artifacts/",
    },
];

/// Gives the first requests for part 2 these answers, and writes as it should all the same.
fn answering(answers: Vec<(String, Finish)>) -> ModelServer {
    let novel = Novel::short();
    let answers = Mutex::new(answers.into_iter());
    ModelServer::start(move |request| {
        let next = || answers.lock().ok().and_then(|mut answers| answers.next());
        let bad = if part_of(&request.user()) == 2 {
            next()
        } else {
            None
        };
        match bad {
            Some((text, finish)) => Reply::fragments(tokens(&text)).finish(finish),
            None => novel.answer(request),
        }
    })
}

fn of_part_two(server: &ModelServer) -> Vec<Recorded> {
    let mut requests = server.completions();
    requests.retain(|request| part_of(&request.user()) == 2);
    requests
}

/// The files of a session that hold a text.
fn holders(desk: &Desk, text: &str) -> Vec<String> {
    let files = desk.files("generated").into_iter();
    files
        .filter(|(_, content)| content.contains(text))
        .map(|(file, _)| file)
        .collect()
}

#[test]
fn what_is_no_prose_is_in_no_chunk() {
    let novel = Novel::short();
    println!("| answer | check | calls | chunk | told |\n|---|---|---|---|---|");
    for bad in BAD {
        let server = answering(vec![((bad.answer)(&novel), bad.finish.clone())]);
        let desk = Desk::with(BRIEF);
        let ended = desk.write("openai", &server, &["--json"]).exits(0);
        let warnings = ended.named("warning");
        let told = warnings.iter().find(|warning| warning["code"] == bad.code);
        let told = told.unwrap_or_else(|| panic!("{}: {warnings:?}", bad.name));
        let (chunk, calls) = (desk.chunk(2), of_part_two(&server).len());
        println!(
            "| {} | {} | {calls} | {} | {} |",
            bad.name, bad.code, chunk.status, told["message"]
        );
        assert_eq!(told["chunk"], 2, "{}", bad.name);
        assert_eq!(calls, bad.calls, "{}", bad.name);
        assert_eq!(chunk.status, "complete", "{}", bad.name);
        if bad.code == "repetition" {
            assert!(chunk.prose.starts_with(novel.part(2)), "{}", bad.name);
        } else {
            assert_eq!(chunk.prose, novel.part(2), "{}", bad.name);
        }
        // What follows goes on from its last words, so it waits for them.
        assert_eq!(desk.chunk(1).prose, novel.part(1));
        if !bad.mark.is_empty() {
            let holders = holders(&desk, bad.mark);
            assert!(!holders.is_empty(), "{}", bad.name);
            assert!(
                holders.iter().all(|file| file.contains(bad.kept_in)),
                "{}: {holders:?}",
                bad.name
            );
        }
        // A log tells what happened, and nothing of the text.
        let log = desk.log();
        assert!(
            log.iter().any(|line| line["code"] == bad.code),
            "{}",
            bad.name
        );
    }
}

#[test]
fn what_is_no_prose_twice_is_kept_and_the_chunk_has_failed() {
    let novel = Novel::short();
    for (bad, advice) in [
        (
            "I cannot assist with that. MARK".to_owned(),
            "Change the beat, or try another model",
        ),
        (
            format!("{} [insert dialogue MARK]", novel.part(2)),
            "Write it once more, or try another model",
        ),
    ] {
        let server = answering(vec![
            (bad.clone(), Finish::Stop),
            (bad.clone(), Finish::Stop),
        ]);
        let desk = Desk::with(BRIEF);
        let ended = desk.write("openai", &server, &["--json"]).exits(1);
        let failed = ended.named("chunk_failed");
        assert_eq!(failed.len(), 1, "{}", ended.stdout);
        assert_eq!(failed[0]["chunk"], 2);
        let message = failed[0]["message"].as_str().expect("a message");
        assert!(message.ends_with(advice), "{message}");
        assert_eq!(of_part_two(&server).len(), 2);
        // Both answers are kept.
        let kept = holders(&desk, "MARK");
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert!(
            kept.iter()
                .all(|file| file.contains("/errors/chunk-02-refused-")),
            "{kept:?}"
        );
        // What follows on it waits for it.
        assert_eq!(desk.chunk(1).prose, novel.part(1));
        assert!(!desk.exists(&desk.chunk_file(3)));
        let status = desk.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["chunks"][1]["status"], "failed");
        assert_eq!(status["chunks"][1]["error"], message);
        // The same command tries it again.
        desk.write("openai", &server, &[]).exits(0);
        for number in 1..=4 {
            assert_eq!(desk.chunk(number).prose, novel.part(number as usize));
        }
    }
}

/// In an order in which nothing follows on anything, all others are written.
#[test]
fn a_chunk_that_fails_holds_up_no_other_where_none_follows_on_it() {
    let novel = Novel::of([PART; 6]);
    let server = ModelServer::start({
        let novel = novel.clone();
        move |request| {
            let user = request.user();
            match user.split_once("# This part begins with\n") {
                // The seam: it follows well already.
                Some((_, opening)) => Reply::text(opening.split("\n\n").next().unwrap_or("")),
                None if part_of(&user) == 2 => Reply::text("I cannot assist with that."),
                None => novel.answer(request),
            }
        }
    });
    let desk = Desk::with(CHAPTERS);
    let ended = desk
        .write("openai", &server, &["--json", "--order", "all"])
        .exits(1);
    assert_eq!(ended.named("chunk_failed").len(), 1, "{}", ended.stdout);
    for number in [1, 3, 4, 5, 6] {
        assert_eq!(desk.chunk(number).prose, novel.part(number as usize));
    }
}

/// The preamble is never on disk, not even while the answer arrives.
#[test]
fn a_preamble_is_never_in_the_file() {
    let novel = Novel::short();
    let text = format!(
        "Certainly!\n\nHere is the next part of the story:\n\n---\n\n{}",
        novel.part(2)
    );
    let gate = Gate::new();
    let server = ModelServer::start({
        let (novel, gate) = (novel.clone(), gate.clone());
        move |request| match part_of(&request.user()) {
            2 => {
                let pieces = tokens(&text);
                let most = pieces.len() - 20;
                Reply::fragments(pieces).stall_after(most, &gate)
            }
            _ => novel.answer(request),
        }
    });
    let desk = Desk::with(BRIEF);
    let running = desk.start_write("openai", &server, &["--json"]);
    until("a part of the chunk", || {
        desk.exists("generated/the-lamp-01/chunks/chunk_02.md")
            .then_some(())
    });
    let partial = desk.chunk(2);
    assert_eq!(partial.status, "partial");
    assert!(
        !partial.prose.is_empty() && novel.part(2).starts_with(&partial.prose),
        "{:?}\n{:?}",
        partial.prose,
        novel.part(2)
    );
    gate.open();
    running.end().exits(0);
    assert_eq!(desk.chunk(2).prose, novel.part(2));
}

/// A chunk that stays too short is taken as it is where it is within reach, and the author is
/// told.
#[test]
fn a_short_chunk_is_continued_once_and_then_taken() {
    let novel = Novel::short();
    let words: Vec<&str> = novel.part(2).split_inclusive(' ').collect();
    let end = |from: usize| {
        (from..words.len())
            .find(|at| words[*at].trim().ends_with('.'))
            .expect("an end")
            + 1
    };
    let (first, second) = (end(60), end(100));
    let answers = [
        words[..first].concat(),
        words[first..second].concat(),
        String::new(),
    ];
    let server = answering(
        answers
            .into_iter()
            .map(|text| (text, Finish::Stop))
            .collect(),
    );
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &["--json"]).exits(0);
    let chunk = desk.chunk(2);
    assert_eq!(chunk.status, "complete");
    assert_eq!(chunk.prose, words[..second].concat().trim_end());
    assert_eq!(of_part_two(&server).len(), 2);
    let warnings = ended.named("warning");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0]["code"], "too-short");
}

const GERMAN: &str = "Die Lampe brannte die ganze Nacht, und niemand kam die lange Treppe herauf. ";

/// A loop in another language that broke off is no beginning of a chunk for the next job either.
#[test]
fn what_a_broken_call_left_is_judged_before_it_is_gone_on_from() {
    let novel = Novel::short();
    let answer = novel.clone();
    let mut begun = false;
    let server = ModelServer::start(move |request| match std::mem::replace(&mut begun, true) {
        false => Reply::text(GERMAN.repeat(30)).close_after(200),
        true => answer.answer(request),
    });
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--attempts", "1"]).exits(1);
    assert!(desk.chunk(1).prose.starts_with("Die Lampe brannte"));
    let ended = desk.write("openai", &server, &["--json"]).exits(0);
    assert_eq!(desk.chunk(1).prose, novel.part(1));
    let told = ended.named("warning");
    let told = told.iter().find(|it| it["code"] == "wrong-language");
    let told = told.expect("a warning")["message"].to_string();
    assert!(
        told.contains("not gone on from: the answer is in German"),
        "{told}"
    );
    let files = desk.files(&format!("{}/runs", desk.session()));
    let kept = files
        .iter()
        .any(|(name, text)| name.contains("errors/") && text.contains("Die Lampe"));
    assert!(kept, "the text is kept");
}

/// Nobody knows whose words are in a text that was changed since.
#[test]
fn what_an_author_changed_is_gone_on_from_as_it_is() {
    let mut begun = false;
    let server = ModelServer::start(move |request| match std::mem::replace(&mut begun, true) {
        false => Reply::text(GERMAN.repeat(3)).close_after(30),
        true => Reply::text(crate::support::prose::prose(
            PART,
            part_of(&request.user()) as u64,
        )),
    });
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--attempts", "1"]).exits(1);
    desk.edit_chunk(1, |text| format!("{text} So it was."));
    let flags = ["--json", "--to", "1"];
    desk.write("openai", &server, &flags).exits(0);
    let prose = desk.chunk(1).prose;
    assert!(prose.starts_with("Die Lampe brannte"), "{prose}");
    assert!(prose.contains("So it was."), "{prose}");
}
