//! Composes a chunk: the beat's own events in order, prose of the pack between them, and an
//! end that meets the asked length.

use super::chance::{Chance, Entry, Rotation, Share};
use super::lines;
use super::pack::{Exchange, Pack};
use super::stage::Stage;
use super::voice::Voice;
use crate::story::{Language, words};

/// What has to be told, and how much room there is.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub enter: Vec<String>,
    pub events: Vec<String>,
    pub exit: Vec<String>,
    /// Length to write, in the unit of the language.
    pub length: u32,
    /// Bytes after which the writing may stop, for whoever wants its beginning only.
    pub enough: usize,
}

/// A sentence that has to be told, with its length.
#[derive(Debug, Clone)]
struct Given {
    text: String,
    length: i64,
}

pub struct Composer<'a> {
    pack: &'a Pack,
    stage: &'a Stage,
    language: &'a Language,
    voice: Voice<'a>,
    chance: Chance,
    frames: Rotation,
    text: String,
    paragraph: String,
    /// Room for sentences that nobody asked for, in the unit of the language.
    room: i64,
    /// How far the length may be missed.
    slack: i64,
    /// All the room that there was.
    all: i64,
    has_talk: bool,
    since_talk: u32,
    since_short: u32,
}

impl<'a> Composer<'a> {
    pub fn new(
        pack: &'a Pack,
        stage: &'a Stage,
        language: &'a Language,
        share: Share,
        salt: u64,
    ) -> Self {
        Composer {
            voice: Voice::new(pack, stage, share),
            chance: Chance::new(share.seed ^ salt),
            frames: Rotation::new(share, salt, &vec![Entry::ANY; pack.frames.len()]),
            text: String::new(),
            paragraph: String::new(),
            room: 0,
            slack: 0,
            all: 0,
            has_talk: false,
            since_talk: 1,
            since_short: 0,
            pack,
            stage,
            language,
        }
    }

    /// Keeps sentences of an earlier text from being told again.
    pub fn avoid(&mut self, text: &str) {
        for sentence in lines::sentences(text, &self.pack.layout.stop) {
            for part in sentence.split(['“', '”', '「', '」', '«', '»', '—']) {
                self.voice.remember(part);
            }
            self.voice.remember(&sentence);
        }
    }

    /// Writes the plan, in whole paragraphs.
    pub fn write(mut self, plan: &Plan) -> String {
        let (enter, events, exit) = self.fit_in(plan);
        self.all = self.room;
        let all = self.room as f64;
        self.open(enter);
        let gaps = events.len() as f64 + 1.0;
        for (index, event) in events.into_iter().enumerate() {
            if self.text.len() > plan.enough {
                return self.text;
            }
            let told = (index as f64 + 0.7) / gaps;
            self.fill((all * (1.0 - told)) as i64);
            self.event(event);
        }
        let unit = self.unit();
        self.fill(unit * 2);
        self.close(exit);
        self.text
    }

    fn unit(&self) -> i64 {
        i64::from(self.pack.layout.unit)
    }

    fn count(&self, text: &str) -> i64 {
        i64::from(words::count(text, self.language))
    }

    /// Leaves out what there is no room for: the entry state first, then the last events.
    fn fit_in(&mut self, plan: &Plan) -> (Vec<Given>, Vec<Given>, Vec<Given>) {
        let given = |sentences: &[String]| -> Vec<Given> {
            sentences
                .iter()
                .map(|text| Given {
                    length: self.count(text),
                    text: text.clone(),
                })
                .collect()
        };
        let (mut enter, mut events, mut exit) =
            (given(&plan.enter), given(&plan.events), given(&plan.exit));
        let length = i64::from(plan.length);
        let tolerance = length / 50;
        self.slack = length / 100;
        let least = self.unit() / 2;
        loop {
            let told: i64 = [&enter, &events, &exit]
                .into_iter()
                .flatten()
                .map(|given| given.length)
                .sum();
            self.room = length - told;
            let fits = self.room.abs() <= tolerance || self.room >= least;
            if fits || (enter.pop().is_none() && events.pop().is_none() && exit.pop().is_none()) {
                return (enter, events, exit);
            }
        }
    }

