//! Recognises the names that sync tools, file managers and merge tools give to a second copy of a file. Pure.
//!
//! Such a file is never taken for a chunk, even where it is the only one of its beat: nobody
//! chose its text. It is never moved or removed either.

/// Words in the names of copies after a conflict, as the tools say it in their languages.
const CONFLICT: [&str; 14] = [
    "confli", // conflict, conflicto, conflit, conflitto, conflito
    "konfli", // Konflikt, konflik
    "конфл",  // конфликт, конфлікт
    "ristiriita",
    "ütköz",
    "xung đột",
    "διένεξη",
    "ขัดแย้ง",
    "競合",
    "冲突",
    "衝突",
    "충돌",
    "çakış",
    "çakiş",
];

/// The words for a copy in the file names of file managers.
const COPY: [&str; 10] = [
    "copy",
    "kopie",
    "copie",
    "copia",
    "cópia",
    "kopia",
    "kopi",
    "копия",
    "コピー",
    "副本",
];

/// The suffixes of `git mergetool`, followed by a number.
const MERGE: [&str; 4] = ["_backup_", "_base_", "_local_", "_remote_"];

/// Tells whether a file name is the name of a chunk file (or its journal) with the addition of such a tool.
pub(crate) fn is_copy_name(name: &str) -> bool {
    chunk_of(name).is_some()
}

/// Returns the name of the chunk file that a file is a copy of, `chunk_01.md`; `None` for any other file.
pub(crate) fn chunk_of(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let digits: String = lower
        .strip_prefix("chunk_")?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let stem = format!("chunk_{digits}");
    let is_copy =
        !digits.is_empty() && (is_copy_of(name, &stem, "md") || is_copy_of(name, &stem, "journal"));
    is_copy.then(|| format!("{stem}.md"))
}

/// Tells whether a file name is `stem.extension` with what such a tool puts into it or behind it:
/// `chunk_01 (conflicted copy 2026-01-01).md`, `chunk_01.sync-conflict-20260101-….md`,
/// `chunk_01 2.md`, `chunk_01 (1).md`, `chunk_01 - Copy.md`, `chunk_01_LOCAL_4711.md`,
/// `chunk_01-DESKTOP-A1B2C3.md`, `chunk_01.md.conflict1`, `chunk_01.md..path2`.
pub(crate) fn is_copy_of(name: &str, stem: &str, extension: &str) -> bool {
    let lower = name.to_lowercase();
    let (stem, extension) = (stem.to_lowercase(), extension.to_lowercase());
    let whole = format!("{stem}.{extension}");
    if let Some(added) = lower.strip_prefix(&whole) {
        return !added.is_empty() && is_rclone(added);
    }
    let added = lower.strip_prefix(&stem);
    let added = added.and_then(|rest| rest.strip_suffix(&format!(".{extension}")));
    let Some(added) = added.filter(|added| !added.is_empty()) else {
        return false;
    };
    CONFLICT.iter().any(|word| added.contains(word))
        || MERGE
            .iter()
            .any(|mark| added.strip_prefix(mark).is_some_and(is_number))
        || is_rclone(added)
        || is_numbered(added)
        || is_called_copy(added)
        || is_computer(name, &stem, &extension)
}

/// Tells whether an ending is rclone's: `.conflict1`, and of older versions `..path1`.
fn is_rclone(added: &str) -> bool {
    let mark = added.trim_start_matches('.');
    let number = ["conflict", "path"]
        .iter()
        .find_map(|word| mark.strip_prefix(word));
    mark.len() < added.len() && number.is_some_and(|number| number.is_empty() || is_number(number))
}

/// Tells whether an ending is OneDrive's, `-DESKTOP-A1B2C3`: the name of a computer, which is in capital letters.
fn is_computer(name: &str, stem: &str, extension: &str) -> bool {
    let end = name.len().saturating_sub(extension.len() + 1);
    let added = name.get(stem.len()..end).unwrap_or_default();
    let Some(computer) = added.strip_prefix('-') else {
        return false;
    };
    let in_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    computer.len() >= 3
        && computer.chars().all(in_name)
        && computer.chars().any(|c| c.is_ascii_uppercase())
}

