//! Reads a novelWriter project: `nwProject.nwx` says the order, a file holds each document, with `%%~` heads (.nwd, 2.x) or
//! TOML heads (.md, 26.x). Tags, comments and alignment are that program's; prose is what remains.

use std::collections::BTreeSet;

use super::imported::{Background, ImportedBook, ImportedChapter, ImportedScene, Person};
use super::source::{Source, SourceFile, Unreadable};
use super::xml::{self, Event};

/// A document of the project's tree.
#[derive(Debug, Default, Clone)]
struct Item {
    handle: String,
    root: String,
    class: String,
    kind: String,
    layout: String,
    name: String,
    is_active: bool,
}

pub(super) fn read(source: &Source) -> Result<ImportedBook, Unreadable> {
    let project = source.files.iter().find(|file| file.has_end(&[".nwx"]));
    let project =
        project.ok_or_else(|| Unreadable::new(&source.name, "no nwProject.nwx is in it"))?;
    let events = xml::events(&project.path, &project.text()?)?;
    let (mut book, items) = tree(&events);
    let novels: Vec<&Item> = items
        .iter()
        .filter(|it| it.kind == "ROOT" && it.class == "NOVEL")
        .collect();
    let Some(novel) = novels.first() else {
        return Err(Unreadable::new(
            &project.path,
            "it has no folder of a novel",
        ));
    };
    if novels.len() > 1 {
        let others: Vec<&str> = novels[1..].iter().map(|it| it.name.as_str()).collect();
        book.notices.push(format!(
            "the project has several novels; \"{}\" was read, and left out: {}",
            novel.name,
            others.join(", ")
        ));
    }
    let mut missing = BTreeSet::new();
    let mut story = Story {
        book,
        ..Story::default()
    };
    for item in items.iter().filter(|it| it.kind == "FILE") {
        let is_story = item.root == novel.handle && item.layout == "DOCUMENT";
        let is_note = item.layout == "NOTE"
            && !matches!(
                item.class.as_str(),
                "NOVEL" | "ARCHIVE" | "TRASH" | "TEMPLATE"
            );
        if !(is_story && item.is_active || is_note) {
            continue;
        }
        match file_of(source, &item.handle) {
            None => drop(missing.insert(item.name.clone())),
            Some(file) => {
                let text = file.text()?;
                let body = body(&text);
                match is_story {
                    true => story.document(item, body),
                    false => note(item, body, &mut story.book),
                }
            }
        }
    }
    let mut book = story.book;
    for name in missing {
        book.notices.push(format!(
            "\"{name}\" is in the project and has no file, so it is left out"
        ));
    }
    Ok(book)
}

fn file_of<'a>(source: &'a Source, handle: &str) -> Option<&'a SourceFile> {
    let mut files = source.files.iter();
    files.find(|file| file.stem() == handle && file.has_end(&[".nwd", ".md"]))
}

/// Reads what the project says of the book, and its documents in their order.
fn tree(events: &[Event]) -> (ImportedBook, Vec<Item>) {
    let mut book = ImportedBook::default();
    let mut items: Vec<Item> = Vec::new();
    let (mut name, mut in_item) = (String::new(), false);
    for event in events {
        match event {
            Event::Start(element) => {
                name.clone_from(&element.name);
                let value = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
                if element.name == "item" {
                    in_item = true;
                    items.push(Item {
                        handle: value("handle"),
                        root: value("root"),
                        class: value("class"),
                        kind: value("type"),
                        layout: value("layout"),
                        is_active: true,
                        ..Item::default()
                    });
                } else if element.name == "name"
                    && in_item
                    && let Some(item) = items.last_mut()
                {
                    item.is_active = element.attribute("active") != Some("no");
                }
            }
            Event::End(ended) => {
                name.clear();
                in_item &= ended != "item";
            }
            Event::Text(text) => {
                let text = text.trim().to_owned();
                match (name.as_str(), items.last_mut()) {
                    _ if text.is_empty() => {}
                    ("name", Some(item)) if in_item => item.name = text,
                    ("name", _) => book.title = Some(text),
                    ("author", _) => book.authors.push(text),
                    ("language", _) if text != "None" => {
                        book.language = Some(text.replace('_', "-"))
                    }
                    _ => {}
                }
            }
        }
    }
    (book, items)
}

/// Returns a document without the head that the program writes.
fn body(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix("+++\n")
        && let Some(end) = rest.find("\n+++\n")
    {
        return &rest[end + 5..];
    }
    let mut rest = text;
    while rest.starts_with("%%~") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}

