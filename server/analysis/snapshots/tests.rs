use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::*;
use crate::session::{Call, Faults, NoEditor, Owner, Verdict};

const BRIEF: &str =
    "---\ntitle: Lamp\n---\n# Premise\nA keeper.\n# Outline\n## The Stair\nMara goes down.\n";
const CHUNK: &str = "---\nchunk: 1\nbeat: the-stair\nstatus: complete\n---\nShe went down.\n";

/// An editor that has one file open, whose text may change.
struct OneFile(PathBuf, Mutex<(u64, String)>);

impl Owners for OneFile {
    fn owner(&self, path: &Path) -> Owner {
        match path == self.0 {
            true => Owner::Client,
            false => Owner::Server,
        }
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        (path == self.0).then(|| lock(&self.1).1.clone())
    }

    fn revision(&self, path: &Path) -> Option<u64> {
        (path == self.0).then(|| lock(&self.1).0)
    }
}

/// Writes a file with a time of an hour ago: a file that was written a moment ago is never kept.
fn put(folder: &Path, name: &str, text: &str, seconds: u64) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    age(&path, seconds);
    let folders = path.ancestors().skip(1);
    let inside = folders.take_while(|above| above.starts_with(folder));
    inside.for_each(|above| age(above, 0));
}

fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(3600 - seconds);
    // Not every system lets the times of a folder be set; there the test shows less.
    let _ = fs::File::open(path).and_then(|file| file.set_modified(then));
}

#[test]
fn an_answer_is_kept_until_something_changes_that_it_was_read_from() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name, text: &str, seconds| put(folder.path(), name, text, seconds);
    let chunk_name = "generated/lamp-01/chunks/chunk_01.md";
    let (brief, chunk) = (
        folder.path().join("story.md"),
        folder.path().join(chunk_name),
    );
    put("story.md", BRIEF, 0);
    put(chunk_name, CHUNK, 0);
    let snapshots = Snapshots::new(Environment::default(), Disk::real());
    let source = StorySource::of_files(&brief, None);
    let session = SessionId::parse("lamp-01").unwrap();
    let snapshot = |owners: &dyn Owners| {
        let snapshot = snapshots.look(&source, owners).session(&session);
        snapshot.unwrap()
    };
    let first = snapshot(&NoEditor);
    assert!(Arc::ptr_eq(&first, &snapshot(&NoEditor)));
    put(chunk_name, &CHUNK.replace("went", "ran"), 1);
    let second = snapshot(&NoEditor);
    assert_eq!(second.written.view.chunks[0].text, "She ran down.");
    assert!(Arc::ptr_eq(&first.read, &second.read), "the same brief");
    put("story.md", &BRIEF.replace("Mara", "Ilse"), 2);
    assert!(snapshot(&NoEditor).read.story.text.contains("Ilse"));

    let editor = OneFile(chunk.clone(), Mutex::new((1, CHUNK.to_owned())));
    let open = snapshot(&editor);
    assert_eq!(open.written.view.chunks[0].text, "She went down.");
    assert!(Arc::ptr_eq(&open, &snapshot(&editor)));
    *lock(&editor.1) = (2, CHUNK.replace("She", "He"));
    assert_eq!(
        snapshot(&editor).written.view.chunks[0].text,
        "He went down."
    );
}

#[test]
fn who_is_named_is_looked_for_where_a_text_or_the_cast_changed() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str, seconds| put(folder.path(), name, text, seconds);
    let chunk = |number: usize| format!("generated/lamp-01/chunks/chunk_0{number}.md");
    let text = |number: usize, beat: &str, prose: &str| {
        format!("---\nchunk: {number}\nbeat: {beat}\nstatus: complete\n---\n{prose}\n")
    };
    let brief = "---\ntitle: Lamp\n---\n# Cast\n## Mara\n# Outline\n## A\nx\n## B\nx\n";
    put("story.md", brief, 0);
    put(&chunk(1), &text(1, "a", "Mara’s lamp."), 0);
    put(&chunk(2), &text(2, "b", "Mara and Mara."), 0);
    let snapshots = Snapshots::new(Environment::default(), Disk::real());
    let path = folder.path().join("story.md");
    let source = StorySource::of_files(&path, None);
    let index = || snapshots.look(&source, &NoEditor).index(None).unwrap();
    let counts = |index: &StoryIndex| -> Vec<usize> {
        let texts = index.texts().map(|text| text.mentions.len());
        texts.collect()
    };
    let first = index();
    assert_eq!(counts(&first), [1, 1, 2]);
    assert!(Arc::ptr_eq(&first, &index()));
    put(&chunk(2), &text(2, "b", "Nobody."), 1);
    let second = index();
    assert_eq!(counts(&second), [1, 1, 0]);
    let of = |index: &StoryIndex, at: usize| Arc::clone(&index.chunks[at].file.mentions);
    assert!(Arc::ptr_eq(&of(&first, 0), &of(&second, 0)), "read again");
    put("story.md", &brief.replace("## Mara", "## Ilse"), 2);
    assert_eq!(counts(&index()), [1, 0, 0]);
}

