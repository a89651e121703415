//! The server in a real Neovim: headless, clean, with nothing but its built-in LSP client and
//! the project's own configuration for it. Each test runs one Lua script of `tests/neovim/`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::program;
use super::tools;

/// One script, whatever it waits for, takes no longer. Measured: 20 s for the slowest.
const DEADLINE: Duration = Duration::from_secs(120);

/// Fast enough not to wait for, in words a second.
const AT_ONCE: u32 = 100_000;
/// A chunk of 150 words takes four seconds: time to watch it and to cancel it.
const VISIBLY: u32 = 40;

#[test]
fn a_code_action_writes_the_story() {
    run("write_story.lua", &[], "short", AT_ONCE);
}

#[test]
fn an_outline_is_planned_into_its_buffer() {
    run("plan.lua", &[], "short", VISIBLY);
}

#[test]
fn an_open_chunk_streams_and_is_resumed_after_cancel() {
    run("stream_cancel_resume.lua", &[], "short", VISIBLY);
}

#[test]
fn a_cancelled_chunk_that_was_saved_is_resumed() {
    run("stream_cancel_resume.lua", &["save"], "short", VISIBLY);
}

#[test]
fn a_chunk_opened_while_it_is_written_goes_on_in_the_buffer() {
    run("open_while_writing.lua", &[], "short", VISIBLY);
}

#[test]
fn a_chunk_that_is_saved_shorter_stays_shorter() {
    run("last_word.lua", &["shorter"], "short", AT_ONCE);
}

#[test]
fn a_rewrite_that_is_undone_and_saved_stays_undone() {
    run("last_word.lua", &["undone"], "short", AT_ONCE);
}

#[test]
fn a_chunk_that_was_never_saved_is_there_on_return() {
    let desk = Desk::new("short", AT_ONCE);
    desk.run("last_word.lua", &["left"]);
    desk.run("last_word.lua", &["left", "back"]);
}

#[test]
fn a_streamed_chunk_is_one_step_of_undo() {
    run("undo.lua", &[], "short", VISIBLY);
}

#[test]
fn commands_act_where_the_cursor_is_and_the_story_is_shown() {
    run("commands.lua", &[], "short", AT_ONCE);
}

#[test]
fn a_story_begins_in_an_empty_editor() {
    let desk = Desk::new("short", VISIBLY);
    fs::remove_file(desk.home.path().join("novel/story.md")).unwrap();
    desk.run("new_story.lua", &[]);
}

#[test]
fn a_busy_editor_ends_no_job_and_catches_up() {
    run("pause.lua", &[], "short", VISIBLY);
}

#[test]
fn a_story_is_read_by_the_editors_own_means() {
    run("features.lua", &[], "short", AT_ONCE);
}

#[test]
fn problems_stand_at_their_place_in_utf_8() {
    run("problems.lua", &["utf-8"], "problems", AT_ONCE);
}

#[test]
fn problems_stand_at_their_place_in_utf_16() {
    run("problems.lua", &["utf-16"], "problems", AT_ONCE);
}

/// Runs a script on a copy of a fixture brief and panics with all its output if it fails.
fn run(script: &str, arguments: &[&str], brief: &str, words_per_second: u32) {
    Desk::new(brief, words_per_second).run(script, arguments);
}

/// A home with a copy of a fixture brief, for one Neovim after the other.
struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    fn new(brief: &str, words_per_second: u32) -> Desk {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = tempfile::tempdir().unwrap();
        let workspace = home.path().join("novel");
        fs::create_dir(&workspace).unwrap();
        fs::copy(
            root.join("fixtures/briefs").join(brief).join("story.md"),
            workspace.join("story.md"),
        )
        .unwrap();
        fs::write(
            home.path().join("config.toml"),
            format!("provider = \"demo\"\n\n[demo]\nwords_per_second = {words_per_second}\n"),
        )
        .unwrap();
        Desk { home }
    }

    /// Runs a script and panics with all its output if it fails.
    fn run(&self, script: &str, arguments: &[&str]) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = self.home.path();
        let workspace = home.join("novel");
        let mut command = Command::new(tools::nvim());
        command
            .args(["--headless", "--clean", "-l"])
            .arg(root.join("tests/neovim").join(script))
            .arg(&workspace)
            .args(arguments)
            .current_dir(&workspace)
            .env("STORYWRIGHT_BIN", env!("CARGO_BIN_EXE_storywright"))
            .env("STORYWRIGHT_NVIM", root.join("editors/nvim"))
            .env("STORYWRIGHT_CONFIG", home.join("config.toml"))
            .env("HOME", home);
        for folder in ["CONFIG", "DATA", "STATE", "CACHE"] {
            command.env(format!("XDG_{folder}_HOME"), home.join(folder));
        }
        for variable in ["NVIM", "VIM", "VIMRUNTIME", "NVIM_APPNAME", "NVIM_LOG_FILE"] {
            command.env_remove(variable);
        }
        program::succeeds(command, DEADLINE, &format!("{script} {arguments:?}"));
    }
}
