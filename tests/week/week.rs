//! A week that is being played: the folder, the author's mind, and what the author remembers.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;

use crate::brief::Brief;
use crate::desk::{Desk, Draft, Snapshot};
use crate::model::{Inputs, Known, Origin};
use crate::steps::{Script, Step};
use crate::texts::{ChunkText, Words};

/// What is wrong, for whoever reads why a week failed.
pub type Broken = String;

pub struct Week {
    pub desk: Desk,
    pub brief: Brief,
    pub words: Words,
    /// What is on disk now.
    pub look: Snapshot,
    pub drafts: BTreeMap<String, Memory>,
    pub current: Option<String>,
    pub commits: Vec<Commit>,
    /// What the author did and saw, for whoever reads why a week failed.
    pub diary: Vec<String>,
    pub counts: BTreeMap<&'static str, u32>,
    /// Whether every chunk is written from the end of the one before.
    pub is_serial: bool,
}

/// What the author remembers of a draft.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// By beat and text.
    pub known: HashMap<(String, String), Known>,
    /// What was generated last, by beat.
    pub generated: BTreeMap<String, String>,
    /// Texts whose beat left the outline.
    pub away: BTreeMap<String, ChunkText>,
    /// Chunks of which a part is written.
    pub begun: BTreeMap<String, Begun>,
    /// Texts in files without front matter, and their beats.
    pub headless: Vec<(String, String)>,
    /// One of them has not been there yet when a command ran. Nothing but its number tells its beat.
    pub is_unseen: bool,
    /// Manifest and texts are of different moments, and no command has run since that brings them
    /// together by the texts. An edit that comes first leaves a text that nothing knows: what it was
    /// made of is told by its beat alone, which is right for the manifest's moment. No harm comes of
    /// it, since an edited text is rewritten only where it is named.
    pub is_mismatched: bool,
}

#[derive(Debug, Clone)]
pub struct Begun {
    pub prose: String,
    pub inputs: Option<Inputs>,
    /// The author typed in it.
    pub is_mixed: bool,
    /// The manifest, which alone says what it was begun from, was lost or is an earlier one.
    pub is_forgotten: bool,
}

/// A commit, and what was so at that moment.
#[derive(Clone)]
pub struct Commit {
    pub id: String,
    pub brief: Brief,
    pub drafts: BTreeMap<String, Memory>,
    pub current: Option<String>,
    pub look: Snapshot,
}

impl Week {
    pub fn new(seed: u64) -> Week {
        let mut random = Rng::with_seed(seed ^ 0x5eed);
        let state = ["off", "on"][random.usize(..2)];
        let mode = ["chunked", "auto"][random.usize(..2)];
        let chunk_words = [60, 90, 140, 260][random.usize(..4)];
        let seed = random.u32(..1000).to_string();
        let order = ["serial", "serial", "chapters", "all"][random.usize(..4)];
        let settings = [
            "--provider",
            "demo",
            "--state",
            state,
            "--mode",
            mode,
            "--seed",
            &seed,
            "--order",
            order,
            "--parallel",
            "3",
        ];
        let desk = Desk::new(&settings);
        let brief = Brief::new(chunk_words, order != "serial");
        desk.put("story.md", &brief.text());
        Week {
            look: desk.look(),
            desk,
            brief,
            words: Words::default(),
            drafts: BTreeMap::new(),
            current: None,
            commits: Vec::new(),
            diary: vec![format!(
                "settings {}, {chunk_words} words a chunk",
                settings.join(" ")
            )],
            counts: BTreeMap::new(),
            is_serial: order == "serial",
        }
    }

    /// Plays a week to its end.
    pub fn play(script: &Script) -> Result<Week, (Broken, Vec<String>)> {
        let mut week = Week::new(script.seed);
        for (number, step) in script.steps.iter().enumerate() {
            week.diary.push(format!("{number}: {step}"));
            if let Err(broken) = week.step(*step) {
                let broken = format!("at step {number} ({step}): {broken}");
                return Err((broken, week.give_up()));
            }
        }
        week.diary.push("the end".to_owned());
        match week.settle() {
            Ok(()) => Ok(week),
            Err(broken) => Err((format!("at the end: {broken}"), week.give_up())),
        }
    }

    /// The diary of a week that failed. Its folder stays where somebody wants to look at it.
    fn give_up(mut self) -> Vec<String> {
        if std::env::var_os("STORYWRIGHT_WEEK_DIARIES").is_some() {
            self.diary
                .push(format!("in {}", self.desk.stay().display()));
        }
        self.diary
    }

