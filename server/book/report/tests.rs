//! Tests of the page and of what it measures.

use super::*;
use crate::story::Language;

fn chunk(number: u32, words: u32) -> Chunk {
    Chunk {
        number: ChunkNumber(number),
        title: format!("Title <{number}> & more"),
        chapter: Some("One".to_owned()),
        link: format!("../chunks/chunk_{number:02}.md"),
        status: Status::Generated,
        words,
        target_words: 100,
        mentions: vec![usize::from(number == 1), 0],
        spoken: Some(30),
        sentences: Sentences::of("One two three. Four five.", &Language::default()),
        work: Some(Work {
            model: "m-1".to_owned(),
            input_tokens: Some(1000),
            output_tokens: None,
            seconds: Some(12),
            cost: Some(0.5),
            attempts: 1,
        }),
        stale: (number == 2).then(|| "rule 3 changed".to_owned()),
    }
}

fn report(chunks: Vec<Chunk>) -> Report {
    Report {
        title: "The \"Lamp\" <1>".to_owned(),
        language: Language::default(),
        session: "lamp-01".to_owned(),
        updated: "2026-01-31".to_owned(),
        target_words: 300,
        counts: Counts {
            length: 250,
            ..Counts::default()
        },
        chunks,
        cast: vec!["Mara".to_owned(), "Ilse".to_owned()],
        threads: vec![
            Thread {
                text: "Who lit it?".to_owned(),
                opened: ChunkNumber(1),
                closed: Some(ChunkNumber(2)),
            },
            Thread {
                text: "Who pays?".to_owned(),
                opened: ChunkNumber(2),
                closed: None,
            },
        ],
        days: vec![Day {
            date: "2026-01-31".to_owned(),
            words: 250,
        }],
        roles: Vec::new(),
        phrases: Vec::new(),
    }
}

#[test]
fn the_page_says_what_its_pictures_show() {
    let page = render(&report(vec![chunk(1, 120), chunk(2, 130)]));
    for part in [
        "<title>The &quot;Lamp&quot; &lt;1&gt; – report</title>",
        "<dd>250</dd>",
        "<title>1. Title &lt;1&gt; &amp; more: 120 of 100 words, complete</title>",
        "<title>Mara in 1. Title &lt;1&gt; &amp; more: named 1 time</title>",
        "Named nowhere: Ilse.",
        "Who pays?: opened in chunk 2, still open",
        "On average 30.",
        "<a href=\"../chunks/chunk_02.md\">2. Title &lt;2&gt; &amp; more</a>: rule 3 changed",
        "1 complete chunk is more than a quarter off it.",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for word in ["<script", "http://", "https://", "NaN", "inf"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn what_many_chunks_share_is_said_once_and_long_threads_are_readable() {
    let why = |mut chunk: Chunk| {
        chunk.stale = Some("the cast entry of Ilse changed".to_owned());
        chunk
    };
    let chunks = [1, 2, 3, 4, 7, 8].map(|number| why(chunk(number, 100)));
    let mut report = report(chunks.to_vec());
    report.threads[0].text = "Who took the brass key from below the stair?".to_owned();
    let page = render(&report);
    let list = page.split("What is stale").nth(1).unwrap_or_default();
    let list = list.split("</ul>").next().unwrap_or_default();
    assert_eq!(list.matches("<li>").count(), 1, "{list}");
    for part in [
        "<li>6 chunks, ",
        ">1</a>–<a href=\"../chunks/chunk_04.md\"",
        ">7</a>, <a",
        ": the cast entry of Ilse changed</li>",
    ] {
        assert!(list.contains(part), "{part}\n{list}");
    }
    assert!(
        page.contains(">Who took the brass key from below the stair?</text>"),
        "{page}"
    );
}

#[test]
fn a_page_of_nothing_is_a_page() {
    let mut empty = report(Vec::new());
    empty.threads.clear();
    empty.days.clear();
    let page = render(&empty);
    assert!(page.contains("</html>") && !page.contains("NaN"), "{page}");
    let mut missing = chunk(1, 0);
    missing.status = Status::Missing;
    missing.sentences = None;
    assert!(render(&report(vec![missing])).contains("missing"));
}

#[test]
fn phrases_that_come_again_are_found_once() {
    let text = "She looked at the dark sea again. He said no.";
    let other = "Then she looked at the dark sea, and went.";
    let found = repeated_phrases(
        &[
            (ChunkNumber(1), text),
            (ChunkNumber(2), other),
            (ChunkNumber(4), text),
        ],
        &Language::default(),
    );
    assert_eq!(
        found,
        [Phrase {
            text: "she looked at the dark sea".to_owned(),
            times: 3,
            chunks: vec![ChunkNumber(1), ChunkNumber(2), ChunkNumber(4)],
        }]
    );
    let japanese = Language::parse("ja").unwrap();
    let text = "彼女は暗い海を見た。それから歩いた。彼女は暗い海を見た。彼女は暗い海を見た。";
    let found = repeated_phrases(&[(ChunkNumber(1), text)], &japanese);
    assert_eq!(
        (found.len(), found[0].text.as_str()),
        (1, "彼女は暗い海を見た")
    );
}

#[test]
fn sentences_are_measured() {
    let text = "One. Two words. Three words here. Four words are here.";
    let found = Sentences::of(text, &Language::default()).unwrap();
    assert_eq!(
        (found.count, found.shortest, found.median, found.longest),
        (4, 1, 2, 4)
    );
    assert_eq!(Sentences::of("", &Language::default()), None);
}
