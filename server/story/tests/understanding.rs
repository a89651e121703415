//! What is understood of a good brief, and where it stands.

use super::super::{Brief, SectionKind, SizeDefaults};
use super::parse;
use crate::story::text::margin_notes::{margin_notes, without_comments};

const BRIEF: &str = r#"---
title: "Storm: A Story"
language: es
target_words: 12,000
pov: first person   # hers
---
Premise:
========
A storm <!-- of sorts --> comes.

# Setting
## The Rock
Grey.

> # Not a heading

```
# Nor this
```
<!--
# Nor this
-->
# The Sea <!-- deep -->
Deep.

# CAST
## Mara *Voss* {#mara}
A keeper.
**AKA:** Mara, “the Keeper”、Miss Voss.
Dry.
## Ilse

# Rules
1. The lamp is **never** out,
   not for a minute.

   Not for two.
2. Nobody sees
what is behind it.

# Outline
A plan in two acts.
## Act *One* {#act}
The year 1911.
<!-- sw: colder -->
### The Logbook! {#logbook words=2000 cast=“Mara, Ilse” after='storm' pov="third person"} ##
Enter: Mara is alone
and does not know it.
She reads. <!-- sw: slower,
  please --> She waits. <!-- private -->
<!-- SW: no clocks -->

- **Exit:** She knows.

#### Later
It rains.
### Storm {#storm}
Enter: Calm.
It blows.
## Ma\ra’s End
Exit：Over.
# Notes
Hush.
"#;

/// Returns what stands at a span.
fn at(span: &super::super::Span) -> &'static str {
    &BRIEF[span.clone()]
}

#[test]
fn front_matter() {
    let brief = parse(BRIEF);
    assert_eq!(brief.title, "Storm: A Story");
    assert_eq!(brief.language.as_str(), "es");
    assert_eq!(brief.target_words, Some(12_000));
    assert_eq!(brief.pov.as_deref(), Some("first person"));
    assert_eq!(
        (brief.tense, brief.protagonist, brief.chunk_words),
        (None, None, None)
    );
    let front_matter = brief.front_matter.unwrap();
    let entry = front_matter.entry("title").unwrap();
    assert_eq!(at(&entry.key_span), "title");
    assert_eq!(at(&entry.value_span), "\"Storm: A Story\"");
    assert_eq!(
        at(&front_matter.entry("pov").unwrap().value_span),
        "first person"
    );
    assert!(
        at(&front_matter.span).starts_with("---\ntitle")
            && at(&front_matter.span).ends_with("hers\n---")
    );
}

#[test]
fn sections() {
    let brief = parse(BRIEF);
    let sections: Vec<_> = brief
        .sections
        .iter()
        .map(|section| (section.kind, section.title.as_str()))
        .collect();
    assert_eq!(
        sections,
        [
            (SectionKind::Premise, "Premise:"),
            (SectionKind::Setting, "Setting"),
            (SectionKind::Background, "The Sea"),
            (SectionKind::Cast, "CAST"),
            (SectionKind::Rules, "Rules"),
            (SectionKind::Outline, "Outline"),
            (SectionKind::Notes, "Notes"),
        ]
    );
    let premise = brief.section(SectionKind::Premise).unwrap();
    assert_eq!(premise.text, "A storm comes.");
    assert_eq!(at(&premise.heading_span), "Premise:\n========");
    let setting = brief.section(SectionKind::Setting).unwrap();
    assert!(
        setting.text.contains("> # Not a heading") && setting.text.ends_with("# Nor this\n```")
    );
    assert!(at(&setting.span).starts_with("# Setting") && at(&setting.span).ends_with("-->\n"));
}

#[test]
fn cast_and_rules() {
    let brief = parse(BRIEF);
    let mara = &brief.cast[0];
    assert_eq!(mara.name, "Mara Voss");
    assert_eq!(mara.aliases, ["Mara", "the Keeper", "Miss Voss"]);
    assert_eq!(mara.text, "A keeper.\nDry.");
    assert_eq!(at(&mara.name_span), "Mara *Voss*");
    assert_eq!(brief.cast.len(), 2);
    assert_eq!(brief.character("ILSE").unwrap().name, "Ilse");
    assert_eq!(brief.character("voss").unwrap().name, "Mara Voss");
    assert!(brief.character("Vos").is_none() && brief.character(" ").is_none());
    let rules: Vec<_> = brief
        .rules
        .iter()
        .map(|rule| (rule.number, rule.text.as_str()))
        .collect();
    assert_eq!(
        rules,
        [
            (
                1,
                "The lamp is **never** out,\nnot for a minute.\n\nNot for two."
            ),
            (2, "Nobody sees\nwhat is behind it."),
        ]
    );
    assert_eq!(
        at(&brief.rules[1].span),
        "2. Nobody sees\nwhat is behind it."
    );
}

