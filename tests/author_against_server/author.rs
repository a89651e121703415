//! The author at work: carries steps out in an editor and on disk, and looks after each of
//! them whether every text is still somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::brief::Brief;
use crate::lsp_client::{
    DEADLINE, Editor, Persona, SESSION, Said, Setup, Workspace, is_place, uri,
};
use crate::model::Model;
use crate::places::{self, Files};
use crate::steps::{Doc, Hand, Spot, Step, Until};
use crate::tokens::{self, Ledger};

/// How long a text may be nowhere to be found: a look is not one instant.
const SETTLING: Duration = Duration::from_secs(5);
/// How long something of a job is waited for that may have nothing to show.
const BEGINNING: Duration = Duration::from_millis(1500);

/// What came out of a case.
#[derive(Debug, Default)]
pub struct Counts {
    pub kinds: BTreeMap<String, usize>,
    pub typed: usize,
    pub made: usize,
    pub calls: usize,
    pub restarts: usize,
    pub refused: BTreeMap<String, usize>,
}

/// An author with an editor and a story.
pub struct Author {
    // First, so that the server ends before its model and its files.
    editor: Editor,
    persona: Persona,
    model: Model,
    story: Workspace,
    brief: Brief,
    ledger: Ledger,
    session: String,
    sessions: Vec<String>,
    /// Of each open file, what the editor read from disk or saved there last.
    known: BTreeMap<PathBuf, Known>,
    /// Of each open file, its text before the author's last change.
    before: BTreeMap<PathBuf, String>,
    /// Requests whose answers nobody waited for.
    pending: Vec<i64>,
    /// How much of what the server said was looked at.
    heard: usize,
    pub counts: Counts,
}

#[derive(Debug, Clone)]
struct Known {
    disk: Option<String>,
    /// What the author's programs left on disk, this editor or another.
    last: Option<String>,
    /// Opened while a job was running, which may just then have been writing to the file.
    raced: Option<Instant>,
}

type Outcome = Result<(), String>;

fn setup(persona: Persona) -> Setup {
    Setup::new(persona).key("sk-for-tests")
}

// ---------------------------------------------------------------- a case

impl Author {
    pub fn new(seed: u64) -> Author {
        let persona = Persona::EDITORS[usize::try_from(seed % 3).unwrap_or(0)];
        let model = Model::start(seed);
        let brief = Brief::new();
        let story = Workspace::with_text(&brief.text());
        story.configure(&format!(
            "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{}\"\nstate = \"off\"\n",
            model.base_url()
        ));
        Author {
            editor: setup(persona).start(&story),
            persona,
            model,
            story,
            brief,
            ledger: Ledger::default(),
            session: SESSION.to_owned(),
            sessions: vec![SESSION.to_owned()],
            known: BTreeMap::new(),
            before: BTreeMap::new(),
            pending: Vec::new(),
            heard: 0,
            counts: Counts::default(),
        }
    }

    pub fn persona(&self) -> Persona {
        self.persona
    }

    /// Carries a step out and looks.
    pub fn play(&mut self, step: Step) -> Outcome {
        *self.counts.kinds.entry(step.kind()).or_default() += 1;
        self.act(step)?;
        // A crash comes at any moment, also when nobody has looked yet.
        if step.waits() {
            self.look(false)?;
        }
        Ok(())
    }

    /// Brings the case to its end: restart, status, everything closed, the story written.
    pub fn finish(&mut self, dice: u64) -> Outcome {
        if self.editor.is_running() {
            self.let_go()?;
        }
        match dice % 3 {
            0 => self.act(Step::Kill(0))?,
            1 => self.act(Step::Crash(u8::try_from(dice % 7).unwrap_or(0)))?,
            _ => self.act(Step::Quit)?,
        }
        self.wake();
        self.look(false)?;
        for path in self.editor.open_files() {
            if dice.is_multiple_of(2) {
                self.save(&path);
            }
            self.discard(&path);
            self.close(&path);
        }
        self.look(false)?;
        self.model.be_plain();
        self.job("write", json!({}), Until::Ended)?;
        self.look(true)?;
        self.status()?;
        let code = self.editor.end_server();
        if code != 0 {
            return Err(format!("the server left with {code}"));
        }
        self.counts.typed = self.ledger.typed;
        self.counts.made = self.ledger.made;
        self.counts.calls = self.model.calls();
        Ok(())
    }

