//! Judges an answer for one place by the checks of chunks, and its length by the task.

use super::task::Task;
use crate::provider::FinishReason;
use crate::story::leftovers::{PACKS, bare};
use crate::story::{Brief, words};
use crate::writing::accept::{
    Acceptance, Answer, Beginning, CallEnd, Check, Opening, Told, Verdict, Yardstick,
};

/// An answer that begins as a refusal does may be prose where it has more words than this.
const MOST_DECLINING: u32 = 40;

/// What the answers for one place are measured by.
pub struct Measure<'a> {
    task: Task,
    brief: &'a Brief,
    acceptance: Acceptance<'a>,
    passage: &'a str,
    /// Whether the author has said what is wanted.
    is_told: bool,
    /// What the passage is at fault of itself: the author wants it so.
    excused: Option<Check>,
}

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// As the beginning of a sentence.
    pub why: String,
}

impl<'a> Measure<'a> {
    /// Makes the measure of a place: `before` it stands, `passage` is what is written anew (empty where the text is
    /// gone on with), `wish` the length to have. `yardstick` is that of the brief.
    pub fn new(
        task: Task,
        (brief, yardstick): (&'a Brief, &Yardstick),
        beat: Option<usize>,
        notes: &[String],
        (before, passage): (&str, &'a str),
        wish: u32,
    ) -> Measure<'a> {
        let beat = beat.unwrap_or(brief.beats.len());
        let told = match task {
            Task::Continue | Task::Sentence => Told::of(before),
            // What the passage repeats of the text before it may stay.
            _ => Told::default(),
        };
        let acceptance = Acceptance::by(yardstick, brief, beat, wish, notes, told);
        let acceptance = acceptance.rewriting(match task {
            Task::Continue | Task::Sentence => before,
            _ => passage,
        });
        let excused = match acceptance.judge_beginning(passage) {
            Beginning::Refused(fault) => Some(fault.check),
            Beginning::Stands | Beginning::Repaired { .. } => None,
        };
        Measure {
            task,
            brief,
            is_told: !notes.is_empty(),
            excused: excused.filter(|_| !passage.trim().is_empty()),
            acceptance,
            passage,
        }
    }

    /// Returns what is prose of an answer that is still coming; nothing as long as that is undecided.
    pub fn so_far<'t>(&self, answer: &'t str) -> &'t str {
        let mut rest = answer;
        loop {
            match self.acceptance.opening(rest, false) {
                Opening::Prose => return rest,
                Opening::Undecided => return "",
                Opening::Strip { bytes, .. } => rest = &rest[bytes..],
            }
        }
    }

    /// Returns the prose of a whole answer, without what is none.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn whole(&self, answer: &str, end: &CallEnd) -> Result<String, Refusal> {
        let refused = |why: String| Err(Refusal { why });
        let is_cut_off = matches!(
            end,
            CallEnd::Finished(FinishReason::Length | FinishReason::ContextFull)
        );
        if is_cut_off && !self.task.goes_on() {
            return refused("the answer was cut off by the model's output limit".to_owned());
        }
        let judgement = self.acceptance.judge(&Answer {
            prose: answer.trim(),
            author: 0,
            judged: 0,
            end,
            // It is not gone on with; its length is judged below.
            continued: u32::MAX,
            gained: words::count(answer, &self.brief.language),
        });
        let prose = judgement.prose.trim().to_owned();
        let fault = match judgement.verdict {
            Verdict::Accept => None,
            Verdict::Continue(fault) | Verdict::Refuse(fault) => Some(fault),
        };
        let is_excused = |check: Check| check == Check::TooShort || Some(check) == self.excused;
        if let Some(fault) = fault.filter(|fault| !is_excused(fault.check)) {
            return refused(fault.what);
        }
        let language = &self.brief.language;
        let (there, length) = (
            words::count(self.passage, language),
            words::count(&prose, language),
        );
        let (least, most) = self.task.bounds(there, self.is_told);
        let unit = language.unit();
        if prose.is_empty() {
            return refused("the model answered without a word".to_owned());
        }
        if length <= MOST_DECLINING && declines(&prose) && !declines(self.passage) {
            return refused("the model refused to write it".to_owned());
        }
        if length < least {
            return refused(format!(
                "the answer has {length} {unit} where the passage has {there}, and {least} is the least"
            ));
        }
        if length > most {
            return refused(format!(
                "the answer has {length} {unit} where the passage has {there}, and {most} is the most"
            ));
        }
        Ok(prose)
    }
}

