//! Sets quotes, dashes and blanks as a language has them, where an author asks for it.

use super::parts::Typography;

/// The four quotation marks of a language: outer and inner, each opening and closing. By the CLDR's
/// delimiters, release 46.
const QUOTES: [(&str, [&str; 4]); 26] = [
    ("bg", ["„", "“", "‚", "‘"]),
    ("cs", ["„", "“", "‚", "‘"]),
    ("da", ["“", "”", "‘", "’"]),
    ("de", ["„", "“", "‚", "‘"]),
    ("el", ["«", "»", "“", "”"]),
    ("es", ["«", "»", "“", "”"]),
    ("et", ["„", "“", "«", "»"]),
    ("fi", ["”", "”", "’", "’"]),
    ("fr", ["«\u{a0}", "\u{a0}»", "“", "”"]),
    ("hr", ["„", "“", "‚", "‘"]),
    ("hu", ["„", "”", "»", "«"]),
    ("is", ["„", "“", "‚", "‘"]),
    ("it", ["«", "»", "“", "”"]),
    ("lt", ["„", "“", "‚", "‘"]),
    ("lv", ["“", "”", "‘", "’"]),
    ("nb", ["«", "»", "‘", "’"]),
    ("nn", ["«", "»", "‘", "’"]),
    ("no", ["«", "»", "‘", "’"]),
    ("pl", ["„", "”", "«", "»"]),
    ("ro", ["„", "”", "«", "»"]),
    ("ru", ["«", "»", "„", "“"]),
    ("sk", ["„", "“", "‚", "‘"]),
    ("sl", ["„", "“", "‚", "‘"]),
    ("sr", ["„", "“", "‘", "’"]),
    ("sv", ["”", "”", "’", "’"]),
    ("uk", ["«", "»", "„", "“"]),
];

const ENGLISH: [&str; 4] = ["“", "”", "‘", "’"];

/// The marks of one text, as its typography has them.
pub(super) struct Marks {
    quotes: Option<[&'static str; 4]>,
    is_french: bool,
    /// Whether an inner quotation is open, by which its end is told from an apostrophe.
    is_inner_open: bool,
}

impl Marks {
    pub fn of(typography: &Typography) -> Marks {
        let language = match typography {
            Typography::AsTyped => None,
            Typography::Of(language) => Some(language.primary()),
        };
        let quotes = language.as_deref().map(|language| {
            let own = QUOTES.iter().find(|(known, _)| *known == language);
            own.map_or(ENGLISH, |(_, quotes)| *quotes)
        });
        Marks {
            quotes,
            is_french: language.as_deref() == Some("fr"),
            is_inner_open: false,
        }
    }

    /// Sets a piece of text; `source` is what the author typed for it.
    pub fn set(&mut self, text: &str, source: &str) -> String {
        let Some(quotes) = self.quotes else {
            return text.to_owned();
        };
        // The parser replaces what is straight, a piece a mark.
        match (text, source) {
            ("“", "\"") => quotes[0].to_owned(),
            ("”", "\"") => quotes[1].to_owned(),
            ("‘", "'") => {
                self.is_inner_open = true;
                quotes[2].to_owned()
            }
            ("’", "'") if std::mem::take(&mut self.is_inner_open) => quotes[3].to_owned(),
            _ if self.is_french => with_narrow_blanks(text),
            _ => text.to_owned(),
        }
    }

    pub fn end_paragraph(&mut self) {
        self.is_inner_open = false;
    }
}

/// Makes the blank before a high mark one that does not break.
fn with_narrow_blanks(text: &str) -> String {
    let mut set = text.to_owned();
    for (typed, set_as) in [
        (" ;", "\u{202f};"),
        (" !", "\u{202f}!"),
        (" ?", "\u{202f}?"),
        (" :", "\u{a0}:"),
        (" »", "\u{a0}»"),
        ("« ", "«\u{a0}"),
    ] {
        if set.contains(typed) {
            set = set.replace(typed, set_as);
        }
    }
    set
}