    fn act(&mut self, step: Step) -> Outcome {
        match step {
            Step::Open(doc) => self.open(&self.path(doc)),
            Step::Type(doc, spot, kind) => self.type_at(doc, spot, kind),
            Step::Cut(doc, dice) => {
                let path = self.path(doc);
                if let Some(text) = self.editor.text_if_open(&path) {
                    let cut = cut(text, dice);
                    self.change(&path, &cut);
                }
            }
            Step::TypeOver(doc) => {
                let path = self.path(doc);
                if self.is_open(&path) {
                    let text = self.typed(&path, 2);
                    self.change(&path, &text);
                }
            }
            Step::Undo(doc) => {
                let path = self.path(doc);
                if self.is_open(&path)
                    && let Some(before) = self.before.get(&path).cloned()
                {
                    self.change(&path, &before);
                }
            }
            Step::Save(doc) => {
                let path = self.path(doc);
                if self.is_open(&path) {
                    self.save(&path);
                }
            }
            Step::Close(doc, saved) => {
                let path = self.path(doc);
                if self.is_open(&path) {
                    if saved {
                        self.save(&path);
                    }
                    self.discard(&path);
                    self.close(&path);
                }
            }
            Step::Reload(doc) => {
                let path = self.path(doc);
                if self.is_open(&path) {
                    self.discard(&path);
                    self.reload(&path);
                }
            }
            Step::OnDisk(doc, hand) if self.has_session() => self.on_disk(doc, hand),
            Step::OnDisk(..) => {}
            Step::Outline(change) => {
                self.brief.change(change);
                put(&self.story, &self.story.brief(), &self.brief.text());
            }
            Step::Write(until) => self.job("write", json!({}), until)?,
            Step::WriteChunk(chunk, until) => self.on_chunk("writeChunk", chunk, until)?,
            Step::RewriteChunk(chunk, until) => self.on_chunk("rewriteChunk", chunk, until)?,
            Step::RewriteFrom(chunk, until) => self.on_chunk("rewriteFrom", chunk, until)?,
            Step::RewriteStale(until) => self.job("rewriteStale", json!({}), until)?,
            Step::Restore(chunk, version, until) => {
                let arguments = json!({"chunk": chunk, "version": version});
                self.job("restoreVersion", arguments, until)?;
            }
            Step::Keep(chunk) => self.on_chunk("keep", chunk, Until::Answered)?,
            Step::Propose(..) if !self.has_session() => {}
            Step::Propose(chunk, head) => {
                let path = self.path(Doc::Revision(chunk));
                let mut text = self.typed(&path, 2);
                if head {
                    text = format!("---\nchunk: {chunk}\nstatus: complete\n---\n{text}");
                }
                let replaced = put(&self.story, &path, &text).unwrap_or_default();
                self.ledger.drop(lost(&replaced, &text));
                self.follow(&path, &text);
            }
            Step::Accept(chunk, until) => self.on_chunk("acceptRevision", chunk, until)?,
            Step::Reject(chunk, until) => self.on_chunk("rejectRevision", chunk, until)?,
            Step::Cancel(until) => {
                if self.editor.is_running() {
                    // Commands at the same time have no order: the cancel might be the first.
                    self.wait_for_answers()?;
                    self.command("cancel", json!({}), until)?;
                    if until == Until::Ended {
                        self.wait_until_idle()?;
                    }
                }
            }
            Step::LetGo => self.let_go()?,
            Step::Pause(milliseconds) => self.linger(Duration::from_millis(milliseconds.into())),
            Step::NewSession => {
                let answer = self.command("newSession", json!({}), Until::Answered)?;
                if let Some(id) = answer
                    .as_ref()
                    .and_then(|answer| answer["session"].as_str())
                {
                    self.session = id.to_owned();
                    self.sessions.push(id.to_owned());
                }
            }
            Step::SwitchSession(dice) => {
                let id = self.sessions[usize::from(dice) % self.sessions.len()].clone();
                let arguments = json!({ "session": id });
                if self
                    .command("switchSession", arguments, Until::Answered)?
                    .is_some()
                {
                    self.session = id;
                }
            }
            Step::Export => {
                self.command("export", json!({}), Until::Answered)?;
            }
            Step::Kill(milliseconds) => {
                self.linger(Duration::from_millis(milliseconds.into()));
                self.kill();
            }
            Step::Crash(dice) => {
                self.linger(Duration::from_millis(dice.into()));
                self.crash(Persona::EDITORS[usize::from(dice) % 3]);
            }
            Step::Quit => {
                if self.editor.is_running() {
                    let code = self.editor.end_server();
                    self.drain();
                    if code != 0 {
                        return Err(format!("the server left with {code}"));
                    }
                }
            }
            Step::Restart => self.wake(),
        }
        Ok(())
    }
}

