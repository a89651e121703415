//! Reads a Longform project (a plug-in for Obsidian): an index whose front matter lists the scenes in their order.

use super::assembly::Piece;
use super::imported::{ImportedBook, ImportedChapter, ImportedScene};
use super::markdown::{attach_notes, pieces};
use super::source::{Source, SourceFile, Unreadable};
use super::{epub, front_matter, markdown, table};

pub(super) fn read(source: &Source) -> Result<ImportedBook, Unreadable> {
    let mut indices = source
        .files
        .iter()
        .filter(|file| front_matter::is_longform(file));
    let index = indices
        .next()
        .ok_or_else(|| Unreadable::new(&source.name, "no index of Longform is in it"))?;
    let text = index.text()?;
    let (lines, _) = front_matter::split(&text);
    let title = table::value(lines, "title", ':').filter(|it| !it.is_empty());
    if table::value(lines, "format", ':') == Some("single") {
        let mut book = markdown::read(index)?;
        book.title = title.map_or_else(|| Some(index.stem().to_owned()), |it| Some(it.to_owned()));
        return Ok(book);
    }
    let mut book = ImportedBook {
        title: Some(title.map_or_else(|| index.stem().to_owned(), str::to_owned)),
        ..ImportedBook::default()
    };
    let others = indices.count();
    if others > 0 {
        book.notices.push(format!(
            "the folder has {others} more drafts of Longform; {} was read",
            index.path
        ));
    }
    let folder = index.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = table::value(lines, "sceneFolder", ':').unwrap_or("/");
    let folder = epub::joined(&format!("{folder}/{below}"), "");
    let scenes = scenes(lines);
    let mut notes = Vec::new();
    for (number, (depth, name)) in scenes.iter().enumerate() {
        let path = epub::joined(&folder, &format!("{name}.md"));
        let Some(file) = source.file(&path) else {
            book.notices.push(format!(
                "{path} is in the index and not in the folder, so it is left out"
            ));
            continue;
        };
        let scene = scene(file, name, &mut notes)?;
        let opens_chapter = *depth == 0;
        if opens_chapter || book.chapters.is_empty() {
            book.chapters.push(ImportedChapter {
                title: Some(name.clone()),
                scenes: Vec::new(),
            });
        }
        let has_below = scenes.get(number + 1).is_some_and(|(next, _)| next > depth);
        if let Some(chapter) = book.chapters.last_mut()
            && !(has_below && scene.text.trim().is_empty())
        {
            chapter.scenes.push(scene);
        }
    }
    attach_notes(&mut book, &notes);
    Ok(book)
}

/// Reads the file of a scene; its headings are left in the text.
fn scene(
    file: &SourceFile,
    name: &str,
    notes: &mut Vec<(String, String)>,
) -> Result<ImportedScene, Unreadable> {
    let text = file.text()?;
    let (lines, body) = front_matter::split(&text);
    let (pieces, own) = pieces(body);
    notes.extend(own);
    let texts = pieces
        .into_iter()
        .enumerate()
        .filter_map(|(at, piece)| match piece {
            Piece::Text(text) => Some(text),
            Piece::Break => Some("* * *".to_owned()),
            // A heading that says the file's name again says nothing.
            Piece::Heading { title, .. } if at == 0 && title == name => None,
            Piece::Heading { level, title } => {
                Some(format!("{} {title}", "#".repeat(usize::from(level.max(3)))))
            }
            Piece::Scene { .. } => None,
        });
    Ok(ImportedScene {
        title: Some(name.to_owned()),
        text: texts.collect::<Vec<_>>().join("\n\n"),
        synopsis: table::value(lines, "synopsis", ':')
            .filter(|it| !it.is_empty())
            .map(str::to_owned),
        key: Some(file.path.clone()),
        ..ImportedScene::default()
    })
}

/// Lists the scenes with how deep they are indented.
fn scenes(lines: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut first = None;
    let mut lines = lines
        .lines()
        .skip_while(|line| line.trim_end().trim_start() != "scenes:");
    lines.next();
    for line in lines {
        let mut rest = line.trim_start();
        if !rest.starts_with("- ") {
            break;
        }
        while let Some(inner) = rest.strip_prefix("- ") {
            rest = inner.trim_start();
        }
        let column = line.len() - rest.len();
        let first = *first.get_or_insert(column);
        found.push((
            column.saturating_sub(first) / 2,
            table::unquoted(rest).to_owned(),
        ));
    }
    found
}
