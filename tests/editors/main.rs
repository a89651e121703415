//! The server in real editors, each with what the project has for it and nothing else. Every test runs a script of
//! `tests/neovim/`, `tests/vscode/`, `tests/emacs/` or `tests/vim/`.

mod emacs;
mod neovim;
mod program;
#[path = "../support/tools.rs"]
#[allow(dead_code)] // each test binary uses its part of it
mod tools;
mod vim;
mod vscode;
