//! Draws the pictures of the page as SVG: bars, a matrix, spans. Marks are told by shape; each has its words.

use super::Chunk;
use crate::book::xml::escaped;

/// The width of all pictures, in their own units.
const WIDTH: usize = 960;
/// The room for numbers at the left.
const LEFT: usize = 56;

/// The height of pictures with a scale, and what of it is left free.
const HEIGHT: usize = 220;
const BOTTOM: usize = 24;
const TOP: usize = 12;

/// One bar.
pub struct Bar {
    pub value: f64,
    /// A short line across it.
    pub mark: Option<f64>,
    /// What a reader hears of it.
    pub words: String,
    pub link: Option<String>,
    /// The class of its filling.
    pub class: &'static str,
    /// Below it, where there is room.
    pub label: String,
}

/// Draws bars with a scale. `title` names the picture for those who do not see it.
pub fn bars(title: &str, bars: &[Bar], unit: &str) -> String {
    let most = bars
        .iter()
        .flat_map(|bar| [bar.value, bar.mark.unwrap_or(0.0)])
        .fold(0.0, f64::max);
    let axis = Axis::up_to(most);
    let y = |value: f64| axis.y(value);
    let mut out = open(title, HEIGHT);
    out.push_str(&axis.lines(unit));
    let slot = slot(bars.len());
    let width = (slot * 0.72).min(48.0);
    let every = every(
        slot,
        bars.iter()
            .map(|bar| bar.label.chars().count())
            .max()
            .unwrap_or(1),
    );
    for (index, bar) in bars.iter().enumerate() {
        let middle = LEFT as f64 + slot * (index as f64 + 0.5);
        let mut shape = format!(
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
            bar.class,
            middle - width / 2.0,
            y(bar.value),
            (y(0.0) - y(bar.value)).max(0.5),
        );
        if let Some(mark) = bar.mark {
            shape.push_str(&format!(
                "<line class=\"mark\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{2:.1}\" y2=\"{2:.1}\"/>",
                middle - slot.min(56.0) / 2.0,
                middle + slot.min(56.0) / 2.0,
                y(mark)
            ));
        }
        out.push_str(&told(&shape, &bar.words, bar.link.as_deref()));
        if index % every == 0 {
            out.push_str(&format!(
                "<text class=\"label\" x=\"{middle:.1}\" y=\"{}\">{}</text>\n",
                HEIGHT - 8,
                escaped(&bar.label)
            ));
        }
    }
    out + "</svg>\n"
}

/// A row of a picture whose columns are the chunks.
pub struct Row {
    pub label: String,
    pub marks: Vec<Mark>,
}

/// What stands in a row.
pub enum Mark {
    /// A square in the column of a chunk, the larger the more of it.
    Cell {
        column: usize,
        share: f64,
        words: String,
    },
    /// From a chunk to another; one that goes on has an open end.
    Span {
        from: usize,
        to: usize,
        is_open: bool,
        words: String,
    },
}

/// The range and the middle of what a chunk has.
pub struct Range {
    pub column: usize,
    pub low: f64,
    pub middle: f64,
    pub high: f64,
    pub words: String,
}

/// Draws rows over the chunks.
pub fn rows(title: &str, rows: &[Row], chunks: &[Chunk]) -> String {
    const ROW: usize = 24;
    const BOTTOM: usize = 24;
    /// The width of a letter of a name, about.
    const LETTER: usize = 7;
    let longest = rows.iter().map(|row| row.label.chars().count()).max();
    let names = (longest.unwrap_or(0) * LETTER + 8).clamp(190, WIDTH * 2 / 5);
    let height = rows.len() * ROW + BOTTOM;
    let slot = (WIDTH - names) as f64 / chunks.len().max(1) as f64;
    let mut out = open(title, height);
    let x = |column: usize| names as f64 + slot * (column as f64 + 0.5);
    for (index, row) in rows.iter().enumerate() {
        let middle = (index * ROW + ROW / 2) as f64;
        out.push_str(&format!(
            "<line class=\"grid\" x1=\"{names}\" x2=\"{WIDTH}\" y1=\"{middle}\" y2=\"{middle}\"/>\
             <text class=\"name\" x=\"{}\" y=\"{}\"><title>{}</title>{}</text>\n",
            names - 8,
            middle + 4.0,
            escaped(&row.label),
            escaped(&shortened(&row.label, names / LETTER))
        ));
        for mark in &row.marks {
            let (shape, words, column) = match mark {
                Mark::Cell {
                    column,
                    share,
                    words,
                } => {
                    let most = slot.min(ROW as f64 - 4.0);
                    let side = (most * (0.4 + 0.6 * share)).max(3.0);
                    let shape = format!(
                        "<rect class=\"full\" x=\"{:.1}\" y=\"{:.1}\" width=\"{side:.1}\" height=\"{side:.1}\"/>",
                        x(*column) - side / 2.0,
                        middle - side / 2.0
                    );
                    (shape, words, Some(*column))
                }
                Mark::Span {
                    from,
                    to,
                    is_open,
                    words,
                } => {
                    let end = if *is_open {
                        format!(
                            "<path class=\"end open\" d=\"M{0:.1} {1:.1} l-7 -5 v10 z\"/>",
                            (x(*to) + slot / 2.0).min(WIDTH as f64),
                            middle
                        )
                    } else {
                        format!(
                            "<circle class=\"end\" cx=\"{:.1}\" cy=\"{middle}\" r=\"5\"/>",
                            x(*to)
                        )
                    };
                    let shape = format!(
                        "<line class=\"span{}\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>\
                         <rect class=\"full\" x=\"{:.1}\" y=\"{:.1}\" width=\"5\" height=\"10\"/>{end}",
                        if *is_open { " open" } else { "" },
                        x(*from),
                        x(*to) + if *is_open { slot / 2.0 - 7.0 } else { 0.0 },
                        x(*from) - 2.5,
                        middle - 5.0
                    );
                    (shape, words, None)
                }
            };
            let link = column
                .and_then(|column| chunks.get(column))
                .map(|chunk| chunk.link.as_str());
            out.push_str(&told(&shape, words, link));
        }
    }
    out.push_str(&columns(chunks, slot, names, height));
    out + "</svg>\n"
}

