//! Says how much an archive from outside may ask for, and for what it is refused.

/// The unpacked size that every archive may have, in bytes, however small its packed size.
const SLACK: u64 = 1 << 20;
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

/// Makes a name from outside fit to be shown.
pub(crate) fn shown(name: &str) -> String {
    let mut text: String = name.chars().take(SHOWN).collect();
    if text.len() < name.len() {
        text.push('…');
    }
    text.escape_debug().to_string()
}
