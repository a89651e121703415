//! The author's last word on a chunk that streams into an editor: what he saw and saved otherwise stays
//! as he left it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::fixture::{A, Editor, EndChunk, Story, kept_texts, n, result, written};
use storywright::session::{
    Call, Disk, Faults, Settled, Unsaved, Verdict, journal_opened, journal_saved, journal_seen,
    settle_journal, settle_left,
};

/// How the author leaves a text that he has seen whole: what of it he saves, and what else is known.
enum Left {
    /// The server hears of the save, then of the close.
    SavedAndClosed,
    /// The server is gone before the save.
    ServerKilled,
}

/// All of a text was seen in the editor; the author saves less of it, or what stood there before.
#[test]
fn what_the_author_saved_after_seeing_a_text_is_final() {
    let head = "---\nchunk: 1\nbeat: a\nstatus: complete\n---\n";
    let whole = "One paragraph.\n\nA second one.";
    for (name, saved) in [
        ("shorter", format!("{head}One paragraph.\n")),
        ("undone", A.to_owned()),
        ("undone, with other line ends", A.replace('\n', "\r\n")),
        ("emptied", head.to_owned()),
    ] {
        for left in [Left::SavedAndClosed, Left::ServerKilled] {
            let story = written();
            let editor = Arc::new(Editor::default());
            let path = story.path("chunks/chunk_01.md");
            editor.open(&path);
            let session = story
                .open_as(&["a", "b", "c"], editor.clone(), Disk::real())
                .unwrap()
                .session;
            session.chunk(n(1)).unwrap();
            session.save_partial(n(1), "One paragraph.").unwrap();
            let ended = session.complete_chunk(n(1), whole, result()).unwrap();
            let edit = ended.client_edits.iter().find(|edit| edit.path == path);
            editor.edit(&path, &edit.unwrap().text);
            journal_seen(&path, &editor.text(&path), &Disk::real()).unwrap();
            drop(session);

            editor.edit(&path, &saved);
            if matches!(left, Left::SavedAndClosed) {
                journal_seen(&path, &saved, &Disk::real()).unwrap();
            }
            let shown = story.view_as(&["a", "b", "c"], editor.as_ref());
            let expected = store_prose(&saved);
            assert_eq!(shown.chunks[0].text.trim_end(), expected, "{name}, unsaved");
            editor.save(&path);
            if matches!(left, Left::SavedAndClosed) {
                journal_saved(&path, &Disk::real()).unwrap();
                editor.close(&path);
                settle_journal(&path, &Disk::real()).unwrap();
            }
            assert_eq!(
                story.view(&["a", "b", "c"]).chunks[0].text.trim_end(),
                expected,
                "{name}"
            );
            drop(story.open(&["a", "b", "c"]));
            assert_eq!(story.read("chunks/chunk_01.md"), saved, "{name}");
            assert_eq!(story.names("chunks").len(), 3, "{name}");
            assert!(
                story.names("history/chunk_01").len() >= 2,
                "{name}: both texts are kept"
            );
            let kept = story.names("history/chunk_01").into_iter();
            let plain = |text: String| text.replace("\r\n", "\n");
            let mut kept = kept.map(|name| plain(story.read(&format!("history/chunk_01/{name}"))));
            assert!(kept.any(|text| text.contains(whole)), "{name}");
        }
    }
}

fn store_prose(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let (_, prose) = text.split_once("\n---\n").unwrap();
    prose.trim_end().to_owned()
}

/// The author saved a shorter beginning while more came, and closed the file without saving again.
#[test]
fn what_comes_after_a_save_goes_on_from_the_saved_text() {
    let story = Story::new();
    let editor = Arc::new(Editor::default());
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    let session = story
        .open_as(&["a"], editor.clone(), Disk::real())
        .unwrap()
        .session;
    let head = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\n";
    let long = "The keeper climbed the stair and lit the lamp before the boats came in that night.";
    let shows = |text: &str| {
        editor.edit(&path, text);
        journal_seen(&path, text, &Disk::real()).unwrap();
    };
    session
        .save_partial(n(1), &format!("Cut this. {long}"))
        .unwrap();
    shows(&format!("{head}Cut this. {long}\n"));
    shows(&format!("{head}{long}\n"));
    editor.save(&path);
    assert_eq!(
        journal_saved(&path, &Disk::real()).unwrap(),
        Settled::StillNeeded
    );
    session
        .save_partial(n(1), &format!("Cut this. {long} And more."))
        .unwrap();
    shows(&format!("{head}{long} And more.\n"));
    editor.close(&path);
    settle_journal(&path, &Disk::real()).unwrap();
    assert_eq!(
        session.chunk(n(1)).unwrap().text.trim_end(),
        format!("{long} And more.")
    );
}