    fn step(&mut self, step: Step) -> Result<(), Broken> {
        let played = self.author(step) || self.accident(step) || self.command_of(step)?;
        if played {
            *self.counts.entry(step.deed.word()).or_default() += 1;
            self.see();
            self.agree()?;
        }
        Ok(())
    }

    pub fn note(&mut self, what: impl Into<String>) {
        self.diary.push(format!("    {}", what.into()));
    }

    /// Looks at the disk again.
    pub fn see(&mut self) {
        self.look = self.desk.look();
        for (id, draft) in &mut self.look.drafts {
            let Some(memory) = self.drafts.get(id) else {
                continue;
            };
            for chunk in draft
                .chunks
                .iter_mut()
                .filter(|chunk| chunk.head.is_empty())
            {
                let key = chunk.key();
                let known = memory.headless.iter().find(|(text, _)| *text == key);
                chunk.beat = known.map(|(_, beat)| beat.clone());
            }
        }
    }

    /// The files of the current draft.
    pub fn draft(&self) -> Option<&Draft> {
        self.look.drafts.get(self.current.as_ref()?)
    }

    pub fn memory(&mut self) -> &mut Memory {
        let id = self.current.clone().unwrap_or_default();
        self.drafts.entry(id).or_default()
    }

    /// The text of the chunk at a place of the outline, if there is any.
    pub fn chunk(&self, place: usize) -> Option<&ChunkText> {
        let beat = self.brief.beats.get(place)?;
        self.draft()?
            .chunk(&beat.id, place + 1)
            .filter(|chunk| !chunk.is_empty())
    }

    /// One of the chunks that there are.
    pub fn pick(
        &self,
        at: u16,
        is_wanted: impl Fn(&ChunkText) -> bool,
    ) -> Option<(usize, ChunkText)> {
        let places = 0..self.brief.beats.len();
        let there: Vec<(usize, &ChunkText)> = places
            .filter_map(|place| Some((place, self.chunk(place).filter(|chunk| is_wanted(chunk))?)))
            .collect();
        let (place, chunk) = there.get(usize::from(at) % there.len().max(1))?;
        Some((*place, (*chunk).clone()))
    }

    pub fn known(&self, beat: &str, chunk: &ChunkText) -> Option<&Known> {
        let memory = self.drafts.get(self.current.as_ref()?)?;
        memory.known.get(&(beat.to_owned(), chunk.key()))
    }

    pub fn inputs_now(&self, place: usize) -> Option<Inputs> {
        Some(Inputs::now(
            &self.brief,
            self.draft()?,
            place,
            self.is_serial,
        ))
    }

    /// Notes that the author has changed the text of a chunk.
    pub fn edited(&mut self, place: usize, old: &ChunkText, prose: &str) {
        let beat = self.brief.beats[place].id.clone();
        let base = self.known(&beat, old).cloned();
        let (is_complete, headless) = (old.is_complete, old.head.is_empty());
        let key = crate::texts::key(prose);
        let old_key = old.key();
        // An edit that was typed over is known to nobody: who cuts his way back to its words has made
        // them of what is there.
        let is_kept = self
            .draft()
            .is_some_and(|draft| draft.all().any(|it| it.key() == key));
        let memory = self.memory();
        let base = base.map(|base| Known {
            inputs: match memory.is_mismatched {
                true => Vec::new(),
                false => base.inputs,
            },
            ..base
        });
        if headless {
            memory.headless.push((key.clone(), beat.clone()));
        }
        if key == old_key {
            return;
        }
        if !is_complete {
            let begun = memory.begun.entry(beat).or_insert(Begun {
                prose: String::new(),
                inputs: None,
                is_mixed: true,
                is_forgotten: false,
            });
            begun.is_mixed = true;
            prose.clone_into(&mut begun.prose);
            return;
        }
        let origin = match base.as_ref().map(|base| base.origin) {
            Some(Origin::Written) => Origin::Written,
            Some(_) => Origin::Edited,
            None => Origin::Mixed,
        };
        let inputs = base.map(|base| base.inputs).unwrap_or_default();
        let known = Known { origin, inputs };
        let entry = memory.known.entry((beat, key));
        if is_kept {
            // Words that were there before: what the author kept since may count for them, or what they came of.
            let before = entry.or_insert_with(|| Known {
                inputs: Vec::new(),
                ..known.clone()
            });
            before.inputs.extend(known.inputs);
        } else {
            entry.insert_entry(known);
        }
    }
}
