//! Names the checks of an answer, and what they report.

/// A check of an answer. Each has a name of its own, in messages, logs and records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    EmptyAnswer,
    Refusal,
    LateRefusal,
    LeakedReasoning,
    MetaTalk,
    Preamble,
    Postamble,
    CodeFence,
    JsonWrapper,
    Metadata,
    HeadingEcho,
    NextPart,
    StrayRule,
    PromptEcho,
    NoteEcho,
    TemplateToken,
    RolePrefix,
    Markup,
    ControlCharacters,
    BrokenCharacters,
    CopiedText,
    Repetition,
    WrongLanguage,
    Placeholder,
    OutlineNotProse,
    TableNotProse,
    TooShort,
    TooLong,
    CutOff,
    UnfinishedSentence,
}

impl Check {
    /// Every check, in no order that matters.
    pub const ALL: [Check; 30] = [
        Check::EmptyAnswer,
        Check::Refusal,
        Check::LateRefusal,
        Check::LeakedReasoning,
        Check::MetaTalk,
        Check::Preamble,
        Check::Postamble,
        Check::CodeFence,
        Check::JsonWrapper,
        Check::Metadata,
        Check::HeadingEcho,
        Check::NextPart,
        Check::StrayRule,
        Check::PromptEcho,
        Check::NoteEcho,
        Check::TemplateToken,
        Check::RolePrefix,
        Check::Markup,
        Check::ControlCharacters,
        Check::BrokenCharacters,
        Check::CopiedText,
        Check::Repetition,
        Check::WrongLanguage,
        Check::Placeholder,
        Check::OutlineNotProse,
        Check::TableNotProse,
        Check::TooShort,
        Check::TooLong,
        Check::CutOff,
        Check::UnfinishedSentence,
    ];

    /// Returns the stable kebab-case name of the check.
    pub fn code(self) -> &'static str {
        match self {
            Check::EmptyAnswer => "empty-answer",
            Check::Refusal => "refusal",
            Check::LateRefusal => "late-refusal",
            Check::LeakedReasoning => "leaked-reasoning",
            Check::MetaTalk => "meta-talk",
            Check::Preamble => "preamble",
            Check::Postamble => "postamble",
            Check::CodeFence => "code-fence",
            Check::JsonWrapper => "json-wrapper",
            Check::Metadata => "metadata",
            Check::HeadingEcho => "heading-echo",
            Check::NextPart => "next-part",
            Check::StrayRule => "stray-rule",
            Check::PromptEcho => "prompt-echo",
            Check::NoteEcho => "note-echo",
            Check::TemplateToken => "template-token",
            Check::RolePrefix => "role-prefix",
            Check::Markup => "markup",
            Check::ControlCharacters => "control-characters",
            Check::BrokenCharacters => "broken-characters",
            Check::CopiedText => "copied-text",
            Check::Repetition => "repetition",
            Check::WrongLanguage => "wrong-language",
            Check::Placeholder => "placeholder",
            Check::OutlineNotProse => "outline-not-prose",
            Check::TableNotProse => "table-not-prose",
            Check::TooShort => "too-short",
            Check::TooLong => "too-long",
            Check::CutOff => "cut-off",
            Check::UnfinishedSentence => "unfinished-sentence",
        }
    }

    /// Returns the check of a code.
    pub fn of_code(code: &str) -> Option<Check> {
        Check::ALL.into_iter().find(|check| check.code() == code)
    }

    /// Returns the words for what was taken out of an answer; they end a sentence that begins "the answer".
    pub(crate) fn repaired(self) -> &'static str {
        match self {
            Check::LateRefusal => "ended with a refusal to go on",
            Check::LeakedReasoning => "held the model's own thoughts",
            Check::MetaTalk => "held talk of the model about itself or its work",
            Check::Preamble => "began with a preamble",
            Check::Postamble => "ended with talk about the work",
            Check::CodeFence => "was fenced off as code",
            Check::JsonWrapper => "was wrapped in JSON",
            Check::Metadata => "held data about the work, as JSON or front matter",
            Check::HeadingEcho => "had a heading, which the outline already has",
            Check::NextPart => "went on into the next part",
            Check::StrayRule => "had a scene break at its edge",
            Check::PromptEcho => "repeated a piece of the prompt",
            Check::NoteEcho => "repeated a note in the margin",
            Check::TemplateToken => "held marks of the model's template",
            Check::RolePrefix => "began with the name of a role",
            Check::Markup => "held marks of a web page, or a picture from the web",
            Check::ControlCharacters => "held control characters",
            Check::BrokenCharacters => "held characters in the wrong encoding",
            Check::CopiedText => "repeated text that stands earlier in the story",
            Check::Repetition => "said the same again and again",
            Check::TooLong => "was far longer than asked for",
            Check::CutOff | Check::UnfinishedSentence => "ended in the middle of a sentence",
            // Nothing is taken out on their account.
            Check::EmptyAnswer
            | Check::Refusal
            | Check::WrongLanguage
            | Check::Placeholder
            | Check::OutlineNotProse
            | Check::TableNotProse
            | Check::TooShort => "was no prose",
        }
    }

    /// Returns what the author can do when it happens again and again.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Check::EmptyAnswer | Check::Refusal | Check::LateRefusal => {
                "Change the beat, or try another model"
            }
            Check::LeakedReasoning | Check::TemplateToken | Check::RolePrefix => {
                "The server may not know this model's template: update it, or try another model"
            }
            Check::BrokenCharacters | Check::ControlCharacters => {
                "The server or the model file may be broken: update it, or try another model"
            }
            Check::WrongLanguage => {
                "Check `language` in the brief, or try a model that knows this language"
            }
            Check::CopiedText | Check::Repetition => {
                "Say in the beat what is new in it, raise temperature, or try another model"
            }
            Check::TooShort => "Give the beat more to tell, lower its `words`, or write on by hand",
            _ => "Write it once more, or try another model",
        }
    }
}

