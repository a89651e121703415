//! Tests of the readers by small texts.

use super::assembly::{Piece, TitleIs, chapters};
use super::brief::{beats, render};
use super::heading_lines::{is_chapter_line, is_part_line};
use super::imported::{Background, ImportedBook, ImportedChapter, ImportedScene, Person};
use super::kind::Kind;
use super::person::Telling;
use super::source::{Source, SourceFile};
use super::styled::{Paragraph, Style, is_break};
use super::xml::{self, Event};
use super::{markdown, read};
use crate::story::{Brief, Language};

/// Shows chapters in one line: `Title[scene|scene]`.
fn shown(chapters: &[ImportedChapter]) -> String {
    let chapter = |chapter: &ImportedChapter| {
        let scenes: Vec<String> = chapter
            .scenes
            .iter()
            .map(|scene| match &scene.title {
                Some(title) => format!("{title}={}", scene.text),
                None => scene.text.clone(),
            })
            .collect();
        format!(
            "{}[{}]",
            chapter.title.as_deref().unwrap_or("-"),
            scenes.join("|")
        )
    };
    chapters.iter().map(chapter).collect::<Vec<_>>().join(" ")
}

fn of_markdown(text: &str) -> ImportedBook {
    let file = SourceFile {
        path: "book.md".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    markdown::read(&file).expect("it is read")
}

#[test]
fn headings_are_parts_chapters_and_scenes_by_their_depth() {
    for (text, title, expected) in [
        ("# A\n\nx\n\n# B\n\ny\n", None, "A[x] B[y]"),
        ("# T\n\n## A\n\nx\n\n## B\n\ny\n", Some("T"), "A[x] B[y]"),
        ("---\ntitle: T\n---\n# T\n\n## A\n\nx\n", Some("T"), "A[x]"),
        (
            "## A\n\n### S\n\nx\n\n### R\n\ny\n\n***\n\nz\n\n## B\n\nw\n",
            None,
            "A[S=x|R=y\n\n* * *\n\nz] B[w]",
        ),
        (
            "# A\n\nx\n\n***\n\ny\n\n#\n\nz\n\n# B\n\nv\n",
            None,
            "A[x|y|z] B[v]",
        ),
        ("A\n=\n\nx\n\nB\n=\n\ny\n", None, "A[x] B[y]"),
        (
            "# Part One\n\n## A\n\nx\n\n# Part Two\n\n## B\n\ny\n",
            None,
            "Part One: A[x] Part Two: B[y]",
        ),
        ("x\n\n⁂\n\ny\n", None, "-[x|y]"),
        (
            "Chapter 1\n\nx\n\nChapter 2\n\ny\n",
            None,
            "Chapter 1[x] Chapter 2[y]",
        ),
        (
            "# A\n\nx[^1]\n\n# B\n\ny\n\n[^1]: n\n",
            None,
            "A[x[^1]\n\n[^1]: n] B[y]",
        ),
    ] {
        let book = of_markdown(text);
        assert_eq!(shown(&book.chapters), expected, "{text:?}");
        assert_eq!(book.title.as_deref(), title, "{text:?}");
    }
}

#[test]
fn lines_are_headings_in_several_languages() {
    for line in [
        "Chapter 1",
        "CHAPTER IV",
        "Chapter One: The Storm",
        "Kapitel 3",
        "Capítulo II",
        "Глава 5",
        "第三章",
        "第12話 嵐",
        "Prologue",
        "Epilog",
    ] {
        assert!(is_chapter_line(line), "{line}");
    }
    for line in [
        "Chapter and verse he quoted",
        "She read a chapter",
        "",
        "Prologue to a war that nobody wanted, he said.",
    ] {
        assert!(!is_chapter_line(line), "{line}");
    }
    for line in ["Part One", "BOOK II", "Teil 1"] {
        assert!(is_part_line(line), "{line}");
    }
    assert!(!is_part_line("Part of him knew"));
}

#[test]
fn breaks_are_told_from_prose() {
    for text in ["***", "* * *", "#", "⁂", "---", "~~~", "• • •"] {
        assert!(is_break(text), "{text}");
    }
    for text in ["", "—", "A", "...", "* a *", "-"] {
        assert!(!is_break(text), "{text}");
    }
}

#[test]
fn styled_text_is_markdown_that_means_itself() {
    let emphasis = Style {
        emphasis: true,
        ..Style::default()
    };
    for (runs, expected) in [
        (
            vec![
                (Style::default(), "a "),
                (emphasis, "b "),
                (Style::default(), "c"),
            ],
            "a *b* c",
        ),
        (
            vec![(Style::default(), "1. A *year* & <b>")],
            "1\\. A \\*year\\* & \\<b>",
        ),
        (vec![(Style::default(), "# x")], "\\# x"),
        (
            vec![(Style::default(), "snake_case and _this_")],
            "snake_case and \\_this\\_",
        ),
        (vec![(Style::default(), "a\n  b\u{a0}c")], "a b\u{a0}c"),
    ] {
        let mut paragraph = Paragraph::default();
        for (style, text) in runs {
            paragraph.push(style, text);
        }
        assert_eq!(paragraph.markdown(), expected);
    }
}

#[test]
fn xml_is_read_and_its_tricks_are_not() {
    let events = xml::events("a", "<?xml version=\"1.0\"?><!DOCTYPE html><w:a x:id=\"1 &gt; 0\">b &amp; &#99;<![CDATA[<d>]]><e/></w:a><!-- f -->").expect("read");
    let texts: Vec<&str> = events
        .iter()
        .filter_map(|it| match it {
            Event::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["b & c<d>"]);
    assert!(
        matches!(&events[0], Event::Start(it) if it.name == "a" && it.attribute("id") == Some("1 > 0"))
    );
    assert!(xml::events("a", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>").is_err());
    assert!(xml::events("a", &"<a>".repeat(10_000)).is_err());
    assert!(xml::events("a", &format!("<a b=\"{}\"/>", "c".repeat(100_000))).is_err());
    // Damaged pages are read as far as they go.
    assert_eq!(
        xml::events("a", "<p>x<br>y</i></p>z < 3")
            .expect("read")
            .len(),
        7
    );
}

#[test]
fn a_brief_reads_back_with_a_beat_a_scene() {
    let scene = |title: Option<&str>, text: &str| ImportedScene {
        title: title.map(str::to_owned),
        text: text.to_owned(),
        ..ImportedScene::default()
    };
    let book = ImportedBook {
        title: Some("R&D: \"C#\" {x} #".to_owned()),
        authors: vec!["Ana".to_owned(), "Bo".to_owned()],
        chapters: vec![
            ImportedChapter {
                title: Some("One {#id} *star*".to_owned()),
                scenes: vec![scene(None, "a b"), scene(Some("Rules"), "c")],
            },
            ImportedChapter {
                title: Some("Two".to_owned()),
                scenes: vec![scene(None, "d e f")],
            },
            ImportedChapter {
                title: Some("Two".to_owned()),
                scenes: vec![scene(None, "g")],
            },
        ],
        cast: vec![Person {
            name: "Mara Voss".to_owned(),
            aliases: vec!["Mara".to_owned()],
            text: "# Outline\n\nA keeper.\n---\n<!-- open".to_owned(),
        }],
        background: vec![Background {
            title: "Rules".to_owned(),
            aliases: Vec::new(),
            text: "```\nx".to_owned(),
        }],
        ..ImportedBook::default()
    };
    let language = Language::default();
    let beats = beats(&book, &language, &std::collections::BTreeSet::new());
    let text = render(
        &book,
        &beats,
        &language,
        Telling {
            pov: Some("third person"),
            tense: Some("past"),
        },
    );
    let brief = Brief::parse(&text);
    let ids: Vec<&str> = brief.beats.iter().map(|beat| beat.id.as_str()).collect();
    let meant: Vec<&str> = beats.iter().map(|beat| beat.id.as_str()).collect();
    assert_eq!(ids, meant, "{text}");
    assert_eq!(brief.title, "R&D: \"C#\" {x} #");
    assert_eq!(
        (
            brief.chunk_words,
            brief.pov.as_deref(),
            brief.tense.as_deref()
        ),
        (Some(300), Some("third person"), Some("past"))
    );
    assert_eq!(
        (brief.cast.len(), brief.chapters.len(), brief.rules.len()),
        (1, 1, 0),
        "{text}"
    );
    assert!(!brief.has_errors(), "{:?}", brief.problems);
}

#[test]
fn pieces_without_headings_are_one_chapter() {
    let mut title = None;
    let pieces = vec![
        Piece::Text("a".to_owned()),
        Piece::Break,
        Piece::Break,
        Piece::Text("b".to_owned()),
    ];
    assert_eq!(
        shown(&chapters(pieces, &mut title, TitleIs::FirstHeading)),
        "-[a|b]"
    );
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        for (kind, path) in [(Kind::Rtf, "a.rtf"), (Kind::Card, "a.json"), (Kind::Plain, "a.txt"), (Kind::Markdown, "a.md"), (Kind::Epub, "p"), (Kind::Scrivener, "a.scrivx"), (Kind::NovelWriter, "a.nwx"), (Kind::Docx, "word/document.xml")] {
            let files = vec![SourceFile { path: path.to_owned(), bytes: bytes.clone() }];
            let _ = read(&Source { name: "a".to_owned(), files }, kind);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "([#*>\\-_\\[\\]{}<>/&;\\\\\n a1]|\\\\u12|\\{\\\\rtf|<p>|</p>|<a b=\"|\\[\\^1\\]){0,80}") {
        let _ = xml::events("a", &text);
        for (kind, path) in [(Kind::Rtf, "a.rtf"), (Kind::Plain, "a.txt"), (Kind::Markdown, "a.md")] {
            let files = vec![SourceFile { path: path.to_owned(), bytes: text.clone().into_bytes() }];
            let _ = read(&Source { name: "a".to_owned(), files }, kind);
        }
    }
}
