//! Brings a source in: as a new story, or merged into the story that it made before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::beside::{self, brief_to_add_to};
use super::error::ImportError;
use super::loading::{self, Loaded};
use super::memory::{self, Memory, Origin, Remembered};
use super::merging::{Now, matched};
use super::outline::{Addition, with_beats};
use super::report::{ImportReport, Merged};
use crate::analysis::snapshot::StorySource;
use crate::analysis::story_file::StoryFile;
use crate::book::read::brief::{SceneBeat, beats, render};
use crate::book::read::{self, ImportedBook, Kind, add_people};
use crate::decisions::sessions;
use crate::jobs::run::workshop::Workshop;
use crate::session::{
    ChunkStatus, ChunkView, ClientEdit, Disk, Owner, Owners, Proposed, Revision, Session,
    SessionId, StoryFolder, read_session,
};
use crate::settings::Settings;
use crate::story::chunk_file;
use crate::story::file_names::is_device;
use crate::story::lint::language_of;
use crate::story::slug::file_slug;
use crate::story::{Beat, Brief, ChunkNumber, Digest, Language};

/// What is to be imported, and where to.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    pub path: PathBuf,
    pub folder: PathBuf,
    pub title: Option<String>,
    /// The brief that people and background of a source without text are added to; `None`: the only one of the folder.
    pub brief: Option<PathBuf>,
    pub dry_run: bool,
    pub workspace: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug)]
pub enum Import {
    /// A ZIP that is to be brought back as a draft that was exported.
    Archive,
    /// The report, and edits of files that are open in the editor.
    Made(Box<ImportReport>, Vec<ClientEdit>),
}

/// A source, read, with its scenes as beats.
struct Incoming {
    book: ImportedBook,
    kind: Kind,
    origin: Origin,
    language: Language,
    beats: Vec<SceneBeat>,
    digests: Vec<Digest>,
    brief: String,
}

/// Imports a source. Blocks on the file system.
///
/// # Errors
/// [`ImportError`]; nothing was written then.
pub fn import(
    workshop: &Workshop,
    request: &ImportRequest,
    owners: Arc<dyn Owners>,
) -> Result<Import, ImportError> {
    let disk = workshop.disk();
    let root = match disk.resolve(&request.folder)? {
        Some(root) => root,
        // It is made later; its path is kept as it will be found.
        None => std::path::absolute(&request.folder).unwrap_or_else(|_| request.folder.clone()),
    };
    let (source, kind, notices) = match loading::load(&request.path, &root, disk)? {
        Loaded::Archive => return Ok(Import::Archive),
        Loaded::Book(source, kind, notices) => (source, kind, notices),
    };
    let mut book = read::read(&source, kind)?;
    book.notices.splice(0..0, notices);
    if let Some(title) = &request.title {
        book.title = Some(title.clone());
    }
    book.title.get_or_insert_with(|| source.name.clone());
    let real = loading::real_path(&request.path, disk)?;
    let origin = Origin {
        kind: kind.name().to_owned(),
        name: real
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        path: loading::kept_path(&real, &root),
    };
    let incoming = Incoming::of(book, kind, origin);
    let earlier = memory::find(&root, &incoming.origin, &incoming.digests, disk)?;
    let (report, edits) = match earlier {
        Some((folder, session, memory)) if !incoming.beats.is_empty() => merge(
            workshop,
            request,
            &incoming,
            (&folder, &session, memory),
            owners,
        )?,
        _ => match brief_to_add_to(&root, request.brief.as_deref(), disk)? {
            Some(brief) if incoming.beats.is_empty() => {
                let report = incoming.report(&brief, request);
                beside::add(&brief, &incoming.book, report, owners.as_ref(), disk)?
            }
            _ => (
                begin(workshop, request, &root, &incoming, owners)?,
                Vec::new(),
            ),
        },
    };
    Ok(Import::Made(Box::new(report), edits))
}

