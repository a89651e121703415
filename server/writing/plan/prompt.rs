//! Builds the prompt of a planning call. Pure: the same inputs give the same bytes.
//!
//! Facts, rules and the titles of the outline are never cut. Where there is no room for all, the
//! background goes first, then what is known of the cast, then what happens in the beats that are
//! there. `# Notes` are never in it.

use crate::story::margin_notes::without_comments;
use crate::story::{Beat, Brief, SectionKind};
use crate::writing::prompt;
use crate::writing::prompt::TooLarge;
use crate::writing::prompt::templates;
use crate::writing::prompt::templates::Templates;
use crate::writing::tokens::PromptLimit;

/// The number and length of the parts that are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// New beats of this call.
    pub parts: u32,
    /// New beats of this call and those to come.
    pub missing: u32,
    /// The number of parts of the finished outline.
    pub total: u32,
    /// Length of a part, in words (characters for CJK).
    pub words: u32,
}

/// A prompt in the parts of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub system: String,
    pub user: Vec<String>,
}

impl Prompt {
    /// Builds the prompt for beats that are missing; `text` is the text of the brief.
    ///
    /// # Errors
    /// [`TooLarge`] where what is never cut does not fit into `limit`.
    pub fn build(
        brief: &Brief,
        text: &str,
        templates: &Templates,
        wanted: Wanted,
        limit: PromptLimit,
    ) -> Result<Prompt, TooLarge> {
        let contract = contract(brief, templates);
        let (facts, rules) = (prompt::facts(brief), prompt::rules(brief));
        let closing = closing(brief, templates, wanted);
        let intentions = intentions(brief, text);
        let titles = outline(brief, |_| String::new());
        let fixed = [
            ("the contract with the style", &contract),
            ("the facts (premise and setting)", &facts),
            ("the rules", &rules),
            ("what the outline says above its beats", &intentions),
            ("the outline", &titles),
            ("the closing line", &closing),
        ]
        .map(|(name, text)| (limit.estimate(text) + BETWEEN, name));
        let least: u32 = fixed.iter().map(|(size, _)| size).sum();
        let mut room = limit.tokens.checked_sub(least).ok_or(TooLarge {
            what: fixed.iter().max().map_or("the brief", |(_, name)| name),
            tokens: least,
            limit,
        })?;
        let mut take = |text: String, instead: u32| {
            let size = (limit.estimate(&text) + BETWEEN).saturating_sub(instead);
            let left = room.checked_sub(size)?;
            room = left;
            Some(text)
        };
        let there = limit.estimate(&titles);
        let outline = take(outline(brief, all_of), there)
            .or_else(|| take(outline(brief, states_of), there))
            .unwrap_or(titles);
        let known = || prompt_cast(brief, prompt::cast_entry);
        let names = || prompt_cast(brief, |entry| entry.name.clone());
        let cast = take(known(), 0).or_else(|| take(names(), 0));
        let background = brief
            .sections
            .iter()
            .filter(|section| section.kind == SectionKind::Background && !section.text.is_empty());
        let background = background.filter_map(|section| take(prompt::background_text(section), 0));
        let background: Vec<String> = background.collect();
        let joined = |blocks: Vec<String>| {
            let blocks: Vec<String> = blocks.into_iter().filter(|it| !it.is_empty()).collect();
            blocks.join("\n\n")
        };
        let mut system = vec![contract, facts, rules];
        system.extend(background);
        system.extend(cast);
        // The outline changes from call to call, what stands above it does not.
        let user = joined(vec![intentions, outline, closing]);
        Ok(Prompt {
            system: joined(system),
            user: vec![user],
        })
    }
}

/// What the space between two blocks takes, in tokens.
const BETWEEN: u32 = 2;

fn contract(brief: &Brief, templates: &Templates) -> String {
    let values = [
        ("language", brief.language.as_str()),
        ("title", brief.title.as_str()),
    ];
    let mut text = templates.fill(templates::PLAN, &values);
    let style = brief.section(SectionKind::Style);
    if let Some(style) = style.filter(|style| !style.text.is_empty()) {
        text.push_str("\n\n# How the story is going to be written\n");
        text.push_str(&style.text);
    }
    text
}

fn prompt_cast(brief: &Brief, told: impl Fn(&crate::story::CastEntry) -> String) -> String {
    if brief.cast.is_empty() {
        return String::new();
    }
    let entries: Vec<String> = brief.cast.iter().map(told).collect();
    format!("# Who is in the story\n{}", entries.join("\n"))
}

/// Returns what the author says of the outline as a whole.
fn intentions(brief: &Brief, text: &str) -> String {
    let Some(outline) = brief.section(SectionKind::Outline) else {
        return String::new();
    };
    let starts = brief.beats.iter().map(|beat| beat.heading_span.start);
    let chapters = brief.chapters.iter().map(|it| it.heading_span.start);
    let inside = |at: &usize| outline.span.contains(at);
    let end = starts.chain(chapters).filter(inside).min();
    let range = outline.heading_span.end..end.unwrap_or(outline.span.end);
    let said = without_comments(text.get(range).unwrap_or_default());
    match said.is_empty() {
        true => said,
        false => format!("# What the author says of the outline\n{said}"),
    }
}

