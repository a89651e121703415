//! Gathers the facts about a session from disk, journals and editors, without conclusions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::facts::{CopyFact, Facts, FileFact};
use super::session_memory::SessionMemory;
use crate::session::disk::{Disk, EntryKind};
use crate::session::error::StoreError;
use crate::session::history::provenance;
use crate::session::history::{self, KeptVersion};
use crate::session::intent::{self, Intent};
use crate::session::kept_files::KeptFiles;
use crate::session::layout::{self, SessionPaths, StoryFolder};
use crate::session::manifest::ManifestFact;
use crate::session::record_log::{self, Entry, Logged};
use crate::session::renames;
use crate::session::{Owner, Owners, PlannedChunk, SessionId};
use crate::story::chunk_text::ChunkText;
use crate::story::conflict_markers::has_conflict;
use crate::story::journal::OnDisk;
use crate::story::sync_copies;

/// The texts of chunk files as they were read last.
pub(crate) type KeptTexts = KeptFiles<ChunkText>;

/// How often gathering starts again when a writer changes the folder meanwhile.
const TRIES: usize = 5;

/// Gathers the facts of a session. Changes that were declared and not finished count as done.
pub(crate) fn gather(
    folder: &StoryFolder,
    id: &SessionId,
    plan: &[PlannedChunk],
    owners: &dyn Owners,
    disk: &Disk,
    memory: &mut SessionMemory,
) -> Result<Facts, StoreError> {
    let paths = folder.paths(id);
    let SessionMemory {
        texts,
        manifest,
        noted,
    } = memory;
    let mut facts = gather_with(folder, id, plan, owners, (disk, texts), || {
        // In this order: a manifest that is newer than the log has all of it.
        let logged = Logged::read(&paths, disk)?;
        let (fact, seen) = manifest.get(&paths.manifest(), id.as_str(), disk)?;
        Ok((fact, logged.after(seen.as_ref())))
    })?;
    let files = &facts.files;
    match &mut facts.manifest {
        ManifestFact::Read(manifest) => {
            provenance::bring_up_to(manifest, files, &paths, (disk, noted))?;
        }
        _ => facts.records = provenance::known_records(files, &paths, disk)?,
    }
    facts.copies = copies(folder, &paths, disk)?;
    Ok(facts)
}