/// The author opens a chunk in mid-stream, takes text away and saves, be it before the journal
/// begins or after.
#[test]
fn what_the_author_took_away_in_mid_stream_stays_away() {
    let head = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\n";
    for (left, begins_first) in [
        (format!("{head}One."), false),
        (format!("{head}One."), true),
        (head.to_owned(), false),
        (head.to_owned(), true),
        (String::new(), false),
        (String::new(), true),
    ] {
        let story = Story::new();
        let editor = Arc::new(Editor::default());
        let opened = story.open_as(&["a"], editor.clone(), Disk::real());
        let session = opened.unwrap().session;
        let path = story.path("chunks/chunk_01.md");
        session.chunk(n(1)).unwrap();
        session.save_partial(n(1), "One. Two.").unwrap();
        editor.open(&path);
        if begins_first {
            session.save_partial(n(1), "One. Two. Three.").unwrap();
        }
        editor.edit(&path, &left);
        journal_seen(&path, &left, &Disk::real()).unwrap();
        editor.save(&path);
        journal_saved(&path, &Disk::real()).unwrap();
        session
            .save_partial(n(1), "One. Two. Three. Four.")
            .unwrap();
        editor.close(&path);
        settle_journal(&path, &Disk::real()).unwrap();
        let case = format!("{left:?} {begins_first}");
        assert_eq!(story.read("chunks/chunk_01.md"), left, "{case}");
        assert!(story.has_anywhere("One. Two. Three. Four."), "{case}");
        let more = session.save_partial(n(1), "One. Two. Three. Four. Five.");
        assert!(more.is_err(), "{case}");
        assert_eq!(story.read("chunks/chunk_01.md"), left, "{case}");
        // Asked again, the job goes on from what the author left.
        session.chunk(n(1)).unwrap();
        session.save_partial(n(1), "One. Other.").unwrap();
        let now = story.read("chunks/chunk_01.md");
        assert!(now.ends_with("---\nOne. Other."), "{case}: {now}");
    }
}

/// A rewrite streams into an open chunk; the author undoes it, saves and closes at once.
#[test]
fn a_rewrite_that_was_undone_and_saved_in_mid_stream_goes_no_further() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let opened = story.open_as(&["a", "b", "c"], editor.clone(), Disk::real());
    let session = opened.unwrap().session;
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    session.chunk(n(1)).unwrap();
    session.retire_chunk(n(1), "rewrite").unwrap();
    session.save_partial(n(1), "New text").unwrap();
    let shown = A
        .replace("complete", "partial")
        .replace("Text of a.", "New text");
    journal_seen(&path, &shown, &Disk::real()).unwrap();
    journal_seen(&path, A, &Disk::real()).unwrap();
    editor.save(&path);
    journal_saved(&path, &Disk::real()).unwrap();
    editor.close(&path);
    settle_journal(&path, &Disk::real()).unwrap();
    let more = session.save_partial(n(1), "New text that goes on");
    assert!(more.is_err());
    assert_eq!(story.read("chunks/chunk_01.md"), A);
    let ended = session.complete_chunk(n(1), "New text that ends.", result());
    assert!(ended.is_err());
    assert_eq!(story.read("chunks/chunk_01.md"), A);
    assert!(story.has_anywhere("New text that ends."));
}

/// The chunk was saved in its file; then the author opened that and typed.
#[test]
fn what_an_editor_shows_is_kept_before_a_text_takes_its_place_though_there_is_no_journal() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let opened = story.open_as(&["a", "b", "c"], editor.clone(), Disk::real());
    let session = opened.unwrap().session;
    let path = story.path("chunks/chunk_01.md");
    session.chunk(n(1)).unwrap();
    session.retire_chunk(n(1), "rewrite").unwrap();
    session.save_partial(n(1), "New").unwrap();
    editor.open(&path);
    editor.edit(&path, &A.replace("Text of a.", "<!-- colder -->"));
    for _ in 0..2 {
        session.keep_shown(n(1), "<!-- colder -->").unwrap();
        session.keep_shown(n(1), "Text of a.").unwrap();
    }
    assert_eq!(
        kept_texts(&session, n(1)),
        ["Text of a.", "<!-- colder -->"]
    );
}

