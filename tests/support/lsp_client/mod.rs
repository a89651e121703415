//! An editor, as far as a language server can tell: the built server's process, open
//! documents, and the habits of the editor that it stands for.
//!
//! ```ignore
//! let story = Workspace::with_brief("short");
//! let mut editor = Editor::start(Persona::Neovim, &story);
//! editor.open(&story.brief());
//! let job = editor.start_job("storywright.write", json!([]));
//! editor.wait_for_end(&job);
//! assert_eq!(editor.quit(), 0);
//! ```
//!
//! Nothing happens in the background: messages are handled while the test waits for something
//! ([`Editor::wait`], [`Editor::request`]), so that a test knows what its editor has done.

mod answering;
mod buffer;
mod persona;
mod pulling;
mod restart;
mod seen;
mod uris;
mod wire;
mod workspace;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use buffer::{Buffer, Change, Encoding, covered, is_place, offset, position};
use persona::Tells;
pub use persona::{Outcome, Persona};
use pulling::Pulls;
pub use uris::{path_of, uri};
pub use wire::{Process, frame};
pub use workspace::{SESSION, Setup, Workspace, prose_of, read};

/// Nothing that a test waits for takes this long, on the slowest machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// One thing that the server said, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Log(String),
    /// What the author sees: its type (1 error, 2 warning, 3 info) and its text.
    Show(u64, String),
    /// The token and the value.
    Progress(String, Value),
    Diagnostics(PathBuf, Value),
}

/// An edit that the server asked for.
#[derive(Debug, Clone)]
pub struct EditSeen {
    pub path: PathBuf,
    /// The version that it was made for.
    pub version: Option<i64>,
    pub new_text: String,
    pub outcome: Outcome,
}

/// A server's edit that an editor without versions applied to another text than it was made for.
#[derive(Debug, Clone)]
pub struct Misplaced {
    /// The text that the server knew.
    pub told: String,
    pub before: String,
    pub after: String,
}

/// An editor with a server.
pub struct Editor {
    pub persona: Persona,
    pub process: Process,
    settings: Value,
    next_id: i64,
    answers: HashMap<i64, Value>,
    /// Answers that have no number, in order.
    unnumbered: Vec<Value>,
    buffers: BTreeMap<PathBuf, Buffer>,
    /// When the server is told of a document; `None`: at the next editor event.
    due: BTreeMap<PathBuf, Option<Instant>>,
    /// Whether changes of any kind wait for [`Editor::next_event`].
    holds_changes: bool,
    said: Vec<Said>,
    edits: Vec<EditSeen>,
    /// Since they were last asked for ([`Editor::misplaced`]).
    misplaced: Vec<Misplaced>,
    /// Requests of the server's by method, with their parameters.
    asked: Vec<(String, Value)>,
    drop_edits: usize,
    pulls: Pulls,
    /// Beginnings of the answers that it chooses, one a question.
    pub choices: Vec<String>,
    ended: bool,
}

// ---------------------------------------------------------------- from start to end

impl Editor {
    /// An editor on a workspace, initialised as the real one does it.
    pub fn start(persona: Persona, workspace: &Workspace) -> Editor {
        Setup::new(persona).start(workspace)
    }

    /// A server that has not been sent anything yet.
    fn connect(persona: Persona, process: Process, settings: Value) -> Editor {
        Editor {
            persona,
            process,
            settings,
            next_id: 0,
            answers: HashMap::new(),
            unnumbered: Vec::new(),
            buffers: BTreeMap::new(),
            due: BTreeMap::new(),
            holds_changes: false,
            said: Vec::new(),
            edits: Vec::new(),
            misplaced: Vec::new(),
            asked: Vec::new(),
            drop_edits: 0,
            pulls: Pulls::default(),
            choices: Vec::new(),
            ended: false,
        }
    }

    pub fn initialize(&mut self, params: Value) -> Value {
        let answer = self.request("initialize", params).expect("initialize");
        self.pulls.note_offer(&answer);
        self.notify("initialized", json!({}));
        if self.persona == Persona::Eglot {
            let settings = match &self.settings {
                Value::Null => json!({}),
                settings => json!({ "storywright": settings }),
            };
            self.notify(
                "workspace/didChangeConfiguration",
                json!({ "settings": settings }),
            );
        }
        answer
    }

