//! A writer's desk: a folder of their own, and the program run in it.
//!
//! Nothing of this machine reaches the program: its environment is empty but for what a test
//! puts there, and its configuration lies on the desk.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::model_server::ModelServer;
use crate::support::numbered;

/// Nothing takes longer, on any machine.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// The key that tests give to the program; it must turn up nowhere.
pub const KEY: &str = "hunter2-very-secret-key";

pub struct Desk {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Desk {
    /// An empty desk.
    pub fn new() -> Desk {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(home.path().join("novel")).expect("a folder");
        let config = home.path().join("config.toml");
        let mut desk = Desk {
            home,
            variables: Vec::new(),
        };
        desk.set("STORYWRIGHT_CONFIG", config.display().to_string());
        desk.set("HOME", desk.home.path().display().to_string());
        desk.set("PATH", std::env::var("PATH").unwrap_or_default());
        // Nothing listens on the discard port: an Ollama of this machine is not asked.
        desk.set("OLLAMA_HOST", "127.0.0.1:9");
        desk.set("STORYWRIGHT_LOCAL_PORTS", "off");
        desk
    }

    /// A desk with a brief on it.
    pub fn with(brief: &str) -> Desk {
        let desk = Desk::new();
        desk.put("story.md", brief);
        desk
    }

    /// Sets a variable of the program's environment.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    /// The folder that the program runs in.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("novel")
    }

    /// A path on the desk, outside of the program's folder.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder().join(relative)
    }

    pub fn put(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }

    /// The user's own settings.
    pub fn configure(&self, toml: &str) {
        std::fs::write(self.home.path().join("config.toml"), toml).expect("written");
    }

    pub fn read(&self, relative: &str) -> String {
        let path = numbered::found(&self.path(relative));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn exists(&self, relative: &str) -> bool {
        self.path(relative).exists()
    }

    /// Every file below a folder, with its text, sorted by path; with forward slashes.
    pub fn files(&self, relative: &str) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut folders = vec![numbered::found(&self.path(relative))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("a file");
                    let name = path.strip_prefix(self.folder()).unwrap_or(&path);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    files.push((slashed(name), text));
                }
            }
        }
        files.sort();
        files
    }

    /// The folder of the one session.
    pub fn session(&self) -> String {
        let mut sessions: Vec<String> = std::fs::read_dir(self.path("generated"))
            .expect("generated/")
            .map(|entry| entry.expect("an entry"))
            .filter(|entry| entry.path().is_dir())
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| format!("generated/{}", entry.file_name().display()))
            .collect();
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        sessions.remove(0)
    }

    pub fn manifest(&self) -> Value {
        let text = self.read(&format!("{}/manifest.json", self.session()));
        serde_json::from_str(&text).expect("JSON")
    }

    /// A chunk as its file has it.
    pub fn chunk(&self, number: u32) -> Chunk {
        Chunk::parse(&self.read(&self.chunk_file(number)))
    }

    pub fn chunk_file(&self, number: u32) -> String {
        format!("{}/chunks/chunk_{number:02}.md", self.session())
    }

    /// Replaces the prose of a chunk, as an author with an editor does.
    pub fn edit_chunk(&self, number: u32, edit: impl FnOnce(&str) -> String) {
        let file = self.chunk_file(number);
        let text = self.read(&file);
        let (head, prose) = Chunk::split(&text);
        self.put(&file, &format!("{head}{}\n", edit(prose.trim_end())));
    }

    /// The log of the last run, line by line.
    pub fn log(&self) -> Vec<Value> {
        let logs = self.files(&format!("{}/runs", self.session()));
        let (_, log) = logs
            .iter()
            .rfind(|(name, _)| name.ends_with("log.jsonl"))
            .expect("a log");
        log.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    /// Runs `write` with a provider that speaks to the scripted server.
    pub fn write(&self, provider: &str, server: &ModelServer, more: &[&str]) -> Ended {
        self.start_write(provider, server, more).end()
    }

    pub fn start_write(&self, provider: &str, server: &ModelServer, more: &[&str]) -> Running {
        let mut arguments = vec!["write", "--provider", provider];
        arguments.extend(["--base-url", &server.base_url]);
        arguments.extend(["--model", "scripted-model"]);
        arguments.extend(more);
        self.start(&arguments)
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::of(self.command(arguments))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storywright"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A chunk file, taken apart.
#[derive(Debug, PartialEq)]
pub struct Chunk {
    /// `partial` or `complete`.
    pub status: String,
    /// Without white space at its end.
    pub prose: String,
}

impl Chunk {
    fn parse(text: &str) -> Chunk {
        let (head, prose) = Chunk::split(text);
        let status = head
            .lines()
            .find_map(|line| line.strip_prefix("status: "))
            .unwrap_or_else(|| panic!("no status in {head}"));
        Chunk {
            status: status.to_owned(),
            prose: prose.trim_end().to_owned(),
        }
    }

    fn split(text: &str) -> (&str, &str) {
        let end = text[4..].find("\n---\n").expect("front matter") + 4 + "\n---\n".len();
        text.split_at(end)
    }

    pub fn words(&self) -> usize {
        self.prose.split_whitespace().count()
    }
}

/// What a run of the program left.
#[derive(Debug)]
pub struct Ended {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Panics with all that was said when the exit code is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ended {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard output as one JSON event a line.
    pub fn events(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }

    /// The events of one name.
    pub fn named(&self, name: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|event| event["event"] == name);
        events
    }

    /// Both outputs.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The program while it runs. It ends with the test.
pub struct Running {
    child: Child,
    stdout: Arc<Heard>,
    stderr: Arc<Heard>,
    ends: mpsc::Receiver<()>,
}

/// Lines of one output so far.
#[derive(Default)]
struct Heard {
    text: Mutex<String>,
    grown: Condvar,
}

impl Heard {
    fn text(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: &Arc<Self>, output: impl Read + Send + 'static, end: mpsc::Sender<()>) {
        let heard = Arc::clone(self);
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while output
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                heard.text().push_str(&String::from_utf8_lossy(&line));
                heard.grown.notify_all();
                line.clear();
            }
            let _ = end.send(());
        });
    }
}

