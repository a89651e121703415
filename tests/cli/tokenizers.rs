//! Real tokenizers: however a model counts the tokens of a language, chunks come out whole, and prompts stay
//! within `context_tokens`.

use std::sync::Arc;

use crate::desk::Desk;
use crate::support::languages::{LANGUAGES, Spoken};
use crate::support::model_server::{Finish, ModelServer, Recorded, Reply};
use crate::support::prose::{Length, asked_length};
use crate::support::tokenizers::{TOKENIZERS, Tokenizers};
use storywright::writing::tokens::estimate;

const CONTEXT: u64 = 6_000;
const CHUNKS: usize = 3;

/// A brief whose facts take so many tokens that they and the beat just fit into 0.8 of the context, and with
/// far more of the cast than fits.
fn brief(spoken: &Spoken, tokenizer: &str, tokenizers: &Tokenizers) -> String {
    let room = CONTEXT * 8 / 10 - 1_100;
    let premise = spoken.prose(6_000, 1);
    let (premise, _) = tokenizers.cut(tokenizer, &premise, room);
    let mut brief = format!(
        "---\ntitle: Lamp\nlanguage: {}\nchunk_words: 1500\ntarget_words: {}\n---\n# Premise\n\n{premise}\n\n# Cast\n\n",
        spoken.tag,
        CHUNKS * 1_500
    );
    let names = [
        "Mara", "Ilse", "Jonas", "Tove", "Bruno", "Signe", "Anton", "Karin",
    ];
    for (seed, name) in names.iter().enumerate() {
        let about = spoken.prose(120, 100 + seed as u64);
        brief.push_str(&format!("## {name}\n\n{}\n\n", about.replace("\n\n", " ")));
    }
    brief.push_str("# Outline\n\n");
    for number in 1..=CHUNKS {
        let beat = spoken.prose(25, 200 + number as u64);
        brief.push_str(&format!(
            "## Part {number} {{#part-{number} cast=\"{}\"}}\n\n{beat}\n\n",
            names.join(", ")
        ));
    }
    brief
}

/// Writes what it is asked for, and counts and cuts as the tokenizer does.
fn answer(
    spoken: &Spoken,
    tokenizer: &str,
    tokenizers: &Tokenizers,
    request: &Recorded,
    seed: u64,
) -> Reply {
    let input = tokenizers.count(tokenizer, &request.prompt());
    let wanted = match asked_length(&request.user()) {
        Some(Length::Words(length) | Length::Characters(length)) => length,
        None => 1,
    };
    let wanted = u32::try_from(wanted).expect("a length");
    let text = spoken.prose(wanted, 1_000 + seed);
    let most = request.max_tokens().expect("a limit");
    let (kept, output) = tokenizers.cut(tokenizer, &text, most);
    let finish = match kept.len() == text.len() {
        true => Finish::Stop,
        false => Finish::Length,
    };
    Reply::fragments(kept.split_inclusive('\n'))
        .finish(finish)
        .usage(input, 0, output)
}

/// What a story in one language took with one tokenizer.
#[derive(Debug)]
struct Row {
    tag: &'static str,
    tokenizer: &'static str,
    /// Estimate of the first prompt by its first guess, as a share of its tokens.
    guess: f64,
    /// Tokens of the first prompt and of the largest later one, as shares of the context.
    first: f64,
    later: f64,
    calls: Vec<usize>,
}

impl Row {
    /// What is wrong with it.
    fn faults(&self) -> Vec<&'static str> {
        let is_wrong = [
            (self.first > 1.15, "the first prompt is too large"),
            (self.later > 1.10, "a later prompt is too large"),
            (self.calls.len() != CHUNKS, "not every chunk was asked for"),
            (self.calls.iter().any(|calls| *calls > 3), "too many calls"),
        ];
        let wrong = is_wrong.into_iter().filter(|(is_wrong, _)| *is_wrong);
        wrong.map(|(_, what)| what).collect()
    }
}

fn write(spoken: Spoken, tokenizer: &'static str, tokenizers: &Arc<Tokenizers>) -> Row {
    let mut seed = 0;
    let server = ModelServer::start({
        let tokenizers = Arc::clone(tokenizers);
        move |request| {
            seed += 1;
            answer(&spoken, tokenizer, &tokenizers, request, seed)
        }
    });
    let desk = Desk::with(&brief(&spoken, tokenizer, tokenizers));
    let context = CONTEXT.to_string();
    let flags = [
        "--mode",
        "chunked",
        "--state",
        "off",
        "--context-tokens",
        &context,
    ];
    let ended = desk.write("openai", &server, &flags);
    assert_eq!(
        ended.code,
        Some(0),
        "{} {tokenizer}: {}",
        spoken.tag,
        ended.stderr
    );
    let mut calls = vec![0; CHUNKS];
    let mut sizes = Vec::new();
    let mut guess = 0.0;
    for request in server.completions() {
        let user = request.user();
        // The sample by which the model shows how it counts is no prompt.
        let Some((_, after)) = user.split_once("# This part: ") else {
            calls[0] += 1;
            continue;
        };
        let number = after
            .split(' ')
            .next()
            .and_then(|it| it.parse::<usize>().ok());
        calls[number.expect("a number") - 1] += 1;
        let tokens = tokenizers.count(tokenizer, &request.prompt()) as f64;
        if sizes.is_empty() {
            guess = f64::from(estimate(&request.prompt())) / tokens;
        }
        sizes.push(tokens / CONTEXT as f64);
    }
    for number in 1..=CHUNKS {
        let status = desk.chunk(number as u32).status;
        assert_eq!(
            status, "complete",
            "{} {tokenizer}: chunk {number}",
            spoken.tag
        );
    }
    Row {
        tag: spoken.tag,
        tokenizer,
        guess,
        first: sizes[0],
        later: sizes[1..].iter().copied().fold(0.0, f64::max),
        calls,
    }
}

fn matrix(languages: impl Iterator<Item = Spoken>, names: &[&'static str]) {
    let tokenizers = Arc::new(Tokenizers::start());
    let mut faults = Vec::new();
    println!("language tokenizer guess/real first/context later/context calls");
    for spoken in languages {
        for tokenizer in names {
            let row = write(spoken, tokenizer, &tokenizers);
            println!(
                "{} {} {:.2} {:.2} {:.2} {:?}",
                row.tag, row.tokenizer, row.guess, row.first, row.later, row.calls
            );
            let found = row.faults();
            faults.extend(found.iter().map(|what| format!("{row:?}: {what}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn spoken(tags: &[&str]) -> impl Iterator<Item = Spoken> {
    let chosen = LANGUAGES.into_iter().filter(|it| tags.contains(&it.tag));
    chosen.collect::<Vec<_>>().into_iter()
}

// Drives Node, which is not there where Windows is only played.
#[cfg(unix)]
#[test]
fn prompts_and_answers_fit_however_a_model_counts() {
    matrix(spoken(&["pl", "ja", "ta"]), &["llama3", "gemma3"]);
}

/// All of it; some minutes.
#[test]
#[ignore = "long: every language with every tokenizer; run it by name"]
fn prompts_and_answers_fit_in_every_language_with_every_tokenizer() {
    matrix(LANGUAGES.into_iter(), &TOKENIZERS);
}
