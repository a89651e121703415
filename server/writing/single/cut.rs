//! Cuts the answer of a call that writes a whole story into its parts, while it arrives.
//!
//! Pure. Nothing of an answer is lost: its pieces in a row are the answer. Where it is cut does
//! not depend on the deltas that it comes in.

use super::mark;

/// Text before the first mark that is taken for a preamble, in bytes. So much is held back at
/// most until it is known what it is.
const PREAMBLE: usize = 300;

/// A piece of an answer, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Stands before the mark of the first part.
    Preamble(String),
    Text(String),
    /// A line with a mark, whole.
    Mark(Turn, String),
}

/// What follows a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// More text of the current part.
    Same,
    /// The next part.
    Next,
    /// There is no further part.
    End,
    /// Another part than the next; its text can't be relied on.
    Astray(u32),
}

/// Cuts one answer.
#[derive(Debug)]
pub(crate) struct Cutter {
    /// The part that is being written, from 1.
    part: u32,
    parts: u32,
    /// The text before the first mark, as long as it may be a preamble.
    opening: Option<String>,
    /// The beginning of a line that may be a mark.
    line: String,
    /// Whether the line is known to be prose.
    in_prose: bool,
    /// Whether the model writes the marks as asked, so that headings are not taken for marks.
    marks_well: bool,
}

impl Cutter {
    /// Makes the cutter for a story of so many parts.
    pub fn new(parts: u32) -> Cutter {
        Cutter {
            part: 1,
            parts,
            opening: Some(String::new()),
            line: String::new(),
            in_prose: false,
            marks_well: false,
        }
    }

    /// Returns the part that is being written, from 1.
    pub fn part(&self) -> u32 {
        self.part
    }

    /// Takes what arrived.
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for segment in text.split_inclusive('\n') {
            let is_whole = segment.ends_with('\n');
            if self.in_prose {
                self.prose(segment, &mut pieces);
            } else {
                self.line.push_str(segment);
                if is_whole {
                    self.decide(&mut pieces);
                } else if !mark::may_become(&self.line, !self.marks_well) {
                    let line = std::mem::take(&mut self.line);
                    self.prose(&line, &mut pieces);
                }
            }
            self.in_prose = !is_whole && self.line.is_empty();
        }
        pieces
    }

    /// Ends an answer that is over or broke off; gives out what was held back.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if !self.line.is_empty() {
            self.decide(&mut pieces);
        }
        if let Some(opening) = self.opening.take() {
            add(&mut pieces, &opening);
        }
        pieces
    }

    /// Decides on the held line once it is known whether it is a mark.
    fn decide(&mut self, pieces: &mut Vec<Piece>) {
        let line = std::mem::take(&mut self.line);
        let Some(turn) = self.turn(&line) else {
            self.prose(&line, pieces);
            return;
        };
        if let Some(opening) = self.opening.take() {
            match turn {
                Turn::Same if !opening.is_empty() => pieces.push(Piece::Preamble(opening)),
                _ => add(pieces, &opening),
            }
        }
        if turn == Turn::Next {
            self.part += 1;
        }
        pieces.push(Piece::Mark(turn, line));
    }

    fn turn(&mut self, line: &str) -> Option<Turn> {
        if self.part == self.parts && mark::is_end(line) {
            return Some(Turn::End);
        }
        let mark = mark::read(line)?;
        let number = mark.number;
        let is_next = number == self.part.saturating_add(1);
        if !mark.is_strong && (self.marks_well || !is_next) {
            return None;
        }
        let turn = if number == self.part {
            Turn::Same
        } else if !is_next && !mark.is_sure {
            return None;
        } else if number > self.parts && self.part == self.parts {
            Turn::End
        } else if is_next {
            Turn::Next
        } else {
            Turn::Astray(number)
        };
        self.marks_well |= mark.is_strong;
        Some(turn)
    }

    fn prose(&mut self, text: &str, pieces: &mut Vec<Piece>) {
        match &mut self.opening {
            Some(opening) => {
                opening.push_str(text);
                if opening.len() > PREAMBLE {
                    add(pieces, &std::mem::take(opening));
                    self.opening = None;
                }
            }
            None => add(pieces, text),
        }
    }
}

