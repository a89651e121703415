//! What a call of the demo writer brings.

/// The text that a completion brings, and what the author should know about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Completion {
    pub text: String,
    pub notice: Option<String>,
}

impl Completion {
    pub fn whole(text: String) -> Completion {
        Completion { text, notice: None }
    }
}

/// Returns what is missing when `so_far` is the beginning of `whole`, white space at its end aside.
pub fn remainder(whole: &str, so_far: &str) -> Option<String> {
    if let Some(rest) = whole.strip_prefix(so_far) {
        return Some(rest.to_owned());
    }
    let written = so_far.trim_end();
    let rest = whole.strip_prefix(written)?;
    let given = so_far.get(written.len()..).unwrap_or_default();
    let text = rest.trim_start();
    let space = rest.get(..rest.len() - text.len()).unwrap_or_default();
    let breaks = |space: &str| space.matches('\n').count();
    // A paragraph that ends here must not run on into the next one.
    let missing = breaks(space).saturating_sub(breaks(given));
    Some(format!("{}{text}", "\n".repeat(missing)))
}
