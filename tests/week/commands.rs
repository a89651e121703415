//! The commands of the week, each with what it may change.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::desk::{Ended, Snapshot};
use crate::model::Origin;
use crate::promises::{self, Row};
use crate::steps::{Deed, Step};
use crate::texts;
use crate::week::{Broken, Week};

/// Whose text a command may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    /// Nobody's.
    Nothing,
    /// Those that are not complete.
    Incomplete,
    /// Those of them from one place of the outline up to another, which is not among them.
    Between(usize, usize),
    /// That of one beat, whoever wrote it.
    One(String),
    /// From a place of the outline on, but for the author's.
    From(usize),
    /// Those of these beats and what follows from them, but for the author's.
    Stale(BTreeSet<String>),
}

/// Where the new texts of a command come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Model,
    /// What is known of them already.
    History,
    /// A proposed rewrite.
    Revision,
}

impl Week {
    /// Plays a command; `false` where there is nothing to do it to.
    pub fn command_of(&mut self, step: Step) -> Result<bool, Broken> {
        use Deed::*;
        if self.current.is_none() && !matches!(step.deed, Write | CancelWrite | Settle | NewDraft) {
            return Ok(false);
        }
        match step.deed {
            Write => self.write(&[], Touch::Incomplete).map(|()| true),
            WriteOne => self.write_one(step),
            WriteTo | WriteChapter => self.write_some(step),
            Rewrite | CancelRewrite | RewriteFrom | RewriteStale | CancelWrite => {
                self.rewrite(step)
            }
            Restore => self.restore(step),
            Keep => self.keep(step),
            Refine | Accept | Reject => self.revise(step),
            Check => self.check(),
            Settle => self.settle().map(|()| true),
            NewDraft => self.new_draft(),
            UseDraft => self.use_draft(step),
            Export | Import => self.export_and_import(step),
            Adopt => self.adopt(),
            Conflict => self.conflict(step),
            _ => Ok(false),
        }
    }

    fn write(&mut self, more: &[&str], touch: Touch) -> Result<(), Broken> {
        let arguments = [&["write", "--json"], more].concat();
        let ended = self.job(&arguments, touch, None)?;
        let is_whole = (0..self.brief.beats.len()).all(|place| self.is_complete(place));
        match (ended.code, more.is_empty(), is_whole) {
            (Some(0), true, true) | (Some(0 | 1), false, _) => Ok(()),
            _ => Err(format!(
                "write does not complete the story: {}",
                ended.said()
            )),
        }
    }

    fn is_complete(&self, place: usize) -> bool {
        self.chunk(place).is_some_and(|chunk| chunk.is_complete)
    }

    fn write_one(&mut self, step: Step) -> Result<bool, Broken> {
        let place = usize::from(step.at) % self.brief.beats.len();
        let beat = self.brief.beats[place].id.clone();
        let touch = match self.is_complete(place) {
            true => Touch::Nothing,
            false => Touch::One(beat.clone()),
        };
        let number = (place + 1).to_string();
        let name = if step.how.is_multiple_of(2) {
            &number
        } else {
            &beat
        };
        self.write(&["--chunk", name], touch)?;
        match self.is_complete(place) {
            true => Ok(true),
            false => Err(format!("write --chunk {name} does not complete it")),
        }
    }

    /// Up to a chunk, or a chapter.
    fn write_some(&mut self, step: Step) -> Result<bool, Broken> {
        let parts = self.brief.parts();
        let place = usize::from(step.at) % parts.len();
        let (option, number, from, until) = match step.deed {
            Deed::WriteChapter if !self.brief.has_parts() => return Ok(false),
            Deed::WriteChapter => {
                let begins = |at: usize| at == 0 || parts[at] != parts[at - 1];
                let number = (0..=place).filter(|at| begins(*at)).count();
                let from = (0..=place).rev().find(|at| begins(*at)).unwrap_or(0);
                let end = (place + 1..parts.len()).find(|at| begins(*at));
                ("--chapter", number, from, end.unwrap_or(parts.len()))
            }
            _ => ("--to", place + 1, 0, place + 1),
        };
        let arguments = [option, &number.to_string()];
        self.write(&arguments, Touch::Between(from, until))?;
        match (from..until).all(|place| self.is_complete(place)) {
            true => Ok(true),
            false => Err(format!("write {arguments:?} does not complete it")),
        }
    }

