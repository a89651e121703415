//! Puts a description into the beat that is there, and rules behind those that are there. Pure.
//!
//! What comes of it is read back and compared: everything but what was meant reads as before, or nothing is made.

use super::answer::gist;
use crate::story::comments::comments;
use crate::story::new_beats::{NoPlace, is_same, line_end_of};
use crate::story::{Beat, BeatId, Brief, SectionKind};

/// What a beat is to say; `None` for what stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub text: Option<String>,
    pub enter: Option<String>,
    pub exit: Option<String>,
}

/// Says what becomes of words that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Stays,
    IsReplaced,
}

/// A rule with the words that prove it, and the number of their chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRule {
    pub text: String,
    pub quote: String,
    pub chunk: u32,
}

/// Returns the text of the brief with a description in one of its beats; `None` where that says it already.
///
/// # Errors
/// [`NoPlace`] where anything else would be read otherwise.
pub(crate) fn described(
    text: &str,
    brief: &Brief,
    id: &BeatId,
    description: &Description,
    existing: Existing,
) -> Result<Option<String>, NoPlace> {
    let beat = brief.beat(id).ok_or(NoPlace)?;
    let wanted = wanted(beat, description, existing);
    if is_same(beat, &wanted) {
        return Ok(None);
    }
    let grown = match existing {
        Existing::Stays => with_missing(text, beat, &wanted),
        Existing::IsReplaced => with_new_body(text, beat, &wanted),
    };
    let grown = grown.ok_or(NoPlace)?;
    let expected = brief.beats.iter().map(|other| match &other.id == id {
        true => &wanted,
        false => other,
    });
    match is_as_meant(brief, &Brief::parse(&grown), expected, SectionKind::Outline) {
        true => Ok(Some(grown)),
        false => Err(NoPlace),
    }
}

/// Returns the beat as it is to be read.
fn wanted(beat: &Beat, description: &Description, existing: Existing) -> Beat {
    let keeps = existing == Existing::Stays;
    let state = |old: &Option<String>, new: &Option<String>| match (old, new) {
        (Some(old), _) if keeps => Some(old.clone()),
        (old, new) => new.clone().or_else(|| old.clone()),
    };
    let text = match &description.text {
        Some(new) if !keeps || beat.text.is_empty() => new.clone(),
        _ => beat.text.clone(),
    };
    Beat {
        text,
        enter: state(&beat.enter, &description.enter),
        exit: state(&beat.exit, &description.exit),
        ..beat.clone()
    }
}

/// Adds what a beat is missing: its text below the heading, its states at the end.
fn with_missing(text: &str, beat: &Beat, wanted: &Beat) -> Option<String> {
    let line_end = line_end_of(text);
    let (head, body, rest) = parts(text, beat)?;
    let mut grown = head.to_owned();
    let paragraph = line_end.repeat(2);
    if beat.text.is_empty() && !wanted.text.is_empty() {
        grown.push_str(&format!("{paragraph}{}", wanted.text));
        // What follows in the beat, such as a comment of the author's, keeps its distance.
        if !body.is_empty() {
            grown.push_str(line_end);
        }
    }
    grown.push_str(body);
    let states = [
        ("Enter", &beat.enter, &wanted.enter),
        ("Exit", &beat.exit, &wanted.exit),
    ];
    let lines: Vec<String> = states
        .iter()
        .filter(|(_, old, _)| old.is_none())
        .filter_map(|(label, _, new)| Some(format!("{label}: {}", new.as_ref()?)))
        .collect();
    if !lines.is_empty() {
        grown.push_str(&paragraph);
        grown.push_str(&lines.join(line_end));
    }
    grown.push_str(if rest.is_empty() { line_end } else { rest });
    Some(grown)
}

