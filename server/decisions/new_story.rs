//! Creates a new brief, complete enough to be written at once and plain enough to be changed.

use std::path::{Path, PathBuf};

use crate::story::file_names::is_device;
use crate::story::slug::file_slug;

/// Returns the text of a new brief.
pub fn template(title: &str) -> String {
    let title = yaml_string(title);
    include_str!("new_story.md").replacen("{{title}}", &title, 1)
}

/// Creates a brief in `folder`: `story.md`, or another name where that is taken. Never overwrites anything.
pub fn create(folder: &Path, title: &str) -> Result<PathBuf, NotCreated> {
    let text = template(title);
    let mut slug = file_slug(title);
    if is_device(&slug) {
        slug.push_str("-story");
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| NotCreated { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut path = folder.join("story.md");
    let mut next = 1_u32;
    loop {
        match write_new(&path, &text) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                path = folder.join(match next {
                    1 => format!("{slug}.story.md"),
                    n => format!("{slug}-{n}.story.md"),
                });
                next += 1;
            }
            Err(error) => return Err(failed(&path)(error)),
        }
    }
}

/// A brief that could not be created; nothing that was there has changed.
#[derive(Debug, thiserror::Error)]
#[error("{} can't be made: {source}", path.display())]
pub struct NotCreated {
    path: PathBuf,
    source: std::io::Error,
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Returns a double-quoted YAML string, on one line.
fn yaml_string(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!(
        "\"{}\"",
        line.trim().replace('\\', "\\\\").replace('"', "\\\"")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Brief;

    #[test]
    fn no_brief_is_named_after_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["story.md", "con-story.story.md", "com-1.story.md"];
        for (title, name) in ["Con", "Con", "Com 1"].iter().zip(names) {
            assert_eq!(
                create(folder.path(), title).unwrap(),
                folder.path().join(name)
            );
        }
    }

    #[test]
    fn a_new_brief_has_no_problems_and_keeps_its_title() {
        for title in ["The Lamp Keeper", "Mara: \"No\" \\ yes", "灯台守", "A\nB"] {
            let brief = Brief::parse(&template(title));
            assert_eq!(brief.problems, [], "{title}");
            assert_eq!(brief.title, title.replace('\n', " "));
            assert!(brief.beats.len() >= 3);
        }
    }
}
