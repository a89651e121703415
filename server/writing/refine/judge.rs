//! Judges whether a rewrite may replace the text that it was made of. Needs no model. Pure.

use crate::provider::FinishReason;
use crate::story::names::CastNames;
use crate::story::state::ChunkState;
use crate::story::terms::terms;
use crate::story::{Brief, Language, words};
use crate::writing::accept::{Acceptance, Answer, CallEnd, Check, Told, Verdict, Yardstick};

/// Shares of the old length that a rewrite may have, in per cent.
const LEAST: u64 = 80;
const MOST: u64 = 125;
/// The share of a rewrite's terms that have to be the old text's, in per cent. Good ones keep well over half
/// of them; another language keeps little but the names.
const SAME_MATTER: usize = 25;
/// Most names that a message lists.
const MOST_NAMED: usize = 4;

/// The text that a rewrite is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    pub brief: &'a Brief,
    /// Index of its beat in `brief.beats`.
    pub beat: usize,
    /// The yardstick of the brief.
    pub yardstick: &'a Yardstick,
    /// What the author asked for in the margin.
    pub notes: &'a [String],
    /// Without comments.
    pub text: &'a str,
    /// What is known of the chunk with this text.
    pub known: Option<&'a ChunkState>,
}

impl Original<'_> {
    /// Returns the prose of one answer, which is to replace `passage` of the text.
    ///
    /// # Errors
    /// Why it is not taken, as the beginning of a sentence.
    pub fn passage(
        &self,
        passage: &str,
        answer: &str,
        finish: &FinishReason,
    ) -> Result<String, String> {
        match finish {
            FinishReason::Refusal => return Err("the model refused to rewrite it".to_owned()),
            FinishReason::Length | FinishReason::ContextFull => {
                return Err("the rewrite was cut off by the model's output limit".to_owned());
            }
            FinishReason::Stop | FinishReason::Other(_) => {}
        }
        let (answer, end) = (answer.trim(), CallEnd::Finished(finish.clone()));
        let length = words::count(passage, self.language());
        let told = Told::default();
        let acceptance = Acceptance::by(
            self.yardstick,
            self.brief,
            self.beat,
            length,
            self.notes,
            told,
        )
        .rewriting(passage);
        let judgement = acceptance.judge(&Answer {
            prose: answer,
            author: 0,
            judged: 0,
            end: &end,
            // It is not gone on with, so less is asked of its length here; see below.
            continued: u32::MAX,
            gained: words::count(answer, self.language()),
        });
        let prose = judgement.prose.trim().to_owned();
        let fault = match judgement.verdict {
            Verdict::Accept => None,
            Verdict::Continue(fault) | Verdict::Refuse(fault) => Some(fault),
        };
        match fault {
            Some(fault) if fault.check != Check::TooShort => Err(fault.what),
            // Of a length, the message here tells more.
            _ => self.length(passage, &prose).map(|()| prose),
        }
    }

    /// Tells whether the whole rewrite may stand for the text.
    ///
    /// # Errors
    /// Why not, as the beginning of a sentence.
    pub fn whole(&self, prose: &str) -> Result<(), String> {
        self.length(self.text, prose)?;
        self.matter(prose)?;
        let lost = self.lost(prose);
        if lost.is_empty() {
            return Ok(());
        }
        let more = lost.len().saturating_sub(MOST_NAMED);
        let named = lost[..lost.len().min(MOST_NAMED)].join(", ");
        Err(match more {
            0 => format!("the rewrite loses {named}"),
            more => format!("the rewrite loses {named} and {more} more"),
        })
    }

    fn length(&self, old: &str, new: &str) -> Result<(), String> {
        let (old, new) = (self.count(old), self.count(new));
        let unit = self.language().unit();
        if new * 100 < old * LEAST {
            return Err(format!(
                "the rewrite has {new} {unit} where the text has {old}, less than {LEAST} %"
            ));
        }
        // A line or two may grow by more.
        if new * 100 > old * MOST + 1_000 {
            return Err(format!(
                "the rewrite has {new} {unit} where the text has {old}, more than {MOST} %"
            ));
        }
        Ok(())
    }

    /// Checks that the rewrite is about the same things in the same words, at least in part.
    fn matter(&self, new: &str) -> Result<(), String> {
        let (old, new) = (terms(self.text), terms(new));
        let same = new.intersection(&old).count();
        match new.is_empty() || same * 100 >= new.len() * SAME_MATTER {
            true => Ok(()),
            false => Err("the rewrite tells something else, or in another language".to_owned()),
        }
    }

    /// Lists whom and what the text names and the rewrite does not: of the cast, and of what is known of the
    /// chunk.
    fn lost(&self, new: &str) -> Vec<String> {
        let old = self.text;
        let cast = &self.brief.cast;
        let names = CastNames::of(cast, self.language());
        let (before, after) = (names.named_in(old), names.named_in(new));
        let mut lost: Vec<String> = before
            .difference(&after)
            .filter_map(|entry| Some(cast.get(*entry)?.name.clone()))
            .collect();
        let known = self.known.into_iter();
        let subjects = known.flat_map(|known| {
            let people = known.characters.iter().map(|person| &person.name);
            people.chain(known.facts.iter().map(|fact| &fact.subject))
        });
        let (old, new) = (terms(old), terms(new));
        for subject in subjects {
            let named = terms(subject);
            let named: Vec<_> = named.intersection(&old).collect();
            let is_kept = named.is_empty() || named.iter().any(|term| new.contains(*term));
            if !is_kept && !lost.contains(subject) {
                lost.push(subject.clone());
            }
        }
        lost
    }

    fn count(&self, text: &str) -> u64 {
        u64::from(words::count(text, self.language()))
    }

    fn language(&self) -> &Language {
        &self.brief.language
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::state::{CharacterState, Fact};
    use crate::writing::prompt::Templates;

    const BRIEF: &str = "---\ntitle: Lamp\nlanguage: LANGUAGE\n---\n# Cast\n## Mara Voss\naka: the keeper\nx\n\
                         ## Ilse\nx\n## 春子\nx\n## هند\nx\n# Outline\n## The Stair\nx\n";
    const OLD: &str = "Mara Voss went down the stair and hid the brass key under the third step. Ilse watched \
                       her from the door. The rain fell on the lighthouse all night, and nobody slept.";

    fn judged(
        language: &str,
        old: &str,
        new: &str,
        known: Option<&ChunkState>,
    ) -> Result<(), String> {
        let brief = Brief::parse(&BRIEF.replace("LANGUAGE", language));
        let original = Original {
            brief: &brief,
            beat: 0,
            yardstick: &Yardstick::of(&brief, &Templates::default()),
            notes: &[],
            text: old,
            known,
        };
        let prose = original.passage(old, new, &FinishReason::Stop)?;
        original.whole(&prose)
    }

    #[test]
    fn a_rewrite_stands_only_for_the_same_text() {
        let known = ChunkState {
            characters: vec![CharacterState {
                name: "Ilse".to_owned(),
                ..CharacterState::default()
            }],
            facts: vec![Fact {
                subject: "the brass key".to_owned(),
                ..Fact::default()
            }],
            ..ChunkState::default()
        };
        let better = "The keeper went down the stair and hid the brass key below its third step. From the \
                      door Ilse watched her. All night rain fell on the lighthouse; nobody slept.";
        for (new, expected) in [
            (better.to_owned(), None),
            (OLD.to_owned(), None),
            (
                better.replace("From the door Ilse watched her.", "Somebody watched her from the door."),
                Some("loses Ilse"),
            ),
            (better.replace("The keeper", "Somebody"), Some("loses Mara Voss")),
            (better.replace("brass key", "paper"), Some("loses the brass key")),
            (
                "The keeper hid the brass key. Ilse watched.".to_owned(),
                Some("less than 80 %"),
            ),
            (
                "The keeper hid the brass key under the step of the stair. Ilse watched her all night in the rain."
                    .to_owned(),
                Some("less than 80 %"),
            ),
            (format!("{better} {better}"), Some("more than 125 %")),
            (String::new(), Some("without a word")),
            (format!("Sure! Here is the rewritten text:\n\n{better}"), None),
            ("I'm sorry, but I can't help with that.".to_owned(), Some("")),
            (
                "Mara Voss bajó por la escalera y escondió la llave de latón bajo el tercer peldaño. Ilse la \
                 miraba desde la puerta. Llovió toda la noche sobre el faro y nadie pudo dormir aquella vez."
                    .to_owned(),
                Some("language"),
            ),
            (
                "Mara Voss bought seven pumpkins at the market on Sunday and quarrelled about money with \
                 the baker. Ilse laughed at this for hours. Then came summer with its dusty brass key."
                    .to_owned(),
                Some("tells something else"),
            ),
        ] {
            let verdict = judged("en", OLD, &new, Some(&known));
            match expected {
                None => assert_eq!(verdict, Ok(()), "{new}"),
                Some(part) => {
                    let why = verdict.unwrap_err();
                    assert!(why.contains(part), "{why}: {new}");
                }
            }
        }
    }

    /// A paragraph that the brief has in the same words was taken out as an echo of the prompt.
    #[test]
    fn what_a_text_says_stays_in_its_rewrite_though_the_brief_says_it() {
        let setting = "Skerrow is a rock with one lighthouse, one boat and no tree.";
        let brief = BRIEF.replace("LANGUAGE", "en");
        let brief = brief.replace("# Cast", &format!("# Setting\n{setting}\n\n# Cast"));
        let brief = Brief::parse(&brief);
        let told = format!("{OLD} {setting}");
        // the text, and whether its rewrite may say what the setting says
        for (text, stays) in [(told.as_str(), true), (OLD, false)] {
            let original = Original {
                brief: &brief,
                beat: 0,
                yardstick: &Yardstick::of(&brief, &Templates::default()),
                notes: &[],
                text,
                known: None,
            };
            let answer = format!("{OLD}\n\n{setting}");
            let prose = original.passage(text, &answer, &FinishReason::Stop);
            assert_eq!(prose.unwrap().contains(setting), stays, "{text}");
        }
    }

    #[test]
    fn names_are_kept_in_any_script() {
        let old = "その夜、春子は灯台の階段を下りて、真鍮の鍵を三段目の下に隠した。雨は朝まで止まなかった。";
        let new = "その夜、春子は灯台の階段を静かに下り、三段目の下へ真鍮の鍵を隠した。雨は朝まで降り続いた。";
        assert_eq!(judged("ja", old, new, None), Ok(()));
        let without = new.replace("春子", "彼女");
        assert_eq!(
            judged("ja", old, &without, None),
            Err("the rewrite loses 春子".to_owned())
        );
        let old = "نزلت هند على الدرج وأخفت المفتاح النحاسي تحت الدرجة الثالثة. هطل المطر على المنارة طوال الليل.";
        let new = "هبطت هند الدرج وأخفت المفتاح النحاسي تحت الدرجة الثالثة منه. طوال الليل هطل المطر على المنارة.";
        assert_eq!(judged("ar", old, new, None), Ok(()));
        let without = new.replace("هند", "المرأة");
        assert_eq!(
            judged("ar", old, &without, None),
            Err("the rewrite loses هند".to_owned())
        );
    }

    #[test]
    fn an_answer_that_was_cut_off_or_refused_is_none() {
        let brief = Brief::parse(&BRIEF.replace("LANGUAGE", "en"));
        let original = Original {
            brief: &brief,
            beat: 0,
            yardstick: &Yardstick::of(&brief, &Templates::default()),
            notes: &[],
            text: OLD,
            known: None,
        };
        for (finish, part) in [
            (FinishReason::Length, "cut off"),
            (FinishReason::ContextFull, "cut off"),
            (FinishReason::Refusal, "refused"),
        ] {
            let why = original.passage(OLD, OLD, &finish).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