    fn begin(&mut self) {
        self.end();
        self.voice.begin_paragraph();
    }

    fn end(&mut self) {
        if self.paragraph.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(&self.paragraph);
        self.paragraph.clear();
    }

    fn put(&mut self, sentence: &str) {
        if !self.paragraph.is_empty() {
            self.paragraph.push_str(&self.pack.layout.join);
        }
        self.paragraph.push_str(sentence);
        self.voice.remember(sentence);
    }

    fn put_given(&mut self, given: &Given) {
        self.voice.note_mentions(&given.text);
        self.put(&given.text);
    }

    /// Returns a sentence of the named list, if there is room for it.
    fn add(&mut self, list: usize) -> bool {
        let Some(sentence) = self.voice.sentence(list) else {
            return false;
        };
        let length = self.count(&sentence);
        // What is left must be enough for a sentence of its own.
        if self.room - length < self.unit() {
            return false;
        }
        self.room -= length;
        self.put(&sentence);
        true
    }

    fn add_named(&mut self, list: &str) -> bool {
        self.pack.list(list).is_some_and(|list| self.add(list))
    }

    fn open(&mut self, enter: Vec<Given>) {
        self.begin();
        for given in &enter {
            self.put_given(given);
        }
        let place = self.stage.place.clone();
        if let Some(place) = place.filter(|place| !self.voice.knows(place)) {
            let length = self.count(&place);
            if self.room - length > self.unit() * 2 {
                self.room -= length;
                self.put_given(&Given {
                    text: place,
                    length,
                });
            }
        }
        for list in ["place", "sense"] {
            if self.room > self.unit() * 3 {
                self.add_named(list);
            }
        }
        self.end();
    }

    fn event(&mut self, event: Given) {
        self.begin();
        self.put_given(&event);
        let after = 1 + self.chance.below(2);
        for _ in 0..after {
            if self.room > self.unit() * 3 {
                self.add_named("after");
            }
        }
        if self.room > self.unit() * 4 && self.chance.percent(50) {
            self.add_named("thought");
        }
        self.end();
    }

    /// Writes paragraphs until no more than `rest` room is left.
    fn fill(&mut self, rest: i64) {
        let unit = self.unit();
        let mut failures = 0;
        while self.room - rest > unit && self.room > unit * 2 && failures < 8 {
            let before = self.room;
            let spare = self.room - rest;
            let can_talk = !self.stage.others.is_empty() && spare > unit * 3;
            // A chunk with others in it should not go by without a word between them.
            let overdue = !self.has_talk && self.room * 2 < self.all && self.room > unit * 6;
            if overdue && !self.stage.others.is_empty() {
                self.talk(unit * 2);
            } else if can_talk && self.since_talk >= 3 && self.chance.percent(60) {
                self.talk(rest);
            } else if self.since_short > 3 && self.chance.percent(12) {
                self.begin();
                self.add_named("short");
                self.end();
                self.since_short = 0;
            } else {
                self.begin();
                self.frame(rest);
                // Paragraphs of very different length read less like a list.
                if self.room - rest > unit * 2 && self.chance.percent(30) {
                    self.frame(rest);
                }
                self.end();
                self.since_talk += 1;
                self.since_short += 1;
            }
            failures = if self.room == before { failures + 1 } else { 0 };
        }
    }

    fn frame(&mut self, rest: i64) {
        let Some(frame) = self
            .frames
            .next()
            .and_then(|index| self.pack.frames.get(index))
        else {
            return;
        };
        let mut told = false;
        for role in &frame.roles {
            if role.optional && !self.chance.percent(55) {
                continue;
            }
            // A frame is an argument: without its first sentence the others hang in the air.
            told |= self.add(role.list);
            if !told {
                break;
            }
            if self.room - rest < self.unit() / 2 {
                break;
            }
        }
    }

