//! Reads and renders `state/chunk_03.json`, the state that was extracted from a chunk. Pure.
//!
//! The author may edit it. Its own digest tells that, without the manifest; and a file that was
//! written by hand from the start needs no more than what it wants to say.

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::story::state::ChunkState;
use crate::story::{BeatId, ChunkNumber, Digest, Span};

/// The version that this code writes.
pub const VERSION: u32 = 1;

/// The fields of which a state file has at least one.
const CONTENT: [&str; 5] = ["summary", "time", "characters", "facts", "threads"];

/// The content of a state file as it is rendered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Storywright chunk state")]
pub struct StateFile {
    /// Version of this format; 1.
    pub version: u32,
    pub chunk: ChunkNumber,
    pub beat: BeatId,
    /// Digest of the prose that it was taken from, as in the manifest's `content_sha256`.
    pub text_sha256: Digest,
    pub provider: String,
    pub model: String,
    /// Digest of what was extracted; any other content is the author's.
    pub state_sha256: Digest,
    #[serde(flatten)]
    pub state: ChunkState,
}

/// The content of a state file as it is read, be it the program's or the author's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) state: ChunkState,
    pub(crate) beat: Option<BeatId>,
    /// The prose that it was taken from; `None` where the author wrote it from the start.
    pub(crate) text: Option<Digest>,
    /// Whether it differs from what was extracted.
    pub(crate) edited: bool,
}

impl Told {
    /// Returns the beat that it is about, if that is not `beat`. One that is not in the outline may be
    /// this one, before it was renamed.
    pub(crate) fn other_beat(
        &self,
        beat: &BeatId,
        is_planned: impl Fn(&BeatId) -> bool,
    ) -> Option<&BeatId> {
        self.beat
            .as_ref()
            .filter(|named| *named != beat && is_planned(named))
    }
}

/// Returns the digest of a state, by which an author's edit is recognised.
pub(crate) fn digest(state: &ChunkState) -> Digest {
    // Strings and lists always serialise.
    Digest::of(&serde_json::to_string(state).unwrap_or_default())
}

impl StateFile {
    pub(crate) fn render(&self) -> String {
        // Strings, numbers and lists always serialise.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// Reads a state file.
///
/// # Errors
/// What is wrong with it, to go on from its name: "is damaged (…)".
pub(crate) fn parse(text: &str) -> Result<Told, String> {
    let text = text.trim_start_matches('\u{feff}');
    match parse_own(text) {
        Some(told) => Ok(told),
        None => parse_any(text),
    }
}

/// Finds the value of a field of a state file that is a plain string, in bytes of the text.
pub fn field(text: &str, name: &str) -> Option<Span> {
    let key = format!("\"{name}\"");
    let after = text.find(&key)? + key.len();
    let rest = text[after..].trim_start().strip_prefix(':')?.trim_start();
    let value = rest.strip_prefix('"')?;
    let length = value.find(['"', '\\'])?;
    let start = text.len() - value.len();
    value[length..]
        .starts_with('"')
        .then_some(start..start + length)
}

/// Returns what a state file says of its chunk; `None` where it can't be read.
pub fn state_of(text: &str) -> Option<ChunkState> {
    parse(text).ok().map(|told| told.state)
}

/// Returns the digest of what a state file says of its chunk; `None` where it can't be read.
pub fn own_digest(text: &str) -> Option<Digest> {
    parse(text).ok().map(|told| digest(&told.state))
}

/// Reads a file that is as we write it, without building all of it as values first: a long
/// story has many.
fn parse_own(text: &str) -> Option<Told> {
    #[derive(Deserialize)]
    struct Head {
        version: u32,
        beat: BeatId,
        text_sha256: Digest,
        state_sha256: Digest,
        /// One of [`CONTENT`].
        #[serde(rename = "summary")]
        _summary: IgnoredAny,
    }
    let head: Head = serde_json::from_str(text).ok()?;
    if head.version != VERSION {
        return None;
    }
    let state: ChunkState = serde_json::from_str(text).ok()?;
    Some(Told {
        edited: head.state_sha256 != digest(&state),
        beat: Some(head.beat),
        text: Some(head.text_sha256),
        state,
    })
}

fn parse_any(text: &str) -> Result<Told, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("is damaged ({error})"))?;
    let Value::Object(fields) = &value else {
        return Err("is no state of a chunk".to_owned());
    };
    match fields.get("version").map(Value::as_u64) {
        None => {}
        Some(Some(version)) if version == u64::from(VERSION) => {}
        Some(Some(version)) if version > u64::from(VERSION) => {
            return Err(format!(
                "has version {version} of its format, which is newer than this Storywright"
            ));
        }
        Some(_) => return Err("is no state of a chunk".to_owned()),
    }
    if !CONTENT.iter().any(|name| fields.contains_key(*name)) {
        return Err("is no state of a chunk".to_owned());
    }
    let word = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let (beat, taken_from, extracted) = (word("beat"), word("text_sha256"), word("state_sha256"));
    let state: ChunkState =
        serde_json::from_value(value).map_err(|error| format!("can't be read ({error})"))?;
    Ok(Told {
        edited: extracted.map(Digest::from) != Some(digest(&state)),
        beat: beat.map(BeatId),
        text: taken_from.map(Digest::from),
        state,
    })
}

