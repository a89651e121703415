//! Works on many things at once, on all processors.

/// Returns what `make` makes of each item, in their order. Threads are begun where each has at least `fewest` items.
pub(crate) fn map_at_once<T: Sync, R: Send>(
    items: &[T],
    fewest: usize,
    make: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(at_once).max(fewest).max(1);
    if share >= items.len() {
        return items.iter().map(make).collect();
    }
    std::thread::scope(|scope| {
        let make = &make;
        let shares: Vec<_> = (items.chunks(share))
            .map(|share| scope.spawn(move || share.iter().map(make).collect::<Vec<R>>()))
            .collect();
        let shares = shares.into_iter().map(|share| match share.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        shares.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_made_in_order() {
        for count in [0, 1, 7, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            for fewest in [0, 1, 3, 5_000] {
                assert_eq!(map_at_once(&items, fewest, |item| *item), items);
            }
        }
    }
}