#[test]
fn chapters_and_beats() {
    let brief = parse(BRIEF);
    assert_eq!(brief.chapters.len(), 1);
    let act = &brief.chapters[0];
    assert_eq!(
        (act.title.as_str(), act.text.as_str()),
        ("Act One", "The year 1911.")
    );
    assert!(at(&act.span).ends_with("It blows.\n"));

    let ids: Vec<_> = brief.beats.iter().map(|beat| beat.id.as_str()).collect();
    assert_eq!(ids, ["logbook", "storm", "ma-ras-end"]);
    let logbook = &brief.beats[0];
    assert_eq!(logbook.title, "The Logbook!");
    assert_eq!(at(&logbook.id_span), "logbook");
    assert_eq!(logbook.chapter.as_deref(), Some("Act One"));
    assert_eq!(logbook.chapter_text.as_deref(), Some("The year 1911."));
    assert_eq!(logbook.words, Some(2000));
    assert_eq!(at(logbook.words_span.as_ref().unwrap()), "2000");
    assert_eq!(logbook.cast, ["Mara", "Ilse"]);
    assert_eq!(
        logbook.cast_spans.iter().map(at).collect::<Vec<_>>(),
        ["Mara", "Ilse"]
    );
    assert_eq!(logbook.after, [brief.beats[1].id.clone()]);
    assert_eq!(at(&logbook.after_spans[0]), "storm");
    assert_eq!(logbook.pov.as_deref(), Some("third person"));
    assert_eq!(
        logbook.enter.as_deref(),
        Some("Mara is alone and does not know it.")
    );
    assert_eq!(logbook.exit.as_deref(), Some("She knows."));
    assert_eq!(
        logbook.text,
        "She reads.\n She waits.\n\n#### Later\nIt rains."
    );
    let notes: Vec<_> = logbook
        .notes
        .iter()
        .map(|note| note.text.as_str())
        .collect();
    assert_eq!(notes, ["slower, please", "no clocks"]);
    assert_eq!(at(&logbook.notes[0].span), "<!-- sw: slower,\n  please -->");

    let storm = &brief.beats[1];
    assert_eq!(
        (storm.enter.as_deref(), storm.text.as_str()),
        (Some("Calm."), "It blows.")
    );
    let end = &brief.beats[2];
    assert_eq!(
        (end.chapter.as_deref(), end.exit.as_deref()),
        (None, Some("Over."))
    );
    assert_eq!(at(&end.id_span), "Ma\\ra’s End");
    assert_eq!(at(&end.heading_span), "## Ma\\ra’s End");
}

#[test]
fn the_beat_at_a_place() {
    let brief = parse(BRIEF);
    let beat_at = |words: &str| {
        let offset = BRIEF.find(words).unwrap();
        brief.beat_at(offset).map(|beat| beat.id.as_str())
    };
    assert_eq!(beat_at("### The Logbook"), Some("logbook"));
    assert_eq!(beat_at("### Storm"), Some("storm"));
    assert_eq!(beat_at("## Ma\\ra"), Some("ma-ras-end"));
    assert_eq!(beat_at("The year 1911"), None);
    assert_eq!(beat_at("# Setting"), None);
    let open = "# Outline\n## One\nWords.";
    assert!(parse(open).beat_at(open.len()).is_some());
}

