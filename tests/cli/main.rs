//! The built program as a shell runs it: real files, real signals, and real HTTP to a scripted
//! model server.

// What needs signals and pipes is left out elsewhere, and what only that uses.
#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

#[path = "../support/mod.rs"]
mod support;

mod desk;
mod novel;
mod one_reading;

mod answers;
mod books;
mod candidates;
#[cfg(unix)]
mod candidates_killed;
mod commands;
mod comments;
mod dismiss;
mod edits;
mod encodings;
mod events;
mod explain;
mod fatal;
mod faults;
mod finished;
mod help;
mod imports;
mod interrupt;
mod ledger;
mod limits;
mod lint;
mod local;
mod messages;
mod modes;
mod novels;
mod odd;
mod one_slot;
mod orders;
mod parameters;
mod passes;
mod places;
mod plan;
mod plan_from_text;
mod plan_locks;
mod plan_safety;
mod protocols;
mod records;
mod seams;
mod secrets;
mod settings;
mod severities;
mod sizes;
#[cfg(unix)]
mod special;
mod staleness;
mod states;
mod stretches;
mod terminal;
mod tokenizers;
mod totals;
mod two_writers;
mod unwritable;
mod upkeep;
