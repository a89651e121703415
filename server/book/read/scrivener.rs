//! Reads a Scrivener project: its binder says the order, a file of RTF holds each text. Only the draft is story; people
//! come from a folder of characters; the trash is left out.

use super::assembly::Piece;
use super::imported::{Background, ImportedBook, ImportedChapter, ImportedScene, Person};
use super::markdown::attach_notes;
use super::rtf;
use super::source::{Source, SourceFile, Unreadable};
use super::styled::on_one_line;
use super::xml::{self, Event};

/// The names of the folder of characters, in the languages of Scrivener's templates.
const CHARACTERS: [&str; 8] = [
    "characters",
    "character sketches",
    "figuren",
    "charaktere",
    "personnages",
    "personajes",
    "personaggi",
    "personagens",
];
const PLACES: [&str; 7] = [
    "places",
    "locations",
    "settings",
    "orte",
    "lieux",
    "lugares",
    "luoghi",
];

/// An item of the binder.
#[derive(Debug, Default)]
struct Item {
    id: String,
    kind: String,
    title: String,
    children: Vec<Item>,
}

pub(super) fn read(source: &Source) -> Result<ImportedBook, Unreadable> {
    let file = source.files.iter().find(|file| file.has_end(&[".scrivx"]));
    let file = file.ok_or_else(|| Unreadable::new(&source.name, "no binder (.scrivx) is in it"))?;
    let events = xml::events(&file.path, &file.text()?)?;
    let binder = binder(&events);
    let mut book = ImportedBook {
        title: Some(file.stem().to_owned()),
        ..ImportedBook::default()
    };
    let mut reader = Reader {
        source,
        notes: Vec::new(),
        missing: 0,
    };
    for item in &binder {
        match item.kind.as_str() {
            "DraftFolder" => reader.draft(item, &mut book)?,
            "TrashFolder" => {}
            _ => reader.people(item, &mut book)?,
        }
    }
    if reader.missing > 0 {
        book.notices.push(format!(
            "{} items of the binder have no text",
            reader.missing
        ));
    }
    let notes = reader.notes;
    attach_notes(&mut book, &notes);
    Ok(book)
}

/// Reads the binder as a tree.
fn binder(events: &[Event]) -> Vec<Item> {
    let mut open: Vec<Item> = vec![Item::default()];
    let mut in_title = false;
    for event in events {
        match event {
            Event::Start(element) if element.name == "BinderItem" => {
                let value = |name: &str| element.attribute(name).map(str::to_owned);
                open.push(Item {
                    id: value("UUID").or_else(|| value("ID")).unwrap_or_default(),
                    kind: value("Type").unwrap_or_default(),
                    ..Item::default()
                });
            }
            Event::Start(element) => in_title = element.name == "Title",
            Event::Text(text) if in_title => {
                if let Some(item) = open.last_mut() {
                    item.title.push_str(text);
                }
            }
            Event::End(name) => {
                in_title = false;
                if name == "BinderItem"
                    && open.len() > 1
                    && let (Some(item), Some(above)) = (open.pop(), open.last_mut())
                {
                    above.children.push(item);
                }
            }
            Event::Text(_) => {}
        }
    }
    open.into_iter()
        .next()
        .map_or_else(Vec::new, |root| root.children)
}

struct Reader<'a> {
    source: &'a Source,
    notes: Vec<(String, String)>,
    missing: usize,
}