    /// Leaves as the protocol wants it; the exit code.
    pub fn quit(mut self) -> i32 {
        self.end_server()
    }

    /// Has the server leave as the protocol wants it; its exit code.
    pub fn end_server(&mut self) -> i32 {
        assert_eq!(self.request_bare("shutdown"), Ok(Value::Null));
        self.process
            .send(&json!({"jsonrpc": "2.0", "method": "exit"}));
        self.exit_code()
    }

    /// Waits for the end of the server; its exit code.
    pub fn exit_code(&mut self) -> i32 {
        let Some(status) = self.process.wait(DEADLINE) else {
            panic!("the server did not end\n{}", self.transcript());
        };
        status.code().expect("an exit code")
    }
}

// ---------------------------------------------------------------- messages

impl Editor {
    pub fn notify(&mut self, method: &str, params: Value) {
        self.process
            .send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request; the answer comes with [`Editor::answer`].
    pub fn send_request(&mut self, method: &str, params: Value) -> i64 {
        self.tell_all();
        self.next_id += 1;
        let id = self.next_id;
        self.process
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// Waits for an answer: the result, or the error object.
    pub fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let mut answer = self.wait("an answer", |editor| editor.answers.remove(&id));
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        }
    }

    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send_request(method, params);
        self.answer(id)
    }

    fn request_bare(&mut self, method: &str) -> Result<Value, Value> {
        self.tell_all();
        self.next_id += 1;
        let id = self.next_id;
        self.process
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": method}));
        self.answer(id)
    }

    /// Handles messages until `look` finds what it looks for. Panics at the deadline, and when
    /// the server ends first.
    pub fn wait<T>(&mut self, what: &str, look: impl FnMut(&mut Editor) -> Option<T>) -> T {
        match self.wait_within(DEADLINE, look) {
            Some(found) => found,
            None => panic!("waited for {what}\n{}", self.transcript()),
        }
    }

    /// Handles messages until `look` finds what it looks for, or time is up.
    pub fn wait_within<T>(
        &mut self,
        patience: Duration,
        mut look: impl FnMut(&mut Editor) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(found) = look(self) {
                return Some(found);
            }
            if self.ended || Instant::now() >= deadline {
                return None;
            }
            self.pump(deadline);
        }
    }

    /// Handles the next message, or tells of a change that is due.
    fn pump(&mut self, deadline: Instant) {
        // Files are looked at again though the server says nothing.
        let tick = Instant::now() + Duration::from_millis(20);
        let due = self.due.values().copied().flatten().min();
        match self
            .process
            .receive(due.map_or(tick, |due| due.min(tick)).min(deadline))
        {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Disconnected) => self.ended = true,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        let ripe: Vec<PathBuf> = self
            .due
            .iter()
            .filter(|(_, due)| due.is_some_and(|due| due <= now))
            .map(|(path, _)| path.clone())
            .collect();
        for path in ripe {
            self.tell(&path);
        }
    }

    fn take(&mut self, mut message: Value) {
        let Some(method) = message["method"].as_str().map(str::to_owned) else {
            match message["id"].as_i64() {
                Some(id) if self.takes_pulled(id, &message) => {}
                Some(id) => drop(self.answers.insert(id, message)),
                None => self.unnumbered.push(message),
            }
            return;
        };
        let params = message["params"].take();
        match message.get("id").cloned() {
            Some(id) => self.serve(id, &method, params),
            None => self.hear(&method, params),
        }
    }

    /// Lets the editor do nothing, as behind a `:sleep` or a "Press ENTER", until `look` finds
    /// what it looks for outside of it. What the server says meanwhile is read afterwards.
    pub fn sleep_until<T>(&mut self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "waited for {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

// ---------------------------------------------------------------- documents

impl Editor {
    /// Opens a file as it is on disk (empty if there is none), or shows it if it is open.
    pub fn open(&mut self, path: &Path) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        self.open_with(path, &text);
    }

    /// Opens a file with a text of its own, as from an unsaved session.
    pub fn open_with(&mut self, path: &Path, text: &str) {
        let text = self.persona.load(text.to_owned());
        let version = self.persona.first_version();
        self.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri(path), "languageId": "markdown", "version": version, "text": text}}),
        );
        self.buffers
            .insert(path.to_owned(), Buffer::new(text, version));
        self.pull(path);
    }

    /// The text of an open document.
    pub fn text(&self, path: &Path) -> &str {
        &self.buffer(path).text
    }

    pub fn buffer(&self, path: &Path) -> &Buffer {
        let buffer = self.buffers.get(path);
        buffer.unwrap_or_else(|| panic!("{} is not open", path.display()))
    }

    /// The author replaces a span of bytes.
    pub fn replace(&mut self, path: &Path, start: usize, end: usize, text: &str) {
        let encoding = self.persona.encoding();
        let buffer = self.buffers.get_mut(path).expect("an open document");
        buffer.version += 1;
        let text = text.to_owned();
        buffer.apply(&Change { start, end, text }, encoding);
        match self.persona {
            // A key is an editor event.
            Persona::VimLsp | Persona::Yegappan if !self.holds_changes => self.tell(path),
            _ => self.changed(path),
        }
    }

    /// From now on the server is told of no change before [`Editor::next_event`], whatever the
    /// editor's habit: as long as that may take in a client that is busy or suspended.
    pub fn hold_changes(&mut self) {
        self.holds_changes = true;
    }

    /// The editor's next event: the server is told of all changes, and at their time from now on.
    pub fn next_event(&mut self) {
        self.holds_changes = false;
        self.tell_all();
    }

    /// The author types something before the first occurrence of `place`.
    pub fn type_before(&mut self, path: &Path, place: &str, text: &str) {
        let at = self.text(path).find(place);
        let at = at.unwrap_or_else(|| panic!("no {place:?} in {:?}", self.text(path)));
        self.replace(path, at, at, text);
    }

    /// The author types something at the end of the last line that has text.
    pub fn type_at_end(&mut self, path: &Path, text: &str) {
        let at = self.text(path).trim_end().len();
        self.replace(path, at, at, text);
    }

    /// The author makes it another text.
    pub fn rewrite(&mut self, path: &Path, text: &str) {
        let length = self.text(path).len();
        self.replace(path, 0, length, text);
    }

    pub fn save(&mut self, path: &Path) {
        self.tell(path);
        std::fs::write(path, self.text(path)).expect("the file can be written");
        self.notify(
            "textDocument/didSave",
            json!({"textDocument": {"uri": uri(path)}}),
        );
    }

    /// Closes a document; what was not saved is gone.
    pub fn close(&mut self, path: &Path) {
        self.tell(path);
        self.notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri(path)}}),
        );
        self.buffers.remove(path);
        self.forget_pulled(path);
    }

    /// The author changes the editor's `storywright` settings.
    pub fn configure(&mut self, settings: Value) {
        self.settings = settings.clone();
        let settings = json!({ "storywright": settings });
        self.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": settings }),
        );
    }

    /// The next edits of the server are dropped, whatever the answer says.
    pub fn drop_edits(&mut self, count: usize) {
        self.drop_edits = count;
    }

    /// What the editor did with edits that came too late for its text, since this was last asked.
    pub fn misplaced(&mut self) -> Vec<Misplaced> {
        std::mem::take(&mut self.misplaced)
    }

    fn apply(&mut self, edit: &Value) -> bool {
        assert!(
            edit["changes"].is_null(),
            "an edit without versions: {edit}"
        );
        let mut applied = true;
        for document in edit["documentChanges"]
            .as_array()
            .expect("document changes")
        {
            let path = path_of(document["textDocument"]["uri"].as_str().expect("a URI"));
            let version = document["textDocument"]["version"].as_i64();
            let edits = document["edits"].as_array().expect("edits");
            // An edit may be on its way while the author closes the document.
            let outcome = match self.buffers.get_mut(&path) {
                None => Outcome::Refused,
                Some(_) if self.drop_edits > 0 => {
                    self.drop_edits -= 1;
                    Outcome::Dropped
                }
                Some(buffer) => {
                    let before = buffer.text.clone();
                    let stale = version != Some(buffer.version);
                    let outcome = self.persona.apply(buffer, version, edits);
                    if stale && outcome == Outcome::Applied {
                        let (told, after) = (buffer.told.clone(), buffer.text.clone());
                        self.misplaced.push(Misplaced {
                            told,
                            before,
                            after,
                        });
                    }
                    outcome
                }
            };
            let text = |edit: &Value| edit["newText"].as_str().unwrap_or_default().to_owned();
            self.edits.push(EditSeen {
                path: path.clone(),
                version,
                new_text: edits.iter().map(text).collect(),
                outcome,
            });
            applied &= outcome != Outcome::Refused;
            if outcome == Outcome::Applied {
                self.changed(&path);
            }
        }
        applied
    }

    /// Tells the server now, or when the editor's habit has it.
    fn changed(&mut self, path: &Path) {
        let due = match self.persona.tells() {
            _ if self.holds_changes => None,
            Tells::BeforeItAnswers => return self.tell(path),
            Tells::Later(pause) => Some(Instant::now() + pause),
            Tells::AtTheNextEvent => None,
        };
        self.due.entry(path.to_owned()).or_insert(due);
    }

    /// Tells the server of a document's changes.
    pub fn tell(&mut self, path: &Path) {
        self.due.remove(path);
        let Some(buffer) = self.buffers.get_mut(path) else {
            return;
        };
        let changes = std::mem::take(&mut buffer.untold);
        buffer.told.clone_from(&buffer.text);
        let version = buffer.version;
        if !changes.is_empty() {
            self.notify(
                "textDocument/didChange",
                json!({"textDocument": {"uri": uri(path), "version": version}, "contentChanges": changes}),
            );
            self.pull(path);
        }
    }

    fn tell_all(&mut self) {
        if self.holds_changes {
            return;
        }
        let paths: Vec<PathBuf> = self.due.keys().cloned().collect();
        for path in paths {
            self.tell(&path);
        }
    }
}

