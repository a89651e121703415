//! What may happen: steps of the author, of the server's jobs, and of bad luck.
//!
//! A step holds the dice that it needs, so that it means the same when others are left out.

use fastrand::Rng;

/// A document that the author may work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doc {
    Chunk(u8),
    Revision(u8),
    FullStory,
}

/// Where the author types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    End,
    Start,
    /// Between two words.
    Middle(u16),
    /// A line of his own in the front matter.
    Head,
}

/// What another program does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Append,
    Insert(u16),
    Cut(u16),
    /// Another text, with the front matter or without.
    Replace {
        head: bool,
    },
    /// The same text with CRLF and a byte order mark.
    LineEnds,
    Delete,
    Rename,
    Copy,
    Touch,
    /// As git does it: what stood there at some earlier time.
    Checkout(u16),
    /// As a sync tool does it: the file gets another name, and an earlier text its place.
    Sync(u16),
}

/// A change of the outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outline {
    Swap(u8, u8),
    Remove(u8),
    /// Beats that were removed come back.
    Restore,
    Insert(u8),
    Retitle(u8),
    /// What makes all chunks stale.
    Rule,
}

/// How long the author waits after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Not even for the answer.
    Sent,
    Answered,
    /// Until something of it is seen.
    Begun,
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Open(Doc),
    Type(Doc, Spot, u8),
    Cut(Doc, u16),
    /// All is selected and typed over.
    TypeOver(Doc),
    Undo(Doc),
    /// To any text that the buffer ever had.
    UndoTo(Doc, u16),
    /// The end of the text is deleted, or something in it, and the rest is saved at once.
    SaveShorter(Doc, u16),
    /// The editor writes the buffer with other line ends.
    LineEnds(Doc),
    /// The editor says nothing of changes for a while.
    Silence,
    Speak,
    /// Closed without saving, and opened again.
    Reopen(Doc),
    /// The editor leaves without saving and is started again with the same files.
    Exit,
    Save(Doc),
    Close(Doc, bool),
    Reload(Doc),
    OnDisk(Doc, Hand),
    Outline(Outline),
    Write(Until),
    WriteChunk(u8, Until),
    RewriteChunk(u8, Until),
    RewriteFrom(u8, Until),
    RewriteStale(Until),
    Restore(u8, Option<u8>, Until),
    Keep(u8),
    /// A revision is put there; with front matter or without.
    Propose(u8, bool),
    Accept(u8, Until),
    Reject(u8, Until),
    Cancel(Until),
    /// Answers that were held back come, and all jobs end.
    LetGo,
    Pause(u8),
    NewSession,
    SwitchSession(u8),
    Export,
    /// The server dies; the editor keeps its documents.
    Kill(u8),
    /// The editor dies with it.
    Crash(u8),
    Quit,
    Restart,
}

