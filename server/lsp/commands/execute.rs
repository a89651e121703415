//! Finds the command that a client asks for, and runs it.

use std::sync::Arc;

use serde_json::Value;

use super::arguments::Arguments;
use super::command::{Answer, Call, Command};
use super::table::COMMANDS;
use crate::lsp::state::State;
use crate::story::text::spelling::closest;

/// Runs a command. The answer of one that starts a job is the job's id.
///
/// # Errors
/// A sentence for the author.
pub async fn execute(state: &Arc<State>, name: &str, values: &[Value]) -> Answer {
    state.journals.settled().await;
    let command = find(name)?;
    let call = Call {
        state: Arc::clone(state),
        arguments: Arguments::read(values, command.takes)?,
    };
    (command.runs)(call).await
}

/// Finds the row of a command.
///
/// # Errors
/// A sentence that names the commands that were probably meant.
fn find(name: &str) -> Result<&'static Command, String> {
    let found = COMMANDS.iter().find(|command| command.name == name);
    found.ok_or_else(|| match near(name).as_slice() {
        [] => format!("there is no command {name}"),
        near => format!(
            "there is no command {name}; did you mean {}?",
            near.join(" or ")
        ),
    })
}

/// Lists the commands whose names are nearly what was asked for, or begin alike.
fn near(name: &str) -> Vec<&'static str> {
    const PREFIX: &str = "storywright.";
    let bare = |name: &str| name.strip_prefix(PREFIX).unwrap_or(name).to_lowercase();
    let asked = bare(name);
    if asked.is_empty() {
        return Vec::new();
    }
    let known: Vec<String> = COMMANDS.iter().map(|command| bare(command.name)).collect();
    let closest = closest(&asked, known.iter().map(String::as_str));
    let begins_alike = |known: &str| known.starts_with(&asked) || asked.starts_with(known);
    let is_near = |known: &str| Some(known) == closest || begins_alike(known);
    let rows = COMMANDS.iter().zip(&known);
    rows.filter(|(_, known)| is_near(known))
        .map(|(command, _)| command.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_refused_with_what_may_be_meant() {
        for (name, near) in [
            ("storywright.wriet", "storywright.write?"),
            (
                "storywright.WriteChunk",
                "storywright.write or storywright.writeChunk?",
            ),
            ("explain", "storywright.explain?"),
            (
                "storywright.rewrite",
                "storywright.rewriteChunk or storywright.rewriteStale or storywright.rewriteFrom or \
                 storywright.rewriteSelection?",
            ),
        ] {
            let told = find(name).err().unwrap();
            assert_eq!(
                told,
                format!("there is no command {name}; did you mean {near}")
            );
        }
        for name in ["storywright.frobnicate", "storywright.", ""] {
            assert_eq!(
                find(name).err().unwrap(),
                format!("there is no command {name}")
            );
        }
    }
}
