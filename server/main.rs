//! The `storywright` program.

use std::process::ExitCode;

use storywright::cli::{self, Task};
use storywright::settings::environment::Environment;
use tracing_subscriber::EnvFilter;

/// Keeps little memory that nobody uses any more.
///
/// The allocator of glibc gives each thread an arena of its own, up to eight a processor, and each keeps what it had
/// at its fullest: the language server had twice as much resident as it used. Two arenas are enough for threads that
/// mostly wait, and large texts go back to the system at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_little_memory() {
    const LARGE: libc::c_int = 256 * 1024;
    // SAFETY: no other thread runs yet; a setting that is not known is refused and changes nothing.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 4 * LARGE);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_little_memory() {}

fn main() -> ExitCode {
    keep_little_memory();
    let task = cli::parse();
    start_log();
    let environment = Environment::of_process();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("storywright: the program could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        match task {
            Task::Server => storywright::lsp::serve(environment).await,
            Task::Shell(task) => task.run(environment).await.code(),
        }
    });
    // A read of standard input that is still waiting must not hold the process up.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Libraries whose finer logs would print manuscripts, prompts or keys.
const QUIET: [&str; 5] = [
    "tower_lsp=info",
    "hyper=info",
    "h2=info",
    "reqwest=info",
    "rustls=info",
];

/// Logs go to standard error: warnings, or what `STORYWRIGHT_LOG` asks for.
fn start_log() {
    let filter = std::env::var("STORYWRIGHT_LOG").unwrap_or_else(|_| "warn".to_owned());
    let filter = QUIET
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(
            EnvFilter::builder().parse_lossy(filter),
            EnvFilter::add_directive,
        );
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| cli::LogLines)
        .with_ansi(false)
        .try_init();
}
