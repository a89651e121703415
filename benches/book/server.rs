//! The language server on a story, as an editor with the brief and a chunk open uses it.

use std::path::Path;
use std::time::{Duration, Instant};

use super::editor::{Document, Editor, open_files};
use super::numbers;
use super::program::Program;
use super::table::{Figure, quantile};

/// How often something is asked of the language server.
const ASKED: usize = 60;
/// How long somebody rests between two keys whose diagnostics are waited for.
const PAUSE: Duration = Duration::from_millis(300);
/// What is asked after each key, and how long half of it and nearly all may take, in milliseconds.
const AFTER_A_KEY: [(&str, &str); 7] = [
    ("documentSymbol", "symbols"),
    ("hover", "hover"),
    ("codeAction", "code action"),
    ("codeLens", "lens"),
    ("inlayHint", "hints"),
    ("completion", "completion"),
    ("documentHighlight", "highlight"),
];
const HALF: f64 = 2.0;
const NEARLY_ALL: f64 = 16.0;

/// An editor with the brief and a chunk open.
struct Desk {
    editor: Editor,
    brief: Document,
    chunk: Document,
    figures: Vec<Figure>,
}

/// One of the two open documents.
#[derive(Clone, Copy)]
enum Of {
    Brief,
    Chunk,
}

impl Desk {
    fn new(program: &Program, folder: &Path) -> Desk {
        let start = Instant::now();
        let mut editor = Editor::start(program, folder);
        let (brief, chunk) = open_files(folder);
        let chunk = editor.open(&chunk);
        let opened = start.elapsed();
        let brief = editor.open(&brief);
        let ms = opened.as_secs_f64() * 1e3;
        let started = Figure::new("start to the diagnostics of a chunk", "ms", Some(ms));
        Desk {
            editor,
            brief,
            chunk,
            figures: vec![started.aim(300.0)],
        }
    }

    /// Adds median and 99th percentile.
    fn times(&mut self, what: &str, mut times: Vec<Duration>, aims: (f64, f64)) {
        for (name, share, aim) in [("p50", 0.5, aims.0), ("p99", 0.99, aims.1)] {
            let value = quantile(&mut times, share);
            self.figures
                .push(Figure::new(format!("{what}, {name}"), "ms", value).aim(aim));
        }
    }

    /// Asks something of a document after each of many keys in it; what came before the answer is part of the time.
    fn after_keys(&mut self, method: &str, of: Of) -> Vec<Duration> {
        let (editor, document) = match of {
            Of::Brief => (&mut self.editor, &mut self.brief),
            Of::Chunk => (&mut self.editor, &mut self.chunk),
        };
        let once = |_| {
            let pressed = editor.press(document);
            editor.ask(method, document).map(|_| pressed.elapsed())
        };
        (0..ASKED).filter_map(once).collect()
    }

    /// Asks something of the hero, where the cast has them.
    fn of_the_hero(&mut self, method: &str, what: &str, aim: f64) {
        let hero = self.editor.hero(&self.brief);
        let times = (0..9).filter_map(|_| self.editor.ask(method, &hero));
        let mut times: Vec<Duration> = times.collect();
        self.figures.push(Figure::median(what, &mut times).aim(aim));
    }

    fn memory(&mut self, what: String) {
        let resident = self.editor.sample().map(|sample| sample.resident);
        self.figures
            .push(Figure::new(what, "MB", resident).aim(50.0));
    }

    /// An hour's work in small: keys, hovers, lists, in turn in both documents.
    fn use_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            for (method, _) in AFTER_A_KEY {
                for of in [Of::Brief, Of::Chunk] {
                    let (editor, document) = match of {
                        Of::Brief => (&mut self.editor, &mut self.brief),
                        Of::Chunk => (&mut self.editor, &mut self.chunk),
                    };
                    editor.press(document);
                    editor.ask(&format!("textDocument/{method}"), document);
                    std::thread::sleep(Duration::from_millis(120));
                }
            }
        }
    }
}

