//! The export of a session: a ZIP of everything, or one file that is made of it.
//!
//! Takes no lock and changes nothing of the session, so that it works while a job writes. The
//! same files give the same bytes: entries are sorted, and times and modes are always the
//! same. A file gets its name only after it was read back and found to hold what was written.

use std::cell::Cell;
use std::io::{self, BufReader, BufWriter, IntoInnerError, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::archive::{self, ArchiveError};
use crate::session::{Disk, Entry, EntryKind};
use crate::session::{Doing, StoreError};
use crate::session::{NewFile, stream};
use crate::session::{SessionId, StoryFolder};

/// The file that an export made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub path: PathBuf,
    /// How many files are in it.
    pub files: usize,
    /// The size of the file.
    pub bytes: u64,
    /// Messages to the author about the export.
    pub notices: Vec<String>,
}

/// A file of the session, as the export read it.
struct Member {
    /// Below the session's folder, with forward slashes.
    name: String,
    path: PathBuf,
    length: u64,
    sha256: [u8; 32],
}

/// Packs everything of a session, and its brief, into a ZIP; also of a session that is not
/// finished, or being written. `target` is a file, or a folder to put it into; by default the
/// ZIP lies in the session's folder and is named after it.
///
/// # Errors
/// [`StoreError::NoSession`]; [`ArchiveError::Occupied`] where the target is no earlier
/// export; what the disk refused. Nothing is left behind then, and an earlier export stays.
pub fn export_zip(
    folder: &StoryFolder,
    id: &SessionId,
    target: Option<&Path>,
    disk: &Disk,
) -> Result<Exported, ArchiveError> {
    let target = Target::of(folder, id, target, &format!("{id}.zip"), disk)?;
    let disk = &target.disk;
    hold_zip(&target.path, disk)?;
    let (paths, mut notices) = collect(folder, id, disk)?;
    let temporary = disk.temporary_for(&target.path);
    let temporary = temporary.path();
    let packed = pack(id, paths, temporary, disk).and_then(|members| {
        notices.extend(verify(id, &members, temporary, &target.path, disk)?);
        let bytes = disk.open_file(temporary)?.1;
        Ok((members.len(), bytes))
    });
    let (files, bytes) = match packed {
        Ok(packed) => packed,
        Err(error) => {
            let _ = disk.remove(temporary);
            return Err(error);
        }
    };
    disk.put_in_place(temporary, &target.path)?;
    Ok(Exported {
        path: target.path,
        files,
        bytes,
        notices,
    })
}

/// The target of an export.
pub(super) struct Target {
    pub(super) path: PathBuf,
    /// Held inside the story's folder where the export is.
    pub(super) disk: Disk,
    pub(super) is_default: bool,
}

impl Target {
    pub(super) fn of(
        folder: &StoryFolder,
        id: &SessionId,
        wanted: Option<&Path>,
        name: &str,
        disk: &Disk,
    ) -> Result<Target, StoreError> {
        let root = folder.session_root(id);
        if disk.metadata(&root)?.is_none() {
            return Err(StoreError::NoSession {
                id: id.to_string(),
                generated: folder.generated(),
            });
        }
        disk.ensure_inside(&root, folder.root())?;
        let default = root.join(archive::EXPORTS).join(name);
        let path = match wanted {
            None => {
                disk.within(folder.root())
                    .make_folder(&root.join(archive::EXPORTS))?;
                default.clone()
            }
            Some(wanted) if is_folder(wanted, disk)? => wanted.join(name),
            Some(wanted) => wanted.to_owned(),
        };
        let above = match path.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        let real = disk
            .resolve(above)?
            .ok_or_else(|| StoreError::NoFolder { path: path.clone() })?;
        let path = real.join(path.file_name().unwrap_or(name.as_ref()));
        let is_default = path == default;
        Ok(Target {
            disk: match real.starts_with(folder.root()) {
                true => disk.within(folder.root()),
                // The author named a place elsewhere.
                false => disk.clone(),
            },
            path,
            is_default,
        })
    }
}

fn is_folder(path: &Path, disk: &Disk) -> Result<bool, StoreError> {
    let Some(real) = disk.resolve(path)? else {
        return Ok(false);
    };
    let metadata = disk.metadata(&real)?;
    Ok(metadata.is_some_and(|metadata| metadata.kind == EntryKind::Folder))
}

