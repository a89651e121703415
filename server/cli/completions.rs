//! `storywright completions` and `storywright man`: what a shell and a reader of manuals want, from the same table of
//! commands as `--help`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::exit::Exit;
use super::failure::Failure;
use super::output;

#[derive(Args)]
pub struct Completions {
    /// The shell: bash, elvish, fish, powershell or zsh
    pub shell: Shell,
}

#[derive(Args)]
pub struct Manual {
    /// The command that the page is about [default: the program]
    pub command: Option<String>,
}

/// Prints the completions of a shell.
pub fn complete(mut program: Command, arguments: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "storywright", &mut script);
    output::print_raw(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}

/// Prints a page of the manual.
pub fn manual(program: Command, arguments: &Manual) -> Result<Exit, Failure> {
    let command = match &arguments.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            let command = found.ok_or_else(|| {
                Failure::usage(format!(
                    "there is no command {name}; `storywright --help` lists them"
                ))
            })?;
            command.display_name(format!("storywright-{name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::usage(format!("the page can't be made: {error}")))?;
    output::print_raw(&String::from_utf8_lossy(&page));
    Ok(Exit::Done)
}
