//! Writes a file that is made of a session, such as a book.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::export::{Exported, HashWriter, Target};
use crate::archive::{self, ArchiveError};
use crate::session::NewFile;
use crate::session::manifest;
use crate::session::{Disk, EntryKind};
use crate::session::{Doing, StoreError};
use crate::session::{SessionId, StoryFolder};

/// Writes one file that is made of the session, such as a book. `name` is what it is called by default. It
/// gets its name only after it was read back and found to hold what was written; a file there that is not known
/// for an earlier export is kept under a new name.
///
/// # Errors
/// As for [`export_zip`]; what `write` could not.
pub fn export_file(
    folder: &StoryFolder,
    id: &SessionId,
    name: &str,
    target: Option<&Path>,
    disk: &Disk,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Exported, ArchiveError> {
    let target = Target::of(folder, id, target, name, disk)?;
    let disk = &target.disk;
    hold_file(folder, &target)?;
    let temporary = disk.temporary_for(&target.path);
    let temporary = temporary.path();
    let written = write_new(temporary, disk, write)
        .map_err(ArchiveError::from)
        .and_then(|(digest, bytes)| match digest_of_file(temporary, disk)? {
            found if found == digest => Ok((digest, bytes)),
            _ => Err(ArchiveError::NotVerified {
                path: target.path.clone(),
                what: "other bytes".to_owned(),
            }),
        })
        .and_then(|written| Ok((written, make_room(folder, id, &target)?)));
    let ((digest, bytes), moved) = match written {
        Ok(written) => written,
        Err(error) => {
            let _ = disk.remove(temporary);
            return Err(error);
        }
    };
    disk.put_in_place(temporary, &target.path)?;
    let mut notices: Vec<String> = moved.into_iter().collect();
    if let Err(error) = note_export(folder, id, &digest, disk) {
        notices.push(format!(
            "the next export keeps this one beside its own: {error}"
        ));
    }
    Ok(Exported {
        path: target.path,
        files: 1,
        bytes,
        notices,
    })
}

/// Writes a new file and returns the digest and the number of its bytes.
fn write_new(
    path: &Path,
    disk: &Disk,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(String, u64), StoreError> {
    let failed = |error| StoreError::io(Doing::Write, path, error);
    let mut hashing = Hashing {
        file: BufWriter::with_capacity(1 << 16, disk.create_file(path)?),
        hash: Sha256::new(),
        bytes: 0,
    };
    write(&mut hashing).map_err(failed)?;
    let file = hashing
        .file
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.finish()?;
    Ok((hex(&hashing.hash.finalize()), hashing.bytes))
}

/// Passes bytes on to a file, and notes what they are.
struct Hashing {
    file: BufWriter<NewFile>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn digest_of_file(path: &Path, disk: &Disk) -> Result<String, StoreError> {
    let (mut file, _) = disk.open_file(path)?;
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut HashWriter(&mut hash))
        .map_err(|error| StoreError::io(Doing::Read, path, error))?;
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The most exports that are known at once.
const MOST_KNOWN: usize = 200;

/// Returns the path of the list of exports that this program made, a digest a line.
fn known_exports(folder: &StoryFolder, id: &SessionId) -> PathBuf {
    folder.session_work(id).join("exports")
}

/// Notes an export, so that the next one may replace it.
fn note_export(
    folder: &StoryFolder,
    id: &SessionId,
    digest: &str,
    disk: &Disk,
) -> Result<(), StoreError> {
    let path = known_exports(folder, id);
    let known = disk.read_text(&path)?.unwrap_or_default();
    let mut lines: Vec<&str> = known.lines().filter(|line| *line != digest).collect();
    lines.push(digest);
    let from = lines.len().saturating_sub(MOST_KNOWN);
    let disk = disk.within(folder.root());
    disk.make_folder(&folder.session_work(id))?;
    disk.write(&path, format!("{}\n", lines[from..].join("\n")).as_bytes())
}

/// Refuses to replace a brief, a file of a session, and what is no file.
fn hold_file(folder: &StoryFolder, target: &Target) -> Result<(), ArchiveError> {
    let path = &target.path;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let what = match target.disk.metadata(path)?.map(|metadata| metadata.kind) {
        None if path.starts_with(folder.generated()) && !target.is_default => {
            "in the folder of a session"
        }
        None => return Ok(()),
        Some(EntryKind::File) => {
            let is_generated = path.starts_with(folder.generated()) && !target.is_default;
            match is_generated || archive::is_brief_name(&name) {
                true => "a brief, or a file of a session",
                false => return Ok(()),
            }
        }
        Some(_) => "not a file",
    };
    Err(ArchiveError::Occupied {
        path: path.clone(),
        what,
    })
}

/// Renames the file that is about to be replaced, unless this program made it.
fn make_room(
    folder: &StoryFolder,
    id: &SessionId,
    target: &Target,
) -> Result<Option<String>, ArchiveError> {
    let (path, disk) = (&target.path, &target.disk);
    let length = disk.metadata(path)?.map(|metadata| metadata.length);
    if length.is_none_or(|length| length == 0) {
        return Ok(None);
    }
    let digest = digest_of_file(path, disk)?;
    let known = disk
        .anywhere()
        .read_text(&known_exports(folder, id))?
        .unwrap_or_default();
    if known.lines().any(|line| line == digest) {
        return Ok(None);
    }
    let aside = manifest::kept_aside(path, disk)?;
    disk.rename_file(path, &aside)?;
    Ok(Some(format!(
        "the file of that name is not known for an earlier export, so it is kept as {}",
        aside.display()
    )))
}
