//! Finds which chunks are stale, partial or failed, and where in the brief the reason for it stands.

use super::chunk::{Chunk, chunk_of};
use super::finding::{FAILED, Finding, PARTIAL, Place, STALE, SourceText};
use crate::analysis::session_snapshot::SessionSnapshot;
use crate::analysis::{stale, stale_reason};
use crate::session::ChunkStatus;
use crate::story::{Brief, Section, SectionKind, Severity, Span};
use crate::writing::prompt::slices::Slice;

pub(super) fn find(
    snapshot: &SessionSnapshot,
    chunks: &[Chunk<'_>],
    texts: &[SourceText],
) -> Vec<Finding> {
    let (story, reasons) = (&snapshot.read.story, snapshot.stale_reasons());
    let renames = &snapshot.written.view.renames;
    let unit = story.brief.language.unit();
    let mut found = Vec::new();
    for chunk in chunks {
        let place = chunk.head(texts);
        let index = (chunk.view.number.0 as usize).saturating_sub(1);
        let reasons = match chunk.view.status {
            ChunkStatus::Complete => reasons.get(index).cloned().unwrap_or_default(),
            _ => stale::changed_since_begun(story, renames, chunk.view),
        };
        let of_words = format!("{} of {}", chunk.view.words, chunk.view.target_words);
        let (severity, code, message) = match chunk.view.status {
            ChunkStatus::Failed => (Severity::Warning, FAILED, failed_message(chunk)),
            ChunkStatus::Partial if reasons.is_empty() => (
                Severity::Information,
                PARTIAL,
                format!(
                    "This chunk breaks off after {of_words} {unit}. Writing goes on from there."
                ),
            ),
            ChunkStatus::Partial => (
                Severity::Information,
                PARTIAL,
                format!(
                    "This chunk breaks off after {of_words} {unit}, and since it was begun {}. Writing begins it \
                     anew, with this text in history.",
                    stale_reason::sentence(&reasons)
                ),
            ),
            ChunkStatus::Complete if !reasons.is_empty() => (
                Severity::Information,
                STALE,
                format!(
                    "This chunk is stale: {}. Rewrite it, or keep it as it is.",
                    stale_reason::sentence(&reasons)
                ),
            ),
            ChunkStatus::Complete | ChunkStatus::Missing => continue,
        };
        let related = reasons.iter().filter_map(|reason| {
            let in_brief = reason.slice().and_then(|slice| {
                let span = place_of_slice(&story.brief, index, slice)?;
                Some(Place { text: 0, span })
            });
            let other = reason.chunk();
            let other = other.and_then(|number| chunk_of(chunks, number));
            let place = in_brief.or_else(|| other.map(|other| other.head(texts)));
            Some((place?, "this changed"))
        });
        found.push(Finding {
            place,
            severity,
            code,
            message,
            related: related.collect(),
            correction: None,
        });
    }
    found
}

fn failed_message(chunk: &Chunk<'_>) -> String {
    let record = chunk.view.record.as_ref();
    let reason = record.and_then(|record| record.failure.as_deref());
    match reason {
        Some(reason) => format!("Writing this chunk failed: {reason}"),
        None => "Writing this chunk failed. Writing it again goes on from here.".to_owned(),
    }
}

/// Returns the place in the brief of a slice of the beat at an index, for slices that have one place.
fn place_of_slice(brief: &Brief, index: usize, slice: &Slice) -> Option<Span> {
    let heading = |kind: SectionKind| Some(brief.section(kind)?.heading_span.clone());
    let beat = |index: Option<usize>| Some(brief.beats.get(index?)?.heading_span.clone());
    let key = |name: &str| {
        let entries = brief.front_matter.as_ref()?.entries.iter();
        let mut named = entries.filter(|entry| entry.key.eq_ignore_ascii_case(name));
        Some(named.next()?.key_span.clone())
    };
    match slice {
        Slice::Language => key("language"),
        Slice::PointOfView => key("pov"),
        Slice::Tense => key("tense"),
        Slice::Protagonist => key("protagonist"),
        Slice::Premise => heading(SectionKind::Premise),
        Slice::Setting => heading(SectionKind::Setting),
        Slice::Style => heading(SectionKind::Style),
        Slice::Rules => heading(SectionKind::Rules),
        Slice::Rule(number) => {
            let mut rules = brief.rules.iter();
            let rule = rules.find(|rule| rule.number == *number);
            rule.map(|rule| rule.span.clone())
        }
        Slice::Cast(name) => {
            let mut cast = brief.cast.iter();
            let entry = cast.find(|entry| &entry.name == name);
            entry.map(|entry| entry.name_span.clone())
        }
        Slice::Background(title) => {
            let mut sections = brief.sections.iter();
            let of_title = |section: &&Section| {
                section.kind == SectionKind::Background && &section.title == title
            };
            let section = sections.find(of_title);
            section.map(|section| section.heading_span.clone())
        }
        Slice::Beat => beat(Some(index)),
        Slice::NextBeat | Slice::Precedes(_) => beat(index.checked_add(1)),
        Slice::PreviousBeat | Slice::Follows(_) => beat(index.checked_sub(1)),
        Slice::Preceding
        | Slice::Summary(_)
        | Slice::State(_)
        | Slice::Quote(..)
        | Slice::Template
        | Slice::Model
        | Slice::Facts => None,
    }
}