// ---------------------------------------------------------------- documents

impl Author {
    /// Whether the session has begun. Before that, nobody knows that it will have this name.
    fn has_session(&self) -> bool {
        let generated = self.story.root().join("generated");
        generated.join(&self.session).join("manifest.json").exists()
    }

    fn path(&self, doc: Doc) -> PathBuf {
        let session = self.story.root().join("generated").join(&self.session);
        session.join(match doc {
            Doc::Chunk(number) => format!("chunks/chunk_{number:02}.md"),
            Doc::Revision(number) => format!("revisions/chunk_{number:02}.md"),
            Doc::FullStory => "full_story.md".to_owned(),
        })
    }

    fn is_open(&self, path: &Path) -> bool {
        self.editor.text_if_open(path).is_some()
    }

    fn open(&mut self, path: &Path) {
        if self.is_open(path) {
            return;
        }
        let busy = self.editor.is_running() && self.is_busy();
        let disk = places::text_of(path);
        self.editor
            .open_with(path, disk.as_deref().unwrap_or_default());
        let known = Known {
            last: disk.clone(),
            disk,
            raced: busy.then(Instant::now),
        };
        self.known.insert(path.to_owned(), known);
        self.before.remove(path);
    }

    fn type_at(&mut self, doc: Doc, spot: Spot, kind: u8) {
        let path = self.path(doc);
        self.open(&path);
        let text = self.editor.text(&path).to_owned();
        let body = body_start(&text);
        let (at, typed) = match spot {
            Spot::End => (text.trim_end().len(), self.typed(&path, kind)),
            Spot::Start => (body, self.typed(&path, kind)),
            Spot::Middle(dice) => (gap(&text, body, dice), self.typed(&path, kind)),
            Spot::Head if body > 4 => {
                let token = tokens::of_author(doc == Doc::FullStory);
                (
                    text.find('\n').map_or(0, |at| at + 1),
                    format!("note: {token}\n"),
                )
            }
            Spot::Head => return,
        };
        let after = format!("{}{typed}{}", &text[..at], &text[at..]);
        self.before.insert(path.clone(), text);
        self.editor.replace(&path, at, at, &typed);
        self.follow(&path, &after);
    }

    /// What the author types.
    fn typed(&self, path: &Path, kind: u8) -> String {
        let token = tokens::of_author(path.ends_with("full_story.md"));
        match kind % 6 {
            0 => format!(" {token} said no."),
            1 => format!(" {token}"),
            2 => format!("\n\n{token} — ünd 漁師 😀.\n"),
            3 => format!("{token} "),
            4 => format!("\n<!-- sw: colder, {token} -->\n"),
            _ => format!(" Then {token} and nothing"),
        }
    }

    /// The author makes it another text; what is not in that was deleted.
    fn change(&mut self, path: &Path, text: &str) {
        let old = self.editor.text(path).to_owned();
        self.ledger.drop(lost(&old, text));
        self.editor.rewrite(path, text);
        self.before.insert(path.to_owned(), old);
        self.follow(path, text);
    }

    /// What the author has in front of him counts where he has typed it.
    fn follow(&mut self, path: &Path, text: &str) {
        let own = places::tokens_at(path, text)
            .into_iter()
            .filter(|token| tokens::is_of_author(token));
        self.ledger.follow(own, "typed by the author");
    }