/// The figures of each side.
pub fn language_server(sides: &[(&Program, &Path)]) -> Vec<Vec<Figure>> {
    let mut desks: Vec<Desk> = sides
        .iter()
        .map(|(program, folder)| Desk::new(program, folder))
        .collect();
    let mut each = |work: &dyn Fn(&mut Desk)| desks.iter_mut().for_each(work);
    for (of, place) in [(Of::Chunk, "a chunk"), (Of::Brief, "the brief")] {
        for (method, what) in AFTER_A_KEY {
            each(&|desk| {
                let times = desk.after_keys(&format!("textDocument/{method}"), of);
                let what = format!("key in {place}, then {what}");
                desk.times(&what, times, (HALF, NEARLY_ALL));
            });
        }
    }
    each(&|desk| {
        desk.of_the_hero("textDocument/references", "references of the hero", 200.0);
        desk.of_the_hero("textDocument/rename", "rename of the hero", 200.0);
        desk.of_the_hero("workspace/symbol", "symbols of the workspace", 20.0);
    });
    // Between two keys somebody rests.
    each(&|desk| {
        let key = |desk: &mut Desk| {
            std::thread::sleep(PAUSE);
            desk.editor.diagnosed(&mut desk.chunk)
        };
        let times = (0..ASKED / 2).map(|_| key(desk)).collect();
        desk.times("key in a chunk to its diagnostics", times, (30.0, 30.0));
    });
    each(&|desk| {
        let key = |desk: &mut Desk| {
            std::thread::sleep(PAUSE);
            desk.editor.diagnosed(&mut desk.brief)
        };
        let times = (0..ASKED / 2).map(|_| key(desk)).collect();
        desk.times("key in the brief to its diagnostics", times, (30.0, 30.0));
    });
    let seconds = numbers("TYPING", "5").first().copied().unwrap_or(5);
    for pause in [20, 150] {
        each(&|desk| {
            let for_ = Duration::from_secs(seconds as u64);
            let pause_ = Duration::from_millis(pause);
            let (silence, published) = desk.editor.type_on(&mut desk.chunk, pause_, for_);
            let what = format!("typing a key in {pause} ms in a chunk: ");
            let longest = Figure::new(what.clone() + "longest silence", "s", Some(silence));
            desk.figures.push(longest.aim(2.0));
            let times = Figure::new(what + "published", "times", Some(published as f64));
            desk.figures.push(times);
            let (silence, published) = desk.editor.type_on(&mut desk.brief, pause_, for_);
            let what = format!("typing a key in {pause} ms in the brief: ");
            let longest = Figure::new(what.clone() + "longest silence", "s", Some(silence));
            desk.figures.push(longest.aim(2.0));
            let times = Figure::new(what + "published", "times", Some(published as f64));
            desk.figures.push(times);
        });
    }
    let seconds = numbers("IDLE", "5").first().copied().unwrap_or(5);
    each(&|desk| {
        // What the last key left to do is done by then.
        std::thread::sleep(Duration::from_secs(2));
        let before = desk.editor.processor_time();
        std::thread::sleep(Duration::from_secs(seconds as u64));
        let after = desk.editor.processor_time();
        let spent = before
            .zip(after)
            .map(|(before, after)| (after - before) * 1e3);
        let what = format!("processor time in {seconds} idle seconds");
        desk.figures.push(Figure::new(what, "ms", spent).aim(0.0));
    });
    let keys = numbers("KEYS", "200").first().copied().unwrap_or(200);
    each(&|desk| {
        for _ in 0..keys {
            desk.editor.press(&mut desk.chunk);
            std::thread::sleep(Duration::from_millis(2));
        }
        desk.editor.diagnosed(&mut desk.chunk);
        desk.memory(format!("memory after {keys} more keys"));
    });
    let minutes = numbers("MINUTES", "0").first().copied().unwrap_or(0);
    for minute in 1..=minutes {
        each(&|desk| {
            desk.use_for(Duration::from_secs(60));
            desk.memory(format!("memory after {minute} minutes of use"));
        });
    }
    // Last, since it changes the draft: the demo writer takes its time for another text of a chunk that is closed.
    each(&|desk| {
        desk.editor.start_rewriting(&desk.brief, 1);
        for (of, place) in [(Of::Chunk, "a chunk"), (Of::Brief, "the brief")] {
            let times = desk.after_keys("textDocument/documentSymbol", of);
            let what = format!("key in {place}, then symbols, while another chunk streams");
            desk.times(&what, times, (HALF, NEARLY_ALL));
        }
        desk.editor.cancel();
    });
    each(&|desk| {
        let peak = desk.editor.sample().map(|sample| sample.peak);
        desk.figures.push(Figure::new("most memory", "MB", peak));
    });
    desks
        .into_iter()
        .map(|desk| {
            desk.editor.quit();
            desk.figures
        })
        .collect()
}
