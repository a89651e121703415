//! The command line.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Parser, Subcommand};
use serde_json::{Map, Value};

use crate::engine::settings::{NAMES, flag};

/// Writes long fiction from a brief, chunk by chunk, into markdown files.
#[derive(Parser)]
#[command(name = "storywright", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Make a new brief, ready to be changed and written
    New(New),
    /// Plan the beats that an outline is missing; what you wrote stays as it is
    Plan(Plan),
    /// Write what is missing of a story; the same command goes on after any interruption
    Write(Write),
    /// Write chunks anew; what is replaced is kept in history/
    Rewrite(Rewrite),
    /// Bring an earlier version of a chunk back
    Restore(Restore),
    /// List the earlier versions of a chunk
    Versions(Chunk),
    /// Show what changed between an earlier version of a chunk and its text
    Diff(Diff),
    /// Keep stale chunks as they are: they count as fresh from now on
    Keep(Chunks),
    /// Lock chunks: nothing but you changes their text until you unlock them
    Lock(Chunks),
    /// Take the lock of chunks away
    Unlock(Chunks),
    /// Take the proposed rewrites of chunks
    Accept(Chunks),
    /// Turn the proposed rewrites of chunks down
    Reject(Chunks),
    /// Go over a complete chunk once more; the better text waits for your yes or no
    Refine(Refine),
    /// Look for what contradicts facts, rules and earlier chunks
    Audit(Audit),
    /// Read chunks for what later ones have to know of them, where that is missing or outdated
    State(State),
    /// Show what is written, what is missing and what is stale
    Status(Status),
    /// The drafts of a story: list them, begin a new one, choose which one is written
    #[command(subcommand)]
    Session(Session),
    /// Pack everything of a draft into a ZIP, or its story into one markdown file
    Export(Export),
    /// Bring an exported ZIP back; nothing that is there is replaced
    Import(Import),
    /// Show the problems of a brief, its settings and of what is written; fails on errors
    Check(Check),
    /// Show the exact prompt of a chunk, block by block, and what was left out; sends nothing
    Explain(Explain),
    /// Look at everything that writing needs: settings, provider, folder
    Doctor(Doctor),
    /// Serve an editor over standard input and output
    Lsp(Lsp),
}

