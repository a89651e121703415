//! Language packs: the grammar and the words of the demo writer, as data.
//!
//! A pack is a TOML file under `packs/`; nothing about a language's phrases stands in code.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::template::{Names, Template};
use super::verbs::Verbs;

/// A list of templates: words to fill in, or sentences of one role.
#[derive(Debug)]
pub struct List {
    pub items: Vec<Template>,
    /// Chosen once a paragraph, so that "it" stays the same thing.
    pub bound: bool,
    pub sentences: bool,
}

/// Phrases for stories that speak of certain things: the sea, a city, snow.
#[derive(Debug)]
pub struct Topic {
    pub keys: Vec<String>,
    /// More templates, by list.
    pub items: Vec<(usize, Vec<Template>)>,
}

/// The shape of a paragraph: lists to take one sentence each from.
#[derive(Debug)]
pub struct Frame {
    pub roles: Vec<Role>,
}

#[derive(Debug, Clone, Copy)]
pub struct Role {
    pub list: usize,
    pub optional: bool,
}

/// Lines of dialogue that belong together, spoken in turn.
pub type Exchange = Vec<Template>;

#[derive(Debug)]
pub struct Talk {
    pub open: Vec<Exchange>,
    pub middle: Vec<Exchange>,
    pub close: Vec<Exchange>,
}

#[derive(Debug)]
pub struct Pack {
    pub layout: Layout,
    pub pronouns: Pronouns,
    pub reading: Reading,
    pub verbs: Verbs,
    /// What becomes of a present form: past of the third and the first person, present of
    /// the first.
    pub forms: HashMap<String, [String; 3]>,
    pub lists: Vec<List>,
    pub topics: Vec<Topic>,
    pub frames: Vec<Frame>,
    pub talk: Talk,
    names: HashMap<String, usize>,
}

/// How sentences are put on the page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Between two sentences.
    pub join: String,
    /// The length of a usual sentence, in the unit of the language.
    pub unit: u32,
    /// Sentences begin with a capital.
    pub capitals: bool,
    /// Wording of the possessive of a name, around `{}`.
    pub possessive: String,
    /// What follows a subject that is named.
    pub subject_suffix: String,
    /// The first person where it is not left out.
    pub first_subject: String,
    /// What a viewpoint character without a name is called.
    pub nameless: String,
    /// The mark that ends a sentence.
    pub stop: String,
    /// Replacements after a sentence is made (contractions and the like).
    #[serde(default)]
    pub fixes: Vec<[String; 2]>,
}

/// Pronouns in the order subject, object, possessive, independent, reflexive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pronouns {
    pub first: [String; 5],
    /// Absent where the pack has no second-person narration.
    pub second: Option<[String; 5]>,
    pub he: [String; 5],
    pub she: [String; 5],
    /// Absent where everybody is he or she to the grammar.
    pub they: Option<[String; 5]>,
}

/// How a beat's own sentences are brought into the story's person and tense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adaptation {
    /// By English grammar.
    English,
    /// By a table of verb forms.
    Forms,
    /// By the endings of sentences.
    Endings,
}

/// How phrases that are worth repeating are found in the brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MotifStyle {
    /// Article, then words up to the next small word or mark.
    Determiner,
    /// Runs of kanji or katakana before a particle.
    Runs,
    /// Words that carry the article as a prefix.
    Prefix,
}

