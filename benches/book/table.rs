//! The figures of the builds side by side.

use std::time::Duration;

/// One figure of one build; `None` where this system does not tell.
pub struct Figure {
    what: String,
    unit: &'static str,
    value: Option<f64>,
    aim: Option<f64>,
}

impl Figure {
    pub fn new(what: impl Into<String>, unit: &'static str, value: Option<f64>) -> Figure {
        Figure {
            what: what.into(),
            unit,
            value,
            aim: None,
        }
    }

    /// The median of times, in milliseconds.
    pub fn median(what: impl Into<String>, times: &mut [Duration]) -> Figure {
        Figure::new(what, "ms", quantile(times, 0.5))
    }

    pub fn aim(mut self, aim: f64) -> Figure {
        self.aim = Some(aim);
        self
    }
}

/// The quantile of times, in milliseconds; `None` of nothing.
pub fn quantile(times: &mut [Duration], share: f64) -> Option<f64> {
    times.sort_unstable();
    let last = times.len().checked_sub(1)?;
    let at = (last as f64 * share).round() as usize;
    Some(times[at].as_secs_f64() * 1e3)
}

/// Prints the figures of this build, and beside them those of the other one.
pub fn print(title: &str, figures: &[Vec<Figure>]) {
    let Some((own, peers)) = figures.split_first() else {
        return;
    };
    print!("\n{title:<64} {:>10}", "this");
    for _ in peers {
        print!(" {:>10} {:>7}", "peer", "ratio");
    }
    println!(" {:>8}", "aim");
    for (at, figure) in own.iter().enumerate() {
        let what = format!("{}, {}", figure.what, figure.unit);
        print!("  {what:<62} {}", shown(figure.value));
        for peer in peers {
            let other = peer.get(at).and_then(|figure| figure.value);
            let ratio = figure.value.zip(other);
            let ratio = ratio.map_or("–".to_owned(), |(own, other)| {
                format!("{:.2}", own / other)
            });
            print!(" {} {ratio:>7}", shown(other));
        }
        match figure.aim {
            Some(aim) => println!(" {aim:>8}"),
            None => println!(),
        }
    }
}

fn shown(value: Option<f64>) -> String {
    match value {
        Some(value) if value < 10.0 => format!("{value:>10.2}"),
        Some(value) if value < 100.0 => format!("{value:>10.1}"),
        Some(value) => format!("{value:>10.0}"),
        None => format!("{:>10}", "–"),
    }
}