impl Step {
    /// The kind, for the counts.
    pub fn kind(&self) -> String {
        let debug = format!("{self:?}");
        debug
            .split(['(', ' '])
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

/// The steps of a case.
pub fn draw(random: &mut Rng, count: usize) -> Vec<Step> {
    // Most of what is done in a case is done to one chunk, so that it comes together.
    let favourite = random.u8(1..=4);
    let mut steps = Vec::new();
    match random.u8(..4) {
        // A story that is there already has more to lose.
        0..=1 => steps.push(Step::Write(Until::Ended)),
        2 => steps.push(Step::Open(Doc::Chunk(favourite))),
        _ => {}
    }
    while steps.len() < count {
        let next = step(random, favourite);
        // There is mostly something to decide.
        if let Step::Accept(chunk, _) | Step::Reject(chunk, _) = next
            && random.u8(..4) > 0
        {
            steps.push(Step::Propose(chunk, random.bool()));
        }
        steps.push(next);
    }
    steps
}

fn step(random: &mut Rng, favourite: u8) -> Step {
    let chunk = match random.u8(..3) {
        0 => random.u8(1..=4),
        _ => favourite,
    };
    let doc = match random.u8(..10) {
        0 => Doc::FullStory,
        1 => Doc::Revision(chunk),
        _ => Doc::Chunk(chunk),
    };
    let until = until(random);
    match random.u8(..100) {
        0..=9 => Step::Open(doc),
        10..=20 => Step::Type(doc, spot(random), random.u8(..)),
        21 => Step::Reopen(doc),
        22 => Step::LineEnds(doc),
        23 => Step::UndoTo(doc, random.u16(..)),
        24 => Step::Silence,
        25..=26 => Step::SaveShorter(doc, random.u16(..)),
        27 => Step::Speak,
        28 => Step::Cut(doc, random.u16(..)),
        29 => Step::TypeOver(doc),
        30 => Step::Undo(doc),
        31..=37 => Step::Save(doc),
        38..=42 => Step::Close(doc, random.bool()),
        43 => Step::Reload(doc),
        44..=51 => Step::OnDisk(doc, hand(random)),
        52..=54 => Step::Outline(outline(random)),
        55..=60 => Step::Write(until),
        61..=66 => Step::WriteChunk(chunk, until),
        67..=71 => Step::RewriteChunk(chunk, until),
        72 => Step::RewriteFrom(chunk, until),
        73 => Step::RewriteStale(until),
        74..=77 => {
            let version = random.bool().then(|| random.u8(1..4));
            Step::Restore(chunk, version, until)
        }
        78 => Step::Keep(chunk),
        79..=81 => Step::Accept(chunk, until),
        82 => Step::Reject(chunk, until),
        83..=85 => Step::Cancel(until),
        86..=88 => Step::LetGo,
        89..=90 => Step::Pause(random.u8(..100)),
        91 => match random.u8(..3) {
            0 => Step::NewSession,
            1 => Step::SwitchSession(random.u8(..)),
            _ => Step::Export,
        },
        92..=95 => Step::Kill(random.u8(..60)),
        96..=97 => Step::Crash(random.u8(..60)),
        98 => match random.bool() {
            true => Step::Exit,
            false => Step::Quit,
        },
        _ => Step::Restart,
    }
}

fn spot(random: &mut Rng) -> Spot {
    match random.u8(..10) {
        0..=4 => Spot::End,
        5 => Spot::Start,
        6 => Spot::Head,
        _ => Spot::Middle(random.u16(..)),
    }
}

fn hand(random: &mut Rng) -> Hand {
    match random.u8(..18) {
        16 => Hand::Checkout(random.u16(..)),
        17 => Hand::Sync(random.u16(..)),
        0..=3 => Hand::Append,
        4..=6 => Hand::Insert(random.u16(..)),
        7 => Hand::Cut(random.u16(..)),
        8..=9 => Hand::Replace {
            head: random.bool(),
        },
        10 => Hand::LineEnds,
        11 => Hand::Delete,
        12 => Hand::Rename,
        13 => Hand::Copy,
        14 => Hand::Touch,
        _ => Hand::Replace { head: true },
    }
}

fn outline(random: &mut Rng) -> Outline {
    let mut beat = || random.u8(..4);
    let (one, other) = (beat(), beat());
    match random.u8(..8) {
        0..=1 => Outline::Swap(one, other),
        2 => Outline::Remove(one),
        3..=4 => Outline::Restore,
        5 => Outline::Insert(one),
        6 => Outline::Retitle(one),
        _ => Outline::Rule,
    }
}

fn until(random: &mut Rng) -> Until {
    match random.u8(..10) {
        0 => Until::Sent,
        1..=2 => Until::Answered,
        3..=6 => Until::Begun,
        _ => Until::Ended,
    }
}

impl Step {
    /// Whether the author looks at what came of it before he goes on.
    pub fn waits(&self) -> bool {
        !matches!(
            self,
            Step::Write(Until::Sent)
                | Step::WriteChunk(_, Until::Sent)
                | Step::RewriteChunk(_, Until::Sent)
                | Step::RewriteFrom(_, Until::Sent)
                | Step::RewriteStale(Until::Sent)
                | Step::Restore(_, _, Until::Sent)
                | Step::Accept(_, Until::Sent)
                | Step::Reject(_, Until::Sent)
                | Step::Cancel(Until::Sent)
        )
    }
}
