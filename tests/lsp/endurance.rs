//! Days of work in one server: what it holds must not grow with what it has done.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Setup, Workspace, uri};
use crate::support::model_server::{ModelServer, Reply, words_with_spaces};
use crate::support::prose::{Length, asked_length, prose};

/// How long a file may be open that is only looked at.
const PATIENCE: Duration = Duration::from_secs(20);
const KEY: &str = "sk-test-key";
/// What stays in `.work/` as long as there is a session: locks that nobody holds (on Windows with the file that names
/// the last holder), and what was learned.
const STAYS: [&str; 5] = [
    ".gitignore",
    "lock",
    "lock.holder",
    "editors.lock",
    "tokens.json",
];

#[test]
fn a_server_lets_go_of_what_is_done() {
    let (early, late) = work(60, 30, 12);
    no_more_descriptors(early, late);
}

#[test]
#[ignore = "takes minutes: cargo test --test lsp twelve_hours -- --ignored --nocapture"]
fn twelve_hours_of_work_in_one_server() {
    let (early, late) = work(5_000, 500, 100);
    no_more_descriptors(early, late);
    if let (Some(early), Some(late)) = (early.memory, late.memory) {
        assert!(late <= early * 12 / 10, "{early} KB, then {late} KB");
    }
}

fn no_more_descriptors(early: Held, late: Held) {
    if let (Some(early), Some(late)) = (early.descriptors, late.descriptors) {
        assert!(late <= early, "{early} descriptors, then {late}");
    }
}

/// Has one server write, rewrite, edit and cancel so many chunks in all, in stories of so many. What it held
/// when it had `settled`, after so many, and at the end.
fn work(chunks: usize, settled: usize, beats: usize) -> (Held, Held) {
    let mut seed = 0;
    let server = ModelServer::start(move |request| {
        seed += 1;
        let words = match asked_length(&request.prompt()) {
            Some(Length::Words(words)) => words,
            _ => 50,
        };
        Reply::fragments(words_with_spaces(&prose(words, seed)))
    });
    let workspace = Workspace::with_text(&brief("The Lamp Keeper", 1));
    workspace.model_server(&server.base_url);
    let mut desk = Desk {
        editor: Setup::new(Persona::Helix).key(KEY).start(&workspace),
        beats,
        done: Done::default(),
    };
    let (mut early, mut story) = (None, 0);
    while desk.done.all() < chunks {
        story += 1;
        let (name, title) = (format!("night{story}.story.md"), format!("Night {story}"));
        let path = workspace.root().join(name);
        fs::write(&path, brief(&title, beats)).unwrap();
        desk.work_on(&path, &format!("night-{story}-01"));
        let held = Held::of(&mut desk.editor);
        println!("{:?}: {held:?}", desk.done);
        if desk.done.all() >= settled {
            early.get_or_insert(held);
        }
    }
    let early: Held = early.unwrap();
    // A look that goes on beside may have a file open for a moment; what is held stays open.
    let mut late = Held::of(&mut desk.editor);
    desk.editor.wait_within(PATIENCE, |editor| {
        late = Held::of(editor);
        (late.descriptors <= early.descriptors).then_some(())
    });
    println!("{:?}: {early:?}, at the end {late:?}", desk.done);
    assert_eq!(desk.editor.quit(), 0);
    let left = leftovers(&workspace.root().join("generated"));
    assert_eq!(left, Vec::<PathBuf>::new());
    (early, late)
}

fn brief(title: &str, beats: usize) -> String {
    let mut brief = format!(
        "---\ntitle: {title}\nlanguage: en\ntarget_words: {}\n---\n# Premise\n\nA keeper keeps a lamp.\n\n# Outline\n",
        beats * 60
    );
    for number in 1..=beats {
        brief.push_str(&format!(
            "\n## Watch {number}\n\nMara goes up for the time number {number} and lights the lamp.\n"
        ));
    }
    brief
}