/// Writes the body of a beat anew; comments of the author's stay, at its end.
fn with_new_body(text: &str, beat: &Beat, wanted: &Beat) -> Option<String> {
    let line_end = line_end_of(text);
    let (head, body, rest) = parts(text, beat)?;
    let states = [("Enter", &wanted.enter), ("Exit", &wanted.exit)];
    let states: Vec<String> = states
        .iter()
        .filter_map(|(label, state)| Some(format!("{label}: {}", state.as_ref()?)))
        .collect();
    let found = comments(body);
    // One without end would take in what follows.
    if found.iter().any(|comment| !comment.closed) {
        return None;
    }
    let comments = found
        .iter()
        .map(|comment| body[comment.span.clone()].to_owned());
    let mut blocks = vec![head.to_owned(), wanted.text.replace('\n', line_end)];
    blocks.push(states.join(line_end));
    blocks.extend(comments);
    blocks.retain(|block| !block.is_empty());
    let end = if rest.is_empty() { line_end } else { rest };
    Some(blocks.join(&line_end.repeat(2)) + end)
}

/// Takes a text apart around a beat: up to the end of its heading, its body, and from the white space behind it.
fn parts<'a>(text: &'a str, beat: &Beat) -> Option<(&'a str, &'a str, &'a str)> {
    let heading = text.get(beat.heading_span.clone())?;
    let start = beat.heading_span.start + heading.trim_end().len();
    let source = text.get(start..beat.span.end.max(start))?;
    let end = start + source.trim_end().len();
    Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?))
}

/// Returns the text of the brief with rules behind those that are there; `None` where all of them are there.
///
/// # Errors
/// [`NoPlace`] where anything else would be read otherwise.
pub(crate) fn with_rules(
    text: &str,
    brief: &Brief,
    rules: &[NewRule],
) -> Result<Option<String>, NoPlace> {
    let known: Vec<String> = brief.rules.iter().map(|rule| gist(&rule.text)).collect();
    let new: Vec<&NewRule> = rules
        .iter()
        .filter(|rule| !known.contains(&gist(&rule.text)))
        .collect();
    if new.is_empty() {
        return Ok(None);
    }
    let line_end = line_end_of(text);
    let last = brief.rules.iter().map(|rule| rule.number).max();
    let numbers = (1..).map(|next| last.unwrap_or(0).saturating_add(next));
    let lines: Vec<String> = numbers.zip(&new).map(|(n, rule)| line(n, rule)).collect();
    let lines = lines.join(line_end);
    let grown = insert_rules(text, brief, &lines, line_end).ok_or(NoPlace)?;
    let parsed = Brief::parse(&grown);
    let texts = |brief: &Brief| -> Vec<String> {
        brief.rules.iter().map(|rule| rule.text.clone()).collect()
    };
    let mut expected = texts(brief);
    expected.extend(new.iter().map(|rule| rule.text.clone()));
    let beats = brief.beats.iter();
    let is_meant =
        texts(&parsed) == expected && is_as_meant(brief, &parsed, beats, SectionKind::Rules);
    match is_meant {
        true => Ok(Some(grown)),
        false => Err(NoPlace),
    }
}

/// Renders a rule; the words that prove it are a comment, which is sent to no model.
fn line(number: u32, rule: &NewRule) -> String {
    let quote = rule.quote.replace("--", "—").replace(['<', '>'], "");
    let quote = quote.trim_matches(|c: char| c.is_whitespace() || "\"“”„«»".contains(c));
    format!(
        "{number}. {} <!-- chunk {}: “{quote}” -->",
        rule.text, rule.chunk
    )
}

fn insert_rules(text: &str, brief: &Brief, lines: &str, line_end: &str) -> Option<String> {
    let paragraph = line_end.repeat(2);
    let section = brief.section(SectionKind::Rules);
    if let Some(section) = section {
        let source = text.get(section.span.clone())?;
        let (at, gap) = match brief.rules.iter().map(|rule| rule.span.end).max() {
            Some(end) => (end, line_end),
            None => (
                section.span.start + source.trim_end().len(),
                paragraph.as_str(),
            ),
        };
        let (before, rest) = text.split_at_checked(at)?;
        let before = before.trim_end();
        let rest = if rest.is_empty() { line_end } else { rest };
        return Some([before, gap, lines, rest].concat());
    }
    let next = brief
        .section(SectionKind::Outline)
        .or_else(|| brief.section(SectionKind::Notes));
    let at = next.map_or(text.len(), |section| section.heading_span.start);
    let (before, rest) = text.split_at_checked(at)?;
    let gap = match before.trim_start_matches('\u{feff}').trim().is_empty() {
        true => "",
        false => paragraph.as_str(),
    };
    let end = if rest.is_empty() {
        line_end
    } else {
        paragraph.as_str()
    };
    let block = format!("# Rules{paragraph}{lines}{end}");
    Some([before.trim_end(), gap, &block, rest].concat())
}

