//! The parts that all jobs share: workshop, requests, and calls of a model.

pub(crate) mod answering_model;
pub(crate) mod background;
pub(crate) mod background_calls;
pub(crate) mod background_queue;
pub(crate) mod begin;
pub(crate) mod blocking;
pub(crate) mod brief_watch;
pub mod connected_model;
pub(crate) mod demo_scene;
pub mod editor;
pub mod error;
pub(crate) mod failure;
pub(crate) mod measuring;
pub(crate) mod preflight;
pub(crate) mod prepared;
pub(crate) mod question;
pub mod reporter;
pub(crate) mod request_words;
pub(crate) mod run_summary;
pub mod started_job;
pub(crate) mod without_effect;
pub mod workshop;
