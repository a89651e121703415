//! Reads the state of a chunk out of a model's answer, under the names and in the shapes that models choose.
//!
//! Pure. Nothing is believed here: the result is still to be held against the chunk.

use serde_json::{Map, Value};

use crate::story::state::{CharacterState, ChunkState, Fact, Threads};
use crate::writing::json;

/// Most entries of a list that are looked at.
const MOST: usize = 64;

const SUMMARY: &[&str] = &["summary", "synopsis", "abstract"];
const TIME: &[&str] = &["time", "story_time", "time_of_story", "when"];
const CHARACTERS: &[&str] = &["characters", "character_states", "people", "cast"];
const FACTS: &[&str] = &["facts", "new_facts", "statements", "claims"];
const THREADS: &[&str] = &["threads", "plot_threads"];
const OPENED: &[&str] = &[
    "opened",
    "open",
    "new",
    "open_threads",
    "opened_threads",
    "threads_opened",
];
const CLOSED: &[&str] = &[
    "closed",
    "resolved",
    "settled",
    "closed_threads",
    "resolved_threads",
    "threads_closed",
];

const NAME: &[&str] = &["name", "character", "who"];
const PLACE: &[&str] = &["place", "location", "where"];
const CONDITION: &[&str] = &["condition", "status", "mood", "state"];
const KNOWS: &[&str] = &["knows", "knowledge", "learned", "learnt"];
const HOLDS: &[&str] = &[
    "holds",
    "has",
    "carries",
    "inventory",
    "possessions",
    "items",
];

const FACT: &[&str] = &["fact", "text", "statement", "claim"];
const QUOTE: &[&str] = &["quote", "evidence", "citation", "source", "verbatim"];
const SUBJECT: &[&str] = &["subject", "about", "entity", "who", "character"];
const THREAD: &[&str] = &["thread", "question", "text", "description", "title"];

/// Reads the state in an answer; `None` where it has none.
pub fn read(answer: &str) -> Option<ChunkState> {
    let fields = json::find_object(answer, |fields| tells(content(fields)))?;
    let fields = content(&fields);
    let found = |names| get(fields, names);
    Some(ChunkState {
        summary: found(SUMMARY).and_then(text).unwrap_or_default(),
        time: found(TIME).and_then(text),
        characters: found(CHARACTERS).map(characters).unwrap_or_default(),
        facts: found(FACTS).map(facts).unwrap_or_default(),
        threads: threads(fields),
    })
}

/// Returns the fields themselves, out of an object that has them under one name: `{"state": {…}}`.
fn content(fields: &Map<String, Value>) -> &Map<String, Value> {
    match fields.values().next() {
        Some(Value::Object(inner)) if fields.len() == 1 && !tells(fields) => inner,
        _ => fields,
    }
}

fn tells(fields: &Map<String, Value>) -> bool {
    [SUMMARY, CHARACTERS, FACTS, THREADS, OPENED]
        .iter()
        .any(|names| get(fields, names).is_some())
}

/// Returns the field of one of these names, the first that is there; without regard to case, blanks and
/// hyphens.
fn get<'a>(fields: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| {
        let is_it = |key: &str| {
            let key = key.trim().to_lowercase().replace([' ', '-'], "_");
            key == *name
        };
        let (_, value) = fields.iter().find(|(key, _)| is_it(key))?;
        (!value.is_null()).then_some(value)
    })
}

/// Returns the text in a value of any type; `None` for an empty one, or for a word for "none".
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().take(MOST).filter_map(text).collect();
            let glue = if texts.iter().any(|text| text.ends_with('.')) {
                " "
            } else {
                ", "
            };
            texts.join(glue)
        }
        Value::Object(fields) => return get(fields, FACT).or(get(fields, THREAD)).and_then(text),
        Value::Null | Value::Bool(_) => return None,
    };
    let says_nothing = matches!(
        text.to_lowercase().trim_end_matches('.'),
        "" | "-"
            | "none"
            | "null"
            | "n/a"
            | "unknown"
            | "unspecified"
            | "not specified"
            | "nothing"
    );
    (!says_nothing).then_some(text)
}

/// Texts, out of a list, out of one text with an entry a line or between semicolons, or out of
/// an object's values.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().take(MOST).filter_map(text).collect(),
        Value::String(lines) => {
            let lines = lines.split(['\n', ';']).take(MOST);
            let lines = lines.map(|line| line.trim().trim_start_matches(['-', '*', '•']));
            lines.filter_map(|line| text(&Value::from(line))).collect()
        }
        Value::Object(fields) => match text(value) {
            Some(text) => vec![text],
            None => fields.values().take(MOST).filter_map(text).collect(),
        },
        other => text(other).into_iter().collect(),
    }
}

