//! Who does what: which words mean the viewpoint character, and whose verb is whose.

use super::small_words::{AFTER_OBJECT, CLAUSES, DETERMINERS, JOINERS, PREPOSITIONS, is_adverb};
use super::{Kind, Line};
use crate::provider::demo::character::Gender;

impl Line<'_> {
    /// Settles which words mean the viewpoint character, and whose verb is whose.
    pub(super) fn find_subjects(&mut self) {
        let mut of_viewpoint = false;
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at) else {
                continue;
            };
            let is_viewpoint = match token.kind {
                Kind::Name(who) => {
                    if self.shares_pronoun(who) {
                        self.latest = who;
                    }
                    who.is_none()
                }
                Kind::Word => {
                    // Somebody else's verb has not its own subject as its object.
                    let object = ["her", "him"].contains(&token.lower.as_str())
                        && (!of_viewpoint || self.follows_other_subject(at))
                        && !self.owns_what_follows(at);
                    self.is_viewpoint_pronoun(&token.lower) && (self.latest.is_none() || object)
                }
                Kind::Gap | Kind::Quoted => false,
            };
            if token.verb.is_some() {
                of_viewpoint = self.has_viewpoint_subject(at, of_viewpoint);
            }
            if let Some(token) = self.tokens.get_mut(at) {
                token.is_viewpoint = is_viewpoint;
                if let Some(verb) = &mut token.verb {
                    verb.of_viewpoint = of_viewpoint && !verb.plural;
                }
            }
        }
    }

    /// Tells whether the last name before `at` is somebody else's, at the head of a clause.
    fn follows_other_subject(&self, at: usize) -> bool {
        let is_name = |index: &usize| self.is_name(*index);
        let Some(name) = (0..at).rev().find(is_name) else {
            return false;
        };
        let somebody_else = self
            .tokens
            .get(name)
            .is_some_and(|token| token.kind != Kind::Name(None));
        let heads_clause = self
            .before(name)
            .is_none_or(|(word, close)| !close || CLAUSES.contains(&self.lower(word)));
        somebody_else && heads_clause
    }

    fn has_viewpoint_subject(&self, at: usize, inherited: bool) -> bool {
        let Some((previous, close)) = self.before_adverbs(at) else {
            return inherited;
        };
        let Some(token) = self.tokens.get(previous) else {
            return inherited;
        };
        if JOINERS.contains(&token.lower.as_str()) || (!close && !token.is_viewpoint) {
            return inherited;
        }
        let coupled = self
            .before(previous)
            .is_some_and(|(and, _)| self.lower(and) == "and")
            && matches!(token.kind, Kind::Name(_));
        let subject_form = matches!(token.kind, Kind::Name(_)) && !token.possessive
            || ["he", "she"].contains(&token.lower.as_str());
        token.is_viewpoint && subject_form && !coupled
    }

    fn shares_pronoun(&self, who: Option<usize>) -> bool {
        let gender = self.adapter.viewpoint.gender;
        who.and_then(|index| self.adapter.cast.get(index))
            .is_none_or(|other| other.gender == gender)
    }

    fn is_viewpoint_pronoun(&self, lower: &str) -> bool {
        match self.adapter.viewpoint.gender {
            Gender::Feminine => ["she", "her", "hers", "herself"].contains(&lower),
            Gender::Masculine => ["he", "him", "his", "himself"].contains(&lower),
            Gender::Unknown => false,
        }
    }

    pub(super) fn owns_what_follows(&self, at: usize) -> bool {
        self.after(at).is_some_and(|next| {
            let word = self.lower(next);
            !(AFTER_OBJECT.contains(&word)
                || PREPOSITIONS.contains(&word)
                || DETERMINERS.contains(&word) && word != "own" && word != "other"
                || is_adverb(word) && word != "only" && word != "even"
                || self.is_name(next))
        })
    }

    pub(super) fn is_subject(&self, at: usize) -> bool {
        let mut next = self.after(at);
        while let Some(index) = next.filter(|index| is_adverb(self.lower(*index))) {
            next = self.after(index);
        }
        let has_verb = |index: usize| self.tokens.get(index).is_some_and(|t| t.verb.is_some());
        if next.is_some_and(has_verb) {
            return true;
        }
        match self.before(at) {
            None => true,
            Some((previous, close)) => {
                let word = self.lower(previous);
                !close && !has_verb(previous) && !PREPOSITIONS.contains(&word)
            }
        }
    }
}