    /// Saves; where the file was changed by others meanwhile, the author merges as his editor
    /// bids him.
    fn save(&mut self, path: &Path) {
        if !places::is_chunk(path) && !self.has_session() {
            return;
        }
        let disk = places::text_of(path);
        let text = self.editor.text(path).to_owned();
        let is_other = self.known.get(path).is_some_and(|known| known.disk != disk);
        if is_other && disk.as_deref() != Some(text.as_str()) {
            let disk = disk.unwrap_or_default();
            let own: Vec<String> = tokens::of(&text)
                .difference(&tokens::of(&disk))
                .cloned()
                .collect();
            self.editor
                .rewrite(path, &format!("{disk}\n{}\n", own.join(" ")));
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).expect("a folder");
        }
        self.editor.save(path);
        self.knows(path);
    }

    /// The editor has read the disk, or written to it.
    fn knows(&mut self, path: &Path) {
        let disk = places::text_of(path);
        let known = Known {
            last: disk.clone(),
            disk,
            raced: None,
        };
        self.known.insert(path.to_owned(), known);
    }

    /// What the author has typed and not saved is no longer wanted.
    fn discard(&mut self, path: &Path) {
        let safe = Files::read(&self.story).tokens(false);
        let unsaved = tokens::of(self.editor.text(path));
        let own = unsaved
            .into_iter()
            .filter(|token| tokens::is_of_author(token) && !safe.contains(token));
        self.ledger.drop(own);
    }

    fn close(&mut self, path: &Path) {
        self.editor.close(path);
        self.known.remove(path);
        self.before.remove(path);
    }

    fn reload(&mut self, path: &Path) {
        let disk = places::text_of(path).unwrap_or_default();
        self.editor.rewrite(path, &disk);
        self.knows(path);
    }

    /// Another program changes a file. An open document without changes is loaded again, as
    /// editors do it.
    fn on_disk(&mut self, doc: Doc, hand: Hand) {
        let path = self.path(doc);
        let old = places::text_of(&path);
        let is_clean = self.is_clean(&path, old.as_deref());
        let is_open = self.is_open(&path);
        let text = old.clone().unwrap_or_default();
        let body = body_start(&text);
        let new = match hand {
            Hand::Append => format!("{text}{}", self.typed(&path, 2)),
            Hand::Insert(dice) => {
                let at = gap(&text, body, dice);
                format!("{}{}{}", &text[..at], self.typed(&path, 3), &text[at..])
            }
            Hand::Cut(dice) => cut(&text, dice),
            Hand::Replace { head } => {
                let prose = self.typed(&path, 2);
                match head {
                    true => format!("{}{}", &text[..body], prose.trim_start()),
                    false => prose,
                }
            }
            Hand::LineEnds => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            Hand::Touch => text.clone(),
            Hand::Delete | Hand::Rename | Hand::Copy if old.is_none() || is_open => return,
            Hand::Rename | Hand::Copy if !places::is_chunk(&path) => return,
            Hand::Delete => {
                if let Some(taken) = take(&self.story, &path) {
                    self.ledger.drop(places::tokens_at(&path, &taken));
                }
                return;
            }
            Hand::Rename => {
                let name = format!("moved {}.md", tokens::of_author(false));
                let _ = fs::rename(&path, path.with_file_name(name));
                return;
            }
            Hand::Copy => {
                let name = format!("copy {}.md", tokens::of_author(false));
                let copy = path.with_file_name(name);
                put(
                    &self.story,
                    &copy,
                    &format!("{text}{}", self.typed(&path, 2)),
                );
                self.follow(&copy, &places::text_of(&copy).unwrap_or_default());
                return;
            }
        };
        if old.is_none() && !matches!(hand, Hand::Append | Hand::Replace { .. }) {
            return;
        }
        let replaced = put(&self.story, &path, &new).unwrap_or_default();
        self.ledger.drop(lost(&replaced, &new));
        self.follow(&path, &new);
        if let Some(known) = self.known.get_mut(&path) {
            known.last = Some(new);
        }
        if is_clean {
            self.reload(&path);
        }
    }

    /// Whether a document is open and shows what is on disk.
    fn is_clean(&self, path: &Path, disk: Option<&str>) -> bool {
        let shown = self.editor.text_if_open(path).map(str::trim_end);
        shown == Some(disk.unwrap_or_default().trim_end())
    }
}

