//! What happens in a week, step by step, and the script that plays it again.

use std::fmt;
use std::str::FromStr;

use fastrand::Rng;

/// One thing that the author, the program, git or bad luck does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    // In a chunk file.
    Type,
    Overtype,
    Cut,
    Undo,
    Comment,
    Note,
    Uncomment,
    Empty,
    ByHand,
    // In the brief.
    Rule,
    AddRule,
    DropRule,
    Setting,
    Style,
    CastOf,
    CastNew,
    Body,
    Retitle,
    Insert,
    Move,
    Remove,
    Return,
    BeatNote,
    NoEffect,
    Title,
    Part,
    // Commands.
    Write,
    WriteOne,
    WriteTo,
    WriteChapter,
    Rewrite,
    RewriteFrom,
    RewriteStale,
    Restore,
    Keep,
    Refine,
    Accept,
    Reject,
    Check,
    Settle,
    CancelWrite,
    CancelRewrite,
    NewDraft,
    UseDraft,
    Export,
    Import,
    Adopt,
    // Accidents and git.
    LoseManifest,
    DamageManifest,
    LoseFullStory,
    Conflict,
    Commit,
    CheckoutChunk,
    CheckoutManifest,
    CheckoutBrief,
    CheckoutAll,
}

use Deed::*;

/// Every deed with its word in a script, and how often it happens among all.
pub const DEEDS: &[(Deed, &str, u32)] = &[
    (Type, "type", 9),
    (Overtype, "overtype", 4),
    (Cut, "cut", 2),
    (Undo, "undo", 3),
    (Comment, "comment", 4),
    (Note, "note", 4),
    (Uncomment, "uncomment", 2),
    (Empty, "empty", 1),
    (ByHand, "by-hand", 2),
    (Rule, "rule", 2),
    (AddRule, "add-rule", 1),
    (DropRule, "drop-rule", 1),
    (Setting, "setting", 1),
    (Style, "style", 1),
    (CastOf, "cast-of", 2),
    (CastNew, "cast-new", 2),
    (Body, "body", 4),
    (Retitle, "retitle", 3),
    (Insert, "insert", 4),
    (Move, "move", 4),
    (Remove, "remove", 4),
    (Return, "return", 4),
    (BeatNote, "beat-note", 2),
    (NoEffect, "no-effect", 3),
    (Title, "title", 1),
    (Part, "part", 2),
    (Write, "write", 10),
    (WriteOne, "write-one", 3),
    (WriteTo, "write-to", 2),
    (WriteChapter, "write-chapter", 2),
    (Rewrite, "rewrite", 5),
    (RewriteFrom, "rewrite-from", 2),
    (RewriteStale, "rewrite-stale", 6),
    (Restore, "restore", 5),
    (Keep, "keep", 4),
    (Refine, "refine", 2),
    (Accept, "accept", 2),
    (Reject, "reject", 1),
    (Check, "check", 2),
    (Settle, "settle", 3),
    (CancelWrite, "cancel-write", 3),
    (CancelRewrite, "cancel-rewrite", 2),
    (NewDraft, "new-draft", 1),
    (UseDraft, "use-draft", 2),
    (Export, "export", 1),
    (Import, "import", 1),
    (Adopt, "adopt", 1),
    (LoseManifest, "lose-manifest", 3),
    (DamageManifest, "damage-manifest", 1),
    (LoseFullStory, "lose-full-story", 1),
    (Conflict, "conflict", 3),
    (Commit, "commit", 4),
    (CheckoutChunk, "checkout-chunk", 2),
    (CheckoutManifest, "checkout-manifest", 2),
    (CheckoutBrief, "checkout-brief", 1),
    (CheckoutAll, "checkout-all", 1),
];

/// A deed with two free numbers: what they choose depends on what is there when it is played,
/// so any steps of a week make a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub deed: Deed,
    pub at: u16,
    pub how: u16,
}

impl Deed {
    pub fn word(self) -> &'static str {
        let known = DEEDS.iter().find(|(deed, ..)| *deed == self);
        known.map_or("?", |(_, word, _)| word)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.deed.word(), self.at, self.how)
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(line: &str) -> Result<Step, String> {
        let mut parts = line.split_whitespace();
        let word = parts.next().unwrap_or_default();
        let known = DEEDS.iter().find(|(_, known, _)| *known == word);
        let (deed, ..) = known.ok_or_else(|| format!("no such deed: {line}"))?;
        let mut number = || parts.next().unwrap_or("0").parse::<u16>();
        Ok(Step {
            deed: *deed,
            at: number().map_err(|error| format!("{line}: {error}"))?,
            how: number().map_err(|error| format!("{line}: {error}"))?,
        })
    }
}

/// A seed and its steps, or some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Chooses how the week is set up, and every word that the author types.
    pub seed: u64,
    pub steps: Vec<Step>,
}

impl Script {
    pub fn drawn(seed: u64, length: usize) -> Script {
        let mut random = Rng::with_seed(seed);
        let steps = (0..length).map(|_| draw(&mut random)).collect();
        Script { seed, steps }
    }

    /// Leaves out all steps of some deeds, given by their words, with commas.
    pub fn leave_out(&mut self, deeds: &str) {
        let is_left_out = |step: &Step| deeds.split(',').any(|word| word == step.deed.word());
        self.steps.retain(|step| !is_left_out(step));
    }
}

fn draw(random: &mut Rng) -> Step {
    let all: u32 = DEEDS.iter().map(|(.., weight)| weight).sum();
    let mut left = random.u32(..all);
    let deed = DEEDS.iter().find(|(.., weight)| {
        let is_it = left < *weight;
        left = left.saturating_sub(*weight);
        is_it
    });
    Step {
        deed: deed.map_or(Write, |(deed, ..)| *deed),
        at: random.u16(..1000),
        how: random.u16(..1000),
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Script, String> {
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let seed = lines.next().and_then(|line| line.strip_prefix("seed "));
        let seed = seed.and_then(|seed| seed.trim().parse().ok());
        Ok(Script {
            seed: seed.ok_or("the first line is `seed NUMBER`")?,
            steps: lines.map(str::parse).collect::<Result<_, _>>()?,
        })
    }
}

#[test]
fn a_script_is_read_as_it_is_printed() {
    let script = Script::drawn(7, 60);
    assert_eq!(script.to_string().parse(), Ok(script));
}
