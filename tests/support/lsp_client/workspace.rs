//! A writer's folder, and how an editor is started on it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Editor, Persona, Process, uri};
use crate::support::numbered;

/// The first session of every brief here: their titles are all "The Lamp Keeper".
pub const SESSION: &str = "the-lamp-keeper-01";

/// A folder with a brief, settings beside it, and nothing else; gone when it is dropped.
pub struct Workspace {
    _home: tempfile::TempDir,
    root: PathBuf,
    config: PathBuf,
}

impl Workspace {
    /// With a fixture brief and the demo writer, as fast as it can.
    pub fn with_brief(name: &str) -> Workspace {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/briefs");
        let brief = fs::read_to_string(fixtures.join(name).join("story.md")).expect("a fixture");
        Workspace::with_text(&brief)
    }

    /// With this brief.
    pub fn with_text(brief: &str) -> Workspace {
        // In memory where that can be: what is synced there is safe at once.
        let home = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .expect("a folder");
        let folder = dunce::canonicalize(home.path()).expect("a path");
        let root = folder.join("my novel");
        fs::create_dir(&root).expect("a folder");
        fs::write(root.join("story.md"), brief).expect("a brief");
        let workspace = Workspace {
            config: folder.join("config.toml"),
            root,
            _home: home,
        };
        workspace.demo(0);
        workspace
    }

    /// The demo writer at this speed, in words a second; 0: as fast as it can.
    pub fn demo(&self, words_per_second: u32) -> &Workspace {
        self.configure(&format!(
            "provider = \"demo\"\n[demo]\nwords_per_second = {words_per_second}\n"
        ))
    }

    /// A model server with OpenAI's protocol; the key is in the variables of [`Setup::key`].
    pub fn model_server(&self, base_url: &str) -> &Workspace {
        self.configure(&format!(
            "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{base_url}\"\n"
        ))
    }

    /// Other settings of the user.
    pub fn configure(&self, toml: &str) -> &Workspace {
        fs::write(&self.config, toml).expect("settings");
        self
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn config(&self) -> &Path {
        &self.config
    }

    pub fn brief(&self) -> PathBuf {
        self.root.join("story.md")
    }

    /// A file of the first session, which need not be there yet.
    pub fn session(&self, relative: &str) -> PathBuf {
        let session = self.root.join("generated").join(SESSION);
        numbered::found(&session.join(relative))
    }

    pub fn chunk(&self, number: usize) -> PathBuf {
        self.session(&format!("chunks/chunk_{number:02}.md"))
    }

    pub fn journal(&self, number: usize) -> PathBuf {
        self.session(&format!(".work/chunk_{number:02}.journal"))
    }

    /// A chunk's prose on disk.
    pub fn prose(&self, number: usize) -> String {
        prose_of(&read(&self.chunk(number))).to_owned()
    }

    /// All replaced texts in history/, oldest first, with what stands above them. Copies of what
    /// was generated are none.
    pub fn history(&self) -> Vec<String> {
        let mut texts = Vec::new();
        let mut folders = vec![self.session("history")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            let mut paths: Vec<PathBuf> = entries
                .map(|entry| entry.expect("an entry").path())
                .collect();
            paths.sort();
            for path in paths {
                if path.is_dir() {
                    if !path.ends_with("history/generated") {
                        folders.push(path);
                    }
                } else if path.extension().is_some_and(|extension| extension == "md") {
                    texts.push(read(&path));
                }
            }
        }
        texts
    }

    /// Every file below the story's folder with its text; what is no text is left out.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    files.push((path, text));
                }
            }
        }
        files
    }
}

/// A file's text.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands below the front matter of a chunk file.
pub fn prose_of(chunk: &str) -> &str {
    let body = chunk
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"));
    body.map_or(chunk, |(_, prose)| prose)
}

/// How an editor is started.
pub struct Setup {
    persona: Persona,
    settings: Value,
    variables: Vec<(String, String)>,
    progress: bool,
    options: Option<Value>,
}

impl Setup {
    pub fn new(persona: Persona) -> Setup {
        Setup {
            persona,
            settings: Value::Null,
            variables: Vec::new(),
            progress: true,
            options: None,
        }
    }

    /// What the editor answers for its `storywright` settings.
    pub fn settings(mut self, settings: Value) -> Setup {
        self.settings = settings;
        self
    }

    /// A variable of the server's environment.
    pub fn variable(mut self, name: &str, value: &str) -> Setup {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The key of [`Workspace::model_server`].
    pub fn key(self, key: &str) -> Setup {
        self.variable("OPENAI_API_KEY", key)
    }

    /// The initialization options, which every client lets its user set.
    pub fn options(mut self, options: Value) -> Setup {
        self.options = Some(options);
        self
    }

    /// A client that does not want to hear of progress.
    pub fn without_progress(mut self) -> Setup {
        self.progress = false;
        self
    }

    /// A server that has not been sent anything yet.
    pub fn connect(&self, workspace: &Workspace) -> Editor {
        Editor::connect(self.persona, self.process(workspace), self.settings.clone())
    }

    /// A server's process.
    pub(super) fn process(&self, workspace: &Workspace) -> Process {
        Process::start(workspace.root(), workspace.config(), &self.variables)
    }

    /// The parameters of `initialize`, as the real editor sends them.
    pub fn parameters(&self, workspace: &Workspace) -> Value {
        let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clients");
        let recorded = read(&clients.join(self.persona.profile()));
        let mut params: Value = serde_json::from_str(&recorded).expect("JSON");
        put_root(&mut params, workspace.root());
        // The recorded ones are those of the recording.
        params["initializationOptions"] = self.options.clone().unwrap_or_default();
        if !self.progress {
            params["capabilities"]["window"]["workDoneProgress"] = json!(false);
        }
        params
    }

    /// An editor that is ready.
    pub fn start(self, workspace: &Workspace) -> Editor {
        let params = self.parameters(workspace);
        let mut editor = self.connect(workspace);
        editor.initialize(params);
        editor
    }
}

/// The recorded workspace becomes this one.
fn put_root(value: &mut Value, root: &Path) {
    match value {
        Value::String(text) if text == "/workspace" => {
            *text = root.to_str().expect("a path").to_owned()
        }
        Value::String(text) if text == "file:///workspace" => *text = uri(root),
        Value::Array(values) => values.iter_mut().for_each(|value| put_root(value, root)),
        Value::Object(fields) => fields.values_mut().for_each(|value| put_root(value, root)),
        _ => {}
    }
}
