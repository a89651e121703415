//! Names that sync tools, file managers and merge tools give to a second copy of a chunk file.
//! Pure.
//!
//! Such a file is never taken for a chunk, even where it is the only one of its beat: nobody
//! chose its text. It is never moved or removed either.

/// Words in the names of copies after a conflict, as the tools say it in their languages.
const CONFLICT: [&str; 8] = [
    "confli", // conflict, conflicto, conflit, conflitto, conflito
    "konflikt",
    "конфликт",
    "競合",
    "冲突",
    "衝突",
    "충돌",
    "çakış",
];

/// What file managers call a copy.
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

/// What `git mergetool` appends, with a number after it.
const MERGE: [&str; 4] = ["_backup_", "_base_", "_local_", "_remote_"];

/// Whether a file name is that of a chunk file with what such a tool puts behind it:
/// `chunk_01 (conflicted copy 2026-01-01).md`, `chunk_01.sync-conflict-20260101-….md`,
/// `chunk_01 2.md`, `chunk_01 (1).md`, `chunk_01 - Copy.md`, `chunk_01_LOCAL_4711.md`.
pub(crate) fn is_copy_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let Some((stem, _)) = name.rsplit_once('.') else {
        return false;
    };
    let Some(rest) = stem.strip_prefix("chunk_") else {
        return false;
    };
    let added = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if added.len() == rest.len() || added.is_empty() {
        return false;
    }
    CONFLICT.iter().any(|word| added.contains(word))
        || MERGE
            .iter()
            .any(|mark| added.strip_prefix(mark).is_some_and(is_number))
        || is_numbered(added)
        || is_called_copy(added)
}

/// ` 2` or ` (1)`.
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

/// ` copy`, ` - Copy (2)`, ` copy 3`.
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
        ] {
            assert!(is_copy_name(name), "{name}");
        }
        for name in [
            "chunk_01.md",
            "chunk_123.md",
            "chunk_01.beat_logbook.md",
            "chunk_01 the logbook.md",
            "chunk_01-logbook.md",
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
}
