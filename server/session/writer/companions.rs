//! Moves state file and revision of a chunk together with its text when files are brought into order.
//!
//! Whose they are is told by the beat that they name; the name of the file tells it for those that
//! name none, such as one that the author made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::align::{Aligning, Moves};
use super::revising;
use crate::session::disk::EntryKind;
use crate::session::error::StoreError;
use crate::session::intent::Step;
use crate::session::layout;
use crate::session::manifest::record::ChunkRecord;
use crate::story::chunk_file;
use crate::story::state_file;
use crate::story::{BeatId, Digest};

/// A kind of file that accompanies a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    State,
    Revision,
}

/// The place that a file is moved to.
enum Place {
    /// With the chunk file of this name, without its extension.
    Beside(String),
    /// Into history/, with the chunk of a beat that left.
    Away(BeatId),
}

/// The files of a kind by the name of their chunk, and those that have to go.
struct Companions {
    there: BTreeMap<String, String>,
    leave: BTreeMap<String, Place>,
}

impl Kind {
    const ALL: [Kind; 2] = [Kind::State, Kind::Revision];

    fn folder(self) -> &'static str {
        match self {
            Kind::State => "state",
            Kind::Revision => "revisions",
        }
    }

    fn end(self) -> &'static str {
        match self {
            Kind::State => ".json",
            Kind::Revision => ".md",
        }
    }

    /// Returns the end of such a file's name in history/.
    fn end_away(self) -> String {
        format!(".{}{}", self.folder(), self.end())
    }

    fn beat(self, text: &str) -> Option<BeatId> {
        match self {
            Kind::State => state_file::parse(text).ok()?.beat,
            Kind::Revision => chunk_file::parse(text).beat,
        }
    }

    /// Returns the text that it was made of.
    fn of(self, text: &str) -> Option<Digest> {
        match self {
            Kind::State => state_file::parse(text).ok()?.text,
            Kind::Revision => revising::made_of(text),
        }
    }
}

fn stem(name: &str) -> String {
    name.strip_suffix(".md").unwrap_or(name).to_owned()
}

