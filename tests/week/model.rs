//! What the author knows of every text: whose it is, and what it was written from.
//!
//! This is the test's own notion of "edited" and "stale", out of what the author did; the
//! program's answers are held against it.

use std::collections::BTreeMap;

use crate::brief::Brief;
use crate::desk::Draft;
use crate::texts;

/// What is known of one text of one beat.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub origin: Origin,
    /// What it was written from: several where the same words came of several, none where that
    /// was never told, as for a text by hand.
    pub inputs: Vec<Inputs>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    Generated,
    /// Generated, and changed by the author.
    Edited,
    /// The author's from the first word on.
    Written,
    /// Both hands were in it while it was written, so either answer is a good one.
    #[default]
    Mixed,
}

impl Origin {
    /// Whose text must not be replaced unless it is named.
    pub fn is_authors(self) -> bool {
        matches!(self, Origin::Edited | Origin::Written)
    }
}

/// What a chunk is written from, as the author sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    setting: String,
    style: String,
    rules: BTreeMap<u32, String>,
    cast: BTreeMap<String, String>,
    own: (String, String),
    before: Option<(String, String)>,
    after: Option<(String, String)>,
    /// The words of the chunk before; `None` where it is the first, or that is not complete.
    preceding: Option<Vec<String>>,
    /// The same with its paragraphs.
    preceding_paragraphs: Vec<String>,
    /// Whether its prompt surely held that.
    is_serial: bool,
    /// Every complete chunk before that, by beat.
    upstream: Vec<(String, String)>,
    /// Their paragraphs.
    upstream_paragraphs: Vec<Vec<String>>,
}

impl Inputs {
    /// What the chunk at `place` would be written from now.
    pub fn now(brief: &Brief, draft: &Draft, place: usize, is_serial: bool) -> Inputs {
        let beat = |place: usize| {
            let beat = brief.beats.get(place)?;
            Some((beat.title.clone(), beat.body.clone()))
        };
        let complete = |place: usize| {
            let chunk = draft.chunk(&brief.beats[place].id, place + 1)?;
            (chunk.is_complete && !chunk.is_empty()).then_some(chunk)
        };
        let before = place.checked_sub(1);
        let earlier = (0..place.saturating_sub(1)).filter_map(|place| {
            let chunk = complete(place)?;
            let paragraphs = texts::paragraphs(&texts::bare(&chunk.prose));
            Some(((brief.beats[place].id.clone(), chunk.key()), paragraphs))
        });
        let (upstream, upstream_paragraphs) = earlier.unzip();
        Inputs {
            setting: brief.setting.clone(),
            style: brief.style.clone(),
            rules: brief.rules.clone(),
            cast: brief.cast.iter().cloned().collect(),
            own: beat(place).unwrap_or_default(),
            before: before.and_then(beat),
            after: beat(place + 1),
            preceding: before.and_then(complete).map(|it| texts::words(&it.prose)),
            preceding_paragraphs: before
                .and_then(complete)
                .map(|it| texts::paragraphs(&texts::bare(&it.prose)))
                .unwrap_or_default(),
            is_serial,
            upstream,
            upstream_paragraphs,
        }
    }
}

impl Inputs {
    /// Whether a text that was begun from this and is not complete is begun anew for what is so now.
    pub fn is_begun_anew_for(&self, now: &Inputs) -> bool {
        self.setting != now.setting || self.rules != now.rules || self.own.1 != now.own.1
    }
}

/// How stale a chunk has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    Must(String),
    Never,
    /// That depends on what the program knows better, such as what a prompt had room for.
    May,
}

/// So many words before a chunk are surely in its prompt, and so many may be.
const SURELY_REPEATED: usize = 150;
const MOST_REPEATED: usize = 450;

/// Whether a text that was written from one of `then` is stale.
pub fn stale(then: &[Inputs], now: &Inputs, all_texts: &str) -> Stale {
    let mut verdicts = then.iter().map(|then| stale_for(then, now, all_texts));
    let first = verdicts.next().unwrap_or(Stale::May);
    let is_same = |other: Stale| std::mem::discriminant(&other) == std::mem::discriminant(&first);
    if verdicts.all(is_same) {
        first
    } else {
        Stale::May
    }
}

/// `all_texts`: whatever may name somebody of the cast.
fn stale_for(then: &Inputs, now: &Inputs, all_texts: &str) -> Stale {
    let must = [
        (then.setting != now.setting, "the setting changed"),
        (then.style != now.style, "the style changed"),
        (then.rules != now.rules, "the rules changed"),
        (then.own.1 != now.own.1, "its beat changed"),
        (
            named_changed(then, now),
            "somebody whom its beat names changed",
        ),
    ];
    if let Some((_, why)) = must.iter().find(|(is_so, _)| *is_so) {
        return Stale::Must((*why).to_owned());
    }
    let before = match preceding(then, now) {
        // It may have been written from what was planned.
        Stale::Must(_) if !then.is_serial => Stale::May,
        before => before,
    };
    if matches!(before, Stale::Must(_)) {
        return before;
    }
    // A prompt shows where a paragraph ends, which is a change and hardly one.
    let may = before == Stale::May
        || then.preceding_paragraphs != now.preceding_paragraphs
        || then.own.0 != now.own.0
        || then.before != now.before
        || then.after != now.after
        || then.upstream != now.upstream
        || then.upstream_paragraphs != now.upstream_paragraphs
        || cast_may_matter(then, now, all_texts);
    if may { Stale::May } else { Stale::Never }
}

fn preceding(then: &Inputs, now: &Inputs) -> Stale {
    match (&then.preceding, &now.preceding) {
        (Some(then), Some(now)) => {
            let end =
                |words: &[String], most: usize| words[words.len().saturating_sub(most)..].to_vec();
            if end(then, SURELY_REPEATED) != end(now, SURELY_REPEATED) {
                Stale::Must("the text before it changed".to_owned())
            } else if end(then, MOST_REPEATED) != end(now, MOST_REPEATED) {
                Stale::May
            } else {
                Stale::Never
            }
        }
        (None, None) => Stale::Never,
        // It became the first, or is no longer, or what was before it is not whole.
        _ => Stale::May,
    }
}

/// Entries of the cast that differ, and their names.
fn changed_cast<'a>(then: &'a Inputs, now: &'a Inputs) -> impl Iterator<Item = &'a str> {
    let names = then.cast.keys().chain(now.cast.keys());
    names
        .filter(|name| then.cast.get(*name) != now.cast.get(*name))
        .map(String::as_str)
}

fn named_changed(then: &Inputs, now: &Inputs) -> bool {
    // An entry that is new since is in no prompt; one whose text changed is.
    let changed = changed_cast(then, now).filter(|name| then.cast.contains_key(*name));
    changed.into_iter().any(|name| then.own.1.contains(name))
}

fn cast_may_matter(then: &Inputs, now: &Inputs, all_texts: &str) -> bool {
    changed_cast(then, now).any(|name| {
        let mut parts = name.split(' ');
        parts.any(|part| all_texts.contains(part))
    })
}
