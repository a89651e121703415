//! Reads a character card (V1, V2, V3) or a lorebook, as JSON or in a PNG, as cast and background.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;

use super::imported::{Background, ImportedBook, Person};
use super::lorebook::text;
use super::source::{SourceFile, Unreadable};
use super::{lorebook, png};

/// The most bytes of the JSON of a card.
const MOST_BYTES: usize = 32 << 20;

pub(super) fn read(file: &SourceFile) -> Result<ImportedBook, Unreadable> {
    let json = match file.bytes.starts_with(b"\x89PNG") {
        true => {
            let text = png::text(&file.path, &file.bytes, &["ccv3", "chara"])?;
            let text = text.ok_or_else(|| {
                Unreadable::new(&file.path, "no character card is in this picture")
            })?;
            decoded(&file.path, text)?
        }
        false => file.bytes.clone(),
    };
    if json.len() > MOST_BYTES {
        return Err(Unreadable::new(
            &file.path,
            "the card is larger than any card",
        ));
    }
    let json = SourceFile {
        path: file.path.clone(),
        bytes: json,
    };
    // Nesting is bounded by the parser.
    let value: Value =
        serde_json::from_str(json.text()?.trim_start_matches('\u{feff}')).map_err(|error| {
            Unreadable::new(
                &file.path,
                format!("it is no JSON that can be read ({error})"),
            )
        })?;
    let mut book = ImportedBook::default();
    match card_of(&value) {
        Some(card) => take_card(card, &mut book),
        None => {
            let found = lorebook::take(lorebook::of(&value).unwrap_or(&Value::Null), &mut book);
            if !found {
                return Err(Unreadable::new(
                    &file.path,
                    "it is neither a character card (V1, V2, V3) nor a lorebook",
                ));
            }
            book.title =
                text(&value, "name").or_else(|| value.get("data").and_then(|it| text(it, "name")));
            book.title.get_or_insert_with(|| file.stem().to_owned());
        }
    }
    Ok(book)
}

fn decoded(file: &str, text: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let bare: &[u8] =
        &text[..text.len() - text.iter().rev().take_while(|byte| **byte == b'=').count()];
    STANDARD
        .decode(&text)
        .or_else(|_| STANDARD_NO_PAD.decode(bare))
        .map_err(|_| Unreadable::new(file, "the card in this picture is no base64"))
}

/// Returns the fields of a card, wherever its version has them.
fn card_of(value: &Value) -> Option<&Value> {
    let is_card = |value: &&Value| {
        text(value, "name").is_some()
            && ["description", "personality", "first_mes", "scenario"]
                .iter()
                .any(|field| value.get(field).is_some())
    };
    value
        .get("data")
        .filter(is_card)
        .or(Some(value).filter(is_card))
}

fn take_card(card: &Value, book: &mut ImportedBook) {
    let Some(name) = text(card, "name") else {
        return;
    };
    let named = |text: String| {
        let mut text = text;
        for mark in ["{{char}}", "{{Char}}", "<BOT>", "<char>"] {
            text = text.replace(mark, &name);
        }
        text
    };
    let field = |field: &str| text(card, field).map(named);
    let mut about: Vec<String> = field("description").into_iter().collect();
    about.extend(field("personality").map(|it| format!("Personality: {it}")));
    book.cast.push(Person {
        name: name.clone(),
        aliases: field("nickname")
            .into_iter()
            .filter(|it| *it != name)
            .collect(),
        text: about.join("\n\n"),
    });
    book.background
        .extend(field("scenario").map(|text| Background {
            title: "Scenario".to_owned(),
            aliases: Vec::new(),
            text,
        }));
    let mut greetings: Vec<String> = field("first_mes").into_iter().collect();
    let others = card.get("alternate_greetings").and_then(Value::as_array);
    greetings.extend(
        others
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|it| named(it.to_owned())),
    );
    let private = [
        (
            "First message",
            Some(greetings.join("\n\n")).filter(|it| !it.is_empty()),
        ),
        ("Examples of speech", field("mes_example")),
        ("The card's creator", field("creator_notes")),
    ];
    book.private
        .extend(private.into_iter().filter_map(|(title, text)| {
            Some(Background {
                title: format!("{title} ({name})"),
                aliases: Vec::new(),
                text: text?,
            })
        }));
    if let Some(lore) = card.get("character_book") {
        lorebook::take(lore, book);
    }
    book.title = Some(name.clone());
    book.authors.extend(field("creator"));
    if text(card, "system_prompt")
        .or_else(|| text(card, "post_history_instructions"))
        .is_some()
    {
        book.notices.push(
            "the card's instructions to a chat model are left out: they are no part of a story"
                .to_owned(),
        );
    }
}
