//! Reads what a model says of a chunk as a beat, and keeps what the chunk's text proves. Pure.
//!
//! Nothing is believed unseen: every statement comes with words of the text, which have to be there to the letter.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::story::quote::has_quote;
use crate::story::slug::fold;
use crate::story::{Brief, leftovers, lint};
use crate::writing::json;
use crate::writing::plan::tidy;

/// The most rules of one answer that are looked at.
const MOST_RULES: usize = 4;
/// The most rules of a brief to which one is added: all of them are in every prompt.
pub(crate) const MOST_RULES_OF_STORY: usize = 24;
/// The most characters of a statement; more is prose.
const LONGEST_BEAT: usize = 600;
const LONGEST_LINE: usize = 320;
/// The most characters of a statement in the very words of the text; more is prose.
const LONGEST_COPY: usize = 60;
/// The most characters of a quote.
const LONGEST_QUOTE: usize = 400;
/// The least letters of a statement.
const SHORTEST: usize = 4;

/// A statement with the words of the text that are said to prove it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quoted {
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub quote: String,
}

/// A chunk as the model describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    pub beat: Quoted,
    #[serde(default)]
    pub enter: Quoted,
    #[serde(default)]
    pub exit: Quoted,
    #[serde(default)]
    pub rules: Vec<Quoted>,
}

/// A statement that is left out, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// "the beat", "its Enter", "its Exit" or "a rule".
    pub what: &'static str,
    pub said: Quoted,
    /// The reason, as the end of a sentence.
    pub why: String,
}

/// What stands of a description, and what does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Proven {
    pub beat: Option<Quoted>,
    pub enter: Option<Quoted>,
    pub exit: Option<Quoted>,
    pub rules: Vec<Quoted>,
    pub left_out: Vec<LeftOut>,
}

impl Proven {
    /// Tells whether nothing of the description stands.
    pub fn is_empty(&self) -> bool {
        self.beat.is_none() && self.enter.is_none() && self.exit.is_none() && self.rules.is_empty()
    }
}

/// Reads an answer; `None` where it has not the shape that was asked for.
pub(crate) fn read(answer: &str) -> Option<Told> {
    let is_wanted = |fields: &Map<String, Value>| {
        ["beat", "enter", "exit"]
            .iter()
            .filter(|name| fields.get(**name).is_some_and(is_statement))
            .count()
            >= 2
    };
    let object = json::find_object(answer, is_wanted)?;
    let one = |name: &str| object.get(name).map(quoted).unwrap_or_default();
    let rules = object.get("rules").and_then(Value::as_array);
    Some(Told {
        beat: one("beat"),
        enter: one("enter"),
        exit: one("exit"),
        rules: rules
            .into_iter()
            .flatten()
            .take(MOST_RULES)
            .map(quoted)
            .collect(),
    })
}

fn is_statement(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::String(_))
}

/// Reads `{"text": …, "quote": …}`; a text alone has no quote.
fn quoted(value: &Value) -> Quoted {
    let line = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    match value {
        Value::Object(fields) => Quoted {
            text: line(fields.get("text")),
            quote: line(fields.get("quote")),
        },
        other => Quoted {
            text: line(Some(other)),
            quote: String::new(),
        },
    }
}

/// Returns the language that a description is in where it is not the story's.
pub(crate) fn foreign(told: &Told, brief: &Brief) -> Option<String> {
    let texts = [&told.beat, &told.enter, &told.exit];
    let texts: Vec<&str> = texts.iter().map(|it| it.text.as_str()).collect();
    lint::foreign(&texts.join("\n\n"), &brief.language)
}

/// Returns what stands of a description of the chunk with this text. Rules that the brief has are not among it.
pub(crate) fn proven(told: &Told, text: &str, brief: &Brief) -> Proven {
    let mut proven = Proven::default();
    let mut take = |what, said: &Quoted, longest| match judge(said, text, longest) {
        Judged::Nothing => None,
        Judged::Stands(line) => Some(Quoted {
            text: line,
            quote: said.quote.clone(),
        }),
        Judged::Falls(why) => {
            let said = said.clone();
            proven.left_out.push(LeftOut { what, said, why });
            None
        }
    };
    let beat = take("the beat", &told.beat, LONGEST_BEAT);
    let enter = take("its Enter", &told.enter, LONGEST_LINE);
    let exit = take("its Exit", &told.exit, LONGEST_LINE);
    let rules: Vec<Quoted> = told
        .rules
        .iter()
        .filter_map(|rule| take("a rule", rule, LONGEST_LINE))
        .collect();
    (proven.beat, proven.enter, proven.exit) = (beat, enter, exit);
    let mut known: Vec<String> = brief.rules.iter().map(|rule| gist(&rule.text)).collect();
    for rule in rules {
        let gist = gist(&rule.text);
        if known.contains(&gist) {
            continue;
        }
        if known.len() >= MOST_RULES_OF_STORY {
            proven.left_out.push(LeftOut {
                what: "a rule",
                said: rule,
                why: format!(
                    "the story has {MOST_RULES_OF_STORY} rules already, and all of them go into every prompt"
                ),
            });
            continue;
        }
        known.push(gist);
        proven.rules.push(rule);
    }
    proven
}

