//! An editor whose server ends and is started again: what is open stays open.

use super::*;

impl Editor {
    /// Whether the server still runs.
    pub fn is_running(&mut self) -> bool {
        !self.ended && self.process.wait(Duration::ZERO).is_none()
    }

    /// Starts the server anew after it ended. The documents stay as they are, also where they
    /// were never saved, and are opened again; what the old server said is forgotten.
    pub fn restart(&mut self, setup: &Setup, workspace: &Workspace) {
        self.assert_no_panic();
        // Whoever ended the old one has waited for it.
        self.process = setup.process(workspace);
        self.ended = false;
        self.answers.clear();
        self.due.clear();
        self.said.clear();
        self.edits.clear();
        self.asked.clear();
        self.initialize(setup.parameters(workspace));
        let mut opened = Vec::new();
        for (path, buffer) in &mut self.buffers {
            buffer.untold.clear();
            opened.push(json!({"textDocument": {
                "uri": uri(path),
                "languageId": "markdown",
                "version": buffer.version,
                "text": buffer.text,
            }}));
        }
        for parameters in opened {
            self.notify("textDocument/didOpen", parameters);
        }
        self.pull_all();
    }

    /// The files that are open.
    pub fn open_files(&self) -> Vec<PathBuf> {
        self.buffers.keys().cloned().collect()
    }

    /// The text of a document; `None` where it is not open.
    pub fn text_if_open(&self, path: &Path) -> Option<&str> {
        self.buffers.get(path).map(|buffer| buffer.text.as_str())
    }

    /// The answer of a request, if it has come: the result, or the sentence of its error.
    pub fn try_answer(&mut self, id: i64) -> Option<Result<Value, String>> {
        let mut answer = self.answers.remove(&id)?;
        Some(match answer.get("error") {
            Some(error) => Err(error["message"].as_str().unwrap_or_default().to_owned()),
            None => Ok(answer["result"].take()),
        })
    }
}
