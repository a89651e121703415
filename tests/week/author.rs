//! What the author does in an editor or a file manager, and what befalls the files.

use std::fs;

use serde_json::Value;

use crate::brief::Beat;
use crate::desk::chunk_name;
use crate::model::{Known, Origin};
use crate::steps::{Deed, Step};
use crate::texts::{ChunkText, bare, key, paragraphs as paragraphs_of};
use crate::week::{Commit, Week};

/// Never named in a story but by the author's own brief.
const STRANGERS: [&str; 4] = [
    "Quillon Abbeck",
    "Zerline Oxmoor",
    "Barnaby Utz",
    "Wilhelmina Crake",
];

impl Week {
    /// Plays a step of the author's; `false` where there is nothing to do it to.
    pub fn author(&mut self, step: Step) -> bool {
        self.in_a_chunk(step).unwrap_or(false) || self.in_the_brief(step)
    }

    fn in_a_chunk(&mut self, step: Step) -> Option<bool> {
        use Deed::*;
        let Step { deed, at, how } = step;
        match deed {
            Type | Overtype | Cut | Comment | Note | Uncomment => {
                let (place, chunk) = self.pick(at, |_| true)?;
                if self.tells_its_beat_by_its_text_alone(place, &chunk) {
                    return Some(false);
                }
                let prose = self.retyped(deed, how, &chunk.prose)?;
                self.save(place, &chunk, &prose);
            }
            Undo => {
                let (place, chunk) = self.pick(at, |chunk| chunk.is_complete)?;
                if self.tells_its_beat_by_its_text_alone(place, &chunk) {
                    return Some(false);
                }
                let beat = self.brief.beats[place].id.clone();
                let prose = self.memory().generated.get(&beat)?.clone();
                let is_other = prose != chunk.prose;
                self.save(place, &chunk, &prose);
                // What the manifest says may be about the text that he undid, which is nowhere now.
                self.memory().is_mismatched |= is_other;
            }
            Empty => {
                let (place, chunk) = self.pick(at, |_| true)?;
                if self.tells_its_beat_by_its_text_alone(place, &chunk) {
                    return Some(false);
                }
                let id = self.current.clone()?;
                fs::remove_file(self.desk.path(&format!("generated/{id}/{}", chunk.name))).ok()?;
                let beat = self.brief.beats[place].id.clone();
                self.memory().begun.remove(&beat);
            }
            ByHand => return self.by_hand(at, how),
            _ => return Some(false),
        }
        Some(true)
    }

    /// A prose as the author leaves it.
    fn retyped(&mut self, deed: Deed, how: u16, prose: &str) -> Option<String> {
        let mut paragraphs = paragraphs_of(prose);
        let place = usize::from(how) % (paragraphs.len() + 1);
        let there = place.min(paragraphs.len().checked_sub(1)?);
        match deed {
            Deed::Type => {
                let sentences: Vec<String> = (0..=how % 3)
                    .map(|nth| self.words.sentence(how + nth))
                    .collect();
                paragraphs.insert(place, sentences.join(" "));
            }
            Deed::Overtype => paragraphs[there] = self.words.sentence(how),
            Deed::Cut if paragraphs.len() > 2 => drop(paragraphs.remove(there)),
            Deed::Comment => {
                let word = self.words.next();
                match how % 3 {
                    0 => paragraphs.insert(place, format!("<!-- {word}: is this so? -->")),
                    1 => paragraphs.insert(place, format!("<!--\n{word}\n\nand more of it\n-->")),
                    _ => paragraphs[there].push_str(&format!(" <!-- {word} -->")),
                }
            }
            Deed::Note => {
                let word = self.words.next();
                paragraphs.insert(place, format!("<!-- sw: colder, and less {word} -->"));
            }
            Deed::Uncomment if prose.contains("<!--") => {
                return Some(paragraphs_of(&bare(prose)).join("\n\n"));
            }
            _ => return None,
        }
        Some(paragraphs.join("\n\n"))
    }

    fn save(&mut self, place: usize, chunk: &ChunkText, prose: &str) {
        let id = self.current.clone().unwrap_or_default();
        self.desk.put(
            &format!("generated/{id}/{}", chunk.name),
            &chunk.with(prose),
        );
        self.edited(place, chunk, prose);
        self.note(format!(
            "in {} ({})",
            chunk.name, self.brief.beats[place].id
        ));
    }

