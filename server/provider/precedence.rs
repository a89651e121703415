//! Orders the calls to a server that answers one at a time: a draft must not wait behind background calls,
//! nor may these be restarted again and again.
//!
//! Whether a server is of that kind is learned from the first call that waits for the head of its
//! answer while one of the other kind has its own: a draft, or a call beside the writing. From then on the calls take turns on this side
//! of the connection: what reads a chunk goes between two drafts, since the next ones want to know
//! of it; everything else holds until nothing is written any more. So does what reads once a reading took
//! longer than the draft before it: the story is not held up for what only adds to it. A call that still
//! waits at the server then is taken back, which costs nothing; one that is being answered is never broken
//! off. A server that asks for a wait is no server that is busy: such a wait is nobody's turn.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::rate_limit_hold::Hold;

/// The calls over one connection, and whether they take turns.
#[derive(Debug)]
pub struct Precedence {
    state: watch::Sender<State>,
    hold: Hold,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    takes_turns: bool,
    /// The number of periods of writing, each from a first draft to a last.
    writing: u32,
    /// The number of drafts that were requested and have not ended, and of those that are being answered.
    drafts: u32,
    drafting: u32,
    /// The number of background calls that were made and have not ended, and of those that are being
    /// answered.
    beside: u32,
    answered: u32,
    /// The number of readings that wait for their turn.
    readings: u32,
    /// The time that the last draft took from the head of its answer to its end.
    last_draft: Option<Duration>,
    /// Whether readings wait until all writing has ended.
    reads_late: bool,
}

/// The kind of a background call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A reading of a chunk's facts, which the next drafts want to know.
    Reading,
    /// A call that refines or audits a complete chunk.
    Pass,
}

impl State {
    fn may_draft(&self) -> bool {
        let is_first = self.readings == 0 || self.reads_late;
        !self.takes_turns || self.beside == 0 && is_first
    }

    fn may_go_beside(&self, kind: Kind) -> bool {
        let is_free = self.drafts == 0 && self.beside == 0;
        let is_over = match kind {
            Kind::Reading => !self.reads_late || self.writing == 0,
            Kind::Pass => self.writing == 0 && self.readings == 0,
        };
        !self.takes_turns || is_free && is_over
    }
}

/// Selects one of the counts.
type Count = fn(&mut State) -> &mut u32;

/// A count that is one higher until this is dropped.
struct Counted<'a> {
    precedence: &'a Precedence,
    of: Count,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.precedence.state.send_modify(|state| {
            let count = (self.of)(state);
            *count = count.saturating_sub(1);
        });
    }
}

/// A period of writing, until this is dropped.
pub struct Writing<'a> {
    _counted: Counted<'a>,
}

/// The share of the wait for the first token (one part in so many).
const PATIENCE_SHARE: u32 = 8;

/// Returns how long a call waits for the head of its answer before another call counts as the cause, from the
/// longest wait for a first token.
pub fn patience(first_token: Duration) -> Duration {
    first_token / PATIENCE_SHARE
}

/// The turn of a draft, until this is dropped.
pub struct DraftTurn<'a> {
    counted: Counted<'a>,
    answered: Answered<'a>,
}

impl Drop for DraftTurn<'_> {
    fn drop(&mut self) {
        let Some(took) = self.answered.took() else {
            return;
        };
        let state = &self.counted.precedence.state;
        state.send_modify(|state| state.last_draft = Some(took));
    }
}

/// The turn of a call beside the writing, until this is dropped.
pub struct Turn<'a> {
    counted: Counted<'a>,
    answered: Answered<'a>,
    kind: Kind,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let took = self.answered.took();
        let Some(took) = took.filter(|_| self.kind == Kind::Reading) else {
            return;
        };
        self.counted.precedence.state.send_modify(|state| {
            state.reads_late |= state.last_draft.is_some_and(|draft| took > draft);
        });
    }
}

/// The count of a call that is being answered, and since when.
#[derive(Default)]
struct Answered<'a>(Mutex<Option<(Counted<'a>, Instant)>>);

impl<'a> Answered<'a> {
    fn note(&self, precedence: &'a Precedence, of: Count) {
        let mut answered = self.lock();
        if answered.is_none() {
            *answered = Some((precedence.count(of), Instant::now()));
        }
    }

    /// Returns how long it has been answered so far; `None` where it is not.
    fn took(&self) -> Option<Duration> {
        self.lock().as_ref().map(|(_, since)| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Counted<'a>, Instant)>> {
        // An option is whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Precedence {
    /// Orders the calls to a server that is waited for no longer than `longest`.
    pub fn new(longest: Duration) -> Precedence {
        Precedence {
            state: watch::Sender::new(State::default()),
            hold: Hold::new(longest),
        }
    }

    /// Returns what holds back every call for as long as the server asked.
    pub fn hold(&self) -> &Hold {
        &self.hold
    }

    /// Counts a period of writing, in which drafts follow each other.
    pub fn writing(&self) -> Writing<'_> {
        Writing {
            _counted: self.count(|state| &mut state.writing),
        }
    }

    /// Waits until a draft may be asked for.
    pub async fn draft(&self) -> DraftTurn<'_> {
        self.when(State::may_draft, |state| &mut state.drafts).await;
        DraftTurn {
            counted: self.counted(|state| &mut state.drafts),
            answered: Answered::default(),
        }
    }