/// Tells whether an ending is a number: ` 2` or ` (1)`.
fn is_numbered(added: &str) -> bool {
    let bare = added.trim();
    let in_brackets = bare
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'));
    match in_brackets {
        Some(inner) => is_number(inner),
        None => added.starts_with(' ') && is_number(bare),
    }
}

/// Tells whether an ending calls it a copy: ` copy`, ` - Copy (2)`, ` copy 3`.
fn is_called_copy(added: &str) -> bool {
    let words = added.trim_start_matches([' ', '-', '_', '(']);
    let copy = COPY.iter().find_map(|word| words.strip_prefix(word));
    words.len() < added.len()
        && copy.is_some_and(|rest| {
            let rest = rest.trim_matches([' ', '(', ')']);
            rest.is_empty() || is_number(rest)
        })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_from_chunks_and_from_names_of_the_authors() {
        for name in [
            "chunk_01 (conflicted copy 2026-01-01).md",
            "chunk_01 (Mara's conflicted copy 2026-01-01).md",
            "chunk_01 (Mara Voss conflicted copy 2026-01-01 1).md",
            "chunk_01 (In Konflikt stehende Kopie von Mara 2026-01-01).md",
            "chunk_01 (Copie en conflit de Mara 2026-01-01).md",
            "chunk_01 (Mara の競合コピー 2026-01-01).md",
            "chunk_01 (Case Conflict).md",
            "chunk_01 (SFConflict mara@example.org 2026-01-01-10-00-00).md",
            "chunk_01.sync-conflict-20260101-101010-ABCDEFG.md",
            "chunk_01.Conflict.md",
            "chunk_01 2.md",
            "chunk_01 (1).md",
            "chunk_01(1).md",
            "chunk_01 copy.md",
            "chunk_01 copy 2.md",
            "chunk_01 - Copy.md",
            "chunk_01 - Copy (2).md",
            "chunk_01 - Kopie.md",
            "chunk_01_LOCAL_4711.md",
            "Chunk_01 2.MD",
            "chunk_123 2.md",
            "chunk_01 (conflicted copy 2026-01-01).journal",
            "chunk_01.md.conflict1",
            "chunk_01.md.conflict2",
            "chunk_01.conflict1.md",
            "chunk_01.md..path1",
            "chunk_01..path2.md",
            "chunk_01-DESKTOP-A1B2C3D.md",
            "chunk_01-MARASLAPTOP.md",
            "chunk_01 (Cópia em conflito de Mara 2026-01-01).md",
            "chunk_01 (Copia en conflicto de Mara 2026-01-01).md",
            "chunk_01 (конфликтующая копия Мара 2026-01-01).md",
            "chunk_01 (Mara 的冲突副本 2026-01-01).md",
            "chunk_01_conflict-20260101-101010.md",
        ] {
            assert!(is_copy_name(name), "{name}");
        }
        for name in [
            "chunk_01.md",
            "chunk_123.md",
            "chunk_01.beat_logbook.md",
            "chunk_01 the logbook.md",
            "chunk_01-logbook.md",
            "chunk_01-Logbook.md",
            "chunk_01.md.bak",
            "chunk_01.md~",
            "chunk_01 copyist.md",
            "chunk_01_local.md",
            "opening.md",
            "notes 2.md",
            "my conflict.md",
            "chunk_.md",
            "chunk_ 2.md",
            "chunk_01",
            "",
        ] {
            assert!(!is_copy_name(name), "{name}");
        }
    }

    #[test]
    fn copies_of_other_files_are_known_too() {
        for (name, stem, extension, expected) in [
            ("story.md.conflict1", "story", "md", true),
            ("story 2.md", "story", "md", true),
            ("story-LAPTOP.md", "story", "md", true),
            ("noid.story (1).md", "noid.story", "md", true),
            (
                "manifest.sync-conflict-20260101-101010-A.json",
                "manifest",
                "json",
                true,
            ),
            ("manifest.kept-01.json", "manifest", "json", false),
            ("noid.story.md", "story", "md", false),
            ("story.md", "story", "md", false),
            ("story-notes.md", "story", "md", false),
            ("storyteller 2.md", "story", "md", false),
            ("0001-3fa2c1d2 (1).md", "0001-3fa2c1d2", "md", true),
        ] {
            assert_eq!(is_copy_of(name, stem, extension), expected, "{name}");
        }
    }
}
