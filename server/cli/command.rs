//! Lists the commands of the shell front: one variant a command, and what runs it.

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use super::exit::Exit;
use super::{
    audit, candidates, check, completions, count, decide, diff, dismiss, doctor, explain, export,
    import, ledger, new, output, place, plan, refine, report, rewrite, session, state, status,
    versions, write,
};
use crate::decisions::upkeep::Decision;
use crate::jobs::run::workshop::Workshop;
use crate::session::Disk;
use crate::settings::environment::Environment;

/// Writes long fiction from a brief, chunk by chunk, into markdown files.
#[derive(Parser)]
#[command(
    name = "storywright",
    bin_name = "storywright",
    version,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new brief, ready to be changed and written
    New(new::New),
    /// Plan the beats that an outline is missing; what you wrote stays as it is
    Plan(plan::Plan),
    /// Write what is missing of a story; the same command goes on after any interruption
    Write(write::Write),
    /// Write chunks anew; what is replaced is kept in history/
    Rewrite(rewrite::Rewrite),
    /// Bring an earlier version of a chunk back
    Restore(decide::Restore),
    /// List the earlier versions of a chunk
    Versions(place::OneChunk),
    /// Show what changed between an earlier version of a chunk and its text
    Diff(diff::Diff),
    /// Call findings of `check` no problem: they are not told again
    Dismiss(dismiss::Dismiss),
    /// Keep stale chunks as they are: they count as fresh from now on
    Keep(decide::Chunks),
    /// Lock chunks: nothing but you changes their text until you unlock them
    Lock(decide::Chunks),
    /// Take the lock of chunks away
    Unlock(decide::Chunks),
    /// Take the proposed rewrites of chunks
    Accept(decide::Accept),
    /// Turn the proposed rewrites of chunks down
    Reject(decide::Reject),
    /// Go over a complete chunk once more; the better text waits for your yes or no
    Refine(refine::Refine),
    /// Look for what contradicts facts, rules and earlier chunks
    Audit(audit::Audit),
    /// Read chunks for what later ones have to know of them, where that is missing or outdated
    State(state::State),
    /// Show what is written, what is missing and what is stale
    Status(status::Status),
    /// The drafts of a story: list them, begin a new one, choose which one is written
    #[command(subcommand)]
    Session(session::Session),
    /// Count a draft in the ways that writers are asked for: words, characters, pages
    Count(count::Count),
    /// Make a page with pictures of a draft: words, cast, threads, dialogue, pace, cost
    Report(report::Report),
    /// Compare the candidates of a chunk, which `rewrite --candidates` wrote, with its text
    Candidates(place::OneChunk),
    /// Show where threads and promises are opened, due and paid, chunk by chunk
    Ledger(ledger::Ledger),
    /// Pack everything of a draft into a ZIP, or make a book of its story
    Export(export::Export),
    /// Bring a book, a project of another program or an exported ZIP in as a story; nothing that is there is replaced
    Import(import::Import),
    /// Show the problems of a brief, its settings and of what is written; fails on errors
    Check(check::Check),
    /// Show the exact prompt of a chunk, block by block, and what was left out; sends nothing
    Explain(explain::Explain),
    /// Look at everything that writing needs: settings, provider, folder
    Doctor(doctor::Doctor),
    /// Serve an editor over standard input and output
    Lsp(Lsp),
    /// Print what a shell needs to complete commands and options
    Completions(completions::Completions),
    /// Print a page of the manual, for `man -l -`
    Man(completions::Manual),
}

#[derive(Args)]
struct Lsp {
    /// Taken for the sake of clients that pass it; it is how the server talks anyway
    #[arg(long)]
    stdio: bool,
}

/// Says what the command line asks for.
pub enum Task {
    /// The language server, over standard input and output.
    Server,
    Shell(Box<ShellTask>),
}

/// Holds a command of the shell front with its arguments.
pub struct ShellTask(Command);

/// Reads the command line. Exits with 2 at wrong usage and 0 after `--help`.
pub fn parse() -> Task {
    let arguments = Arguments::try_parse().unwrap_or_else(|said| output::end_parsing(&said));
    match arguments.command {
        Command::Lsp(_) => Task::Server,
        command => Task::Shell(Box::new(ShellTask(command))),
    }
}

impl ShellTask {
    /// Runs the command to its end.
    pub async fn run(self, environment: Environment) -> Exit {
        let holder = "storywright in a shell";
        let workshop = Workshop::new(environment, Disk::real(), holder);
        let only_looks = matches!(
            self.0,
            Command::Status(_) | Command::Check(_) | Command::Explain(_)
        );
        let result = match self.0 {
            Command::New(arguments) => new::run(arguments),
            Command::Plan(arguments) => plan::run(&workshop, arguments).await,
            Command::Write(arguments) => write::run(&workshop, arguments).await,
            Command::Rewrite(arguments) => rewrite::run(&workshop, arguments).await,
            Command::State(arguments) => state::run(&workshop, arguments).await,
            Command::Restore(arguments) => decide::restore(&workshop, arguments).await,
            Command::Versions(arguments) => versions::run(&workshop, arguments),
            Command::Diff(arguments) => diff::run(&workshop, arguments),
            Command::Dismiss(arguments) => dismiss::run(&workshop, arguments).await,
            Command::Keep(chunks) => decide::run(&workshop, chunks, Decision::Keep).await,
            Command::Lock(chunks) => decide::run(&workshop, chunks, Decision::Lock).await,
            Command::Unlock(chunks) => decide::run(&workshop, chunks, Decision::Unlock).await,
            Command::Accept(arguments) => decide::accept(&workshop, arguments).await,
            Command::Reject(arguments) => decide::reject(&workshop, arguments).await,
            Command::Refine(arguments) => refine::run(&workshop, arguments).await,
            Command::Audit(arguments) => audit::run(&workshop, arguments).await,
            Command::Status(arguments) => status::run(&workshop, arguments),
            Command::Session(arguments) => session::run(&workshop, arguments),
            Command::Count(arguments) => count::run(&workshop, arguments),
            Command::Report(arguments) => report::run(&workshop, arguments),
            Command::Candidates(arguments) => candidates::run(&workshop, arguments),
            Command::Ledger(arguments) => ledger::run(&workshop, arguments),
            Command::Export(arguments) => export::run(&workshop, arguments),
            Command::Import(arguments) => import::run(&workshop, arguments),
            Command::Check(arguments) => check::run(&workshop, arguments),
            Command::Explain(arguments) => explain::run(&workshop, arguments),
            Command::Doctor(arguments) => doctor::run(&workshop, arguments).await,
            Command::Lsp(_) => Ok(Exit::Done),
            Command::Completions(arguments) => {
                completions::complete(Arguments::command(), &arguments)
            }
            Command::Man(arguments) => completions::manual(Arguments::command(), &arguments),
        };
        let exit = result.unwrap_or_else(|failure| {
            output::complain(&failure.message);
            failure.exit
        });
        if only_looks {
            // The system takes all of it back at once; piece by piece takes a tenth of the time of a long story.
            std::mem::forget(workshop);
        }
        output::end(exit)
    }
}
