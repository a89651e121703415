//! Writes the sections that are tables and lists: phrases, calls, what is stale, all chunks.

use super::pictures::{Bar, bars};
use super::section::{figure, links, name, section};
use super::{Chunk, Report};
use crate::book::xml::escaped;
use crate::story::ChunkNumber;
use crate::story::text::numbers::grouped;

/// Writes a section; empty where there is nothing to tell.
pub fn phrases(report: &Report) -> String {
    if report.phrases.is_empty() {
        return String::new();
    }
    let lines: String = report
        .phrases
        .iter()
        .map(|phrase| {
            format!(
                "<tr><td dir=\"auto\" lang=\"{}\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
                report.language,
                escaped(&phrase.text),
                phrase.times,
                links(report, &phrase.chunks)
            )
        })
        .collect();
    let about = "Said three times or more, in the same words. A refrain may be meant.";
    let table = format!(
        "<div class=\"scroll\"><table>\n<thead><tr><th>phrase</th><th class=\"n\">times</th><th>in chunks</th></tr></thead>\n\
         <tbody>\n{lines}</tbody></table></div>\n"
    );
    section("Phrases that come again", about, &table).replacen(
        "<section>",
        "<section class=\"long\">",
        1,
    )
}

/// Writes a section; empty where there is nothing to tell.
pub fn work(report: &Report) -> String {
    let tokens = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), grouped);
    let money =
        |cost: Option<f64>| cost.map_or_else(|| "–".to_owned(), |cost| format!("{cost:.4}"));
    let roles: String = report
        .roles
        .iter()
        .map(|role| {
            format!(
                "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                escaped(&role.name),
                grouped(role.calls),
                tokens(role.input_tokens),
                tokens(role.cached_tokens),
                tokens(role.output_tokens),
                money(role.cost)
            )
        })
        .collect();
    let mut content = String::new();
    if !roles.is_empty() {
        content.push_str(&format!(
            "<div class=\"scroll\"><table>\n<thead><tr><th>role</th><th class=\"n\">calls</th><th class=\"n\">tokens in</th>\
             <th class=\"n\">of them cached</th><th class=\"n\">tokens out</th><th class=\"n\">cost</th></tr></thead>\n<tbody>\n{roles}</tbody></table></div>\n"
        ));
    }
    let timed: Vec<Bar> = report
        .chunks
        .iter()
        .map(|chunk| {
            let work = chunk.work.as_ref();
            let seconds = work.and_then(|work| work.seconds).unwrap_or(0);
            Bar {
                value: seconds as f64,
                mark: None,
                words: format!(
                    "{}: {seconds} s{}",
                    name(chunk),
                    work.map_or_else(String::new, |it| format!(", {}", it.model))
                ),
                link: Some(chunk.link.clone()),
                class: "full",
                label: chunk.number.to_string(),
            }
        })
        .collect();
    if timed.iter().any(|bar| bar.value > 0.0) {
        content.push_str("<p>Seconds that the text of each chunk took:</p>\n");
        content.push_str(&figure(&bars(
            "Seconds that each chunk took",
            &timed,
            "chunk",
        )));
    }
    let lines: String = report
        .chunks
        .iter()
        .filter_map(|chunk| {
            let work = chunk.work.as_ref()?;
            Some(format!(
                "<tr><td><a href=\"{}\">{}</a></td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                escaped(&chunk.link),
                escaped(&name(chunk)),
                escaped(&work.model),
                tokens(work.input_tokens),
                tokens(work.output_tokens),
                work.seconds.map_or_else(|| "–".to_owned(), grouped),
                work.attempts,
                money(work.cost)
            ))
        })
        .collect();
    if lines.is_empty() && content.is_empty() {
        return String::new();
    }
    if !lines.is_empty() {
        content.push_str(&format!(
            "<details><summary>By chunk</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th>chunk</th><th>model</th>\
             <th class=\"n\">tokens in</th><th class=\"n\">tokens out</th><th class=\"n\">seconds</th><th class=\"n\">attempts</th>\
             <th class=\"n\">cost</th></tr></thead>\n<tbody>\n{lines}</tbody></table></div></details>\n"
        ));
    }
    section(
        "Models, tokens, time and cost",
        "Of every call of this draft, with failed attempts and texts that were replaced. A dash: the server does not tell, or no price is known.",
        &content,
    )
    .replacen("<section>", "<section class=\"long\">", 1)
}