/// Returns the words of a rule, by which it is known again.
pub(crate) fn gist(rule: &str) -> String {
    let words = fold(rule);
    let words = words.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

enum Judged {
    /// The model said nothing of it.
    Nothing,
    Stands(String),
    Falls(String),
}

fn judge(said: &Quoted, text: &str, longest: usize) -> Judged {
    let line = tidy::line(&said.text);
    if line.is_empty() {
        return Judged::Nothing;
    }
    let falls = |why: &str| Judged::Falls(why.to_owned());
    let whole = 0..line.len();
    let is_talk = leftovers::judge(
        &line,
        whole,
        leftovers::Place::Middle,
        leftovers::Narrator::Person,
    );
    if line.chars().count() > longest {
        return falls("it is longer than a line or two");
    }
    if line.chars().filter(|c| c.is_alphabetic()).count() < SHORTEST {
        return falls("it says nothing");
    }
    if is_talk.is_some() || leftovers::stands_in(&said.text) {
        return falls("it is no statement about the text");
    }
    if line.chars().count() > LONGEST_COPY && has_quote(text, &line) {
        return falls("it copies the text instead of saying what happens");
    }
    match said.quote.as_str() {
        "" => falls("the model gave no words of the text for it"),
        quote if quote.chars().count() > LONGEST_QUOTE => {
            falls("what it quotes is longer than a sentence or two")
        }
        quote if has_quote(text, quote) => Judged::Stands(line),
        quote if text.contains(quote) => {
            Judged::Falls(format!("“{quote}” is too short to prove it"))
        }
        quote => Judged::Falls(format!("“{quote}” does not stand in the text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Mara hid the brass key under the third stair.\n\n“Nobody must\nknow,” she told Ilse. The lamp \
                        went out, as it does whenever a name is spoken aloud.";

    fn quoted(text: &str, quote: &str) -> Quoted {
        Quoted {
            text: text.to_owned(),
            quote: quote.to_owned(),
        }
    }

    #[test]
    fn answers_are_read_in_the_shapes_that_models_choose() {
        let object = r#"{"beat": {"text": "Mara hides the\n key.", "quote": "Mara hid the brass key"}, "enter": "", "exit": {"text": "Ilse knows."}, "rules": [{"text": "r", "quote": "q"}]}"#;
        let expected = Told {
            beat: quoted("Mara hides the key.", "Mara hid the brass key"),
            enter: Quoted::default(),
            exit: quoted("Ilse knows.", ""),
            rules: vec![quoted("r", "q")],
        };
        for answer in [
            object.to_owned(),
            format!("Here {{it}} is:\n```json\n{object}\n```\nI hope it helps."),
            object.replace("}]}", "}],}"),
        ] {
            assert_eq!(read(&answer), Some(expected.clone()), "{answer}");
        }
        for nonsense in [
            "",
            "Mara hid the brass key under the stair, and the night went on.",
            "{}",
            "[1, 2]",
            "{\"findings\": []}",
            "{\"beat\": 3, \"enter\": null}",
            "{\"beat\": \"only this\"}",
        ] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
        assert_eq!(read(&"{".repeat(50_000)), None);
        let many = format!(
            "{{\"beat\": {{}}, \"exit\": {{}}, \"rules\": [{}]}}",
            vec!["{\"text\": \"x\"}"; 900].join(",")
        );
        assert_eq!(read(&many).map(|told| told.rules.len()), Some(MOST_RULES));
    }

    #[test]
    fn a_statement_stands_by_the_words_of_the_text_alone() {
        let brief = Brief::parse("# Rules\n1. A spoken name puts out the lamp!\n");
        let told = Told {
            beat: quoted("**Mara** hides the key.", "Nobody must know,\" she told"),
            enter: quoted("Mara has the key.", "Mara held the silver key"),
            exit: quoted("Ilse knows of it.", ""),
            rules: vec![
                quoted(
                    "a spoken name puts out the lamp",
                    "whenever a name is spoken",
                ),
                quoted("Keys are of brass.", "brass key"),
                quoted("A lamp goes out at a name.", "whenever a name is spoken"),
                quoted(
                    "A lamp goes out at a name!",
                    "The lamp went out, as it does",
                ),
            ],
        };
        let proven = proven(&told, TEXT, &brief);
        assert_eq!(
            proven.beat.map(|it| it.text).as_deref(),
            Some("Mara hides the key.")
        );
        assert_eq!((proven.enter, proven.exit), (None, None));
        let rules: Vec<&str> = proven.rules.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(rules, ["A lamp goes out at a name."]);
        let why: Vec<(&str, &str)> = proven
            .left_out
            .iter()
            .map(|it| (it.what, it.why.as_str()))
            .collect();
        assert_eq!(
            why,
            [
                (
                    "its Enter",
                    "“Mara held the silver key” does not stand in the text"
                ),
                ("its Exit", "the model gave no words of the text for it"),
                ("a rule", "“brass key” is too short to prove it"),
            ]
        );
    }

    #[test]
    fn prose_and_talk_are_no_statements() {
        let brief = Brief::parse("");
        let quote = "Mara hid the brass key";
        for text in [
            "She went on and on. ".repeat(60),
            "…".to_owned(),
            "[insert scene here]".to_owned(),
            TEXT[TEXT.find("The lamp").unwrap()..].to_owned(),
            "As an AI language model, I cannot summarise this.".to_owned(),
        ] {
            let told = Told {
                beat: quoted(&text, quote),
                ..Told::default()
            };
            let proven = proven(&told, TEXT, &brief);
            assert!(proven.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_story_gets_no_more_rules_than_its_prompts_can_hold() {
        let rules: Vec<String> = (1..=MOST_RULES_OF_STORY)
            .map(|number| format!("{number}. Law of thing {number}."))
            .collect();
        let brief = Brief::parse(&format!("# Rules\n{}\n", rules.join("\n")));
        let told = Told {
            rules: vec![quoted(
                "A lamp goes out at a name.",
                "whenever a name is spoken",
            )],
            ..Told::default()
        };
        let proven = proven(&told, TEXT, &brief);
        assert!(proven.rules.is_empty());
        assert!(proven.left_out[0].why.contains("every prompt"));
    }
}
