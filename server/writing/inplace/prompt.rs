//! Builds the prompt of a text that is written at one place.
//!
//! Never cut: what the story is, its rules, the passage, what the author asks, and the closing lines. What else gives way:
//! first the text behind the place, then the text before it, then the cast.

use super::seam::Seam;
use super::task::Task;
use crate::story::{Brief, words};
use crate::writing::prompt::{self, Ground, Templates};
use crate::writing::tokens::PromptLimit;

/// Words of the text before and behind the place that are repeated, where there is room, and the least.
const BEFORE_WORDS: [usize; 5] = [400, 300, 200, 100, 50];
const AFTER_WORDS: [usize; 4] = [200, 120, 60, 30];
/// Most tokens of a passage: models' answers have limits.
const MOST_AT_ONCE: u32 = 6_000;
/// About what the headings between the blocks take, in tokens.
const HEADINGS: u32 = 60;

/// The role where no brief says more.
const PLAIN: &str = "You are the author of a text that you go on with and improve at one place.\n\n\
    What you answer with:\n\
    - The prose that is asked for and nothing else: no title, no heading, no preamble, no remark about the task.\n\
    - Write in the language of the text, and end with a finished sentence unless the place is in the middle of one.\n\n\
    What keeps it one text:\n\
    - Keep names, point of view and tense exactly as they are.\n\
    - What was told before has happened. Do not tell it again, do not take it back.\n\
    - Scenes rather than reports; no summary and no moral at the end.";

/// What is asked for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub task: Task,
    /// The brief that governs the text, else what stands in for one.
    pub brief: &'a Brief,
    pub templates: &'a Templates,
    /// The ground of that brief with those templates.
    pub ground: &'a Ground,
    /// Whether a brief of the author's governs the text.
    pub is_governed: bool,
    /// The beat that the text is of, as an index.
    pub beat: Option<usize>,
    pub before: &'a str,
    /// Empty where the text is gone on with.
    pub passage: &'a str,
    pub after: &'a str,
    pub seam: Seam,
    /// Length of the answer, in the unit of the language.
    pub wish: u32,
    pub notes: &'a [String],
    pub limit: PromptLimit,
}

/// The messages of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Calls {
    pub system: String,
    /// In parts of falling stability.
    pub user: Vec<String>,
}

/// What must not be cut is more than a prompt may hold; nothing is sent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DoesNotFit {
    #[error(
        "the passage is too long to be written anew at once (about {tokens} tokens of {MOST_AT_ONCE}), so nothing was sent. \
         Select less of it"
    )]
    Passage { tokens: u32 },
    #[error(
        "the prompt does not fit: facts, rules and passage need about {tokens} tokens, and {}. Nothing was sent. Select less, \
         shorten the brief, or {}",
        .limit.allowance(),
        .limit.remedy()
    )]
    All { tokens: u32, limit: PromptLimit },
}

