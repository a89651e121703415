//! Writes the page: its head, and a section a subject, each with a picture and what it says in words.

use super::lists::{chunks, phrases, stale, work};
use super::pictures::{Bar, Mark, Range, Row, bars, ranges, rows};
use super::section::{figure, name, section};
use super::style::STYLE;
use super::{Chunk, Report, Status};
use crate::book::xml::escaped;
use crate::story::counted::counted;
use crate::story::text::numbers::grouped;

/// Renders the page. The same report gives the same bytes.
pub fn render(report: &Report) -> String {
    let sections = [
        words(report),
        who(report),
        threads(report),
        dialogue(report),
        sentences(report),
        phrases(report),
        pace(report),
        work(report),
        stale(report),
        chunks(report),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"UTF-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} – report</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n\
         <svg width=\"0\" height=\"0\" style=\"position: absolute\" aria-hidden=\"true\"><defs>\
         <pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" style=\"stroke: var(--bar); stroke-width: 2\"/></pattern></defs></svg>\n\
         <header>\n<h1 lang=\"{}\" dir=\"auto\">{title}</h1>\n<p class=\"soft\">Draft {}, text of {}</p>\n</header>\n{}{}\
         </body>\n</html>\n",
        report.language,
        escaped(&report.session),
        escaped(&report.updated),
        numbers(report),
        sections.concat(),
        title = escaped(&report.title),
    )
}

fn numbers(report: &Report) -> String {
    let counts = &report.counts;
    let complete = report
        .chunks
        .iter()
        .filter(|chunk| chunk.status.is_complete())
        .count();
    let unit = report.language.unit();
    let mut rows = vec![
        (
            format!("{unit} of {}", grouped(report.target_words)),
            grouped(counts.length),
        ),
        (
            format!("chunks of {}", report.chunks.len()),
            complete.to_string(),
        ),
        (
            "words by Unicode (UAX 29)".to_owned(),
            grouped(counts.unicode_words),
        ),
        (
            "words between blanks (wc, LibreOffice)".to_owned(),
            grouped(counts.whitespace_words),
        ),
        (
            "characters, blanks and all".to_owned(),
            grouped(counts.characters),
        ),
        (
            "characters without blanks".to_owned(),
            grouped(counts.characters_without_blanks),
        ),
    ];
    let of_a_page = if report.language.counts_characters() {
        "400 characters"
    } else {
        "250 words"
    };
    rows.push((
        format!("pages of {of_a_page}"),
        grouped(counts.pages(&report.language)),
    ));
    let rows: String = rows
        .into_iter()
        .map(|(name, value)| format!("<div><dt>{}</dt><dd>{value}</dd></div>\n", escaped(&name)))
        .collect();
    format!("<dl class=\"numbers\">\n{rows}</dl>\n")
}

fn words(report: &Report) -> String {
    let unit = report.language.unit();
    let all: Vec<Bar> = report
        .chunks
        .iter()
        .map(|chunk| Bar {
            value: f64::from(chunk.words),
            mark: Some(f64::from(chunk.target_words)),
            words: format!(
                "{}: {} of {} {unit}, {}",
                name(chunk),
                grouped(chunk.words),
                grouped(chunk.target_words),
                chunk.status.word()
            ),
            link: Some(chunk.link.clone()).filter(|_| chunk.status != Status::Missing),
            class: chunk.status.class(),
            label: chunk.number.to_string(),
        })
        .collect();
    let key = "<div class=\"key\">\
        <span><svg viewBox=\"0 0 20 14\"><rect class=\"full\" width=\"20\" height=\"14\"/></svg>complete</span>\
        <span><svg viewBox=\"0 0 20 14\"><rect class=\"light\" x=\"1\" y=\"1\" width=\"18\" height=\"12\"/></svg>complete, in your own words</span>\
        <span><svg viewBox=\"0 0 20 14\"><rect class=\"begun\" x=\"1\" y=\"1\" width=\"18\" height=\"12\"/></svg>begun or failed</span>\
        <span><svg viewBox=\"0 0 20 14\"><line class=\"mark\" x1=\"0\" x2=\"20\" y1=\"7\" y2=\"7\"/></svg>target</span></div>\n";
    let about = match far_off(report) {
        0 => format!("Each bar is a chunk, in {unit}; the line across it is its target."),
        off => format!(
            "Each bar is a chunk, in {unit}; the line across it is its target. {} more than a quarter off it.",
            match off {
                1 => "1 complete chunk is".to_owned(),
                off => format!("{off} complete chunks are"),
            }
        ),
    };
    section(
        "Length by chunk",
        &about,
        &format!(
            "{}{key}",
            figure(&bars(
                "Length of each chunk against its target",
                &all,
                "chunk"
            ))
        ),
    )
}

fn far_off(report: &Report) -> usize {
    let complete = report
        .chunks
        .iter()
        .filter(|chunk| chunk.status.is_complete());
    complete
        .filter(|chunk| chunk.words.abs_diff(chunk.target_words) * 4 > chunk.target_words)
        .count()
}

