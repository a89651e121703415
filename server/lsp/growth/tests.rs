//! Where streamed prose grows, whatever the author does meanwhile.

use proptest::prelude::*;

use super::*;
use crate::story::text::boundaries;

const HEAD: &str = "---\nchunk: 1\nbeat: storm\nstatus: partial\n---\n";

fn growth() -> Growth {
    going_on("")
}

fn going_on(begins: &str) -> Growth {
    Growth::new(ChunkNumber(1), BeatId("storm".to_owned()), begins, None)
}

fn rewriting(before: &str) -> Growth {
    let before = Some(before.to_owned());
    Growth::new(ChunkNumber(1), BeatId("storm".to_owned()), "", before)
}

/// Returns the document after the step.
fn made(document: &str, step: &Step) -> String {
    let mut text = document.to_owned();
    for change in step.changes(document).iter().rev() {
        text.replace_range(change.start..change.end, &change.text);
    }
    text
}

/// Shows each text in turn in a document that takes every edit.
fn grow(document: &str, texts: &[&str]) -> String {
    let mut growth = growth();
    let mut document = document.to_owned();
    for text in texts {
        let step = growth.step(&document, text, false).unwrap();
        document = made(&document, &step);
        growth.arrive(&step, &document).unwrap();
    }
    document
}

#[test]
fn prose_grows_in_every_kind_of_open_document() {
    let texts = [
        "The lamp",
        "The lamp went out.\n\n",
        "The lamp went out.\n\nIt rained.",
    ];
    let whole = format!("{HEAD}The lamp went out.\n\nIt rained.\n");
    for document in [
        "",
        "\n",
        HEAD,
        &format!("{HEAD}The l\n"),
        &format!("{HEAD}The "),
        &format!("{HEAD}The \n"),
    ] {
        assert_eq!(grow(document, &texts), whole, "{document:?}");
    }
    let dos = HEAD.replace('\n', "\r\n");
    assert_eq!(
        grow(&format!("{dos}The\r\n"), &texts),
        whole.replace('\n', "\r\n")
    );
}

#[test]
fn a_foreign_text_in_the_document_is_the_authors() {
    let foreign = format!("{HEAD}My own words.\n");
    assert!(growth().step(&foreign, "The lamp", false).is_err());
    let rewrite = rewriting("My own words.");
    let step = rewrite.step(&foreign, "The lamp", false).unwrap();
    assert_eq!(step.text, format!("{HEAD}The lamp\n"));
}

#[test]
fn a_complete_text_that_is_rewritten_is_partial_meanwhile() {
    let complete = HEAD.replace("partial", "complete");
    let mut growth = rewriting("It was calm.");
    let first = growth
        .step(&format!("{complete}It was calm.\n"), "The lamp", false)
        .unwrap();
    assert_eq!(first.text, format!("{HEAD}The lamp\n"));
    growth.arrive(&first, &first.text).unwrap();
    let last = growth
        .step(&first.text, "The lamp went out.", true)
        .unwrap();
    assert_eq!(last.text, format!("{complete}The lamp went out.\n"));
    // The status and the end change, the text between them does not.
    let changes = last.changes(&first.text);
    let texts: Vec<&str> = changes.iter().map(|change| change.text.as_str()).collect();
    assert_eq!(texts, ["complete", " went out."]);
}

/// All that came of a rewrite was refused, so its chunk is empty for a while.
#[test]
fn what_is_typed_while_a_rewrite_has_no_words_stays() {
    let typed = format!("{HEAD}<!-- colder -->\n");
    let mut growth = rewriting("It was calm.");
    let nothing = growth.step(&typed, "", false).unwrap();
    assert_eq!(made(&typed, &nothing), typed);
    growth.arrive(&nothing, &typed).unwrap();
    let first = growth.step(&typed, "The lamp", false).unwrap();
    assert_eq!(first.text, format!("{HEAD}<!-- colder -->The lamp\n"));
    assert_eq!(first.replaced, None);

    // An old text that the editor still shows stands until there are words.
    let edited = format!("{HEAD}It was calm. Mine.\n");
    let mut growth = rewriting("It was calm.");
    growth.watch(&edited).unwrap();
    let nothing = growth.step(&edited, "", false).unwrap();
    assert_eq!(made(&edited, &nothing), edited);
    assert_eq!(nothing.replaced, None);
    growth.arrive(&nothing, &edited).unwrap();
    let first = growth.step(&edited, "The lamp", false).unwrap();
    assert_eq!(first.replaced.as_deref(), Some("It was calm. Mine."));
}