    /// Waits until a background call may be made.
    pub async fn beside(&self, kind: Kind) -> Turn<'_> {
        let of: Count = |state| &mut state.beside;
        self.hold.passed().await;
        if kind == Kind::Reading {
            let _waits = self.count(|state| &mut state.readings);
            self.when(|state| state.may_go_beside(Kind::Reading), of)
                .await;
        } else {
            self.when(|state| state.may_go_beside(Kind::Pass), of).await;
        }
        Turn {
            counted: self.counted(of),
            answered: Answered::default(),
            kind,
        }
    }

    /// Waits until a condition holds, and counts in the same moment.
    async fn when(&self, may: impl Fn(&State) -> bool, of: Count) {
        let mut changes = self.state.subscribe();
        loop {
            let is_counted = self.state.send_if_modified(|state| {
                let may = may(state);
                if may {
                    *of(state) += 1;
                }
                may
            });
            // The sender is `self`, so it is there.
            if is_counted || changes.wait_for(&may).await.is_err() {
                return;
            }
        }
    }

    /// Returns when a condition has held for longer than `patience`: the calls take turns from then on.
    async fn learn(&self, patience: Duration, is_behind: impl Fn(&State) -> bool) {
        self.hold.passed().await;
        tokio::time::sleep(patience).await;
        let mut changes = self.state.subscribe();
        // The sender is `self`, so it is there.
        let _ = changes.wait_for(&is_behind).await;
        self.state.send_modify(|state| state.takes_turns = true);
    }

    fn count(&self, of: Count) -> Counted<'_> {
        self.state.send_modify(|state| *of(state) += 1);
        self.counted(of)
    }

    fn counted(&self, of: Count) -> Counted<'_> {
        Counted {
            precedence: self,
            of,
        }
    }
}

impl DraftTurn<'_> {
    /// Waits for the head of a draft's answer. `None` where it waits for longer than `patience` behind a
    /// background call: the draft is to be withdrawn then, and requested again when that call has ended.
    pub async fn head<T>(&self, patience: Duration, head: impl Future<Output = T>) -> Option<T> {
        let precedence = self.counted.precedence;
        let is_behind = |state: &State| !state.takes_turns && state.answered > 0;
        tokio::pin!(head);
        tokio::select! {
            biased;
            came = &mut head => {
                self.answered.note(precedence, |state| &mut state.drafting);
                Some(came)
            }
            () = precedence.learn(patience, is_behind) => None,
        }
    }
}