/// What was done to chunks.
#[derive(Debug, Default)]
struct Done {
    written: usize,
    rewritten: usize,
    edited: usize,
    cancelled: usize,
}

impl Done {
    fn all(&self) -> usize {
        self.written + self.rewritten + self.edited + self.cancelled
    }
}

/// What a server holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// In KB; `None` where the system does not tell.
    memory: Option<u64>,
    descriptors: Option<usize>,
}

impl Held {
    /// Once the server is idle: every request before this one is answered.
    fn of(editor: &mut Editor) -> Held {
        editor.request("no/such", json!({})).unwrap_err();
        let process = PathBuf::from(format!("/proc/{}", editor.process.pid()));
        let status = fs::read_to_string(process.join("status")).ok();
        let memory = status.and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        });
        let descriptors = fs::read_dir(process.join("fd")).ok();
        Held {
            memory,
            descriptors: descriptors.map(Iterator::count),
        }
    }
}

struct Desk {
    editor: Editor,
    beats: usize,
    done: Done,
}

impl Desk {
    /// A story from its first chunk to its last edit.
    fn work_on(&mut self, brief: &Path, session: &str) {
        let chunks = brief
            .parent()
            .unwrap()
            .join("generated")
            .join(session)
            .join("chunks");
        let digits = self.beats.to_string().len().max(2);
        let file = |number: usize| chunks.join(format!("chunk_{number:0digits$}.md"));
        let story = uri(brief);
        self.editor.open(brief);
        // Broken off on the way, and gone on with while a chunk of it is open.
        let job = self.editor.start_job("write", json!([story]));
        let third = file(self.beats / 3);
        self.editor
            .wait("a third of the story", |_| third.exists().then_some(()));
        self.editor.command("cancel", json!([job])).unwrap();
        self.end(&job, "cancelled");
        self.done.cancelled += 1;
        let open = file(self.beats - 1);
        self.editor.open(&open);
        let job = self.editor.start_job("write", json!([story]));
        self.end(&job, "");
        self.editor.save(&open);
        self.editor.close(&open);
        self.done.written += self.beats;
        for number in 1..=self.beats {
            let path = file(number);
            match number % 4 {
                0 => {
                    self.rewrite(&story, number);
                }
                1 => {
                    self.editor.open(&path);
                    self.rewrite(&story, number);
                    self.editor.save(&path);
                    self.editor.close(&path);
                }
                2 => {
                    self.editor.open(&path);
                    self.editor.type_at_end(&path, " And she slept.");
                    self.editor.looked_at(&path);
                    self.editor.save(&path);
                    self.editor.close(&path);
                    self.done.edited += 1;
                }
                _ => {
                    let job = self
                        .editor
                        .start_job("rewriteChunk", json!([story, number]));
                    self.editor.command("cancel", json!([job])).ok();
                    self.end(&job, "");
                    self.done.cancelled += 1;
                }
            }
        }
        self.editor.close(brief);
    }

    fn rewrite(&mut self, story: &str, number: usize) {
        let job = self
            .editor
            .start_job("rewriteChunk", json!([story, number]));
        self.end(&job, "");
        self.done.rewritten += 1;
    }

    /// Waits for the end of a job, of which the author is told `part`, and forgets what was said meanwhile.
    fn end(&mut self, job: &str, part: &str) {
        let (kind, message) = self.editor.wait_for_end(job);
        assert!(kind == 3 && message.contains(part), "{kind} {message}");
        self.editor.forget();
    }
}

/// The files in the `.work/` of every session and of the folder around them, but for those that stay.
fn leftovers(generated: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(generated.to_owned(), false)];
    while let Some((folder, is_work)) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push((path.clone(), is_work || path.ends_with(".work"))),
                false if is_work && !STAYS.iter().any(|name| path.ends_with(name)) => {
                    found.push(path)
                }
                false => {}
            }
        }
    }
    found.sort();
    found
}