impl Incoming {
    fn of(mut book: ImportedBook, kind: Kind, origin: Origin) -> Incoming {
        let language = language(&book);
        let telling = add_people(&mut book, &language);
        let beats = beats(&book, &language, &BTreeSet::new());
        let digests = beats
            .iter()
            .map(|beat| chunk_file::digest(&beat.scene.text))
            .collect();
        let brief = render(&book, &beats, &language, telling);
        Incoming {
            book,
            kind,
            origin,
            language,
            beats,
            digests,
            brief,
        }
    }

    fn report(&self, brief: &Path, request: &ImportRequest) -> ImportReport {
        ImportReport {
            kind: self.kind.name(),
            source: request.path.display().to_string(),
            title: self.book.title.clone().unwrap_or_default(),
            brief: brief.display().to_string(),
            chapters: self.book.chapters.len(),
            beats: self.beats.len(),
            words: self.beats.iter().map(|beat| u64::from(beat.words)).sum(),
            people: self.book.cast.len(),
            background: self.book.background.len(),
            dry_run: request.dry_run,
            notices: self.book.notices.clone(),
            unit: self.language.unit(),
            ..ImportReport::default()
        }
    }

    fn remembered(&self, index: usize, beat: &crate::story::BeatId) -> Option<Remembered> {
        let scene = self.beats.get(index)?;
        let chapter = self.book.chapters.get(scene.chapter)?;
        Some(Remembered {
            beat: beat.clone(),
            key: scene.scene.key.clone(),
            chapter: chapter.title.clone(),
            title: scene.scene.title.clone(),
            sha256: self.digests.get(index)?.clone(),
        })
    }
}

/// Returns the language of a book: what it says, else what its prose is written in.
fn language(book: &ImportedBook) -> Language {
    let said = book.language.as_deref().map(|tag| tag.replace('_', "-"));
    let known = said
        .and_then(|tag| Language::parse(&tag))
        .filter(Language::is_known);
    let longest = || {
        let scenes = book.chapters.iter().flat_map(|chapter| &chapter.scenes);
        scenes
            .max_by_key(|scene| scene.text.len())
            .and_then(|scene| language_of(&scene.text))
    };
    known.or_else(longest).unwrap_or_default()
}

/// Makes a new story.
fn begin(
    workshop: &Workshop,
    request: &ImportRequest,
    root: &Path,
    incoming: &Incoming,
    owners: Arc<dyn Owners>,
) -> Result<ImportReport, ImportError> {
    let disk = workshop.disk();
    let parsed = Brief::parse(&incoming.brief);
    let same = |(read, meant): (&Beat, &SceneBeat)| read.id == meant.id;
    let is_as_meant = parsed.beats.len() == incoming.beats.len()
        && parsed.beats.iter().zip(&incoming.beats).all(same);
    let mut errors = parsed.errors().filter(|_| !incoming.beats.is_empty());
    let why = match errors.next() {
        Some(problem) => Some(problem.message.to_string()),
        None => (!is_as_meant).then(|| "its titles would be read otherwise".to_owned()),
    };
    if let Some(why) = why {
        let path = request.path.clone();
        return Err(ImportError::NoBrief { path, why });
    }
    let name = match free_name(root, incoming, disk)? {
        Place::Free(name) => name,
        Place::Same(name) => return Ok(incoming.report(&root.join(name), request)),
    };
    let brief = root.join(&name);
    let mut report = incoming.report(&brief, request);
    if request.dry_run {
        return Ok(report);
    }
    let had_folder = disk.metadata(root)?.is_some();
    disk.make_folder(root)?;
    let made = write_new(workshop, request, &brief, incoming, owners);
    match made {
        Ok(session) => {
            report.brief_written = true;
            report.session = session.map(|session| session.to_string());
            Ok(report)
        }
        Err(error) => {
            // What was begun is of no use to anybody.
            let _ = disk.remove(&brief);
            if !had_folder {
                let _ = disk.remove_empty_folder(root);
            }
            Err(error)
        }
    }
}

enum Place {
    Free(String),
    /// A brief that is just this one.
    Same(String),
}

