//! Reads the arguments of a command, in the many shapes in which clients send them.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tower_lsp::lsp_types::{Position, Range, Url};

use crate::analysis::selection::ChunkRef;
use crate::lsp::page_address::SCHEME;
use crate::lsp::state::{State, Touched};
use crate::lsp::target::{self, Target};
use crate::publishing::export::Format;
use crate::session::{SessionId, StoryFolder};
use crate::story::{BeatId, ChunkNumber};

/// Holds what a command's arguments name; every part may be missing.
///
/// Strings are a URI, the id of a job, a beat or a title, whatever the command takes; numbers
/// are chunks; objects have `uri`, `beat`, `chunk`, `session`, `job`, `title`, `note` and so on. What makes no
/// sense is refused: a command that was misunderstood might write, and spend, what nobody asked
/// for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments {
    pub uri: Option<Url>,
    pub chunk: Option<ChunkRef>,
    /// The last chunk to write.
    pub to: Option<ChunkRef>,
    /// The chapter to write.
    pub chapter: Option<String>,
    /// All chunks that there is something to decide about.
    pub all: bool,
    pub session: Option<String>,
    pub job: Option<String>,
    pub title: Option<String>,
    /// The path or URI of what is imported.
    pub source: Option<String>,
    /// Of a chunk's history, counted from 1, the oldest.
    pub version: Option<usize>,
    /// One of a chunk's candidates.
    pub candidate: Option<u32>,
    /// The one note in the margin that a rewrite is to carry out.
    pub note: Option<String>,
    /// The code of a finding.
    pub code: Option<String>,
    /// The words that a finding underlines.
    pub words: Option<String>,
    /// What an export is to be.
    pub format: Option<Format>,
    /// Where the author's cursor is.
    pub position: Option<Position>,
    /// What the author has selected.
    pub range: Option<Range>,
    /// What the author asks for at that place: `colder`.
    pub instruction: Option<String>,
    /// The answer is for a program, which shows it itself: nothing is told, asked or opened.
    pub quiet: bool,
}

/// Says what a command takes besides a place, and so what a string is that is no URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing else.
    Place,
    /// A chunk, by its number or beat.
    Chunk,
    /// A chunk, and a note in its margin.
    ChunkAndNote,
    /// The title of a story.
    Title,
    /// A file or folder to import.
    Source,
    /// A finding of a chunk file.
    Finding,
    /// The id of a session, and the format of an export.
    Session,
    /// A place or a stretch of an open document, and what is asked for there.
    Text,
}

impl Takes {
    fn chunk(self) -> bool {
        matches!(self, Takes::Chunk | Takes::ChunkAndNote)
    }
}

impl Arguments {
    /// Reads the arguments of a command.
    ///
    /// # Errors
    /// A sentence about the argument that makes no sense.
    pub fn read(values: &[Value], takes: Takes) -> Result<Arguments, String> {
        let mut arguments = Arguments::default();
        for value in values {
            match value {
                Value::Null => {}
                Value::String(text) => arguments.take_text(text, takes)?,
                Value::Number(_) => arguments.chunk = Some(chunk(value)?),
                Value::Object(fields) => {
                    for (name, value) in fields {
                        arguments.take_field(name, value, takes)?;
                    }
                }
                other => {
                    return Err(format!(
                        "an argument is neither text nor an object: {other}"
                    ));
                }
            }
        }
        if arguments.chunk.is_some() && !takes.chunk() {
            return Err(
                "this command takes no chunk; storywright.writeChunk and storywright.rewriteChunk do"
                    .to_owned(),
            );
        }
        if arguments.note.is_some() && takes != Takes::ChunkAndNote {
            return Err("this command takes no note; storywright.rewriteChunk does".to_owned());
        }
        Ok(arguments)
    }

