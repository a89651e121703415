//! Finds which scene of a source is which that was imported before. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::Remembered;

/// A scene of the source as it is now.
pub(super) struct Now<'a> {
    pub key: Option<&'a str>,
    pub chapter: Option<&'a str>,
    pub title: Option<&'a str>,
    pub sha256: &'a str,
    pub text: &'a str,
}

/// The share of words that two texts have in common from which one is the other, changed; in per cent.
const SAME_WORDS: usize = 30;

/// Returns for each scene the index of what it was, or `None` for a new one. `old_texts` are the texts as far as they
/// are known.
pub(super) fn matched(
    old: &[Remembered],
    old_texts: &[Option<&str>],
    new: &[Now<'_>],
) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; new.len()];
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    by(
        &mut found,
        &mut taken,
        old,
        new,
        |old| Some(old.sha256.0.to_string()),
        |new| Some(new.sha256.to_owned()),
    );
    by(
        &mut found,
        &mut taken,
        old,
        new,
        |old| old.key.clone(),
        |new| new.key.map(str::to_owned),
    );
    by(
        &mut found,
        &mut taken,
        old,
        new,
        |old| {
            Some(format!(
                "{}\0{}",
                old.chapter.as_deref()?,
                old.title.as_deref().unwrap_or_default()
            ))
        },
        |new| {
            Some(format!(
                "{}\0{}",
                new.chapter?,
                new.title.unwrap_or_default()
            ))
        },
    );
    by_words(&mut found, &mut taken, old_texts, new);
    found
}

/// Matches what one thing tells alone among those that are left.
fn by(
    found: &mut [Option<usize>],
    taken: &mut BTreeSet<usize>,
    old: &[Remembered],
    new: &[Now<'_>],
    of_old: impl Fn(&Remembered) -> Option<String>,
    of_new: impl Fn(&Now<'_>) -> Option<String>,
) {
    let mut by_old: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, old) in old.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
        if let Some(tells) = of_old(old) {
            by_old.entry(tells).or_default().push(at);
        }
    }
    let mut by_new: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, new) in new
        .iter()
        .enumerate()
        .filter(|(at, _)| found[*at].is_none())
    {
        if let Some(tells) = of_new(new) {
            by_new.entry(tells).or_default().push(at);
        }
    }
    for (tells, places) in by_new {
        let Some(olds) = by_old.get(&tells) else {
            continue;
        };
        // Of several that are told alike, as many as there were, in order.
        if olds.len() == places.len() {
            for (place, old) in places.iter().zip(olds) {
                found[*place] = Some(*old);
                taken.insert(*old);
            }
        }
    }
}

/// Matches those that are left by the words that they share, between what is matched before and behind them.
fn by_words(
    found: &mut [Option<usize>],
    taken: &mut BTreeSet<usize>,
    old_texts: &[Option<&str>],
    new: &[Now<'_>],
) {
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| word.len() > 3)
            .map(str::to_lowercase)
            .collect()
    };
    let left: Vec<usize> = (0..old_texts.len())
        .filter(|at| !taken.contains(at))
        .collect();
    let mut old: Vec<(usize, BTreeSet<String>)> = left
        .into_iter()
        .filter_map(|at| Some((at, words(old_texts.get(at).copied().flatten()?))))
        .collect();
    for at in 0..new.len() {
        if found[at].is_some() {
            continue;
        }
        let own = words(new[at].text);
        let share = |other: &BTreeSet<String>| {
            let common = own.intersection(other).count();
            common * 100 / own.len().max(other.len()).max(1)
        };
        let best = old
            .iter()
            .enumerate()
            .max_by_key(|(_, (_, other))| share(other));
        if let Some((place, (index, other))) = best
            && share(other) >= SAME_WORDS
        {
            found[at] = Some(*index);
            taken.insert(*index);
            old.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{BeatId, Digest};

    fn old(beat: &str, title: Option<&str>, text: &str) -> Remembered {
        Remembered {
            beat: BeatId(beat.to_owned()),
            key: None,
            chapter: title.map(|_| "Chapter".to_owned()),
            title: title.map(str::to_owned),
            sha256: Digest::of(text),
        }
    }

    #[test]
    fn scenes_are_known_by_text_title_and_words() {
        let texts = [
            "The lamp burned over the harbour all night.",
            "Ilse climbed the narrow stair and counted every step.",
            "The storm came from the west with hail.",
        ];
        let olds = [
            old("a", Some("One"), texts[0]),
            old("b", None, texts[1]),
            old("c", Some("Three"), texts[2]),
        ];
        let changed = "Ilse climbed the narrow stair and counted every second step.";
        let now = [
            ("Three", "Another text that has nothing of it."),
            ("New", "Nobody expected a letter from the north."),
            ("", changed),
            ("Moved", texts[0]),
        ];
        let digests: Vec<Digest> = now.iter().map(|(_, text)| Digest::of(text)).collect();
        let new: Vec<Now<'_>> = now
            .iter()
            .zip(&digests)
            .map(|((title, text), digest)| Now {
                key: None,
                chapter: Some("Chapter"),
                title: Some(title).filter(|it| !it.is_empty()).copied(),
                sha256: &digest.0,
                text,
            })
            .collect();
        let known: Vec<Option<&str>> = texts.iter().map(|text| Some(*text)).collect();
        assert_eq!(
            matched(&olds, &known, &new),
            [Some(2), None, Some(1), Some(0)]
        );
    }
}
