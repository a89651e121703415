//! How the scripted client answers what the server asks it for.

use std::time::Duration;

use serde_json::{Value, json};

use super::uris::path_of;
use super::{Editor, Persona, Said};

impl Editor {
    /// Takes a notification of the server's.
    pub(super) fn hear(&mut self, method: &str, mut params: Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match method {
            "window/logMessage" => self.said.push(Said::Log(text(&params["message"]))),
            "window/showMessage" => {
                let kind = params["type"].as_u64().unwrap_or_default();
                self.said.push(Said::Show(kind, text(&params["message"])));
            }
            "$/progress" => {
                let token = params["token"].as_str().expect("a token is a string");
                let token = token.to_owned();
                self.said
                    .push(Said::Progress(token, params["value"].take()));
            }
            "textDocument/publishDiagnostics" => {
                let path = path_of(&text(&params["uri"]));
                // What it asks for stands beside what is taken back.
                if !self.note_told(&path, &params) {
                    self.said.push(Said::Diagnostics(path, params));
                }
            }
            other => panic!("the server notified of {other}"),
        }
    }

    /// Answers a request of the server's.
    pub(super) fn serve(&mut self, id: Value, method: &str, params: Value) {
        self.asked.push((method.to_owned(), params.clone()));
        if self.persona == Persona::Mute {
            return;
        }
        let result = match method {
            "workspace/configuration" => json!([self.persona.configuration(&self.settings)]),
            "window/workDoneProgress/create"
            | "client/registerCapability"
            | "workspace/codeLens/refresh"
            | "workspace/inlayHint/refresh"
            | "workspace/textDocumentContent/refresh" => Value::Null,
            "workspace/diagnostic/refresh" => {
                self.pull_all();
                Value::Null
            }
            "window/showDocument" => json!({ "success": true }),
            "window/showMessageRequest" => self.choose(&params["actions"]),
            "workspace/applyEdit" => {
                let applied = self.apply(&params["edit"]);
                match self.persona {
                    Persona::Ale => return,
                    Persona::Eglot if !applied => {
                        let error =
                            json!({"code": -32603, "message": "Edits require another version"});
                        self.process
                            .send(&json!({"jsonrpc": "2.0", "id": id, "error": error}));
                        return;
                    }
                    _ => json!({ "applied": applied }),
                }
            }
            other => panic!("the server asked for {other}"),
        };
        self.process
            .send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
    }

    /// Waits until so many answers have come that nobody took, and takes them: their ids, and the codes of their
    /// errors, numbers first. `None` if the server ends first, or time is up.
    pub fn take_answers(&mut self, count: usize, patience: Duration) -> Option<Vec<(Value, i64)>> {
        self.wait_within(patience, |editor| {
            let come = editor.unnumbered.len() + editor.answers.len();
            (come >= count).then_some(())
        })?;
        let answers = self.answers.drain().map(|(_, answer)| answer);
        let answers = answers.chain(self.unnumbered.drain(..));
        let code = |answer: &Value| answer["error"]["code"].as_i64().unwrap_or_default();
        Some(
            answers
                .map(|answer| (answer["id"].clone(), code(&answer)))
                .collect(),
        )
    }

    /// Chooses one of the answers to a question: the next one that it was told to choose, else the
    /// first.
    fn choose(&mut self, actions: &Value) -> Value {
        let offered = actions.as_array().cloned().unwrap_or_default();
        if self.choices.is_empty() {
            return offered.into_iter().next().unwrap_or_default();
        }
        let wanted = self.choices.remove(0);
        let starts = |action: &&Value| {
            let title = action["title"].as_str();
            title.is_some_and(|title| title.starts_with(&wanted))
        };
        offered.iter().find(starts).cloned().unwrap_or_default()
    }
}
