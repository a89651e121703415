//! Writes SESSIONS.md: what each session is, how far it is, how to resume it.
//!
//! The index stands between two marks and is rewritten by every job; whatever the author
//! writes outside the marks stays.

use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::finding;
use crate::session::layout::{SessionPaths, StoryFolder};
use crate::session::manifest::{self, ManifestFact, Summary};
use crate::session::record_log::Logged;
use crate::session::{ClientEdit, Owner, Owners};
use crate::story::Digest;

const BEGIN: &str = "<!-- storywright:index ";
const BEGIN_END: &str = " your own notes are safe outside of these marks -->\n";
const END: &str = "<!-- storywright:end -->\n";

const GUIDE: &str = "\
Go on with a story: `storywright write` beside its brief, or the code action \"Write the story\" in an editor. It does \
what is missing and leaves alone what is done.

In a session's folder:

| | |
|---|---|
| `chunks/` | the prose, one file a beat; edit it as you like |
| `full_story.md` | all complete chunks in one file, made anew from them |
| `history/` | every text that was ever replaced |
| `manifest.json` | what is known of each chunk: words, model, times |
| `CHANGELOG.md` | what happened, one line an event |
| `runs/` | one folder a job, with a summary, the log, and the errors |
";

/// Writes the index. Comes back as an edit where the file is open in an editor.
pub(crate) fn write_index(
    folder: &StoryFolder,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Option<ClientEdit>, StoreError> {
    let path = folder.generated().join("SESSIONS.md");
    let mut sessions = Vec::new();
    for id in finding::all_sessions(&folder.generated(), disk)? {
        sessions.extend(summary(&folder.paths(&id), id.as_str(), disk)?);
    }
    sessions.sort_by(|a, b| (&a.brief, a.created, &a.id).cmp(&(&b.brief, b.created, &b.id)));
    let index = render(&sessions);
    let open = owners.owner(&path) == Owner::Client;
    let old = match owners.open_text(&path).filter(|_| open) {
        Some(text) => text,
        None => disk.read_text(&path)?.unwrap_or_default(),
    };
    let (text, edited) = replace_index(&old, &index);
    if text == old {
        return Ok(None);
    }
    if let Some(edited) = edited {
        let aside = manifest::kept_aside(&path, disk)?;
        disk.write(&aside, edited.as_bytes())?;
    }
    if open {
        return Ok(Some(ClientEdit {
            path,
            text,
            base: old,
        }));
    }
    // A power cut may bring the index of the last job back; the next one writes it again.
    disk.replace(&path, text.as_bytes())?;
    Ok(None)
}

/// Tells what the index shows of a session; `None` where it has no usable manifest.
fn summary(paths: &SessionPaths, id: &str, disk: &Disk) -> Result<Option<Summary>, StoreError> {
    let logged = Logged::read(paths, disk)?;
    if logged.is_empty() {
        return manifest::read_summary(&paths.manifest(), id, disk);
    }
    let (fact, seen) = manifest::read(&paths.manifest(), id, disk)?;
    let ManifestFact::Read(mut manifest) = fact else {
        return Ok(None);
    };
    for entry in logged.after(seen.as_ref()) {
        manifest.set_record(entry.record);
    }
    manifest.sum();
    Ok(Some(Summary::of(*manifest)))
}

fn render(sessions: &[Summary]) -> String {
    let mut text = String::from("# Sessions\n\nEach session is one draft of a story.\n\n");
    text.push_str(
        "| session | story | begun | chunks | words | written by |\n|---|---|---|---|---|---|\n",
    );
    for manifest in sessions {
        let totals = &manifest.totals;
        let mut writers: Vec<&str> = manifest
            .chunks
            .iter()
            .filter_map(|chunk| chunk.model.as_deref())
            .collect();
        writers.sort_unstable();
        writers.dedup();
        text.push_str(&format!(
            "| [{id}]({id}/full_story.md) | {brief} | {begun} | {complete} of {chunks} | {words} of {target} | {by} |\n",
            id = cell(&manifest.id),
            brief = cell(&manifest.brief),
            begun = manifest.created.strftime("%Y-%m-%d"),
            complete = totals.complete,
            chunks = totals.chunks,
            words = totals.words,
            target = totals.target_words,
            by = cell(&writers.join(", ")),
        ));
    }
    text.push('\n');
    text.push_str(GUIDE);
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Puts a new index between the marks. Also returns the old one where the author changed it,
/// which its digest in the first mark tells. Pure.
fn replace_index(old: &str, index: &str) -> (String, Option<String>) {
    let digest = Digest::of(index);
    let block = format!("{BEGIN}{}{BEGIN_END}{index}{END}", digest.short());
    let Some(begin) = old.find(BEGIN) else {
        let space = if old.is_empty() { "" } else { "\n" };
        return (format!("{old}{space}{block}"), None);
    };
    let after = &old[begin + BEGIN.len()..];
    let (mark, body) = after.split_once('\n').unwrap_or((after, ""));
    let (inner, rest) = body.split_once(END).unwrap_or((body, ""));
    let known = mark.split_whitespace().next().unwrap_or_default();
    let edited = (Digest::of(inner).short() != known).then(|| inner.to_owned());
    (format!("{}{block}{rest}", &old[..begin]), edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_the_author_stay() {
        let (first, edited) = replace_index("My notes.\n", "one\n");
        assert!(first.starts_with("My notes.\n") && first.contains("one\n") && edited.is_none());
        let (second, edited) = replace_index(&format!("{first}After.\n"), "two\n");
        assert!(second.starts_with("My notes.\n") && second.ends_with("After.\n"));
        assert!(second.contains("two\n") && !second.contains("one\n") && edited.is_none());
        let (third, edited) = replace_index(&second.replace("two\n", "two, mine\n"), "three\n");
        assert!(third.contains("three\n"));
        assert_eq!(edited.as_deref(), Some("two, mine\n"));
    }
}
