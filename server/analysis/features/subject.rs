//! What stands at a place of a document: whom or what the author points at.

use super::document::{DocumentKind, StoryDocument, holds, paragraph_at};
use crate::analysis::ledger::authored::{AuthoredThread, authored};
use crate::story::brief::front_matter::Entry;
use crate::story::comments::comments;
use crate::story::lint::passages::rules_named;
use crate::story::{Beat, BeatId, Brief, Rule, Span};

/// What a place is about; numbers are indices into the lists of the brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One of the cast; several where the name may be of each.
    Characters(Vec<usize>),
    Beat(usize),
    /// A thread of the list in the brief.
    Thread(usize),
    Rule(usize),
    /// A setting in the front matter of a brief.
    Setting(String),
    /// A key in the front matter of a chunk file.
    HeadKey(String),
}

/// A subject, and the span of the document that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    pub subject: Subject,
    pub span: Span,
}

/// Finds what stands at a place.
pub fn subject_at(document: &StoryDocument<'_>, offset: usize) -> Option<Pointed> {
    match document.kind {
        DocumentKind::Brief => in_brief(document, offset),
        DocumentKind::Chunk(parts) if offset < parts.prose.start => {
            let on_key = parts.keys.iter().find(|key| holds(&key.span, offset));
            let key = on_key.filter(|key| key.key != "beat").map(|key| Pointed {
                subject: Subject::HeadKey(key.key.clone()),
                span: key.span.clone(),
            });
            key.or_else(|| own_beat(document, offset))
        }
        _ => in_text(document, offset),
    }
}

/// Finds the beat of a chunk file where a place is in its front matter.
pub fn own_beat(document: &StoryDocument<'_>, offset: usize) -> Option<Pointed> {
    let DocumentKind::Chunk(parts) = document.kind else {
        return None;
    };
    let beat = document.own_beat().filter(|_| offset < parts.prose.start)?;
    let value = parts.keys.iter().find(|key| key.key == "beat");
    Some(Pointed {
        subject: Subject::Beat(beat),
        span: value.map_or_else(|| parts.head.clone(), |key| key.value.clone()),
    })
}

fn in_brief(document: &StoryDocument<'_>, offset: usize) -> Option<Pointed> {
    let brief = document.brief;
    if let Some(Entry { key, key_span, .. }) = document.setting_at(offset) {
        return Some(Pointed {
            subject: Subject::Setting(key.clone()),
            span: key_span.clone(),
        });
    }
    let attribute = brief.beats.iter().find_map(|beat| {
        holds(&beat.heading_span, offset).then(|| in_attributes(document, beat, offset))
    });
    if let Some(found) = attribute.flatten() {
        return Some(found);
    }
    let rule = brief.rules.iter().position(|rule| {
        let number = number_of(document.text, rule);
        holds(&number, offset)
    });
    if let Some(rule) = rule {
        return Some(Pointed {
            subject: Subject::Rule(rule),
            span: number_of(document.text, &brief.rules[rule]),
        });
    }
    let threads = authored(brief, document.text);
    let named = threads.iter().flat_map(AuthoredThread::beats);
    let mut named = named.filter(|named| holds(&named.span, offset));
    if let Some((beat, span)) = named.find_map(|it| Some((it.position(brief)?, &it.span))) {
        return Some(Pointed {
            subject: Subject::Beat(beat),
            span: span.clone(),
        });
    }
    let thread = || {
        let at = threads.iter().position(|it| holds(&it.span, offset))?;
        Some(Pointed {
            subject: Subject::Thread(at),
            span: threads[at].span.clone(),
        })
    };
    in_text(document, offset).or_else(thread).or_else(|| {
        let on_heading = |span: &Span| holds(span, offset);
        let beats = &brief.beats;
        let beat = beats.iter().position(|beat| on_heading(&beat.heading_span));
        let beat = beat.map(|at| (Subject::Beat(at), beats[at].heading_span.clone()));
        let (subject, span) = beat?;
        Some(Pointed { subject, span })
    })
}