/// What the pack knows of reading a brief.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub adaptation: Adaptation,
    pub motifs: MotifStyle,
    /// Words in `pov` that mean the first, the second person.
    pub first_person: Vec<String>,
    #[serde(default)]
    pub second_person: Vec<String>,
    /// Words in `tense` that mean the present.
    pub present_tense: Vec<String>,
    /// Words in a character's description that tell the gender.
    pub female: Vec<String>,
    pub male: Vec<String>,
    /// Endings of names, where the description tells nothing.
    #[serde(default)]
    pub female_names: Vec<String>,
    #[serde(default)]
    pub male_names: Vec<String>,
    /// First words of a name that do not stand alone ("Captain").
    #[serde(default)]
    pub titles: Vec<String>,
    /// Words that begin a note to the writer rather than an event.
    #[serde(default)]
    pub stage_directions: Vec<String>,
    /// Words anywhere in a sentence that make it a note to the writer.
    #[serde(default)]
    pub about_text: Vec<String>,
    /// Article as found, article as repeated.
    #[serde(default)]
    pub determiners: HashMap<String, String>,
    /// Small words: where a phrase ends.
    #[serde(default)]
    pub small_words: Vec<String>,
    /// Words that make no motif.
    #[serde(default)]
    pub dull: Vec<String>,
    /// Verb forms: the present of the third person, then the past of the third and of the
    /// first, and the present of the first; separated by spaces.
    #[serde(default)]
    forms: Vec<String>,
    /// Letters that join a verb to what stands before it ("and" in Arabic).
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// Words between a subject and its verb that are passed over.
    #[serde(default)]
    pub clitics: Vec<String>,
    /// Words after which a verb stays in the present ("to").
    #[serde(default)]
    pub keeps_present: Vec<String>,
    /// Words after which there is no verb.
    #[serde(default)]
    pub before_nouns: Vec<String>,
    /// Words after which a verb has the subject of the verb before.
    #[serde(default)]
    pub joiners: Vec<String>,
    /// Third-person words beside a verb, and what they are in the first person.
    #[serde(default)]
    pub own: HashMap<String, String>,
    /// Frames for sentences that are quoted as they are, around `{}`.
    #[serde(default)]
    pub reported: Vec<String>,
    /// A word before the verb of a state that lasts.
    #[serde(default)]
    pub still: String,
    /// What begins a sentence about such a state, where no word does.
    #[serde(default)]
    pub still_prefix: String,
    /// Endings of present sentences and what they become in the past, longest first.
    #[serde(default)]
    pub endings: Vec<[String; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    layout: Layout,
    pronouns: Pronouns,
    reading: Reading,
    #[serde(default)]
    verbs: Vec<String>,
    /// Lists that are chosen once a paragraph.
    #[serde(default)]
    bound: Vec<String>,
    words: BTreeMap<String, Vec<String>>,
    sentences: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    topics: BTreeMap<String, TopicSource>,
    frames: Vec<Vec<String>>,
    talk: TalkSource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicSource {
    keys: Vec<String>,
    sentences: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TalkSource {
    open: Vec<Vec<String>>,
    middle: Vec<Vec<String>>,
    close: Vec<Vec<String>>,
}

impl Pack {
    /// Returns the pack of a primary language subtag (`en`), if there is one.
    pub fn of(primary: &str) -> Option<&'static Pack> {
        static PACKS: LazyLock<HashMap<&'static str, Pack>> = LazyLock::new(|| {
            SOURCES
                .iter()
                .filter_map(|(language, source)| Some((*language, Pack::parse(source).ok()?)))
                .collect()
        });
        PACKS.get(primary)
    }

    fn parse(source: &str) -> Result<Pack, String> {
        let source: Source = toml::from_str(source).map_err(|error| error.to_string())?;
        let verbs = Verbs::new(source.verbs.iter().map(String::as_str));
        let all = || source.words.iter().chain(&source.sentences);
        let names: HashMap<String, usize> = all()
            .enumerate()
            .map(|(index, (name, _))| (name.clone(), index))
            .collect();
        let reader = Reader {
            names: Names {
                lists: &names,
                verbs: &verbs,
            },
        };
        let lists = all()
            .map(|(name, items)| {
                Ok(List {
                    items: reader.templates(items)?,
                    bound: source.bound.contains(name),
                    sentences: source.sentences.contains_key(name),
                })
            })
            .collect::<Result<_, String>>()?;
        let topics = reader.topics(&source.topics)?;
        let frames = reader.frames(&source.frames)?;
        let talk = Talk {
            open: reader.exchanges(&source.talk.open)?,
            middle: reader.exchanges(&source.talk.middle)?,
            close: reader.exchanges(&source.talk.close)?,
        };
        let forms = verb_forms(&source.reading.forms)?;
        Ok(Pack {
            forms,
            layout: source.layout,
            pronouns: source.pronouns,
            reading: source.reading,
            verbs,
            lists,
            topics,
            frames,
            talk,
            names,
        })
    }

    /// Returns the index of a list that the writer asks for by name.
    pub fn list(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }
}

fn verb_forms(rows: &[String]) -> Result<HashMap<String, [String; 3]>, String> {
    let row = |row: &String| {
        let mut words = row.split_whitespace().map(str::to_owned);
        let mut next = || {
            words
                .next()
                .ok_or_else(|| format!("too few forms in {row:?}"))
        };
        Ok((next()?, [next()?, next()?, next()?]))
    };
    rows.iter().map(row).collect()
}

const SOURCES: &[(&str, &str)] = &[
    ("en", include_str!("packs/en.toml")),
    ("es", include_str!("packs/es.toml")),
    ("ja", include_str!("packs/ja.toml")),
    ("ar", include_str!("packs/ar.toml")),
];

struct Reader<'a> {
    names: Names<'a>,
}

impl Reader<'_> {
    fn index(&self, name: &str) -> Result<usize, String> {
        let found = self.names.lists.get(name).copied();
        found.ok_or_else(|| format!("no list {name:?}"))
    }

    fn templates(&self, sources: &[String]) -> Result<Vec<Template>, String> {
        let parse = |source: &String| Template::parse(source, &self.names);
        sources.iter().map(parse).collect()
    }

    fn exchanges(&self, sources: &[Vec<String>]) -> Result<Vec<Exchange>, String> {
        sources.iter().map(|lines| self.templates(lines)).collect()
    }

    fn topics(&self, sources: &BTreeMap<String, TopicSource>) -> Result<Vec<Topic>, String> {
        let topic = |source: &TopicSource| {
            let items = source
                .sentences
                .iter()
                .map(|(name, items)| Ok((self.index(name)?, self.templates(items)?)))
                .collect::<Result<_, String>>()?;
            Ok(Topic {
                keys: source.keys.clone(),
                items,
            })
        };
        sources.values().map(topic).collect()
    }

    fn frames(&self, sources: &[Vec<String>]) -> Result<Vec<Frame>, String> {
        let role = |name: &String| {
            Ok(Role {
                list: self.index(name.trim_end_matches('?'))?,
                optional: name.ends_with('?'),
            })
        };
        sources
            .iter()
            .map(|roles| {
                let roles = roles.iter().map(role).collect::<Result<_, String>>()?;
                Ok(Frame { roles })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_can_be_read() {
        for (language, source) in SOURCES {
            let pack = Pack::parse(source).unwrap_or_else(|error| panic!("{language}: {error}"));
            for name in super::super::voice::LISTS {
                let list = pack
                    .list(name)
                    .unwrap_or_else(|| panic!("{language}: {name}"));
                assert!(!pack.lists[list].items.is_empty(), "{language}: {name}");
            }
        }
    }
}
