//! Shows a running job in a shell: bars on a terminal, plain lines elsewhere, or JSON.

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::events::job::{JobEvent, Observer, Unit};
use crate::story::controls::shown;

/// Shows a job until it is closed.
pub trait Display: Observer {
    /// Leaves the terminal as it was.
    fn close(&self) {}

    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer>;
}

/// Chooses the display that suits where the output goes.
pub fn display(json: bool) -> Arc<dyn Display> {
    if json {
        Arc::new(JsonLines)
    } else if std::io::stderr().is_terminal() {
        Arc::new(Bars::new())
    } else {
        Arc::new(PlainLines::default())
    }
}

/// Prints one event a line on standard output.
struct JsonLines;

impl Observer for JsonLines {
    fn event(&self, event: &JobEvent) {
        output::print_json(event, false);
    }
}

impl Display for JsonLines {
    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer> {
        self
    }
}

/// Prints a line for each step.
#[derive(Default)]
struct PlainLines {
    unit: Unit,
}

impl Observer for PlainLines {
    fn event(&self, event: &JobEvent) {
        self.unit.note(event);
        if let Some(line) = event.line(self.unit.as_str()) {
            output::note(&line);
        }
    }
}

impl Display for PlainLines {
    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer> {
        self
    }
}

/// Draws a progress bar with the current chunk beside it, and prints finished steps above the bar.
struct Bars {
    bar: ProgressBar,
    unit: Unit,
}

impl Bars {
    fn new() -> Bars {
        let bar = ProgressBar::new(100);
        let style = ProgressStyle::with_template("{bar:30} {pos:>3} %  {msg}  {elapsed}");
        // The template is fixed; were it wrong, the default style would do.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let unit = Unit::default();
        Bars { bar, unit }
    }
}

impl Observer for Bars {
    fn event(&self, event: &JobEvent) {
        self.unit.note(event);
        let unit = self.unit.as_str();
        if let Some(line) = event.line(unit) {
            self.bar.println(shown(&line));
        }
        if let Some(progress) = event.progress(unit) {
            self.bar.set_message(shown(&progress.message).into_owned());
            if let Some(percent) = progress.percent {
                self.bar.set_position(u64::from(percent));
            }
        }
    }
}

impl Display for Bars {
    fn close(&self) {
        self.bar.finish_and_clear();
    }

    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer> {
        self
    }
}
