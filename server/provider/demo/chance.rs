//! Repeatable choice: the same scene must give the same text with every release, so the
//! numbers come from here and not from a library that may change its algorithm.

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

    /// A number below `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            return 0;
        }
        // The bound is a list's length, far below 2^32, so the bias is nil.
        (self.next() % bound as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A seed made of several texts (FNV-1a); the order and the borders between them count.
pub fn seed_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    mix(hash)
}

/// Walks through a list in shuffled order, again and again, each time in another order:
/// nothing comes twice before everything came once.
///
/// All chunks of a story share the shuffle, and each starts where the one before it is
/// likely to have stopped, so that the phrases of neighbouring chunks differ.
#[derive(Debug, Clone)]
pub struct Rotation {
    seed: u64,
    len: usize,
    position: u64,
    pass: Option<u64>,
    order: Vec<u32>,
}

impl Rotation {
    /// Starts `progress` times through the list (2.5: in the middle of the third pass).
    pub fn new(seed: u64, len: usize, progress: f64) -> Self {
        Rotation {
            seed,
            len,
            position: (progress.max(0.0) * len as f64) as u64,
            pass: None,
            order: Vec::new(),
        }
    }

    /// The next index; `None` for an empty list.
    pub fn next(&mut self) -> Option<usize> {
        let len = u64::try_from(self.len).ok().filter(|len| *len > 0)?;
        let pass = self.position / len;
        if self.pass != Some(pass) {
            self.shuffle(pass);
        }
        let place = (self.position % len) as usize;
        self.position += 1;
        self.order.get(place).map(|index| *index as usize)
    }

    fn shuffle(&mut self, pass: u64) {
        let mut chance = Chance::new(self.seed ^ mix(pass + 1));
        self.order = (0..self.len as u32).collect();
        for i in (1..self.order.len()).rev() {
            self.order.swap(i, chance.below(i + 1));
        }
        self.pass = Some(pass);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_shows_everything_before_it_repeats() {
        let mut rotation = Rotation::new(7, 10, 1.0);
        let mut seen: Vec<usize> = (0..10).filter_map(|_| rotation.next()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        assert_eq!(Rotation::new(7, 0, 0.0).next(), None);
    }

    #[test]
    fn seeds_depend_on_the_borders_between_their_parts() {
        assert_ne!(seed_of(["ab", "c"]), seed_of(["a", "bc"]));
    }
}
