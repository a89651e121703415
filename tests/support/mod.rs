//! What the integration tests share.

// Each test file is a crate of its own and uses a part of this only.
#![allow(dead_code, unused_imports)]

pub mod calls;
pub mod languages;
pub mod model_server;
pub mod numbered;
pub mod prose;
pub mod shell;
pub mod tokenizers;
pub mod tools;