/// Tells whether a brief reads as before but for its beats, which are as expected, and one section.
fn is_as_meant<'a>(
    old: &Brief,
    new: &Brief,
    beats: impl Iterator<Item = &'a Beat>,
    changed: SectionKind,
) -> bool {
    let beats: Vec<&Beat> = beats.collect();
    let sections = |brief: &Brief| -> Vec<(SectionKind, String, String)> {
        let others = brief.sections.iter().filter(|it| it.kind != changed);
        others
            .map(|section| (section.kind, section.title.clone(), section.text.clone()))
            .filter(|(kind, ..)| *kind != SectionKind::Outline)
            .collect()
    };
    let count = |brief: &Brief, kind| brief.sections.iter().filter(|it| it.kind == kind).count();
    let more = usize::from(count(old, changed) == 0);
    new.beats.len() == beats.len()
        && new.beats.iter().zip(beats).all(|(a, b)| is_same(a, b))
        && new.front_matter == old.front_matter
        && sections(new) == sections(old)
        && count(new, changed) == count(old, changed) + more
        && new.chapters.len() == old.chapters.len()
        && new
            .chapters
            .iter()
            .zip(&old.chapters)
            .all(|(a, b)| (&a.title, &a.text) == (&b.title, &b.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description {
            text: Some("Mara finds the key.".to_owned()),
            enter: Some("It is night.".to_owned()),
            exit: Some("It is day.".to_owned()),
        }
    }

    fn put(text: &str, existing: Existing) -> Result<Option<String>, NoPlace> {
        let id = BeatId("a".to_owned());
        described(text, &Brief::parse(text), &id, &description(), existing)
    }

    #[test]
    fn a_beat_gets_what_it_is_missing_and_keeps_what_it_has() {
        for (text, expected) in [
            (
                "# Outline\n\n## A {#a words=300}\n\n## B\ny\n",
                "# Outline\n\n## A {#a words=300}\n\nMara finds the key.\n\nEnter: It is night.\nExit: It is day.\n\n## B\ny\n",
            ),
            (
                "# Outline\n## A",
                "# Outline\n## A\n\nMara finds the key.\n\nEnter: It is night.\nExit: It is day.\n",
            ),
            (
                "# Outline\r\n## A\r\nMine.\r\n\r\nExit: So.\r\n# Notes\r\nx\r\n",
                "# Outline\r\n## A\r\nMine.\r\n\r\nExit: So.\r\n\r\nEnter: It is night.\r\n# Notes\r\nx\r\n",
            ),
            (
                "# Outline\n## C\n### A {#a}\n<!-- mine -->\n\n<!-- sw: colder -->\n### B\n",
                "# Outline\n## C\n### A {#a}\n\nMara finds the key.\n\n<!-- mine -->\n\n<!-- sw: colder -->\n\n\
                 Enter: It is night.\nExit: It is day.\n### B\n",
            ),
        ] {
            let grown = put(text, Existing::Stays).unwrap().unwrap();
            assert_eq!(grown, expected);
            assert_eq!(put(&grown, Existing::Stays), Ok(None), "once is enough");
        }
        let full = "# Outline\n## A\nMine.\nEnter: a\nExit: b\n";
        assert_eq!(put(full, Existing::Stays), Ok(None));
    }

    #[test]
    fn words_are_replaced_only_where_that_is_asked_for() {
        let text = "# Outline\n## A {cast=\"Mara\"}\nMine.\n\nTwo of them. <!-- a note -->\n<!-- sw: colder -->\nExit: b\n\n## B\nMine too.\n";
        let grown = put(text, Existing::IsReplaced).unwrap().unwrap();
        assert_eq!(
            grown,
            "# Outline\n## A {cast=\"Mara\"}\n\nMara finds the key.\n\nEnter: It is night.\nExit: It is day.\n\n\
             <!-- a note -->\n\n<!-- sw: colder -->\n\n## B\nMine too.\n"
        );
        assert_eq!(put(&grown, Existing::IsReplaced), Ok(None));
        let states = Description {
            text: None,
            ..description()
        };
        let id = BeatId("a".to_owned());
        let brief = Brief::parse(text);
        let grown = described(text, &brief, &id, &states, Existing::IsReplaced);
        let grown = grown.unwrap().unwrap();
        assert!(
            grown.contains("Mine.\n\nTwo of them.\n\nEnter: It is night."),
            "{grown}"
        );
    }

    #[test]
    fn nothing_is_made_that_would_be_read_otherwise() {
        for text in [
            "# Outline\n## A\n```\nno end\n",
            "# Outline\n## A\n<!-- no end\n",
            "# Outline\n## B\n",
        ] {
            for existing in [Existing::Stays, Existing::IsReplaced] {
                let made = put(text, existing);
                let is_kept = match &made {
                    Ok(Some(grown)) => {
                        let (old, new) = (Brief::parse(text), Brief::parse(grown));
                        new.beats.len() == old.beats.len() && new.beats[0].exit.is_some()
                    }
                    other => *other == Err(NoPlace),
                };
                assert!(is_kept, "{text:?}: {made:?}");
            }
        }
        let text = "# Outline\n## A\n";
        let bad = Description {
            text: Some("# Rules\n1. None.".to_owned()),
            ..Description::default()
        };
        let id = BeatId("a".to_owned());
        let made = described(text, &Brief::parse(text), &id, &bad, Existing::Stays);
        assert_eq!(made, Err(NoPlace));
    }

    #[test]
    fn rules_go_on_with_the_authors_numbers() {
        let rules = |texts: &[&str]| -> Vec<NewRule> {
            let rules = texts.iter().map(|text| NewRule {
                text: (*text).to_owned(),
                quote: "no lamp -->\" burns".to_owned(),
                chunk: 3,
            });
            rules.collect()
        };
        const PROOF: &str = "<!-- chunk 3: “no lamp —\" burns” -->";
        for (text, expected) in [
            (
                "# Premise\nx\n\n# Outline\n## A\n",
                "# Premise\nx\n\n# Rules\n\n1. No lamp burns. PROOF\n2. Keys rust. PROOF\n\n# Outline\n## A\n",
            ),
            (
                "# Rules\n1. Mine.\n7. Mine too,\n   on two lines. <!-- sure? -->\n\n# Outline\n## A\n",
                "# Rules\n1. Mine.\n7. Mine too,\n   on two lines. <!-- sure? -->\n8. No lamp burns. PROOF\n9. Keys rust. PROOF\n\n# Outline\n## A\n",
            ),
            (
                "# Rules\n1. keys rust\n# Outline\n## A\n",
                "# Rules\n1. keys rust\n2. No lamp burns. PROOF\n# Outline\n## A\n",
            ),
            (
                "# Rules\n<!-- Laws of this world. -->\n\n# Outline\n## A\n",
                "# Rules\n<!-- Laws of this world. -->\n\n1. No lamp burns. PROOF\n2. Keys rust. PROOF\n\n# Outline\n## A\n",
            ),
            (
                "",
                "# Rules\n\n1. No lamp burns. PROOF\n2. Keys rust. PROOF\n",
            ),
        ] {
            let rules = rules(&["No lamp burns.", "Keys rust."]);
            let grown = with_rules(text, &Brief::parse(text), &rules);
            let grown = grown.unwrap().unwrap();
            assert_eq!(grown, expected.replace("PROOF", PROOF));
            let again = with_rules(&grown, &Brief::parse(&grown), &rules);
            assert_eq!(again, Ok(None));
        }
    }
}