/// Notes which files are read.
#[derive(Default)]
struct Reads(Mutex<Vec<PathBuf>>);

impl Faults for Reads {
    fn before(&self, call: Call, path: &Path) -> Verdict {
        if call == Call::Read && path.is_file() {
            lock(&self.0).push(path.to_owned());
        }
        Verdict::Go
    }
}

#[test]
fn a_key_in_one_chunk_reads_no_other_however_many_there_are() {
    for count in [4, 40] {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| put(folder.path(), name, text, 0);
        let chunk = |number: usize| format!("generated/lamp-01/chunks/chunk_{number:02}.md");
        let text = |number: usize, prose: &str| {
            format!("---\nchunk: {number}\nbeat: b{number}\nstatus: complete\n---\n{prose}\n")
        };
        let beats = (1..=count).map(|beat| format!("## Beat {beat} {{#b{beat}}}\nx\n"));
        let brief = format!(
            "---\ntitle: Lamp\n---\n# Outline\n{}",
            beats.collect::<String>()
        );
        put("story.md", &brief);
        for number in 1..=count {
            put(
                &chunk(number),
                &text(number, &format!("It was night {number}.")),
            );
        }
        let reads = Arc::new(Reads::default());
        let disk = Disk::with_faults(Arc::clone(&reads) as Arc<dyn Faults>);
        let snapshots = Snapshots::new(Environment::default(), disk);
        let path = folder.path().join("story.md");
        let source = StorySource::of_files(&path, None);
        let session = SessionId::parse("lamp-01").unwrap();
        let open = folder.path().join(chunk(2));
        let editor = OneFile(open.clone(), Mutex::new((1, text(2, "It was night."))));
        let look = || {
            let look = snapshots.look(&source, &editor);
            let words = look.status(Some(&session)).unwrap().chunks[1].words;
            look.index(Some(&session)).unwrap();
            let found = look.findings(Some(&session)).unwrap();
            let shown = found.texts.iter().find(|text| text.path == open);
            let read = std::mem::take(&mut *lock(&reads.0));
            (words, Arc::clone(&shown.unwrap().text), read)
        };
        assert_eq!(look().0, 3);
        *lock(&editor.1) = (2, text(2, "It was a long night."));
        let (words, shown, read) = look();
        assert_eq!(
            (words, &*shown),
            (5, text(2, "It was a long night.").as_str())
        );
        assert_eq!(read, Vec::<PathBuf>::new(), "of {count}");
        put(&chunk(3), &text(3, "It was another night."));
        age(&folder.path().join(chunk(3)), 1);
        let (_, _, read) = look();
        assert!(
            read.iter()
                .all(|path| *path == folder.path().join(chunk(3))),
            "{read:?}"
        );
        assert!(!read.is_empty());
    }
}

#[test]
fn the_stories_that_were_asked_for_last_are_remembered() {
    let snapshots = Snapshots::new(Environment::default(), Disk::real());
    let ask = |name: &str| {
        let brief = PathBuf::from(name);
        let source = StorySource::of_files(&brief, None);
        Arc::as_ptr(&snapshots.look(&source, &NoEditor).story)
    };
    let first = ask("0.story.md");
    for name in 1..REMEMBERED {
        ask(&format!("{name}.story.md"));
    }
    assert_eq!(ask("0.story.md"), first);
    ask("one-more.story.md");
    assert_eq!(lock(&snapshots.stories.0).len(), REMEMBERED);
    assert_eq!(ask("0.story.md"), first);
}
