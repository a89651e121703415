//! Lists what a document is made of, and the characters, beats and chunks of a story.

use std::path::PathBuf;

use super::document::{ChunkParts, DocumentKind, StoryDocument};
use crate::analysis::index::StoryIndex;
use crate::story::lint::passages::Passages;
use crate::story::text::sentences::quoted;
use crate::story::{Beat, Brief, Span};

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    Section,
    Character,
    Rule,
    Chapter,
    Beat,
    Chunk,
    Scene,
}

/// A part of a document, with the parts within.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Never empty.
    pub name: String,
    pub detail: Option<String>,
    pub kind: SymbolKind,
    pub span: Span,
    /// Heading or name; lies in `span`.
    pub name_span: Span,
    pub children: Vec<Symbol>,
}

impl Symbol {
    fn new(kind: SymbolKind, name: &str, span: &Span, name_span: &Span) -> Symbol {
        let name = name.trim();
        let start = name_span.start.clamp(span.start, span.end);
        Symbol {
            name: match name.is_empty() {
                true => "(untitled)".to_owned(),
                false => name.to_owned(),
            },
            detail: None,
            kind,
            span: span.clone(),
            name_span: start..name_span.end.clamp(start, span.end),
            children: Vec::new(),
        }
    }
}

/// Lists the parts of a document; of a text beside a story, none.
pub fn document_symbols(document: &StoryDocument<'_>) -> Vec<Symbol> {
    match document.kind {
        DocumentKind::Brief => of_brief(document.brief, document.text),
        DocumentKind::Chunk(parts) => vec![of_chunk(document, parts)],
        DocumentKind::Beside => Vec::new(),
    }
}

fn of_brief(brief: &Brief, text: &str) -> Vec<Symbol> {
    let sections = brief.sections.iter();
    let mut symbols: Vec<Symbol> = sections
        .map(|section| {
            let span = trimmed(text, &section.span);
            let heading = &section.heading_span;
            Symbol::new(SymbolKind::Section, &section.title, &span, heading)
        })
        .collect();
    let cast = brief.cast.iter().map(|entry| {
        let span = trimmed(text, &entry.span);
        let symbol = Symbol::new(SymbolKind::Character, &entry.name, &span, &entry.name_span);
        let aliases = entry.aliases.join(", ");
        Symbol {
            detail: Some(aliases).filter(|aliases| !aliases.is_empty()),
            ..symbol
        }
    });
    let rules = brief.rules.iter().map(|rule| {
        let name = format!("{}. {}", rule.number, quoted(&rule.text));
        Symbol::new(SymbolKind::Rule, &name, &rule.span, &rule.span)
    });
    let chapters = brief.chapters.iter().map(|chapter| {
        let span = trimmed(text, &chapter.span);
        Symbol::new(
            SymbolKind::Chapter,
            &chapter.title,
            &span,
            &chapter.heading_span,
        )
    });
    let beats = brief.beats.iter().map(|beat| of_beat(beat, text));
    for symbol in cast.chain(rules).chain(chapters) {
        put(&mut symbols, symbol);
    }
    for beat in beats {
        put(&mut symbols, beat);
    }
    symbols
}

fn of_beat(beat: &Beat, text: &str) -> Symbol {
    let span = trimmed(text, &beat.span);
    let symbol = Symbol::new(SymbolKind::Beat, &beat.title, &span, &beat.heading_span);
    Symbol {
        detail: Some(beat.id.to_string()),
        ..symbol
    }
}

/// Puts a symbol below the innermost one that holds it; nowhere if none does.
fn put(symbols: &mut [Symbol], symbol: Symbol) {
    let start = symbol.span.start;
    // They come in the order of the text: the last that begins before it is the one.
    let begun = symbols.partition_point(|other| other.span.start <= start);
    let Some(above) = begun.checked_sub(1).map(|at| &mut symbols[at]) else {
        return;
    };
    let is_inner = |other: &Symbol| matches!(other.kind, SymbolKind::Chapter);
    let inner = above.children.iter_mut().rev();
    let mut inner = inner.filter(|other| is_inner(other) && other.span.start <= start);
    match inner.next().filter(|other| start < other.span.end) {
        Some(chapter) => chapter.children.push(symbol),
        None => above.children.push(symbol),
    }
}

fn of_chunk(document: &StoryDocument<'_>, parts: &ChunkParts) -> Symbol {
    let beat = document.own_beat().map(|beat| &document.brief.beats[beat]);
    let number = parts.number.map(|number| format!("{number}. "));
    let title = match (beat, &parts.beat) {
        (Some(beat), _) => beat.title.as_str(),
        (None, Some(id)) => id.as_str(),
        (None, None) => "",
    };
    let name = format!("{}{title}", number.unwrap_or_default());
    let whole = 0..document.text.len();
    let head = trimmed(document.text, &parts.head);
    let mut chunk = Symbol::new(SymbolKind::Chunk, &name, &whole, &head);
    chunk.detail = beat.map(|beat| beat.id.to_string());
    let prose = &document.text[parts.prose.clone()];
    let scenes = Passages::of(prose, &document.brief.language).scenes;
    chunk.children = scenes
        .into_iter()
        .map(|scene| {
            let first = prose[scene.clone()].lines().next().unwrap_or("");
            let span = scene.start + parts.prose.start..scene.end + parts.prose.start;
            let line = span.start..span.start + first.len();
            Symbol::new(SymbolKind::Scene, &quoted(first), &span, &line)
        })
        .collect();
    chunk
}