#[derive(Args)]
pub struct New {
    /// Title of the story
    #[arg(default_value = "Untitled")]
    pub title: String,
    /// Folder to put the brief into
    #[arg(long, default_value = ".")]
    pub folder: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Plan {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// How many beats the outline is to have in all [default: target_words / chunk_words]
    #[arg(long, value_name = "N")]
    pub beats: Option<u32>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Write {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to work on [default: the current one, or a new one]
    #[arg(long)]
    pub session: Option<String>,
    /// Write just these chunks: numbers, ranges and beat ids, such as 3 or 1,5-9,lamp
    #[arg(long, value_name = "CHUNKS", group = "reach")]
    pub chunk: Option<String>,
    /// Write no further than this chunk, by number or beat id
    #[arg(long, value_name = "CHUNK", group = "reach")]
    pub to: Option<String>,
    /// Write just this chapter, by number or title
    #[arg(long, group = "reach")]
    pub chapter: Option<String>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Rewrite {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    #[command(flatten)]
    pub which: Which,
    /// With --stale: also what becomes stale by the rewriting itself
    #[arg(long, requires = "stale")]
    pub follow: bool,
    /// Write several complete chunks anew without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// Which chunks are written anew.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// These chunks, whoever wrote them: numbers, ranges and beat ids, such as 3 or 1,5-9,lamp
    #[arg(long, value_name = "CHUNKS")]
    pub chunk: Option<String>,
    /// This chunk, by number or beat id, and all after it, but for those that you edited or locked
    #[arg(long, value_name = "CHUNK")]
    pub from: Option<String>,
    /// What is stale, but for chunks that you edited or locked
    #[arg(long)]
    pub stale: bool,
}

#[derive(Args)]
pub struct Refine {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The chunk, by number or beat id
    #[arg(long)]
    pub chunk: String,
    /// Put the better text into the chunk at once; the old one is kept in history/
    #[arg(long)]
    pub apply: bool,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Audit {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Audit just this chunk, by number or beat id [default: all that changed since the last audit]
    #[arg(long)]
    pub chunk: Option<String>,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Chunk {
    /// The chunk, by number or beat id
    pub chunk: String,
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Chunks {
    /// The chunks: numbers, ranges and beat ids, such as 3 or 1 5-9 lamp; then, if it is not the
    /// current folder, the brief or the folder it is in
    #[arg(required_unless_present = "all", value_name = "CHUNKS")]
    pub chunks: Vec<String>,
    /// All chunks that there is something to decide about
    #[arg(long)]
    pub all: bool,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    pub chunk: Chunk,
    /// Which version, counted from 1, the oldest [default: the one that was replaced last]
    #[arg(long)]
    pub version: Option<usize>,
}

#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    pub chunk: Chunk,
    /// Which version, counted from 1, the oldest [default: the one that was replaced last]
    #[arg(long)]
    pub version: Option<usize>,
}

#[derive(Args)]
pub struct State {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Read just this chunk, by number or beat id
    #[arg(long)]
    pub chunk: Option<String>,
    /// Read again what is known; what you edited only with --chunk. The old is kept in history/
    #[arg(long)]
    pub rebuild: bool,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Status {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to show [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Show how far every draft is
    #[arg(long, conflicts_with = "session")]
    pub all: bool,
    /// Show only what is stale, and why
    #[arg(long, conflicts_with = "all")]
    pub stale: bool,
    /// Show only this chapter, by number or title
    #[arg(long, conflicts_with = "all")]
    pub chapter: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Subcommand)]
pub enum Session {
    /// Show the drafts, the current one marked
    List(SessionList),
    /// Begin a draft beside the others, and make it the current one
    New(SessionNew),
    /// Make a draft the one that `write` goes on with
    Use(SessionUse),
    /// Take over a draft whose brief was renamed, and make it the current one
    Adopt(SessionAdopt),
}

#[derive(Args)]
pub struct SessionList {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct SessionNew {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Name of the draft [default: the title and the next number]
    #[arg(long)]
    pub name: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct SessionUse {
    /// The draft
    pub id: String,
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct SessionAdopt {
    /// The draft [default: the one whose beats are this story's]
    pub id: Option<String>,
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Export {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to export [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// zip: everything; md: the story as one file
    #[arg(long, value_enum, default_value = "zip")]
    pub format: ExportFormat,
    /// File or folder to export to [default: in the draft's own folder]
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    Zip,
    Md,
}

#[derive(Args)]
pub struct Import {
    /// The ZIP that `storywright export` made
    pub file: PathBuf,
    /// Folder to bring the draft into
    #[arg(long, default_value = ".")]
    pub folder: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Check {
    /// Briefs, or folders they are in [default: the current folder]
    pub paths: Vec<PathBuf>,
    /// What makes the exit code 1 besides errors: nothing, warnings, or stale chunks
    #[arg(long, value_enum, default_value = "error", value_name = "WHAT")]
    pub fail_on: FailOn,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// What fails a check. Errors always do.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    Error,
    Warning,
    Stale,
}

#[derive(Args)]
pub struct Explain {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The chunk, by number or beat id [default: the first that is not complete]
    #[arg(long)]
    pub chunk: Option<String>,
    /// The draft to look at [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Doctor {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Lsp {
    /// Taken for the sake of clients that pass it; it is how the server talks anyway
    #[arg(long)]
    pub stdio: bool,
}

/// A flag for every setting, in kebab case: `--timeouts-idle` is `timeouts.idle`.
pub struct SettingFlags {
    /// By dotted name.
    pub values: Map<String, Value>,
}

impl clap::FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = NAMES
            .iter()
            .filter_map(|setting| {
                let value = matches.get_one::<String>(setting.name)?;
                Some((setting.name.to_owned(), Value::from(value.as_str())))
            })
            .collect();
        Ok(SettingFlags { values })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.values.extend(Self::from_arg_matches(matches)?.values);
        Ok(())
    }
}

impl Args for SettingFlags {
    fn augment_args(command: clap::Command) -> clap::Command {
        NAMES.iter().fold(command, |command, setting| {
            let flag = flag(setting.name).trim_start_matches('-').to_owned();
            command.arg(
                Arg::new(setting.name)
                    .long(flag)
                    .value_name("VALUE")
                    .help(setting.expects)
                    .help_heading("Settings"),
            )
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}
