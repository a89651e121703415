//! What the author asks the server for, and how either of the two goes down.

use super::*;

impl Author {
    pub(super) fn on_chunk(&mut self, name: &str, chunk: u8, until: Until) -> Outcome {
        self.job(name, json!({ "chunk": chunk }), until)
    }

    pub(super) fn job(&mut self, name: &str, arguments: Value, until: Until) -> Outcome {
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
    pub(super) fn command(
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

    pub(super) fn wait_for_answers(&mut self) -> Outcome {
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

    pub(super) fn refused(&mut self, name: &str, sentence: &str) -> Outcome {
        if is_of_a_fault(sentence) {
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
    pub(super) fn is_busy(&mut self) -> bool {
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

    pub(super) fn let_go(&mut self) -> Outcome {
        self.wake();
        let model = &self.model;
        model.let_go();
        self.wait_while_busy(true)
    }

    pub(super) fn wait_until_idle(&mut self) -> Outcome {
        self.wait_while_busy(false)
    }

    /// Waits for the end of all jobs. One that hangs is silent; one that is only slow is not.
    pub(super) fn wait_while_busy(&mut self, letting_go: bool) -> Outcome {
        let began = Instant::now();
        let mut moved = (Instant::now(), self.signs());
        while self.is_busy() {
            if began.elapsed() > SILENCE {
                self.editor.next_event();
            }
            if letting_go {
                self.model.let_go();
            }
            let signs = self.signs();
            if signs != moved.1 {
                moved = (Instant::now(), signs);
            }
            if moved.0.elapsed() > DEADLINE || began.elapsed() > ENDING {
                return Err(format!(
                    "a job does not end, and was silent for {:.1?} of {:.1?}\n{}",
                    moved.0.elapsed(),
                    began.elapsed(),
                    self.editor.transcript()
                ));
            }
            self.linger(Duration::from_millis(10));
        }
        Ok(())
    }

    /// What a job that goes on makes more of: words of the server's, edits, calls of the model.
    fn signs(&self) -> (usize, usize, usize) {
        let edits = self.editor.asked("workspace/applyEdit").len();
        (self.editor.said().len(), edits, self.model.calls())
    }

    pub(super) fn status(&mut self) -> Outcome {
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
    pub(super) fn linger(&mut self, time: Duration) {
        self.editor.wait_within(time, |_| None::<()>);
    }
}

// ---------------------------------------------------------------- bad luck

impl Author {
    pub(super) fn kill(&mut self) {
        self.editor.process.kill();
        self.drain();
    }

    /// Reads what a server that is gone said at last.
    pub(super) fn drain(&mut self) {
        self.editor.wait_within(DEADLINE, |_| None::<()>);
    }

    /// Starts the server where it does not run.
    pub(super) fn wake(&mut self) {
        if self.editor.is_running() {
            return;
        }
        self.counts.restarts += 1;
        self.pending.clear();
        self.heard = 0;
        self.editor.restart(&setup(self.persona), &self.story);
    }

    /// The editor dies, and with it what was not saved. Another one is started.
    pub(super) fn crash(&mut self, persona: Persona) {
        self.kill();
        for path in self.editor.open_files() {
            self.discard(&path);
        }
        self.known.clear();
        self.deleted.clear();
        self.before.clear();
        self.pending.clear();
        self.heard = 0;
        self.counts.restarts += 1;
        self.persona = persona;
        self.editor = setup(persona).start(&self.story);
    }
}
