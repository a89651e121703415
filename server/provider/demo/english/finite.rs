//! Which words of a sentence are its finite verbs.

use super::small_words::{
    CLAUSES, DETERMINERS, FINITE, JOINERS, PLURAL_PRONOUNS, PREPOSITIONS, SUBJECT_PRONOUNS,
};
use super::{Kind, Line, Token, Verb};

impl Line<'_> {
    pub(super) fn find_verbs(&mut self) {
        let mut any = false;
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at).filter(|t| t.kind == Kind::Word) else {
                continue;
            };
            let lower = token.lower.clone();
            let verb = self
                .auxiliary(at, &lower)
                .or_else(|| self.third_person(at, &lower, any))
                .or_else(|| self.plural(at, &lower));
            any |= verb.is_some();
            if let Some(token) = self.tokens.get_mut(at) {
                token.verb = verb;
            }
        }
    }

    fn auxiliary(&self, at: usize, lower: &str) -> Option<Verb> {
        let previous = self.before_adverbs(at).map_or("", |(p, _)| self.lower(p));
        let next = self.after(at).map_or("", |n| self.lower(n));
        const MODALS: &[&str] = &[
            "to",
            "will",
            "would",
            "can",
            "could",
            "may",
            "might",
            "must",
            "should",
            "cannot",
            "don’t",
            "doesn’t",
            "didn’t",
            "won’t",
            "can’t",
            "couldn’t",
            "wouldn’t",
        ];
        let after_modal = MODALS.contains(&previous);
        let (past, base) = match lower {
            "is" | "am" => ("was", "be"),
            "are" => ("were", "be"),
            "has" => ("had", "have"),
            "have" if !after_modal => ("had", "have"),
            "does" => ("did", "do"),
            "do" if !after_modal && (next == "not" || PLURAL_PRONOUNS.contains(&previous)) => {
                ("did", "do")
            }
            "can" if !DETERMINERS.contains(&previous) => ("could", "can"),
            "cannot" => ("could not", "cannot"),
            "will" if !DETERMINERS.contains(&previous) => ("would", "will"),
            "may" => ("might", "may"),
            "must" if next != "not" && next != "have" => ("had to", "must"),
            "isn’t" => ("wasn’t", "isn’t"),
            "aren’t" => ("weren’t", "aren’t"),
            "doesn’t" => ("didn’t", "don’t"),
            "don’t" => ("didn’t", "don’t"),
            "hasn’t" | "haven’t" => ("hadn’t", "haven’t"),
            "can’t" => ("couldn’t", "can’t"),
            "won’t" => ("wouldn’t", "won’t"),
            _ => return None,
        };
        Some(Verb::new(past, base))
    }

    fn third_person(&self, at: usize, lower: &str, any: bool) -> Option<Verb> {
        if !lower.ends_with('s') || lower.ends_with("ss") || lower.contains('’') {
            return None;
        }
        let verbs = &self.adapter.pack.verbs;
        let (previous, close) = match self.before_adverbs(at) {
            Some(before) => before,
            None if self.follows_speech(at) => (at, false),
            None => return None,
        };
        let word = self.lower(previous);
        let after_subject = close && (self.is_name(previous) || SUBJECT_PRONOUNS.contains(&word));
        let known = verbs.base_of_third(lower);
        let noun_place = close && (DETERMINERS.contains(&word) || PREPOSITIONS.contains(&word));
        let is_verb = match known {
            Some(base) if verbs.is_noun_too(base) => {
                after_subject
                    || (any && JOINERS.contains(&word) && self.takes_an_object(at))
                    || (close && !noun_place && self.is_only_verb(at))
                    || self.follows_speech(at)
            }
            Some(_) => !noun_place,
            None => after_subject && lower.len() > 3,
        };
        let past = verbs.past_of_third(lower);
        is_verb.then(|| Verb::new(&past, &verbs.base_of(lower)))
    }

    /// Tells whether the clause of `at` has no other verb, nor one right behind that would make
    /// this word its plural subject.
    fn is_only_verb(&self, at: usize) -> bool {
        let verbs = &self.adapter.pack.verbs;
        let ends_clause = |token: &&Token| match token.kind {
            Kind::Gap => token.text != " ",
            Kind::Word => CLAUSES.contains(&token.lower.as_str()),
            Kind::Quoted | Kind::Name(_) => false,
        };
        let is_verb = |token: &Token| {
            let third = verbs.base_of_third(&token.lower);
            token.verb.is_some()
                || FINITE.contains(&token.lower.as_str())
                || third.is_some_and(|base| !verbs.is_noun_too(base))
        };
        let leads = self
            .after(at)
            .is_some_and(|next| verbs.past_of(self.lower(next)).is_some());
        let after = self.tokens.iter().skip(at + 1);
        let before = self.tokens.iter().take(at).rev();
        !leads
            && !after.take_while(|token| !ends_clause(token)).any(is_verb)
            && !before.take_while(|token| !ends_clause(token)).any(is_verb)
    }

    /// Tells whether the word follows speech, as in "…,” says Ilse."
    fn follows_speech(&self, at: usize) -> bool {
        let quoted = at
            .checked_sub(2)
            .and_then(|before| self.tokens.get(before))
            .is_some_and(|token| token.kind == Kind::Quoted);
        quoted && self.after(at).is_some_and(|next| self.is_name(next))
    }

    /// Tells whether an article or a possessive stands one to three words before.
    fn closes_noun_phrase(&self, at: usize) -> bool {
        let mut word = at;
        for _ in 0..3 {
            match self.before(word) {
                Some((earlier, true)) if self.opens_noun(earlier) => return true,
                Some((earlier, true)) => word = earlier,
                _ => return false,
            }
        }
        false
    }

    /// Tells whether a noun phrase follows: after an article, a number or a possessive.
    fn opens_noun(&self, at: usize) -> bool {
        let possessive = |token: &Token| token.possessive || token.lower.ends_with("’s");
        DETERMINERS.contains(&self.lower(at)) || self.tokens.get(at).is_some_and(possessive)
    }

    /// Tells whether what follows is what follows a verb rather than a noun.
    fn takes_an_object(&self, at: usize) -> bool {
        self.after(at).is_some_and(|next| {
            let word = self.lower(next);
            self.is_name(next)
                || DETERMINERS.contains(&word)
                || PREPOSITIONS.contains(&word) && word != "of"
                || ["him", "it", "them", "me", "us", "back", "that"].contains(&word)
                || word.ends_with("ly")
        })
    }

    /// Returns the verb of a plural subject: "They climb", "Jonas and Ilse climb", and what is joined to it.
    fn plural(&self, at: usize, lower: &str) -> Option<Verb> {
        let past = self.adapter.pack.verbs.past_of(lower)?;
        let (previous, close) = self.before_adverbs(at)?;
        let word = self.lower(previous);
        let couple = self.is_name(previous)
            && self
                .before(previous)
                .is_some_and(|(and, _)| self.lower(and) == "and");
        let subject = close && (couple || PLURAL_PRONOUNS.contains(&word));
        let nouns = close
            && word.len() > 3
            && word.ends_with('s')
            && self.closes_noun_phrase(previous)
            && self.is_only_verb(at);
        let joined = JOINERS.contains(&word)
            && !self.adapter.pack.verbs.is_noun_too(lower)
            && self
                .tokens
                .iter()
                .take(at)
                .rev()
                .find_map(|t| t.verb.as_ref())
                .is_some_and(|verb| verb.plural);
        (subject || nouns || joined).then(|| Verb {
            plural: true,
            ..Verb::new(past, lower)
        })
    }
}
