//! Brings an exported session back into a workspace. The archive may come from anybody.
//!
//! All names are judged before anything is unpacked; what is unpacked is counted byte by byte,
//! whatever the headers say, into a folder that nothing else knows of. Only a whole and sound
//! session gets its name. Whatever goes wrong, nothing is left behind; and nothing that was
//! there before is ever replaced: neither a session nor a brief.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::archive::{self, ArchiveError, Limits, Names, Refusal};
use crate::session::NoEditor;
use crate::session::index;
use crate::session::manifest;
use crate::session::stream;
use crate::session::{Disk, EntryKind, Temporary, temporary_of};
use crate::session::{Doing, StoreError};
use crate::session::{SessionId, StoryFolder};
use crate::story::Brief;
use crate::story::chunk_file;
use crate::story::counted::counted;

/// Bytes of one reading.
const PIECE: usize = 64 * 1024;
/// Largest brief, in bytes.
const BRIEF_BYTES: u64 = 16 << 20;
/// Kinds of file in a Unix mode.
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const DIRECTORY: u32 = 0o040_000;
const LINK: u32 = 0o120_000;

/// The session that an import made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub session: SessionId,
    pub folder: StoryFolder,
    /// Whether the brief came out of the archive, because none was there.
    pub brief_written: bool,
    pub files: usize,
    /// Unpacked.
    pub bytes: u64,
    pub notices: Vec<String>,
}

/// Unpacks the session of an archive into `folder`. A session of that id gets a new id; the
/// session that was current stays it. The brief is written only where none of its name is.
///
/// # Errors
/// For anything but a sound archive of one session. Nothing was changed then.
pub fn import_zip(
    archive: &Path,
    folder: &Path,
    limits: &Limits,
    disk: &Disk,
) -> Result<Imported, ArchiveError> {
    let mut source = Source::open(archive, limits, disk)?;
    let survey = source.survey()?;
    let brief = source.read_brief(&survey)?;
    let name = brief.as_ref().map(|(name, _)| name.clone());
    let name = match name {
        Some(name) => name,
        None => source.brief_named(&survey)?,
    };
    let story = StoryFolder::of_brief(&folder.join(&name))?;
    let disk = &disk.within(story.root());
    disk.ensure_inside(&story.generated(), story.root())?;
    let brief = brief.map(|(_, bytes)| bytes);
    let brief_state = hold_story(&story, brief.as_deref(), disk)?;
    let current = story.current_session(disk)?;

    let was_there = disk.metadata(&story.generated())?.is_some();
    disk.make_folder(&story.generated())?;
    remove_left_overs(&story, disk);
    let staged = Temporary::beside(&story.generated().join("import"));
    let staged = staged.path();
    let unpacked = source.unpack(&survey, staged, disk).and_then(|bytes| {
        Ok((
            settle(&story, &survey, staged, brief.as_deref(), brief_state, disk)?,
            bytes,
        ))
    });
    let (session, bytes) = match unpacked {
        Ok(unpacked) => unpacked,
        Err(error) => {
            let _ = disk.remove_folder(staged);
            if !was_there {
                // Fails where somebody else has put something there.
                let _ = disk.remove_empty_folder(&story.generated());
            }
            return Err(error);
        }
    };
    let mut notices = survey.notices(&session);
    if brief_state == BriefState::Different {
        notices.push(format!(
            "{name} here differs from the archive's and is left as it is; chunks that were written from the other may \
             be stale"
        ));
    }
    // The choice of a draft is the author's.
    if let Some(current) = current
        && !matches!(story.current_session(disk), Ok(Some(now)) if now == current)
    {
        let _ = story.switch_session(&current, disk);
    }
    // Only an index; the next job writes it again.
    let _ = index::write_index(&story, &NoEditor, disk);
    Ok(Imported {
        session,
        folder: story,
        brief_written: brief_state == BriefState::Missing,
        files: survey.members.len(),
        bytes,
        notices,
    })
}

/// The relation of the folder's brief to the archive's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BriefState {
    /// The folder has no brief, and the archive has one.
    Missing,
    /// Equal, or no brief to compare.
    Same,
    Different,
}

