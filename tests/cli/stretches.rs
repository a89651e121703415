//! A part that is too long for one call: written in several, none of which counts as failed.

use serde_json::Value;

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel, PART};
use crate::support::model_server::{Finish, ModelServer, Reply};
use crate::support::prose::{Length, asked_length};

/// How many words each call for a part asks for.
fn asked(server: &ModelServer) -> Vec<usize> {
    let requests = server.completions();
    let lengths = requests.iter().map(|it| asked_length(&it.user()));
    lengths
        .map(|length| match length {
            Some(Length::Words(words)) => words,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// A model that is too slow for its deadline: it is asked for less at a time, however many
/// calls that takes.
#[test]
fn a_slow_model_is_asked_for_less_at_a_time() {
    let novel = Novel::of([300]);
    // 60 words a second, so 300 take five.
    let server = ModelServer::start(move |request| {
        let words = request.user();
        let wanted = match asked_length(&words) {
            Some(Length::Words(words)) => words,
            _ => 300,
        };
        novel.answer_with(request, |rest| {
            let end = rest
                .match_indices('.')
                .map(|(at, _)| at + 1)
                .find(|end| rest[..*end].split_whitespace().count() >= wanted);
            let text = &rest[..end.unwrap_or(rest.len())];
            Reply::text(text).at_pace(60.0)
        })
    });
    let end = BRIEF.find("## The Log").expect("a beat");
    let brief = BRIEF[..end].replace("target_words: 600", "target_words: 300");
    let desk = Desk::with(&brief.replace("chunk_words: 150", "chunk_words: 300"));
    let flags = ["--timeouts-call", "2", "--attempts", "1", "--json"];
    let ended = desk.write("openai", &server, &flags).exits(0);
    assert_eq!(desk.chunk(1).prose, Novel::of([300]).part(1));
    let asked = asked(&server);
    assert_eq!(asked[0], 300);
    assert!(asked.len() > 2, "{asked:?}");
    // What fits two seconds, and a little less.
    assert!(asked[1..].iter().all(|words| *words < 120), "{asked:?}");
    let requests = server.completions();
    assert!(requests[1].user().contains("do not bring it to its end"));
    let last = requests.last().expect("a request").user();
    assert!(last.contains("to the end of this part"), "{last}");
    assert_eq!(ended.named("retry").len(), 1, "{}", ended.stdout);
    assert_eq!(ended.named("chunk_failed"), [] as [Value; 0]);
}

/// A server that cuts every answer off: a part takes as many calls as it takes.
#[test]
fn a_small_output_limit_fails_no_chunk() {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| {
        novel.answer_with(request, |rest| {
            let words: Vec<&str> = rest.split_inclusive(' ').take(21).collect();
            let is_whole = words.concat().len() == rest.len();
            let finish = if is_whole {
                Finish::Stop
            } else {
                Finish::Length
            };
            Reply::fragments(words).finish(finish)
        })
    });
    let desk = Desk::with(BRIEF);
    let flags = ["--attempts", "1", "--json"];
    let ended = desk.write("openai", &server, &flags).exits(0);
    for number in 1..=4 {
        let (chunk, novel) = (desk.chunk(number), Novel::short());
        let text = novel.part(number as usize);
        assert_eq!(chunk.status, "complete", "{number}");
        // A last sentence that is cut off by itself is no longer asked for.
        assert!(text.starts_with(&chunk.prose), "{number}");
        assert!(
            chunk.words() * 20 >= PART * 19,
            "{number}: {}",
            chunk.words()
        );
    }
    assert!(server.completions().len() > 28);
    assert_eq!(ended.named("retry"), [] as [Value; 0]);
    // Once that is known, no more is asked for than comes.
    let asked = asked(&server);
    assert_eq!(asked[0], 150);
    assert!(asked[3..].iter().all(|words| *words <= 50), "{asked:?}");
}