    fn take_text(&mut self, text: &str, takes: Takes) -> Result<(), String> {
        if takes == Takes::Source {
            self.source = Some(text.to_owned());
            return Ok(());
        }
        if takes == Takes::Session
            && let Some(format) = Format::named(text)
        {
            self.format = Some(format);
            return Ok(());
        }
        if takes == Takes::Session && !text.contains(['/', ':']) {
            self.session = Some(text.to_owned());
            return Ok(());
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "file" | "untitled" | SCHEME) => self.uri = Some(url),
            _ if text.starts_with("job-") => self.job = Some(text.to_owned()),
            _ => match (Url::from_file_path(text), takes) {
                (Ok(url), _) => self.uri = Some(url),
                (Err(()), Takes::Title) => self.title = Some(text.to_owned()),
                (Err(()), Takes::Chunk | Takes::ChunkAndNote) => {
                    self.chunk = Some(chunk(&Value::from(text))?)
                }
                (
                    Err(()),
                    Takes::Place | Takes::Session | Takes::Text | Takes::Finding | Takes::Source,
                ) => {
                    return Err(format!(
                        "`{text}` is no URI of a brief or chunk file, and no job"
                    ));
                }
            },
        }
        Ok(())
    }

    fn take_field(&mut self, name: &str, value: &Value, takes: Takes) -> Result<(), String> {
        if value.is_null() {
            return Ok(());
        }
        let text = || {
            let text = value.as_str().map(str::to_owned);
            text.ok_or_else(|| format!("`{name}` expects text, not {value}"))
        };
        match name {
            "uri" | "brief" => {
                let text = text()?;
                let url = Url::parse(&text).or_else(|_| Url::from_file_path(&text));
                self.uri = Some(url.map_err(|()| format!("`{name}` is no URI: {text}"))?);
            }
            "beat" => self.chunk = Some(ChunkRef::Beat(BeatId(text()?))),
            "chunk" => self.chunk = Some(chunk(value)?),
            "to" => self.to = Some(chunk(value)?),
            "chapter" => {
                self.chapter = Some(
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned),
                )
            }
            "all" => self.all = truth(name, value)?,
            "quiet" => self.quiet = truth(name, value)?,
            // A session that is named apart counts.
            "session" if takes == Takes::Session && self.session.is_some() => {}
            "session" => self.session = Some(text()?),
            "format" if takes == Takes::Session => self.format = Some(format_of(&text()?)?),
            "version" => {
                let version = value
                    .as_u64()
                    .and_then(|version| usize::try_from(version).ok());
                let expects = || format!("`version` expects a number from 1, not {value}");
                self.version = Some(version.filter(|version| *version > 0).ok_or_else(expects)?);
            }
            "candidate" => {
                let candidate = value.as_u64().and_then(|it| u32::try_from(it).ok());
                let expects = || format!("`candidate` expects a number from 1, not {value}");
                self.candidate = Some(candidate.filter(|it| *it > 0).ok_or_else(expects)?);
            }
            "note" => self.note = Some(text()?),
            "code" if matches!(takes, Takes::Finding | Takes::ChunkAndNote) => {
                self.code = Some(text()?)
            }
            "words" if takes == Takes::Finding => self.words = Some(text()?),
            "position" => self.position = Some(place(name, value)?),
            "range" => self.range = Some(place(name, value)?),
            "instruction" if takes == Takes::Text => {
                self.instruction = Some(text()?).filter(|text| !text.trim().is_empty());
            }
            "source" if takes == Takes::Source => self.source = Some(text()?),
            "job" => self.job = Some(text()?),
            "title" | "name" => self.title = Some(text()?),
            // A URI as the menus of VS Code hand it over.
            "external" => self.uri = Url::parse(&text()?).ok(),
            "$mid" | "_sep" | "fsPath" | "path" | "scheme" => {}
            _ => return Err(format!("there is no argument `{name}`")),
        }
        Ok(())
    }

    /// Finds what a command with these arguments is about. Reads the folder of the story where a session is named.
    ///
    /// # Errors
    /// A sentence for the author, also where the story has no such session.
    pub fn target(&self, state: &State) -> Result<Target, String> {
        let mut target = self.place(state)?;
        if let Some(session) = &self.session {
            let id = SessionId::parse(session).map_err(|error| error.to_string())?;
            let folder = StoryFolder::of_brief(&target.brief).map_err(|error| error.to_string())?;
            (folder.find_session(&id, state.workshop.disk())).map_err(|error| error.to_string())?;
            target.session = Some(id);
        }
        Ok(target)
    }

    /// Finds where a command with these arguments is, whether or not there is a session of the name that it has.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn place(&self, state: &State) -> Result<Target, String> {
        let mut target = match &self.uri {
            Some(url) => target::at(
                state,
                &Touched {
                    url: url.clone(),
                    position: self.position.or(self.range.map(|range| range.start)),
                },
            )?,
            None => target::current(state)?,
        };
        if self.chunk.is_some() {
            target.chunk.clone_from(&self.chunk);
        }
        Ok(target)
    }
}

fn truth(name: &str, value: &Value) -> Result<bool, String> {
    let expects = || format!("`{name}` expects true or false, not {value}");
    value.as_bool().ok_or_else(expects)
}

fn format_of(text: &str) -> Result<Format, String> {
    Format::named(text).ok_or_else(|| {
        let names = Format::NAMES.map(|(name, _)| name).join(", ");
        format!("`format` expects one of {names}, not {text}")
    })
}

/// Reads a place as the protocol writes it.
fn place<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    let expects = |_| format!("`{name}` expects a {name} of the protocol, not {value}");
    T::deserialize(value).map_err(expects)
}

