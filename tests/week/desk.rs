//! The folder that a week is played in: the program and git run there, and what is on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::texts::{ChunkText, Words};

pub struct Desk {
    folder: TempDir,
    settings: Vec<String>,
}

/// What a run of the program left.
pub struct Ended {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn said(&self) -> String {
        let last = |text: &str| {
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(12)..].join("\n")
        };
        format!(
            "exit {:?}\n{}\n{}",
            self.code,
            last(&self.stdout),
            last(&self.stderr)
        )
    }

    /// The events of a job by their name.
    pub fn events(&self, name: &str) -> Vec<Value> {
        let events = self
            .stdout
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        events
            .filter(|event: &Value| event["event"] == name)
            .collect()
    }
}

/// Everything in the folder that a promise is about.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub brief: String,
    pub drafts: BTreeMap<String, Draft>,
}

/// The files of a draft.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Whatever is in chunks/, by file name.
    pub chunks: Vec<ChunkText>,
    /// Versions and proposed rewrites; without the copies of what was generated.
    pub history: BTreeMap<String, ChunkText>,
    /// Copies of what was generated.
    pub generated: BTreeMap<String, ChunkText>,
    /// Everything else by path, but for runs and locks.
    pub others: BTreeMap<String, String>,
}

impl Draft {
    fn take(&mut self, name: String, text: String) {
        let folder = name.split('/').next().unwrap_or_default();
        match folder {
            "runs" | "exports" | ".work" | ".lock" => {}
            "chunks" => self.chunks.push(ChunkText::parse(&name, &text)),
            "history" if name.starts_with("history/generated/") && name.ends_with(".md") => {
                self.generated
                    .insert(name.clone(), ChunkText::parse(&name, &text));
            }
            "history" | "revisions" if name.ends_with(".md") => {
                self.history
                    .insert(name.clone(), ChunkText::parse(&name, &text));
            }
            _ => {
                self.others.insert(name, text);
            }
        }
    }

    /// The chunk file of a beat: the one of its number, where there are several.
    pub fn chunk(&self, beat: &str, number: usize) -> Option<&ChunkText> {
        let own = |chunk: &&ChunkText| chunk.beat.as_deref() == Some(beat);
        let of_number = |chunk: &&ChunkText| own(chunk) && chunk.name == chunk_name(number);
        let chunks = &self.chunks;
        chunks
            .iter()
            .find(of_number)
            .or_else(|| chunks.iter().find(own))
    }

    pub fn all(&self) -> impl Iterator<Item = &ChunkText> {
        let kept = self.history.values().chain(self.generated.values());
        self.chunks.iter().chain(kept)
    }

    /// Every text that is somewhere.
    pub fn texts(&self) -> BTreeSet<&str> {
        self.all().map(|chunk| chunk.prose.as_str()).collect()
    }

    /// What an author typed and has not to be afraid for.
    pub fn typed(&self) -> BTreeSet<&str> {
        self.all().flat_map(|chunk| Words::of(&chunk.raw)).collect()
    }
}

/// `chunks/chunk_03.md`.
pub fn chunk_name(number: usize) -> String {
    format!("chunks/chunk_{number:02}.md")
}

impl Desk {
    /// An empty folder, in memory where there is such a file system.
    pub fn new(settings: &[&str]) -> Desk {
        let folder = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .expect("a folder");
        fs::create_dir(folder.path().join("novel")).expect("a folder");
        let settings = settings.iter().map(|&word| word.to_owned()).collect();
        let desk = Desk { folder, settings };
        desk.git(&["init", "--quiet"]);
        desk
    }

    /// Leaves the folder where it is.
    pub fn stay(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.novel()
    }

    pub fn novel(&self) -> PathBuf {
        self.folder.path().join("novel")
    }

    /// A folder beside the story's.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.novel().join(inside)
    }

    pub fn put(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("written");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.novel())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("STORYWRIGHT_CONFIG", self.folder.path().join("none.toml"))
            .env("OLLAMA_HOST", "127.0.0.1:9")
            .env("STORYWRIGHT_LOCAL_PORTS", "off")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.folder.path().join("gitconfig"))
            .stdin(Stdio::null());
        command
    }

    /// The program with these arguments, and the week's settings where it takes any.
    fn program(&self, arguments: &[&str]) -> Command {
        let other = std::env::var("STORYWRIGHT_WEEK_PROGRAM").ok();
        let mut command = self.command(
            other
                .as_deref()
                .unwrap_or(env!("CARGO_BIN_EXE_storywright")),
        );
        command.args(arguments);
        let takes_settings = ["write", "rewrite", "status", "refine", "state", "keep"];
        if takes_settings.contains(&arguments[0]) {
            command.args(&self.settings);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.program(arguments).output().expect("the program runs");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a job and interrupts it as Ctrl-C does, after so many events.
    #[cfg(unix)]
    pub fn interrupt(&self, arguments: &[&str], after: usize) -> Ended {
        let mut command = self.program(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut stdout = String::new();
        for _ in 0..after {
            if output.read_line(&mut stdout).expect("UTF-8") == 0 {
                break;
            }
        }
        let id = libc::pid_t::try_from(child.id()).expect("an id");
        // SAFETY: a signal to a child that is not waited for yet.
        unsafe { libc::kill(id, libc::SIGINT) };
        output.read_to_string(&mut stdout).expect("UTF-8");
        let ended = child.wait_with_output().expect("the program ends");
        Ended {
            code: ended.status.code(),
            stdout,
            stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        }
    }

    /// Where nothing is like Ctrl-C for another process: the process is ended.
    #[cfg(not(unix))]
    pub fn interrupt(&self, arguments: &[&str], after: usize) -> Ended {
        let mut command = self.program(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut stdout = String::new();
        for _ in 0..after {
            if output.read_line(&mut stdout).expect("UTF-8") == 0 {
                break;
            }
        }
        let _ = child.kill();
        output.read_to_string(&mut stdout).expect("UTF-8");
        let ended = child.wait_with_output().expect("the program ends");
        Ended {
            code: ended.status.code().filter(|code| *code == 0).or(Some(130)),
            stdout,
            stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        }
    }

    /// What git printed.
    ///
    /// # Panics
    /// Where git fails, which is no fault of the program's.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self
            .command("git")
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@b",
                "-c",
                "core.autocrlf=false",
            ])
            .args(arguments)
            .output()
            .expect("git runs");
        let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(
            output.status.success(),
            "git {arguments:?}: {told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        told
    }

    pub fn look(&self) -> Snapshot {
        Snapshot::of(&self.novel())
    }
}

impl Snapshot {
    /// What is in a story's folder.
    pub fn of(novel: &Path) -> Snapshot {
        let mut snapshot = Snapshot {
            brief: fs::read_to_string(novel.join("story.md")).unwrap_or_default(),
            drafts: BTreeMap::new(),
        };
        let generated = novel.join("generated");
        let mut folders = vec![generated.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let inside = path
                    .strip_prefix(&generated)
                    .expect("below")
                    .to_string_lossy();
                let inside = inside.replace('\\', "/");
                let Some((draft, name)) = inside
                    .split_once('/')
                    // What only the program needs makes no draft.
                    .filter(|(id, name)| !id.starts_with('.') && !name.starts_with(".work/"))
                else {
                    continue;
                };
                let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
                let draft = snapshot.drafts.entry(draft.to_owned()).or_default();
                draft.take(name.to_owned(), text);
            }
        }
        for draft in snapshot.drafts.values_mut() {
            draft.chunks.sort_by(|a, b| a.name.cmp(&b.name));
        }
        snapshot
    }
}
