//! What goes wrong in the middle: text that came is kept, the story is finished all the same,
//! and no seam shows.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::desk::{Desk, Ended};
use crate::novel::{BRIEF, Novel, PART, part_of, so_far, tokens};
use crate::protocols::PROVIDERS;
use crate::support::model_server::{Finish, Gate, ModelServer, Recorded, Reply};
use crate::support::prose::prose;

/// Answers the first requests for part 2 with these, one after the other; all else is written
/// as it should be.
fn faulty(faults: Vec<fn(Reply) -> Reply>) -> ModelServer {
    let novel = Novel::short();
    let faults = Mutex::new(faults.into_iter());
    ModelServer::start(move |request| {
        let fault = match part_of(&request.user()) {
            2 => faults.lock().ok().and_then(|mut faults| faults.next()),
            _ => None,
        };
        let answer = novel.answer(request);
        fault.map_or(answer.clone(), |fault| fault(answer))
    })
}

/// The requests for part 2.
fn of_part_two(server: &ModelServer) -> Vec<Recorded> {
    let mut requests = server.completions();
    requests.retain(|request| part_of(&request.user()) == 2);
    requests
}

fn is_written_whole(name: &str, desk: &Desk) {
    let novel = Novel::short();
    for number in 1..=4 {
        let chunk = desk.chunk(number as u32);
        assert_eq!(chunk.status, "complete", "{name}");
        assert_eq!(chunk.prose, novel.part(number), "{name}: part {number}");
    }
}

/// Sent tokens before the fault: some words, cut off in the middle of one.
const TOKENS: usize = 60;

struct Fault {
    name: &'static str,
    happens: fn(Reply) -> Reply,
    flags: &'static [&'static str],
    /// Whether text came before it.
    with_text: bool,
    /// What the author is told.
    said: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "the body ends",
        happens: |reply| reply.close_after(TOKENS),
        flags: &[],
        with_text: true,
        said: "broke before the answer was whole",
    },
    Fault {
        name: "half an event",
        happens: |reply| reply.half_event_after(TOKENS),
        flags: &[],
        with_text: true,
        said: "broke",
    },
    Fault {
        name: "overloaded in the middle",
        happens: |reply| reply.overloaded_after(TOKENS),
        flags: &[],
        with_text: true,
        said: "could not answer for now",
    },
    Fault {
        name: "not the protocol",
        happens: |reply| reply.garbage_after(TOKENS),
        flags: &[],
        with_text: true,
        said: "broke before the answer was whole",
    },
    Fault {
        name: "silence in the middle",
        happens: |reply| reply.silent_after(TOKENS),
        flags: &["--timeouts-idle", "2"],
        with_text: true,
        said: "The model sent nothing for 2 s (timeouts.idle).",
    },
    Fault {
        name: "silence from the start",
        happens: |reply| reply.silent_after(0),
        flags: &["--timeouts-first-token", "2"],
        with_text: false,
        said: "The model sent no first token within 2 s (timeouts.first_token).",
    },
    Fault {
        name: "no answer at all",
        happens: |_| Reply::never(),
        flags: &["--timeouts-first-token", "2"],
        with_text: false,
        said: "The model sent no first token within 2 s (timeouts.first_token).",
    },
    Fault {
        name: "an endless call",
        happens: |reply| reply.silent_after(TOKENS),
        flags: &["--timeouts-call", "2"],
        with_text: true,
        said: "The call took longer than 2 s (timeouts.call).",
    },
    Fault {
        name: "hung up",
        happens: |_| Reply::hangup(),
        flags: &[],
        with_text: false,
        said: "broke before an answer came",
    },
    Fault {
        name: "429",
        happens: |_| {
            let body = json!({"error": {"type": "rate_limit_error", "message": "Slow down"}});
            Reply::error(429, body).header("Retry-After", "0")
        },
        flags: &[],
        with_text: false,
        said: "asks for fewer calls",
    },
    Fault {
        name: "500",
        happens: |_| Reply::error(500, json!({"error": {"message": "Oops"}})),
        flags: &[],
        with_text: false,
        said: "could not answer for now (500, Oops)",
    },
    Fault {
        name: "529",
        happens: |_| {
            Reply::error(
                529,
                json!({"error": {"type": "overloaded_error", "message": "Busy"}}),
            )
        },
        flags: &[],
        with_text: false,
        said: "could not answer for now (529, Busy)",
    },
    Fault {
        name: "a proxy's page",
        happens: |_| Reply::whole(502, "text/html", "<html><title>Bad Gateway</title></html>"),
        flags: &[],
        with_text: false,
        said: "(502, Bad Gateway)",
    },
];

