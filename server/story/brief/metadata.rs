//! Reads what the front matter says about the story, and reports everything that is wrong with it.

use super::attributes::shortened;
use super::front_matter::{Entry, FrontMatter, Value};
use crate::story::problem::Problem;
use crate::story::text::language::{self, Language};
use crate::story::text::numbers::{grouped, read_length};
use crate::story::text::spelling::closest;

/// The settings that a brief may hold, in the order in which they are suggested.
pub const KEYS: [&str; 7] = [
    "title",
    "language",
    "target_words",
    "chunk_words",
    "pov",
    "tense",
    "protagonist",
];

/// The longest story, in words.
pub(crate) const MOST_TARGET_WORDS: u32 = 10_000_000;
/// The longest chunk, in words.
pub(crate) const MOST_CHUNK_WORDS: u32 = 100_000;

/// Keys of other tools and authors, which are left alone.
const FOREIGN: [&str; 25] = [
    "author",
    "authors",
    "date",
    "created",
    "updated",
    "modified",
    "tags",
    "aliases",
    "cssclasses",
    "copyright",
    "license",
    "draft",
    "version",
    "subtitle",
    "series",
    "publish",
    "status",
    "keywords",
    "description",
    // What a book has besides (`server/book/`).
    "rights",
    "publisher",
    "isbn",
    "contact",
    "writing_mode",
    "typography",
];

/// Other words of authors for the keys of a brief.
const SYNONYMS: [(&str, &str); 16] = [
    ("lang", "language"),
    ("locale", "language"),
    ("words", "target_words"),
    ("length", "target_words"),
    ("word_count", "target_words"),
    ("wordcount", "target_words"),
    ("total_words", "target_words"),
    ("chunk_size", "chunk_words"),
    ("chunk", "chunk_words"),
    ("name", "title"),
    ("hero", "protagonist"),
    ("heroine", "protagonist"),
    ("main_character", "protagonist"),
    ("point_of_view", "pov"),
    ("perspective", "pov"),
    ("narrator", "pov"),
];

/// Settings of the program, and where they may stand (see Trust in the documentation).
const WORKSPACE_SETTINGS: [&str; 18] = [
    "provider",
    "model",
    "models",
    "mode",
    "single_call_words",
    "order",
    "parallel",
    "state",
    "state_model",
    "refine",
    "audit",
    "context_tokens",
    "temperature",
    "timeouts",
    "attempts",
    "max_output_tokens",
    "max_cost",
    "prices",
];
const USER_SETTINGS: [&str; 3] = ["base_url", "api_key_env", "api_key_command"];
const SECRETS: [&str; 6] = [
    "api_key",
    "apikey",
    "key",
    "token",
    "anthropic_api_key",
    "openai_api_key",
];

/// The front matter's values, as far as they could be understood.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub title: Option<String>,
    pub language: Option<Language>,
    pub target_words: Option<u32>,
    pub chunk_words: Option<u32>,
    pub pov: Option<String>,
    pub tense: Option<String>,
    pub protagonist: Option<String>,
}

impl Metadata {
    pub(crate) fn read(front_matter: &FrontMatter, problems: &mut Vec<Problem>) -> Metadata {
        let mut metadata = Metadata::default();
        for entry in &front_matter.entries {
            match entry.key.as_str() {
                "title" => metadata.title = text(entry, problems),
                "pov" => metadata.pov = text(entry, problems),
                "tense" => metadata.tense = text(entry, problems),
                "protagonist" => metadata.protagonist = text(entry, problems),
                "language" => metadata.language = language(entry, problems),
                "target_words" => {
                    metadata.target_words = length(entry, MOST_TARGET_WORDS, "16500", problems);
                }
                "chunk_words" => {
                    metadata.chunk_words = length(entry, MOST_CHUNK_WORDS, "1500", problems);
                }
                _ => check_unknown(entry, problems),
            }
        }
        metadata
    }
}