/// Finds what the attributes of a beat's heading name at a place.
fn in_attributes(document: &StoryDocument<'_>, beat: &Beat, offset: usize) -> Option<Pointed> {
    let brief = document.brief;
    let position = |id: &BeatId| brief.beats.iter().position(|other| other.id == *id);
    if document.has_own_id(beat) && holds(&beat.id_span, offset) {
        return Some(Pointed {
            subject: Subject::Beat(position(&beat.id)?),
            span: beat.id_span.clone(),
        });
    }
    let mut after = beat.after.iter().zip(&beat.after_spans);
    if let Some((id, span)) = after.find(|(_, span)| holds(span, offset)) {
        return Some(Pointed {
            subject: Subject::Beat(position(id)?),
            span: span.clone(),
        });
    }
    let mut cast = beat.cast.iter().zip(&beat.cast_spans);
    let (name, span) = cast.find(|(_, span)| holds(span, offset))?;
    let entry = character(brief, name)?;
    Some(Pointed {
        subject: Subject::Characters(vec![entry]),
        span: span.clone(),
    })
}

/// Finds whom or which rule a text names at a place.
fn in_text(document: &StoryDocument<'_>, offset: usize) -> Option<Pointed> {
    let mentions = document.mentions_near(offset);
    let mut here = mentions.iter().filter(|it| holds(&it.span, offset));
    // Where two names touch, the one that begins here.
    let span = here.next_back().map(|mention| mention.span.clone());
    if let Some(span) = span {
        let entries = mentions.iter().filter(|mention| mention.span == span);
        return Some(Pointed {
            subject: Subject::Characters(entries.map(|mention| mention.entry).collect()),
            span,
        });
    }
    named_rule(document.text, document.brief, offset)
}

fn named_rule(text: &str, brief: &Brief, offset: usize) -> Option<Pointed> {
    let paragraph = paragraph_at(text, offset);
    let source = &text[paragraph.clone()];
    // What a comment says is no prose, but a note may name a rule.
    let within = offset.saturating_sub(paragraph.start);
    let comment = comments(source).into_iter();
    let mut comment = comment.filter(|comment| holds(&comment.span, within));
    let (start, said) = match comment.next() {
        Some(comment) => {
            let inner = comment.inner(source);
            let inner_start = comment.span.start + "<!--".len();
            let label = inner.len() - inner.trim_start().trim_start_matches("sw:").len();
            (inner_start + label, &inner[label..])
        }
        None => (0, source),
    };
    let start = paragraph.start + start;
    let named = rules_named(said, &brief.language).into_iter();
    named
        .map(|(number, span)| (number, span.start + start..span.end + start))
        .filter(|(_, span)| holds(span, offset))
        .find_map(|(number, span)| {
            let rule = brief.rules.iter().position(|rule| rule.number == number)?;
            let subject = Subject::Rule(rule);
            Some(Pointed { subject, span })
        })
}

/// Finds the number at the start of a rule, with its mark.
fn number_of(text: &str, rule: &Rule) -> Span {
    let line = text.get(rule.span.clone()).unwrap_or("");
    let start = line.len() - line.trim_start().len();
    let rest = line[start..].trim_start_matches(char::is_numeric);
    let mark = rest.chars().next().map_or(0, char::len_utf8);
    let end = line.len() - rest.len() + mark;
    rule.span.start + start..rule.span.start + end
}