fn who(report: &Report) -> String {
    if report.cast.is_empty() {
        return String::new();
    }
    let most = report
        .chunks
        .iter()
        .flat_map(|chunk| &chunk.mentions)
        .max()
        .copied()
        .unwrap_or(0)
        .max(1);
    let lines: Vec<Row> = report
        .cast
        .iter()
        .enumerate()
        .map(|(person, label)| Row {
            label: label.clone(),
            marks: report
                .chunks
                .iter()
                .enumerate()
                .filter_map(|(column, chunk)| {
                    let times = chunk.mentions.get(person).copied().filter(|it| *it > 0)?;
                    Some(Mark::Cell {
                        column,
                        share: times as f64 / most as f64,
                        words: format!(
                            "{label} in {}: named {}",
                            name(chunk),
                            counted(times, "time")
                        ),
                    })
                })
                .collect(),
        })
        .collect();
    let absent: Vec<&str> = report
        .cast
        .iter()
        .enumerate()
        .filter(|(person, _)| {
            report
                .chunks
                .iter()
                .all(|chunk| chunk.mentions.get(*person).is_none_or(|it| *it == 0))
        })
        .map(|(_, label)| label.as_str())
        .collect();
    let mut about = "A square where somebody is named; the larger, the more often. Who tells the story may hardly be.".to_owned();
    if !absent.is_empty() {
        about.push_str(&format!(" Named nowhere: {}.", escaped(&absent.join(", "))));
    }
    section(
        "Who is in which chunk",
        &about,
        &figure(&rows(
            "Which of the cast is named in which chunk",
            &lines,
            &report.chunks,
        )),
    )
}

fn threads(report: &Report) -> String {
    if report.threads.is_empty() {
        return section(
            "Threads",
            "No thread is known. With the setting `state` on, chunks are read for those that they open and pay.",
            "",
        );
    }
    let column = |number| {
        report
            .chunks
            .iter()
            .position(|chunk| chunk.number == number)
    };
    let last = report.chunks.len().saturating_sub(1);
    let lines: Vec<Row> = report
        .threads
        .iter()
        .filter_map(|thread| {
            let from = column(thread.opened)?;
            let to = thread.closed.and_then(column);
            let words = match thread.closed {
                Some(closed) => format!(
                    "{}: opened in chunk {}, paid in chunk {closed}",
                    thread.text, thread.opened
                ),
                None => format!(
                    "{}: opened in chunk {}, still open",
                    thread.text, thread.opened
                ),
            };
            Some(Row {
                label: thread.text.clone(),
                marks: vec![Mark::Span {
                    from,
                    to: to.unwrap_or(last),
                    is_open: to.is_none(),
                    words,
                }],
            })
        })
        .collect();
    let open = report
        .threads
        .iter()
        .filter(|thread| thread.closed.is_none())
        .count();
    let about = format!(
        "Where a question is opened, and where it is paid (a dot). A broken line with an arrow is still open: {open} of {}.",
        report.threads.len()
    );
    section(
        "Threads",
        &about,
        &figure(&rows(
            "Threads from where they are opened to where they are paid",
            &lines,
            &report.chunks,
        )),
    )
}

fn dialogue(report: &Report) -> String {
    let spoken: Vec<(&Chunk, u32)> = report
        .chunks
        .iter()
        .filter_map(|chunk| Some((chunk, chunk.spoken?)))
        .collect();
    if spoken.iter().all(|(_, share)| *share == 0) {
        return String::new();
    }
    let all: Vec<Bar> = report
        .chunks
        .iter()
        .map(|chunk| Bar {
            value: f64::from(chunk.spoken.unwrap_or(0)),
            mark: None,
            words: format!(
                "{}: {} per cent of its words are spoken",
                name(chunk),
                chunk.spoken.unwrap_or(0)
            ),
            link: Some(chunk.link.clone()),
            class: "full",
            label: chunk.number.to_string(),
        })
        .collect();
    let average = spoken.iter().map(|(_, share)| share).sum::<u32>() / spoken.len().max(1) as u32;
    let about = format!(
        "Of the words of each chunk, those that somebody says, in per cent. On average {average}."
    );
    section(
        "Dialogue",
        &about,
        &figure(&bars(
            "Share of dialogue in each chunk, in per cent",
            &all,
            "chunk",
        )),
    )
}

fn sentences(report: &Report) -> String {
    let unit = report.language.unit();
    let all: Vec<Range> = report
        .chunks
        .iter()
        .enumerate()
        .filter_map(|(column, chunk)| {
            let it = chunk.sentences?;
            Some(Range {
                column,
                low: f64::from(it.tenth),
                middle: f64::from(it.median),
                high: f64::from(it.ninetieth),
                words: format!(
                    "{}: {}, half of them of {} {unit} or fewer, most from {} to {}, the longest {}",
                    name(chunk),
                    counted(it.count, "sentence"),
                    it.median,
                    it.tenth,
                    it.ninetieth,
                    it.longest
                ),
            })
        })
        .collect();
    if all.is_empty() {
        return String::new();
    }
    let about = format!(
        "In {unit}. The line is the sentence in the middle; eight of ten are within the box. A tall box is varied prose."
    );
    let picture = ranges(
        "Length of sentences in each chunk",
        &all,
        &report.chunks,
        "chunk",
    );
    section("Sentences", &about, &figure(&picture))
}

fn pace(report: &Report) -> String {
    if report.days.is_empty() {
        return String::new();
    }
    let unit = report.language.unit();
    let all: Vec<Bar> = report
        .days
        .iter()
        .map(|day| Bar {
            value: f64::from(day.words),
            mark: None,
            words: format!("{}: {} {unit}", day.date, grouped(day.words)),
            link: None,
            class: "full",
            label: day.date.clone(),
        })
        .collect();
    let total: u32 = report.days.iter().map(|day| day.words).sum();
    let about = format!(
        "{} {unit} on {}, by the day (UTC) on which each chunk that a model wrote was first complete.",
        grouped(total),
        counted(report.days.len(), "day")
    );
    section("Pace", &about, &figure(&bars("Words by day", &all, "day")))
}
