//! What the author does with files: types, saves, closes, and changes them behind the editor's
//! back.

use super::*;

impl Author {
    /// Whether the session has begun. Before that, nobody knows that it will have this name.
    pub(super) fn has_session(&self) -> bool {
        let generated = self.story.root().join("generated");
        generated.join(&self.session).join("manifest.json").exists()
    }

    pub(super) fn path(&self, doc: Doc) -> PathBuf {
        let session = self.story.root().join("generated").join(&self.session);
        session.join(match doc {
            Doc::Chunk(number) => format!("chunks/chunk_{number:02}.md"),
            Doc::Revision(number) => format!("revisions/chunk_{number:02}.md"),
            Doc::FullStory => "full_story.md".to_owned(),
        })
    }

    pub(super) fn is_open(&self, path: &Path) -> bool {
        self.editor.text_if_open(path).is_some()
    }

    pub(super) fn open(&mut self, path: &Path) {
        if self.is_open(path) {
            return;
        }
        // What a buffer that was closed a moment ago had not saved may still be on its way into the file.
        let closed = self
            .closed
            .get(path)
            .is_some_and(|at| at.elapsed() < SETTLING);
        let busy =
            self.editor.is_running() && (closed || self.is_busy() || !self.pending.is_empty());
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

    pub(super) fn type_at(&mut self, doc: Doc, spot: Spot, kind: u8) {
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
    pub(super) fn typed(&self, path: &Path, kind: u8) -> String {
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
    pub(super) fn change(&mut self, path: &Path, text: &str) {
        let old = self.editor.text(path).to_owned();
        self.remember(path, &old);
        let gone = lost(&old, text);
        let made = gone.iter().filter(|token| !tokens::is_of_author(token));
        let deleted = self.deleted.entry(path.to_owned()).or_default();
        deleted.extend(made.cloned());
        self.ledger.drop(gone);
        self.editor.rewrite(path, text);
        self.before.insert(path.to_owned(), old);
        self.brought_back(text);
        self.follow(path, text);
    }

    /// A text that was seen in a buffer or a file.
    pub(super) fn remember(&mut self, path: &Path, text: &str) {
        let versions = self.versions.entry(path.to_owned()).or_default();
        if versions.last().is_none_or(|last| last != text) {
            versions.push(text.to_owned());
        }
    }

    /// Any of the texts that a buffer or a file was seen with.
    pub(super) fn version(&self, path: &Path, dice: u16) -> Option<String> {
        let versions = self.versions.get(path)?;
        versions
            .get(usize::from(dice) % versions.len().max(1))
            .cloned()
    }

    /// The author, or another program of his, has put a text there: what is in it is wanted.
    pub(super) fn brought_back(&mut self, text: &str) {
        for token in tokens::of(text) {
            self.final_word.remove(&token);
            for deleted in self.deleted.values_mut() {
                deleted.remove(&token);
            }
        }
    }

    /// The author leaves his editor without saving, and comes back to the same files.
    pub(super) fn exit(&mut self) -> Outcome {
        if !self.editor.is_running() {
            return Ok(());
        }
        let files = self.editor.open_files();
        for path in &files {
            self.discard(path);
        }
        let code = self.editor.end_server();
        if code != 0 {
            return Err(format!("the server left with {code}"));
        }
        self.crash(self.persona);
        for path in files {
            self.open(&path);
        }
        Ok(())
    }

    /// What the author has in front of him counts where he has typed it.
    pub(super) fn follow(&mut self, path: &Path, text: &str) {
        let own = places::tokens_at(path, text)
            .into_iter()
            .filter(|token| tokens::is_of_author(token));
        self.ledger.follow(own, "typed by the author");
    }

    /// Saves; where the file was changed by others meanwhile, the author merges as his editor
    /// bids him.
    pub(super) fn save(&mut self, path: &Path) {
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
        let saved = self.editor.text(path).to_owned();
        self.brought_back(&saved);
        if places::is_chunk(path) {
            let elsewhere = Files::read(&self.story).growing();
            let deleted = self.deleted.remove(path).unwrap_or_default();
            // Copies that other programs made of a chunk are nobody's word.
            let gone = deleted
                .into_iter()
                .filter(|token| !elsewhere.contains(token));
            self.final_word.extend(gone);
        }
    }

    /// The editor has read the disk, or written to it.
    pub(super) fn knows(&mut self, path: &Path) {
        let disk = places::text_of(path);
        let known = Known {
            last: disk.clone(),
            disk,
            raced: None,
        };
        self.known.insert(path.to_owned(), known);
    }

    /// A server that leaves brings into the files what was not saved, and the editor sees that they
    /// are other ones.
    pub(super) fn notice_disk(&mut self) {
        for (path, known) in &mut self.known {
            known.last = places::text_of(path);
        }
    }

    /// What the author has typed and not saved is no longer wanted.
    pub(super) fn discard(&mut self, path: &Path) {
        let safe = Files::read(&self.story).tokens(false);
        let unsaved = tokens::of(self.editor.text(path));
        let own = unsaved
            .into_iter()
            .filter(|token| tokens::is_of_author(token) && !safe.contains(token));
        self.ledger.drop(own);
    }

    pub(super) fn close(&mut self, path: &Path) {
        self.deleted.remove(path);
        self.editor.close(path);
        self.closed.insert(path.to_owned(), Instant::now());
        self.known.remove(path);
        self.before.remove(path);
    }

    pub(super) fn reload(&mut self, path: &Path) {
        let disk = places::text_of(path).unwrap_or_default();
        self.editor.rewrite(path, &disk);
        self.knows(path);
    }

    /// Another program changes a file. An open document without changes is loaded again, as
    /// editors do it.
    pub(super) fn on_disk(&mut self, doc: Doc, hand: Hand) {
        let path = self.path(doc);
        let old = places::text_of(&path);
        let is_clean = self.is_clean(&path, old.as_deref());
        let is_open = self.is_open(&path);
        let text = old.clone().unwrap_or_default();
        self.remember(&path, &text);
        let earlier = |dice| self.version(&path, dice);
        let body = body_start(&text);
        let new = match hand {
            Hand::Checkout(dice) => earlier(dice).unwrap_or_default(),
            Hand::Sync(_) if old.is_none() || is_open || !places::is_chunk(&path) => return,
            Hand::Sync(dice) => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                let name = format!("{stem}.sync-conflict-{}.md", tokens::of_author(false));
                let earlier = earlier(dice).unwrap_or_default();
                let _ = fs::rename(&path, path.with_file_name(name));
                earlier
            }
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
        self.brought_back(&new);
        if let Some(known) = self.known.get_mut(&path) {
            known.last = Some(new);
        }
        if is_clean {
            self.reload(&path);
        }
    }

    /// Whether a document is open and shows what is on disk.
    pub(super) fn is_clean(&self, path: &Path, disk: Option<&str>) -> bool {
        let shown = self.editor.text_if_open(path).map(str::trim_end);
        shown == Some(disk.unwrap_or_default().trim_end())
    }
}

/// What is in one text and not in the other.
pub(super) fn lost(old: &str, new: &str) -> BTreeSet<String> {
    tokens::of(old)
        .difference(&tokens::of(new))
        .cloned()
        .collect()
}

/// Where the prose begins, below the front matter.
pub(super) fn body_start(text: &str) -> usize {
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
pub(super) fn gap(text: &str, start: usize, dice: u16) -> usize {
    let gaps: Vec<usize> = text
        .match_indices(char::is_whitespace)
        .map(|(at, _)| at)
        .filter(|at| *at >= start && is_place(text, *at))
        .chain([text.len()])
        .collect();
    gaps[usize::from(dice) % gaps.len()]
}

/// The text without some words below its front matter.
pub(super) fn cut(text: &str, dice: u16) -> String {
    let start = gap(text, body_start(text), dice);
    let end = gap(text, start, dice % 17);
    format!("{}{}", &text[..start], &text[end..])
}

/// The text without its end, from some place on; or without something in it.
pub(super) fn shorter(text: &str, dice: u16) -> String {
    if dice.is_multiple_of(4) {
        return cut(text, dice);
    }
    let at = gap(text, body_start(text), dice);
    format!("{}\n", text[..at].trim_end())
}

/// Puts a file in its place as a whole; what it replaced.
pub(super) fn put(story: &Workspace, path: &Path, text: &str) -> Option<String> {
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
pub(super) fn take(story: &Workspace, path: &Path) -> Option<String> {
    let beside = story.root().join(".another-program");
    fs::rename(path, &beside).ok()?;
    let text = places::text_of(&beside);
    fs::remove_file(&beside).expect("a file");
    text
}

#[cfg(target_os = "linux")]
pub(super) fn exchange(one: &Path, other: &Path) -> bool {
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
pub(super) fn exchange(_: &Path, _: &Path) -> bool {
    false
}
