//! Tests of books and their formats, as text.

use super::contents::{Direction, Flow};
use super::*;
use crate::story::{Brief, ChunkNumber, SharedText};

const OUTLINE: &str = "# Outline\n\n## One\n\n### Dusk {#dusk}\n\nA.\n\n### Night {#night}\n\nB.\n\n## Two & > one\n\n### Dawn {#dawn}\n\nC.\n";

/// Makes a book of a brief, with a text a beat.
fn book(brief: &str, texts: &[&str]) -> Book {
    let parsed = Brief::parse(brief);
    let edition = Edition {
        draft: "draft-01".to_owned(),
        modified: "2026-01-31T12:00:00Z".to_owned(),
        cover: None,
    };
    Book::of(&parsed, brief, edition, |id| {
        let index = parsed.beats.iter().position(|beat| beat.id == *id)?;
        let number = ChunkNumber(u32::try_from(index).ok()? + 1);
        Some((number, SharedText::from(*texts.get(index)?)))
    })
}

fn lamp(front_matter: &str, texts: &[&str]) -> Book {
    book(
        &format!("---\ntitle: The Lamp\n{front_matter}\n---\n\n{OUTLINE}"),
        texts,
    )
}

/// Returns the text of a part.
fn text_of(parts: Vec<Part<'_>>, name: &str) -> String {
    let part = parts.into_iter().find(|part| part.name == name);
    match part.unwrap_or_else(|| panic!("{name}")).content {
        Content::Text(pieces) => pieces.collect(),
        Content::Bytes(_) => panic!("{name} is no text"),
    }
}

fn shape(book: &Book) -> Vec<(Option<&str>, usize)> {
    let chapters = book.chapters.iter();
    chapters
        .map(|it| (it.title.as_deref(), it.scenes.len()))
        .collect()
}

#[test]
fn chapters_are_those_of_the_outline() {
    let texts = ["a", "b", "c", "d"];
    for (outline, expected) in [
        (OUTLINE, vec![(Some("One"), 2), (Some("Two & > one"), 1)]),
        (
            "# Outline\n\n## A\n\na\n\n## B\n\nb\n",
            vec![(Some("A"), 1), (Some("B"), 1)],
        ),
        (
            "# Outline\n\n### Before\n\nx\n\n### Still\n\nx\n\n## One\n\n### In\n\nx\n\n## Alone\n\nx\n",
            vec![(None, 2), (Some("One"), 1), (Some("Alone"), 1)],
        ),
        (
            "# Outline\n\n## Part\n\n### In\n\nx\n\n## Part\n\n### Again\n\nx\n",
            vec![(Some("Part"), 1), (Some("Part"), 1)],
        ),
        ("", vec![]),
    ] {
        let book = book(&format!("---\ntitle: T\n---\n{outline}"), &texts);
        assert_eq!(shape(&book), expected, "{outline}");
    }
    // What is not written yet is not in it.
    assert_eq!(shape(&lamp("", &["a"])), [(Some("One"), 1)]);
}

#[test]
fn the_brief_says_what_else_is_in_a_book() {
    let brief = format!(
        "---\ntitle: The Lamp\nauthor: [Ana Dias, Bo]\nrights: © 2026 Ana\nsubtitle: A tale\nisbn: 978-3-16-148410-0\n---\n\
         # Dedication\n\nFor M. <!-- who else -->\n\n# Premise\n\nP.\n\n{OUTLINE}\n# Acknowledgments\n\nThanks.\n\n# Notes\n\nMine.\n"
    );
    let book = book(&brief, &["a", "b", "c"]);
    let front: Vec<&str> = book.front.iter().map(|it| it.text.as_str()).collect();
    assert_eq!((front, book.back.len()), (vec!["For M."], 1));
    assert_eq!(book.authors, ["Ana Dias", "Bo"]);
    assert_eq!(book.identifier, "urn:isbn:9783161484100");
    let md = text_of(Format::Md.parts(&book), "");
    assert_eq!(
        md,
        "---\ntitle: \"The Lamp\"\nsubtitle: \"A tale\"\nauthor:\n  - \"Ana Dias\"\n  - \"Bo\"\nrights: \"© 2026 Ana\"\n\
         lang: \"en\"\n---\n\n# The Lamp\n\n## Dedication\n\nFor M.\n\n## One\n\na\n\n* * *\n\nb\n\n## Two & \\> one\n\nc\n\n\
         ## Acknowledgments\n\nThanks.\n"
    );
    let txt = text_of(Format::Txt.parts(&book), "");
    assert_eq!(
        txt,
        "The Lamp\nA tale\nAna Dias, Bo\n© 2026 Ana\n\n\nFor M.\n\n\nOne\n\na\n\n* * *\n\nb\n\n\nTwo & > one\n\nc\n\n\n\
         Acknowledgments\n\nThanks.\n"
    );
}

#[test]
fn languages_say_where_lines_go() {
    for (front_matter, direction, flow) in [
        ("language: en", Direction::LeftToRight, Flow::Horizontal),
        ("language: ar", Direction::RightToLeft, Flow::Horizontal),
        (
            "language: az-Arab",
            Direction::RightToLeft,
            Flow::Horizontal,
        ),
        (
            "language: ug-Latn",
            Direction::LeftToRight,
            Flow::Horizontal,
        ),
        ("language: ja", Direction::LeftToRight, Flow::Horizontal),
        (
            "language: ja\nwriting_mode: vertical",
            Direction::RightToLeft,
            Flow::Vertical,
        ),
        (
            "language: en\nwriting_mode: vertical",
            Direction::LeftToRight,
            Flow::Horizontal,
        ),
    ] {
        let book = lamp(front_matter, &["a"]);
        assert_eq!(
            (book.direction, book.flow),
            (direction, flow),
            "{front_matter}"
        );
    }
    let arabic = lamp("language: ar", &["نص"]);
    let package = text_of(Format::Epub.parts(&arabic), "OEBPS/package.opf");
    assert!(
        package.contains("<spine page-progression-direction=\"rtl\">"),
        "{package}"
    );
    let document = text_of(Format::Docx.parts(&arabic), "word/document.xml");
    assert!(
        document.contains("<w:bidi/>") && document.contains("<w:rtl/>"),
        "{document}"
    );
}

