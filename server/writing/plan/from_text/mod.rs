//! Plans from a text that is there: asks what a chunk is as a beat, believes what its quotes prove, and puts that
//! into the brief. Pure.

pub(crate) mod answer;
pub(crate) mod insertion;
pub(crate) mod prompt;