/// Lists the beats of the brief, numbered, each with its text by `told`.
fn outline(brief: &Brief, told: impl Fn(&Beat) -> String) -> String {
    if brief.beats.is_empty() {
        return String::new();
    }
    let mut text = String::from("# The outline so far");
    let mut chapter = None;
    for (index, beat) in brief.beats.iter().enumerate() {
        if beat.chapter != chapter {
            chapter.clone_from(&beat.chapter);
            if let Some(chapter) = &chapter {
                text.push_str(&format!("\n\nChapter: {chapter}"));
            }
        }
        text.push_str(&format!("\n\n[{}] {}{}", index + 1, beat.title, told(beat)));
    }
    text
}

fn all_of(beat: &Beat) -> String {
    let text = match beat.text.is_empty() {
        true => String::new(),
        false => format!("\n{}", beat.text),
    };
    text + &states_of(beat)
}

fn states_of(beat: &Beat) -> String {
    let states = [("Enter", &beat.enter), ("Exit", &beat.exit)];
    let lines = states
        .iter()
        .filter_map(|(label, state)| Some(format!("\n{label}: {}", state.as_ref()?)));
    lines.collect()
}

fn closing(brief: &Brief, templates: &Templates, wanted: Wanted) -> String {
    let values = [
        ("parts", &*wanted.parts.to_string()),
        ("total", &*wanted.total.to_string()),
        ("words", &*wanted.words.to_string()),
        ("unit", brief.language.unit()),
        ("title", brief.title.as_str()),
    ];
    let mut text = templates.fill(templates::PLAN_CLOSING, &values);
    if !brief.beats.is_empty() {
        text.push_str("\n\n");
        text.push_str(&templates.fill(templates::PLAN_FILLING, &values));
    }
    match wanted.missing.saturating_sub(wanted.parts) {
        0 => text.push_str("\n\nWith them the outline is complete, up to the end of the story."),
        later => text.push_str(&format!(
            "\n\nThe other {later} are asked for later: begin with what comes first, and do not end the story yet."
        )),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writing::tokens::estimate;

    const BRIEF: &str = "---\ntitle: Lamp\nlanguage: es\n---\n# Premise\nPREMISE\n# Rules\n1. RULE\n# Magic\nBACKGROUND\n\
        # Cast\n## Mara\naka: the keeper\nKNOWN\n# Outline\nTwo acts. <!-- mine -->\n## Act\n### One\nFIRST <!-- sw: no -->\n\
        Enter: e\nExit: x\n### Two\nSECOND\n# Notes\nSECRET\n# Style\nSTYLE\n";

    const WANTED: Wanted = Wanted {
        parts: 3,
        missing: 5,
        total: 7,
        words: 900,
    };

    fn build(text: &str, context_tokens: u32) -> Result<Prompt, TooLarge> {
        let brief = Brief::parse(text);
        let limit = PromptLimit::of(context_tokens);
        Prompt::build(&brief, text, &Templates::default(), WANTED, limit)
    }

    /// Estimates the size of a prompt in tokens.
    fn size(prompt: &Prompt) -> u32 {
        estimate(&prompt.system) + estimate(&prompt.user.concat())
    }

    fn whole(prompt: &Prompt) -> String {
        format!("{}\n{}", prompt.system, prompt.user.concat())
    }

    #[test]
    fn it_holds_the_brief_but_for_what_is_private() {
        let prompt = build(BRIEF, 16_000).unwrap();
        let text = whole(&prompt);
        let mut at = 0;
        for part in [
            "BCP 47 tag es",
            "STYLE",
            "PREMISE",
            "1. RULE",
            "BACKGROUND",
            "KNOWN",
            "Two acts.",
            "Chapter: Act",
            "[1] One\nFIRST\nEnter: e\nExit: x",
            "[2] Two\nSECOND",
            "7 parts of about 900 words each. Write 3 new parts",
            "## [1]",
            "The other 2 are asked for later",
        ] {
            let found = text[at..].find(part);
            at += found.unwrap_or_else(|| panic!("no {part} behind {} in\n{text}", &text[..at]));
        }
        for private in ["SECRET", "mine", "sw:"] {
            assert!(!text.contains(private), "{private}");
        }
        assert_eq!(prompt, build(BRIEF, 16_000).unwrap());
        let fresh = build("# Premise\nx\n", 16_000).unwrap();
        assert!(!whole(&fresh).contains("[1]"), "{fresh:?}");
    }

    #[test]
    fn what_gives_way_gives_way_in_order() {
        let padding = "palabra ".repeat(200);
        let text = BRIEF
            .replace("BACKGROUND", &format!("BACKGROUND {padding}"))
            .replace("KNOWN", &format!("KNOWN {padding}"))
            .replace("SECOND", &format!("SECOND {padding}"));
        let full = size(&build(&text, 16_000).unwrap());
        let mut lost = Vec::new();
        // The estimate of the parts is a little above that of the whole.
        for less in [0, 400, 900, 1_300] {
            let limit = full + 40 - less;
            let prompt = build(&text, limit).unwrap();
            assert!(size(&prompt) <= limit);
            let text = whole(&prompt);
            let parts = [
                "BACKGROUND",
                "KNOWN",
                "SECOND",
                "RULE",
                "[2] Two",
                "PREMISE",
            ];
            lost.push(parts.map(|part| text.contains(part)));
        }
        assert_eq!(
            lost,
            [
                [true, true, true, true, true, true],
                [false, true, true, true, true, true],
                [false, false, true, true, true, true],
                [false, false, false, true, true, true],
            ]
        );
        assert_eq!(build(&text, 100).unwrap_err().limit.tokens, 100);
    }
}