/// The author saves all that has come, so that nothing waits in a journal, and undoes it before more comes.
#[test]
fn what_was_saved_and_then_undone_in_mid_stream_stays_away() {
    let partial = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\n";
    for undone in ["", partial, A] {
        let story = written();
        let editor = Arc::new(Editor::default());
        let opened = story.open_as(&["a", "b", "c"], editor.clone(), Disk::real());
        let session = opened.unwrap().session;
        let path = story.path("chunks/chunk_01.md");
        editor.open(&path);
        session.chunk(n(1)).unwrap();
        session.retire_chunk(n(1), "rewrite").unwrap();
        session.save_partial(n(1), "One.").unwrap();
        editor.edit(&path, &format!("{partial}One.\n"));
        journal_seen(&path, &editor.text(&path), &Disk::real()).unwrap();
        editor.save(&path);
        let saved = journal_saved(&path, &Disk::real()).unwrap();
        assert_eq!(saved, Settled::Saved);

        editor.edit(&path, undone);
        journal_seen(&path, undone, &Disk::real()).unwrap();
        session.save_partial(n(1), "One. Two.").unwrap();
        drop(session);
        editor.save(&path);
        journal_saved(&path, &Disk::real()).unwrap();
        editor.close(&path);
        settle_journal(&path, &Disk::real()).unwrap();
        assert_eq!(story.read("chunks/chunk_01.md"), undone, "{undone:?}");
        assert!(story.has_anywhere("One. Two."), "{undone:?}");
    }
}

/// An earlier job left a text that the author did not go on from; what he went on from, he has seen.
#[test]
fn what_a_job_goes_on_from_instead_of_a_left_over_journal_was_seen() {
    let story = Story::new();
    let editor = Arc::new(Editor::default());
    let path = story.path("chunks/chunk_01.md");
    let partial = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\n";
    editor.open(&path);
    let open = || {
        let opened = story.open_as(&["a"], editor.clone(), Disk::real());
        opened.unwrap().session
    };
    open().save_partial(n(1), "Left over.").unwrap();
    editor.edit(&path, &format!("{partial}Mine. Two."));
    let session = open();
    session.chunk(n(1)).unwrap();
    session.save_partial(n(1), "Mine. Two. Three.").unwrap();
    assert!(story.has_anywhere("Left over."));
    let shorter = format!("{partial}Mine.");
    editor.edit(&path, &shorter);
    editor.save(&path);
    journal_saved(&path, &Disk::real()).unwrap();
    editor.close(&path);
    settle_journal(&path, &Disk::real()).unwrap();
    assert_eq!(story.read("chunks/chunk_01.md"), shorter);
    assert!(story.has_anywhere("Mine. Two. Three."));
}

/// There was no file when its text streamed into the editor; the author deletes all of that and saves an
/// empty one, of which no server hears.
#[test]
fn a_first_text_that_was_seen_and_saved_away_stays_away() {
    let story = Story::new();
    let editor = Arc::new(Editor::default());
    let opened = story.open_as(&["a"], editor.clone(), Disk::real());
    let session = opened.unwrap().session;
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    session.save_partial(n(1), "One. Two.").unwrap();
    let shown = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\nOne. Two.\n";
    journal_seen(&path, shown, &Disk::real()).unwrap();
    drop(session);
    story.write("chunks/chunk_01.md", "");
    assert_eq!(
        journal_opened(&path, "", &Disk::real()).unwrap(),
        Unsaved::Nothing
    );
    drop(story.open(&["a"]));
    assert_eq!(story.read("chunks/chunk_01.md"), "");
    assert!(story.has_anywhere("One. Two."));
}

/// Another program of the author's saves the file while the new text is on its way to disk.
struct SavesMeanwhile {
    file: Mutex<Option<std::path::PathBuf>>,
}

const MINE: &str = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\nOne. Mine.\n";

impl Faults for SavesMeanwhile {
    fn before(&self, call: Call, path: &Path) -> Verdict {
        let is_on_its_way = path.to_string_lossy().contains("chunk_01.md");
        if call == Call::Sync
            && is_on_its_way
            && let Some(file) = self.file.lock().unwrap().take()
        {
            std::fs::write(file, MINE).unwrap();
        }
        Verdict::Go
    }
}