/// What an editor made of a state that was one line once, and what stands right below one.
#[test]
fn states_over_several_lines() {
    let cases = [
        (
            "Enter: Mara is alone.\nShe reads.",
            "Mara is alone.",
            "She reads.",
        ),
        (
            "Enter: Mara is alone\nShe reads.",
            "Mara is alone",
            "She reads.",
        ),
        (
            "Enter: Mara is alone\nand cold.\nShe reads.",
            "Mara is alone and cold.",
            "She reads.",
        ),
        (
            "Enter: Mara is alone\n  And cold\n\nShe reads.",
            "Mara is alone And cold",
            "She reads.",
        ),
        (
            "Enter: Mara is alone on the rock with the lamp and with the logbook of\nHale, who is gone. And cold\nShe reads.",
            "Mara is alone on the rock with the lamp and with the logbook of Hale, who is gone. And cold",
            "She reads.",
        ),
        (
            "Enter: Mara is alone.\n  It is dark.\nShe reads.",
            "Mara is alone. It is dark.",
            "She reads.",
        ),
        ("Enter: One.\nEnter: Two.", "One.\nTwo.", ""),
        ("enter : One", "One", ""),
        ("_Enter_: One", "One", ""),
        ("Entering: One", "", "Entering: One"),
        ("Enter the dragon: One", "", "Enter the dragon: One"),
    ];
    for (body, enter, text) in cases {
        let brief = parse(&format!("# Outline\n## One\n{body}\n"));
        let beat = &brief.beats[0];
        assert_eq!(beat.enter.as_deref().unwrap_or(""), enter, "{body}");
        assert_eq!(beat.text, text, "{body}");
    }
}

#[test]
fn ids_are_settled_without_a_clash() {
    let brief = parse("# Outline\n## Storm\n## Storm\n## Storm 2\n## Storm\n## ...\n## Beat 5\n");
    let ids: Vec<_> = brief.beats.iter().map(|beat| beat.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "storm", "storm-3", "storm-2", "storm-4", "beat-5-1", "beat-5"
        ]
    );
}

/// Composed or not, in whatever case: it is the same name and the same id.
#[test]
fn names_are_compared_as_they_are_read() {
    let text = "# Cast\n## Zoe\u{308} O\u{301}lafs\n# Outline\n## Jose\u{301}\nW.\n## B {after=jos\u{e9} cast=\"zo\u{eb} \u{f3}lafs\"}\nW.\n";
    let codes: Vec<_> = parse(text)
        .problems
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(codes, ["missing-title"]);
}

#[test]
fn several_outlines_and_casts_are_read_as_one() {
    let brief =
        parse("# Outline\n## A\nW.\n# Cast\n## M\n# Outline\n## B {after=a}\nW.\n# Cast\n## N\n");
    assert_eq!(brief.beats.len(), 2);
    assert_eq!(brief.cast.len(), 2);
    assert_eq!(brief.beats[1].after.len(), 1);
}

#[test]
fn lengths_are_judged_by_the_settings() {
    let text = "---\ntitle: S\ntarget_words: 12000\n---\n# Outline\n## A\nW.\n## B\nW.\n";
    let codes = |chunk_words| {
        let defaults = SizeDefaults {
            target_words: None,
            chunk_words,
        };
        let brief = Brief::parse_with(text, defaults);
        brief
            .problems
            .iter()
            .map(|problem| problem.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(1500), ["long-beats"]);
    assert!(codes(6000).is_empty());
    let short = "---\ntitle: S\n---\n# Outline\n## A\nW.\n## B\nW.\n";
    let defaults = SizeDefaults {
        target_words: Some(90),
        chunk_words: 1500,
    };
    let brief = Brief::parse_with(short, defaults);
    assert_eq!(
        brief
            .errors()
            .map(|problem| problem.code)
            .collect::<Vec<_>>(),
        ["impossible-target"]
    );
}

#[test]
fn notes_in_the_margin_of_prose() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("She waits.", &[], "She waits."),
        ("She <!-- sw: colder --> waits.", &["colder"], "She waits."),
        (
            "She waits.\n\n<!-- sw: colder,\n\nmuch colder -->\n\nIt rains.",
            &["colder, much colder"],
            "She waits.\n\nIt rains.",
        ),
        (
            "<!--sw:colder--><!-- SW： slower --> It rains.",
            &["colder", "slower"],
            "It rains.",
        ),
        (
            "<!-- swim --> <!-- s --> <!----> <!--> It rains.",
            &[],
            "It rains.",
        ),
        (
            "`<!-- sw: no -->`\r\nIt rains.",
            &[],
            "`<!-- sw: no -->`\nIt rains.",
        ),
        (
            "- One <!-- sw: a -->\n- Two\n  <!-- sw: b -->",
            &["a", "b"],
            "- One\n- Two",
        ),
        ("<!-- sw: never closed", &[], ""),
    ];
    for (text, notes, rest) in cases {
        let found: Vec<String> = margin_notes(text)
            .into_iter()
            .map(|note| note.text)
            .collect();
        assert_eq!(found, *notes, "{text}");
        assert_eq!(without_comments(text), *rest, "{text}");
    }
}
