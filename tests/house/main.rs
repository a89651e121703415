//! What can be read off the repository itself: its rooms and arrows, and that its parts agree.

mod architecture;
mod clients;
mod codes;
mod editors;
mod modules;
mod source;
