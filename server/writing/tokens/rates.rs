//! Learns how one model's tokenizer counts: a first guess that usage corrects.

use serde::{Deserialize, Serialize};

use super::weight::Weight;

/// How far usage may be from a first guess before an answer is known (standard deviations, as shares of the guess).
const PLAIN_SPREAD: f64 = 0.2;
const SCRIPT_SPREAD: f64 = 0.7;
/// The standard deviation of counts from text to text, with the marks around messages, as a share of the count.
const NOISE: f64 = 0.02;
/// The standard deviation between two counts, since their texts differ, as a share of the rate.
const DRIFT: f64 = 0.01;
/// The range around the first guess within which every tokenizer lies.
const PLAIN_RANGE: (f64, f64) = (0.5, 3.0);
const SCRIPT_RANGE: (f64, f64) = (0.05, 3.0);
/// An answer that has this many times the tokens of the first guess had more in it than its text.
const MORE_THAN_TEXT: f64 = 1.3;
/// Fewer tokens than this say nothing of a rate.
const TELLING: f64 = 40.0;
/// A count that is this share of what was expected is not one of the whole text.
const CUT: f64 = 0.6;

/// Estimates tokens as one model's tokenizer would count them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimator {
    plain: f64,
    script: f64,
}

impl Default for Estimator {
    /// Returns the first guess.
    fn default() -> Estimator {
        Estimator {
            plain: 1.0,
            script: 1.0,
        }
    }
}

impl Estimator {
    /// Estimates how many tokens a text takes.
    pub fn estimate(&self, text: &str) -> u32 {
        self.of(Weight::of(text))
    }

    pub fn of(&self, weight: Weight) -> u32 {
        let tokens = self.plain * weight.plain + self.script * weight.script;
        // A cast saturates.
        tokens.ceil() as u32
    }

    /// Returns the least that is plausible of a model of which nothing is known yet.
    pub fn least() -> Estimator {
        Estimator {
            plain: 0.7,
            script: 0.08,
        }
    }
}

/// How many tokens a model makes of what weighs 1, with how well that is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    plain: f64,
    script: f64,
    /// Variances of the two, and their covariance.
    variance: [f64; 3],
    /// The factor by which the last answer had more tokens than the rates give, where that was plain text:
    /// prompts begin with English, answers are in the story's language.
    excess: f64,
    /// Tokens that a word (a character for CJK) of prose takes; `None` until an answer told.
    word: Option<f64>,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates {
            plain: 1.0,
            script: 1.0,
            variance: [PLAIN_SPREAD.powi(2), SCRIPT_SPREAD.powi(2), 0.0],
            excess: 1.0,
            word: None,
        }
    }
}

impl Rates {
    /// Estimates by these rates, on the high side as far as they are not known well.
    pub fn estimator(&self) -> Estimator {
        let [plain, script, _] = self.variance.map(|variance| variance.max(0.0).sqrt());
        let high = |rate: f64, spread: f64| (rate + spread).min(rate.max(1.0));
        Estimator {
            plain: high(self.plain, plain) * self.excess,
            script: high(self.script, script),
        }
    }

    /// Returns the tokens that a word (a character for CJK) of prose takes; `None` until an answer told.
    pub fn word(&self) -> Option<f64> {
        self.word
    }

    /// Takes in how many tokens the server counted in a prompt. `false` where that is so few that
    /// most likely not all of the prompt was read; it is not learned from then.
    pub fn note_prompt(&mut self, weight: Weight, tokens: f64) -> bool {
        if self.word.is_some() && tokens < CUT * self.expected(weight) {
            return false;
        }
        self.take(weight, tokens);
        true
    }

    /// Takes in how many tokens the server counted in an answer of so many words (characters for CJK; 0 where
    /// it is no prose).
    pub fn note_answer(&mut self, weight: Weight, words: u32, tokens: f64) {
        if tokens > MORE_THAN_TEXT * weight.total() || !self.take(weight, tokens) {
            return;
        }
        self.excess = match weight.plain > weight.script {
            true => (tokens / self.expected(weight)).clamp(1.0, 1.5),
            false => 1.0,
        };
        if words > 0 {
            self.word = Some(tokens / f64::from(words));
        }
    }

    /// Notes that an answer of so many words had at least so many tokens.
    pub fn raise_word(&mut self, tokens: f64, words: u32) {
        let seen = tokens / f64::from(words.max(1));
        self.word = Some(self.word.map_or(seen, |word| word.max(seen)));
    }

    fn expected(&self, weight: Weight) -> f64 {
        self.plain * weight.plain + self.script * weight.script
    }

