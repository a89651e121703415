//! Recognises the labels before the state of a beat, as models write them: they are asked for `Enter:` and
//! `Exit:`, and translate them all the same.

/// The labels for the state before and after, in pairs.
const WORDS: &[[&str; 2]] = &[
    ["enter", "exit"],
    ["entry", "exit"],
    ["enter state", "exit state"],
    ["entry state", "exit state"],
    ["start", "end"],
    ["start state", "end state"],
    ["at its start", "at its end"],
    ["entrada", "salida"],
    ["estado inicial", "estado final"],
    ["entrada", "saída"],
    ["entrée", "sortie"],
    ["eingang", "ausgang"],
    ["entrata", "uscita"],
    ["вход", "выход"],
    ["入", "出"],
    ["入口", "出口"],
    ["入り", "出"],
    ["開始", "終了"],
    ["开始", "结束"],
    ["进入", "退出"],
    ["시작", "끝"],
    ["الدخول", "الخروج"],
    ["دخول", "خروج"],
    ["البداية", "النهاية"],
];

/// A line that begins with the label of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// 0 before the beat, 1 after it.
    pub state: usize,
    /// What follows, trimmed; may be empty.
    pub rest: &'a str,
}

/// Reads a label at the start of a line, after any list mark or emphasis. A heading may be one, without a
/// colon.
pub fn read(line: &str) -> Option<Label<'_>> {
    let bare = line.trim_start_matches(|c: char| {
        c.is_whitespace() || matches!(c, '-' | '*' | '+' | '_' | '#' | '>' | '•' | '`')
    });
    let is_heading = line.starts_with('#');
    let colon = bare.find([':', '：']);
    if colon.is_none() && !is_heading {
        return None;
    }
    let (label, rest) = match colon {
        Some(at) => {
            let width = bare[at..].chars().next().map_or(1, char::len_utf8);
            (&bare[..at], &bare[at + width..])
        }
        None => (bare, ""),
    };
    let marks = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '#');
    let label = label.trim_matches(marks).to_lowercase();
    let state = WORDS
        .iter()
        .find_map(|pair| pair.iter().position(|word| *word == label))?;
    // The emphasis around the label may end behind the colon.
    let rest = rest.trim().trim_start_matches(['*', '_', '`']);
    Some(Label {
        state,
        rest: rest.trim(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_in_any_dress() {
        for (line, expected) in [
            ("Enter: She waits.", Some((0, "She waits."))),
            ("**Exit:** She goes.", Some((1, "She goes."))),
            ("- *Exit*: She goes.", Some((1, "She goes."))),
            ("`Enter:` *Now* she waits.", Some((0, "*Now* she waits."))),
            ("EXIT：終わり", Some((1, "終わり"))),
            ("### Enter", Some((0, ""))),
            ("Enter the dragon: a film.", None),
            ("Enter Mara, wet.", None),
            ("Exit", None),
            ("", None),
        ] {
            let found = read(line).map(|label| (label.state, label.rest));
            assert_eq!(found, expected, "{line}");
        }
    }
}
