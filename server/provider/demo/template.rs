//! Sentence templates: the notation of the packs, read once into pieces.
//!
//! ```text
//! {I} {me} {my} {mine} {self}   the viewpoint character, as pronoun or name
//! {S}                           the same as a subject that the language may leave out
//! {other} {he} {him} {his} {himself}   the other person of the paragraph
//! {absent}                      somebody of the cast who is not here
//! {motif}                       a phrase of the brief
//! {line} {line,} {line-}        a line of dialogue; with a comma for its full stop; bare
//! {name}                        an entry of the list `name`
//! {a|b} {a|b|c}                 by person: first|third, or first|masculine|feminine
//! {~a|b}                        by the other's gender: masculine|feminine
//! <a|b> <~a|b>                  by gender alone, of the viewpoint character or the other
//! [a|b]                         by tense: past|present
//! [a|b|c|d]                     first past|third past|first present|third present
//! [a|b|c|d|e|f]                 past first|masculine|feminine, present the same
//! [~a|b|c|d]                    the other's: past masculine|feminine, present the same
//! [verb] [.verb] [*verb] [~verb]   inflected by the pack's verbs, to agree with the
//!                               viewpoint, a singular, a plural, the other's pronoun
//! ```

use std::collections::HashMap;

use super::chance::seed_of;
use super::verbs::{Forms, Verbs, quartet};

/// Whom a form agrees with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Viewpoint,
    Other,
    Singular,
    Plural,
}

/// The form of a pronoun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Subject,
    Object,
    Possessive,
    Independent,
    Reflexive,
}

/// How a line of dialogue ends inside its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    AsIs,
    Comma,
    Bare,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Viewpoint(Case),
    /// The viewpoint character as a subject that may be dropped.
    Subject,
    Other(Option<Case>),
    Absent,
    Motif,
    Line(LineEnd),
    List(usize),
    /// First person, masculine, feminine.
    Choice(Who, [String; 3]),
    /// Masculine, feminine.
    Gender(Who, [String; 2]),
    Verb {
        who: Who,
        past: Forms,
        present: Forms,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub pieces: Vec<Piece>,
    /// The id of the template; the same for the same source.
    pub id: u64,
}

/// What templates may refer to while they are read.
pub struct Names<'a> {
    pub lists: &'a HashMap<String, usize>,
    pub verbs: &'a Verbs,
}

impl Template {
    /// Reads one template; the error names what is wrong with it.
    pub fn parse(source: &str, names: &Names) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some(open) = rest.find(['{', '[', '<']) {
            let (text, from) = rest.split_at(open);
            let close = match from.as_bytes().first() {
                Some(b'{') => '}',
                Some(b'[') => ']',
                _ => '>',
            };
            let end = from
                .find(close)
                .ok_or_else(|| format!("no {close:?} in {source:?}"))?;
            if !text.is_empty() {
                pieces.push(Piece::Text(text.to_owned()));
            }
            let inner = from.get(1..end).unwrap_or_default();
            let piece = match close {
                '}' => slot(inner, names),
                ']' => verb(inner, names),
                _ => gender(inner),
            };
            pieces.push(piece.ok_or_else(|| format!("{inner:?} means nothing in {source:?}"))?);
            rest = from.get(end + 1..).unwrap_or_default();
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Template {
            pieces,
            id: seed_of([source]),
        })
    }

    pub fn needs_other(&self) -> bool {
        self.pieces.iter().any(|piece| {
            matches!(
                piece,
                Piece::Other(_)
                    | Piece::Choice(Who::Other, _)
                    | Piece::Gender(Who::Other, _)
                    | Piece::Verb {
                        who: Who::Other,
                        ..
                    }
            )
        })
    }

    /// Returns the text without what would be filled in.
    pub fn plain(&self) -> String {
        let mut plain = String::new();
        for piece in &self.pieces {
            if let Piece::Text(text) = piece {
                plain.push_str(text);
            }
        }
        plain
    }

    /// Tells whether it reads differently from time to time.
    pub fn varies(&self) -> bool {
        let varies = |piece: &Piece| matches!(piece, Piece::List(_) | Piece::Motif | Piece::Absent);
        self.pieces.iter().any(varies)
    }

    pub fn needs(&self, wanted: &Piece) -> bool {
        self.pieces.contains(wanted)
    }
}