/// Lists copies of the files that are no chunks.
fn copies(
    folder: &StoryFolder,
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Vec<CopyFact>, StoreError> {
    let mut copies = Vec::new();
    let brief = folder.brief_name();
    let stem = brief.strip_suffix(".md").unwrap_or(brief);
    for (folder, stem, end) in [
        (folder.root(), stem, "md"),
        (&*paths.root, "manifest", "json"),
    ] {
        for entry in disk.list(folder)? {
            if entry.kind == EntryKind::File && sync_copies::is_copy_of(&entry.name, stem, end) {
                copies.push(CopyFact {
                    copy: folder.join(&entry.name),
                    original: folder.join(format!("{stem}.{end}")),
                });
            }
        }
    }
    for folder in history::folders(paths, disk)? {
        let files = disk.list(&folder)?;
        copies.extend(files.into_iter().filter_map(|file| {
            let original = history::original_of(&file.name)?;
            Some(CopyFact {
                original: folder.join(original),
                copy: folder.join(file.name),
            })
        }));
    }
    Ok(copies)
}

/// Gathers the facts for the writer, which has the manifest in memory and keeps the texts that it has `read`.
pub(crate) fn gather_again(
    folder: &StoryFolder,
    id: &SessionId,
    plan: &[PlannedChunk],
    owners: &dyn Owners,
    (disk, read): (&Disk, &mut KeptTexts),
    manifest: ManifestFact,
) -> Result<Facts, StoreError> {
    let manifest = || Ok((manifest.clone(), Vec::new()));
    gather_with(folder, id, plan, owners, (disk, read), manifest)
}

fn gather_with(
    folder: &StoryFolder,
    id: &SessionId,
    plan: &[PlannedChunk],
    owners: &dyn Owners,
    (disk, texts): (&Disk, &mut KeptTexts),
    mut manifest: impl FnMut() -> Result<(ManifestFact, Vec<Entry>), StoreError>,
) -> Result<Facts, StoreError> {
    let paths = folder.paths(id);
    for inside in paths.folders() {
        disk.ensure_inside(&inside, folder.root())?;
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let declared = disk.read(&paths.intent())?;
        let mut facts = read(&paths, manifest()?, disk, texts)?;
        // A change that began or ended meanwhile may have moved a file past the listing.
        if disk.read(&paths.intent())? != declared && tries < TRIES {
            continue;
        }
        if let Some(intent) = declared.as_deref().and_then(Intent::parse) {
            intent::overlay(&intent, &mut facts);
        }
        add_open_texts(&mut facts, &paths, plan, owners);
        return Ok(facts);
    }
}

fn read(
    paths: &SessionPaths,
    (mut manifest, logged): (ManifestFact, Vec<Entry>),
    disk: &Disk,
    texts: &mut KeptTexts,
) -> Result<Facts, StoreError> {
    let mut files: BTreeMap<String, FileFact> = BTreeMap::new();
    let mut unread = Vec::new();
    // Texts move from the earlier place of journals to that of today, and from there into the
    // chunk file: read in this order, none is missed.
    for (folder, holds) in [
        (paths.chunks(), Holds::Journals),
        (paths.work(), Holds::Journals),
        (paths.chunks(), Holds::Chunks),
    ] {
        read_folder(&folder, holds, &mut files, &mut unread, (disk, texts))?;
    }
    for file in files.values_mut().filter(|file| file.journal.is_some()) {
        let path = paths.chunks().join(&file.name);
        file.on_disk = Some(OnDisk {
            digest: file.text.whole.clone(),
            modified: disk.modified(&path)?,
        });
    }
    let files: Vec<FileFact> = files.into_values().collect();
    if let ManifestFact::Read(manifest) = &mut manifest {
        record_log::apply(logged, manifest, &files);
    }
    Ok(Facts {
        manifest,
        records: Vec::new(),
        files,
        removed: read_removed(paths, disk)?,
        unread,
        copies: Vec::new(),
        renames: renames::read(paths, disk)?,
        at: disk.now(),
    })
}

/// The kind of files that a folder is searched for.
#[derive(Clone, Copy)]
enum Holds {
    Chunks,
    Journals,
}

/// Adds the chunk files of a folder, or the journals.
fn read_folder(
    folder: &Path,
    holds: Holds,
    files: &mut BTreeMap<String, FileFact>,
    unread: &mut Vec<(PathBuf, EntryKind)>,
    (disk, texts): (&Disk, &mut KeptTexts),
) -> Result<(), StoreError> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in disk.list(folder)? {
        let is_copy = sync_copies::is_copy_name(&entry.name);
        let name = match (holds, entry.name.strip_suffix(".journal")) {
            (Holds::Journals, Some(stem)) if !is_copy => format!("{stem}.md"),
            (Holds::Chunks, None) if is_copy || layout::is_markdown(&entry.name) => {
                entry.name.clone()
            }
            _ => continue,
        };
        if entry.name.starts_with('.') {
            continue;
        }
        if entry.kind != EntryKind::File {
            unread.push((folder.join(entry.name), entry.kind));
            continue;
        }
        found.push((name, folder.join(&entry.name)));
    }
    let (names, paths): (Vec<String>, Vec<PathBuf>) = found.into_iter().unzip();
    match holds {
        Holds::Journals => {
            for (name, path) in names.into_iter().zip(paths) {
                if let Some(journal) = disk.read_text(&path)? {
                    fact_of(name, files).journal = Some(journal);
                }
            }
        }
        Holds::Chunks => {
            let read = |path: &Path| {
                let text = disk.read_text(path)?;
                Ok::<_, StoreError>(text.map(|text| ChunkText::parse(&text)))
            };
            let read = texts.get_all(&paths, disk, read)?;
            for (name, text) in names.into_iter().zip(read) {
                if let Some(text) = text {
                    fact_of(name, files).text = text;
                }
            }
        }
    }
    Ok(())
}

fn fact_of(name: String, files: &mut BTreeMap<String, FileFact>) -> &mut FileFact {
    let fact = files.entry(name.clone());
    fact.or_insert_with(|| FileFact {
        name,
        ..FileFact::default()
    })
}

fn read_removed(paths: &SessionPaths, disk: &Disk) -> Result<Vec<KeptVersion>, StoreError> {
    let mut removed = Vec::new();
    for entry in disk.list(&paths.history())? {
        if entry.kind == EntryKind::Folder && entry.name.starts_with("beat_") {
            let latest = history::in_folder(&paths.history().join(entry.name), disk)?.pop();
            // With a conflict in it, it is no text that could come back.
            removed.extend(latest.filter(|kept| !has_conflict(&kept.file.prose)));
        }
    }
    Ok(removed)
}

fn add_open_texts(
    facts: &mut Facts,
    paths: &SessionPaths,
    plan: &[PlannedChunk],
    owners: &dyn Owners,
) {
    let chunks = paths.chunks();
    for planned in plan {
        // A file may be open that is not on disk yet.
        let name = layout::chunk_name(planned.number, plan.len());
        if let Err(place) = facts.files.binary_search_by(|file| file.name.cmp(&name))
            && matches!(owners.owner(&chunks.join(&name)), Owner::Client)
        {
            let file = FileFact {
                name,
                ..FileFact::default()
            };
            facts.files.insert(place, file);
        }
    }
    for file in &mut facts.files {
        let path = chunks.join(&file.name);
        if matches!(owners.owner(&path), Owner::Client) {
            file.open = true;
            if let Some(text) = owners.open_text(&path) {
                file.text = Arc::new(ChunkText::parse(&text));
            }
        }
    }
}