impl Asked<'_> {
    /// Builds the messages.
    ///
    /// # Errors
    /// [`DoesNotFit`]
    pub fn build(&self) -> Result<Calls, DoesNotFit> {
        let system = self.system();
        let plan = self.plan();
        let passage = match self.passage {
            "" => String::new(),
            passage => format!("# The passage as it stands\n{passage}"),
        };
        let closing = self.closing();
        let estimate = |text: &str| self.limit.estimate(text);
        let tokens = estimate(&passage);
        if tokens > MOST_AT_ONCE {
            return Err(DoesNotFit::Passage { tokens });
        }
        let fixed = [&system, &plan, &passage, &closing];
        let tokens = fixed.map(|text| estimate(text)).iter().sum::<u32>() + HEADINGS;
        let Some(mut room) = self.limit.tokens.checked_sub(tokens) else {
            let limit = self.limit;
            return Err(DoesNotFit::All { tokens, limit });
        };
        let mut take = |text: &str| {
            let size = estimate(text);
            let fits = size <= room;
            room -= if fits { size } else { 0 };
            fits
        };
        let cast = self.cast().into_iter().filter(|entry| take(entry));
        let cast: Vec<String> = cast.collect();
        let before = BEFORE_WORDS.map(|count| prompt::last_words(self.before, count));
        let before = before.into_iter().find(|text| take(text));
        let after = AFTER_WORDS.map(|count| prompt::first_words(self.after, count));
        let after = after.into_iter().find(|text| take(text));
        let block = |heading: &str, text: &str| match text.trim() {
            "" => String::new(),
            text => format!("# {heading}\n{text}"),
        };
        let stable = [block("Who is near this place", &cast.join("\n")), plan];
        let place = [
            block(
                "The text before this place ends with",
                before.unwrap_or_default(),
            ),
            passage,
            block(
                "The text after this place begins with",
                after.unwrap_or_default(),
            ),
            closing,
        ];
        let mut user = vec![joined(&stable), joined(&place)];
        user.retain(|part| !part.is_empty());
        if let [stable, _] = user.as_mut_slice() {
            stable.push_str("\n\n");
        }
        Ok(Calls { system, user })
    }

    /// The same as in the prompts of the story's chunks, as far as they go.
    fn system(&self) -> String {
        if !self.is_governed {
            let title = self.brief.title.trim();
            return match title {
                "" => PLAIN.to_owned(),
                title => format!("{PLAIN}\n\nThe text is called “{title}”."),
            };
        }
        let parts = [
            prompt::contract(self.brief, self.templates),
            prompt::facts(self.brief),
            prompt::rules(self.brief),
        ];
        joined(&parts)
    }

    fn plan(&self) -> String {
        let beat = self.beat.and_then(|beat| self.brief.beats.get(beat));
        beat.map_or_else(String::new, |beat| {
            prompt::plan(
                format!("# What this part is about: {}", beat.title),
                beat,
                &[],
            )
        })
    }

    /// The entries of those who are named near the place.
    fn cast(&self) -> Vec<String> {
        let notes = self.notes.join("\n");
        let near = [
            prompt::last_words(self.before, BEFORE_WORDS[0]),
            self.passage,
            prompt::first_words(self.after, AFTER_WORDS[0]),
            &notes,
        ];
        prompt::cast_near(self.brief, self.ground, self.beat, &near)
    }

    fn closing(&self) -> String {
        let (wish, unit) = (self.wish, self.brief.language.unit());
        let there = words::count(self.passage, &self.brief.language);
        let mut text = match self.task {
            Task::Continue | Task::Sentence => {
                let begins = match self.seam {
                    Seam::Paragraph { .. } => "Begin a new paragraph.",
                    Seam::Onward => {
                        "Go on exactly where the text before breaks off, be it in the middle of a sentence, and repeat \
                         nothing of it."
                    }
                };
                let leads = match self.after.trim() {
                    "" => "",
                    _ => " It leads into the text after it, and tells nothing of that.",
                };
                let much = match self.task {
                    Task::Sentence => "the next sentence and no more, at most",
                    _ => "about",
                };
                format!("Go on with the text at this place: {much} {wish} {unit}. {begins}{leads}")
            }
            Task::Rewrite => format!(
                "Rewrite the passage as better prose. The same things happen in it in the same order, to the same people. \
                 Keep its length: about {wish} {unit}."
            ),
            Task::Expand => format!(
                "Write the passage at greater length: about {wish} {unit} instead of {there}. The same things happen in it; \
                 show more of what is seen, heard, said and thought. Add nothing that another part of the text would have \
                 to know of."
            ),
            Task::Tighten => format!(
                "Write the passage in fewer words: about {wish} {unit} instead of {there}. All that happens and all that is \
                 said for the first time in it stays; cut what is worn, wordy or said twice."
            ),
        };
        if !self.task.goes_on() {
            text.push_str(
                " It follows on the text before it and leads into the text after it, which both stay as they are.",
            );
        }
        for note in self.notes {
            text.push_str(&format!("\nThe author asks: {note}"));
        }
        let only = match self.task {
            Task::Continue | Task::Sentence => "the new text",
            _ => "the passage as it is to stand",
        };
        text.push_str(&format!("\nAnswer with {only} and nothing else."));
        text
    }
}

