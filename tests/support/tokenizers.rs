//! Real tokenizers, in a process of their own: counts and cuts texts as models do.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::tools;

/// Those that are installed, from the one that cuts scripts of India finest to the one that cuts them coarsest.
pub const TOKENIZERS: [&str; 4] = ["llama2", "llama3", "o200k", "gemma3"];

/// A process that counts tokens.
pub struct Tokenizers(Mutex<Running>);

struct Running {
    process: Child,
    asked: ChildStdin,
    told: BufReader<ChildStdout>,
}

impl Tokenizers {
    pub fn start() -> Tokenizers {
        let mut process = Command::new("node")
            .arg(tools::token_counter())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let asked = process.stdin.take().expect("its input");
        let told = process.stdout.take().expect("its output");
        Tokenizers(Mutex::new(Running {
            process,
            asked,
            told: BufReader::new(told),
        }))
    }

    /// How many tokens a text has.
    pub fn count(&self, tokenizer: &str, text: &str) -> u64 {
        let told = self.ask(json!({"tokenizer": tokenizer, "text": text}));
        told["tokens"].as_u64().expect("a number")
    }

    /// The longest beginning of a text that has no more than so many tokens, with how many it has.
    pub fn cut(&self, tokenizer: &str, text: &str, most: u64) -> (String, u64) {
        let told = self.ask(json!({"tokenizer": tokenizer, "text": text, "most": most}));
        let kept = told["kept"].as_str().expect("a text").to_owned();
        (kept, told["tokens"].as_u64().expect("a number").min(most))
    }

    fn ask(&self, asked: Value) -> Value {
        let mut running = self.0.lock().expect("nobody panicked");
        writeln!(running.asked, "{asked}").expect("the counter listens");
        let mut line = String::new();
        running
            .told
            .read_line(&mut line)
            .expect("the counter answers");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