/// Refuses to replace what is no ZIP: a newer export may take the place of an older one only.
fn hold_zip(path: &Path, disk: &Disk) -> Result<(), ArchiveError> {
    let occupied = |what| ArchiveError::Occupied {
        path: path.to_owned(),
        what,
    };
    match disk.metadata(path)?.map(|metadata| metadata.kind) {
        None => Ok(()),
        Some(EntryKind::File) => {
            let mut start = [0; 2];
            let (mut file, length) = disk.open_file(path)?;
            let read = stream::read_piece(&mut file, &mut start)
                .map_err(|error| StoreError::io(Doing::Read, path, error))?;
            // What a failed copy left, or a ZIP.
            if length == 0 || start[..read] == *b"PK" {
                return Ok(());
            }
            Err(occupied("no ZIP archive"))
        }
        Some(_) => Err(occupied("not a file")),
    }
}

/// The files of an archive by name, and messages about those that are left out.
type Collected = (Vec<(String, PathBuf)>, Vec<String>);

fn collect(folder: &StoryFolder, id: &SessionId, disk: &Disk) -> Result<Collected, StoreError> {
    let paths = folder.paths(id);
    let (mut found, mut left_out, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    walk(&paths.root, "", id, disk, &mut found, &mut left_out)?;
    if !left_out.is_empty() {
        notices.push(format!(
            "not in it, because no session has them: {}",
            left_out.join(", ")
        ));
    }
    if disk.metadata(&paths.intent())?.is_some() {
        notices.push(
            "a change of several files was interrupted and is not finished; the next `storywright write` finishes it, \
             and an export after that has it"
                .to_owned(),
        );
    }
    let is_journal = |entry: &Entry| entry.name.ends_with(".journal");
    if disk.list(&paths.work())?.iter().any(is_journal) {
        notices.push(
            "a chunk is open in an editor with text that is not saved yet; save it, and an export after that has it"
                .to_owned(),
        );
    }
    if disk.read_linked(folder.brief())?.is_some() {
        let name = format!("{}/{}", archive::BRIEF, folder.brief_name());
        found.push((name, folder.brief().to_owned()));
    } else {
        notices.push(format!(
            "the brief, {}, is not there and so not in it",
            folder.brief_name()
        ));
    }
    found.sort();
    Ok((found, notices))
}

fn walk(
    root: &Path,
    below: &str,
    id: &SessionId,
    disk: &Disk,
    found: &mut Vec<(String, PathBuf)>,
    left_out: &mut Vec<String>,
) -> Result<(), StoreError> {
    for entry in disk.list(&root.join(below))? {
        let name = match below {
            "" => entry.name.clone(),
            below => format!("{below}/{}", entry.name),
        };
        let is_ours = match entry.kind {
            EntryKind::Folder => archive::is_member(&format!("{name}/x"), id),
            EntryKind::File => archive::is_member(&name, id) && archive::parts_of(&name).is_ok(),
            EntryKind::Link | EntryKind::Other(_) => false,
        };
        match entry.kind {
            EntryKind::Folder if is_ours => walk(root, &name, id, disk, found, left_out)?,
            EntryKind::File if is_ours => found.push((name.clone(), root.join(&name))),
            _ if archive::is_hidden(&entry.name) || is_export(&name, id) => {}
            EntryKind::Folder if name == archive::EXPORTS => {}
            _ => left_out.push(name),
        }
    }
    Ok(())
}

/// Tells whether a file in the session's folder is an export of an earlier release.
fn is_export(name: &str, id: &SessionId) -> bool {
    name.strip_prefix(id.as_str())
        .is_some_and(|rest| rest == ".md" || rest.ends_with(".zip"))
}

/// Writes the archive, file by file.
fn pack(
    id: &SessionId,
    files: Vec<(String, PathBuf)>,
    target: &Path,
    disk: &Disk,
) -> Result<Vec<Member>, ArchiveError> {
    let written = |error: io::Error| StoreError::io(Doing::Write, target, error);
    let failure = Failure::default();
    let writer = Patient::new(disk.create_file(target)?, Rc::clone(&failure));
    let mut zip = ZipWriter::new(writer);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut members = Vec::with_capacity(files.len());
    for (name, path) in files {
        let Some(bytes) = read_member(&name, &path, disk)? else {
            // A job renamed or removed it in the meantime; the chunk is under its new name.
            continue;
        };
        let options = options.large_file(bytes.len() as u64 > u64::from(u32::MAX));
        zip.start_file(format!("{id}/{name}"), options)
            .map_err(|error| written(error.into()))?;
        zip.write_all(&bytes).map_err(written)?;
        if let Some(error) = failure.take() {
            return Err(written(error).into());
        }
        members.push(Member {
            name,
            path,
            length: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
        });
    }
    let patient = zip.finish().map_err(|error| written(error.into()))?;
    patient.finish().map_err(written)?.finish()?;
    Ok(members)
}

/// The first error of a [`Patient`] writer.
type Failure = Rc<Cell<Option<io::Error>>>;

/// A writer that never fails: it keeps its first error for the end, and from then on only
/// counts. The ZIP library panics where a write fails in the middle of an entry.
struct Patient {
    file: BufWriter<NewFile>,
    failure: Failure,
    has_failed: bool,
    position: u64,
    end: u64,
}

impl Patient {
    fn new(file: NewFile, failure: Failure) -> Patient {
        Patient {
            file: BufWriter::new(file),
            failure,
            has_failed: false,
            position: 0,
            end: 0,
        }
    }

    fn note(&mut self, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            self.has_failed = true;
            self.failure.set(Some(error));
        }
    }

    fn finish(self) -> io::Result<NewFile> {
        match self.failure.take() {
            Some(error) => Err(error),
            None => self.file.into_inner().map_err(IntoInnerError::into_error),
        }
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.has_failed {
            let outcome = self.file.write_all(bytes);
            self.note(outcome);
        }
        self.position += bytes.len() as u64;
        self.end = self.end.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.has_failed {
            let outcome = self.file.flush();
            self.note(outcome);
        }
        Ok(())
    }
}