    /// The author writes a chunk, without any front matter.
    fn by_hand(&mut self, at: u16, how: u16) -> Option<bool> {
        let id = self.current.clone()?;
        let names: Vec<String> = self
            .draft()?
            .chunks
            .iter()
            .map(|it| it.name.clone())
            .collect();
        let places = 0..self.brief.beats.len();
        let free: Vec<usize> = places
            .filter(|place| self.chunk(*place).is_none())
            .filter(|place| !names.contains(&chunk_name(place + 1)))
            .filter(|place| !self.is_anothers(&chunk_name(place + 1), *place))
            .filter(|place| {
                let memory = self.drafts.get(&id);
                memory.is_none_or(|it| !it.away.contains_key(&self.brief.beats[*place].id))
            })
            .collect();
        let place = *free.get(usize::from(at) % free.len().max(1))?;
        let prose = format!(
            "{}\n\n{}",
            self.words.sentence(how),
            self.words.sentence(how + 1)
        );
        self.desk.put(
            &format!("generated/{id}/{}", chunk_name(place + 1)),
            &format!("{prose}\n"),
        );
        let beat = self.brief.beats[place].id.clone();
        let memory = self.memory();
        memory.headless.push((key(&prose), beat.clone()));
        memory.is_unseen = true;
        let known = Known {
            origin: Origin::Written,
            inputs: Vec::new(),
        };
        memory.known.insert((beat, key(&prose)), known);
        Some(true)
    }

    /// Whether an edit would leave nothing that tells the beat of a chunk: it names none, its number or
    /// its name is another beat's, and no command has run since that would have given it its own.
    fn tells_its_beat_by_its_text_alone(&self, place: usize, chunk: &ChunkText) -> bool {
        let is_elsewhere = !chunk.name.ends_with(&chunk_name(place + 1));
        chunk.head.is_empty() && (is_elsewhere || self.is_anothers(&chunk.name, place))
    }

    /// Whether the manifest gives the name of a chunk file to another beat than the one at `place`, as
    /// after a change of the outline that no command has seen. A text there that nobody knows, and that
    /// names no beat, is that beat's: its author may have taken the front matter away.
    fn is_anothers(&self, name: &str, place: usize) -> bool {
        let manifest = self
            .draft()
            .and_then(|draft| draft.others.get("manifest.json"))
            .and_then(|text| serde_json::from_str::<Value>(text).ok());
        let records = manifest.as_ref().and_then(|it| it["chunks"].as_array());
        records.into_iter().flatten().any(|record| {
            record["file"] == name && record["beat"] != self.brief.beats[place].id.as_str()
        })
    }

    /// Whether a beat may get another number. An author who has just written the third chunk without
    /// naming its beat has no command run before that.
    fn may_renumber(&self) -> bool {
        self.drafts.values().all(|memory| !memory.is_unseen)
    }

    fn in_the_brief(&mut self, step: Step) -> bool {
        let renumbers = [Deed::Insert, Deed::Move, Deed::Remove, Deed::Return];
        if renumbers.contains(&step.deed) && !self.may_renumber() {
            return false;
        }
        let before = self.brief.clone();
        self.rethink(step);
        let text = self.brief.text();
        // What has no effect is still a change of the file.
        let changed = before != self.brief || step.deed == Deed::NoEffect;
        if changed {
            let text = match step.deed == Deed::NoEffect && step.how.is_multiple_of(2) {
                true => text.replace("# Outline\n", "# Outline\n<!-- look at this again -->\n\n"),
                false => text,
            };
            self.desk.put("story.md", &text);
        }
        changed
    }