fn slot(inner: &str, names: &Names) -> Option<Piece> {
    Some(match inner {
        "I" => Piece::Viewpoint(Case::Subject),
        "me" => Piece::Viewpoint(Case::Object),
        "my" => Piece::Viewpoint(Case::Possessive),
        "mine" => Piece::Viewpoint(Case::Independent),
        "self" => Piece::Viewpoint(Case::Reflexive),
        "S" => Piece::Subject,
        "other" => Piece::Other(None),
        "he" => Piece::Other(Some(Case::Subject)),
        "him" => Piece::Other(Some(Case::Object)),
        "his" => Piece::Other(Some(Case::Possessive)),
        "himself" => Piece::Other(Some(Case::Reflexive)),
        "absent" => Piece::Absent,
        "motif" => Piece::Motif,
        "line" => Piece::Line(LineEnd::AsIs),
        "line," => Piece::Line(LineEnd::Comma),
        "line-" => Piece::Line(LineEnd::Bare),
        _ if inner.contains('|') => {
            let (who, forms) = whom(inner);
            let forms: Vec<&str> = forms.split('|').collect();
            let three = match (who, forms.as_slice()) {
                (Who::Viewpoint, [first, third]) => [*first, *third, *third],
                (Who::Viewpoint, [first, he, she]) => [*first, *he, *she],
                (Who::Other, [he, she]) => [*he, *he, *she],
                _ => return None,
            };
            Piece::Choice(who, three.map(str::to_owned))
        }
        _ => Piece::List(*names.lists.get(inner)?),
    })
}

fn gender(inner: &str) -> Option<Piece> {
    let (who, forms) = whom(inner);
    let (he, she) = forms.split_once('|')?;
    Some(Piece::Gender(who, [he.to_owned(), she.to_owned()]))
}

fn verb(inner: &str, names: &Names) -> Option<Piece> {
    let (who, body) = whom(inner);
    let forms: Vec<&str> = body.split('|').collect();
    let same = |form: &str| quartet([form; 4]);
    let (past, present) = match (who, forms.as_slice()) {
        (_, [lemma]) => names.verbs.forms(lemma)?,
        (_, [past, present]) => (same(past), same(present)),
        (Who::Other, [past_he, past_she, he, she]) => (
            quartet([past_he, past_he, past_she, past_he]),
            quartet([he, he, she, he]),
        ),
        (Who::Viewpoint, [past_first, past, first, third]) => (
            quartet([past_first, past, past, past]),
            quartet([first, third, third, third]),
        ),
        (Who::Viewpoint, [past_first, past_he, past_she, first, he, she]) => (
            quartet([past_first, past_he, past_she, past_he]),
            quartet([first, he, she, he]),
        ),
        _ => return None,
    };
    Some(Piece::Verb { who, past, present })
}

fn whom(inner: &str) -> (Who, &str) {
    for (sign, who) in [('~', Who::Other), ('.', Who::Singular), ('*', Who::Plural)] {
        if let Some(rest) = inner.strip_prefix(sign) {
            return (who, rest);
        }
    }
    (Who::Viewpoint, inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<Template, String> {
        let lists = HashMap::from([("sound".to_owned(), 3)]);
        let verbs = Verbs::default();
        Template::parse(
            source,
            &Names {
                lists: &lists,
                verbs: &verbs,
            },
        )
    }

    #[test]
    fn reads_every_kind_of_piece() {
        let template = parse("{I} [fui|fue|voy|va] <solo|sola> {sound}.").unwrap();
        assert_eq!(template.pieces.len(), 8);
        assert_eq!(template.pieces[0], Piece::Viewpoint(Case::Subject));
        assert_eq!(template.pieces[6], Piece::List(3));
    }

    #[test]
    fn names_what_it_cannot_read() {
        for bad in ["{nowhere}", "[a|b|c]", "{I", "<a>", "{~a|b|c}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