fn survives_every_fault(provider: &str) {
    for fault in FAULTS {
        let name = format!("{provider}, {}", fault.name);
        let server = faulty(vec![fault.happens]);
        let desk = Desk::with(BRIEF);
        let flags = [&["--json"], fault.flags].concat();
        let ended = desk.write(provider, &server, &flags).exits(0);
        is_written_whole(&name, &desk);
        was_told(&name, fault, &ended);

        let requests = of_part_two(&server);
        assert_eq!(requests.len(), 2, "{name}");
        assert_eq!(server.completions().len(), 5, "{name}");
        let second = requests[1].user();
        let novel = Novel::short();
        match so_far(&second) {
            Some(so_far) => {
                // All whole words that had come, and no more.
                assert!(fault.with_text, "{name}");
                let sent = &novel.part(2)[..TOKENS * 5];
                let whole = &sent[..sent.rfind(' ').expect("a space")];
                assert_eq!(so_far, whole, "{name}");
                let left = PART - whole.split_whitespace().count();
                assert!(
                    second.contains(&format!("about {left} words more")),
                    "{name}"
                );
            }
            None => assert!(!fault.with_text, "{name}: {second}"),
        }
        let chunk = &desk.manifest()["chunks"][1];
        assert_eq!(chunk["attempts"], 2, "{name}");
        assert_eq!(chunk["status"], "complete", "{name}");
        let output = chunk["usage"]["output_tokens"].as_u64();
        assert!(output >= Some(1), "{name}: {chunk}");
    }
}

/// The one retry is told, with what happened and what comes next.
fn was_told(name: &str, fault: &Fault, ended: &Ended) {
    let retries = ended.named("retry");
    assert_eq!(retries.len(), 1, "{name}: {}", ended.stdout);
    let retry = &retries[0];
    assert_eq!(retry["chunk"], 2, "{name}");
    assert_eq!(retry["attempt"], 1, "{name}");
    assert_eq!(retry["attempts"], 5, "{name}");
    assert!(retry["wait_ms"].as_u64() <= Some(1_000), "{name}: {retry}");
    assert!(retry["elapsed_ms"].is_u64(), "{name}: {retry}");
    let words = retry["words"].as_u64().expect("words");
    assert_eq!(words > 0, fault.with_text, "{name}: {retry}");
    let message = retry["message"].as_str().expect("a message");
    assert!(message.contains(fault.said), "{name}: {message}");
    assert_eq!(ended.named("chunk_saved").len(), 4, "{name}");
    assert_eq!(ended.named("chunk_failed"), [] as [Value; 0], "{name}");
}

#[test]
fn every_fault_is_survived_with_anthropic() {
    survives_every_fault("anthropic");
}

#[test]
fn every_fault_is_survived_with_openai() {
    survives_every_fault("openai");
}

#[test]
fn every_fault_is_survived_with_ollama() {
    survives_every_fault("ollama");
}

/// A reset may overtake what was sent before it, so how much came is not known.
#[test]
fn a_reset_connection_is_survived() {
    for provider in PROVIDERS {
        let server = faulty(vec![|reply| reply.reset_after(TOKENS)]);
        let desk = Desk::with(BRIEF);
        let ended = desk.write(provider, &server, &["--json"]).exits(0);
        is_written_whole(provider, &desk);
        assert_eq!(ended.named("retry").len(), 1, "{provider}");
    }
}

#[test]
fn faults_in_a_row_are_survived_up_to_the_limit() {
    let server = faulty(vec![
        |reply| reply.close_after(13),
        |reply| reply.overloaded_after(29),
        |_| Reply::error(500, json!({})),
        |reply| reply.half_event_after(41),
    ]);
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &["--json"]).exits(0);
    is_written_whole("four in a row", &desk);
    assert_eq!(ended.named("retry").len(), 4);
    assert_eq!(desk.manifest()["chunks"][1]["attempts"], 5);
}

