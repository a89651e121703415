//! Cuts a text into passages that one call can take. Pure.

use std::ops::Range;

use crate::writing::tokens::PromptLimit;

/// Returns a text in as few and as even passages as paragraph borders allow, each of at most so many tokens;
/// byte ranges without the white space between them. `None` where a paragraph alone is larger.
pub fn passages(text: &str, limit: PromptLimit) -> Option<Vec<Range<usize>>> {
    let most = limit.tokens;
    let paragraphs = paragraphs(text);
    let sizes: Vec<u32> = paragraphs
        .iter()
        .map(|range| limit.estimate(&text[range.clone()]).saturating_add(1))
        .collect();
    if sizes.iter().any(|size| *size > most) {
        return None;
    }
    let total: u32 = sizes.iter().fold(0, |sum, size| sum.saturating_add(*size));
    let even = total.div_ceil(total.div_ceil(most.max(1)).max(1));
    let mut passages: Vec<Range<usize>> = Vec::new();
    let mut room = 0;
    let mut size = 0_u32;
    for (paragraph, own) in paragraphs.into_iter().zip(sizes) {
        match passages.last_mut() {
            Some(last) if own <= room && size + own / 2 <= even => {
                last.end = paragraph.end;
                room -= own;
                size += own;
            }
            _ => {
                passages.push(paragraph);
                room = most - own;
                size = own;
            }
        }
    }
    Some(passages)
}

/// Returns the lines of a text that have something in them; in prose, a line is a paragraph.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() {
            let from = start + (line.len() - line.trim_start().len());
            found.push(from..from + content.len());
        }
        start += line.len();
    }
    found
}

/// Returns the text with each of `ranges` replaced by its passage. As many as there are `ranges`.
pub fn put_together(text: &str, ranges: &[Range<usize>], passages: &[String]) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut end = 0;
    for (range, passage) in ranges.iter().zip(passages) {
        whole.push_str(&text[end..range.start]);
        whole.push_str(passage.trim());
        end = range.end;
    }
    whole.push_str(&text[end..]);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writing::tokens::estimate;

    fn text(paragraphs: usize) -> String {
        let paragraph = |number| format!("Paragraph {number}. {}", "word ".repeat(60).trim());
        let all: Vec<String> = (1..=paragraphs).map(paragraph).collect();
        all.join("\n\n")
    }

    #[test]
    fn a_text_is_cut_evenly_between_paragraphs() {
        for (paragraphs, most, count) in
            [(1, 1_000, 1), (12, 10_000, 1), (12, 700, 2), (40, 900, 5)]
        {
            let text = text(paragraphs);
            let found = passages(&text, PromptLimit::of(most)).unwrap();
            assert!(
                found.len() == count || found.len() == count + 1,
                "{paragraphs} {most}: {}",
                found.len()
            );
            for range in &found {
                assert!(estimate(&text[range.clone()]) <= most);
                assert!(text[range.clone()].starts_with("Paragraph"));
            }
            let sizes = found.iter().map(ExactSizeIterator::len);
            let (least, longest) = (sizes.clone().min(), sizes.max());
            assert!(
                least.unwrap() * 3 >= longest.unwrap(),
                "{paragraphs} {most}"
            );
            let same: Vec<String> = found.iter().map(|it| text[it.clone()].to_owned()).collect();
            assert_eq!(put_together(&text, &found, &same), text);
        }
    }

    #[test]
    fn a_paragraph_is_never_cut() {
        assert_eq!(passages(&text(3), PromptLimit::of(50)), None);
        assert_eq!(passages("", PromptLimit::of(50)), Some(Vec::new()));
        let text = "One.\n* * *\n\n  Two.\n";
        let ranges = passages(text, PromptLimit::of(6)).unwrap();
        let new: Vec<String> = ranges.iter().map(|_| "New.\n".to_owned()).collect();
        assert_eq!(
            put_together(text, &ranges, &new).matches("New.").count(),
            ranges.len()
        );
    }
}