/// What is in one text and not in the other.
fn lost(old: &str, new: &str) -> BTreeSet<String> {
    tokens::of(old)
        .difference(&tokens::of(new))
        .cloned()
        .collect()
}

/// Where the prose begins, below the front matter.
fn body_start(text: &str) -> usize {
    if !text.starts_with("---") {
        return 0;
    }
    for fence in ["\n---\n", "\r\n---\r\n"] {
        if let Some(at) = text.find(fence) {
            return at + fence.len();
        }
    }
    0
}

/// A place between two words, from `start` on.
fn gap(text: &str, start: usize, dice: u16) -> usize {
    let gaps: Vec<usize> = text
        .match_indices(char::is_whitespace)
        .map(|(at, _)| at)
        .filter(|at| *at >= start && is_place(text, *at))
        .chain([text.len()])
        .collect();
    gaps[usize::from(dice) % gaps.len()]
}

/// The text without some words below its front matter.
fn cut(text: &str, dice: u16) -> String {
    let start = gap(text, body_start(text), dice);
    let end = gap(text, start, dice % 17);
    format!("{}{}", &text[..start], &text[end..])
}

/// Puts a file in its place as a whole; what it replaced.
fn put(story: &Workspace, path: &Path, text: &str) -> Option<String> {
    let beside = story.root().join(".another-program");
    fs::write(&beside, text).expect("a file");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder");
    }
    // Exchanged, so that it is known what was replaced, whoever wrote it a moment ago.
    if exchange(&beside, path) {
        let replaced = places::text_of(&beside);
        fs::remove_file(&beside).expect("a file");
        return replaced;
    }
    let replaced = places::text_of(path);
    fs::rename(&beside, path).expect("a file");
    replaced
}

/// Takes a file away; its text.
fn take(story: &Workspace, path: &Path) -> Option<String> {
    let beside = story.root().join(".another-program");
    fs::rename(path, &beside).ok()?;
    let text = places::text_of(&beside);
    fs::remove_file(&beside).expect("a file");
    text
}

