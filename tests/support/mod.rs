//! What the integration tests share.

// Each test file is a crate of its own and uses a part of this only.
#![allow(dead_code)]

pub mod model_server;
pub mod prose;