/// What happens to a document: the stream grows, or the author puts or takes something.
#[derive(Debug, Clone)]
enum Event {
    Grow(usize),
    Put(usize, String),
    Take(usize, usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (1_usize..9).prop_map(Event::Grow),
        (any::<usize>(), "[XYZÉ \n]{1,3}").prop_map(|(at, text)| Event::Put(at, text)),
        (any::<usize>(), 1_usize..4).prop_map(|(at, length)| Event::Take(at, length)),
    ];
    prop::collection::vec(event, 1..24)
}

/// Returns a text as the author writes it in these tests: in capitals, which the model does not use.
fn by_hand(text: &str) -> String {
    text.chars().filter(|c| c.is_uppercase()).collect()
}

fn place(text: &str, at: usize) -> usize {
    boundaries::floor(text, at % (text.len() + 1))
}

proptest! {
    /// The stream adds to the document, whatever the author does to it meanwhile.
    #[test]
    fn nothing_of_the_authors_is_taken(events in events(), below in "(\\n|\\nA note\\.\n)?") {
        let prose = "ab cd. éf 😀😀 gh\n\nij kl mn op qr st uv wx yz. ".repeat(4);
        let mut growth = growth();
        let mut document = format!("{HEAD}{below}");
        let mut length = 0;
        for event in events {
            match event {
                Event::Grow(more) => {
                    length = boundaries::floor(&prose, (length + more).min(prose.len()));
                    let Ok(step) = growth.step(&document, &prose[..length], false) else {
                        return Ok(());
                    };
                    prop_assert_eq!(by_hand(&document), by_hand(&step.text));
                    prop_assert!(step.text.len() >= document.len());
                    document.clone_from(&step.text);
                    prop_assert!(growth.arrive(&step, &document).is_ok());
                }
                Event::Put(at, text) => document.insert_str(place(&document, at), &text),
                Event::Take(at, length) => {
                    let start = place(&document, at);
                    let end = boundaries::floor(&document, (start + length).min(document.len()));
                    document.replace_range(start..end.max(start), "");
                }
            }
        }
    }
}

#[test]
fn the_authors_edits_elsewhere_move_the_place() {
    let mut growth = growth();
    let start = format!("{HEAD}The lamp went\n");
    let step = growth.step(&start, "The lamp went out.", false).unwrap();
    growth.arrive(&step, &step.text).unwrap();
    // Edited before the place, with the client's own last line end.
    let edited = step.text.replace("The lamp", "The old lamp");
    let next = growth
        .step(&edited, "The lamp went out. It rained.", true)
        .unwrap();
    let expected = format!("{HEAD}The old lamp went out. It rained.\n");
    assert_eq!(next.text, expected.replace("partial", "complete"));
    // The edit came while the author typed before the place.
    let seen = next.text.replace("old lamp", "oldest lamp");
    growth.arrive(&next, &seen).unwrap();
    // A note below the place stays below.
    let noted = format!("{seen}A note.\n");
    let last = growth
        .step(&noted, "The lamp went out. It rained. On.", true)
        .unwrap();
    assert!(last.text.ends_with("It rained. On.\nA note.\n"));
}

#[test]
fn an_edit_at_the_place_stops_the_stream() {
    let mut growth = growth();
    let step = growth.step(HEAD, "The lamp went", false).unwrap();
    growth.arrive(&step, &step.text).unwrap();
    for edited in [
        step.text.replace("went", "went on"),
        step.text.replace(" went", ""),
        HEAD.to_owned(),
    ] {
        assert!(
            growth.step(&edited, "The lamp went out.", false).is_err(),
            "{edited:?}"
        );
    }
    assert!(
        growth
            .step(&format!("{}\n", step.text), "The lamp went out.", false)
            .is_ok()
    );
}