#[test]
fn what_the_author_saves_while_a_text_is_on_its_way_to_disk_stays() {
    for is_end in [false, true] {
        let story = Story::new();
        let faults = Arc::new(SavesMeanwhile {
            file: Mutex::default(),
        });
        let disk = Disk::with_faults(faults.clone());
        let session = story.try_open(&["a"], disk).unwrap().session;
        session.chunk(n(1)).unwrap();
        session.save_partial(n(1), "One.").unwrap();
        let file = story.path("chunks/chunk_01.md");
        *faults.file.lock().unwrap() = Some(file);
        match is_end {
            true => drop(session.complete_chunk(n(1), "One. Two.", result())),
            false => drop(session.save_partial(n(1), "One. Two.")),
        }
        assert!(faults.file.lock().unwrap().is_none(), "{is_end}");
        assert_eq!(story.read("chunks/chunk_01.md"), MINE, "{is_end}");
        assert!(story.has_anywhere("One. Two."), "{is_end}");
    }
}

/// An editor is left while it shows words of the author's that were never saved: they are a version, and the file has
/// what was generated. What the file has as well is not kept twice.
#[test]
fn words_that_an_editor_took_along_unsaved_are_in_history() {
    let generated = "The keeper climbed the stair. The lamp was cold.";
    for (shown, is_kept) in [
        (
            "The keeper climbed the stair, slowly. The lamp was cold.",
            true,
        ),
        (
            "The keeper climbed the stair. The lamp was cold.\n\nMine.",
            true,
        ),
        ("The keeper climbed the stair. The lamp", false),
        ("The keeper climbed the stair.  The lamp was cold.\n", false),
        ("The keeper climbed the st", false),
        ("", false),
    ] {
        let story = Story::new();
        let editor = Arc::new(Editor::default());
        let opened = story.open_as(&["a"], editor.clone(), Disk::real());
        let session = opened.unwrap().session;
        let path = story.path("chunks/chunk_01.md");
        session.chunk(n(1)).unwrap();
        editor.open(&path);
        session.save_partial(n(1), generated).unwrap();
        let head = "---\nchunk: 1\nbeat: a\nstatus: partial\nmood: grey\n---\n";
        let shown_file = format!("{head}{shown}");
        journal_seen(&path, &shown_file, &Disk::real()).unwrap();
        editor.close(&path);
        let settled = settle_left(&path, &shown_file, &Disk::real()).unwrap();
        assert_eq!(settled, Settled::AppliedToFile, "{shown:?}");
        assert_eq!(
            store_prose(&story.read("chunks/chunk_01.md")),
            generated,
            "{shown:?}"
        );
        let expected: &[&str] = if is_kept { &[shown] } else { &[] };
        assert_eq!(kept_texts(&session, n(1)), expected);
        assert_eq!(story.has_anywhere("mood: grey"), is_kept, "{shown:?}");
    }
}

/// The author saves what he typed at the end of a growing text, types over all of it, and saves that only when the rest
/// has come, in an editor that shows none of it.
#[test]
fn what_the_author_saved_after_the_rest_had_come_is_final() {
    let story = Story::new();
    let editor = Arc::new(Editor::default());
    let opened = story.open_as(&["a"], editor.clone(), Disk::real());
    let session = opened.unwrap().session;
    let path = story.path("chunks/chunk_01.md");
    let head = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\n";
    session.chunk(n(1)).unwrap();
    session.save_partial(n(1), "One. Two.").unwrap();
    editor.open(&path);
    editor.edit(&path, &format!("{head}One. Two and mine.\n"));
    editor.save(&path);
    journal_saved(&path, &Disk::real()).unwrap();
    editor.edit(&path, "Mine alone.\n");
    (session.complete_chunk(n(1), "One. Two. Three.", result())).unwrap();
    editor.save(&path);
    journal_saved(&path, &Disk::real()).unwrap();
    editor.close(&path);
    settle_journal(&path, &Disk::real()).unwrap();
    assert_eq!(story.read("chunks/chunk_01.md"), "Mine alone.\n");
    for text in ["One. Two and mine.", "One. Two. Three."] {
        assert!(story.has_anywhere(text), "{text}");
    }
}