/// With breaks wherever a token may end, in and between words, sentences and paragraphs; and
/// each time the process ends as well.
#[test]
fn a_seam_shows_nowhere() {
    let last = tokens(Novel::short().part(2)).len();
    let server = {
        let novel = Novel::short();
        let mut breaks = (3..last).step_by(9);
        ModelServer::start(move |request| {
            let answer = novel.answer(request);
            let at = match part_of(&request.user()) {
                2 => breaks.next(),
                _ => None,
            };
            // So many tokens from the start of the part, whatever was written before.
            let written = so_far(&request.user()).map_or(0, |text| text.len() / 5);
            at.map_or(answer.clone(), |at| {
                answer.close_after(at.saturating_sub(written).max(1))
            })
        })
    };
    let desk = Desk::with(BRIEF);
    let runs = std::iter::repeat_with(|| desk.write("openai", &server, &["--attempts", "1"]));
    let broken = runs.take_while(|ended| ended.code != Some(0)).count();
    is_written_whole("many breaks", &desk);
    assert!(broken >= last / 10, "{broken}");
}

/// Models often repeat some of the last words before they go on, and a real one takes longer
/// to begin than the time between two saves.
#[test]
fn words_that_a_continuation_repeats_are_dropped() {
    for repeated in [1, 3, 12, 30] {
        let novel = Novel::short();
        let server = ModelServer::start(move |request| {
            let text = request.user();
            let Some(so_far) = so_far(&text).filter(|_| part_of(&text) == 2) else {
                let cut = part_of(&text) == 2;
                let answer = novel.answer(request);
                return if cut { answer.close_after(90) } else { answer };
            };
            let words: Vec<&str> = so_far.split(' ').collect();
            let again = words[words.len() - repeated..].join(" ");
            novel.answer_with(request, |rest| {
                let text = format!("{again} {rest}");
                // Slower than the saves come.
                Reply::fragments(tokens(&text)).per_second(40.0)
            })
        });
        let desk = Desk::with(BRIEF);
        desk.write("anthropic", &server, &[]).exits(0);
        is_written_whole(&format!("{repeated} words again"), &desk);
    }
}

/// Answers that end without a fault and are not the whole part: they are gone on from, and no
/// attempt is lost over it.
#[test]
fn what_is_cut_off_or_too_short_is_continued() {
    type Cut = fn(String) -> Reply;
    let table: [(&str, Cut); 4] = [
        ("at the output limit, in a word", |rest| {
            Reply::fragments(tokens(&rest).into_iter().take(77)).finish(Finish::Length)
        }),
        ("at the output limit, after a sentence", |rest| {
            Reply::fragments([first_sentences(&rest, 8)]).finish(Finish::Length)
        }),
        ("too short", |rest| {
            Reply::fragments([first_sentences(&rest, 6)])
        }),
        ("too short, in a sentence", |rest| {
            let words: Vec<&str> = rest.split(' ').take(80).collect();
            Reply::text(words.join(" "))
        }),
    ];
    for provider in PROVIDERS {
        for (name, cut) in table {
            let novel = Novel::short();
            let server = ModelServer::start(move |request| {
                let user = request.user();
                match (part_of(&user), so_far(&user)) {
                    (2, None) => novel.answer_with(request, cut),
                    _ => novel.answer(request),
                }
            });
            let desk = Desk::with(BRIEF);
            let ended = desk.write(provider, &server, &["--json"]).exits(0);
            is_written_whole(&format!("{provider}: {name}"), &desk);
            assert_eq!(ended.named("retry"), [] as [Value; 0], "{name}");
            assert_eq!(of_part_two(&server).len(), 2, "{name}");
            let chunk = &desk.manifest()["chunks"][1];
            assert_eq!(chunk["finish_reason"], "stop", "{name}");
        }
    }
}

fn first_sentences(text: &str, count: usize) -> String {
    let end = text.match_indices('.').nth(count - 1);
    text[..=end.expect("sentences").0].to_owned()
}

/// Both ways in which servers send what a model thinks.
#[test]
fn reasoning_never_reaches_the_prose() {
    for provider in PROVIDERS {
        let novel = Novel::short();
        let server = ModelServer::start(move |request| {
            novel.answer_with(request, |rest| {
                let aloud = "<think>\nTHINKING-MARK: she must die.\n</think>\n\n";
                Reply::fragments(tokens(&format!("{aloud}{rest}")))
                    .reasoning(["THINKING-MARK ", "quietly"])
            })
        });
        let desk = Desk::with(BRIEF);
        desk.write(provider, &server, &[]).exits(0);
        is_written_whole(provider, &desk);
        for (file, text) in desk.files("generated") {
            assert!(!text.contains("THINKING-MARK"), "{provider}: {file}");
        }
    }
}