#[test]
fn what_is_typed_before_the_first_word_moves_the_place() {
    let begins = "The lamp went out.";
    let start = format!("{HEAD}{begins}\n");
    let rows = [
        (
            "The old lamp went out.\n",
            "The old lamp went out. It rained.\n",
        ),
        (
            "The lamp went out. Mine.\n",
            "The lamp went out. Mine. It rained.\n",
        ),
        (
            "The lamp went out.\nMine.",
            "The lamp went out. It rained.\nMine.",
        ),
        (
            "\nXThe lamp xwent xout.",
            "\nXThe lamp xwent xout. It rained.\n",
        ),
        ("The lamp.\n", "The lamp. It rained.\n"),
    ];
    for (typed, expected) in rows {
        let typed = format!("{HEAD}{typed}");
        let prose = format!("{begins} It rained.");
        // Typed after the job began, or between its reading and its beginning.
        for seen in [Some(&start), None] {
            let mut growth = going_on(begins);
            for document in seen.into_iter().chain([&typed]) {
                growth.watch(document).unwrap();
            }
            let step = growth.step(&typed, &prose, false).unwrap();
            assert_eq!(step.text, format!("{HEAD}{expected}"), "{typed:?} {seen:?}");
            assert_eq!(step.replaced, None);
        }
    }
}

#[test]
fn a_text_that_is_rewritten_may_be_edited_until_it_is_replaced() {
    let mut growth = rewriting("It was calm.");
    growth.watch(&format!("{HEAD}It was calm.\n")).unwrap();
    let edited = format!("{HEAD}My it was very calm. Mine.\n\nAnd this.\n");
    let step = growth.step(&edited, "The lamp", false).unwrap();
    assert_eq!(step.text, format!("{HEAD}The lamp\n"));
    let replaced = "My it was very calm. Mine.\n\nAnd this.";
    assert_eq!(step.replaced.as_deref(), Some(replaced));
}

#[test]
fn line_ends_are_the_documents_own() {
    for line_end in ["\r\n", "\r"] {
        let start = format!("{HEAD}One.\n").replace('\n', line_end);
        let mut growth = going_on("One.");
        growth.watch(&start).unwrap();
        let step = growth.step(&start, "One.\r\n\r\nTwo.", true).unwrap();
        let whole = format!("{HEAD}One.\n\nTwo.\n").replace("partial", "complete");
        assert_eq!(made(&start, &step), whole.replace('\n', line_end));
        growth.arrive(&step, &whole).unwrap();
    }
}

#[test]
fn a_document_that_lags_behind_gets_all_of_it() {
    let mut growth = going_on("One. Two. Three.");
    growth.watch(&format!("{HEAD}One.\n")).unwrap();
    let step = growth.step(&format!("{HEAD}One.\n"), "One. Two. Three. Four.", false);
    let whole = format!("{HEAD}One. Two. Three. Four.\n");
    assert_eq!(step.unwrap().text, whole);
}

#[test]
fn a_trimmed_end_is_taken_back() {
    let mut growth = growth();
    let first = growth
        .step(HEAD, "The lamp went out. And th", false)
        .unwrap();
    growth.arrive(&first, &first.text).unwrap();
    let last = growth
        .step(&first.text, "The lamp went out.", true)
        .unwrap();
    assert_eq!(
        last.text,
        format!("{HEAD}The lamp went out.\n").replace("partial", "complete")
    );
}

/// A text that breaks off between two words ends with their space, until an editor takes it away or loads a file without.
#[test]
fn a_space_that_an_editor_takes_away_comes_back_with_the_next_word() {
    for (before, after) in [
        ("At dusk Mara lit ", "At dusk Mara lit"),
        ("At dusk Mara lit \n", "At dusk Mara lit\n"),
        ("At dusk Mara lit ", "Typed. At dusk Mara lit\n"),
        ("At dusk Mara lit ", "At dusk Mara lit "),
    ] {
        let mut growth = going_on("At dusk Mara lit");
        growth.watch(&format!("{HEAD}{before}")).unwrap();
        let document = format!("{HEAD}{after}");
        growth.watch(&document).unwrap();
        let step = growth.step(&document, "At dusk Mara lit the lamp", false);
        let made = made(&document, &step.unwrap());
        assert!(made.ends_with("Mara lit the lamp\n"), "{after:?}: {made:?}");
    }
}
