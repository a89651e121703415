//! An editor with a server, as far as times are concerned: every message has the moment at which
//! it came.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

use super::process::{self, Sample};
use super::program::Program;

/// Nothing takes this long but what is broken.
const DEADLINE: Duration = Duration::from_secs(120);

/// What JSON-RPC says of a method that there is not.
const METHOD_NOT_FOUND: i64 = -32601;

/// See the head of this file.
pub struct Editor {
    child: Child,
    input: Arc<Mutex<ChildStdin>>,
    messages: Receiver<(Instant, Value)>,
    next_id: i64,
}

/// An open document, in which somebody types.
pub struct Document {
    pub uri: Url,
    version: i64,
    /// Where the next key goes.
    line: usize,
    column: usize,
}

impl Editor {
    /// Starts the server on a folder.
    pub fn start(program: &Program, folder: &Path) -> Editor {
        let mut command = program.command(folder, &["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let input = Arc::new(Mutex::new(child.stdin.take().expect("piped")));
        let output = child.stdout.take().expect("piped");
        let (tell, messages) = mpsc::channel();
        let answers = Arc::clone(&input);
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = receive(&mut output) {
                let came = Instant::now();
                if message["method"].is_string() && !message["id"].is_null() {
                    let items = message["params"]["items"].as_array();
                    let nothing = items.map(|items| vec![Value::Null; items.len()]);
                    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": nothing});
                    send(&answers, &answer);
                } else if tell.send((came, message)).is_err() {
                    return;
                }
            }
        });
        let mut editor = Editor {
            child,
            input,
            messages,
            next_id: 0,
        };
        let root = Url::from_file_path(folder).expect("a path");
        editor.request(
            "initialize",
            json!({
                "processId": null, "rootUri": root,
                "initializationOptions": {"provider": "demo", "demo": {"words_per_second": 20}},
                "workspaceFolders": [{"uri": root, "name": "book"}],
                "capabilities": {
                    "workspace": {"applyEdit": true, "workspaceFolders": true},
                    "textDocument": {
                        "publishDiagnostics": {"versionSupport": true, "relatedInformation": true},
                        "codeAction": {"codeActionLiteralSupport":
                            {"codeActionKind": {"valueSet": ["quickfix", "refactor.rewrite"]}}},
                    },
                },
            }),
        );
        editor.notify("initialized", json!({}));
        editor
    }

    fn notify(&self, method: &str, params: Value) {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        send(&self.input, &message);
    }

    /// Sends a request. Returns its result, and how long that took.
    fn request(&mut self, method: &str, params: Value) -> (Value, Duration) {
        let (mut answer, took) = self.answer_to(method, params);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        (answer["result"].take(), took)
    }

    /// Sends a request. Returns its whole answer, and how long that took.
    fn answer_to(&mut self, method: &str, params: Value) -> (Value, Duration) {
        self.next_id += 1;
        let id = self.next_id;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let start = Instant::now();
        send(&self.input, &message);
        let (came, answer) = self.wait(|message| message["id"] == id);
        (answer, came - start)
    }

    fn wait(&self, is_it: impl Fn(&Value) -> bool) -> (Instant, Value) {
        let until = Instant::now() + DEADLINE;
        loop {
            let patience = until.saturating_duration_since(Instant::now());
            let (came, message) = self.messages.recv_timeout(patience).expect("an answer");
            if is_it(&message) {
                return (came, message);
            }
        }
    }

