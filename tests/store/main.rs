//! The checkpoint store over real files, a module a feature.

mod fixture;

mod archive;
mod author;
mod copies;
mod decisions;
mod editor;
mod faults;
mod files;
mod last_word;
mod pace;
mod power;
mod provenance;
mod revisions;
mod seams;
mod states;
mod sweep;
mod write;