/// Takes a heading's line apart: level, whether it has a `!`, title.
fn heading(line: &str) -> Option<(usize, bool, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &line[level..];
    let (is_marked, rest) = match rest.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let title = rest.strip_prefix(' ')?.trim();
    ((1..=4).contains(&level)).then_some((level, is_marked, title))
}

/// Takes a comment's line apart: its kind, in small letters, and its text.
fn comment(line: &str) -> Option<(String, &str)> {
    let rest = line.strip_prefix('%')?.trim_start_matches('~').trim();
    match rest.split_once(':') {
        Some((kind, text)) if !kind.trim().contains(' ') => {
            Some((kind.trim().to_lowercase(), text.trim()))
        }
        _ => Some((String::new(), rest)),
    }
}

/// Returns the names of a line such as `@char: Jane, John`, with what each is shown as.
fn tags(line: &str) -> Option<(&str, Vec<&str>)> {
    let (key, names) = line.strip_prefix('@')?.split_once(':')?;
    Some((
        key.trim(),
        names
            .split([',', '|'])
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect(),
    ))
}

#[derive(Default)]
struct Story {
    book: ImportedBook,
    part: Option<String>,
    /// Whether a title page is being read, which is no prose.
    on_title_page: bool,
}

impl Story {
    fn document(&mut self, item: &Item, text: &str) {
        let starts_titled = text
            .lines()
            .any(|line| matches!(heading(line), Some((1, true, _))));
        self.on_title_page = starts_titled;
        let mut paragraph: Vec<String> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if let Some((level, is_marked, title)) = heading(line) {
                self.end(&mut paragraph);
                let key = format!("{}#{number}", item.handle);
                self.heading(level, is_marked, title, key);
            } else if let Some((kind, text)) = comment(line) {
                self.end(&mut paragraph);
                self.comment(&kind, text);
            } else if let Some((key, names)) = tags(line) {
                self.end(&mut paragraph);
                if matches!(key, "pov" | "char" | "focus") {
                    let scene = self.scene();
                    scene.cast.extend(names.into_iter().map(str::to_owned));
                }
            } else if line.trim().is_empty() {
                self.end(&mut paragraph);
            } else if let Some(line) = shown(line) {
                paragraph.push(line);
            }
        }
        self.end(&mut paragraph);
    }

    fn heading(&mut self, level: usize, is_marked: bool, title: &str, key: String) {
        let titled = |title: &str| Some(title.to_owned()).filter(|it| !it.is_empty());
        self.on_title_page = level == 1 && is_marked;
        match level {
            1 if is_marked => {
                self.book.title = titled(title).or(self.book.title.take());
            }
            1 => self.part = titled(title),
            2 => {
                let title = match self.part.take() {
                    Some(part) => format!("{part}: {title}"),
                    None => title.to_owned(),
                };
                self.book.chapters.push(ImportedChapter {
                    title: titled(&title),
                    scenes: vec![ImportedScene {
                        key: Some(key),
                        ..ImportedScene::default()
                    }],
                });
            }
            3 => {
                let scene = ImportedScene {
                    title: titled(title),
                    key: Some(key),
                    ..ImportedScene::default()
                };
                self.chapter().scenes.push(scene);
            }
            _ => self.text("* * *"),
        }
    }

    fn chapter(&mut self) -> &mut ImportedChapter {
        if self.book.chapters.is_empty() || self.part.is_some() {
            let title = self.part.take();
            self.book.chapters.push(ImportedChapter {
                title,
                scenes: Vec::new(),
            });
        }
        let last = self.book.chapters.len() - 1;
        &mut self.book.chapters[last]
    }

    fn scene(&mut self) -> &mut ImportedScene {
        let chapter = self.chapter();
        if chapter.scenes.is_empty() {
            chapter.scenes.push(ImportedScene::default());
        }
        let last = chapter.scenes.len() - 1;
        &mut chapter.scenes[last]
    }

    fn comment(&mut self, kind: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        match kind {
            "synopsis" | "short" | "description" => self.scene().synopsis = Some(text.to_owned()),
            kind if kind.starts_with("footnote.") => {
                let label = kind.trim_start_matches("footnote.");
                let definition = format!("[^{label}]: {}", inline(text));
                self.text(&definition);
            }
            _ if self.on_title_page => {}
            // The author's own, as it was there.
            _ => self.text(&format!("<!-- {} -->", text.replace("-->", "->"))),
        }
    }

    fn text(&mut self, text: &str) {
        if self.on_title_page {
            return;
        }
        let scene = self.scene();
        if !scene.text.is_empty() {
            scene.text.push_str("\n\n");
        }
        scene.text.push_str(text);
    }

    fn end(&mut self, paragraph: &mut Vec<String>) {
        if !paragraph.is_empty() {
            // A line's end is one that is seen there.
            let text = std::mem::take(paragraph).join("\\\n");
            self.text(&text);
        }
    }
}