fn joined(parts: &[String]) -> String {
    let parts = parts.iter().map(String::as_str);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writing::accept::is_prompt_heading;
    use crate::writing::inplace::plain_brief;

    const BRIEF: &str = "---\ntitle: Lamp\n---\n# Premise\nA keeper.\n# Rules\n1. The lamp may not go out.\n# Cast\n\
                         ## Mara Voss\nTired.\n## Ilse\nYoung.\n## Tom\nDead.\n# Outline\n## The Stair\nMara Voss goes down.\n";

    fn built(asked: &dyn Fn(&mut Asked<'_>), brief: &Brief) -> Result<Calls, DoesNotFit> {
        let templates = Templates::default();
        let notes = ["colder".to_owned()];
        let mut all = Asked {
            task: Task::Continue,
            brief,
            templates: &templates,
            ground: &Ground::of(brief, &templates),
            is_governed: true,
            beat: None,
            before: "It rained. Ilse waited.",
            passage: "",
            after: "Nobody came.",
            seam: Seam::Onward,
            wish: 120,
            notes: &notes,
            limit: PromptLimit::of(16_000),
        };
        asked(&mut all);
        all.build()
    }

    #[test]
    fn a_continuation_has_the_story_the_people_near_and_the_text_around() {
        let brief = Brief::parse(BRIEF);
        let calls = built(&|_| {}, &brief).unwrap();
        assert!(calls.system.contains("1. The lamp may not go out."));
        let user = calls.user.concat();
        for part in [
            "# Who is near this place\nIlse: Young.",
            "ends with\nIt rained. Ilse waited.",
            "begins with\nNobody came.",
            "about 120 words",
            "exactly where the text before breaks off",
            "The author asks: colder",
        ] {
            assert!(user.contains(part), "{part}:\n{user}");
        }
        assert!(!user.contains("Tom"), "{user}");
        let of_beat = built(&|asked| asked.beat = Some(0), &brief).unwrap();
        let user = of_beat.user.concat();
        assert!(
            user.contains("Mara Voss: Tired.")
                && user.contains("What happens: Mara Voss goes down.")
        );
        for heading in user.lines().filter(|line| line.starts_with("# ")) {
            assert!(is_prompt_heading(heading), "{heading}");
        }
    }

    #[test]
    fn each_task_asks_for_its_length() {
        let brief = Brief::parse(BRIEF);
        for (task, wish, part) in [
            (Task::Rewrite, 4, "Keep its length: about 4 words"),
            (Task::Expand, 7, "about 7 words instead of 4"),
            (Task::Tighten, 3, "about 3 words instead of 4"),
        ] {
            let calls = built(
                &|asked| {
                    (asked.task, asked.passage, asked.wish) = (task, "Ilse sat there alone.", wish);
                },
                &brief,
            );
            let user = calls.unwrap().user.concat();
            assert!(user.contains(part), "{user}");
            assert!(user.contains("# The passage as it stands\nIlse sat there alone.\n"));
        }
    }

    #[test]
    fn a_text_without_a_brief_has_its_title_and_no_facts() {
        let brief = plain_brief("# The Well\n\nIt rained.", None);
        let calls = built(&|asked| asked.is_governed = false, &brief).unwrap();
        assert!(calls.system.ends_with("The text is called “The Well”."));
        assert!(!calls.system.contains("BCP 47"));
    }

    #[test]
    fn what_does_not_fit_gives_way_or_is_refused() {
        let brief = Brief::parse(BRIEF);
        let long: &str = "It rained all night. ".repeat(300).leak();
        let small = |asked: &mut Asked<'_>, tokens| asked.limit = PromptLimit::of(tokens);
        let whole = |tokens: u32| {
            let calls = built(
                &|asked| {
                    small(asked, tokens);
                    (asked.before, asked.after) = (long, long);
                },
                &brief,
            );
            calls.map(|calls| calls.user.concat())
        };
        let large = whole(16_000).unwrap();
        let tight = whole(1_100).unwrap();
        assert!(tight.len() < large.len());
        assert!(tight.contains("about 120 words") && tight.contains("colder"));
        assert!(matches!(whole(200), Err(DoesNotFit::All { .. })));
        let passage: &str = "word ".repeat(9_000).leak();
        let refused = built(
            &|asked| (asked.task, asked.passage) = (Task::Rewrite, passage),
            &brief,
        );
        assert!(matches!(refused, Err(DoesNotFit::Passage { .. })));
    }
}