fn trimmed(text: &str, span: &Span) -> Span {
    let source = text.get(span.clone()).unwrap_or("");
    span.start..span.start + source.trim_end().len()
}

/// A part of a story, for a search by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorySymbol {
    pub name: String,
    pub kind: SymbolKind,
    /// The title of the story.
    pub story: String,
    pub path: PathBuf,
    pub span: Span,
}

/// Lists the characters, beats and chunks whose names hold the letters of a query in its order, without regard
/// to case.
pub fn story_symbols(index: &StoryIndex, query: &str) -> Vec<StorySymbol> {
    let brief = &index.read.story.brief;
    let symbol = |name: &str, kind, path: &PathBuf, span: &Span| {
        answers(name, query).then(|| StorySymbol {
            name: name.to_owned(),
            kind,
            story: brief.title.clone(),
            path: path.clone(),
            span: span.clone(),
        })
    };
    let of_brief = &index.brief.path;
    let cast = brief.cast.iter().filter_map(|entry| {
        let names = std::iter::once(&entry.name).chain(&entry.aliases);
        let mut found = names
            .filter_map(|name| symbol(name, SymbolKind::Character, of_brief, &entry.name_span));
        found.next()
    });
    let beats = brief
        .beats
        .iter()
        .filter_map(|beat| symbol(&beat.title, SymbolKind::Beat, of_brief, &beat.heading_span));
    let chunks = index.chunks.iter().filter_map(|chunk| {
        let beat = brief.beat(&chunk.beat);
        let title = beat.map_or(chunk.beat.as_str(), |beat| beat.title.as_str());
        let name = format!("{}. {title}", chunk.number);
        symbol(
            &name,
            SymbolKind::Chunk,
            &chunk.file.path,
            &chunk.parts.head,
        )
    });
    cast.chain(beats).chain(chunks).collect()
}

/// Tells whether a name has the letters of a query in its order.
fn answers(name: &str, query: &str) -> bool {
    let name = name.to_lowercase();
    let mut letters = name.chars();
    let query = query.to_lowercase();
    let mut wanted = query.chars().filter(|c| !c.is_whitespace());
    wanted.all(|wanted| letters.any(|letter| letter == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    /// A line a symbol, indented by depth.
    fn outline(symbols: &[Symbol], text: &str, depth: usize) -> String {
        let lines = symbols.iter().map(|symbol| {
            assert!(symbol.span.start <= symbol.name_span.start, "{symbol:?}");
            assert!(symbol.name_span.end <= symbol.span.end, "{symbol:?}");
            let detail = symbol.detail.as_deref().unwrap_or_default();
            let last = text[symbol.span.clone()].lines().last().unwrap_or("");
            let line = format!("{:?} {} [{detail}] … {last}", symbol.kind, symbol.name);
            let below = outline(&symbol.children, text, depth + 1);
            format!("{}{line}\n{below}", "  ".repeat(depth))
        });
        lines.collect()
    }

    #[track_caller]
    fn check(file: &str, text: &str, expected: &str) {
        let page = Marked::text(file, text);
        let found = document_symbols(&page.document());
        assert_eq!(outline(&found, text, 0), expected, "{text}");
    }

    #[test]
    fn a_brief_is_made_of_sections_and_what_is_in_them() {
        check(
            "story.md",
            "---\ntitle: L\n---\n# Cast\n## Mara\naka: the keeper\nDry.\n\n# Rules\n1. Never dark.\n# Outline\n## Dusk\n### One\n\
             a\n### Two {#two}\nb\n## Dawn\n### Three\nc\n\n# Notes\nn\n",
            "Section Cast [] … Dry.\n  Character Mara [the keeper] … Dry.\nSection Rules [] … 1. Never dark.\n  \
             Rule 1. Never dark. [] … 1. Never dark.\nSection Outline [] … c\n  Chapter Dusk [] … b\n    Beat One [one] … a\n    \
             Beat Two [two] … b\n  Chapter Dawn [] … c\n    Beat Three [three] … c\nSection Notes [] … n\n",
        );
        check(
            "story.md",
            "# Outline\n##\n## A beat\n",
            "Section Outline [] … ## A beat\n  Beat Beat 1 [beat-1] … ##\n  Beat A beat [a-beat] … ## A beat\n",
        );
        check("story.md", "", "");
    }

    #[test]
    fn a_chunk_is_made_of_scenes() {
        check(
            "chunk_02.md",
            "---\nchunk: 2\nbeat: early\nstatus: complete\n---\nShe came.\n\nBread.\n\n***\n\nShe left.\n",
            "Chunk 2. Ilse Comes [early] … She left.\n  Scene She came. [] … Bread.\n  Scene She left. [] … She left.\n",
        );
        check("chunk_09.md", "", "Chunk 9. [] … \n");
        check("notes.md", "# Notes\n", "");
    }

    #[test]
    fn names_are_found_by_letters_in_order() {
        for (name, query, expected) in [
            ("Mara Voss", "", true),
            ("Mara Voss", "mvs", true),
            ("Mara Voss", "MARA V", true),
            ("Mara Voss", "vm", false),
            ("真実", "実", true),
        ] {
            assert_eq!(answers(name, query), expected, "{name} {query}");
        }
    }
}