    fn rewrite(&mut self, step: Step) -> Result<bool, Broken> {
        let (command, which, touch) = match step.deed {
            Deed::CancelWrite => ("write", vec![], Touch::Incomplete),
            Deed::RewriteStale => {
                let rows = self.status()?;
                let stale = rows.into_iter().filter(|row| row.is_stale);
                let beats = stale.map(|row| row.beat).collect();
                let mut which = vec!["--stale".to_owned()];
                if step.how.is_multiple_of(2) {
                    which.push("--follow".to_owned());
                }
                ("rewrite", which, Touch::Stale(beats))
            }
            Deed::RewriteFrom => {
                let place = usize::from(step.at) % self.brief.beats.len();
                let which = vec!["--from".to_owned(), (place + 1).to_string()];
                ("rewrite", which, Touch::From(place))
            }
            _ => {
                let Some((place, _)) = self.pick(step.at, |_| true) else {
                    return Ok(false);
                };
                let which = vec!["--chunk".to_owned(), (place + 1).to_string()];
                (
                    "rewrite",
                    which,
                    Touch::One(self.brief.beats[place].id.clone()),
                )
            }
        };
        let cancel = matches!(step.deed, Deed::CancelWrite | Deed::CancelRewrite);
        let mut arguments = vec![command, "--json"];
        arguments.extend(which.iter().map(String::as_str));
        let after = cancel.then_some(usize::from(step.how % 7) + 1);
        let ended = self.job(&arguments, touch.clone(), after)?;
        let is_whole = (0..self.brief.beats.len()).all(|place| self.is_complete(place));
        match ended.code {
            Some(0) => {}
            Some(130) if cancel => return Ok(true),
            Some(1) if !is_whole && command == "rewrite" => {}
            _ => return Err(format!("{command} {which:?}: {}", ended.said())),
        }
        // What its own rewriting makes stale is rewritten too, where that was asked for.
        if which.iter().any(|word| word == "--follow") {
            let left = self.status()?.into_iter().enumerate();
            let left = left.filter(|(place, row)| {
                row.is_stale && row.is_complete && !self.may_be_authors(*place)
            });
            let left: Vec<String> = left.map(|(_, row)| row.told()).collect();
            if !left.is_empty() {
                return Err(format!(
                    "rewrite --stale --follow leaves stale chunks: {left:?}\n{}",
                    ended.said()
                ));
            }
        }
        Ok(true)
    }

    fn may_be_authors(&self, place: usize) -> bool {
        let Some(chunk) = self.chunk(place) else {
            return false;
        };
        let known = self.known(&self.brief.beats[place].id, chunk);
        known.is_none_or(|known| known.origin != Origin::Generated)
    }

    fn restore(&mut self, step: Step) -> Result<bool, Broken> {
        let place = usize::from(step.at) % self.brief.beats.len();
        let beat = self.brief.beats[place].id.clone();
        let versions = |week: &Week| {
            let versions = week
                .draft()
                .into_iter()
                .flat_map(|draft| draft.history.values());
            // A rewrite that waited when its beat left the outline waits there, and is no version.
            let is_version =
                |name: &str| name.starts_with("history/") && !name.ends_with(".revisions.md");
            versions
                .filter(|kept| is_version(&kept.name) && kept.beat.as_deref() == Some(&beat))
                .map(texts::ChunkText::key)
                .collect::<Vec<_>>()
        };
        let kept = versions(self);
        if kept.is_empty() {
            return Ok(false);
        }
        let number = (place + 1).to_string();
        let version = (usize::from(step.how) % kept.len() + 1).to_string();
        let mut arguments = vec!["restore", number.as_str()];
        if step.how.is_multiple_of(3) {
            arguments.extend(["--version", version.as_str()]);
        }
        let was_away = self.chunk(place).is_none();
        let ended = self.shell(&arguments, Touch::One(beat.clone()), Source::History)?;
        let now = self.chunk(place).map(texts::ChunkText::key);
        match ended.code {
            // The text that was put away with its beat is back with it, and is no version any more.
            Some(1) if was_away && now.as_ref().is_some_and(|now| kept.contains(now)) => Ok(true),
            // What was put away on the way there is a version, too.
            Some(0)
                if now.is_some_and(|now| kept.contains(&now) || versions(self).contains(&now)) =>
            {
                Ok(true)
            }
            _ => Err(format!("{arguments:?}: {}", ended.said())),
        }
    }