/// Draws a range with its middle for every chunk.
pub fn ranges(title: &str, ranges: &[Range], chunks: &[Chunk], unit: &str) -> String {
    let most = ranges
        .iter()
        .fold(0.0, |most: f64, range| most.max(range.high));
    let axis = Axis::up_to(most);
    let y = |value: f64| axis.y(value);
    let slot = slot(chunks.len());
    let mut out = open(title, HEIGHT);
    out.push_str(&axis.lines(unit));
    for Range {
        column,
        low,
        middle,
        high,
        words,
    } in ranges
    {
        let x = LEFT as f64 + slot * (*column as f64 + 0.5);
        let width = (slot * 0.5).clamp(2.0, 16.0);
        let shape = format!(
            "<rect class=\"light\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>\
             <line class=\"mark\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{5:.1}\" y2=\"{5:.1}\"/>",
            x - width / 2.0,
            y(*high),
            (y(*low) - y(*high)).max(1.0),
            x - width / 2.0 - 2.0,
            x + width / 2.0 + 2.0,
            y(*middle),
        );
        let link = chunks.get(*column).map(|chunk| chunk.link.as_str());
        out.push_str(&told(&shape, words, link));
    }
    let every = every(slot, 4);
    for (index, chunk) in chunks.iter().enumerate().step_by(every) {
        out.push_str(&format!(
            "<text class=\"label\" x=\"{:.1}\" y=\"{}\">{}</text>\n",
            LEFT as f64 + slot * (index as f64 + 0.5),
            HEIGHT - 8,
            chunk.number
        ));
    }
    out + "</svg>\n"
}

fn columns(chunks: &[Chunk], slot: f64, start: usize, height: usize) -> String {
    let every = every(slot, 4);
    let chunks = chunks.iter().enumerate().step_by(every);
    chunks
        .map(|(index, chunk)| {
            format!(
                "<text class=\"label\" x=\"{:.1}\" y=\"{}\">{}</text>\n",
                start as f64 + slot * (index as f64 + 0.5),
                height - 8,
                chunk.number
            )
        })
        .collect()
}

fn open(title: &str, height: usize) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(title)
    )
}

/// Puts words, and where it leads, to a shape.
fn told(shape: &str, words: &str, link: Option<&str>) -> String {
    let words = escaped(words);
    match link {
        Some(link) => format!(
            "<a href=\"{}\"><title>{words}</title>{shape}</a>\n",
            escaped(link)
        ),
        None => format!("<g><title>{words}</title>{shape}</g>\n"),
    }
}

fn slot(count: usize) -> f64 {
    (WIDTH - LEFT) as f64 / count.max(1) as f64
}

/// Returns every how many columns there is room for a label of so many characters.
fn every(slot: f64, characters: usize) -> usize {
    let room = 7.0 * characters as f64 + 8.0;
    let every = (room / slot).ceil().max(1.0);
    // Columns are counted in fives.
    match every as usize {
        1 => 1,
        2 => 2,
        few => few.div_ceil(5) * 5,
    }
}

/// The scale at the left of a picture.
struct Axis {
    step: f64,
    top: f64,
}

impl Axis {
    fn up_to(most: f64) -> Axis {
        let (step, top) = scale(most);
        Axis { step, top }
    }

    fn y(&self, value: f64) -> f64 {
        let plot = (HEIGHT - BOTTOM - TOP) as f64;
        TOP as f64 + plot - value / self.top * plot
    }

    /// Draws the lines with their numbers.
    fn lines(&self, unit: &str) -> String {
        let mut out = String::new();
        let mut line = 0.0;
        while line <= self.top + self.step / 2.0 {
            let y = self.y(line);
            out.push_str(&format!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"scale\" x=\"{}\" y=\"{:.1}\">{}</text>\n",
                LEFT - 6,
                y + 4.0,
                number(line)
            ));
            line += self.step;
        }
        let (x, y) = (LEFT - 6, HEIGHT - 8);
        out.push_str(&format!(
            "<text class=\"unit\" x=\"{x}\" y=\"{y}\">{}</text>\n",
            escaped(unit)
        ));
        out
    }
}

/// Returns the step of a scale that reaches `most` in some four steps, and its end.
fn scale(most: f64) -> (f64, f64) {
    let rough = (most / 4.0).max(0.25);
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= rough)
        .unwrap_or(magnitude * 10.0);
    (step, (most / step).ceil().max(1.0) * step)
}

fn number(value: f64) -> String {
    match value {
        value if value >= 10_000.0 => format!("{}k", (value / 100.0).round() / 10.0),
        value => format!("{}", (value * 100.0).round() / 100.0),
    }
}

/// Shortens a text to so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