/// Returns the file of a chunk that has got another number or beat. One that the author has laid out
/// anew stays byte for byte.
pub(crate) fn moved(text: &str, chunk: ChunkNumber, beat: &BeatId) -> String {
    match serde_json::from_str::<StateFile>(text) {
        Ok(file) if file.render() == text => StateFile {
            chunk,
            beat: beat.clone(),
            ..file
        }
        .render(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> StateFile {
        let state = ChunkState {
            summary: "Mara hid the key.".to_owned(),
            ..ChunkState::default()
        };
        StateFile {
            version: VERSION,
            chunk: ChunkNumber(3),
            beat: BeatId("logbook".to_owned()),
            text_sha256: Digest::of("prose"),
            provider: "demo".to_owned(),
            model: "demo".to_owned(),
            state_sha256: digest(&state),
            state,
        }
    }

    #[test]
    fn an_edit_is_told_by_the_file_alone() {
        let text = file().render();
        let told = parse(&text).unwrap();
        assert!(!told.edited);
        assert_eq!(told.state, file().state);
        assert_eq!(told.text, Some(Digest::of("prose")));
        // Another layout says the same.
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(!parse(&format!("\u{feff}{value}")).unwrap().edited);
        assert!(
            parse(&text.replace("the key", "the brass key"))
                .unwrap()
                .edited
        );
        let by_hand = parse(r#"{"facts": [{"quote": "She hid the key."}]}"#).unwrap();
        assert!(by_hand.edited);
        assert_eq!(by_hand.text, None);
        assert_eq!(by_hand.state.facts[0].quote, "She hid the key.");
    }

    #[test]
    fn the_quick_way_reads_what_the_patient_one_reads() {
        let text = file().render();
        assert_eq!(parse_own(&text), parse_any(&text).ok());
        for (from, to) in [
            ("  \"chunk\": 3,\n", ""),
            (
                "\"facts\": []",
                "\"facts\": [], \"mood\": {\"of\": [1, null]}",
            ),
            (
                "\"facts\": []",
                "\"facts\": [{\"quote\": \"\\u0041 lamp\"}]",
            ),
            ("\"facts\": []", "\"facts\": 5"),
            ("\"facts\": []", "\"time\": null"),
            ("\"beat\": \"logbook\"", "\"beat\": 7"),
            ("\"version\": 1", "\"version\": 2"),
            ("\"version\": 1", "\"version\": 1.0"),
            ("Mara hid the key.", "Mara hid the brass key."),
            ("\"summary\"", "\"summary\": \"twice\", \"summary\""),
        ] {
            let text = text.replacen(from, to, 1);
            assert_ne!(text, file().render(), "{from}");
            let Some(own) = parse_own(&text) else {
                continue;
            };
            assert_eq!(Ok(own), parse_any(&text), "{to}");
        }
    }

    #[test]
    fn what_is_no_state_of_ours_is_told_apart() {
        for (text, part) in [
            ("", "damaged"),
            ("{\"summary\": ", "damaged"),
            ("[]", "no state"),
            ("{}", "no state"),
            ("{\"version\": 1, \"name\": \"x\"}", "no state"),
            ("{\"version\": \"one\", \"summary\": \"x\"}", "no state"),
            ("{\"version\": 2, \"summary\": \"x\"}", "newer"),
            ("{\"summary\": 5}", "can't be read"),
            (&"[".repeat(100_000), "damaged"),
        ] {
            let reason = parse(text).unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn only_what_we_laid_out_is_rendered_anew() {
        let beat = BeatId("storm".to_owned());
        let text = file().render();
        let there = moved(&text, ChunkNumber(4), &beat);
        assert!(there.contains("\"chunk\": 4,\n  \"beat\": \"storm\","));
        assert_eq!(parse(&there).unwrap().state, file().state);
        for other in [text.replace("  ", "\t"), "{\"b\": 2}".to_owned()] {
            assert_eq!(moved(&other, ChunkNumber(4), &beat), other);
        }
    }
}