/// A model that does not stop is stopped, at the end of a sentence if it ends any.
#[test]
fn an_answer_that_runs_on_is_stopped() {
    let sentences = prose(600, 77);
    let babble = sentences.replace('.', "").to_lowercase();
    for (text, most, ends_with) in [(sentences, 1.5, "."), (babble, 2.0, "")] {
        let gate = Gate::new();
        let server = ModelServer::start({
            let (novel, gate) = (Novel::short(), gate.clone());
            move |request| match part_of(&request.user()) {
                // It would go on for ever.
                2 => Reply::text(&text).stall_after(400, &gate).per_second(400.0),
                _ => novel.answer(request),
            }
        });
        let desk = Desk::with(BRIEF);
        desk.write("openai", &server, &[]).exits(0);
        let chunk = desk.chunk(2);
        assert_eq!(chunk.status, "complete");
        assert!(chunk.prose.ends_with(ends_with));
        let limit = PART as f64 * most + 50.0;
        // Saves are rarer than words.
        assert!(chunk.words() as f64 <= limit + 120.0, "{}", chunk.words());
        assert!(chunk.words() >= PART, "{}", chunk.words());
        assert_eq!(of_part_two(&server).len(), 1);
    }
}

/// An answer that is no prose is asked for once more; its text is kept in the run's records and
/// stands in no chunk.
#[test]
fn a_refusal_is_asked_for_once_more() {
    // Ollama has no word for it.
    for provider in ["anthropic", "openai"] {
        let server = faulty(vec![|_| {
            Reply::text("I can't help with that REFUSAL-MARK.").finish(Finish::Refusal)
        }]);
        let desk = Desk::with(BRIEF);
        let ended = desk.write(provider, &server, &["--json"]).exits(0);
        is_written_whole(provider, &desk);
        let warnings = ended.named("warning");
        assert_eq!(warnings.len(), 1, "{provider}: {}", ended.stdout);
        assert_eq!(warnings[0]["code"], "refusal", "{provider}");
        assert_eq!(
            warnings[0]["message"], "the model refused to write it; asking once more",
            "{provider}"
        );
        refusal_is_kept_in_the_records(provider, &desk);
    }
}

fn refusal_is_kept_in_the_records(name: &str, desk: &Desk) {
    let files = desk.files("generated");
    let holders: Vec<&str> = files
        .iter()
        .filter(|(_, text)| text.contains("REFUSAL-MARK"))
        .map(|(file, _)| file.as_str())
        .collect();
    assert!(!holders.is_empty(), "{name}");
    for file in holders {
        assert!(
            file.contains("/errors/") || file.contains("/history/"),
            "{name}: {file}"
        );
    }
}

#[test]
fn what_is_refused_twice_is_failed_and_the_author_is_told() {
    let refusal: fn(Reply) -> Reply =
        |_| Reply::text("I can't help with that REFUSAL-MARK.").finish(Finish::Refusal);
    let empty: fn(Reply) -> Reply = |_| Reply::text("");
    for (answer, why) in [
        (refusal, "the model refused to write it"),
        (empty, "the model answered without a word"),
    ] {
        let server = faulty(vec![answer, answer]);
        let desk = Desk::with(BRIEF);
        let ended = desk.write("openai", &server, &["--json"]).exits(1);
        let failed = ended.named("chunk_failed");
        assert_eq!(failed.len(), 1, "{}", ended.stdout);
        assert_eq!(failed[0]["chunk"], 2);
        let expected = format!(
            "{why}, also when it was asked once more. Change the beat, or try another model"
        );
        assert_eq!(failed[0]["message"], expected);
        assert_eq!(of_part_two(&server).len(), 2);
        let status = desk.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["chunks"][1]["status"], "failed");
        assert_eq!(status["chunks"][1]["error"], expected);
        assert_eq!(status["chunks"][1]["words"], 0);
        // The same command tries it again.
        desk.write("openai", &server, &[]).exits(0);
        is_written_whole(why, &desk);
        if why.contains("refused") {
            refusal_is_kept_in_the_records(why, &desk);
        }
    }
}
