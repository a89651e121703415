//! What a command is about: its arguments, or what the client touched last.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tower_lsp::lsp_types::Url;

use super::documents::path_of;
use super::position;
use super::state::{State, Touched};
use crate::engine::story_file::{find_brief, is_brief_name};
use crate::engine::workshop::ChunkRef;
use crate::session::{Located, SessionId, StoryFolder};
use crate::story::{BeatId, Brief, ChunkNumber};

/// What a command's arguments name; every part may be missing.
///
/// Strings are a URI, the id of a job, a beat or a title, whatever the command takes; numbers
/// are chunks; objects have `uri`, `beat`, `chunk`, `session`, `job`, `title`, `note`. What makes no
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
    /// Of a chunk's history, counted from 1, the oldest.
    pub version: Option<usize>,
    /// The one note in the margin that a rewrite is to carry out.
    pub note: Option<String>,
}

/// What a string is for a command, besides a URI or a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Place,
    Chunk,
    Title,
}

impl Arguments {
    /// Reads the arguments of a command that takes a title, a chunk, or neither.
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
                        arguments.take_field(name, value)?;
                    }
                }
                other => {
                    return Err(format!(
                        "an argument is neither text nor an object: {other}"
                    ));
                }
            }
        }
        match &arguments.chunk {
            Some(_) if takes != Takes::Chunk => Err(
                "this command takes no chunk; storywright.writeChunk and storywright.rewriteChunk do"
                    .to_owned(),
            ),
            _ => Ok(arguments),
        }
    }

    fn take_text(&mut self, text: &str, takes: Takes) -> Result<(), String> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "file" | "untitled") => self.uri = Some(url),
            _ if text.starts_with("job-") => self.job = Some(text.to_owned()),
            _ => match (Url::from_file_path(text), takes) {
                (Ok(url), _) => self.uri = Some(url),
                (Err(()), Takes::Title) => self.title = Some(text.to_owned()),
                (Err(()), Takes::Chunk) => self.chunk = Some(chunk(&Value::from(text))?),
                (Err(()), Takes::Place) => {
                    return Err(format!(
                        "`{text}` is no URI of a brief or chunk file, and no job"
                    ));
                }
            },
        }
        Ok(())
    }

    fn take_field(&mut self, name: &str, value: &Value) -> Result<(), String> {
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
            "all" => {
                let expects = || format!("`all` expects true or false, not {value}");
                self.all = value.as_bool().ok_or_else(expects)?;
            }
            "session" => self.session = Some(text()?),
            "version" => {
                let version = value
                    .as_u64()
                    .and_then(|version| usize::try_from(version).ok());
                let expects = || format!("`version` expects a number from 1, not {value}");
                self.version = Some(version.filter(|version| *version > 0).ok_or_else(expects)?);
            }
            "note" => self.note = Some(text()?),
            "job" => self.job = Some(text()?),
            "title" | "name" => self.title = Some(text()?),
            // A URI as the menus of VS Code hand it over.
            "external" => self.uri = Url::parse(&text()?).ok(),
            "$mid" | "_sep" | "fsPath" | "path" | "scheme" => {}
            _ => return Err(format!("there is no argument `{name}`")),
        }
        Ok(())
    }
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

/// A story, and where in it.
#[derive(Debug, Clone)]
pub struct Target {
    pub brief: PathBuf,
    pub session: Option<SessionId>,
    pub chunk: Option<ChunkRef>,
}

/// Finds what a command is about.
///
/// # Errors
/// A sentence for the author.
pub fn resolve(state: &State, arguments: &Arguments) -> Result<Target, String> {
    let touched = match &arguments.uri {
        Some(url) => Some(Touched {
            url: url.clone(),
            position: None,
        }),
        None => state.last_touched(),
    };
    let mut target = match touched {
        Some(touched) => at(state, &touched)?,
        None => only_brief(state)?,
    };
    if let Some(session) = &arguments.session {
        target.session = Some(SessionId::parse(session).map_err(|error| error.to_string())?);
    }
    if arguments.chunk.is_some() {
        target.chunk.clone_from(&arguments.chunk);
    }
    Ok(target)
}

/// What a place in a document is about.
///
/// # Errors
/// A sentence for the author.
pub fn at(state: &State, place: &Touched) -> Result<Target, String> {
    let path =
        path_of(&place.url).ok_or_else(|| format!("{} is not a file; save it first", place.url))?;
    of_document(state, &path, place)
}

/// Before any document was touched: the one brief of the workspace.
fn only_brief(state: &State) -> Result<Target, String> {
    let folders = state
        .introduction()
        .map_or(&[][..], |introduction| &introduction.folders);
    let briefs: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| find_brief(folder).ok())
        .collect();
    match briefs.as_slice() {
        [brief] => Ok(Target {
            brief: brief.clone(),
            session: None,
            chunk: None,
        }),
        _ => Err("which story? Open its brief (story.md) first".to_owned()),
    }
}

fn of_document(state: &State, path: &Path, touched: &Touched) -> Result<Target, String> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if is_brief_name(name) {
        return Ok(Target {
            brief: path.to_owned(),
            session: None,
            chunk: beat_at(state, touched),
        });
    }
    if let Some(located) = StoryFolder::locate(path, state.workshop.disk()) {
        let Located {
            folder,
            session,
            chunk,
        } = located;
        return Ok(Target {
            brief: folder.brief().to_owned(),
            session: Some(session),
            chunk: chunk.map(ChunkRef::Number),
        });
    }
    // Any other text belongs to the brief that lies beside it.
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    find_brief(folder)
        .map(|brief| Target {
            brief,
            session: None,
            chunk: None,
        })
        .map_err(|_| format!("{name} belongs to no story: there is no brief (story.md) beside it"))
}

/// The beat under the cursor of a brief.
fn beat_at(state: &State, touched: &Touched) -> Option<ChunkRef> {
    let snapshot = state.documents.get(&touched.url)?;
    let position = touched.position?;
    let offset = position::to_byte(&snapshot.rope, position, state.documents.encoding());
    let text = snapshot.text();
    let brief = Brief::parse(&text);
    // Where the next section begins, the last beat is over; where the text ends, it is not.
    brief
        .beat_at(offset)
        .filter(|beat| beat.span.contains(&offset) || offset == text.len())
        .map(|beat| ChunkRef::Beat(beat.id.clone()))
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
}
