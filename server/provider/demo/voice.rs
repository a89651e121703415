//! Turns templates into sentences in the story's person, tense and names.

use std::collections::HashSet;

use super::chance::{Entry, Rotation, Share, Spread};
use super::character::{Character, Gender, Person, Tense};
use super::pack::{Exchange, Pack};
use super::polish::{fingerprint, line_of_talk, tidy};
use super::stage::Stage;
use super::template::{Case, Piece, Template, Who};
use super::verbs::Forms;

/// The lists that the writer asks a pack for by name.
#[cfg(test)]
pub const LISTS: &[&str] = &[
    "place",
    "after",
    "short",
    "thought",
    "sense",
    "move",
    "said_viewpoint",
    "said_other",
    "asked_viewpoint",
    "asked_other",
    "acted_viewpoint",
    "acted_other",
    "bare",
    "broken_off",
    "into_talk",
    "out_of_talk",
];

/// Nested lists end here; deeper ones would be a loop in a pack.
const DEPTH: usize = 4;

/// Who was named last in the paragraph; decides between pronoun and name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mentions {
    viewpoint: bool,
    other: bool,
    other_was_last: bool,
}

pub struct Voice<'a> {
    pack: &'a Pack,
    stage: &'a Stage,
    lists: Vec<(Vec<&'a Template>, Rotation)>,
    /// Words for gaps, by list.
    words: Vec<Spread>,
    talk: [(Vec<&'a Exchange>, Rotation); 3],
    motifs: Rotation,
    absent: Rotation,
    others: Rotation,
    /// Choices of this paragraph.
    bound: Vec<Option<String>>,
    motif: Option<&'a str>,
    other: Option<&'a Character>,
    mentions: Mentions,
    /// The viewpoint stands in this sentence as a name, so that verbs are singular.
    viewpoint_named: bool,
    /// The same for the other.
    other_named: bool,
    told: HashSet<u64>,
}

impl<'a> Voice<'a> {
    pub fn new(pack: &'a Pack, stage: &'a Stage, share: Share) -> Self {
        let mut items: Vec<Vec<(&Template, bool)>> = pack
            .lists
            .iter()
            .map(|list| {
                list.items
                    .iter()
                    .map(|item| (item, fits(item, stage)))
                    .collect()
            })
            .collect();
        for (index, topic) in pack.topics.iter().enumerate() {
            let touched = stage.topics.contains(&index);
            for (list, more) in &topic.items {
                if let Some(items) = items.get_mut(*list) {
                    items.extend(more.iter().map(|item| (item, touched && fits(item, stage))));
                }
            }
        }
        let mut salt = 0;
        let mut rotation = |entries: Vec<Entry>| {
            salt += 1;
            Rotation::new(share, salt, &entries)
        };
        let lists: Vec<_> = items
            .into_iter()
            .zip(&pack.lists)
            .map(|(items, list)| {
                // Words are few and short; all chunks may use them all.
                let entry = |(template, fits): &(&Template, bool)| Entry {
                    varies: !list.sentences || template.varies(),
                    fits: *fits,
                };
                let entries = items.iter().map(entry).collect();
                let items = items.into_iter().map(|(template, _)| template).collect();
                (items, rotation(entries))
            })
            .collect();
        let talk = [&pack.talk.open, &pack.talk.middle, &pack.talk.close].map(|exchanges| {
            let entry = |lines: &Exchange| Entry {
                varies: lines.iter().any(Template::varies),
                fits: lines.iter().all(|line| fits(line, stage)),
            };
            let entries = exchanges.iter().map(entry).collect();
            (exchanges.iter().collect(), rotation(entries))
        });
        let words = pack
            .lists
            .iter()
            .map(|list| Spread::new(share, list.items.len()));
        Voice {
            words: words.collect(),
            talk,
            motifs: rotation(vec![Entry::ANY; stage.motifs.len()]),
            absent: rotation(vec![Entry::ANY; stage.absent.len()]),
            others: rotation(vec![Entry::ANY; stage.others.len()]),
            bound: vec![None; lists.len()],
            lists,
            motif: None,
            other: None,
            mentions: Mentions::default(),
            viewpoint_named: false,
            other_named: false,
            told: HashSet::new(),
            pack,
            stage,
        }
    }

    /// Forgets what the paragraph before was about.
    pub fn begin_paragraph(&mut self) {
        self.bound.fill(None);
        self.motif = None;
        self.other = None;
        self.mentions = Mentions::default();
    }

    /// Begins a paragraph about somebody; nothing happens when nobody else is here.
    pub fn with_other(&mut self) {
        self.other = self.next_other();
    }

    /// Notes that a text names these people, so that pronouns after it are clear.
    pub fn note_mentions(&mut self, text: &str) {
        let named = |who: &Character| text.contains(who.name.as_str());
        self.mentions.viewpoint |= named(&self.stage.viewpoint);
        if self.stage.others.iter().any(named) {
            self.mentions.other_was_last = true;
        }
    }

    /// Remembers a sentence; false if it was told before.
    pub fn remember(&mut self, sentence: &str) -> bool {
        self.told.insert(fingerprint(sentence))
    }

    /// Returns what [`restore`](Self::restore) needs to take a sentence back that was not used.
    pub fn checkpoint(&self) -> Mentions {
        self.mentions
    }

    pub fn restore(&mut self, mentions: Mentions) {
        self.mentions = mentions;
    }

    /// Tells whether a reader would notice the sentence coming again.
    fn is_long(&self, sentence: &str) -> bool {
        if self.pack.layout.join.is_empty() {
            sentence.chars().count() >= 12
        } else {
            sentence.split_whitespace().count() >= 6
        }
    }

    /// Tells whether a sentence was told before.
    pub fn knows(&self, sentence: &str) -> bool {
        self.told.contains(&fingerprint(sentence))
    }

    /// Returns a fresh sentence of a list; `None` if the list has nothing that fits this scene.
    pub fn sentence(&mut self, list: usize) -> Option<String> {
        let mut last = None;
        for _ in 0..6 {
            let before = (self.mentions, self.viewpoint_named);
            let template = self.template(list)?;
            let sentence = self.render(template, None);
            if !self.knows(&sentence) {
                return Some(sentence);
            }
            (self.mentions, self.viewpoint_named) = before;
            last = Some(sentence);
        }
        // Better nothing than a long sentence for the second time.
        last.filter(|sentence| !self.is_long(sentence))
    }

    /// Returns the next lines of a talk: 0 opens, 1 goes on, 2 ends it.
    pub fn exchange(&mut self, part: usize) -> Option<&'a Exchange> {
        let (exchanges, rotation) = self.talk.get_mut(part)?;
        let index = rotation.next()?;
        exchanges.get(index).copied()
    }

    /// Returns an entry of a list as it stands, spaces at its ends included.
    pub fn raw(&mut self, list: usize) -> Option<String> {
        let mut text = String::new();
        let template = self.template(list)?;
        self.pieces(template, None, DEPTH, &mut text);
        Some(text)
    }

    /// Returns a line of dialogue; `None` if it is long and was said before.
    pub fn line(&mut self, line: &Template) -> Option<String> {
        let line = self.render(line, None);
        let fresh = self.remember(&line);
        (fresh || !self.is_long(&line)).then_some(line)
    }

    /// Returns a line of dialogue in a frame of `list`; `None` if all that is tried was told before.
    pub fn framed(&mut self, list: usize, line: &str) -> Option<String> {
        for _ in 0..4 {
            let before = self.checkpoint();
            let frame = self.template(list)?;
            let text = self.render(frame, Some(line));
            let around = text.replace(line.trim_end_matches(['.', '。']), "");
            if !self.is_long(&around) || self.remember(&around) {
                return Some(text);
            }
            self.restore(before);
        }
        None
    }

    fn template(&mut self, list: usize) -> Option<&'a Template> {
        let (items, rotation) = self.lists.get_mut(list)?;
        let index = rotation.next()?;
        items.get(index).copied()
    }

    fn render(&mut self, template: &Template, line: Option<&str>) -> String {
        self.viewpoint_named = false;
        self.other_named = false;
        if self.other.is_none() && template.needs_other() {
            // A verb may stand before the name that it agrees with.
            self.other = self.next_other();
        }
        let mut text = String::new();
        self.pieces(template, line, DEPTH, &mut text);
        tidy(text, self.pack)
    }

    fn pieces(&mut self, template: &Template, line: Option<&str>, depth: usize, out: &mut String) {
        for piece in &template.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Viewpoint(case) => self.viewpoint(*case, out),
                Piece::Subject => self.subject(out),
                Piece::Other(case) => self.other(*case, out),
                Piece::Absent => {
                    let index = self.absent.next().unwrap_or_default();
                    if let Some(absent) = self.stage.absent.get(index) {
                        out.push_str(&absent.name);
                        self.mentions.other_was_last = true;
                    }
                }
                Piece::Motif => out.push_str(self.motif()),
                Piece::Line(end) => line_of_talk(line.unwrap_or_default(), *end, out),
                Piece::List(list) => self.listed(*list, template.id, depth, out),
                Piece::Choice(who, forms) => out.push_str(self.by_person(*who, forms)),
                Piece::Gender(who, [he, she]) => {
                    let feminine = self.whose(*who) == Gender::Feminine;
                    out.push_str(if feminine { she } else { he });
                }
                Piece::Verb { who, past, present } => {
                    let forms = match self.stage.tense {
                        Tense::Past => past,
                        Tense::Present => present,
                    };
                    out.push_str(self.agreeing(*who, forms));
                }
            }
        }
    }

    fn pronouns(&self, gender: Gender) -> &'a [String; 5] {
        let pronouns = &self.pack.pronouns;
        match gender {
            Gender::Masculine => &pronouns.he,
            Gender::Feminine => &pronouns.she,
            Gender::Unknown => pronouns.they.as_ref().unwrap_or(&pronouns.he),
        }
    }

    fn viewpoint(&mut self, case: Case, out: &mut String) {
        let stage = self.stage;
        let pronouns = match stage.person {
            Person::First => &self.pack.pronouns.first,
            Person::Second => self
                .pack
                .pronouns
                .second
                .as_ref()
                .unwrap_or(&self.pack.pronouns.first),
            Person::Third => {
                let unclear = self.mentions.other_was_last && self.same_pronoun();
                let named = case != Case::Reflexive && (!self.mentions.viewpoint || unclear);
                self.mentions.viewpoint = true;
                self.mentions.other_was_last = false;
                self.viewpoint_named = named;
                if named {
                    self.name(&stage.viewpoint, case, out);
                    return;
                }
                self.pronouns(stage.viewpoint.gender)
            }
        };
        out.push_str(form(pronouns, case));
    }

    fn subject(&mut self, out: &mut String) {
        let layout = &self.pack.layout;
        if !self.mentions.viewpoint {
            match self.stage.person {
                Person::Third => {
                    out.push_str(&self.stage.viewpoint.name);
                    out.push_str(&layout.subject_suffix);
                }
                _ => out.push_str(&layout.first_subject),
            }
        }
        self.mentions.viewpoint = true;
        self.mentions.other_was_last = false;
    }

    fn same_pronoun(&self) -> bool {
        self.other
            .or(self.stage.others.first())
            .or(self.stage.absent.first())
            .is_some_and(|other| other.gender == self.stage.viewpoint.gender)
    }

    fn name(&self, character: &Character, case: Case, out: &mut String) {
        match case {
            Case::Possessive | Case::Independent => {
                let possessive = &self.pack.layout.possessive;
                out.push_str(&possessive.replace("{}", &character.name));
            }
            _ => out.push_str(&character.name),
        }
    }

    fn next_other(&mut self) -> Option<&'a Character> {
        let index = self.others.next()?;
        self.stage.others.get(index)
    }

    fn other(&mut self, case: Option<Case>, out: &mut String) {
        if self.other.is_none() {
            self.other = self.next_other();
        }
        let Some(other) = self.other else { return };
        let same = other.gender == self.stage.viewpoint.gender;
        let third = self.stage.person == Person::Third;
        let unclear = third && same && self.mentions.viewpoint && !self.mentions.other_was_last;
        let pronoun = match case {
            Some(Case::Reflexive) => true,
            Some(_) => self.mentions.other && !unclear,
            None => false,
        };
        match case {
            Some(case) if pronoun => out.push_str(form(self.pronouns(other.gender), case)),
            Some(case) => self.name(other, case, out),
            None => out.push_str(&other.name),
        }
        self.other_named = !pronoun;
        self.mentions.other = true;
        self.mentions.other_was_last = true;
    }

    fn motif(&mut self) -> &'a str {
        let stage = self.stage;
        if self.motif.is_none() {
            let index = self.motifs.next().unwrap_or_default();
            self.motif = stage.motifs.get(index).map(String::as_str);
        }
        self.motif.unwrap_or_default()
    }

    fn listed(&mut self, list: usize, gap: u64, depth: usize, out: &mut String) {
        if let Some(Some(bound)) = self.bound.get(list) {
            out.push_str(bound);
            return;
        }
        let word = self.words.get_mut(list).and_then(|words| words.next(gap));
        let items = self.pack.lists.get(list).map(|list| &list.items);
        let template = word.and_then(|index| items?.get(index));
        let Some(template) = template.filter(|_| depth > 0) else {
            return;
        };
        let start = out.len();
        self.pieces(template, None, depth - 1, out);
        let keeps = self.pack.lists.get(list).is_some_and(|list| list.bound);
        if let Some(slot) = self.bound.get_mut(list).filter(|_| keeps) {
            *slot = out.get(start..).map(str::to_owned);
        }
    }

    fn whose(&self, who: Who) -> Gender {
        match who {
            Who::Other => self
                .other
                .or(self.stage.others.first())
                .map_or(Gender::Masculine, |other| other.gender),
            _ => self.stage.viewpoint.gender,
        }
    }

    fn by_person<'f>(&self, who: Who, forms: &'f [String; 3]) -> &'f str {
        let [first, he, she] = forms;
        let is_first = who == Who::Viewpoint && self.stage.person == Person::First;
        match self.whose(who) {
            _ if is_first => first,
            Gender::Feminine => she,
            Gender::Masculine | Gender::Unknown => he,
        }
    }

    fn agreeing<'f>(&self, who: Who, forms: &'f Forms) -> &'f str {
        match (who, self.stage.person) {
            (Who::Singular, _) => &forms.masculine,
            (Who::Plural, _) => &forms.plural,
            (Who::Viewpoint, Person::First) => &forms.first,
            (Who::Viewpoint, Person::Second) => &forms.plural,
            (Who::Viewpoint | Who::Other, _) => match self.whose(who) {
                Gender::Masculine => &forms.masculine,
                Gender::Feminine => &forms.feminine,
                Gender::Unknown if who == Who::Viewpoint && self.viewpoint_named => {
                    &forms.masculine
                }
                Gender::Unknown if who == Who::Other && self.other_named => &forms.masculine,
                Gender::Unknown => &forms.plural,
            },
        }
    }
}

/// Tells whether a scene has what a template speaks of.
fn fits(template: &Template, stage: &Stage) -> bool {
    !(template.needs_other() && stage.others.is_empty()
        || template.needs(&Piece::Motif) && stage.motifs.is_empty()
        || template.needs(&Piece::Absent) && stage.absent.is_empty())
}

fn form(pronouns: &[String; 5], case: Case) -> &str {
    let [subject, object, possessive, independent, reflexive] = pronouns;
    match case {
        Case::Subject => subject,
        Case::Object => object,
        Case::Possessive => possessive,
        Case::Independent => independent,
        Case::Reflexive => reflexive,
    }
}