/// Finds a name for a brief.
fn free_name(root: &Path, incoming: &Incoming, disk: &Disk) -> Result<Place, ImportError> {
    let mut slug = file_slug(incoming.book.title.as_deref().unwrap_or_default());
    if is_device(&slug) {
        slug.push_str("-story");
    }
    let mut number = 1_u32;
    let mut name = "story.md".to_owned();
    loop {
        let path = root.join(&name);
        if disk.metadata(&path)?.is_none() {
            return Ok(Place::Free(name));
        }
        let there = disk.read_linked(&path).ok().flatten();
        if incoming.beats.is_empty() && there.as_deref() == Some(incoming.brief.as_bytes()) {
            return Ok(Place::Same(name));
        }
        name = match number {
            1 => format!("{slug}.story.md"),
            number => format!("{slug}-{number}.story.md"),
        };
        number += 1;
    }
}

/// Writes brief and draft of a new story; leaves no draft behind where that fails.
fn write_new(
    workshop: &Workshop,
    request: &ImportRequest,
    brief: &Path,
    incoming: &Incoming,
    owners: Arc<dyn Owners>,
) -> Result<Option<SessionId>, ImportError> {
    let disk = workshop.disk();
    disk.write(brief, incoming.brief.as_bytes())?;
    if incoming.beats.is_empty() {
        return Ok(None);
    }
    let (story, settings) = read_story(workshop, request, brief, owners.as_ref())?;
    let generated = story.folder.generated();
    let had_generated = disk.metadata(&generated)?.is_some();
    let id = sessions::create(workshop, &story, &settings, None, Arc::clone(&owners))?;
    let filled = fill(workshop, &story, &settings, &id, incoming, owners);
    if filled.is_err() {
        let _ = disk.remove_folder(&story.folder.session_root(&id));
        if !had_generated {
            let _ = disk.remove_folder(&generated);
        }
    }
    filled.map(|()| Some(id))
}

fn fill(
    workshop: &Workshop,
    story: &StoryFile,
    settings: &Settings,
    id: &SessionId,
    incoming: &Incoming,
    owners: Arc<dyn Owners>,
) -> Result<(), ImportError> {
    let scenes = incoming.beats.iter().enumerate();
    let remembered = scenes.filter_map(|(index, beat)| incoming.remembered(index, &beat.id));
    // First, so that the same import goes on where this one is killed.
    let memory = Memory::new(incoming.origin.clone(), remembered.collect());
    memory.write(&story.folder, id, workshop.disk())?;
    let plan = story.plan(settings);
    let (open, _) = workshop.open_session(story, Some(id), &plan, owners)?;
    let session = &open.session;
    for (number, beat) in (1..).zip(&incoming.beats) {
        // A scene that has only a synopsis is a beat to be written.
        if !beat.scene.text.trim().is_empty() {
            session.save_imported(ChunkNumber(number), &beat.scene.text)?;
        }
    }
    session.update_derived()?;
    session.update_index()?;
    Ok(())
}

fn read_story(
    workshop: &Workshop,
    request: &ImportRequest,
    brief: &Path,
    owners: &dyn Owners,
) -> Result<(StoryFile, Settings), ImportError> {
    let source = StorySource::of_files(brief, request.workspace.as_deref());
    let read = workshop
        .read_story(&source, owners)
        .map_err(crate::jobs::run::error::JobError::from)?;
    Ok((read.story, read.settings))
}

/// What becomes of one scene of a source that was imported before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    Unchanged,
    /// Its text takes the place of the chunk's.
    Replaces,
    Kept,
    Proposed,
    /// The author took its beat out of the outline.
    Dropped,
}