#[test]
fn marks_survive_in_every_format() {
    let text = "He *ran* & **hid**.[^a]\n\n> \"Here,\" she said -- 'no' <sigh>\n\n* * *\n\n1865. A year.\n\n[^a]: Where *they* were.";
    let book = lamp("", &["Before.", text, "[^a] is none"]);
    let chapter = text_of(Format::Epub.parts(&book), "OEBPS/chapter-001.xhtml");
    for part in [
        "<p>He <em>ran</em> &amp; <strong>hid</strong>.<a id=\"call-1\" class=\"note\" href=\"#note-1\" epub:type=\"noteref\" role=\"doc-noteref\">1</a></p>",
        "<blockquote>\n<p>&quot;Here,&quot; she said -- 'no' &lt;sigh&gt;</p>\n</blockquote>",
        "<hr class=\"scene\"/>\n<div id=\"scene-2\" data-beat=\"night\">",
        "<ol start=\"1865\">",
        "<aside id=\"note-1\" epub:type=\"footnote\" role=\"doc-footnote\">\n<p><a href=\"#call-1\" role=\"doc-backlink\">1</a> Where <em>they</em> were.</p>",
    ] {
        assert!(chapter.contains(part), "{part}\n{chapter}");
    }
    let html = text_of(Format::Html.parts(&book), "");
    assert!(
        !html.contains("epub:") && !html.contains("<script"),
        "{html}"
    );
    let document = text_of(Format::Docx.parts(&book), "word/document.xml");
    for part in [
        "<w:r><w:rPr><w:i/><w:iCs/></w:rPr><w:t xml:space=\"preserve\">ran</w:t></w:r>",
        "<w:footnoteReference w:id=\"1\"/>",
        "<w:t xml:space=\"preserve\">#</w:t>",
        "<w:t xml:space=\"preserve\">1865.</w:t>",
        "w:name=\"scene_2\"",
    ] {
        assert!(document.contains(part), "{part}\n{document}");
    }
    let notes = text_of(Format::Docx.parts(&book), "word/footnotes.xml");
    assert!(
        notes.contains("<w:footnote w:id=\"1\">") && notes.contains(">they<"),
        "{notes}"
    );
    let txt = text_of(Format::Txt.parts(&book), "");
    assert!(
        txt.contains("He _ran_ & *hid*.[1]") && txt.contains("\n[1] Where _they_ were.\n"),
        "{txt}"
    );
    let md = text_of(Format::Md.parts(&book), "");
    assert!(
        md.contains("[^2-a]: Where") && md.contains("[^a] is none"),
        "{md}"
    );
}

#[test]
fn a_manuscript_has_its_first_page_and_running_head() {
    let words = "word ".repeat(1234);
    let book = lamp(
        "author: Ana Dias\ncontact: 1 Pier Road; ana@example.org",
        &[&words],
    );
    let parts = Format::Docx.parts(&book);
    let document = text_of(parts, "word/document.xml");
    for part in ["about 1,200 words", ">ana@example.org<", ">by Ana Dias<"] {
        assert!(document.contains(part), "{part}\n{}", &document[..2000]);
    }
    let head = text_of(Format::Docx.parts(&book), "word/header1.xml");
    assert!(head.contains(">Dias / THE LAMP / <"), "{head}");
    let plain = text_of(Format::DocxPlain.parts(&book), "word/document.xml");
    assert!(!plain.contains("about 1,200"), "{}", &plain[..2000]);
}

#[test]
fn what_xml_cannot_hold_is_left_out() {
    let book = lamp(
        "author: A\u{1}",
        &["a\u{0}b\u{8}c\u{fffe}d [x](javascript:y) [z](https://example.org/?a=1&b=2)"],
    );
    for format in Format::ALL {
        for part in format.parts(&book) {
            let Content::Text(pieces) = part.content else {
                continue;
            };
            let text: String = pieces.collect();
            let is_xml = format.is_archive() || format == Format::Html;
            if is_xml {
                assert!(
                    !text.contains(['\u{0}', '\u{1}', '\u{8}', '\u{fffe}']),
                    "{}",
                    part.name
                );
                assert!(!text.contains("javascript"), "{}", part.name);
            }
        }
    }
}

#[test]
fn the_same_book_has_the_same_bytes() {
    let texts = ["One *a*.[^n]\n\n[^n]: N.", "Two.", "Three."];
    for format in Format::ALL {
        let all = |book: &Book| -> Vec<String> {
            let parts = format.parts(book).into_iter();
            parts
                .map(|part| match part.content {
                    Content::Text(pieces) => part.name + &pieces.collect::<String>(),
                    Content::Bytes(_) => part.name,
                })
                .collect()
        };
        let (one, other) = (lamp("author: A", &texts), lamp("author: A", &texts));
        assert_eq!(all(&one), all(&other), "{format:?}");
    }
    assert_ne!(
        lamp("", &texts).identifier,
        lamp("author: B", &texts).identifier
    );
    assert!(lamp("", &texts).identifier.starts_with("urn:uuid:"));
}
