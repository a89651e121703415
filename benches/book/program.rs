//! A build of the program, and how it is run with nothing of this machine's settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A build that is measured.
pub struct Program {
    pub path: PathBuf,
}

impl Program {
    /// This build, and the other one that it is compared with.
    pub fn all() -> Vec<Program> {
        let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
        let own = named("STORYWRIGHT_BENCH_OWN");
        let own = own.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_storywright")));
        let peer = named("STORYWRIGHT_BENCH_PEER");
        std::iter::once(own)
            .chain(peer)
            .map(|path| Program { path })
            .collect()
    }

    /// The program in a folder, silent.
    pub fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .current_dir(folder)
            .env("STORYWRIGHT_CONFIG", folder.join("none.toml"))
            .env("STORYWRIGHT_LOCAL_PORTS", "off")
            // Nothing listens on the discard port.
            .env("OLLAMA_HOST", "127.0.0.1:9")
            .env("ANTHROPIC_API_KEY", "a-key-for-a-bench")
            .env("NO_PROXY", "127.0.0.1")
            .env_remove("STORYWRIGHT_LOG")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}
