//! The lint on stories: planted defects, clean manuscripts, any text at all.

mod manuscripts;
mod properties;
