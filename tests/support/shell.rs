//! A folder with a brief, the program run in it, and its files as any reader sees them: read
//! and judged here, without the store's own code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Four beats under two rules.
pub const BRIEF: &str = include_str!("../../fixtures/briefs/short/story.md");

/// A story's folder; gone with the value.
pub struct Shell {
    folder: TempDir,
    settings: Vec<String>,
}

impl Shell {
    /// In memory where there is such a file system: a killed process leaves there what it
    /// leaves on a disk, and no other test has to wait for the syncing.
    pub fn new(settings: &[&str]) -> Shell {
        let folder = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .expect("a folder");
        fs::create_dir(folder.path().join("novel")).expect("a folder");
        fs::write(folder.path().join("novel/story.md"), BRIEF).expect("a brief");
        Shell {
            folder,
            settings: settings.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    /// Where the brief is.
    pub fn novel(&self) -> PathBuf {
        self.folder.path().join("novel")
    }

    /// The program, with the settings of this shell and nothing of this machine.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storywright"));
        command
            .args([name, "--json"])
            .args(&self.settings)
            .current_dir(self.novel())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("STORYWRIGHT_CONFIG", self.folder.path().join("none.toml"))
            // Nothing listens on the discard port: an Ollama of this machine is not asked.
            .env("OLLAMA_HOST", "127.0.0.1:9")
            .env("STORYWRIGHT_LOCAL_PORTS", "off")
            .env("OPENAI_API_KEY", "a-key-for-tests")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, name: &str) -> Output {
        self.command(name).output().expect("the program runs")
    }

    /// Runs `write` to its end, which has to be a complete story.
    pub fn write(&self) {
        let output = self.run("write");
        assert!(output.status.success(), "{}", told(&output));
    }

    /// What `status --json` says.
    pub fn status(&self) -> Value {
        let output = self.run("status");
        assert!(output.status.success(), "{}", told(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    pub fn files(&self) -> Files {
        Files::read(&self.novel().join("generated"))
    }
}

/// Everything that a process printed.
pub fn told(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The files of `generated/`, each of them readable.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The folders of sessions that hold anything.
    pub sessions: Vec<String>,
    /// Names below the one session, of what stays when no job runs.
    pub names: Vec<String>,
    pub chunks: BTreeMap<u32, Chunk>,
    pub full_story: Option<String>,
    pub changelog: String,
    /// The text of a change that was declared and not finished.
    pub declared: Option<String>,
    /// Whether records were logged that the manifest does not have yet.
    pub logged: bool,
    /// Files that a dead process had not renamed yet.
    pub temporaries: usize,
    /// Folders of jobs.
    pub runs: usize,
}

/// A chunk file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub raw: String,
    pub is_complete: bool,
    pub prose: String,
}

impl Files {
    fn read(generated: &Path) -> Files {
        let mut files = Files::default();
        let mut folders = vec![generated.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.take(generated, &path);
                }
            }
        }
        files.sessions.sort();
        files.sessions.dedup();
        files.names.sort();
        files
    }

    fn take(&mut self, generated: &Path, path: &Path) {
        let name = path.file_name().expect("a name").to_string_lossy();
        if name.starts_with('.') && name.ends_with(".tmp") {
            self.temporaries += 1;
            return;
        }
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        check_format(path, &text);
        let inside = path.strip_prefix(generated).expect("below");
        let mut parts = inside.iter().map(|part| part.to_string_lossy());
        let session = parts.next().expect("a name").into_owned();
        let rest: Vec<_> = parts.collect();
        if rest.is_empty() || session == ".work" {
            return;
        }
        self.sessions.push(session);
        match rest.join("/").as_str() {
            ".work/lock" | ".work/.gitignore" => {}
            ".intent.json" => self.declared = Some(text),
            ".work/records.jsonl" => self.logged = true,
            "full_story.md" => self.full_story = Some(text),
            "CHANGELOG.md" => self.changelog = text,
            inside if inside.starts_with("runs/") => {
                self.runs += usize::from(inside.ends_with("/summary.md"));
            }
            inside => {
                self.names.push(inside.to_owned());
                if rest[0] == "chunks" {
                    let (number, chunk) = Chunk::parse(path, text);
                    self.chunks.insert(number, chunk);
                }
            }
        }
    }

    /// How often the changelog tells that a chunk was written.
    pub fn times_told(&self, number: u32) -> usize {
        let line = format!("wrote chunk {number} ");
        self.changelog.matches(&line).count()
    }

    /// The numbers of the complete chunks.
    pub fn complete(&self) -> Vec<u32> {
        let complete = self.chunks.iter().filter(|(_, chunk)| chunk.is_complete);
        complete.map(|(number, _)| *number).collect()
    }
}

fn check_format(path: &Path, text: &str) {
    let json = |text: &str| {
        serde_json::from_str::<Value>(text)
            .unwrap_or_else(|error| panic!("{}: {error}\n{text}", path.display()))
    };
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => drop(json(text)),
        Some("jsonl") => text.lines().for_each(|line| drop(json(line))),
        _ => assert!(!text.contains('\0'), "{}", path.display()),
    }
}

impl Chunk {
    fn parse(path: &Path, raw: String) -> (u32, Chunk) {
        let bad = || -> ! { panic!("{} is not a chunk file:\n{raw}", path.display()) };
        let parts = raw
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"));
        let Some((head, prose)) = parts else { bad() };
        let value = |key: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
                .unwrap_or_else(|| bad())
        };
        let number = value("chunk").parse().unwrap_or_else(|_| bad());
        let is_complete = match value("status") {
            "complete" => true,
            "partial" => false,
            _ => bad(),
        };
        let prose = prose.to_owned();
        (
            number,
            Chunk {
                prose,
                is_complete,
                raw,
            },
        )
    }
}
