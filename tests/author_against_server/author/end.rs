//! How a case ends: the author comes back, closes everything, clears up what a sync tool left,
//! and has the story written.

use super::*;

impl Author {
    /// Brings the case to its end: restart, everything closed, copies resolved, the story written.
    pub fn finish(&mut self, dice: u64) -> Outcome {
        self.editor.next_event();
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
        self.resolve_copies()?;
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

    /// Decides about the copies that a sync tool made, as the server asks for it: one that stands
    /// alone gets the chunk's name, any other is merged into the chunk and deleted.
    fn resolve_copies(&mut self) -> Outcome {
        let copies: Vec<(PathBuf, String)> = Files::read(&self.story)
            .iter()
            .filter_map(|(path, text)| Some((path.to_owned(), copied_from(path)?, text)))
            .map(|(path, chunk, text)| {
                let chunk_file = path.with_file_name(chunk);
                match places::text_of(&chunk_file) {
                    None => fs::rename(&path, &chunk_file).expect("a file"),
                    Some(kept) => {
                        let more: Vec<String> = lost(text, &kept).into_iter().collect();
                        let merged = format!("{}\n\n{}\n", kept.trim_end(), more.join(" "));
                        put(&self.story, &chunk_file, &merged);
                        fs::remove_file(&path).expect("a file");
                    }
                }
                (chunk_file, text.to_owned())
            })
            .collect();
        for (chunk_file, copy) in copies {
            let text = places::text_of(&chunk_file).unwrap_or_default();
            let gone = lost(&copy, &text);
            if !gone.is_empty() {
                return Err(format!("gone by a merge of copies: {gone:?}"));
            }
            self.brought_back(&text);
            let wanted = tokens::of(&text);
            self.ledger
                .follow(wanted, "of a copy that the author resolved");
        }
        self.look(false)
    }
}

/// The name of the chunk file that a sync tool copied.
fn copied_from(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let (stem, _) = name.split_once(".sync-conflict-")?;
    places::is_chunk(path).then(|| format!("{stem}.md"))
}