/// Refuses the folder of another story as the place of a draft: its outline would be taken for the draft's.
fn hold_story(
    story: &StoryFolder,
    archived: Option<&[u8]>,
    disk: &Disk,
) -> Result<BriefState, ArchiveError> {
    let here = disk.read_linked(story.brief())?;
    let (Some(here), Some(archived)) = (&here, archived) else {
        return Ok(match (here, archived) {
            (None, Some(_)) => BriefState::Missing,
            _ => BriefState::Same,
        });
    };
    if here == archived {
        return Ok(BriefState::Same);
    }
    let title = |bytes: &[u8]| Brief::parse(&chunk_file::decode(bytes.to_vec())).title;
    let (here, there) = (title(here), title(archived));
    if here != there {
        return Err(ArchiveError::OtherStory {
            name: story.brief_name().to_owned(),
            folder: story.root().to_owned(),
            here: archive::shown(&here),
            there: archive::shown(&there),
        });
    }
    Ok(BriefState::Different)
}

/// Moves the unpacked session to its place, and its brief into the folder.
fn settle(
    story: &StoryFolder,
    survey: &Survey,
    staged: &Path,
    brief: Option<&[u8]>,
    state: BriefState,
    disk: &Disk,
) -> Result<SessionId, ArchiveError> {
    let brief = brief.filter(|_| state == BriefState::Missing);
    let written = brief.map_or(Ok(()), |brief| disk.write(story.brief(), brief));
    let named = written.and_then(|()| take_name(story, &survey.id, staged, disk));
    if named.is_err() && brief.is_some() {
        let _ = disk.remove(story.brief());
    }
    Ok(named?)
}

/// Takes the archive's own id where it is free, else the next number.
fn take_name(
    story: &StoryFolder,
    wanted: &SessionId,
    staged: &Path,
    disk: &Disk,
) -> Result<SessionId, StoreError> {
    let mut id = wanted.clone();
    loop {
        if disk.metadata(&story.session_root(&id))?.is_some() {
            id = story.untaken_session_id(wanted.parts().0, disk)?;
        }
        rename_manifest(&staged.join("manifest.json"), &id, disk)?;
        if disk.rename_folder(staged, &story.session_root(&id))? {
            return Ok(id);
        }
    }
}

/// Writes the session's name into its manifest; a manifest that can't be read is left for the next job to
/// report.
fn rename_manifest(path: &Path, id: &SessionId, disk: &Disk) -> Result<(), StoreError> {
    let bytes = disk.read(path)?.unwrap_or_default();
    let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_slice(&bytes) else {
        return Ok(());
    };
    if fields.get("id").and_then(|old| old.as_str()) == Some(id.as_str()) {
        return Ok(());
    }
    fields.insert("id".to_owned(), id.as_str().into());
    let text = format!("{:#}\n", serde_json::Value::Object(fields));
    disk.write(path, text.as_bytes())
}

/// Removes what imports that were killed left.
fn remove_left_overs(story: &StoryFolder, disk: &Disk) {
    for entry in disk.list(&story.generated()).unwrap_or_default() {
        let is_left_over = entry.kind == EntryKind::Folder
            && entry.name.starts_with(".import.")
            && temporary_of(&entry.name).is_some_and(|(_, maker)| maker.is_gone());
        if is_left_over {
            let _ = disk.remove_folder(&story.generated().join(&entry.name));
        }
    }
}

/// An archive that is being read.
struct Source<'a> {
    path: &'a Path,
    limits: &'a Limits,
    length: u64,
    zip: ZipArchive<BufReader<File>>,
}

/// The entries of an archive that are accepted.
struct Survey {
    id: SessionId,
    members: Vec<Member>,
    /// The brief's name, and its entry.
    brief: Option<(String, usize)>,
    skipped: Vec<String>,
}

struct Member {
    index: usize,
    /// Below the session's folder.
    path: String,
}

impl Survey {
    fn notices(&self, session: &SessionId) -> Vec<String> {
        let mut notices = Vec::new();
        if *session != self.id {
            notices.push(format!(
                "a session {} is there already, so this one is now {session}",
                self.id
            ));
        }
        if !self.skipped.is_empty() {
            let some: Vec<&str> = self.skipped.iter().take(5).map(String::as_str).collect();
            notices.push(format!(
                "{} that no session has {} left out: {}{}",
                counted(self.skipped.len(), "file"),
                if self.skipped.len() == 1 {
                    "was"
                } else {
                    "were"
                },
                some.join(", "),
                if some.len() < self.skipped.len() {
                    ", …"
                } else {
                    ""
                }
            ));
        }
        notices
    }
}