/// Finds the one of the cast that a name means, as an index.
pub fn character(brief: &Brief, name: &str) -> Option<usize> {
    let entry = brief.character(name)?;
    brief.cast.iter().position(|other| other == entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    #[track_caller]
    fn check(file: &str, marked: &str, expected: &str) {
        let page = Marked::at(file, marked);
        let found = subject_at(&page.document(), page.at);
        let shown = found.map(|found| {
            let subject = match found.subject {
                Subject::Characters(entries) => entries
                    .iter()
                    .map(|entry| page.brief.cast[*entry].name.clone())
                    .collect::<Vec<_>>()
                    .join(" or "),
                Subject::Beat(beat) => format!("beat {}", page.brief.beats[beat].id),
                Subject::Thread(at) => format!("thread {at}"),
                Subject::Rule(rule) => format!("rule {}", page.brief.rules[rule].number),
                Subject::Setting(key) => format!("setting {key}"),
                Subject::HeadKey(key) => format!("key {key}"),
            };
            format!("{subject}: {}", &page.text[found.span])
        });
        assert_eq!(shown.unwrap_or_default(), expected, "{marked}");
    }

    #[test]
    fn a_chunk_points_at_its_beat_its_people_and_its_rules() {
        let chunk = |prose: &str| format!("---\nchunk: 1\nbeat: logbook\n---\n{prose}");
        check(
            "chunk_01.md",
            "---\nchunk: 1\nbeat: log|book\nstatus: complete\n---\nMara.",
            "beat logbook: logbook",
        );
        check(
            "chunk_01.md",
            "-|--\nchunk: 1\nbeat: logbook\n---\nMara.",
            "beat logbook: logbook",
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\nbeat: logbook\nstat|us: complete\n---\n",
            "key status: status",
        );
        check(
            "chunk_01.md",
            &chunk("Old Ma|ra’s lamp."),
            "Mara Voss: Mara",
        );
        check(
            "chunk_01.md",
            &chunk("Old Mara|’s lamp."),
            "Mara Voss: Mara",
        );
        check(
            "chunk_01.md",
            &chunk("The |keeper."),
            "Mara Voss: The keeper",
        );
        check("chunk_01.md", &chunk("the lamp| of Mara."), "");
        check(
            "chunk_01.md",
            &chunk("That was rule t|wo."),
            "rule 2: rule two",
        );
        check(
            "chunk_01.md",
            &chunk("Go. <!-- sw: keep |rule 1 here -->"),
            "rule 1: rule 1",
        );
        check("chunk_01.md", &chunk("That was rule |nine."), "");
        check("chunk_02.md", "No front |matter.", "");
        check("notes.md", "About |Ilse.", "Ilse: Ilse");
    }

    #[test]
    fn a_brief_points_at_what_it_names() {
        let brief = "---\ntitle: L\n---\n# Cast\n## Mara Voss\n## Ilse\n# Rules\n1. Never dark.\n2. Ink.\n# Outline\n";
        let beat = |heading: &str| format!("{brief}## One {{#one}}\nText.\n{heading}\nText.\n");
        check(
            "story.md",
            "---\nti|tle: L\nprotagonist: Mara\n---\n",
            "setting title: title",
        );
        check(
            "story.md",
            "---\nprotagonist: M|ara\n---\n# Cast\n## Mara\n",
            "Mara: Mara",
        );
        check(
            "story.md",
            &beat("#|# Two {#two}"),
            "beat two: ## Two {#two}",
        );
        check("story.md", &beat("## Il|se goes {#two}"), "Ilse: Ilse");
        check(
            "story.md",
            &beat("## Two {#t|wo cast=\"Ilse, mara\"}"),
            "beat two: two",
        );
        check(
            "story.md",
            &beat("## Two {#two cast=\"Ilse, ma|ra\"}"),
            "Mara Voss: mara",
        );
        check(
            "story.md",
            &beat("## Two {#two after=o|ne}"),
            "beat one: one",
        );
        check(
            "story.md",
            &beat("## Two\nAs rule| 2 has it."),
            "rule 2: rule 2",
        );
        check(
            "story.md",
            &brief.replace("2. Ink", "|2. Ink"),
            "rule 2: 2.",
        );
        check("story.md", &brief.replace("Ink", "In|k"), "");
        check("story.md", "|", "");
    }
}