    fn rethink(&mut self, step: Step) {
        use Deed::*;
        let Step { deed, at, how } = step;
        let word = match deed {
            Rule | AddRule | Setting | Style | CastOf | CastNew | Body | Retitle | Insert
            | BeatNote | Part => self.words.next(),
            _ => String::new(),
        };
        let brief = &mut self.brief;
        let (at, count) = (usize::from(at), brief.beats.len());
        match deed {
            Rule => {
                let last = u32::try_from(brief.rules.len()).unwrap_or(1);
                brief.rules.insert(
                    u32::from(step.at) % last + 1,
                    format!("The {word} may not be moved."),
                );
            }
            AddRule if brief.rules.len() < 5 => {
                let next = u32::try_from(brief.rules.len()).unwrap_or(0) + 1;
                brief
                    .rules
                    .insert(next, format!("Nobody speaks of the {word}."));
            }
            DropRule if brief.rules.len() > 1 => drop(brief.rules.pop_last()),
            Setting => {
                brief.setting = format!("Skerrow, a rock with a lighthouse, one boat and a {word}.")
            }
            Style => brief.style = format!("Plain sentences, and no {word}."),
            CastOf => {
                let at = at % brief.cast.len();
                brief.cast[at].1 = format!("Never without a {word}.");
            }
            CastNew => {
                let known = brief.cast.len().saturating_sub(3);
                if let Some(name) = STRANGERS.get(known) {
                    brief
                        .cast
                        .push(((*name).to_owned(), format!("Owes everybody a {word}.")));
                }
            }
            Body => brief.beats[at % count].body = happening(&brief.cast, how, &word),
            Retitle => brief.beats[at % count].title = titled(&word),
            Insert if count < 9 => {
                let beat = Beat {
                    id: word.clone(),
                    title: titled(&word),
                    body: happening(&brief.cast, how, &word),
                    comments: Vec::new(),
                    part: None,
                };
                brief.beats.insert(at % (count + 1), beat);
            }
            Move => {
                let beat = brief.beats.remove(at % count);
                brief.beats.insert(usize::from(how) % count, beat);
            }
            Remove if count > 2 => {
                let beat = brief.beats.remove(at % count);
                brief.removed.push(beat);
            }
            Return if !brief.removed.is_empty() && count < 9 => {
                let beat = brief.removed.remove(at % brief.removed.len());
                brief.beats.insert(usize::from(how) % (count + 1), beat);
            }
            BeatNote => {
                let note = [
                    format!("<!-- sw: more {word} -->"),
                    format!("<!-- {word} -->"),
                ];
                let comments = &mut brief.beats[at % count].comments;
                comments.push(note[usize::from(how) % 2].clone());
            }
            NoEffect => brief.notes.push_str(" And nobody reads this either."),
            Title => {
                let titles = ["The Lamp", "The Lamp Keeper", "Skerrow"];
                brief.title = titles[at % titles.len()].to_owned();
            }
            Part => {
                let beat = &mut brief.beats[at % count];
                beat.part = match beat.part.is_some() {
                    true => None,
                    false => Some(format!("Part {}", titled(&word))),
                };
            }
            _ => {}
        }
    }

    /// Plays an accident, or something that git does.
    pub fn accident(&mut self, step: Step) -> bool {
        self.befall(step).is_some()
    }

    fn befall(&mut self, step: Step) -> Option<()> {
        let happened = self.happen(step);
        let is_of_manifest = matches!(
            step.deed,
            Deed::LoseManifest | Deed::DamageManifest | Deed::CheckoutManifest
        );
        if happened.is_some() && is_of_manifest {
            let begun = self.memory().begun.values_mut();
            begun.for_each(|begun| begun.is_forgotten = true);
        }
        happened
    }

    fn happen(&mut self, step: Step) -> Option<()> {
        use Deed::*;
        let id = self.current.clone()?;
        let manifest = format!("generated/{id}/manifest.json");
        // Without chunks and manifest a draft is none.
        let has_chunks = self.draft().is_some_and(|draft| !draft.chunks.is_empty());
        match step.deed {
            LoseManifest | DamageManifest if !has_chunks => None,
            LoseManifest => fs::remove_file(self.desk.path(&manifest)).ok(),
            DamageManifest => {
                let text = fs::read_to_string(self.desk.path(&manifest)).ok()?;
                let end = text.len() / 2;
                let half = text.get(..end)?;
                self.desk.put(&manifest, half);
                Some(())
            }
            LoseFullStory => {
                fs::remove_file(self.desk.path(&format!("generated/{id}/full_story.md"))).ok()
            }
            Commit => {
                self.commit();
                Some(())
            }
            CheckoutChunk | CheckoutManifest | CheckoutBrief | CheckoutAll => {
                let at = usize::from(step.at) % self.commits.len().max(1);
                let commit = self.commits.get(at)?.clone();
                self.checkout(step, &id, &commit)
            }
            _ => None,
        }
    }

