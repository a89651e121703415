//! Renders the head of a story that is exported as one markdown file: a YAML head as pandoc and static site
//! generators take it, and the title as a heading.

use super::Brief;
use super::brief::front_matter::Value;

/// Title, language and authors of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitlePage {
    title: String,
    /// BCP 47.
    language: String,
    authors: Vec<String>,
}

impl TitlePage {
    /// Reads the title page of a brief; `text` is the text of the brief.
    pub fn of(brief: &Brief, text: &str) -> TitlePage {
        TitlePage {
            title: brief.title.trim().to_owned(),
            language: brief.language.as_str().to_owned(),
            authors: authors(brief, text),
        }
    }

    pub fn authors(&self) -> &[String] {
        &self.authors
    }

    /// Returns the head, as far as something is known, and the heading.
    pub fn markdown(&self) -> String {
        let mut page = format!("---\ntitle: {}\n", yaml(&self.title));
        match self.authors.as_slice() {
            [] => {}
            [author] => page.push_str(&format!("author: {}\n", yaml(author))),
            authors => {
                page.push_str("author:\n");
                let lines = authors
                    .iter()
                    .map(|author| format!("  - {}\n", yaml(author)));
                page.extend(lines);
            }
        }
        page.push_str(&format!("lang: {}\n---\n\n", yaml(&self.language)));
        page.push_str(&format!("# {}\n", escaped(&self.title)));
        page
    }

    /// Returns the head that earlier releases wrote: the title alone.
    pub fn title_line(&self) -> String {
        format!("# {}\n", self.title)
    }
}

/// Returns the `author` or `authors` of the front matter: a name, or a list of names.
fn authors(brief: &Brief, text: &str) -> Vec<String> {
    let front_matter = brief.front_matter.as_ref();
    let entry = ["author", "authors"]
        .iter()
        .find_map(|key| front_matter?.entry(key));
    let Some(entry) = entry else {
        return Vec::new();
    };
    match &entry.value {
        Value::Empty => Vec::new(),
        Value::Text(name) => vec![name.trim().to_owned()],
        Value::Nested => {
            let source = text.get(entry.value_span.clone()).unwrap_or_default();
            let list = source.trim().trim_start_matches('[').trim_end_matches(']');
            let names = list.split(['\n', ',']).map(|name| {
                let name = name.trim().trim_start_matches("- ");
                name.trim().trim_matches(['"', '\'']).to_owned()
            });
            // A mapping of names to more about them is no list of names.
            names
                .filter(|name| !name.is_empty() && !name.contains(": "))
                .collect()
        }
    }
}

/// Returns a YAML string. What is in it is escaped too, since pandoc reads it as markdown.
pub(crate) fn yaml(text: &str) -> String {
    // A JSON string is a YAML string.
    serde_json::Value::from(escaped(text)).to_string()
}

/// Escapes a text for one line of markdown, so that it is shown unchanged.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let is_mark = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '{' | '}' | '$' | '~' | '^' | '@' => {
                true
            }
            '&' => begins_entity(rest),
            // The end of a heading.
            '#' => rest.trim_matches('#').trim().is_empty(),
            _ => false,
        };
        if is_mark {
            escaped.push('\\');
        }
        escaped.push(if c.is_control() { ' ' } else { c });
    }
    escaped
}

/// Tells whether what follows a `&` makes a character's name of it.
fn begins_entity(rest: &str) -> bool {
    let name = rest.trim_start_matches('#');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric());
    end.is_some_and(|end| end > 0 && name[end..].starts_with(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(front_matter: &str) -> String {
        let text = format!("---\n{front_matter}\n---\n");
        TitlePage::of(&Brief::parse(&text), &text).markdown()
    }

    #[test]
    fn a_title_is_shown_as_it_is_whatever_is_in_it() {
        for (front_matter, expected) in [
            (
                "title: The Lamp",
                "---\ntitle: \"The Lamp\"\nlang: \"en\"\n---\n\n# The Lamp\n",
            ),
            (
                "title: Zoë & the <Lamp>\nlanguage: pt-BR\nauthor: Ana *Dias*",
                "---\ntitle: \"Zoë & the \\\\<Lamp\\\\>\"\nauthor: \"Ana \\\\*Dias\\\\*\"\nlang: \"pt-BR\"\n---\n\n# Zoë & the \\<Lamp\\>\n",
            ),
            (
                "title: 'R&amp;D: \"C#\" #'\nauthors: [Ana, Bo]",
                "---\ntitle: \"R\\\\&amp;D: \\\"C#\\\" \\\\#\"\nauthor:\n  - \"Ana\"\n  - \"Bo\"\nlang: \"en\"\n---\n\n# R\\&amp;D: \"C#\" \\#\n",
            ),
            (
                "title: T\nauthors:\n  - Ana\n  - 'Bo'",
                "---\ntitle: \"T\"\nauthor:\n  - \"Ana\"\n  - \"Bo\"\nlang: \"en\"\n---\n\n# T\n",
            ),
        ] {
            assert_eq!(page(front_matter), expected);
        }
    }
}