impl Running {
    pub fn of(mut command: Command) -> Running {
        let mut child = command.spawn().expect("the program starts");
        let (end, ends) = mpsc::channel();
        let [stdout, stderr] = [(); 2].map(|()| Arc::new(Heard::default()));
        match child.stdout.take() {
            Some(output) => stdout.listen(output, end.clone()),
            None => drop(end.send(())),
        }
        match child.stderr.take() {
            Some(output) => stderr.listen(output, end),
            None => drop(end.send(())),
        }
        Running {
            child,
            stdout,
            stderr,
            ends,
        }
    }

    /// Waits until standard output holds a line that `is_it` takes; that line.
    pub fn wait_for(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let find = |text: &str| text.lines().find(|line| is_it(line)).map(str::to_owned);
        let text = self.stdout.text();
        let (text, waited) = self
            .stdout
            .grown
            .wait_timeout_while(text, DEADLINE, |text| find(text).is_none())
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "no {what} in:\n{}", *text);
        find(&text).expect("it was found")
    }

    /// Waits for an event of `--json`.
    pub fn wait_for_event(&self, name: &str) -> Value {
        let mark = format!(r#""event":"{name}""#);
        let line = self.wait_for(name, |line| line.contains(&mark));
        serde_json::from_str(&line).expect("JSON")
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: i32) {
        let id = libc::pid_t::try_from(self.child.id()).expect("a process id");
        // SAFETY: a signal to a child that has not been waited for, so its id is still its own.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
    }

    /// Waits until the program has ended.
    pub fn end(mut self) -> Ended {
        for _ in 0..2 {
            if self.ends.recv_timeout(DEADLINE).is_err() {
                let _ = self.child.kill();
                panic!(
                    "it does not end. stdout:\n{}\nstderr:\n{}",
                    *self.stdout.text(),
                    *self.stderr.text()
                );
            }
        }
        let status = self.child.wait().expect("a status");
        Ended {
            code: status.code(),
            stdout: std::mem::take(&mut self.stdout.text()),
            stderr: std::mem::take(&mut self.stderr.text()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls `look` until it finds something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = std::time::Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(std::time::Instant::now() < deadline, "no {what} in time");
        // Files and processes tell nobody when they change; this looks again and again.
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// A path with forward slashes on every system.
pub fn slashed(path: &Path) -> String {
    match cfg!(windows) {
        true => path.display().to_string().replace('\\', "/"),
        false => path.display().to_string(),
    }
}

/// A path, written with forward slashes, as this system writes it.
pub fn native(path: &str) -> String {
    path.replace('/', std::path::MAIN_SEPARATOR_STR)
}

/// A brief of the repository.
pub fn fixture(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("fixtures/briefs").join(name).join("story.md");
    std::fs::read_to_string(path).expect("a fixture")
}