    fn commit(&mut self) {
        self.desk.git(&["add", "--all"]);
        self.desk
            .git(&["commit", "--quiet", "--allow-empty", "--message", "so far"]);
        self.commits.push(Commit {
            id: self.desk.git(&["rev-parse", "HEAD"]),
            brief: self.brief.clone(),
            drafts: self.drafts.clone(),
            current: self.current.clone(),
            look: self.look.clone(),
        });
    }

    fn checkout(&mut self, step: Step, id: &str, commit: &Commit) -> Option<()> {
        let then = commit.look.drafts.get(id);
        match step.deed {
            // It gave the number to another beat.
            Deed::CheckoutManifest if !self.may_renumber() => return None,
            Deed::CheckoutManifest => {
                then?.others.get("manifest.json")?;
                let path = format!("generated/{id}/manifest.json");
                self.desk.git(&["checkout", &commit.id, "--", &path]);
                let then = commit.drafts.get(id).map(|memory| memory.known.clone());
                let memory = self.memory();
                memory.is_mismatched = true;
                // The manifest tells again what it knew then, be it that the author kept a text.
                for (text, then) in then.unwrap_or_default() {
                    if let Some(known) = memory.known.get_mut(&text) {
                        known.inputs.extend(then.inputs);
                    }
                }
            }
            Deed::CheckoutBrief | Deed::CheckoutAll if !self.may_renumber() => return None,
            Deed::CheckoutBrief => {
                self.desk.git(&["checkout", &commit.id, "--", "story.md"]);
                self.brief = commit.brief.clone();
            }
            Deed::CheckoutChunk => {
                let chunks = &then?.chunks;
                let chunk = chunks
                    .get(usize::from(step.how) % chunks.len().max(1))?
                    .clone();
                let beat = chunk.beat.clone()?;
                let place = self.brief.place(&beat)?;
                let now = self.chunk(place)?;
                // Another number, and the file would be a second text of its beat.
                if now.name != chunk.name || chunk.head.is_empty() || now.head.is_empty() {
                    return None;
                }
                let path = format!("generated/{id}/{}", chunk.name);
                self.desk.git(&["checkout", &commit.id, "--", &path]);
                let begun = commit
                    .drafts
                    .get(id)
                    .and_then(|memory| memory.begun.get(&beat))
                    .cloned();
                // An edit that the author has typed over since is kept by nobody but git: what it was
                // made of is told by its beat alone, as for any text that nothing knows.
                let key = chunk.key();
                let is_kept = self
                    .draft()
                    .is_some_and(|draft| draft.all().any(|it| it.key() == key));
                let memory = self.memory();
                memory.is_mismatched = true;
                if !is_kept && let Some(known) = memory.known.get_mut(&(beat.clone(), key)) {
                    known.inputs.clear();
                }
                match begun.filter(|_| !chunk.is_complete) {
                    Some(begun) => drop(memory.begun.insert(beat, begun)),
                    None if chunk.is_complete => {
                        memory.known.entry((beat, chunk.key())).or_default();
                    }
                    None => {}
                }
            }
            _ => {
                self.commit();
                self.desk.git(&["checkout", "--quiet", &commit.id]);
                self.brief = commit.brief.clone();
                self.drafts = commit.drafts.clone();
                self.current = commit.current.clone();
            }
        }
        self.note(format!("from {}", &commit.id[..7]));
        Some(())
    }
}

fn titled(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!("The {}{}", first.unwrap_or('X'), letters.as_str())
}

/// What happens in a beat.
fn happening(cast: &[(String, String)], how: u16, word: &str) -> String {
    let name = &cast[usize::from(how) % cast.len().min(3)].0;
    match how % 4 {
        0 => format!("{name} hides the {word} under the stairs."),
        1 => format!("{name} tells nobody about the {word}, and waits for the tide."),
        2 => format!("The {word} is gone, and {name} knows who took it."),
        _ => format!("{name} finds a {word} in the boat."),
    }
}
