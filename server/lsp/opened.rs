//! Finds the document that a request is about and its story, both as the documents were at one moment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::{Location, Position, Range, Url};

use super::document_kind::{is_brief, is_in_chunks};
use super::documents::{OpenFiles, Snapshot};
use super::position::{self, Encoding};
use super::state::State;
use crate::analysis::features::document::{ChunkParts, DocumentKind, StoryDocument};
use crate::analysis::index::StoryIndex;
use crate::analysis::snapshot::StorySnapshot;
use crate::analysis::snapshots::Look;
use crate::analysis::story_file::{StoryFile, find_brief};
use crate::jobs::run::blocking::blocking;
use crate::session::{SessionId, StoryFolder};
use crate::story::names::CastNames;
use crate::story::{Brief, Span};

/// An open document of a story.
pub struct Opened<'a> {
    state: &'a State,
    pub files: OpenFiles,
    pub snapshot: Snapshot,
    pub encoding: Encoding,
    pub text: String,
    kind: DocumentKind,
    home: Home,
}

/// Where a document belongs.
enum Home {
    /// To the story of a brief, and to a draft of it where it lies in one.
    Story {
        read: Arc<StorySnapshot>,
        brief: PathBuf,
        session: Option<SessionId>,
    },
    /// It is a brief that has no file.
    Unsaved(Box<(Brief, CastNames)>),
}

impl<'a> Opened<'a> {
    /// Takes a document that the client has open; `None` where it has not, and where the document belongs to no
    /// story. Reads the brief, so it may block on the file system.
    pub fn of(state: &'a State, url: &Url) -> Option<Opened<'a>> {
        let open = state.documents.all();
        let own = open.iter().find(|open| open.snapshot.url == *url)?;
        let (snapshot, path) = (own.snapshot.clone(), own.path.clone());
        let files = OpenFiles::of(&open);
        let text = snapshot.text();
        let (kind, home) = match is_brief(url) {
            true => (
                DocumentKind::Brief,
                of_brief(state, &files, path.as_deref(), &text),
            ),
            false => beside(state, &files, &path?, &text)?,
        };
        Some(Opened {
            state,
            encoding: state.documents.encoding(),
            files,
            snapshot,
            text,
            kind,
            home,
        })
    }

    pub fn document(&self) -> StoryDocument<'_> {
        let (brief, names) = match &self.home {
            Home::Story { read, .. } => (&read.story.brief, read.story.names()),
            Home::Unsaved(parsed) => (&parsed.0, &parsed.1),
        };
        StoryDocument {
            kind: &self.kind,
            text: &self.text,
            brief,
            names,
        }
    }

    /// Returns the story as its brief has it; `None` for a brief without a file.
    pub fn story(&self) -> Option<&StoryFile> {
        match &self.home {
            Home::Story { read, .. } => Some(&read.story),
            Home::Unsaved(_) => None,
        }
    }

    /// Returns the file of the story's brief.
    pub fn brief(&self) -> Option<&Path> {
        match &self.home {
            Home::Story { brief, .. } => Some(brief),
            Home::Unsaved(_) => None,
        }
    }

    /// Returns the draft that the document lies in.
    pub fn session(&self) -> Option<&SessionId> {
        match &self.home {
            Home::Story { session, .. } => session.as_ref(),
            Home::Unsaved(_) => None,
        }
    }

    /// Begins a look at the story, as its documents were at the same moment; `None` for a brief without a file.
    pub fn look(&self) -> Option<Look<'_>> {
        match &self.home {
            Home::Story { brief, .. } => Some(self.state.look(brief, &self.files)),
            Home::Unsaved(_) => None,
        }
    }

    /// Returns the index of the story; `None` where there is none, or where it can't be read.
    pub fn index(&self) -> Option<Arc<StoryIndex>> {
        self.look()?.index(self.session()).ok()
    }

    /// Finds the byte of a position.
    pub fn offset(&self, position: Position) -> usize {
        position::to_byte(&self.snapshot.rope, position, self.encoding)
    }

    /// Finds the range of a span of this document.
    pub fn range(&self, span: &Span) -> Range {
        position::from_span(&self.snapshot.rope, span, self.encoding)
    }

    /// Begins to name places in files of the story.
    pub fn places(&self) -> Places<'_> {
        Places::of(&self.files, self.encoding)
    }
}

/// Answers a request about an open document where that holds no other message up; `None` for a document that
/// is not open, or belongs to no story.
pub async fn with_document<T: Send + 'static>(
    state: &Arc<State>,
    url: Url,
    answer: impl FnOnce(&Opened<'_>) -> Option<T> + Send + 'static,
) -> Option<T> {
    let state = Arc::clone(state);
    blocking(move || answer(&Opened::of(&state, &url)?)).await
}

fn of_brief(state: &State, files: &OpenFiles, path: Option<&Path>, text: &str) -> Home {
    let read = path.and_then(|path| Some((path, state.look(path, files).story().ok()?)));
    match read {
        Some((path, read)) if read.story.text == text => Home::Story {
            read,
            brief: path.to_owned(),
            session: None,
        },
        _ => {
            let brief = Brief::parse(text);
            let names = CastNames::of(&brief.cast, &brief.language);
            Home::Unsaved(Box::new((brief, names)))
        }
    }
}

/// Finds the story of a document that is no brief: the one whose draft it lies in, else the one of its folder.
fn beside(
    state: &State,
    files: &OpenFiles,
    path: &Path,
    text: &str,
) -> Option<(DocumentKind, Home)> {
    let is_markdown = path.extension().is_some_and(|extension| extension == "md");
    if !is_markdown {
        return None;
    }
    let located = StoryFolder::locate(path, state.workshop.disk());
    let (kind, brief, session) = match located {
        Some(located) => {
            let is_chunk = is_in_chunks(path);
            let kind = match is_chunk {
                true => DocumentKind::Chunk(ChunkParts::of(text, located.chunk)),
                false => DocumentKind::Beside,
            };
            let brief = located.folder.brief().to_owned();
            (kind, brief, Some(located.session))
        }
        None => {
            let brief = find_brief(path.parent()?).ok()?;
            (DocumentKind::Beside, brief, None)
        }
    };
    let read = state.look(&brief, files).story().ok()?;
    let home = Home::Story {
        read,
        brief,
        session,
    };
    Some((kind, home))
}

/// Names places in files: those that are open as they are shown, the others as they were read.
pub struct Places<'a> {
    files: &'a OpenFiles,
    encoding: Encoding,
    /// The file of the last place: most places come file by file.
    last: Option<(PathBuf, Url, Rope)>,
}

impl<'a> Places<'a> {
    pub fn of(files: &'a OpenFiles, encoding: Encoding) -> Places<'a> {
        Places {
            files,
            encoding,
            last: None,
        }
    }

    /// Names a span of a file with this text; `None` for a path that no URL can name.
    pub fn location(&mut self, path: &Path, text: &str, span: &Span) -> Option<Location> {
        if self.last.as_ref().is_none_or(|(last, ..)| last != path) {
            let open = self.files.open.get(path);
            let uri = open.map(|open| open.url.clone());
            let uri = uri.or_else(|| Url::from_file_path(path).ok())?;
            let rope = open.map_or_else(|| Rope::from_str(text), |open| open.rope.clone());
            self.last = Some((path.to_owned(), uri, rope));
        }
        let (_, uri, rope) = self.last.as_ref()?;
        Some(Location {
            uri: uri.clone(),
            range: position::from_span(rope, span, self.encoding),
        })
    }
}