/// Merges a source into the story that it made.
fn merge(
    workshop: &Workshop,
    request: &ImportRequest,
    incoming: &Incoming,
    (folder, id, memory): (&StoryFolder, &SessionId, Memory),
    owners: Arc<dyn Owners>,
) -> Result<(ImportReport, Vec<ClientEdit>), ImportError> {
    let disk = workshop.disk();
    let (story, settings) = read_story(workshop, request, folder.brief(), owners.as_ref())?;
    story
        .check_merged()
        .map_err(crate::jobs::run::error::JobError::from)?;
    let plan = story.plan(&settings);
    let view = read_session(
        &story.folder,
        id,
        &plan,
        &story.brief.language,
        owners.as_ref(),
        disk,
    )?;
    let chunk_of =
        |beat: &crate::story::BeatId| view.chunks.iter().find(|chunk| chunk.beat == *beat);
    let old_texts: Vec<Option<&str>> = memory
        .scenes
        .iter()
        .map(|scene| chunk_of(&scene.beat).map(|chunk| &*chunk.text))
        .collect();
    let now: Vec<Now<'_>> = incoming
        .beats
        .iter()
        .zip(&incoming.digests)
        .map(|(beat, digest)| Now {
            key: beat.scene.key.as_deref(),
            chapter: incoming
                .book
                .chapters
                .get(beat.chapter)
                .and_then(|it| it.title.as_deref()),
            title: beat.scene.title.as_deref(),
            sha256: &digest.0,
            text: &beat.scene.text,
        })
        .collect();
    let was = matched(&memory.scenes, &old_texts, &now);

    let becomes: Vec<Option<Becomes>> = was
        .iter()
        .enumerate()
        .map(|(index, was)| {
            let old = memory.scenes.get((*was)?)?;
            Some(becomes(
                chunk_of(&old.beat),
                &old.sha256,
                &incoming.digests[index],
            ))
        })
        .collect();

    // The ids of new scenes are none that any beat has or had.
    let mut taken: BTreeSet<String> = story
        .brief
        .beats
        .iter()
        .map(|beat| beat.id.0.clone())
        .collect();
    taken.extend(memory.scenes.iter().map(|scene| scene.beat.0.clone()));
    let fresh = beats(&incoming.book, &incoming.language, &taken);
    let mut additions: Vec<Addition<'_>> = Vec::new();
    let mut before: Option<(crate::story::BeatId, usize)> = None;
    for (index, was) in was.iter().enumerate() {
        let chapter = incoming.beats[index].chapter;
        let beat = match was.and_then(|was| memory.scenes.get(was)) {
            Some(old) if story.brief.beat(&old.beat).is_some() => old.beat.clone(),
            Some(_) => continue,
            None => {
                additions.push(Addition {
                    beat: &fresh[index],
                    after: before.as_ref().map(|(beat, _)| beat.clone()),
                    is_same_chapter: before.as_ref().is_some_and(|(_, of)| *of == chapter),
                });
                fresh[index].id.clone()
            }
        };
        before = Some((beat, chapter));
    }
    let grown = match additions.is_empty() {
        true => None,
        false => Some(
            with_beats(&story.text, &incoming.book, &additions)
                .ok_or_else(|| ImportError::NoPlace(folder.brief().to_owned()))?,
        ),
    };
    if grown.is_some() && owners.owner(folder.brief()) == Owner::Client {
        return Err(ImportError::BriefOpen(folder.brief().to_owned()));
    }

    let mut report = incoming.report(folder.brief(), request);
    report.session = Some(id.to_string());
    let gone = memory
        .scenes
        .iter()
        .enumerate()
        .filter(|(at, _)| !was.contains(&Some(*at)));
    let mut merged = Merged {
        gone: gone.map(|(_, scene)| scene.beat.to_string()).collect(),
        ..Merged::default()
    };
    if request.dry_run {
        for (index, becomes) in becomes.iter().enumerate() {
            let beat = was[index]
                .and_then(|was| memory.scenes.get(was))
                .map(|old| &old.beat);
            let number = beat.and_then(chunk_of).map_or(0, |chunk| chunk.number.0);
            count(&mut merged, *becomes, number);
        }
        report.merged = Some(merged);
        return Ok((report, Vec::new()));
    }
    if let Some(text) = &grown {
        let held = disk.within(folder.root());
        held.write(folder.brief(), text.as_bytes())?;
        // At once, so that an import that is killed from here on does not add the same beats again.
        let mut known = memory.clone();
        let new = (0..was.len()).filter(|index| was[*index].is_none());
        let new = new.filter_map(|index| incoming.remembered(index, &fresh[index].id));
        known.scenes.extend(new);
        known.write(&story.folder, id, disk)?;
    }
    let (story, settings) = read_story(workshop, request, folder.brief(), owners.as_ref())?;
    let plan = story.plan(&settings);
    let (open, _) = workshop.open_session(&story, Some(id), &plan, owners)?;
    let mut edits = Vec::new();
    let mut scenes = Vec::new();
    for (index, scene) in incoming.beats.iter().enumerate() {
        let old = was[index].and_then(|was| memory.scenes.get(was));
        let beat = old.map_or(&fresh[index].id, |old| &old.beat);
        scenes.extend(incoming.remembered(index, beat));
        let number = plan
            .iter()
            .find(|planned| planned.beat == *beat)
            .map(|planned| planned.number);
        count(
            &mut merged,
            becomes[index],
            number.map_or(0, |number| number.0),
        );
        let Some(number) = number else { continue };
        edits.extend(put(
            &open.session,
            number,
            becomes[index],
            &scene.scene.text,
            &mut report.notices,
        )?);
    }
    edits.extend(open.session.update_derived()?.client_edits);
    edits.extend(open.session.update_index()?.client_edits);
    let left = memory
        .scenes
        .iter()
        .enumerate()
        .filter(|(at, _)| !was.contains(&Some(*at)));
    scenes.extend(left.map(|(_, scene)| scene.clone()));
    Memory::new(incoming.origin.clone(), scenes).write(&story.folder, id, disk)?;
    report.merged = Some(merged);
    Ok((report, edits))
}