impl<'a> Source<'a> {
    fn open(path: &'a Path, limits: &'a Limits, disk: &Disk) -> Result<Source<'a>, ArchiveError> {
        let (file, length) = disk.open_file(path)?;
        let zip =
            ZipArchive::new(BufReader::new(file)).map_err(|error| ArchiveError::Unreadable {
                path: path.to_owned(),
                why: error.to_string(),
            })?;
        Ok(Source {
            path,
            limits,
            length,
            zip,
        })
    }

    fn unreadable(&self, name: &str, why: &impl std::fmt::Display) -> ArchiveError {
        ArchiveError::Unreadable {
            path: self.path.to_owned(),
            why: format!("\"{}\": {why}", archive::shown(name)),
        }
    }

    fn refused(&self, entry: Option<&str>, reason: Refusal) -> ArchiveError {
        ArchiveError::Refused {
            path: self.path.to_owned(),
            entry: entry.map(archive::shown),
            reason,
        }
    }

    /// Judges every entry by its header.
    fn survey(&mut self) -> Result<Survey, ArchiveError> {
        let limit = self.limits.entries;
        if self.zip.len() > limit {
            return Err(self.refused(None, Refusal::TooMany { limit }));
        }
        if self.zip.has_duplicate_names() {
            return Err(self.refused(None, Refusal::Duplicate));
        }
        let (mut names, mut files, mut skipped) = (Names::default(), Vec::new(), Vec::new());
        let (mut root, mut declared) = (None::<String>, 0_u64);
        for index in 0..self.zip.len() {
            let (name, is_folder, size) = self.entry(index)?;
            declared = declared.saturating_add(size);
            self.limits
                .check(declared, self.length)
                .map_err(|reason| self.refused(Some(&name), reason))?;
            let parts =
                archive::parts_of(&name).map_err(|reason| self.refused(Some(&name), reason))?;
            if !is_folder {
                names
                    .add(&parts)
                    .map_err(|reason| self.refused(Some(&name), reason))?;
            }
            // Finder's own folder stands beside that of the session.
            if parts[0] == "__MACOSX" || parts.iter().any(|part| archive::is_hidden(part)) {
                skipped.extend((!is_folder).then(|| archive::shown(&name)));
                continue;
            }
            if *root.get_or_insert_with(|| parts[0].to_owned()) != parts[0] {
                return Err(self.refused(Some(&name), Refusal::SeveralRoots));
            }
            if !is_folder {
                files.push((index, parts[1..].join("/")));
            }
        }
        self.hold_consistent()?;
        self.sort_out(root, files, skipped)
    }

    /// Returns the name of an entry that is a plain file or folder, and its size as declared.
    fn entry(&self, index: usize) -> Result<(String, bool, u64), ArchiveError> {
        let entry = self
            .zip
            .by_index_data(index)
            .map_err(|error| self.unreadable("", &error))?;
        // The raw bytes: an extra field can name something else.
        let Ok(name) = std::str::from_utf8(entry.name_raw()) else {
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            return Err(self.refused(Some(&name), Refusal::NotUnicode));
        };
        let is_folder = name.ends_with('/');
        let kind = entry.unix_mode().unwrap_or(0) & KIND;
        let reason = if kind == LINK || entry.is_symlink() {
            Some(Refusal::Link)
        } else if kind != 0 && kind != if is_folder { DIRECTORY } else { REGULAR } {
            Some(Refusal::Special)
        } else if entry.encrypted() {
            Some(Refusal::Encrypted)
        } else if !matches!(
            entry.compression(),
            CompressionMethod::Stored | CompressionMethod::Deflated
        ) {
            Some(Refusal::Method)
        } else {
            None
        };
        match reason {
            Some(reason) => Err(self.refused(Some(name), reason)),
            None => Ok((name.to_owned(), is_folder, entry.size())),
        }
    }

    /// Refuses an archive that other programs would read differently: the two headers of an entry disagree,
    /// entries share bytes, or some are in no directory.
    fn hold_consistent(&mut self) -> Result<(), ArchiveError> {
        let path = self.path;
        let unreadable = |error: ZipError| ArchiveError::Unreadable {
            path: path.to_owned(),
            why: error.to_string(),
        };
        if self.zip.has_overlapping_entries().map_err(unreadable)? {
            return Err(self.refused(None, Refusal::Overlap));
        }
        self.zip.validate_header_consistency().map_err(unreadable)
    }

    /// Tells the files of the session from the brief and from what no session has.
    fn sort_out(
        &self,
        root: Option<String>,
        files: Vec<(usize, String)>,
        mut skipped: Vec<String>,
    ) -> Result<Survey, ArchiveError> {
        let id = root.and_then(|root| SessionId::parse(&root).ok());
        let Some(id) = id else {
            return Err(self.refused(None, Refusal::NoSession));
        };
        let (mut members, mut brief) = (Vec::new(), None);
        for (index, path) in files {
            let name = path
                .strip_prefix(archive::BRIEF)
                .and_then(|rest| rest.strip_prefix('/'));
            if let Some(name) =
                name.filter(|name| !name.contains('/') && archive::is_brief_name(name))
            {
                if brief.replace((name.to_owned(), index)).is_some() {
                    return Err(self.refused(Some(name), Refusal::SeveralBriefs));
                }
            } else if archive::is_member(&path, &id) {
                members.push(Member { index, path });
            } else {
                skipped.push(archive::shown(&path));
            }
        }
        let is_session =
            |member: &Member| member.path == "manifest.json" || member.path.starts_with("chunks/");
        if !members.iter().any(is_session) {
            return Err(self.refused(None, Refusal::NoSession));
        }
        Ok(Survey {
            id,
            members,
            brief,
            skipped,
        })
    }

    fn read_brief(&mut self, survey: &Survey) -> Result<Option<(String, Vec<u8>)>, ArchiveError> {
        let Some((name, index)) = &survey.brief else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        self.copy(*index, name, &mut bytes, BRIEF_BYTES)?;
        Ok(Some((name.clone(), bytes)))
    }

    /// Returns the brief that the manifest of an archive without one names.
    fn brief_named(&mut self, survey: &Survey) -> Result<String, ArchiveError> {
        let of_manifest = |member: &&Member| member.path == "manifest.json";
        let mut bytes = Vec::new();
        if let Some(member) = survey.members.iter().find(of_manifest) {
            self.copy(member.index, &member.path, &mut bytes, self.limits.bytes)?;
        }
        let head: Option<manifest::Head> = serde_json::from_slice(&bytes).ok();
        let is_name = |name: &String| {
            archive::is_brief_name(name)
                && archive::parts_of(name).is_ok_and(|parts| parts.len() == 1)
        };
        Ok(head
            .map(|head| head.brief)
            .filter(is_name)
            .unwrap_or_else(|| "story.md".to_owned()))
    }

    /// Unpacks the members into a new folder; how many bytes that are.
    fn unpack(&mut self, survey: &Survey, staged: &Path, disk: &Disk) -> Result<u64, ArchiveError> {
        disk.make_folder(staged)?;
        let mut folders: Vec<PathBuf> = vec![staged.to_owned()];
        let mut bytes = 0_u64;
        for member in &survey.members {
            let path = staged.join(&member.path);
            if let Some(folder) = path.parent()
                && !folders.iter().any(|known| known == folder)
            {
                disk.make_folder(folder)?;
                folders.push(folder.to_owned());
            }
            let mut file = BufWriter::with_capacity(PIECE, disk.create_file(&path)?);
            let left = self.limits.bytes.saturating_sub(bytes);
            bytes += self.copy(member.index, &member.path, &mut file, left)?;
            self.limits
                .check(bytes, self.length)
                .map_err(|reason| self.refused(Some(&member.path), reason))?;
            let file = file
                .into_inner()
                .map_err(|error| StoreError::io(Doing::Write, &path, error.into_error()))?;
            file.finish()?;
        }
        for folder in &folders {
            disk.settle_folder(folder)?;
        }
        Ok(bytes)
    }

    /// Unpacks one entry; the reader checks its sum at the end. Counts what really comes.
    fn copy(
        &mut self,
        index: usize,
        name: &str,
        to: &mut impl Write,
        most: u64,
    ) -> Result<u64, ArchiveError> {
        let (path, length, limits) = (self.path, self.length, self.limits);
        let unreadable = |why: String| ArchiveError::Unreadable {
            path: path.to_owned(),
            why: format!("\"{}\": {why}", archive::shown(name)),
        };
        let mut entry = self
            .zip
            .by_index(index)
            .map_err(|error| unreadable(error.to_string()))?;
        let declared = entry.size();
        let mut piece = vec![0; PIECE];
        let mut bytes = 0_u64;
        loop {
            let read = stream::read_piece(&mut entry, &mut piece)
                .map_err(|error: io::Error| unreadable(error.to_string()))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            let within = match bytes > most {
                true => Err(Refusal::TooLarge { limit: most }),
                false => limits.check(bytes, length),
            };
            within.map_err(|reason| ArchiveError::Refused {
                path: path.to_owned(),
                entry: Some(archive::shown(name)),
                reason,
            })?;
            to.write_all(&piece[..read])
                .map_err(|error| StoreError::io(Doing::Write, Path::new(name), error))?;
        }
        if bytes != declared {
            return Err(unreadable(format!("{bytes} bytes instead of {declared}")));
        }
        Ok(bytes)
    }
}