impl Seek for Patient {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        if !self.has_failed {
            let outcome = self.file.seek(SeekFrom::Start(self.position)).map(|_| ());
            self.note(outcome);
        }
        Ok(self.position)
    }
}

/// Reads a member; the author may have linked the brief to wherever it is.
fn read_member(name: &str, path: &Path, disk: &Disk) -> Result<Option<Vec<u8>>, StoreError> {
    match name.strip_prefix(archive::BRIEF) {
        Some(rest) if rest.starts_with('/') => disk.read_linked(path),
        _ => disk.read(path),
    }
}

/// Reads the archive back: every entry has the size and the bytes of its file. Tells which
/// files have changed since, which only a running job or the author does.
fn verify(
    id: &SessionId,
    members: &[Member],
    archive: &Path,
    target: &Path,
    disk: &Disk,
) -> Result<Option<String>, ArchiveError> {
    let wrong = |what: String| ArchiveError::NotVerified {
        path: target.to_owned(),
        what,
    };
    let (file, _) = disk.open_file(archive)?;
    let mut zip =
        ZipArchive::new(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
    if zip.len() != members.len() {
        return Err(wrong(format!("{} entries", zip.len())));
    }
    let mut changed = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let mut entry = zip
            .by_index(index)
            .map_err(|error| wrong(format!("{}: {error}", member.name)))?;
        let mut hash = Sha256::new();
        let length = io::copy(&mut entry, &mut HashWriter(&mut hash))
            .map_err(|error| wrong(format!("{}: {error}", member.name)))?;
        let is_named = entry.name_raw() == format!("{id}/{}", member.name).as_bytes();
        let found: [u8; 32] = hash.finalize().into();
        if !is_named || length != member.length || found != member.sha256 {
            return Err(wrong(member.name.clone()));
        }
        let now = read_member(&member.name, &member.path, disk)?;
        if now.is_none_or(|bytes| Sha256::digest(&bytes).as_slice() != member.sha256) {
            changed.push(member.name.as_str());
        }
    }
    Ok((!changed.is_empty()).then(|| {
        format!(
            "changed while the export was made, and in it as before: {}. Export again when nothing writes",
            changed.join(", ")
        )
    }))
}

pub(super) struct HashWriter<'a>(pub(super) &'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
