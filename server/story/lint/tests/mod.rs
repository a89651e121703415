//! The lint on stories: planted defects, clean manuscripts, any text at all.

mod checks;
mod manuscripts;
mod properties;