impl Aligning<'_> {
    /// Returns the steps that bring states and revisions to where their chunks go.
    pub(super) fn companions(&self, moves: &Moves) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        for kind in Kind::ALL {
            let Companions { there, leave } = self.leaving(kind, moves)?;
            let folder = self.paths.root.join(kind.folder());
            let mut arrived = BTreeSet::new();
            for (from, place) in &leave {
                let text = &there[from];
                match place {
                    Place::Beside(to) => {
                        let over = there.get(to).map(|text| Digest::of(text));
                        let path = folder.join(format!("{to}{}", kind.end()));
                        let text = self.fitted(kind, text, to);
                        steps.push(self.put(&path, text, over.into_iter().collect()));
                        arrived.insert(to);
                    }
                    Place::Away(beat) => {
                        let name = format!("{}{}", Digest::of(text).short(), kind.end_away());
                        let path = self.away(beat).join(name);
                        steps.push(self.put(&path, text.clone(), Vec::new()));
                    }
                }
            }
            for from in leave.keys().filter(|from| !arrived.contains(from)) {
                steps.push(Step::Remove {
                    file: format!("{}/{from}{}", kind.folder(), kind.end()),
                    over: vec![Digest::of(&there[from])],
                });
            }
        }
        Ok(steps)
    }

    /// Returns the steps that bring back the state and revision of a beat's text of this digest from
    /// history/.
    pub(super) fn companions_back(
        &self,
        index: usize,
        of: &Digest,
        moves: &Moves,
    ) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        let away = self.away(&self.plan[index].beat);
        let to = stem(&self.own_name(index));
        for kind in Kind::ALL {
            let Companions { there, leave } = self.leaving(kind, moves)?;
            let is_taken = there.contains_key(&to) && !leave.contains_key(&to);
            let Some((path, text)) = self.latest_away(kind, &away, of)?.filter(|_| !is_taken)
            else {
                continue;
            };
            let over = there.get(&to).map(|text| Digest::of(text));
            let own = self.paths.root.join(kind.folder());
            let own = own.join(format!("{to}{}", kind.end()));
            let fitted = self.fitted(kind, &text, &to);
            steps.push(self.put(&own, fitted, over.into_iter().collect()));
            steps.push(Step::Remove {
                file: self.inside(&path),
                over: vec![Digest::of(&text)],
            });
        }
        Ok(steps)
    }

    /// Returns the file that was made of a beat's text, of several in history/.
    fn latest_away(
        &self,
        kind: Kind,
        away: &Path,
        of: &Digest,
    ) -> Result<Option<(PathBuf, String)>, StoreError> {
        let mut found = Vec::new();
        for entry in self.disk.list(away)? {
            let path = away.join(&entry.name);
            if entry.kind == EntryKind::File
                && entry.name.ends_with(&kind.end_away())
                && let Some(text) = self.disk.read_text(&path)?
            {
                found.push((path, text));
            }
        }
        let best = found.into_iter();
        Ok(best.max_by_key(|(_, text)| kind.of(text).as_ref() == Some(of)))
    }

    /// Tells where everything of a kind is to be. What would come into the place of one that stays, stays.
    fn leaving(&self, kind: Kind, moves: &Moves) -> Result<Companions, StoreError> {
        let folder = self.paths.root.join(kind.folder());
        let mut there = BTreeMap::new();
        let mut leave = BTreeMap::new();
        for entry in self.disk.list(&folder)? {
            let Some(from) = entry.name.strip_suffix(kind.end()) else {
                continue;
            };
            let is_plain = layout::chunk_number(&format!("{from}.md")).is_some();
            if let Some(text) = self.disk.read_text(&folder.join(&entry.name))? {
                let place = self.place(from, kind.beat(&text), moves);
                leave.extend(place.filter(|_| is_plain).map(|it| (from.to_owned(), it)));
                there.insert(from.to_owned(), text);
            }
        }
        while let Some(blocked) = blocked(&there, &leave) {
            leave.remove(&blocked);
        }
        Ok(Companions { there, leave })
    }

    /// Returns the new place of a file that accompanies the chunk `from`; `None` where it stays.
    fn place(&self, from: &str, beat: Option<BeatId>, moves: &Moves) -> Option<Place> {
        let beat = beat.filter(|beat| self.is_known(beat));
        let candidates = 0..self.recovered.candidates.len();
        let file = || {
            candidates
                .into_iter()
                .find(|at| stem(self.name(*at)) == from)
        };
        let planned = match &beat {
            Some(beat) => self.planned(beat),
            None => {
                let file = file()?;
                let left = self.recovered.matching.removed.iter();
                if let Some((_, beat)) = left.into_iter().find(|(at, _)| *at == file) {
                    return Some(Place::Away(beat.clone()));
                }
                let files = &self.recovered.matching.files;
                Some(files.iter().position(|at| *at == Some(file))?)
            }
        };
        match (planned, beat) {
            (Some(index), _) => {
                let to = match (moves.get(&index), self.recovered.matching.files[index]) {
                    (Some(at), _) => stem(&self.target(index, *at)),
                    (None, Some(at)) => stem(self.name(at)),
                    (None, None) => stem(&self.own_name(index)),
                };
                (to != from).then_some(Place::Beside(to))
            }
            (None, Some(beat)) => Some(Place::Away(beat)),
            (None, None) => None,
        }
    }

    fn is_known(&self, beat: &BeatId) -> bool {
        let manifest = &self.recovered.view.manifest;
        let mut records = manifest.all_records();
        self.planned(beat).is_some() || records.any(|record| &record.beat == beat)
    }

    /// Returns the planned chunk of a beat, by any id that it had.
    fn planned(&self, beat: &BeatId) -> Option<usize> {
        let of_today = self.plan.iter().position(|chunk| &chunk.beat == beat);
        let renamed = || {
            let mut renamed = self.recovered.matching.renamed.iter();
            renamed.find(|(_, old)| *old == beat).map(|(at, _)| *at)
        };
        let had_it = |record: &ChunkRecord| record.formerly.contains(beat);
        let formerly = || {
            self.plan.iter().position(|chunk| {
                let record = self.recovered.view.manifest.record(&chunk.beat);
                record.is_some_and(had_it)
            })
        };
        of_today.or_else(renamed).or_else(formerly)
    }

    fn away(&self, beat: &BeatId) -> PathBuf {
        self.paths.history().join(layout::beat_folder(beat))
    }

    /// Returns a state with the number and beat of the chunk that it goes to.
    fn fitted(&self, kind: Kind, text: &str, to: &str) -> String {
        let is_there = |index: &usize| stem(&self.own_name(*index)) == to;
        match (0..self.plan.len()).find(is_there) {
            Some(index) if kind == Kind::State => {
                let planned = &self.plan[index];
                state_file::moved(text, planned.number, &planned.beat)
            }
            _ => text.to_owned(),
        }
    }
}

/// Returns a file that would come into the place of another that stays, or that another one comes into too.
fn blocked(there: &BTreeMap<String, String>, leave: &BTreeMap<String, Place>) -> Option<String> {
    let mut taken = BTreeSet::new();
    let blocked = leave.iter().find(|(_, place)| match place {
        Place::Beside(to) => {
            let stays = there.contains_key(to) && !leave.contains_key(to);
            stays || !taken.insert(to)
        }
        Place::Away(_) => false,
    });
    blocked.map(|(from, _)| from.clone())
}