fn add(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the texts of the parts, joined by what the marks between them say.
    fn cut(parts: u32, deltas: &[&str]) -> (Vec<Piece>, String) {
        let mut cutter = Cutter::new(parts);
        let mut pieces: Vec<Piece> = Vec::new();
        let arrived = deltas.iter().flat_map(|delta| cutter.push(delta));
        let arrived: Vec<Piece> = arrived.collect();
        for piece in arrived.into_iter().chain(cutter.finish()) {
            match (pieces.last_mut(), piece) {
                (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
                (_, piece) => pieces.push(piece),
            }
        }
        let shown = pieces.iter().map(|piece| match piece {
            Piece::Preamble(text) => format!("({})", text.trim()),
            Piece::Text(text) => text.trim().to_owned(),
            Piece::Mark(turn, _) => match turn {
                Turn::Same => "=".to_owned(),
                Turn::Next => "|".to_owned(),
                Turn::End => "END".to_owned(),
                Turn::Astray(number) => format!("?{number}"),
            },
        });
        let shown: Vec<String> = shown.filter(|piece| !piece.is_empty()).collect();
        (pieces, shown.join(" "))
    }

    #[test]
    fn answers_are_cut_at_their_marks() {
        let long = "She climbed the stair again. ".repeat(40);
        let late = format!("{long}\n=== PART 1 ===\nB.");
        for (parts, answer, expected) in [
            (2, "=== PART 1 ===\nA.\n\n=== PART 2 ===\nB.\n", "= A. | B."),
            // The mark of the first part left out, the last at the very end.
            (2, "A.\n=== PART 2 ===\nB.\n=== PART 3 ===", "A. | B. END"),
            (1, "A.\n=== END ===", "A. END"),
            (
                2,
                "Sure! Here it is:\n\n=== PART 1 ===\nA.",
                "(Sure! Here it is:) = A.",
            ),
            (2, &late, &format!("{} = B.", long.trim())),
            // Decoration of all kinds.
            (
                3,
                "**PART 1**\r\nA.\r\n### Part 2: The Log\r\nB.\r\nscene 3\r\nC.",
                "**PART 1**\r\nA. | B. | C.",
            ),
            // A model that marks well means its headings as they are.
            (
                3,
                "=== PART 1 ===\nA.\nPart 2\nB.\n=== PART 2 ===\nC.",
                "= A.\nPart 2\nB. | C.",
            ),
            (3, "=== PART 1 ===\nA.\n=== PART 1 ===\nB.", "= A. = B."),
            (4, "=== PART 1 ===\nA.\n=== PART 3 ===\nB.", "= A. ?3 B."),
            (
                4,
                "A.\n=== PART 2 ===\nB.\n=== PART 1 ===\nC.",
                "A. | B. ?1 C.",
            ),
            (4, "=== PART 2 ===\nB.", "| B."),
            (
                4,
                "=== PART 1 ===\nA.\n=== LOG 47 ===\nB.",
                "= A.\n=== LOG 47 ===\nB.",
            ),
            (4, "=== PART 1 ===\nA.\n=== 第2部 ===\nB.", "= A. | B."),
            (
                3,
                "She read: === PART 2 === and no more.\nPart 2 of it was gone.",
                "She read: === PART 2 === and no more.\nPart 2 of it was gone.",
            ),
            (3, "", ""),
        ] {
            assert_eq!(cut(parts, &[answer]).1, expected, "{answer}");
        }
    }

    fn answer() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            4 => "[A-Za-zé彼女 .,“—*#=>-]{0,30}",
            1 => Just(format!("She went on. {}", "And on. ".repeat(80))),
            4 => (1_u32..6, 0_usize..10).prop_map(|(number, form)| match form {
                0 => format!("**=== Part {number} ===**"),
                1 => format!("## Part {number}"),
                2 => format!("Part {number} of 5"),
                3 => format!("<<<SCENE {number}>>>  "),
                4 => format!("She saw === PART {number} ==="),
                5 => format!("=== parte {number}: Ü ==="),
                6 => format!("=== LOG {number}"),
                _ => mark::line(number),
            }),
        ];
        let lines = proptest::collection::vec((line, prop_oneof!["\n", "\n\n", "\r\n"]), 0..12);
        lines.prop_map(|lines| lines.into_iter().map(|(line, end)| line + &end).collect())
    }

    proptest! {
        #[test]
        fn deltas_do_not_matter_and_nothing_is_lost(
            answer in answer(),
            cuts in proptest::collection::vec(0_usize..400, 0..30),
        ) {
            let mut ends: Vec<usize> = cuts.into_iter().filter(|at| answer.is_char_boundary(*at)).collect();
            ends.extend([0, answer.len()]);
            ends.sort_unstable();
            let deltas: Vec<&str> = ends.windows(2).filter_map(|pair| answer.get(pair[0]..pair[1])).collect();
            let (whole, _) = cut(5, &[&answer]);
            prop_assert_eq!(&cut(5, &deltas).0, &whole);
            let letters: Vec<String> = answer.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            prop_assert_eq!(&cut(5, &letters).0, &whole);
            let all: String = whole.iter().map(|piece| match piece {
                Piece::Preamble(text) | Piece::Text(text) | Piece::Mark(_, text) => text.as_str(),
            }).collect();
            prop_assert_eq!(all, answer);
        }
    }
}
