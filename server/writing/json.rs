//! Reads JSON as models write it: in a fence, with words around it, with a comma too many, with marks that
//! should have been escaped, or cut off in the middle. Pure, and bounded whatever comes.

use serde_json::{Map, Value};

/// Deeper nesting than this is nonsense.
const DEEPEST: usize = 24;
/// The most braces that are tried as the beginning of the object.
const MOST_BEGINNINGS: usize = 32;

/// Returns the first object in a text that is `wanted`, read to the letter where it can be, else as well as
/// it can be. What is cut off in the middle of a text is left out.
pub fn find_object(
    text: &str,
    wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Option<Map<String, Value>> {
    let beginnings = || text.match_indices('{').take(MOST_BEGINNINGS);
    let exact = beginnings().find_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        object(values.next()?.ok()?).filter(&wanted)
    });
    exact.or_else(|| {
        beginnings().find_map(|(at, _)| {
            let value = Reader::new(&text[at..]).value(0)?;
            object(value).filter(&wanted)
        })
    })
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader { rest: text }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with("//") {
                return;
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
    }

    /// Skips white space and anything else between two entries.
    fn skip_between(&mut self) {
        self.skip_space();
        while self.peek() == Some(',') {
            self.bump();
            self.skip_space();
        }
    }

    /// Reads one value; `None` at the end of the text, for a text that is cut off, and for nonsense.
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_space();
        match self.peek()? {
            _ if depth > DEEPEST => None,
            '{' => Some(Value::Object(self.object(depth))),
            '[' => Some(Value::Array(self.array(depth))),
            '"' | '\'' | '“' => self.string().map(Value::String),
            ',' | ':' | '}' | ']' => None,
            _ => Some(self.bare()),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        let mut fields = Map::new();
        self.bump();
        loop {
            self.skip_between();
            let key = match self.peek() {
                None | Some('}') => break,
                Some('"' | '\'' | '“') => self.string(),
                Some(_) => Some(self.word(&[':', '=', ',', '}', ']', '\n'])),
            };
            self.skip_space();
            if !matches!(self.peek(), Some(':' | '=')) {
                // No entry; what can't begin one either is passed over.
                if matches!(self.peek(), Some(c) if !matches!(c, '}' | ',' | '"' | '\'' | '“')) {
                    self.bump();
                }
                continue;
            }
            self.bump();
            if let (Some(key), Some(value)) = (key, self.value(depth + 1)) {
                fields.insert(key, value);
            }
        }
        self.bump();
        fields
    }

    fn array(&mut self, depth: usize) -> Vec<Value> {
        let mut items = Vec::new();
        self.bump();
        loop {
            self.skip_between();
            if matches!(self.peek(), None | Some(']')) {
                break;
            }
            // An object that was closed too early leaves its parent's end here.
            if self.peek() == Some('}') {
                return items;
            }
            let before = self.rest.len();
            items.extend(self.value(depth + 1));
            if self.rest.len() == before {
                self.bump();
            }
        }
        self.bump();
        items
    }

    /// Returns a text in marks; `None` where it is cut off. A mark that nothing may follow is part of the
    /// text: it should have been escaped.
    fn string(&mut self) -> Option<String> {
        let end = match self.bump()? {
            '“' => '”',
            mark => mark,
        };
        let mut text = String::new();
        loop {
            match self.bump()? {
                '\\' => self.escaped(&mut text)?,
                mark if mark == end && self.ends_here() => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn ends_here(&self) -> bool {
        let after = self.rest.trim_start();
        let space = &self.rest[..self.rest.len() - after.len()];
        match after.chars().next() {
            None | Some(',' | '}' | ']' | ':') => true,
            Some('"') => space.contains('\n'),
            Some(_) => false,
        }
    }

    fn escaped(&mut self, text: &mut String) -> Option<()> {
        match self.bump()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' | 'b' | 'f' => {}
            'u' => {
                let first = self.unit()?;
                let pair = (0xd800..0xdc00).contains(&first) && self.rest.starts_with("\\u");
                let mut units = vec![first];
                if pair {
                    self.rest = &self.rest[2..];
                    units.push(self.unit()?);
                }
                text.push_str(&String::from_utf16_lossy(&units));
            }
            other => text.push(other),
        }
        Some(())
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.rest.get(..4)?;
        self.rest = &self.rest[4..];
        u16::from_str_radix(digits, 16).ok()
    }

    /// Returns a number, a word of the language, or a text without its marks.
    fn bare(&mut self) -> Value {
        let word = self.word(&[',', '}', ']', '\n']);
        let word = word.split(" //").next().unwrap_or_default().trim();
        match word {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "None" | "undefined" | "NaN" => Value::Null,
            _ => serde_json::from_str(word).unwrap_or_else(|_| Value::from(word)),
        }
    }

    fn word(&mut self, ends: &[char]) -> String {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        let wanted = |fields: &Map<String, Value>| fields.contains_key("a");
        find_object(text, wanted).map_or(Value::Null, Value::Object)
    }

    #[test]
    fn what_models_write_is_read() {
        for (text, expected) in [
            (r#"{"a": 1}"#, json!({"a": 1})),
            ("```json\n{\"a\": [1, 2]}\n```", json!({"a": [1, 2]})),
            (
                "Here it is: {\"a\": \"x\"} I hope that helps {friend}.",
                json!({"a": "x"}),
            ),
            (
                "Let me think about {this}. {\"b\": {\"a\": 2}}",
                json!({"a": 2}),
            ),
            (
                r#"{"a": [1, 2,], "b": {"c": 3,},}"#,
                json!({"a": [1, 2], "b": {"c": 3}}),
            ),
            (
                r#"{'a': 'it''s', "b": None}"#,
                json!({"a": "it''s", "b": null}),
            ),
            (
                "{a: true, b: dusk at last}",
                json!({"a": true, "b": "dusk at last"}),
            ),
            (
                r#"{"a": "She said "no" and left.", "b": "x"}"#,
                json!({"a": "She said \"no\" and left.", "b": "x"}),
            ),
            ("{“a”: “x”}", json!({"a": "x"})),
            ("{\"a\": \"two\nlines\"}", json!({"a": "two\nlines"})),
            (
                r#"{"a": "\u00e9\ud83d\ude00\q"}"#.replace("\\q", "!").as_str(),
                json!({"a": "é😀!"}),
            ),
            (
                "{\"a\": 1 // the first\n, \"b\": 2}",
                json!({"a": 1, "b": 2}),
            ),
            ("{\"a\": \"x\"\n \"b\": \"y\"}", json!({"a": "x", "b": "y"})),
            // Cut off in all kinds of places.
            (r#"{"a": ["one", "two"#, json!({"a": ["one"]})),
            (r#"{"a": {"b": "x", "c"#, json!({"a": {"b": "x"}})),
            (r#"{"a": 1, "b":"#, json!({"a": 1})),
            (r#"{"a": [{"b": 1}, {"b": "#, json!({"a": [{"b": 1}, {}]})),
            (r#"{"a": "\u00"#, Value::Null),
            // Nothing of ours.
            ("", Value::Null),
            ("No.", Value::Null),
            ("{}", Value::Null),
            (r#"[{"b": 1}]"#, Value::Null),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn nonsense_ends() {
        for text in [
            "{".repeat(100_000),
            "[{\"a\":".repeat(50_000),
            format!("{{\"a\": {}", "[".repeat(100_000)),
            format!("{{\"a\": \"{}", "\\".repeat(100_001)),
            "{:,:,}{=}{\"".repeat(5_000),
            "{\"b\" x }".repeat(10_000),
        ] {
            read(&text);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[{}\\[\\],:\"'“”a-c0-9\\\\u\\n /é]{0,80}") {
            read(&text);
        }

        #[test]
        fn whatever_is_json_is_read_to_the_letter(text in "\\PC{0,40}", number in any::<i64>()) {
            let value = json!({"a": {"b": [text, number, null]}});
            prop_assert_eq!(read(&value.to_string()), value.clone());
            prop_assert_eq!(read(&format!("{value:#}")), value);
        }
    }
}