/// Tells whether a text begins as a model does that will not write.
fn declines(text: &str) -> bool {
    let start = bare(text);
    PACKS.refusal.is_match(start) || PACKS.decline.is_match(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writing::prompt::Templates;

    const PASSAGE: &str = "Mara Voss went down the stair and hid the brass key under the third step. Ilse watched \
                           her from the door. The rain fell on the lighthouse all night, and nobody slept.";

    fn judged(task: Task, passage: &str, answer: &str, told: bool) -> Result<String, String> {
        let brief = Brief::parse("---\ntitle: Lamp\n---\n# Outline\n## The Stair\nx\n");
        let notes: &[String] = if told { &["shorter".to_owned()] } else { &[] };
        let yardstick = Yardstick::of(&brief, &Templates::default());
        let wish = task.wish(words::count(passage, &brief.language), &brief.language);
        let texts = ("It was late.", passage);
        let measure = Measure::new(task, (&brief, &yardstick), Some(0), notes, texts, wish);
        let end = CallEnd::Finished(FinishReason::Stop);
        measure.whole(answer, &end).map_err(|refusal| refusal.why)
    }

    #[test]
    fn what_is_no_prose_is_cut_out_or_refused() {
        let good = "Mara Voss hid the brass key under the third step of the stair. From the door Ilse watched her. Rain \
                    fell on the lighthouse till the morning, and none of them slept.";
        for answer in [
            good.to_owned(),
            format!("Here is the rewritten passage:\n\n{good}"),
            format!("```markdown\n{good}\n```"),
            format!("# The passage as it stands\n\n{good}"),
            format!("{good}\n\nLet me know if you would like any changes!"),
        ] {
            assert_eq!(
                judged(Task::Rewrite, PASSAGE, &answer, false).as_deref(),
                Ok(good),
                "{answer}"
            );
        }
        for (answer, why) in [
            ("", "without a word"),
            ("I’m sorry, but I can’t help with that.", "refused"),
            ("{\"text\": \"Mara", "JSON"),
        ] {
            let refused = judged(Task::Rewrite, PASSAGE, answer, false).unwrap_err();
            assert!(refused.contains(why), "{answer}: {refused}");
        }
    }

    #[test]
    fn a_refusal_is_none_where_the_passage_is_one() {
        let refusal = "I’m sorry, but I can’t help with that.";
        let other = "I am sorry, but I can’t help you with it.";
        assert!(
            judged(
                Task::Rewrite,
                "It rained all night and nobody slept.",
                refusal,
                false
            )
            .is_err()
        );
        assert!(judged(Task::Rewrite, refusal, other, false).is_ok());
    }

    #[test]
    fn the_length_is_that_of_the_task() {
        let sentences = |count: usize| {
            "The rain fell on the house all night. "
                .repeat(count)
                .trim()
                .to_owned()
        };
        // Eight words a sentence, all of them others.
        let words = |count: usize| {
            let sentence = |at: usize| format!("In room {at} she found {} and left.", at * 7);
            (0..count).map(sentence).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words::count(&sentences(1), &Default::default()), 8);
        let passage = words(10);
        for (task, least, most) in [
            (Task::Rewrite, 7, 14),
            (Task::Expand, 12, 27),
            (Task::Tighten, 3, 9),
        ] {
            for count in [2, least, most, 40] {
                let taken = judged(task, &passage, &words(count), false);
                // What runs on far too long ends with a sentence within reach.
                let is_taken = (least..=most).contains(&count);
                assert!(
                    taken.is_ok() == is_taken || count == 40,
                    "{task:?} {count}: {taken:?}"
                );
            }
        }
        assert!(judged(Task::Rewrite, &passage, &words(3), true).is_ok());
        assert!(judged(Task::Continue, "", "She left.", false).is_ok());
    }

    #[test]
    fn a_passage_that_is_a_list_may_become_one() {
        let list = "- the lamp\n- the stair\n- the brass key\n- the door in the wall\n- rain";
        let other = "- a lamp\n- the long stair\n- a key of brass\n- the door\n- rain, rain";
        assert_eq!(
            judged(Task::Rewrite, list, other, false).as_deref(),
            Ok(other)
        );
        assert!(judged(Task::Rewrite, PASSAGE, other, true).is_err());
    }

    #[test]
    fn an_answer_is_shown_once_it_has_begun() {
        let brief = Brief::parse("");
        let yardstick = Yardstick::of(&brief, &Templates::default());
        let measure = Measure::new(
            Task::Continue,
            (&brief, &yardstick),
            None,
            &[],
            ("", ""),
            120,
        );
        assert_eq!(measure.so_far("Certainly"), "");
        assert_eq!(
            measure.so_far("Certainly! Here is the text:\n\nThe lamp"),
            "The lamp"
        );
        assert_eq!(measure.so_far("The lamp went"), "The lamp went");
    }
}