fn text(entry: &Entry, problems: &mut Vec<Problem>) -> Option<String> {
    match &entry.value {
        Value::Text(text) => Some(text.clone()),
        Value::Empty => None,
        Value::Nested => {
            problems.push(Problem::warning(
                entry.value_span.clone(),
                "mistyped-value",
                format!(
                    "`{}` is a single line of text. A value with brackets, braces or colons has to stand in quotes.",
                    entry.key
                ),
            ));
            None
        }
    }
}

fn length(entry: &Entry, most: u32, example: &str, problems: &mut Vec<Problem>) -> Option<u32> {
    let (shown, reason) = match &entry.value {
        Value::Empty => return None,
        Value::Nested => ("this".to_owned(), "not a whole number"),
        Value::Text(text) => match read_length(text, most) {
            Ok(length) => return Some(length),
            Err(reason) => (format!("`{}`", shortened(text)), reason.describe()),
        },
    };
    problems.push(Problem::error(
        entry.value_span.clone(),
        "mistyped-value",
        format!(
            "`{}` is a number of words from 1 to {}, and {shown} is {reason}. Write it in digits, such as {example}.",
            entry.key,
            grouped(most),
        ),
    ));
    None
}

fn language(entry: &Entry, problems: &mut Vec<Problem>) -> Option<Language> {
    let tag = match &entry.value {
        Value::Empty => return None,
        Value::Nested => "",
        Value::Text(tag) => tag.as_str(),
    };
    let read = Language::parse(tag);
    let known = read.as_ref().is_some_and(Language::is_known);
    if known {
        return read;
    }
    let suggestion = match language::suggest(tag) {
        Some(tag) => format!("Did you mean `{tag}`?"),
        None => "Write a code such as en, es, pt-BR or ja.".to_owned(),
    };
    let span = entry.value_span.clone();
    let shown = shortened(tag);
    problems.push(if read.is_some() {
        Problem::warning(
            span,
            "unknown-language",
            format!("`{shown}` is no language that is known here. {suggestion}"),
        )
    } else {
        Problem::error(
            span,
            "mistyped-value",
            format!("`language` is a language code (BCP 47), and `{shown}` is none. {suggestion}"),
        )
    });
    read
}

fn check_unknown(entry: &Entry, problems: &mut Vec<Problem>) {
    let key = entry.key.as_str();
    let plain = key.to_lowercase().replace(['-', ' '], "_");
    let root = plain.split('.').next().unwrap_or(&plain);
    let span = entry.key_span.clone();
    let shown = shortened(key);
    if SECRETS.contains(&root) {
        problems.push(Problem::warning(
            span,
            "setting-not-allowed",
            format!(
                "A key must never stand in a story's files, where others may see it; `{shown}` is not read. Set ANTHROPIC_API_KEY or OPENAI_API_KEY in the environment, delete this line, and replace the key if this file was shared."
            ),
        ));
    } else if USER_SETTINGS.contains(&root) {
        problems.push(Problem::warning(
            span,
            "setting-not-allowed",
            format!(
                "`{shown}` is not read from a story's files, which may come from anybody. Put it into your own config.toml, the user settings of your editor, or on the command line."
            ),
        ));
    } else if WORKSPACE_SETTINGS.contains(&root) || root == "seed" {
        problems.push(Problem::warning(
            span,
            "setting-not-allowed",
            format!("`{shown}` is not a setting of a brief and is not read here. Put it into storywright.toml, beside the brief."),
        ));
    } else if let Some(known) = similar_key(&plain) {
        problems.push(Problem::warning(
            span,
            "unknown-key",
            format!("There is no setting `{shown}`. Did you mean `{known}`?"),
        ));
    } else if !FOREIGN.contains(&root) {
        problems.push(Problem::hint(
            span,
            "unknown-key",
            format!("`{shown}` is not a setting and is not sent to the model. What the story needs to know goes into a section such as # Premise."),
        ));
    }
}

fn similar_key(key: &str) -> Option<&'static str> {
    let synonym = SYNONYMS
        .iter()
        .find(|(word, _)| *word == key)
        .map(|(_, known)| *known);
    synonym.or_else(|| closest(key, KEYS))
}