    /// Takes one step of a Kalman filter over the two rates. Whether the count is one of such a text.
    fn take(&mut self, weight: Weight, tokens: f64) -> bool {
        let total = weight.total();
        let rate = tokens / total.max(1.0);
        // Of what weighs 1 no tokenizer makes less than a twentieth, nor three tokens.
        if total < TELLING || tokens < TELLING / 4.0 || !(0.04..=3.0).contains(&rate) {
            return false;
        }
        let [plain, script] = [weight.plain / total, weight.script / total];
        let [a, c, b] = self.variance;
        let gains = [a * plain + b * script, b * plain + c * script];
        let spread = plain * gains[0] + script * gains[1] + (NOISE * rate).powi(2);
        let error = (rate - self.expected(weight) / total) / spread;
        self.plain = (self.plain + gains[0] * error).clamp(PLAIN_RANGE.0, PLAIN_RANGE.1);
        self.script = (self.script + gains[1] * error).clamp(SCRIPT_RANGE.0, SCRIPT_RANGE.1);
        let drift = DRIFT.powi(2);
        self.variance = [
            a - gains[0] * gains[0] / spread + drift,
            c - gains[1] * gains[1] / spread + drift,
            b - gains[0] * gains[1] / spread,
        ];
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "Write the next part of the story, about 1500 words, and nothing else. ";

    fn weight(english: usize, other: &str, times: usize) -> Weight {
        let texts = [ENGLISH.repeat(english), other.repeat(times)];
        Weight::of_all(texts.iter().map(String::as_str))
    }

    /// Returns how a tokenizer with these tokens a byte counts.
    fn count(english: usize, other: &str, times: usize, of_english: f64, of_other: f64) -> f64 {
        let [english, other] = [ENGLISH.len() * english, other.len() * times];
        english as f64 / of_english + other as f64 / of_other
    }

    /// A prompt with little of the story, an answer, and a prompt that is full of the story.
    #[test]
    fn the_first_answer_sets_the_rates() {
        let texts = [
            ("தமிழ்", "அவள் கதவருகே காத்திருந்தாள். ", [2.17, 7.76, 11.88, 2.52]),
            (
                "русский",
                "Она ждала у двери до утра. ",
                [5.19, 5.68, 5.79, 4.42],
            ),
            (
                "polski",
                "Czekała przy drzwiach, aż zrobiło się jasno. ",
                [2.46, 2.78, 2.92, 2.57],
            ),
            (
                "日本語",
                "彼女は扉のそばで待っていた。",
                [4.02, 3.49, 4.61, 2.44],
            ),
            ("አማርኛ", "እርሷ በሩ አጠገብ ጠበቀች። ", [1.11, 1.46, 4.06, 1.01]),
            (
                "English",
                "She waited at the door until it was light. ",
                [4.54, 4.56, 4.43, 4.08],
            ),
        ];
        for (name, text, bytes_a_token) in texts {
            for (of_other, of_english) in bytes_a_token.into_iter().zip([4.54, 4.56, 4.43, 4.08]) {
                let mut rates = Rates::default();
                let counted = |english, times| count(english, text, times, of_english, of_other);
                for (english, times) in [(30, 20), (30, 60)] {
                    assert!(
                        rates.note_prompt(weight(english, text, times), counted(english, times))
                    );
                    let first = rates.estimator().of(weight(30, text, 600));
                    let real = counted(30, 600);
                    assert!(
                        f64::from(first) * 1.15 >= real,
                        "{name} {of_other}: {first} of {real}"
                    );
                    rates.note_answer(weight(0, text, 200), 800, counted(0, 200));
                    let full = f64::from(rates.estimator().of(weight(30, text, 600)));
                    assert!(full * 1.05 >= real, "{name} {of_other}: {full} of {real}");
                    assert!(full * 0.8 <= real, "{name} {of_other}: {full} of {real}");
                }
                let word = rates.word().unwrap() * 800.0;
                assert!((word - counted(0, 200)).abs() < 1.0, "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_count_of_a_text_changes_nothing() {
        let text = "She waited at the door. ".repeat(100);
        let weight = Weight::of(&text);
        let mut rates = Rates::default();
        // Nothing, a number that means nothing, and an answer that was mostly reasoning.
        rates.note_prompt(weight, 0.0);
        rates.note_prompt(weight, 1.0);
        rates.note_answer(weight, 500, 5_000.0);
        assert_eq!(rates, Rates::default());
        rates.note_answer(weight, 500, 530.0);
        assert_eq!(rates.word(), Some(1.06));
        // A prompt of which less than half was read.
        assert!(!rates.note_prompt(weight, 250.0));
        assert!(rates.note_prompt(weight, 500.0));
    }
}