fn chunk(value: &Value) -> Result<ChunkRef, String> {
    let number = match value {
        Value::String(text) => match text.parse::<u32>() {
            Ok(number) => Some(number),
            Err(_) => return Ok(ChunkRef::Beat(BeatId(text.clone()))),
        },
        other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    let number = number.filter(|number| *number > 0);
    number
        .map(|number| ChunkRef::Number(ChunkNumber(number)))
        .ok_or_else(|| format!("`chunk` expects a number from 1, not {value}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_come_in_many_shapes() {
        let uri = "file:///novel/story.md";
        let number = Some(ChunkRef::Number(ChunkNumber(3)));
        for (values, chunk) in [
            (vec![json!(uri)], None),
            (vec![json!({ "uri": uri })], None),
            (vec![json!(uri), json!(3)], number.clone()),
            (vec![json!(uri), json!("3")], number.clone()),
            (vec![json!({ "uri": uri, "chunk": 3 })], number.clone()),
            (vec![json!({ "uri": uri, "chunk": "3" })], number),
            (
                vec![json!({ "uri": uri, "beat": "storm" })],
                Some(ChunkRef::Beat(BeatId("storm".to_owned()))),
            ),
        ] {
            let arguments = Arguments::read(&values, Takes::Chunk).unwrap();
            assert_eq!(
                arguments.uri.as_ref().map(Url::as_str),
                Some(uri),
                "{values:?}"
            );
            assert_eq!(arguments.chunk, chunk, "{values:?}");
        }
        assert_eq!(
            Arguments::read(&[], Takes::Chunk).unwrap(),
            Arguments::default()
        );
        for takes in [Takes::Place, Takes::Chunk, Takes::Title] {
            let arguments = Arguments::read(&[json!("job-3")], takes).unwrap();
            assert_eq!(arguments.job.as_deref(), Some("job-3"));
        }
        let arguments = Arguments::read(&[json!("The Lamp")], Takes::Title).unwrap();
        assert_eq!(arguments.title.as_deref(), Some("The Lamp"));
        let menu = json!({"$mid": 1, "fsPath": "/novel/story.md", "external": uri, "path": "/novel/story.md", "scheme": "file"});
        let arguments = Arguments::read(&[menu], Takes::Place).unwrap();
        assert_eq!(arguments.uri.as_ref().map(Url::as_str), Some(uri));
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence() {
        for value in [
            json!(true),
            json!({ "chunk": -1 }),
            json!({ "chunk": 0 }),
            json!({ "uri": 5 }),
            json!({ "chunkk": 3 }),
            json!([1]),
        ] {
            assert!(
                Arguments::read(std::slice::from_ref(&value), Takes::Chunk).is_err(),
                "{value}"
            );
        }
        for value in [json!("banana"), json!(3), json!({ "beat": "storm" })] {
            assert!(
                Arguments::read(std::slice::from_ref(&value), Takes::Place).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn a_place_of_a_text_comes_as_the_protocol_has_it() {
        let (start, end) = (
            json!({"line": 2, "character": 5}),
            json!({"line": 3, "character": 0}),
        );
        let uri = "untitled:Untitled-1";
        let value = json!({"uri": uri, "position": start, "instruction": " "});
        let arguments = Arguments::read(&[value], Takes::Text).unwrap();
        assert_eq!(arguments.uri.as_ref().map(Url::as_str), Some(uri));
        assert_eq!(arguments.position, Some(Position::new(2, 5)));
        assert_eq!(arguments.instruction, None);
        let range = json!({"start": start, "end": end});
        let value = json!({"range": range, "instruction": "colder"});
        let arguments = Arguments::read(&[value], Takes::Text).unwrap();
        assert_eq!(arguments.range.map(|range| range.end.line), Some(3));
        assert_eq!(arguments.instruction.as_deref(), Some("colder"));
        let arguments = Arguments::read(&[json!({"position": start})], Takes::Chunk).unwrap();
        assert_eq!(arguments.position, Some(Position::new(2, 5)));
        for (value, takes) in [
            (json!({"position": 5}), Takes::Text),
            (json!({"range": {"start": start}}), Takes::Text),
            (json!({"chunk": 3}), Takes::Text),
        ] {
            assert!(Arguments::read(&[value], takes).is_err());
        }
    }

    #[test]
    fn a_session_is_named_in_many_ways() {
        let uri = "file:///novel/story.md";
        for values in [
            vec![json!("draft-02")],
            vec![json!(uri), json!("draft-02")],
            vec![json!({ "uri": uri, "session": "draft-02" })],
            vec![json!("draft-02"), json!({ "format": "zip" })],
        ] {
            let arguments = Arguments::read(&values, Takes::Session).unwrap();
            assert_eq!(arguments.session.as_deref(), Some("draft-02"), "{values:?}");
        }
        let arguments = Arguments::read(&[json!({ "format": "md" })], Takes::Session).unwrap();
        assert_eq!(arguments.format, Format::named("md"));
        for format in [json!("pdf"), json!(5)] {
            let format = json!({ "format": format });
            assert!(Arguments::read(&[format], Takes::Session).is_err());
        }
    }
}