/// Decides what becomes of a scene. Pure.
fn becomes(chunk: Option<&ChunkView>, old: &Digest, new: &Digest) -> Becomes {
    let Some(chunk) = chunk else {
        return Becomes::Dropped;
    };
    let is_missing = chunk.status == ChunkStatus::Missing && chunk.text.is_empty();
    let is_changed_here = chunk.digest != *old;
    match (is_changed_here, old != new) {
        _ if is_missing && *new == chunk_file::digest("") => Becomes::Unchanged,
        _ if is_missing => Becomes::Replaces,
        _ if chunk.digest == *new => Becomes::Unchanged,
        (false, false) => Becomes::Unchanged,
        (false, true) if chunk.locked => Becomes::Proposed,
        (false, true) => Becomes::Replaces,
        (true, false) => Becomes::Kept,
        (true, true) => Becomes::Proposed,
    }
}

/// Notes what became of a scene; without an old one it is new.
fn count(merged: &mut Merged, becomes: Option<Becomes>, number: u32) {
    match becomes {
        None => merged.added.push(number),
        Some(Becomes::Unchanged | Becomes::Dropped) => merged.unchanged += 1,
        Some(Becomes::Replaces) => merged.replaced.push(number),
        Some(Becomes::Kept) => merged.kept.push(number),
        Some(Becomes::Proposed) => merged.proposed.push(number),
    }
}

/// Puts the text of a scene where it belongs.
fn put(
    session: &Session,
    number: ChunkNumber,
    becomes: Option<Becomes>,
    text: &str,
    notices: &mut Vec<String>,
) -> Result<Vec<ClientEdit>, ImportError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    match becomes {
        None | Some(Becomes::Replaces) => {
            // What is there was looked at, and goes to history.
            session.chunk(number)?;
            Ok(session.save_imported(number, text)?.client_edits)
        }
        Some(Becomes::Proposed) => {
            let of = session.chunk(number)?.digest;
            let proposed = session.propose_revision(&Revision {
                number,
                of,
                prose: text.to_owned(),
            })?;
            if let Proposed::Aside(Some(path)) = proposed {
                notices.push(format!(
                    "chunk {number} has a revision that waits already; the source's text is in {}",
                    path.display()
                ));
            }
            Ok(Vec::new())
        }
        Some(Becomes::Unchanged | Becomes::Kept | Becomes::Dropped) => Ok(Vec::new()),
    }
}
