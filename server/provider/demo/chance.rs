//! Repeatable choice: the same scene must give the same text with every release, so the
//! numbers come from here and not from a library that may change its algorithm.

use std::collections::{HashMap, VecDeque};

/// A generator of pseudo-random numbers (SplitMix64). Not for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Returns a number below `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            return 0;
        }
        // The bound is a list's length, far below 2^32, so the bias is nil.
        (self.next() % bound as u64) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// Returns true in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Returns a seed made of several texts (FNV-1a); the order and the borders between them count.
pub fn seed_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    mix(hash)
}

/// Where a chunk stands in its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Shared by all chunks of a story.
    pub seed: u64,
    /// From 0.
    pub chunk: u32,
    /// At least 1.
    pub chunks: u32,
}

/// An entry of a list, as far as dealing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// It reads differently each time.
    pub varies: bool,
    /// It can be used in this scene. The others are dealt too, and then left out, so that
    /// all chunks of a story deal alike.
    pub fits: bool,
}

impl Entry {
    /// An entry that all chunks may use.
    pub const ANY: Entry = Entry {
        varies: true,
        fits: true,
    };
}

/// Deals the entries of a list to the chunks of a story.
///
/// Entries that always read the same go to one chunk each, as long as there are enough;
/// those that vary go to all, beginning somewhere else each time. Nothing comes twice before
/// all that was dealt came once.
#[derive(Debug, Clone)]
pub struct Rotation {
    chance: Chance,
    /// What later rounds are made of.
    again: Vec<u32>,
    order: Vec<u32>,
    at: usize,
}

/// As many entries that vary can make a round of their own.
const ENOUGH: usize = 6;

impl Rotation {
    /// Makes a deck of entries; `salt` tells lists apart.
    pub fn new(share: Share, salt: u64, entries: &[Entry]) -> Self {
        let chunks = share.chunks.max(1) as usize;
        let chunk = share.chunk as usize % chunks;
        let mut story = Chance::new(share.seed ^ mix(salt));
        let (mut fixed, mut varied) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let group = if entry.varies {
                &mut varied
            } else {
                &mut fixed
            };
            group.push(index as u32);
        }
        story.shuffle(&mut fixed);
        story.shuffle(&mut varied);
        let dealt = fixed.len() * chunk / chunks..fixed.len() * (chunk + 1) / chunks;
        let turn = varied.len() * chunk / chunks;
        let turn = turn.min(varied.len());
        varied.rotate_left(turn);
        // The dealt ones come early: a chunk that needs few entries still shows its own.
        let mut order: Vec<u32> = fixed.get(dealt).unwrap_or_default().to_vec();
        let early = (order.len() * 2).min(varied.len());
        order.extend(varied.drain(..early));
        let mut chance = Chance::new(share.seed ^ mix(salt) ^ mix(chunk as u64 + 1));
        chance.shuffle(&mut order);
        order.append(&mut varied);
        let fits = |index: &u32| entries.get(*index as usize).is_some_and(|entry| entry.fits);
        order.retain(fits);
        let mut again: Vec<u32> = (0..entries.len() as u32).filter(fits).collect();
        let varies = |index: &u32| {
            entries
                .get(*index as usize)
                .is_some_and(|entry| entry.varies)
        };
        if again.iter().copied().filter(|index| varies(index)).count() >= ENOUGH {
            again.retain(varies);
        }
        Rotation {
            chance,
            again,
            order,
            at: 0,
        }
    }

    /// Returns the next index; `None` for an empty list.
    pub fn next(&mut self) -> Option<usize> {
        if self.at >= self.order.len() {
            self.order.clone_from(&self.again);
            self.chance.shuffle(&mut self.order);
            self.at = 0;
        }
        let index = self.order.get(self.at).map(|index| *index as usize);
        self.at += 1;
        index
    }
}

/// Chooses words for the gaps of sentences: for the same gap another word in each chunk and
/// each time, and none again that was there a moment ago.
#[derive(Debug, Clone)]
pub struct Spread {
    share: Share,
    len: usize,
    uses: HashMap<u64, usize>,
    recent: VecDeque<usize>,
}

impl Spread {
    pub fn new(share: Share, len: usize) -> Self {
        Spread {
            share,
            len,
            uses: HashMap::new(),
            recent: VecDeque::new(),
        }
    }

    /// Returns the index of a word for `gap`; `None` for an empty list.
    pub fn next(&mut self, gap: u64) -> Option<usize> {
        let uses = self.uses.entry(gap).or_default();
        // One further in each chunk; far from that when a chunk comes back to the sentence.
        let steps = self.share.chunk as usize + *uses * self.len.div_ceil(2);
        *uses += 1;
        let start = Chance::new(self.share.seed ^ gap).below(self.len) + steps;
        let candidates = (0..self.len).map(|step| (start + step) % self.len);
        let index = candidates
            .clone()
            .find(|index| !self.recent.contains(index));
        let index = index.or_else(|| candidates.clone().next())?;
        self.recent.push_back(index);
        if self.recent.len() > self.len / 3 {
            self.recent.pop_front();
        }
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(chunk: u32, chunks: u32) -> Share {
        Share {
            seed: 7,
            chunk,
            chunks,
        }
    }

    #[test]
    fn a_rotation_shows_everything_before_it_repeats() {
        let entries = [true, false, true, true, false].map(|varies| Entry {
            varies,
            ..Entry::ANY
        });
        let mut rotation = Rotation::new(share(0, 1), 3, &entries);
        for _ in 0..3 {
            let mut seen: Vec<usize> = (0..5).filter_map(|_| rotation.next()).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..5).collect::<Vec<_>>());
        }
        assert_eq!(Rotation::new(share(0, 1), 0, &[]).next(), None);
    }

    #[test]
    fn chunks_get_fixed_entries_of_their_own() {
        let fixed = Entry {
            varies: false,
            fits: true,
        };
        let mut all: Vec<usize> = (0..4)
            .flat_map(|chunk| {
                let mut rotation = Rotation::new(share(chunk, 4), 1, &[fixed; 12]);
                (0..3)
                    .filter_map(move |_| rotation.next())
                    .collect::<Vec<_>>()
            })
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_gap_gets_another_word_in_each_chunk() {
        let mut words: Vec<usize> = (0..9)
            .filter_map(|chunk| Spread::new(share(chunk, 9), 12).next(5))
            .collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 9);
        assert_eq!(Spread::new(share(0, 1), 0).next(5), None);
    }

    #[test]
    fn seeds_depend_on_the_borders_between_their_parts() {
        assert_ne!(seed_of(["ab", "c"]), seed_of(["a", "bc"]));
    }
}
