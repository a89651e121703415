//! The prompts of a story of many beats: how large they are, and what those of one chapter share.

use storywright::story::{Brief, ChunkNumber, Digest};
use storywright::writing::part_index::PartIndex;
use storywright::writing::prompt::{Earlier, Ground, Part, Prompt, PromptInputs, Templates};
use storywright::writing::tokens;

/// A brief of so many beats, in chapters of `chapter` beats or in none.
fn brief(beats: usize, chapter: Option<usize>) -> Brief {
    let mut text = format!(
        "---\ntitle: The Long Watch\nlanguage: en\nprotagonist: Mara Voss\n---\n# Premise\n{}\n# Setting\n{}\n# Cast\n## Mara \
         Voss\nThe keeper.\n# Rules\n1. The lamp is never dark.\n# Outline\n",
        "A keeper finds tomorrow in her logbook. ".repeat(12),
        "A rock with a lighthouse, one boat and no harbour. ".repeat(20),
    );
    for beat in 1..=beats {
        let heading = match chapter {
            Some(chapter) => {
                if beat % chapter == 1 {
                    text.push_str(&format!("## The {}th winter\n", beat / chapter + 1));
                }
                "###"
            }
            None => "##",
        };
        text.push_str(&format!(
            "{heading} The watch of night {beat} {{#watch-{beat}}}\nMara writes up night {beat}.\n"
        ));
    }
    let brief = Brief::parse(&text);
    assert_eq!(brief.beats.len(), beats);
    brief
}

/// The prompt of one beat, with a short text of every part before.
fn prompt(brief: &Brief, beat: usize) -> Prompt {
    let (templates, text) = (Templates::default(), "The lamp burned. It was night.");
    let digest = Digest::of(text);
    let earlier: Vec<Earlier<'_>> = (brief.beats[..beat].iter().zip(1..))
        .map(|(beat, number)| Earlier {
            number: ChunkNumber(number),
            beat: &beat.id,
            title: &beat.title,
            text,
            digest: &digest,
            state: None,
        })
        .collect();
    let prompt = Prompt::build(&PromptInputs {
        brief,
        templates: &templates,
        ground: &Ground::of(brief, &templates),
        beat,
        target_words: 1_500,
        earlier: &earlier,
        index: &PartIndex::default(),
        preceding: text,
        so_far: "",
        remaining_words: 1_500,
        notes: &[],
        limit: tokens::PromptLimit::of(16_000),
    });
    prompt.unwrap()
}

fn text_of(prompt: &Prompt, name: &str) -> String {
    let block = prompt.blocks.iter().find(|block| block.name == name);
    block.map_or_else(String::new, |block| block.text.clone())
}

/// What the prompts of all chunks of a chapter share.
fn prefix(prompt: &Prompt) -> String {
    let parts = prompt.blocks.iter();
    let shared = parts.filter(|it| !matches!(it.part, Part::User | Part::Closing));
    shared.map(|block| format!("{}\n\n", block.text)).collect()
}

#[test]
fn a_story_of_many_beats_takes_little_more_than_one_of_sixty() {
    let sixty = prompt(&brief(60, Some(10)), 30);
    assert_eq!(text_of(&sixty, "nearby parts"), "");
    for chapter in [Some(10), None] {
        let long = prompt(&brief(670, chapter), 299);
        let (short, long) = (sixty.tokens(), long.tokens());
        println!("{chapter:?}: {long} tokens of 670 beats, {short} of 60");
        assert!(long < short + short / 2, "{long} against {short}");
    }
}

#[test]
fn the_chunks_of_a_chapter_share_their_prefix() {
    for chapter in [Some(10), None] {
        let brief = brief(670, chapter);
        let [first, second, next] = [291, 299, 300].map(|beat| prompt(&brief, beat));
        assert_eq!(prefix(&first), prefix(&second));
        assert_ne!(prefix(&second), prefix(&next));
        // Across chapters, all but the list of the beats nearby.
        assert_eq!(second.system(), next.system());
        let sent = second.user();
        assert!(sent.len() > 2 && (second.system() + &sent.concat()).contains(&sent[0]));
        assert!(sent[0].starts_with("# The parts around this one\n"));
    }
}

#[test]
fn the_whole_story_is_told_in_outline_and_what_is_near_beat_by_beat() {
    let prompt = prompt(&brief(670, Some(10)), 299);
    let outline = text_of(&prompt, "outline");
    let lines: Vec<&str> = outline.lines().collect();
    assert_eq!(
        lines[..2],
        ["# The whole story, in outline", "1–10. The 1th winter"]
    );
    assert_eq!(lines.len(), 68);
    let near = text_of(&prompt, "nearby parts");
    let lines: Vec<&str> = near.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "# The parts around this one",
            "The 29th winter",
            "281. The watch of night 281"
        ]
    );
    assert_eq!(lines.last(), Some(&"310. The watch of night 310"));
}
