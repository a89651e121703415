//! The demo writer.