    /// Opens a file, and waits for its diagnostics.
    pub fn open(&mut self, path: &Path) -> Document {
        let text = fs::read_to_string(path).expect("a file");
        let uri = Url::from_file_path(path).expect("a path");
        // In a chunk's prose, or a brief's text.
        let lines: Vec<&str> = text.lines().collect();
        let line = (4..lines.len()).find(|line| lines[*line].len() > 100);
        let document = Document {
            uri,
            version: 1,
            line: line.expect("prose"),
            column: 20,
        };
        self.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": document.uri, "languageId": "markdown", "version": 1,
                "text": text}}),
        );
        self.wait(|message| is_published(message, &document).is_some());
        document
    }

    /// Types a letter, or takes it away again.
    pub fn press(&self, document: &mut Document) -> Instant {
        let Document { line, column, .. } = *document;
        document.version += 1;
        let (end, text) = match document.version % 2 {
            0 => (column, "x"),
            _ => (column + 1, ""),
        };
        let at = Instant::now();
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": document.uri, "version": document.version},
                "contentChanges": [{"range": {"start": {"line": line, "character": column},
                    "end": {"line": line, "character": end}}, "text": text}]}),
        );
        at
    }

    /// How long it takes from a key to the diagnostics of the text with it.
    pub fn diagnosed(&mut self, document: &mut Document) -> Duration {
        let pressed = self.press(document);
        let is_it = |message: &Value| is_published(message, document) == Some(document.version);
        self.wait(is_it).0 - pressed
    }

    /// Types keys at a pace; returns how long nothing was published at most, in seconds, and how
    /// often something was.
    pub fn type_on(
        &self,
        document: &mut Document,
        pause: Duration,
        for_: Duration,
    ) -> (f64, usize) {
        while self.messages.try_recv().is_ok() {}
        let start = Instant::now();
        let mut times = vec![start];
        let mut due = start;
        while start.elapsed() < for_ {
            self.press(document);
            due += pause;
            while let Ok((came, message)) = {
                let patience = due.saturating_duration_since(Instant::now());
                self.messages.recv_timeout(patience)
            } {
                if is_published(&message, document).is_some() {
                    times.push(came);
                }
            }
        }
        let published = times.len() - 1;
        times.push(Instant::now());
        let silences = times.windows(2).map(|pair| pair[1] - pair[0]);
        (silences.max().unwrap_or_default().as_secs_f64(), published)
    }

    /// How long a request about a place takes; `None` where the server has no such method, as an earlier build.
    pub fn ask(&mut self, method: &str, document: &Document) -> Option<Duration> {
        let position = json!({"line": document.line, "character": document.column});
        let range = json!({"start": position, "end": position});
        let all = json!({"start": {"line": 0, "character": 0},
            "end": {"line": document.line + 40, "character": 0}});
        let mut params = json!({"textDocument": {"uri": document.uri}});
        match method {
            "textDocument/codeAction" => {
                params["range"] = range;
                params["context"] = json!({"diagnostics": []});
            }
            "textDocument/inlayHint" => params["range"] = all,
            "textDocument/references" | "textDocument/rename" => {
                params["context"] = json!({"includeDeclaration": true});
                params["newName"] = json!("Warden Lind");
                params["position"] = position;
            }
            "workspace/symbol" => params = json!({"query": "watch"}),
            "textDocument/documentSymbol" | "textDocument/codeLens" => {}
            "textDocument/completion" => {
                params["context"] = json!({"triggerKind": 1});
                params["position"] = position;
            }
            _ => params["position"] = position,
        }
        let (answer, took) = self.answer_to(method, params);
        if answer["error"]["code"] == METHOD_NOT_FOUND {
            return None;
        }
        assert!(answer["error"].is_null(), "{method}: {answer}");
        Some(took)
    }

    /// The place in the brief where the cast has the hero; nothing is typed there.
    pub fn hero(&self, brief: &Document) -> Document {
        let text = fs::read_to_string(brief.uri.to_file_path().expect("a path")).expect("a brief");
        let line = text.lines().position(|line| line == "## Keeper 1");
        Document {
            uri: brief.uri.clone(),
            version: brief.version,
            line: line.expect("a hero"),
            column: 4,
        }
    }

    /// Starts the writing of another text of a chunk, which is not waited for.
    pub fn start_rewriting(&mut self, brief: &Document, chunk: usize) {
        let arguments = json!([{"uri": brief.uri, "chunk": chunk}]);
        let command = json!({"command": "storywright.rewriteChunk", "arguments": arguments});
        self.request("workspace/executeCommand", command);
    }

    pub fn cancel(&mut self) {
        let command = json!({"command": "storywright.cancel", "arguments": []});
        self.request("workspace/executeCommand", command);
    }

    /// The seconds that the server took of the processors.
    pub fn processor_time(&self) -> Option<f64> {
        process::cpu_of(self.child.id())
    }

    pub fn sample(&self) -> Option<Sample> {
        Sample::of(self.child.id())
    }

    pub fn quit(mut self) {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.child.wait().expect("it ends");
    }
}

/// The version that diagnostics were published for; `None` for other messages.
fn is_published(message: &Value, document: &Document) -> Option<i64> {
    let params = &message["params"];
    let is_it = message["method"] == "textDocument/publishDiagnostics"
        && params["uri"] == document.uri.as_str();
    is_it.then(|| params["version"].as_i64()).flatten()
}

fn send(input: &Mutex<ChildStdin>, message: &Value) {
    let body = message.to_string();
    let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
    // What a server takes that has ended, a later wait tells.
    let _ = write!(input, "Content-Length: {}\r\n\r\n{body}", body.len());
    let _ = input.flush();
}

fn receive(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The files of a story that an author has open: its brief, and a chunk in the middle.
pub fn open_files(folder: &Path) -> (PathBuf, PathBuf) {
    let generated = fs::read_dir(folder.join("generated")).expect("a draft");
    let mut chunks: Vec<PathBuf> = generated
        .flatten()
        .filter_map(|session| fs::read_dir(session.path().join("chunks")).ok())
        .flat_map(|chunks| chunks.flatten().map(|chunk| chunk.path()))
        .collect();
    chunks.sort();
    (folder.join("story.md"), chunks[chunks.len() / 2].clone())
}
