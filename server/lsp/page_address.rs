//! Reads and writes the addresses of pages about stories, for clients that ask the server for the text of a document:
//! `storywright:/novel/story.md/draft=lamp-01/chunk=3/prompt/story-chunk_03.md`.
//!
//! All is in the path, where no client's way of writing an address changes what it says: VS Code writes the `=` and `&`
//! of a query anew, and the `%2F` of a path.

use std::path::{Path, PathBuf};

use tower_lsp::lsp_types::Url;

use crate::analysis::story_file::is_brief_name;
use crate::publishing::pages::{Page, Subject};
use crate::session::SessionId;
use crate::story::ChunkNumber;

/// The scheme of the addresses.
pub const SCHEME: &str = "storywright";

const DRAFT: &str = "draft=";
const CHUNK: &str = "chunk=";
const VERSION: &str = "version=";

/// Returns the address of a page about the story of a brief; `None` where the path of that has none.
pub fn address(brief: &Path, page: &Page) -> Option<Url> {
    let name = brief.file_name()?.to_str()?;
    let mut path = brief.to_owned();
    if let Some(session) = &page.session {
        path.push(format!("{DRAFT}{}", session.as_str()));
    }
    if let Some(chunk) = page.subject.chunk() {
        path.push(format!("{CHUNK}{chunk}"));
    }
    if let Subject::Changes(_, version) | Subject::Version(_, version) = page.subject {
        path.push(format!("{VERSION}{version}"));
    }
    path.push(match page.subject {
        Subject::Prompt(_) => "prompt",
        Subject::Changes(..) => "changes",
        Subject::Version(..) => "text",
        Subject::Threads => "threads",
        Subject::Candidates(_) => "candidates",
    });
    path.push(page.file_name(name));
    let file = Url::from_file_path(path).ok()?;
    // A share of a network has its host in front of the path.
    file.host().is_none().then_some(())?;
    Url::parse(&format!("{SCHEME}:{}", file.path())).ok()
}

/// Returns the brief and the page that an address names; `None` where it names none. Looks at no file.
pub fn read(url: &Url) -> Option<(PathBuf, Page)> {
    let is_plain = url.scheme() == SCHEME && url.host().is_none() && url.query().is_none();
    let path = is_plain
        .then(|| url.path())
        .filter(|path| path.starts_with('/'))?;
    let mut path = Url::parse(&format!("file://{path}"))
        .ok()?
        .to_file_path()
        .ok()?;
    let name = last(&path)?.to_owned();
    path.pop();
    let kind = last(&path)?.to_owned();
    path.pop();
    let version = take(&mut path, VERSION).map(|text| number(&text));
    let chunk = take(&mut path, CHUNK).map(|text| number(&text));
    let session = match take(&mut path, DRAFT) {
        Some(id) => Some(SessionId::parse(&id).ok()?),
        None => None,
    };
    let chunk = match chunk {
        Some(chunk) => Some(ChunkNumber(chunk?)),
        None => None,
    };
    let subject = match (kind.as_str(), chunk, version) {
        ("prompt", Some(chunk), None) => Subject::Prompt(chunk),
        ("changes", Some(chunk), Some(version)) => {
            Subject::Changes(chunk, usize::try_from(version?).ok()?)
        }
        ("text", Some(chunk), Some(version)) => {
            Subject::Version(chunk, usize::try_from(version?).ok()?)
        }
        ("threads", None, None) => Subject::Threads,
        ("candidates", Some(chunk), None) => Subject::Candidates(chunk),
        _ => return None,
    };
    let page = Page { subject, session };
    let brief = last(&path)?;
    (is_brief_name(brief) && name == page.file_name(brief)).then_some((path, page))
}

/// Takes the value of a part off the end of a path, where that is what the path ends with.
fn take(path: &mut PathBuf, part: &str) -> Option<String> {
    let value = last(path)?.strip_prefix(part)?.to_owned();
    path.pop();
    Some(value)
}

fn last(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// Reads a number from 1.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(subject: Subject, session: Option<&str>) -> Page {
        Page {
            subject,
            session: session.map(|id| SessionId::parse(id).unwrap()),
        }
    }

    /// The root of a disk, as the platform has it.
    fn brief(rest: &str) -> PathBuf {
        let root = if cfg!(windows) { "C:\\" } else { "/" };
        Path::new(root).join(rest)
    }

    #[test]
    fn every_address_names_its_page() {
        let three = ChunkNumber(3);
        for subject in [
            Subject::Prompt(three),
            Subject::Changes(three, 12),
            Subject::Version(three, 12),
            Subject::Threads,
            Subject::Candidates(three),
        ] {
            for session in [None, Some("the-lamp-01"), Some("лампа 50% #2?&a=b")] {
                for file in [
                    "novel/story.md",
                    "my novel/100%/the lamp.story.md",
                    "小説/a#b?c/灯台.story.md",
                    "chunk=2/draft=a/story.md",
                ] {
                    let (brief, page) = (brief(file), page(subject, session));
                    let url = address(&brief, &page).unwrap();
                    assert_eq!(read(&url), Some((brief.clone(), page.clone())), "{url}");
                    // As VS Code writes it.
                    let rewritten = url.as_str().replace('=', "%3D").replace('&', "%26");
                    let rewritten = Url::parse(&rewritten).unwrap();
                    assert_eq!(read(&rewritten), Some((brief, page)), "{rewritten}");
                }
            }
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn an_address_can_be_read_by_its_author() {
        let page = page(Subject::Prompt(ChunkNumber(3)), Some("lamp-01"));
        assert_eq!(
            address(Path::new("/novel/story.md"), &page)
                .unwrap()
                .as_str(),
            "storywright:/novel/story.md/draft=lamp-01/chunk=3/prompt/story-chunk_03.md"
        );
    }

    #[test]
    fn what_names_no_page_is_none() {
        for text in [
            "file:///novel/story.md/chunk=3/prompt/story-chunk_03.md",
            "storywright:story",
            "storywright://story",
            "storywright:/",
            "storywright:/novel/story.md",
            "storywright://host/novel/story.md/chunk=3/prompt/story-chunk_03.md",
            "storywright:/novel/story.md/chunk=3/prompt/story-chunk_03.md?draft=a",
            "storywright:/novel/story.md/chunk=3/prompt/story-chunk_04.md",
            "storywright:/novel/story.md/chunk=3/secrets/story-chunk_03.md",
            "storywright:/novel/story.md/chunk=0/prompt/story-chunk_00.md",
            "storywright:/novel/story.md/chunk=-3/prompt/story-chunk_03.md",
            "storywright:/novel/story.md/chunk=%2B3/prompt/story-chunk_03.md",
            "storywright:/novel/story.md/chunk=99999999999/prompt/story-chunk_03.md",
            "storywright:/novel/story.md/chunk=3/threads/story-threads.md",
            "storywright:/novel/story.md/prompt/story-chunk_03.md",
            "storywright:/novel/story.md/draft=..%2F..%2Fother/threads/story-threads.md",
            "storywright:/novel/story.md/draft=.work/threads/story-threads.md",
            "storywright:/etc/passwd/threads/passwd-threads.md",
            "storywright:/novel/story.md%2F..%2Fpasswd/threads/passwd-threads.md",
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(read(&url), None, "{text}");
        }
    }
}
