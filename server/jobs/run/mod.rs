//! What all jobs share: where they are made, what they are asked, what they tell, and how a model is called.

pub(crate) mod answering_model;
pub(crate) mod begin;
pub(crate) mod blocking;
pub(crate) mod brief_watch;
pub(crate) mod calls_beside;
pub(crate) mod demo_scene;
pub mod doctor;
pub mod editor;
pub mod error;
pub mod event_words;
pub mod events;
pub(crate) mod measuring;
pub mod outcomes;
pub(crate) mod plan_events;
pub(crate) mod precedence;
pub(crate) mod preflight;
pub(crate) mod prepared;
pub(crate) mod rate_limit_hold;
pub mod report;
pub(crate) mod request_words;
pub(crate) mod run_report;
pub mod started_job;
pub(crate) mod without_effect;
pub mod workshop;
pub mod writer;
