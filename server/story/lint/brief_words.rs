//! Collects the words of a story's brief.

use std::sync::Arc;

use super::super::{Brief, Language};
use super::fold::{self, Key, KeyMap, KeySet};
use super::pack::Pack;
use super::reading::Reading;

/// Every word of a brief, notes and headings included; kept paragraph by paragraph, so that a change costs reading
/// what changed.
#[derive(Debug, Clone, Default)]
pub struct BriefWords {
    language: Option<Language>,
    /// The words of each text, by a hash of it.
    texts: KeyMap<Arc<[Key]>>,
    known: Arc<KeySet>,
}

impl BriefWords {
    pub fn of(brief: &Brief) -> BriefWords {
        BriefWords::default().changed_to(brief)
    }

    /// Returns the words of a brief that is much like the one of these.
    pub fn changed_to(&self, brief: &Brief) -> BriefWords {
        let pack = Pack::of(&brief.language);
        let is_read = self.language.as_ref() == Some(&brief.language);
        let before = |hash: &Key| self.texts.get(hash).filter(|_| is_read);
        let mut texts = KeyMap::default();
        for_each_text(brief, &mut |text| {
            let hash = fold::hashed(text);
            texts.entry(hash).or_insert_with(|| match before(&hash) {
                Some(words) => Arc::clone(words),
                None => words_of(text, pack),
            });
        });
        let known = match texts.len() == self.texts.len()
            && texts.keys().all(|hash| before(hash).is_some())
        {
            true => Arc::clone(&self.known),
            false => {
                let words = texts.values().flat_map(|words| words.iter().copied());
                Arc::new(words.collect())
            }
        };
        BriefWords {
            language: Some(brief.language.clone()),
            texts,
            known,
        }
    }

    pub(super) fn known(&self) -> Arc<KeySet> {
        Arc::clone(&self.known)
    }
}

fn words_of(text: &str, pack: &Pack) -> Arc<[Key]> {
    let reading = Reading::of(text, pack);
    reading.words.iter().map(|word| word.key).collect()
}

fn for_each_text(brief: &Brief, learn: &mut dyn FnMut(&str)) {
    let mut learn_all = |text: &str| text.split("\n\n").for_each(&mut *learn);
    learn_all(&brief.title);
    for text in [&brief.pov, &brief.protagonist].into_iter().flatten() {
        learn_all(text);
    }
    for section in &brief.sections {
        learn_all(&section.title);
        // Headings inside a section are words like any other.
        learn_all(&section.text.replace('#', " "));
    }
    for entry in &brief.cast {
        learn_all(&entry.name);
        entry.aliases.iter().for_each(|alias| learn_all(alias));
        learn_all(&entry.text);
    }
    for beat in &brief.beats {
        learn_all(&beat.title);
        beat.cast.iter().for_each(|name| learn_all(name));
        for text in [&beat.enter, &beat.exit, &beat.chapter, &beat.chapter_text] {
            learn_all(text.as_deref().unwrap_or(""));
        }
        learn_all(&beat.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_brief_has_the_words_of_its_text_alone() {
        let brief = |beat: &str| {
            Brief::parse(&format!(
                "---\ntitle: Lamp\n---\n# Cast\n## Mara Voss\nA keeper.\n\nFrom Aran.\n# Outline\n## Stair\n{beat}\n"
            ))
        };
        let words = BriefWords::of(&brief("Ilse goes down.\n\nShe waits."));
        let has = |words: &BriefWords, word: &str| words.known.contains(&fold::key(word));
        for word in ["lamp", "mara", "aran", "stair", "ilse", "waits"] {
            assert!(has(&words, word), "{word}");
        }
        let same = words.changed_to(&brief("Ilse goes down.\n\nShe waits."));
        assert!(Arc::ptr_eq(&same.known, &words.known));
        let changed = words.changed_to(&brief("Petra goes down.\n\nShe waits."));
        assert!(has(&changed, "petra") && has(&changed, "waits") && !has(&changed, "ilse"));
        assert_eq!(
            changed.known,
            BriefWords::of(&brief("Petra goes down.\n\nShe waits.")).known
        );
    }
}