impl Reader<'_> {
    /// Finds a file of an item, as Scrivener 3 or an earlier one keeps it.
    fn file(&self, item: &Item, name: &str) -> Option<&SourceFile> {
        let (new, end) = (
            format!("Files/Data/{}/{name}", item.id),
            name.rsplit('.').next().unwrap_or("rtf"),
        );
        let old = match name {
            "synopsis.txt" => format!("Files/Docs/{}_synopsis.txt", item.id),
            _ => format!("Files/Docs/{}.{end}", item.id),
        };
        let is_it = |file: &&SourceFile| {
            let path = format!("/{}", file.path);
            path.ends_with(&format!("/{new}")) || path.ends_with(&format!("/{old}"))
        };
        self.source.files.iter().find(is_it)
    }

    /// Returns the prose of an item.
    fn text(&mut self, item: &Item) -> Result<String, Unreadable> {
        let found = self.file(item, "content.rtf").cloned();
        let Some(file) = found else {
            return Ok(String::new());
        };
        let (pieces, notes) = rtf::pieces(&file)?;
        let number = self.notes.len();
        let texts: Vec<String> = pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Heading { level, title } => {
                    format!("{} {title}", "#".repeat(usize::from(level.clamp(3, 6))))
                }
                Piece::Break | Piece::Scene { .. } => "* * *".to_owned(),
            })
            .collect();
        let mut text = texts.join("\n\n");
        for (label, definition) in notes {
            let unique = format!("{label}-{number}");
            text = text.replace(&format!("[^{label}]"), &format!("[^{unique}]"));
            self.notes.push((
                unique.clone(),
                definition.replacen(&format!("[^{label}]"), &format!("[^{unique}]"), 1),
            ));
        }
        Ok(text)
    }

    fn scene(&mut self, item: &Item) -> Result<Option<ImportedScene>, Unreadable> {
        let text = self.text(item)?;
        let synopsis = match self.file(item, "synopsis.txt") {
            Some(file) => Some(on_one_line(&file.text()?)).filter(|it| !it.is_empty()),
            None => None,
        };
        if text.trim().is_empty() {
            self.missing += usize::from(item.children.is_empty());
            return Ok(None);
        }
        Ok(Some(ImportedScene {
            title: Some(on_one_line(&item.title)).filter(|it| !it.is_empty()),
            text,
            synopsis,
            key: Some(item.id.clone()),
            ..ImportedScene::default()
        }))
    }

    /// Reads the draft: a folder with texts is a chapter, a folder with folders a part.
    fn draft(&mut self, draft: &Item, book: &mut ImportedBook) -> Result<(), Unreadable> {
        for item in &draft.children {
            let has_folders = item.children.iter().any(|child| !child.children.is_empty());
            if has_folders {
                let mut part = Some(on_one_line(&item.title));
                if let Some(scene) = self.scene(item)? {
                    book.chapters.push(ImportedChapter {
                        title: part.take(),
                        scenes: vec![scene],
                    });
                }
                for child in &item.children {
                    let prefix = part.take().filter(|it| !it.is_empty());
                    self.chapter(child, prefix, book)?;
                }
            } else {
                self.chapter(item, None, book)?;
            }
        }
        Ok(())
    }

    fn chapter(
        &mut self,
        item: &Item,
        part: Option<String>,
        book: &mut ImportedBook,
    ) -> Result<(), Unreadable> {
        let title = on_one_line(&item.title);
        let title = match part {
            Some(part) => format!("{part}: {title}"),
            None => title,
        };
        let mut scenes = Vec::new();
        self.scenes_below(item, &mut scenes)?;
        if !scenes.is_empty() {
            let title = Some(title).filter(|it| !it.is_empty());
            book.chapters.push(ImportedChapter { title, scenes });
        }
        Ok(())
    }

    fn scenes_below(
        &mut self,
        item: &Item,
        scenes: &mut Vec<ImportedScene>,
    ) -> Result<(), Unreadable> {
        scenes.extend(self.scene(item)?);
        for child in &item.children {
            self.scenes_below(child, scenes)?;
        }
        Ok(())
    }

    /// Reads what the folders beside the draft hold of people and places.
    fn people(&mut self, item: &Item, book: &mut ImportedBook) -> Result<(), Unreadable> {
        let name = item.title.trim().to_lowercase();
        let (is_cast, is_place) = (
            CHARACTERS.contains(&name.as_str()),
            PLACES.contains(&name.as_str()),
        );
        for child in &item.children {
            if !is_cast && !is_place {
                self.people(child, book)?;
                continue;
            }
            let title = on_one_line(&child.title);
            let text = self.text(child)?;
            if is_cast && !title.is_empty() {
                book.cast.push(Person {
                    name: title,
                    aliases: Vec::new(),
                    text,
                });
            } else if !text.trim().is_empty() {
                book.background.push(Background {
                    title,
                    aliases: Vec::new(),
                    text,
                });
            }
        }
        Ok(())
    }
}
