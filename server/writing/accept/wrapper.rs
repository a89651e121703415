//! Unwraps prose from JSON.

use serde_json::Value;

use super::check::Check;
use super::cutting::Repair;

/// Fields that hold the prose, where there are several texts.
const FIELDS: [&str; 12] = [
    "text",
    "content",
    "prose",
    "story",
    "chapter",
    "scene",
    "part",
    "output",
    "response",
    "answer",
    "body",
    "continuation",
];

/// Takes the prose out of a JSON object that is all of the answer.
pub(crate) fn unwrap(repair: &mut Repair<'_>) {
    let text = repair.text().trim();
    if !text.starts_with(['{', '[', '"']) || !text.ends_with(['}', ']', '"']) {
        return;
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if let Some(prose) = prose_of(&value) {
        let whole = text.to_owned();
        let prose = prose.trim().to_owned();
        repair.replace(Some(Check::JsonWrapper), whole, prose);
    }
}

/// Tells whether a text looks like JSON that could not be read; a broken off answer may.
pub(crate) fn is_json(text: &str) -> bool {
    let mut rest = text.trim_start();
    if !rest.starts_with('{') {
        return false;
    }
    rest = rest[1..].trim_start();
    // `{"key":`
    let Some(rest) = rest.strip_prefix('"') else {
        return false;
    };
    let key = rest.split('"').next().unwrap_or_default();
    let after = rest.get(key.len() + 1..).unwrap_or_default().trim_start();
    key.len() < 40 && after.starts_with(':')
}

fn prose_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().contains(char::is_whitespace) => Some(text.clone()),
        Value::Object(fields) => {
            let named = FIELDS.iter().find_map(|name| fields.get(*name)?.as_str());
            if let Some(text) = named.filter(|text| text.trim().contains(char::is_whitespace)) {
                return Some(text.to_owned());
            }
            let longest = fields.values().filter_map(prose_of).max_by_key(String::len);
            longest.filter(|text| !text.trim().is_empty())
        }
        Value::Array(items) if !items.is_empty() => {
            let parts: Option<Vec<String>> = items.iter().map(prose_of).collect();
            parts.map(|parts| parts.join("\n\n"))
        }
        _ => None,
    }
}
