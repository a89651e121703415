//! Words the line that ends a prompt when it is sent once more, since its answer could not be used: a model
//! that is asked the very same again may well answer the very same.

use super::Check;
use crate::writing::tokens::PromptLimit;

/// The line for an answer of which only that is known.
pub(crate) const LINE: &str = "\n\nThis was asked before, and the answer could not be used.";

/// Returns the line for an answer with this fault. It holds nothing of the answer.
pub(crate) fn line(check: Check) -> String {
    let what = match check {
        Check::Refusal => "was a refusal",
        Check::EmptyAnswer => "was empty",
        Check::TooShort => "was too short",
        Check::WrongLanguage => "was in another language than the story",
        Check::Placeholder => "held a placeholder in place of prose",
        Check::OutlineNotProse => "was an outline",
        Check::TableNotProse => "was a table",
        other => other.repaired(),
    };
    format!(
        "\n\nThis was asked before, and the answer could not be used: it {what}. Answer with nothing but the \
         prose that is asked for."
    )
}

/// Returns the limit of a prompt that is to end with a line.
pub(crate) fn room(limit: PromptLimit, line: &str) -> PromptLimit {
    PromptLimit {
        tokens: limit.tokens.saturating_sub(limit.estimate(line)),
        ..limit
    }
}

/// Ends a prompt, in parts, with a line. What is before it stays as it is, so that caches have it.
pub(crate) fn end(user: &mut [String], line: &str) {
    if let Some(last) = user.last_mut()
        && !line.is_empty()
    {
        last.truncate(last.trim_end().len());
        last.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_is_sent_once_more_says_what_was_wrong() {
        for check in Check::ALL {
            let mut user = vec!["# Facts\n".to_owned(), "Write it.\n".to_owned()];
            end(&mut user, &line(check));
            assert_eq!(user[0], "# Facts\n");
            let said = "Write it.\n\nThis was asked before, and the answer could not be used: it ";
            assert!(user[1].starts_with(said), "{}", user[1]);
        }
        let mut user = vec!["Write it.\n".to_owned()];
        end(&mut user, "");
        assert_eq!(user, ["Write it.\n"]);
        assert!(line(Check::Refusal).contains("it was a refusal. Answer"));
    }
}
