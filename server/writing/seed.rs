//! Derives the seed of a call: a model that is asked again with the same seed and the same prompt gives the
//! same text again.

use crate::story::Digest;

/// Bits of a seed that was derived: every server takes it.
const BITS: u64 = 0x7fff_ffff;

/// Derives the seed of one call from the seed in the settings; `None` where that has none.
///
/// `asked` is how often the same was asked before and not taken, `replaces` the text that is to
/// be written anew. The first call for a text has the seed of the settings itself, every other
/// one a seed of its own, which is the same whenever the same is done again.
pub(crate) fn of_call(seed: Option<u64>, asked: u32, replaces: Option<&str>) -> Option<u64> {
    let seed = seed?;
    if asked == 0 && replaces.is_none() {
        return Some(seed);
    }
    let replaced = replaces.map(|text| Digest::of(text).0);
    let whole = Digest::of(&format!("{seed}/{asked}/{}", replaced.unwrap_or_default()));
    let derived = u64::from_str_radix(whole.0.get(..16).unwrap_or_default(), 16);
    Some(derived.map_or(seed, |derived| derived & BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asking_has_a_seed_of_its_own_that_comes_again() {
        let all = || {
            [
                of_call(Some(7), 0, None),
                of_call(Some(7), 1, None),
                of_call(Some(7), 2, None),
                of_call(Some(7), 0, Some("The lamp.")),
                of_call(Some(7), 1, Some("The lamp.")),
                of_call(Some(7), 0, Some("The lamp was out.")),
                of_call(Some(8), 1, None),
            ]
        };
        let mut seeds = all().to_vec();
        assert_eq!(seeds, all(), "the same again");
        assert_eq!(seeds[0], Some(7));
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 7);
        assert!(seeds.iter().all(|seed| *seed <= Some(BITS)));
        assert_eq!(of_call(None, 3, Some("The lamp.")), None);
    }
}