/// Returns a line of prose without marks of alignment; `None` for one that only says how a page is laid out.
fn shown(line: &str) -> Option<String> {
    let line = line.trim();
    let is_layout = line.starts_with("[newpage")
        || line.starts_with("[new page")
        || line.starts_with("[vspace");
    if is_layout && line.ends_with(']') {
        return None;
    }
    let bare = line
        .trim_start_matches("> ")
        .trim_start_matches(">> ")
        .trim_start_matches('>')
        .trim_start();
    let bare = bare
        .trim_end_matches(" <")
        .trim_end_matches(" <<")
        .trim_end_matches('<')
        .trim_end();
    (!bare.is_empty()).then(|| inline(bare))
}

/// Returns a text with the program's short codes as markdown, or without them.
fn inline(text: &str) -> String {
    const CODES: [(&str, &str); 19] = [
        ("[i]", "*"),
        ("[/i]", "*"),
        ("[b]", "**"),
        ("[/b]", "**"),
        ("[s]", "~~"),
        ("[/s]", "~~"),
        ("[u]", ""),
        ("[/u]", ""),
        ("[m]", ""),
        ("[/m]", ""),
        ("[sup]", ""),
        ("[/sup]", ""),
        ("[sub]", ""),
        ("[/sub]", ""),
        ("[br]", ""),
        ("[nbsp]", "\u{a0}"),
        ("[fnbsp]", "\u{202f}"),
        ("[footnote:", "[^"),
        ("[newpage]", ""),
    ];
    let mut out = text.to_owned();
    for (code, mark) in CODES {
        out = out.replace(code, mark);
    }
    out
}

/// Takes a note over: of the characters as cast, any other as background.
fn note(item: &Item, text: &str, book: &mut ImportedBook) {
    let sections = sections(item, text);
    if item.class != "CHARACTER" {
        let texts: Vec<String> = sections
            .iter()
            .map(|it| it.text.clone())
            .filter(|it| !it.is_empty())
            .collect();
        let aliases = sections
            .into_iter()
            .flat_map(|it| it.aliases)
            .filter(|it| *it != item.name)
            .collect();
        if !texts.is_empty() {
            book.background.push(Background {
                title: item.name.clone(),
                aliases,
                text: texts.join("\n\n"),
            });
        }
        return;
    }
    let has_tags = sections.iter().any(|it| !it.aliases.is_empty());
    let mut people: Vec<Person> = Vec::new();
    for section in sections {
        let begins = !section.aliases.is_empty() || (!has_tags && people.is_empty());
        match people.last_mut() {
            Some(person) if !begins => {
                let about = format!("{}: {}", section.name, section.text);
                if !section.text.is_empty() {
                    person.text = format!("{}\n\n{about}", person.text).trim().to_owned();
                }
            }
            _ if begins => people.push(section),
            _ => {}
        }
    }
    book.cast.extend(people);
}

/// Takes a note apart by its headings.
fn sections(item: &Item, text: &str) -> Vec<Person> {
    let mut sections = vec![Person {
        name: item.name.clone(),
        ..Person::default()
    }];
    for line in text.lines() {
        let Some(last) = sections.last_mut() else {
            continue;
        };
        if let Some((_, _, title)) = heading(line) {
            if last.text.is_empty() && last.aliases.is_empty() && sections.len() == 1 {
                sections.clear();
            }
            sections.push(Person {
                name: title.to_owned(),
                ..Person::default()
            });
        } else if let Some((key, names)) = tags(line) {
            if key == "tag" {
                let own = last.name.clone();
                last.aliases
                    .extend(names.into_iter().filter(|it| *it != own).map(str::to_owned));
                // A tag that is the name itself still says that this is a person.
                if last.aliases.is_empty() {
                    last.aliases.push(own);
                }
            }
        } else if let Some((kind, text)) = comment(line) {
            if matches!(kind.as_str(), "short" | "synopsis" | "description") {
                last.text.push_str(&format!("{text}\n\n"));
            }
        } else if let Some(line) = shown(line).or_else(|| line.trim().is_empty().then(String::new))
        {
            last.text.push_str(&line);
            last.text.push('\n');
        }
    }
    for section in &mut sections {
        section.text = section.text.trim().to_owned();
    }
    sections
}