fn characters(value: &Value) -> Vec<CharacterState> {
    match value {
        Value::Array(items) => items
            .iter()
            .take(MOST)
            .filter_map(|item| match item {
                Value::Object(fields) => {
                    let name = get(fields, NAME).and_then(text)?;
                    Some(character(name, item))
                }
                Value::String(line) => named_line(line),
                _ => None,
            })
            .collect(),
        // By name.
        Value::Object(fields) => {
            let entries = fields.iter().take(MOST);
            entries
                .map(|(name, value)| character(name.clone(), value))
                .collect()
        }
        Value::String(lines) => {
            let lines = lines.split(['\n', ';']).take(MOST);
            lines.filter_map(named_line).collect()
        }
        _ => Vec::new(),
    }
}

/// Reads a line such as `Mara: on the stair`.
fn named_line(line: &str) -> Option<CharacterState> {
    let (name, rest) = line.split_once(':').unwrap_or((line, ""));
    let name = text(&Value::from(name.trim().trim_start_matches(['-', '*'])))?;
    Some(character(name, &Value::from(rest)))
}

fn character(name: String, value: &Value) -> CharacterState {
    let Value::Object(fields) = value else {
        return CharacterState {
            name,
            condition: text(value),
            ..CharacterState::default()
        };
    };
    CharacterState {
        name,
        place: get(fields, PLACE).and_then(text),
        condition: get(fields, CONDITION).and_then(text),
        knows: get(fields, KNOWS).map(texts).unwrap_or_default(),
        holds: get(fields, HOLDS).map(texts).unwrap_or_default(),
    }
}

fn facts(value: &Value) -> Vec<Fact> {
    match value {
        Value::Array(items) => items.iter().take(MOST).map(fact).collect(),
        // By subject, or a single one.
        Value::Object(fields) if get(fields, QUOTE).is_some() => vec![fact(value)],
        Value::Object(fields) => {
            let mut facts = Vec::new();
            for (subject, value) in fields.iter().take(MOST) {
                let about = |mut fact: Fact| {
                    if fact.subject.is_empty() {
                        fact.subject.clone_from(subject);
                    }
                    fact
                };
                facts.extend(self::facts(value).into_iter().map(about));
            }
            facts
        }
        other => texts(other)
            .into_iter()
            .map(|line| fact(&Value::String(line)))
            .collect(),
    }
}

/// Reads a fact; one that is only one text may be the chunk's own words.
fn fact(value: &Value) -> Fact {
    let part = |names| match value {
        Value::Object(fields) => get(fields, names).and_then(text).unwrap_or_default(),
        _ => String::new(),
    };
    let said = match value {
        Value::Object(_) => part(FACT),
        other => text(other).unwrap_or_default(),
    };
    let mut quote = part(QUOTE);
    if quote.is_empty() {
        quote.clone_from(&said);
    }
    Fact {
        subject: part(SUBJECT),
        fact: said,
        quote,
    }
}