#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let name = |path: &Path| std::ffi::CString::new(path.as_os_str().as_bytes()).expect("a path");
    let (one, other) = (name(one), name(other));
    // SAFETY: a plain system call on two names that live until it returns.
    let answer = unsafe {
        libc::renameat2(
            libc::AT_FDCWD,
            one.as_ptr(),
            libc::AT_FDCWD,
            other.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    answer == 0
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}

// ---------------------------------------------------------------- commands and jobs

impl Author {
    fn on_chunk(&mut self, name: &str, chunk: u8, until: Until) -> Outcome {
        self.job(name, json!({ "chunk": chunk }), until)
    }

    fn job(&mut self, name: &str, arguments: Value, until: Until) -> Outcome {
        let seen = Files::read(&self.story).growing();
        let started = self.command(name, arguments, until)?.is_some();
        match until {
            Until::Begun if started => {
                let deadline = Instant::now() + BEGINNING;
                while Instant::now() < deadline
                    && self.is_busy()
                    && Files::read(&self.story).growing().is_subset(&seen)
                {
                    self.linger(Duration::from_millis(10));
                }
            }
            Until::Ended => self.let_go()?,
            _ => {}
        }
        Ok(())
    }

    /// Runs a command: its answer, or `None` where the server would not do it (or nobody waits
    /// for the answer).
    fn command(
        &mut self,
        name: &str,
        mut arguments: Value,
        until: Until,
    ) -> Result<Option<Value>, String> {
        self.wake();
        arguments["uri"] = json!(uri(&self.story.brief()));
        let params = json!({
            "command": format!("storywright.{name}"),
            "arguments": [arguments],
        });
        let id = self.editor.send_request("workspace/executeCommand", params);
        if until == Until::Sent {
            self.pending.push(id);
            return Ok(None);
        }
        let answer = self
            .editor
            .wait_within(DEADLINE, |editor| editor.try_answer(id));
        match answer {
            None => Err(format!("no answer to {name}")),
            Some(Ok(answer)) => Ok(Some(answer)),
            Some(Err(sentence)) => {
                self.refused(name, &sentence)?;
                Ok(None)
            }
        }
    }

    fn wait_for_answers(&mut self) -> Outcome {
        let deadline = Instant::now() + DEADLINE;
        self.hear()?;
        while !self.pending.is_empty() {
            if Instant::now() > deadline {
                return Err(format!("no answer\n{}", self.editor.transcript()));
            }
            self.linger(Duration::from_millis(10));
            self.hear()?;
        }
        Ok(())
    }

    fn refused(&mut self, name: &str, sentence: &str) -> Outcome {
        if sentence.contains("bug") {
            return Err(format!("{name}: {sentence}"));
        }
        let words: Vec<&str> = sentence
            .split_whitespace()
            .filter(|word| !word.contains('/') && !word.contains(char::is_numeric))
            .take(7)
            .collect();
        let kind = format!("{name}: {}", words.join(" "));
        *self.counts.refused.entry(kind).or_default() += 1;
        Ok(())
    }

    /// Whether a job is running: then it can be cancelled.
    fn is_busy(&mut self) -> bool {
        let start = json!({"line": 0, "character": 0});
        let params = json!({
            "textDocument": {"uri": uri(&self.story.brief())},
            "range": {"start": start, "end": start},
            "context": {"diagnostics": []},
        });
        let id = self.editor.send_request("textDocument/codeAction", params);
        let actions = self
            .editor
            .wait_within(DEADLINE, |editor| editor.try_answer(id));
        let actions = actions.and_then(Result::ok).unwrap_or_default();
        let mut actions = actions.as_array().into_iter().flatten();
        actions.any(|action| action["command"]["command"] == "storywright.cancel")
    }

    fn let_go(&mut self) -> Outcome {
        self.wake();
        let model = &self.model;
        model.let_go();
        self.wait_while_busy(true)
    }

    fn wait_until_idle(&mut self) -> Outcome {
        self.wait_while_busy(false)
    }

    fn wait_while_busy(&mut self, letting_go: bool) -> Outcome {
        let deadline = Instant::now() + DEADLINE;
        while self.is_busy() {
            if letting_go {
                self.model.let_go();
            }
            if Instant::now() > deadline {
                return Err(format!("a job does not end\n{}", self.editor.transcript()));
            }
            self.linger(Duration::from_millis(10));
        }
        Ok(())
    }

    fn status(&mut self) -> Outcome {
        let status = self.command("showStatus", json!({}), Until::Answered)?;
        let status = status.ok_or("no status")?;
        let open: Vec<&Value> = status["chunks"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|chunk| chunk["status"] != "complete")
            .collect();
        if !open.is_empty() {
            let shown = self.editor.shown();
            return Err(format!("the story is not complete: {open:?}\n{shown:?}"));
        }
        Ok(())
    }

    /// Handles what the server says for a while.
    fn linger(&mut self, time: Duration) {
        self.editor.wait_within(time, |_| None::<()>);
    }
}

// ---------------------------------------------------------------- bad luck

impl Author {
    fn kill(&mut self) {
        self.editor.process.kill();
        self.drain();
    }

    /// Reads what a server that is gone said at last.
    fn drain(&mut self) {
        self.editor.wait_within(DEADLINE, |_| None::<()>);
    }

    /// Starts the server where it does not run.
    fn wake(&mut self) {
        if self.editor.is_running() {
            return;
        }
        self.counts.restarts += 1;
        self.pending.clear();
        self.heard = 0;
        self.editor.restart(&setup(self.persona), &self.story);
    }

    /// The editor dies, and with it what was not saved. Another one is started.
    fn crash(&mut self, persona: Persona) {
        self.kill();
        for path in self.editor.open_files() {
            self.discard(&path);
        }
        self.known.clear();
        self.before.clear();
        self.pending.clear();
        self.heard = 0;
        self.counts.restarts += 1;
        self.persona = persona;
        self.editor = setup(persona).start(&self.story);
    }
}

// ---------------------------------------------------------------- the look

impl Author {
    /// Whether every text is still somewhere. `settled`: nothing is open and nothing runs.
    fn look(&mut self, settled: bool) -> Outcome {
        if self.editor.is_running() {
            // Behind this, the server has heard all that was said before.
            self.is_busy();
        }
        let deadline = Instant::now() + SETTLING;
        loop {
            self.hear()?;
            let files = Files::read(&self.story);
            self.ledger
                .follow(files.complete(), "of a complete chunk on disk");
            let mut found = files.tokens(settled);
            for path in self.editor.open_files() {
                let text = self.editor.text(&path).to_owned();
                if places::is_chunk(&path) {
                    self.ledger
                        .follow(places::complete(&text), "of a complete chunk in the editor");
                }
                found.extend(places::tokens_at(&path, &text));
            }
            let missing = self.ledger.missing(&found);
            if missing.is_empty() {
                break;
            }
            // A server that is gone changes nothing any more.
            if Instant::now() > deadline || !self.editor.is_running() {
                return Err(format!("gone: {missing:#?}\n{}", self.report()));
            }
            self.linger(Duration::from_millis(20));
        }
        self.look_at_open_files()
    }

    /// A file that is open is never written behind the editor's back.
    fn look_at_open_files(&mut self) -> Outcome {
        for path in self.editor.open_files() {
            let Some(known) = self.known.get(&path).cloned() else {
                continue;
            };
            let disk = places::text_of(&path);
            // An accepted revision goes, and its file with it.
            let is_revision = path
                .parent()
                .is_some_and(|folder| folder.ends_with("revisions"));
            if disk == known.last || is_revision {
                continue;
            }
            let raced = known.raced.is_some_and(|at| at.elapsed() < SETTLING);
            if !raced {
                return Err(format!(
                    "{} was written behind the editor's back: {:?}, then {disk:?}\n{}",
                    path.display(),
                    known.last,
                    self.report()
                ));
            }
            // As editors do it that watch their files.
            if self.is_clean(&path, known.disk.as_deref()) {
                self.reload(&path);
            } else if let Some(known) = self.known.get_mut(&path) {
                known.last = disk;
            }
        }
        Ok(())
    }

    /// What the server said since the last look.
    fn hear(&mut self) -> Outcome {
        let pending = std::mem::take(&mut self.pending);
        for id in pending {
            match self.editor.try_answer(id) {
                None => self.pending.push(id),
                Some(Err(sentence)) => self.refused("later", &sentence)?,
                Some(Ok(_)) => {}
            }
        }
        let said = self.editor.said();
        let fresh = said[self.heard.min(said.len())..].to_vec();
        self.heard = said.len();
        for said in fresh {
            match said {
                Said::Show(_, text) if text.contains("bug") => return Err(text),
                Said::Log(line) => {
                    if let Some(chunk) = saved_chunk(&line) {
                        let made = self.model.saved(chunk);
                        self.ledger
                            .follow(made, "of a chunk that the server called saved");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn report(&self) -> String {
        let mut text = String::new();
        for path in self.editor.open_files() {
            let shown = short(self.editor.text(&path));
            text.push_str(&format!("open {}: {shown:?}\n", self.relative(&path)));
        }
        for (path, content) in Files::read(&self.story).iter() {
            text.push_str(&format!(
                "file {}: {:?}\n",
                self.relative(path),
                short(content)
            ));
        }
        for said in self.editor.said() {
            if let Said::Log(text_) | Said::Show(_, text_) = said {
                text.push_str(&format!("said {text_}\n"));
            }
        }
        text
    }

    fn relative(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.story.root()).unwrap_or(path);
        inside.display().to_string()
    }
}

/// A text's beginning and end.
fn short(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    match letters.len() {
        0..500 => text.to_owned(),
        length => {
            let part = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
            format!("{} [...] {}", part(0, 300), part(length - 180, length))
        }
    }
}

/// The chunk that a line of the log says is saved.
fn saved_chunk(line: &str) -> Option<u32> {
    let after = line.split("[CHECKPOINT] chunk ").nth(1)?;
    let (number, rest) = after.split_once(' ')?;
    rest.starts_with("saved").then(|| number.parse().ok())?
}