/// A fault of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub check: Check,
    /// The beginning of a sentence about the fault; holds nothing of the answer.
    pub what: String,
}

impl Fault {
    pub(crate) fn new(check: Check, what: impl Into<String>) -> Fault {
        Fault {
            check,
            what: what.into(),
        }
    }

    /// Returns the message for the author when the answer is asked for once more.
    pub fn once_more(&self) -> String {
        format!("{}; asking once more", self.what)
    }

    /// Returns the message for the author when it was asked for once more and no better.
    pub fn given_up(&self) -> String {
        format!(
            "{}, also when it was asked once more. {}",
            self.what,
            self.check.advice()
        )
    }
}

impl Fault {
    /// Returns the message for the author when the chunk is complete all the same.
    pub fn accepted(&self) -> String {
        match self.check {
            Check::TooShort => format!(
                "{}, and the model had no more to tell. The chunk is taken as it is; what is missing is shared \
                 among those still to be written",
                self.what
            ),
            Check::BrokenCharacters => self.what.clone(),
            _ => format!("{}; the chunk is taken as it is", self.what),
        }
    }
}

/// Something that was taken out of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub check: Check,
    pub text: String,
}

impl Cut {
    /// Returns the message for the author; nothing of a last sentence that was not finished, which every
    /// model leaves at times.
    pub fn message(&self) -> Option<String> {
        let told = !matches!(self.check, Check::CutOff | Check::UnfinishedSentence);
        told.then(|| {
            format!(
                "the answer {}; that was left out, and is kept in the run's artifacts/",
                self.check.repaired()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_names() {
        let mut codes: Vec<&str> = Check::ALL.into_iter().map(Check::code).collect();
        for (check, code) in Check::ALL.into_iter().zip(&codes) {
            assert!(
                code.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{code}"
            );
            assert_eq!(Check::of_code(code), Some(check));
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Check::ALL.len());
    }
}
