//! Brings the author's own sentences into the story's person and tense.
//!
//! Outlines are mostly written in the third person and the present tense ("Mara climbs the
//! stairs"), stories mostly are not. What cannot be changed with some certainty stays as the
//! author wrote it.

use super::adapter::{Adapter, Still};
use super::character::{Person, Tense};
use super::english;
use super::forms;
use super::pack::Adaptation;

/// Adapts sentences that follow each other.
pub fn adapt(adapter: &Adapter, sentences: &[String]) -> Vec<String> {
    match adapter.pack.reading.adaptation {
        Adaptation::English => english::adapt(adapter, sentences, Still::No),
        Adaptation::Forms => forms::adapt(adapter, sentences, Still::No),
        Adaptation::Endings => sentences.iter().map(|s| by_endings(adapter, s)).collect(),
    }
}

/// Returns the same for a state that lasts from before.
pub fn adapt_still(adapter: &Adapter, sentences: &[String]) -> Vec<String> {
    match adapter.pack.reading.adaptation {
        Adaptation::English => english::adapt(adapter, sentences, Still::Yes),
        Adaptation::Forms => forms::adapt(adapter, sentences, Still::Yes),
        Adaptation::Endings => {
            let still = |sentence| format!("{}{sentence}", adapter.pack.reading.still_prefix);
            adapt(adapter, sentences).into_iter().map(still).collect()
        }
    }
}

/// Languages whose sentences end with the verb: its ending carries the tense.
fn by_endings(adapter: &Adapter, sentence: &str) -> String {
    let reading = &adapter.pack.reading;
    let mut text = sentence.to_owned();
    if adapter.person != Person::Third {
        let [first, ..] = &adapter.pack.pronouns.first;
        for name in [&adapter.viewpoint.full, &adapter.viewpoint.name] {
            text = text.replace(name.as_str(), first);
        }
    }
    if adapter.tense == Tense::Present {
        return text;
    }
    let Some(bare) = text.strip_suffix(adapter.pack.layout.stop.as_str()) else {
        return text;
    };
    let past = reading.endings.iter().find_map(|[present, past]| {
        let stem = bare.strip_suffix(present.as_str())?;
        Some(format!("{stem}{past}{}", adapter.pack.layout.stop))
    });
    past.unwrap_or(text)
}
