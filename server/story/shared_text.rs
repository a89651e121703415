//! Defines a text that many hold at once.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text that is cheap to clone, also without its end.
#[derive(Clone, Default)]
pub struct SharedText {
    whole: Arc<str>,
    /// The end of this text in `whole`, at a character's boundary.
    end: usize,
}

impl SharedText {
    pub fn as_str(&self) -> &str {
        self.whole.get(..self.end).unwrap_or(&self.whole)
    }

    /// Returns this text without the white space at its end; nothing is copied.
    pub(crate) fn without_end(&self) -> SharedText {
        SharedText {
            whole: Arc::clone(&self.whole),
            end: self.trim_end().len(),
        }
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<T: Into<Arc<str>>> From<T> for SharedText {
    fn from(text: T) -> SharedText {
        let whole = text.into();
        let end = whole.len();
        SharedText { whole, end }
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &SharedText) -> bool {
        **self == **other
    }
}

impl Eq for SharedText {}

impl PartialEq<str> for SharedText {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for SharedText {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<String> for SharedText {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
