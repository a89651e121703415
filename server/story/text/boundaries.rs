//! Finds the boundaries of characters, where a text may be cut by its length in bytes.

/// Finds the last boundary that is not behind `index`; the end of the text where that is shorter.
pub fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// Finds the first boundary that is not before `index`; the end of the text where that is shorter.
pub fn ceil(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_lie_around_a_character() {
        let text = "a灯b";
        let expected = [(0, 0), (1, 1), (1, 4), (1, 4), (4, 4), (5, 5), (5, 5)];
        for (index, (before, behind)) in expected.into_iter().enumerate() {
            assert_eq!(
                (floor(text, index), ceil(text, index)),
                (before, behind),
                "{index}"
            );
        }
    }
}
