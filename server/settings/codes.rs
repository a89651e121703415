//! Lists the codes of all findings, by which the author sets how they are shown.

use crate::story::conflict_markers::MERGE_CONFLICT;
use crate::story::lint;

/// A value that makes no sense.
pub const INVALID: &str = "invalid-setting";
/// A name that no setting has.
pub const UNKNOWN: &str = "unknown-setting";
/// A setting that its layer must not choose.
pub const NOT_ALLOWED: &str = "setting-not-allowed";
/// An endpoint or a key of another provider.
pub const NOT_USED: &str = "setting-not-used";
/// A file that can't be read, or is no TOML.
pub const UNREADABLE: &str = "unreadable-settings";

/// The codes of all that briefs, files and drafts can have, besides those of settings and of the lint.
const OF_FILES: &[&str] = &[
    "accidental-heading",
    "after-cycle",
    "after-itself",
    "after-unknown",
    "bad-beat-id",
    "bad-front-matter",
    "bad-words",
    "broken-attributes",
    "cast-without-characters",
    "chapter-attributes",
    "chunk-without-beat",
    "conflict-copy",
    "contradiction",
    "damaged-front-matter",
    "dismissed-unusable",
    "duplicate-beat-id",
    "duplicate-character",
    "duplicate-key",
    "duplicate-section",
    "empty-beat",
    "empty-rule",
    "empty-state",
    "failed-chunk",
    "impossible-target",
    "long-beats",
    "missing-language",
    "missing-title",
    "mistyped-value",
    "no-outline",
    "not-text",
    "note-outside-beat",
    "partial-chunk",
    "repeated-attribute",
    "rule-numbers",
    "section-level",
    "section-name",
    "section-not-private",
    "shared-alias",
    "short-beat",
    "stale-chunk",
    "template-placeholder",
    "text-before-sections",
    "thread-beat-unknown",
    "thread-overdue",
    "unclosed-comment",
    "unclosed-front-matter",
    "unknown-attribute",
    "unknown-character",
    "unknown-key",
    "unknown-language",
    "unknown-protagonist",
    "unnamed-beat",
    "unnamed-character",
    "unnumbered-rule",
    "unreadable-template",
    "untitled-section",
    "words-do-not-add-up",
];

/// The codes of what is wrong with settings.
const OF_SETTINGS: &[&str] = &[INVALID, UNKNOWN, NOT_ALLOWED, NOT_USED, UNREADABLE];

/// Lists the codes of all findings.
pub fn all() -> impl Iterator<Item = &'static str> {
    let of_settings = OF_SETTINGS.iter();
    let of_files = OF_FILES.iter().chain(&[MERGE_CONFLICT]);
    of_files.chain(of_settings).chain(&lint::CODES).copied()
}

/// Returns the code of this name.
pub(crate) fn known(code: &str) -> Option<&'static str> {
    all().find(|known| *known == code)
}

/// Returns the code that a name was probably meant to be.
pub(crate) fn near(code: &str) -> Option<&'static str> {
    let apart = |known: &str| strsim::damerau_levenshtein(code, known);
    let near = all().map(|known| (apart(known), known));
    let near = near.filter(|(distance, _)| *distance <= 3).min()?;
    Some(near.1)
}