    fn keep(&mut self, step: Step) -> Result<bool, Broken> {
        let Some((place, _)) = self.pick(step.at, |chunk| chunk.is_complete) else {
            return Ok(false);
        };
        let number = (place + 1).to_string();
        let before = self.status()?.into_iter().nth(place);
        let ended = self.shell(&["keep", &number], Touch::Nothing, Source::History)?;
        if ended.code != Some(0) {
            return Err(format!("keep {number}: {}", ended.said()));
        }
        let was_stale = before.is_none_or(|row| row.is_stale);
        let inputs = self.inputs_now(place);
        let beat = self.brief.beats[place].id.clone();
        if let Some(key) = self.chunk(place).map(texts::ChunkText::key)
            && let Some(known) = self.memory().known.get_mut(&(beat, key))
        {
            // Of one that is not stale there is nothing to keep, unless the text before it came back
            // with this command; of one by hand nothing is known but what was kept.
            if was_stale {
                known.inputs.clear();
            }
            if was_stale || !known.inputs.is_empty() {
                known.inputs.extend(inputs);
            }
        }
        if !was_stale {
            return Ok(true);
        }
        let row = self.status()?.into_iter().nth(place);
        match row.filter(|row| row.is_stale) {
            None => Ok(true),
            Some(row) => Err(format!("keep {number} leaves it stale: {}", row.told())),
        }
    }

    fn revise(&mut self, step: Step) -> Result<bool, Broken> {
        let wanted = |week: &Week, place: usize| {
            // It goes by the chunk's file, which may have another number until the next command.
            let chunk = week.chunk(place).filter(|chunk| chunk.is_complete);
            let name = chunk.map(|chunk| chunk.name.replace("chunks/", "revisions/"));
            let draft = week.draft();
            name.is_some_and(|name| draft.is_some_and(|it| it.history.contains_key(&name)))
        };
        if step.deed == Deed::Refine {
            let Some((place, _)) = self.pick(step.at, |chunk| chunk.is_complete) else {
                return Ok(false);
            };
            let number = (place + 1).to_string();
            let arguments = ["refine", "--chunk", &number];
            let ended = self.shell(&arguments, Touch::Nothing, Source::Revision)?;
            return match ended.code {
                Some(0) => Ok(true),
                _ => Err(format!("{arguments:?}: {}", ended.said())),
            };
        }
        let waiting = (0..self.brief.beats.len()).filter(|place| wanted(self, *place));
        let waiting: Vec<usize> = waiting.collect();
        let Some(place) = waiting.get(usize::from(step.at) % waiting.len().max(1)) else {
            return Ok(false);
        };
        let number = (place + 1).to_string();
        let beat = self.brief.beats[*place].id.clone();
        let ended = match step.deed {
            Deed::Accept => self.shell(&["accept", &number], Touch::One(beat), Source::Revision)?,
            _ => self.shell(&["reject", &number], Touch::Nothing, Source::Revision)?,
        };
        match ended.code {
            Some(0) => Ok(true),
            _ => Err(format!("{} {number}: {}", step.deed.word(), ended.said())),
        }
    }

    /// `write` completes the story, and the same again does nothing.
    pub fn settle(&mut self) -> Result<(), Broken> {
        self.write(&[], Touch::Incomplete)?;
        self.agree()?;
        let before = self.look.clone();
        let ended = self.job(&["write", "--json"], Touch::Nothing, None)?;
        if ended.code != Some(0) {
            return Err(format!("a second write: {}", ended.said()));
        }
        promises::same(&before, &self.look, "a second write")
    }

    fn check(&mut self) -> Result<bool, Broken> {
        let rows = self.status()?;
        let ended = self.desk.run(&["check", "--json"]);
        let findings: Vec<Value> = serde_json::from_str(&ended.stdout)
            .map_err(|error| format!("check --json: {error}: {}", ended.said()))?;
        let with = |code: &str| -> BTreeSet<String> {
            let found = findings.iter().filter(|finding| finding["code"] == code);
            let files = found.filter_map(|finding| finding["file"].as_str());
            files
                .map(|file| file.rsplit('/').next().unwrap_or_default().to_owned())
                .collect()
        };
        let of = |is_it: &dyn Fn(&Row) -> bool| -> BTreeSet<String> {
            let rows = rows.iter().filter(|row| is_it(row));
            rows.map(|row| row.file.rsplit('/').next().unwrap_or_default().to_owned())
                .collect()
        };
        let stale = (with("stale-chunk"), of(&|row| row.is_stale));
        let partial = (with("partial-chunk"), of(&|row| row.is_partial));
        if ended.code != Some(0) || stale.0 != stale.1 || partial.0 != partial.1 {
            return Err(format!(
                "check and status differ: {stale:?}, {partial:?}: {}",
                ended.said()
            ));
        }
        Ok(true)
    }