impl Turn<'_> {
    /// Notes that the head of the answer has arrived.
    pub fn note_answered(&self) {
        let of: Count = |state| &mut state.answered;
        self.answered.note(self.counted.precedence, of);
    }

    /// Makes the call. `None` where it is withdrawn, since it waits for its head behind a draft for longer
    /// than `patience`, or the calls begin to take turns meanwhile: it is to be made again in its turn.
    pub async fn make<T>(&self, patience: Duration, call: impl Future<Output = T>) -> Option<T> {
        let precedence = self.counted.precedence;
        let took_turns = precedence.state.borrow().takes_turns;
        tokio::pin!(call);
        if !took_turns {
            let mut changes = precedence.state.subscribe();
            let is_behind = |state: &State| {
                !state.takes_turns && state.drafting > 0 && self.answered.lock().is_none()
            };
            tokio::select! {
                biased;
                came = &mut call => return Some(came),
                _ = changes.wait_for(|state| state.takes_turns) => {}
                () = precedence.learn(patience, is_behind) => {}
            }
            if self.answered.lock().is_none() {
                return None;
            }
        }
        Some(call.await)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::sync::Mutex as Place;
    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(15);

    /// A server with one place, and who had it when, in seconds: a name, from, to.
    #[derive(Default)]
    struct OneSlot {
        place: Place<()>,
        had: RefCell<Vec<(&'static str, u64, u64)>>,
    }

    impl OneSlot {
        async fn answer(&self, name: &'static str, seconds: u64, start: Instant, head: impl Fn()) {
            let _place = self.place.lock().await;
            head();
            let from = start.elapsed().as_secs();
            sleep(Duration::from_secs(seconds)).await;
            let to = start.elapsed().as_secs();
            self.had.borrow_mut().push((name, from, to));
        }

        async fn beside(
            &self,
            precedence: &Precedence,
            kind: Kind,
            name: &'static str,
            seconds: u64,
            start: Instant,
        ) {
            loop {
                let turn = precedence.beside(kind).await;
                let call = self.answer(name, seconds, start, || turn.note_answered());
                if turn.make(PATIENCE, call).await.is_some() {
                    return;
                }
            }
        }

        async fn draft(&self, precedence: &Precedence, name: &'static str, start: Instant) {
            loop {
                let turn = precedence.draft().await;
                if let Some(place) = turn.head(PATIENCE, self.place.lock()).await {
                    let from = start.elapsed().as_secs();
                    sleep(Duration::from_secs(10)).await;
                    let to = start.elapsed().as_secs();
                    self.had.borrow_mut().push((name, from, to));
                    drop(place);
                    return;
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_take_turns_once_a_draft_had_to_wait() {
        let (precedence, server) = (
            Precedence::new(Duration::from_secs(600)),
            OneSlot::default(),
        );
        let start = Instant::now();
        let pass = |name| server.beside(&precedence, Kind::Pass, name, 60, start);
        let reading = |name| server.beside(&precedence, Kind::Reading, name, 5, start);
        let drafts = async {
            let _writing = precedence.writing();
            // The passes were first.
            tokio::task::yield_now().await;
            server.draft(&precedence, "draft 2", start).await;
            server.draft(&precedence, "draft 3", start).await;
        };
        let late = async {
            sleep(Duration::from_secs(64)).await;
            reading("reading").await;
        };
        tokio::join!(pass("pass 1"), pass("pass 2"), drafts, late);
        // The first pass is not broken off, the second one waits for the end of the writing. The
        // reading, asked for while the second draft is written, goes before the third one.
        assert_eq!(
            *server.had.borrow(),
            [
                ("pass 1", 0, 60),
                ("draft 2", 60, 70),
                ("reading", 70, 75),
                ("draft 3", 75, 85),
                ("pass 2", 85, 145),
            ]
        );
    }

    /// What waits behind a draft is taken back as well, before it runs into a deadline.
    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_behind_a_draft_waits_for_its_turn() {
        let (precedence, server) = (
            Precedence::new(Duration::from_secs(600)),
            OneSlot::default(),
        );
        let start = Instant::now();
        let draft = async {
            let _writing = precedence.writing();
            let turn = precedence.draft().await;
            let place = turn.head(PATIENCE, server.place.lock()).await;
            sleep(Duration::from_secs(300)).await;
            drop(place);
        };
        let reading = async {
            tokio::task::yield_now().await;
            let reading = server.beside(&precedence, Kind::Reading, "reading", 5, start);
            reading.await;
        };
        tokio::join!(draft, reading);
        assert!(precedence.state.borrow().takes_turns);
        assert_eq!(*server.had.borrow(), [("reading", 300, 305)]);
    }

    /// What takes longer to be read than to be written is read when the writing is over.
    #[tokio::test(start_paused = true)]
    async fn drafts_wait_once_for_a_reading_that_is_slower_than_they_are() {
        let (precedence, server) = (
            Precedence::new(Duration::from_secs(600)),
            OneSlot::default(),
        );
        let start = Instant::now();
        let reading =
            |name, seconds| server.beside(&precedence, Kind::Reading, name, seconds, start);
        let drafts = async {
            let _writing = precedence.writing();
            server.draft(&precedence, "draft 1", start).await;
            tokio::join!(reading("reading 1", 60), async {
                tokio::task::yield_now().await;
                server.draft(&precedence, "draft 2", start).await;
            });
            tokio::join!(
                async {
                    // The reading of the second chunk is asked for before the third draft.
                    tokio::task::yield_now().await;
                    server.draft(&precedence, "draft 3", start).await;
                    server.draft(&precedence, "draft 4", start).await;
                },
                async {
                    let late = reading("reading 2", 60);
                    tokio::select! {
                        () = late => panic!("it was read in the writing"),
                        () = sleep(Duration::from_secs(15)) => {}
                    }
                }
            );
        };
        drafts.await;
        reading("reading 2", 60).await;
        let had = server.had.borrow();
        let names: Vec<&str> = had.iter().map(|(name, ..)| *name).collect();
        let expected = [
            "draft 1",
            "reading 1",
            "draft 2",
            "draft 3",
            "draft 4",
            "reading 2",
        ];
        assert_eq!(names, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_answers_several_calls_at_once_gets_them() {
        let (precedence, server) = (
            Precedence::new(Duration::from_secs(600)),
            OneSlot::default(),
        );
        let start = Instant::now();
        let other = OneSlot::default();
        let beside = other.beside(&precedence, Kind::Pass, "pass", 60, start);
        let drafts = async {
            let _writing = precedence.writing();
            server.draft(&precedence, "draft", start).await;
        };
        tokio::join!(beside, drafts);
        assert_eq!(*server.had.borrow(), [("draft", 0, 10)]);
        assert_eq!(*other.had.borrow(), [("pass", 0, 60)]);
    }

    /// A slow head says nothing of the server where nothing beside the draft is being answered.
    #[tokio::test(start_paused = true)]
    async fn a_draft_that_waits_alone_goes_on_waiting() {
        let precedence = Precedence::new(Duration::from_secs(600));
        let turn = precedence.draft().await;
        let head = turn.head(PATIENCE, sleep(Duration::from_secs(100)));
        assert_eq!(head.await, Some(()));
        assert!(!precedence.state.borrow().takes_turns);
    }
}
