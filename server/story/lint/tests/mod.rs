//! The lint on stories: planted defects, clean manuscripts, any text at all.

mod checks;
mod generated;
mod manuscripts;
mod properties;