// ---------------------------------------------------------------- commands and actions

impl Editor {
    /// Runs a command: its answer, or the sentence of its error.
    pub fn command(&mut self, name: &str, arguments: Value) -> Result<Value, String> {
        let params = json!({ "command": format!("storywright.{name}"), "arguments": arguments });
        self.request("workspace/executeCommand", params)
            .map_err(|error| error["message"].as_str().unwrap_or_default().to_owned())
    }

    /// Runs a command that starts a job; the job's id.
    pub fn start_job(&mut self, name: &str, arguments: Value) -> String {
        let answer = self.command(name, arguments);
        let answer =
            answer.unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.transcript()));
        answer.as_str().expect("a job's id").to_owned()
    }

    /// The code actions at the first occurrence of `place`: title and command.
    pub fn actions_at(&mut self, path: &Path, place: &str) -> Vec<(String, Value)> {
        let text = self.text(path);
        let at = text
            .find(place)
            .unwrap_or_else(|| panic!("no {place:?} in {text:?}"));
        let actions = self.code_actions(path, at..at, json!({"diagnostics": []}));
        actions
            .into_iter()
            .map(|mut action| {
                let title = action["title"].as_str().expect("a title").to_owned();
                (title, action["command"].take())
            })
            .collect()
    }

    /// The code actions of a span of bytes, as they are.
    pub fn code_actions(&mut self, path: &Path, span: Range<usize>, context: Value) -> Vec<Value> {
        let text = self.text(path);
        let place = |at| position(text, at, self.persona.encoding());
        let params = json!({
            "textDocument": {"uri": uri(path)},
            "range": {"start": place(span.start), "end": place(span.end)},
            "context": context,
        });
        let actions = self
            .request("textDocument/codeAction", params)
            .expect("code actions");
        actions.as_array().cloned().unwrap_or_default()
    }

    /// Does what a code action with an edit says; whether it was applied.
    pub fn apply_action(&mut self, action: &Value) -> bool {
        assert!(action["edit"].is_object(), "no edit in {action}");
        self.apply(&action["edit"])
    }

    /// Runs the code action at `place` whose title has `title` in it; the command's answer.
    pub fn run_action(&mut self, path: &Path, place: &str, title: &str) -> Value {
        let actions = self.actions_at(path, place);
        let found = actions.iter().find(|(known, _)| known.contains(title));
        let (_, command) = found.unwrap_or_else(|| panic!("no {title:?} in {actions:?}"));
        let params = json!({ "command": command["command"], "arguments": command["arguments"] });
        self.request("workspace/executeCommand", params)
            .expect("the action's command")
    }
}

// ---------------------------------------------------------------- what was heard

impl Drop for Editor {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_no_panic();
            self.assert_nothing_shown_twice();
        }
    }
}

impl Editor {
    fn assert_no_panic(&self) {
        let errors = self.process.errors();
        assert!(
            !errors.contains("panicked at"),
            "the server panicked:\n{errors}"
        );
    }
}
