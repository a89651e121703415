//! Reads the entries of a lorebook, in a card or by itself, as background.

use serde_json::Value;

use super::imported::{Background, ImportedBook};

/// Finds the lorebook in a file: SillyTavern's world info, `lorebook_v3`, NovelAI's.
pub(super) fn of(value: &Value) -> Option<&Value> {
    let has_entries = |value: &&Value| {
        value
            .get("entries")
            .is_some_and(|it| it.is_array() || it.is_object())
    };
    value
        .get("data")
        .filter(has_entries)
        .or(Some(value).filter(has_entries))
}

/// Takes the entries of a lorebook over; `false` where it has none.
pub(super) fn take(lorebook: &Value, book: &mut ImportedBook) -> bool {
    let mut entries: Vec<&Value> = match lorebook.get("entries") {
        Some(Value::Array(entries)) => entries.iter().collect(),
        Some(Value::Object(entries)) => entries.values().collect(),
        _ => return false,
    };
    let order = |entry: &Value| {
        ["insertion_order", "order", "displayIndex"]
            .iter()
            .find_map(|name| entry.get(name)?.as_i64())
    };
    entries.sort_by_key(|entry| order(entry).unwrap_or(0));
    let mut off = 0_usize;
    let mut found = false;
    for entry in entries {
        let Some(content) = text(entry, "content").or_else(|| text(entry, "text")) else {
            continue;
        };
        found = true;
        let is_off = entry.get("enabled").and_then(Value::as_bool) == Some(false)
            || entry.get("disable").and_then(Value::as_bool) == Some(true);
        if is_off {
            off += 1;
            continue;
        }
        let mut keys = Vec::new();
        for name in ["keys", "key", "secondary_keys", "keysecondary"] {
            let list = entry
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            keys.extend(
                list.filter_map(Value::as_str)
                    .map(|key| key.trim().to_owned()),
            );
            keys.extend(
                entry
                    .get(name)
                    .and_then(Value::as_str)
                    .into_iter()
                    .flat_map(|keys| keys.split(','))
                    .map(|key| key.trim().to_owned()),
            );
        }
        // A key between slashes is a pattern, which nobody is called.
        keys.retain(|key| !key.is_empty() && !key.starts_with('/') && !key.contains('\n'));
        let title = ["name", "comment", "displayName"]
            .iter()
            .find_map(|name| text(entry, name))
            .or_else(|| keys.first().cloned())
            .unwrap_or_else(|| "Background".to_owned());
        keys.retain(|key| *key != title);
        keys.dedup();
        book.background.push(Background {
            title,
            aliases: keys,
            text: content,
        });
    }
    if off > 0 {
        book.notices.push(format!(
            "{off} entries of the lorebook are switched off there and left out"
        ));
    }
    found
}

/// Returns a text field that is not empty.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?.trim().replace("\r\n", "\n");
    (!text.is_empty()).then_some(text)
}