    fn new_draft(&mut self) -> Result<bool, Broken> {
        if self.look.drafts.len() > 2 {
            return Ok(false);
        }
        let before = self.look.clone();
        let ended = self.desk.run(&["session", "new", "--json"]);
        self.see();
        let new = self
            .look
            .drafts
            .keys()
            .find(|id| !before.drafts.contains_key(*id))
            .cloned();
        if ended.code != Some(0) || new.is_none() {
            return Err(format!("session new: {}", ended.said()));
        }
        self.current = new;
        promises::nothing_lost(&before, &self.look)?;
        Ok(true)
    }

    fn use_draft(&mut self, step: Step) -> Result<bool, Broken> {
        let before = self.look.clone();
        let ids: Vec<&String> = before.drafts.keys().collect();
        let id = ids[usize::from(step.at) % ids.len()].clone();
        let ended = self.desk.run(&["session", "use", &id, "--json"]);
        if ended.code != Some(0) {
            return Err(format!("session use {id}: {}", ended.said()));
        }
        self.see();
        self.current = Some(id);
        promises::same(&before, &self.look, "session use")?;
        Ok(true)
    }

    /// What goes out comes back whole: elsewhere, or in the place of a draft that was lost.
    fn export_and_import(&mut self, step: Step) -> Result<bool, Broken> {
        let Some(id) = self.current.clone().filter(|_| self.draft().is_some()) else {
            return Ok(false);
        };
        let before = self.look.clone();
        let rows = self.status()?;
        let zip = self.desk.beside("out.zip");
        let _ = fs::remove_file(&zip);
        let zip = zip.to_string_lossy().into_owned();
        let ended = self.desk.run(&["export", "--output", &zip]);
        self.see();
        promises::same(&before, &self.look, "export")?;
        if ended.code != Some(0) {
            return Err(format!("export: {}", ended.said()));
        }
        let elsewhere = self.desk.beside("elsewhere");
        let _ = fs::remove_dir_all(&elsewhere);
        let folder = match step.deed {
            Deed::Export => {
                fs::create_dir(&elsewhere).map_err(|error| error.to_string())?;
                elsewhere.to_string_lossy().into_owned()
            }
            _ => {
                let lost = self.desk.path(&format!("generated/{id}"));
                fs::remove_dir_all(lost).map_err(|error| error.to_string())?;
                ".".to_owned()
            }
        };
        let ended = self.desk.run(&["import", &zip, "--folder", &folder]);
        if ended.code != Some(0) {
            return Err(format!("import: {}", ended.said()));
        }
        if step.deed == Deed::Export {
            let (there, mut here) = (Snapshot::of(&elsewhere), before.clone());
            here.drafts.retain(|draft, _| *draft == id);
            promises::same(&here, &there, "an import")?;
            let brief = elsewhere.join("story.md");
            let again = self.status_of(&["status", "--json", &brief.to_string_lossy()])?;
            return match again == rows {
                true => Ok(true),
                false => Err(format!("imported elsewhere: {again:?}\nnot {rows:?}")),
            };
        }
        // A draft with nothing in it may have become the current one meanwhile.
        self.desk.run(&["session", "use", &id]);
        self.see();
        promises::same(&before, &self.look, "an import")?;
        let again = self.status()?;
        match again == rows {
            true => Ok(true),
            false => Err(format!("imported: {again:?}\nnot {rows:?}")),
        }
    }

    /// Runs a job that writes, to its end or until it is interrupted after so many events.
    fn job(
        &mut self,
        arguments: &[&str],
        touch: Touch,
        after: Option<usize>,
    ) -> Result<Ended, Broken> {
        let before = self.look.clone();
        let ended = match after {
            None => self.desk.run(arguments),
            Some(events) => {
                let slowly = ["--demo-words-per-second", "400"];
                self.desk.interrupt(&[arguments, &slowly].concat(), events)
            }
        };
        self.note(format!("{arguments:?}: exit {:?}", ended.code));
        self.after(&before, &touch, Source::Model, &ended)?;
        Ok(ended)
    }

    /// Runs a command that opens the draft and asks no model for a chunk.
    fn shell(&mut self, arguments: &[&str], touch: Touch, source: Source) -> Result<Ended, Broken> {
        let before = self.look.clone();
        let ended = self.desk.run(arguments);
        self.note(format!("{arguments:?}: exit {:?}", ended.code));
        self.after(&before, &touch, source, &ended)?;
        Ok(ended)
    }
}
