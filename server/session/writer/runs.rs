//! Records a job in a folder of its own: what was asked, what happened, what went wrong.
//!
//! A run's records must never fail the job that they are about: [`Run::log`] swallows
//! errors. No prose, prompts or keys go into the log; that is the caller's to keep.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::Session;
use crate::session::disk::Disk;
use crate::session::disk::log::Log;
use crate::session::error::StoreError;
use crate::story::slug;

/// The records of one job. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Run {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    path: PathBuf,
    disk: Disk,
    log: Mutex<Option<Log>>,
    /// Whether anything is written at all.
    is_kept: bool,
}

impl Session {
    /// Opens the records of a job, such as `runs/run-001-draft-20260101-101500/`. `asked` is one sentence.
    pub fn start_run(&self, kind: &str, asked: &str) -> Result<Run, StoreError> {
        let inner = &self.inner;
        inner
            .disk
            .ensure_inside(&inner.paths.runs(), inner.folder.root())?;
        Run::start(&inner.paths.runs(), kind, asked, &inner.disk)
    }
}

impl Run {
    /// Makes `runs/run-NNN-KIND-TIME/`, such as `run-001-draft-20260101-101500` (UTC), with a summary that says what was asked, so that a killed
    /// job explains itself too.
    pub(crate) fn start(
        runs: &Path,
        kind: &str,
        asked: &str,
        disk: &Disk,
    ) -> Result<Run, StoreError> {
        disk.make_folder(runs)?;
        let taken = disk.list(runs)?;
        let mut number: u32 = taken
            .iter()
            .filter_map(|entry| {
                entry
                    .name
                    .strip_prefix("run-")?
                    .split('-')
                    .next()?
                    .parse()
                    .ok()
            })
            .max()
            .unwrap_or(0);
        let (name, path) = loop {
            number = number.saturating_add(1);
            // Two machines that share the folder may give the same number.
            let time = disk.now().strftime("%Y%m%d-%H%M%S");
            let name = format!("run-{number:03}-{}-{time}", slug::file_slug(kind));
            let path = runs.join(&name);
            if disk.make_new_folder(&path)? {
                break (name, path);
            }
        };
        let begun = format!(
            "# {name}\n\nAsked: {asked}\n\nStarted {}. This job is still running, or it was killed: what it had \
             written is in the chunk files.\n",
            disk.now()
        );
        disk.write(&path.join("summary.md"), begun.as_bytes())?;
        let log = disk.open_log(&path.join("log.jsonl"))?;
        Ok(Run {
            inner: Arc::new(Inner {
                name,
                path,
                disk: disk.clone(),
                log: Mutex::new(Some(log)),
                is_kept: true,
            }),
        })
    }

    /// Makes the records of a job that belongs to no draft: there is no place for them, and nothing is written.
    pub(crate) fn unkept(disk: &Disk) -> Run {
        Run {
            inner: Arc::new(Inner {
                name: String::new(),
                path: PathBuf::new(),
                disk: disk.clone(),
                log: Mutex::new(None),
                is_kept: false,
            }),
        }
    }

    /// Tells whether it has a place where anything is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.inner.is_kept
    }

    /// Returns the name of its folder: `run-001-draft-20260101-101500`.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Adds a line to log.jsonl, with the time in `at` unless the entry has one. A log that
    /// can't be written is given up silently.
    pub fn log(&self, entry: &Value) {
        let mut line = Map::new();
        line.insert("at".to_owned(), self.inner.disk.now().to_string().into());
        match entry {
            Value::Object(fields) => line.extend(fields.clone()),
            other => {
                line.insert("message".to_owned(), other.clone());
            }
        }
        let text = format!("{}\n", Value::Object(line));
        let mut log = self
            .inner
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = log.as_mut()
            && open.append(text.as_bytes()).is_err()
        {
            *log = None;
        }
    }

    /// Keeps the report of a failure in `errors/` under a name that is still free.
    pub fn error(&self, name: &str, report: &str) -> Result<PathBuf, StoreError> {
        self.put("errors", name, report)
    }

    /// Keeps anything else worth keeping in `artifacts/`.
    pub fn artifact(&self, name: &str, text: &str) -> Result<PathBuf, StoreError> {
        self.put("artifacts", name, text)
    }

    /// Writes summary.md in place of the one from the start.
    pub fn finish(&self, summary_markdown: &str) -> Result<(), StoreError> {
        if !self.inner.is_kept {
            return Ok(());
        }
        let path = self.inner.path.join("summary.md");
        self.inner.disk.write(&path, summary_markdown.as_bytes())
    }

    fn put(&self, folder: &str, name: &str, text: &str) -> Result<PathBuf, StoreError> {
        if !self.inner.is_kept {
            return Ok(PathBuf::new());
        }
        let folder = self.inner.path.join(folder);
        self.inner.disk.make_folder(&folder)?;
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, end))
                if !end.is_empty() && end.chars().all(|c| c.is_ascii_alphanumeric()) =>
            {
                (stem, end)
            }
            _ => (name, "md"),
        };
        let stem = slug::file_slug(stem);
        let mut path = folder.join(format!("{stem}.{extension}"));
        let mut number = 2;
        while self.inner.disk.metadata(&path)?.is_some() {
            path = folder.join(format!("{stem}-{number}.{extension}"));
            number += 1;
        }
        self.inner.disk.write(&path, text.as_bytes())?;
        Ok(path)
    }
}
