//! What to write after what is written already.

use std::sync::Arc;

use super::chance::{Share, seed_of};
use super::completion::{Completion, remainder};
use super::compose::{Composer, Plan};
use super::lines;
use super::pack::Pack;
use super::plain;
use super::scene::Scene;
use super::stage::Stage;
use super::voice::Voice;
use crate::story::{Language, words};

/// Returns the completion of a scene: all of it, or what is missing behind `so_far`.
pub fn complete(scene: &Scene) -> Completion {
    let language = Language::parse(&scene.language).unwrap_or_default();
    let Some(pack) = Pack::of(&language.primary()) else {
        return plain::complete(scene, &language);
    };
    let stage = Stage::of(scene, pack);
    let writer = Writer {
        scene,
        pack,
        stage: &stage,
        language: &language,
    };
    let text = match remainder(&writer.whole(), &scene.so_far) {
        Some(text) => text,
        None => writer.go_on(),
    };
    Completion::whole(text)
}

/// Returns all chunks of a story, each below its line.
pub fn story(parts: &[(String, Arc<Scene>)]) -> Completion {
    let mut story = Completion::whole(String::new());
    for (line, scene) in parts {
        let part = complete(scene);
        story.notice = story.notice.or(part.notice);
        story.text.push_str(&format!("{line}\n\n{}\n\n", part.text));
    }
    story
}

/// As many paragraphs back the writer looks for the place where it went on before. Each is
/// tried by writing from it.
const BORDERS: usize = 64;
/// Bytes that tell whether a place is the one.
const GLIMPSE: usize = 120;

struct Writer<'a> {
    scene: &'a Scene,
    pack: &'a Pack,
    stage: &'a Stage,
    language: &'a Language,
}

impl Writer<'_> {
    fn share(&self) -> Share {
        let scene = self.scene;
        Share {
            seed: seed_of([scene.title.as_str(), &scene.seed.to_string()]),
            chunk: scene.chunk.saturating_sub(1),
            chunks: scene.chunks.max(scene.chunk).max(1),
        }
    }

    /// Tells chunks with different briefs apart.
    fn salt(&self, so_far: &str) -> u64 {
        let scene = self.scene;
        seed_of([
            scene.chunk.to_string().as_str(),
            &scene.beat_title,
            &scene.beat_text,
            scene.enter.as_deref().unwrap_or_default(),
            scene.exit.as_deref().unwrap_or_default(),
            so_far,
        ])
    }

    /// Returns the chunk from its beginning; does not depend on what is written.
    fn whole(&self) -> String {
        let plan = Plan {
            enter: self.stage.enter.clone(),
            events: self.stage.events.clone(),
            exit: self.stage.exit.clone(),
            length: self.scene.target_words,
            enough: usize::MAX,
        };
        Composer::new(
            self.pack,
            self.stage,
            self.language,
            self.share(),
            self.salt(""),
        )
        .write(&plan)
    }

    /// Returns fresh text after a text of another writer; or the rest of it, if it was begun before.
    fn go_on(&self) -> String {
        let so_far = &self.scene.so_far;
        // The first that fits: a later one may look the same for a line or two.
        let borders = self.borders(so_far);
        let begun = borders.iter().skip(borders.len().saturating_sub(BORDERS));
        let mut rests = begun.filter_map(|border| {
            let (theirs, ours) = so_far.split_at_checked(*border)?;
            let start = self.after(theirs, GLIMPSE);
            if !start.starts_with(ours) && !ours.starts_with(start.trim_end()) {
                return None;
            }
            remainder(&self.after(theirs, usize::MAX), ours)
        });
        let rest = rests.next();
        rest.unwrap_or_else(|| self.after(so_far, usize::MAX))
    }

    /// Finds where a foreign text may have ended and ours begun: ends of paragraphs, and the words that close
    /// a broken sentence.
    fn borders(&self, so_far: &str) -> Vec<usize> {
        let mut borders: Vec<usize> = so_far.match_indices("\n\n").map(|(at, _)| at).collect();
        let list = self.pack.list("broken_off");
        let list = list.and_then(|list| self.pack.lists.get(list));
        for template in list.map_or(&[][..], |list| &list.items) {
            let text = template.plain();
            borders.extend(so_far.match_indices(&text).map(|(at, _)| at));
        }
        borders.sort_unstable();
        borders
    }

    /// Returns fresh text after `theirs`, at least its first `enough` bytes.
    fn after(&self, theirs: &str, enough: usize) -> String {
        let salt = self.salt(theirs);
        let bridge = self.bridge(theirs, salt);
        let written = words::count(theirs, self.language) + words::count(&bridge, self.language);
        let missing = self.scene.target_words.saturating_sub(written);
        if missing <= self.scene.target_words / 50 {
            return bridge.trim_end().to_owned();
        }
        // Another deal than the whole text has, so that it does not run through the same phrases.
        let share = Share {
            seed: self.share().seed ^ salt,
            ..self.share()
        };
        let mut composer = Composer::new(self.pack, self.stage, self.language, share, salt);
        composer.avoid(theirs);
        let plan = Plan {
            enter: Vec::new(),
            events: self.untold(theirs, written),
            exit: self.stage.exit.clone(),
            length: missing,
            enough,
        };
        format!("{bridge}{}", composer.write(&plan))
    }

    /// Returns the text that leads from the end of a foreign text to the beginning of a paragraph.
    fn bridge(&self, so_far: &str, salt: u64) -> String {
        if so_far.trim().is_empty() {
            return String::new();
        }
        let ends = so_far.len() - so_far.trim_end().len();
        let space = so_far.get(so_far.len() - ends..).unwrap_or_default();
        let breaks = space.matches('\n').count();
        if lines::ends_sentence(so_far) {
            return "\n".repeat(2_usize.saturating_sub(breaks));
        }
        let share = Share {
            seed: salt,
            ..self.share()
        };
        let mut voice = Voice::new(self.pack, self.stage, share);
        let list = self.pack.list("broken_off");
        let broken = list.and_then(|list| voice.raw(list)).unwrap_or_default();
        let broken = match space {
            "" => broken.as_str(),
            _ => broken.trim_start(),
        };
        format!("{broken}\n\n")
    }

    /// Returns the events that `so_far` does not tell: those after the last that it has word for word, else
    /// those that its length leaves.
    fn untold(&self, so_far: &str, written: u32) -> Vec<String> {
        let events = &self.stage.events;
        let last = events
            .iter()
            .rposition(|event| so_far.contains(event.as_str()));
        let told = last.map_or_else(
            || events.len() * written as usize / self.scene.target_words.max(1) as usize,
            |last| last + 1,
        );
        events.get(told..).unwrap_or_default().to_vec()
    }
}
