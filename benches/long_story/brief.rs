//! Makes the brief of a long story.

use super::prose::prose;

/// Makes a brief of so many beats, each with a chunk of so many words.
pub fn brief(beats: usize, words: usize) -> String {
    let mut brief = format!(
        "---\ntitle: The Long Watch\nlanguage: en\ntarget_words: {}\nchunk_words: {words}\nprotagonist: Keeper 1\n---\n\
         # Premise\n{}\n\n# Setting\n{}\n\n# Cast\n",
        beats * words,
        prose(120, 1),
        prose(300, 2),
    );
    for keeper in 1..=20 {
        brief.push_str(&format!("## Keeper {keeper}\n{}\n\n", prose(60, keeper)));
    }
    brief.push_str("# Rules\n1. The lamp is never dark.\n2. Nothing is struck out.\n\n# Outline\n");
    for beat in 1..=beats {
        brief.push_str(&format!(
            "## Watch {beat} {{#watch-{beat}}}\n{}\n\n",
            prose(60, beat as u64)
        ));
    }
    brief
}
