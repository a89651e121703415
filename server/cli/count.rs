//! `storywright count`: how long a draft is, in the ways that writers are asked for.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::story::story_and_settings;
use super::{output, place};
use crate::jobs::run::workshop::Workshop;
use crate::publishing::count::{CountReport, Length, count};
use crate::session::NoEditor;

#[derive(Args)]
pub struct Count {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to count [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(workshop: &Workshop, arguments: Count) -> Result<Exit, Failure> {
    let (story, settings) = story_and_settings(workshop, arguments.path.as_deref())?;
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let report = count(
        &story,
        &settings,
        session.as_ref(),
        &NoEditor,
        workshop.disk(),
    )?;
    if arguments.json {
        output::print_json(&report, true);
        return Ok(Exit::Done);
    }
    for notice in &report.notices {
        output::note(&format!("note: {notice}"));
    }
    output::print(&table(&report));
    Ok(Exit::Done)
}

fn table(report: &CountReport) -> String {
    let mut lines = vec![
        format!(
            "{:>9} {:>9} {:>10} {:>10} {:>6}",
            "words by", "words by", "characters", "characters", ""
        ),
        format!(
            "{:>9} {:>9} {:>10} {:>10} {:>6}",
            "Unicode", "blanks", "", "no blanks", "pages"
        ),
    ];
    for (index, chapter) in report.chapters.iter().enumerate() {
        let chunks: Vec<_> = report
            .chunks
            .iter()
            .filter(|chunk| chunk.chapter == index + 1)
            .collect();
        // A chapter of one chunk is that chunk.
        let is_chapter =
            chunks.len() > 1 || chapter.title.as_ref() != chunks.first().map(|it| &it.title);
        for chunk in &chunks {
            lines.push(row(
                &chunk.length,
                &format!("{:>4}  {}", chunk.number.0, chunk.title),
            ));
        }
        if is_chapter {
            let title = chapter.title.as_deref().unwrap_or("(no chapter)");
            lines.push(row(&chapter.length, &format!("      = {title}")));
        }
    }
    lines.push(row(&report.whole, &format!("      = {}", report.story)));
    lines.push(match report.unit {
        "characters" => "pages: of 400 characters, as a sheet of manuscript paper has".to_owned(),
        _ => "pages: of 250 words by Unicode, as publishers count. By blanks is what `wc` and LibreOffice call words".to_owned(),
    });
    lines.join("\n")
}

fn row(length: &Length, name: &str) -> String {
    let counts = &length.counts;
    format!(
        "{:>9} {:>9} {:>10} {:>10} {:>6}  {name}",
        counts.unicode_words,
        counts.whitespace_words,
        counts.characters,
        counts.characters_without_blanks,
        length.pages
    )
}