/// Writes a section; empty where there is nothing to tell.
pub fn stale(report: &Report) -> String {
    let stale: Vec<(&Chunk, &String)> = report
        .chunks
        .iter()
        .filter_map(|chunk| Some((chunk, chunk.stale.as_ref()?)))
        .collect();
    if stale.is_empty() {
        return section(
            "What is stale",
            "Nothing: every chunk was written from what the brief says now.",
            "",
        );
    }
    // What several are stale for is said once.
    let mut reasons: Vec<(&String, Vec<&Chunk>)> = Vec::new();
    for (chunk, why) in stale {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, chunks)) => chunks.push(chunk),
            None => reasons.push((why, vec![chunk])),
        }
    }
    let lines: String = reasons
        .iter()
        .map(|(why, chunks)| match chunks.as_slice() {
            [chunk] => format!(
                "<li><a href=\"{}\">{}</a>: {}</li>\n",
                escaped(&chunk.link),
                escaped(&name(chunk)),
                escaped(why)
            ),
            chunks => {
                let numbers: Vec<ChunkNumber> = chunks.iter().map(|chunk| chunk.number).collect();
                let links = links(report, &numbers);
                format!(
                    "<li>{} chunks, {links}: {}</li>\n",
                    chunks.len(),
                    escaped(why)
                )
            }
        })
        .collect();
    section(
        "What is stale",
        "Written from something that has changed since. <code>storywright rewrite --stale</code> writes anew, <code>storywright keep</code> keeps the text.",
        &format!("<ul>\n{lines}</ul>\n"),
    )
}

/// Lists all chunks, as the pictures show them.
pub fn chunks(report: &Report) -> String {
    let mut lines = String::new();
    let mut chapter = None;
    for chunk in &report.chunks {
        if chunk.chapter.is_some() && chapter != Some(&chunk.chapter) {
            let title = chunk.chapter.as_deref().unwrap_or_default();
            lines.push_str(&format!(
                "<tr><th colspan=\"7\" dir=\"auto\">{}</th></tr>\n",
                escaped(title)
            ));
        }
        chapter = Some(&chunk.chapter);
        let present: Vec<&str> = report
            .cast
            .iter()
            .zip(&chunk.mentions)
            .filter(|(_, times)| **times > 0)
            .map(|(label, _)| label.as_str())
            .collect();
        let dash = || "–".to_owned();
        lines.push_str(&format!(
            "<tr><td dir=\"auto\"><a href=\"{}\">{}</a></td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td dir=\"auto\">{}</td></tr>\n",
            escaped(&chunk.link),
            escaped(&name(chunk)),
            chunk.status.word(),
            grouped(chunk.words),
            grouped(chunk.target_words),
            chunk.spoken.map_or_else(dash, |share| format!("{share} %")),
            chunk.sentences.map_or_else(dash, |it| it.median.to_string()),
            escaped(&present.join(", "))
        ));
    }
    let table = format!(
        "<details><summary>All chunks in words</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th>chunk</th><th>status</th>\
         <th class=\"n\">{unit}</th><th class=\"n\">target</th><th class=\"n\">dialogue</th><th class=\"n\">sentence</th><th>cast</th>\
         </tr></thead>\n<tbody>\n{lines}</tbody></table></div></details>\n",
        unit = report.language.unit()
    );
    section("Chunks", "The same as the pictures, as a table.", &table).replacen(
        "<section>",
        "<section class=\"long\">",
        1,
    )
}
