//! The author at work: carries steps out in an editor and on disk, and looks after each of
//! them whether every text is still somewhere.

mod end;
mod hands;
mod jobs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use hands::{cut, lost, put, shorter};

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
/// How long an editor says nothing while a job waits for it: longer than the server has patience.
const SILENCE: Duration = Duration::from_millis(3500);
/// How long a job may take that goes on, on a machine that has other things to do.
const ENDING: Duration = Duration::from_secs(600);
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
    /// Words typed and untold that an editor without versions put a late edit over.
    pub overtyped: usize,
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
    /// When each file was last closed.
    closed: BTreeMap<PathBuf, Instant>,
    /// Of each open file, its text before the author's last change.
    before: BTreeMap<PathBuf, String>,
    /// Of each file, the texts that its buffer and its file were seen with.
    versions: BTreeMap<PathBuf, Vec<String>>,
    /// Of each open file, the model's words that the author deleted and has not saved yet.
    deleted: BTreeMap<PathBuf, BTreeSet<String>>,
    /// The model's words that the author deleted and saved so: they come back into no chunk.
    final_word: BTreeSet<String>,
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
    /// Opened while a job, or what follows from its closing, may just then have been writing to the file.
    raced: Option<Instant>,
}

type Outcome = Result<(), String>;

fn setup(persona: Persona) -> Setup {
    Setup::new(persona).key("sk-for-tests")
}

// ---------------------------------------------------------------- a case

impl Author {
    pub fn new(seed: u64) -> Author {
        let persona = Persona::ANY[usize::try_from(seed % 7).unwrap_or(0)];
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
            closed: BTreeMap::new(),
            before: BTreeMap::new(),
            versions: BTreeMap::new(),
            deleted: BTreeMap::new(),
            final_word: BTreeSet::new(),
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
            Step::UndoTo(doc, dice) => {
                let path = self.path(doc);
                if let Some(version) = self.version(&path, dice)
                    && self.is_open(&path)
                {
                    self.change(&path, &version);
                }
            }
            Step::SaveShorter(doc, dice) => {
                let path = self.path(doc);
                if let Some(text) = self.editor.text_if_open(&path) {
                    let shorter = shorter(text, dice);
                    self.change(&path, &shorter);
                    self.save(&path);
                }
            }
            Step::LineEnds(doc) => {
                let path = self.path(doc);
                if let Some(text) = self.editor.text_if_open(&path) {
                    let other = match text.contains("\r\n") {
                        true => text.replace("\r\n", "\n"),
                        false => text.replace('\n', "\r\n"),
                    };
                    self.change(&path, &other);
                }
            }
            Step::Silence => self.editor.hold_changes(),
            Step::Speak => self.editor.next_event(),
            Step::Reopen(doc) => {
                let path = self.path(doc);
                if self.is_open(&path) {
                    self.discard(&path);
                    self.close(&path);
                    self.open(&path);
                }
            }
            Step::Exit => self.exit()?,
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
                // Any version may come back by it, also over what was deleted and is not saved yet.
                self.final_word.clear();
                self.deleted.clear();
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
                self.crash(Persona::ANY[usize::from(dice) % 7]);
            }
            Step::Quit => {
                if self.editor.is_running() {
                    let code = self.editor.end_server();
                    self.drain();
                    self.notice_disk();
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
    /// Whether every text is still somewhere. `settled`: nothing is open and nothing runs.
    fn look(&mut self, settled: bool) -> Outcome {
        if self.editor.is_running() {
            // Behind this, the server has heard all that was said before.
            self.is_busy();
        }
        let deadline = Instant::now() + SETTLING;
        loop {
            self.hear()?;
            self.forgive_misplaced_edits();
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
        self.look_for_undone_work()?;
        self.look_at_open_files()
    }

    /// What the author typed, the server was not told of, and an editor without versions put an edit
    /// over: no server can know of it.
    fn forgive_misplaced_edits(&mut self) {
        for edit in self.editor.misplaced() {
            let told = tokens::of(&edit.told);
            let mut gone = lost(&edit.before, &edit.after);
            gone.retain(|token| tokens::is_of_author(token) && !told.contains(token));
            self.counts.overtyped += gone.len();
            self.ledger.drop(gone);
        }
    }

    /// What the author deleted and saved so is in no chunk file again. (In the buffer it may be for a
    /// moment: an editor that tells of an edit and of its undoing at once looks like one that lost the
    /// edit.)
    fn look_for_undone_work(&mut self) -> Outcome {
        let files = Files::read(&self.story);
        let chunks: Vec<(PathBuf, String)> = files
            .iter()
            .filter(|(path, _)| {
                places::is_chunk(path) && path.extension().is_some_and(|end| end == "md")
            })
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        for path in self.editor.open_files() {
            let text = self.editor.text(&path).to_owned();
            self.remember(&path, &text);
        }
        for (path, text) in chunks {
            self.remember(&path, &text);
            let back: Vec<String> = tokens::of(&text)
                .intersection(&self.final_word)
                .cloned()
                .collect();
            if !back.is_empty() {
                return Err(format!(
                    "deleted and saved, and back in {}: {back:?}\n{}",
                    self.relative(&path),
                    self.report()
                ));
            }
        }
        Ok(())
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
                Said::Show(_, text) if is_of_a_fault(&text) => return Err(text),
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

/// Tells whether the server owns up to a fault of its own. The word alone may stand in the name of a temporary folder.
fn is_of_a_fault(message: &str) -> bool {
    [" a bug;", " a bug of its own"]
        .iter()
        .any(|words| message.contains(words))
}

/// The chunk that a line of the log says is saved.
fn saved_chunk(line: &str) -> Option<u32> {
    let after = line.split("[CHECKPOINT] chunk ").nth(1)?;
    let (number, rest) = after.split_once(' ')?;
    rest.starts_with("saved").then(|| number.parse().ok())?
}
