//! The program on Windows, where files that another program has open can't be replaced.

#![cfg(windows)]

#[path = "../support/mod.rs"]
mod support;

mod held;
