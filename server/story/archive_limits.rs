//! Says how much an archive from outside may ask for, and for what it is refused.

use super::file_names::is_portable;

/// The unpacked size that every archive may have, in bytes, however small its packed size.
const SLACK: u64 = 1 << 20;
/// How deep a session goes: `runs/run-001-draft/artifacts/NAME` and some room.
pub(crate) const DEPTH: usize = 8;
/// Longest name that is shown, in characters.
const SHOWN: usize = 100;

/// How much an archive may ask of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub entries: usize,
    /// Unpacked, all together, in bytes.
    pub bytes: u64,
    /// How many times its own size an archive may unpack to. Prose and logs reach 30; a bomb
    /// reaches 1,000.
    pub ratio: u64,
}

impl Default for Limits {
    /// Leaves room for a session of thousands of chunks.
    fn default() -> Limits {
        Limits {
            entries: 100_000,
            bytes: 2 << 30,
            ratio: 200,
        }
    }
}

impl Limits {
    /// Checks the unpacked size of an archive, in bytes.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] or [`Refusal::Bomb`] where so many unpacked bytes are too many.
    pub(crate) fn check(&self, unpacked: u64, archive: u64) -> Result<(), Refusal> {
        if unpacked > self.bytes {
            return Err(Refusal::TooLarge { limit: self.bytes });
        }
        if unpacked > archive.saturating_mul(self.ratio).saturating_add(SLACK) {
            return Err(Refusal::Bomb { ratio: self.ratio });
        }
        Ok(())
    }
}

/// The reason why an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a name in it leads out of its folder (`..`, or an absolute path)")]
    LeavesFolder,
    #[error("a name in it has a backslash, a colon or a control character")]
    BadCharacter,
    #[error("a name in it is not Unicode")]
    NotUnicode,
    #[error("a name in it can't be a file's on every system")]
    BadName,
    #[error("a name in it is too long or too deep")]
    TooDeep,
    #[error("it holds a link")]
    Link,
    #[error("it holds something that is neither a file nor a folder")]
    Special,
    #[error("it holds two files of the same name (capital and small letters count as the same)")]
    Duplicate,
    #[error("parts of it overlap, as only in an archive made to do harm")]
    Overlap,
    #[error("it is encrypted")]
    Encrypted,
    #[error("it is packed by a method other than deflate")]
    Method,
    #[error("it holds more than {limit} files")]
    TooMany { limit: usize },
    #[error("it unpacks to more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error(
        "it unpacks to more than {ratio} times its size, as only an archive made to fill the disk"
    )]
    Bomb { ratio: u64 },
    #[error("it holds no session: one folder with `chunks/` or `manifest.json` in it")]
    NoSession,
    #[error("it holds several folders, and a session is one")]
    SeveralRoots,
    #[error("it holds several briefs, and a session has one")]
    SeveralBriefs,
}

/// Splits an entry's name into its parts; a trailing slash, which marks a folder, is left out.
///
/// # Errors
/// For every name that is not the plain path of a file on every system.
pub(crate) fn parts_of(name: &str) -> Result<Vec<&str>, Refusal> {
    if name.contains(['\\', ':']) || name.chars().any(char::is_control) {
        return Err(Refusal::BadCharacter);
    }
    let path = name.strip_suffix('/').unwrap_or(name);
    if path.starts_with('/') {
        return Err(Refusal::LeavesFolder);
    }
    let parts: Vec<&str> = path.split('/').collect();
    // One more than a session's own depth, for its folder; twice that for what is skipped.
    if parts.len() > 2 * DEPTH || name.len() > 1000 {
        return Err(Refusal::TooDeep);
    }
    for part in &parts {
        match *part {
            ".." => return Err(Refusal::LeavesFolder),
            "" | "." => return Err(Refusal::BadName),
            part if part.len() > 255 => return Err(Refusal::TooDeep),
            part if !is_portable(part) => return Err(Refusal::BadName),
            _ => {}
        }
    }
    Ok(parts)
}

/// Makes a name from outside fit to be shown.
pub(crate) fn shown(name: &str) -> String {
    let mut text: String = name.chars().take(SHOWN).collect();
    if text.len() < name.len() {
        text.push('…');
    }
    text.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_paths() {
        for (name, expected) in [
            ("s-01/chunks/chunk_01.md", Ok(3)),
            ("s-01/chunks/", Ok(2)),
            ("s-01/灯台.md", Ok(2)),
            ("../x", Err(Refusal::LeavesFolder)),
            ("s-01/../../x", Err(Refusal::LeavesFolder)),
            ("s-01/..", Err(Refusal::LeavesFolder)),
            ("/etc/passwd", Err(Refusal::LeavesFolder)),
            ("//host/x", Err(Refusal::LeavesFolder)),
            ("C:/x", Err(Refusal::BadCharacter)),
            ("s-01/x:stream", Err(Refusal::BadCharacter)),
            ("s-01\\..\\x", Err(Refusal::BadCharacter)),
            ("s-01/a\nb", Err(Refusal::BadCharacter)),
            ("s-01/a\0b", Err(Refusal::BadCharacter)),
            ("s-01//x", Err(Refusal::BadName)),
            ("s-01/./x", Err(Refusal::BadName)),
            ("", Err(Refusal::BadName)),
            ("s-01/nul.md", Err(Refusal::BadName)),
            ("s-01/COM1", Err(Refusal::BadName)),
            ("s-01/x. ", Err(Refusal::BadName)),
            ("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", Err(Refusal::TooDeep)),
        ] {
            assert_eq!(
                parts_of(name).map(|parts| parts.len()),
                expected,
                "{name:?}"
            );
        }
    }
}
