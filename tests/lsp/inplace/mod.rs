//! Text that is written at one place of an open document.

mod continuing;
mod documents;
mod offered;
mod selection;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Setup, Workspace, position, uri};
use crate::support::model_server::{Gate, ModelServer, Reply, words_with_spaces};
use crate::support::prose::prose;

const KEY: &str = "sk-test-key";

const NOTES: &str = "# Night\n\nThe lamp was out. Mara sat on the stair.\n\nIlse came at noon, and the gulls with her.\n";
/// Ten words of it.
const PASSAGE: &str = "The lamp was out. Mara sat on the stair.";

/// What the model answers a call to go on with.
fn more() -> String {
    prose(110, 3)
}

/// What is known to be whole words of it when the model stands at the gate.
fn half() -> String {
    let words = words_with_spaces(&more());
    words[..words.len() / 2 - 1].concat().trim_end().to_owned()
}

/// An editor with one open document, and a model behind a gate.
struct Desk {
    editor: Editor,
    story: Workspace,
    path: PathBuf,
    gate: Gate,
    // Gone last.
    server: ModelServer,
}

impl Desk {
    /// A document beside the brief, and a model that answers with this.
    fn with(persona: Persona, replies: Vec<Reply>) -> Desk {
        let server = ModelServer::queue(replies);
        Desk::of(persona, "notes.md", NOTES, Gate::new(), server)
    }

    /// A model that stops in the middle of its answer until the gate is opened.
    fn held(persona: Persona, answer: &str) -> Desk {
        let gate = Gate::new();
        let words = words_with_spaces(answer);
        let middle = words.len() / 2;
        let reply = Reply::fragments(words).stall_after(middle, &gate);
        let server = ModelServer::queue([reply]);
        Desk::of(persona, "notes.md", NOTES, gate, server)
    }

    fn of(persona: Persona, name: &str, text: &str, gate: Gate, server: ModelServer) -> Desk {
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        let path = match name.starts_with("untitled:") {
            true => PathBuf::from(name),
            false => story.root().join(name),
        };
        editor.open_with(&path, text);
        Desk {
            editor,
            story,
            path,
            gate,
            server,
        }
    }

    fn text(&self) -> &str {
        self.editor.text(&self.path)
    }

    /// Goes on behind a text.
    fn go_on_behind(&mut self, text: &str) -> String {
        let arguments = self.behind(text);
        self.editor.start_job("continueHere", arguments)
    }

    fn behind(&self, text: &str) -> Value {
        let at = self.text().find(text).expect("the text") + text.len();
        let position = position(self.text(), at, self.editor.persona.encoding());
        json!([{ "uri": uri(&self.path), "position": position }])
    }

    fn selected(&self, passage: &str) -> Value {
        let start = self.text().find(passage).expect("the passage");
        let encoding = self.editor.persona.encoding();
        let place = |at| position(self.text(), at, encoding);
        let range = json!({ "start": place(start), "end": place(start + passage.len()) });
        json!([{ "uri": uri(&self.path), "range": range }])
    }

    fn start_on(&mut self, command: &str, passage: &str) -> String {
        let arguments = self.selected(passage);
        self.editor.start_job(command, arguments)
    }

    /// Waits until half of the continuation is shown.
    fn wait_for_half(&mut self) {
        let path = self.path.clone();
        self.editor.wait("half the text", |editor| {
            editor.text(&path).contains(&half()).then_some(())
        });
    }

    fn end(&mut self, job: &str) -> (u64, String) {
        self.gate.open();
        self.editor.wait_for_end(job)
    }

    /// All that the model was told, in the call of this number.
    fn told(&self, call: usize) -> String {
        let calls = self.server.completions();
        format!("{}\n{}", calls[call].system(), calls[call].user())
    }
}

fn replaced(passage: &str, by: &str) -> String {
    NOTES.replace(passage, by)
}