fn threads(fields: &Map<String, Value>) -> Threads {
    let of = |fields: &Map<String, Value>| Threads {
        opened: get(fields, OPENED).map(texts).unwrap_or_default(),
        closed: get(fields, CLOSED).map(texts).unwrap_or_default(),
    };
    let mut threads = of(fields);
    let more = match get(fields, THREADS) {
        Some(Value::Object(inner)) => of(inner),
        Some(Value::Array(items)) => {
            let is_closed = |item: &&Value| {
                let status = item.get("status").and_then(Value::as_str);
                status.is_some_and(|status| CLOSED.contains(&status.trim().to_lowercase().as_str()))
            };
            let (closed, opened): (Vec<&Value>, Vec<&Value>) =
                items.iter().take(MOST).partition(is_closed);
            Threads {
                opened: opened.into_iter().filter_map(text).collect(),
                closed: closed.into_iter().filter_map(text).collect(),
            }
        }
        Some(other) => Threads {
            opened: texts(other),
            closed: Vec::new(),
        },
        None => Threads::default(),
    };
    threads.opened.extend(more.opened);
    threads.closed.extend(more.closed);
    threads
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn expected() -> ChunkState {
        ChunkState {
            summary: "Mara hid the key.".to_owned(),
            time: Some("dusk".to_owned()),
            characters: vec![CharacterState {
                name: "Mara".to_owned(),
                place: Some("the stair".to_owned()),
                condition: Some("tired".to_owned()),
                knows: vec!["the door is shut".to_owned()],
                holds: vec!["a key".to_owned()],
            }],
            facts: vec![Fact {
                subject: "Mara".to_owned(),
                fact: "She hid it.".to_owned(),
                quote: "Mara hid the key.".to_owned(),
            }],
            threads: Threads {
                opened: vec!["Who lit the lamp?".to_owned()],
                closed: vec!["Where is Ilse?".to_owned()],
            },
        }
    }

    /// The same under the names and in the shapes that models choose.
    #[test]
    fn other_names_and_shapes_say_the_same() {
        let plain = serde_json::to_value(expected()).unwrap();
        let with = |name: &str, value: Value| {
            let mut changed = plain.clone();
            changed[name] = value;
            changed
        };
        let without = |name: &str, (other, value): (&str, Value)| {
            let mut changed = plain.clone();
            changed.as_object_mut().unwrap().remove(name);
            changed[other] = value;
            changed
        };
        let mara = json!({"location": "the stair", "status": "tired",
                          "knowledge": "the door is shut", "inventory": ["a key"]});
        let opened = json!(["Who lit the lamp?"]);
        let mut flat = without("threads", ("open_threads", opened.clone()));
        flat["closed_threads"] = json!("Where is Ilse?");
        for value in [
            plain.clone(),
            json!({ "state": plain }),
            with("summary", json!(["Mara hid the key."])),
            without("summary", ("Synopsis", json!("Mara hid the key."))),
            without("time", ("story_time", json!("dusk"))),
            without("time", ("story-time", json!(["dusk"]))),
            with("characters", json!({ "Mara": mara })),
            without(
                "characters",
                (
                    "People",
                    json!([{"who": "Mara", "where": "the stair",
                "mood": "tired", "learned": ["the door is shut"], "carries": "a key"}]),
                ),
            ),
            with(
                "facts",
                json!([{"about": "Mara", "claim": "She hid it.", "evidence": "Mara hid the key."}]),
            ),
            with(
                "facts",
                json!({"subject": "Mara", "text": "She hid it.", "quote": "Mara hid the key."}),
            ),
            with(
                "facts",
                json!({"Mara": [{"statement": "She hid it.", "quote": "Mara hid the key."}]}),
            ),
            with(
                "threads",
                json!({"open": "Who lit the lamp?", "resolved": ["Where is Ilse?"]}),
            ),
            with(
                "threads",
                json!([{"question": "Who lit the lamp?", "status": "open"},
                                   {"thread": "Where is Ilse?", "status": "Resolved"}]),
            ),
            flat,
        ] {
            let answer = format!("Sure!\n```json\n{value:#}\n```\nDone.");
            assert_eq!(read(&answer), Some(expected()), "{value:#}");
        }
    }

    #[test]
    fn single_texts_become_what_they_can() {
        let state = read(
            r#"{"summary": "unknown", "time": null, "characters": "Mara: on the stair; Ilse",
                "facts": "Mara hid the key.\n- Ilse slept.", "threads": "Who lit the lamp?"}"#,
        )
        .unwrap();
        assert_eq!(state.summary, "");
        assert_eq!(state.time, None);
        let people: Vec<_> = state
            .characters
            .iter()
            .map(|it| (it.name.as_str(), it.condition.as_deref()))
            .collect();
        assert_eq!(people, [("Mara", Some("on the stair")), ("Ilse", None)]);
        let quotes: Vec<_> = state.facts.iter().map(|fact| fact.quote.as_str()).collect();
        assert_eq!(quotes, ["Mara hid the key.", "Ilse slept."]);
        assert_eq!(state.threads.opened, ["Who lit the lamp?"]);
    }

    #[test]
    fn hostile_answers_are_read_or_refused_and_never_more() {
        let list = |item: Value| Value::Array(vec![item; 10_000]);
        for value in [
            json!({"summary": {"a": {"b": 1}}, "characters": 5, "facts": true, "threads": 0}),
            json!({"summary": 7, "characters": [1, null, [], {}], "facts": [[], 1, null, {}], "threads": [[]]}),
            json!({"facts": list(json!({"quote": "x".repeat(100)}))}),
            json!({"characters": list(json!("Mara")), "threads": {"opened": list(json!("Who?"))}}),
        ] {
            let state = read(&value.to_string()).unwrap();
            let most = [
                state.characters.len(),
                state.facts.len(),
                state.threads.opened.len(),
            ];
            assert!(most.iter().all(|count| *count <= MOST), "{most:?}");
        }
        for answer in [
            "",
            "I can't do that.",
            "{}",
            "null",
            "[1, 2]",
            r#"{"error": "overloaded"}"#,
            r#"{"tool": {"name": "x"}}"#,
        ] {
            assert_eq!(read(answer), None, "{answer}");
        }
    }
}
