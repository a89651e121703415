//! Names that hold more than a test can know: `history/chunk_03/0001-3fa2c1d2.md` and
//! `runs/run-001-draft-20260101-101500` are found by `0001.md` and `run-001-draft`.

use std::path::{Path, PathBuf};

/// The path with the names that stand on disk; as it is where there are none.
pub fn found(path: &Path) -> PathBuf {
    let mut real = PathBuf::new();
    for part in path.components() {
        let there = real.join(part);
        if there.exists() {
            real = there;
            continue;
        }
        let wanted = part.as_os_str().to_string_lossy().into_owned();
        let mut names: Vec<String> = std::fs::read_dir(&real)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let name = names.into_iter().find(|name| plain(name) == wanted);
        real.push(name.unwrap_or(wanted));
    }
    real
}

/// A name without its digest or time.
pub fn plain(name: &str) -> String {
    if name.starts_with("run-") {
        let parts: Vec<&str> = name.rsplitn(3, '-').collect();
        if let [time, day, name] = parts.as_slice()
            && time.len() == 6
            && day.len() == 8
        {
            return (*name).to_owned();
        }
    }
    if let Some((stem, end)) = name.rsplit_once('.')
        && let Some((number, digest)) = stem.split_once('-')
        && number.len() == 4
        && digest.len() == 8
    {
        return format!("{number}.{end}");
    }
    name.to_owned()
}