    fn talk(&mut self, rest: i64) {
        self.begin();
        self.voice.with_other();
        self.has_talk = true;
        self.since_talk = 0;
        if self.chance.percent(35) {
            self.add_named("into_talk");
            self.end();
        }
        let mut turn = self.chance.below(2);
        let mut said = 0;
        let middles = self.chance.below(2);
        let parts = std::iter::once(0)
            .chain(std::iter::repeat_n(1, middles))
            .chain([2]);
        for part in parts {
            let Some(exchange) = self.voice.exchange(part) else {
                continue;
            };
            if !self.exchange(exchange, &mut turn, &mut said, rest) {
                break;
            }
        }
        if said > 0 && self.room - rest > self.unit() && self.chance.percent(45) {
            self.add_named("out_of_talk");
        }
        self.end();
    }

    /// Speaks an exchange in turn; false when the room is used up.
    fn exchange(&mut self, lines: &Exchange, turn: &mut usize, said: &mut u32, rest: i64) -> bool {
        for line in lines {
            let Some(line) = self.voice.line(line) else {
                return true;
            };
            let frame = self.frame_of_line(&line, *turn == 0, *said);
            let spoken = frame.and_then(|frame| self.voice.framed(frame, &line));
            let bare = self.pack.list("bare");
            let spoken = spoken.or_else(|| self.voice.framed(bare?, &line));
            let Some(spoken) = spoken else {
                return true;
            };
            let length = self.count(&spoken);
            if self.room - length < self.unit() || self.room - rest < 0 {
                return false;
            }
            self.room -= length;
            self.end();
            self.put(&spoken);
            *turn = 1 - *turn;
            *said += 1;
        }
        self.end();
        true
    }

    /// Puts a line of dialogue into a frame: who speaks is said at first, then only now and then.
    fn frame_of_line(&mut self, line: &str, viewpoint: bool, said: u32) -> Option<usize> {
        let roll = self.chance.below(100);
        let asks = line.ends_with(['?', '？', '؟']);
        let name = match (said < 2 || roll < 25, asks, viewpoint) {
            (true, true, true) => "asked_viewpoint",
            (true, true, false) => "asked_other",
            (true, false, true) => "said_viewpoint",
            (true, false, false) => "said_other",
            (false, _, true) if roll < 45 => "acted_viewpoint",
            (false, _, false) if roll < 45 => "acted_other",
            _ => "bare",
        };
        self.pack.list(name)
    }

    /// Writes the last paragraph: what is missing to the asked length, then the exit state.
    fn close(&mut self, exit: Vec<Given>) {
        self.begin();
        let unit = self.unit();
        let mut tries = 0;
        let empty = self.text.is_empty() && exit.is_empty();
        let least = if empty { 1 } else { unit / 3 };
        while self.room >= least.max(self.slack) && tries < 12 {
            tries += 1;
            let Some((sentence, length)) = self.sentence_of(self.room) else {
                break;
            };
            self.room -= length;
            self.put(&sentence);
        }
        for given in &exit {
            self.put_given(given);
        }
        self.end();
    }

    /// Returns a sentence as long as `room`, or one that leaves enough for another.
    fn sentence_of(&mut self, room: i64) -> Option<(String, i64)> {
        const LISTS: [&str; 5] = ["thought", "sense", "short", "after", "move"];
        let lists = LISTS.map(|name| self.pack.list(name));
        let unit = self.unit();
        let mut nearest: Option<(i64, String, i64)> = None;
        for attempt in 0..240 {
            let list = lists.get(attempt % lists.len()).copied().flatten()?;
            let checkpoint = self.voice.checkpoint();
            let Some(sentence) = self.voice.sentence(list) else {
                continue;
            };
            let length = self.count(&sentence);
            let rest = room - length;
            if rest.abs() <= self.slack || (rest >= unit * 2 / 3 && room > unit * 3 / 2) {
                return Some((sentence, length));
            }
            self.voice.restore(checkpoint);
            if nearest.as_ref().is_none_or(|(gap, ..)| rest.abs() < *gap) {
                nearest = Some((rest.abs(), sentence, length));
            }
        }
        nearest.map(|(_, sentence, length)| (sentence, length))
    }
}
