//! What goes over chunks after they are complete: refining and auditing, where the author asks
//! for it and nowhere else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

mod auditing;
mod foreseen;
mod refining;
mod resuming;

use crate::desk::{Desk, Ended};
use crate::novel::{BRIEF, Novel};
use crate::support::model_server::{ModelServer, Recorded, Reply};

const SESSION: &str = "generated/the-lamp-01";
/// Models that tell the roles apart.
const ROLES: [&str; 4] = ["--models-refine", "refiner", "--models-audit", "auditor"];
const HID: &str = "Mara Voss hid the brass key under the third stair.";
const TOOK: &str = "Ilse Brandt took the brass key from the hook beside the door.";
const OUT: &str = "The lamp had been out all night long.";

/// Drafts by the novel; the other roles as the test says.
fn server(mut pass: impl FnMut(&Recorded) -> Reply + Send + 'static) -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| match request.model() {
        "refiner" | "auditor" => pass(request),
        _ => novel.answer(request),
    })
}

fn write(desk: &Desk, server: &ModelServer, more: &[&str]) -> Ended {
    desk.write("openai", server, &[&ROLES[..], more].concat())
}

fn run(desk: &Desk, server: &ModelServer, command: &str, more: &[&str]) -> Ended {
    let mut arguments = vec![command, "--provider", "openai", "--model", "scripted-model"];
    arguments.extend(["--base-url", &server.base_url]);
    arguments.extend(ROLES);
    arguments.extend(more);
    desk.run(&arguments)
}

/// A written story.
fn written() -> Desk {
    let desk = Desk::with(BRIEF);
    let server = ModelServer::start({
        let novel = Novel::short();
        move |request| novel.answer(request)
    });
    desk.write("openai", &server, &[]).exits(0);
    desk
}

/// How often each model was asked.
fn calls(server: &ModelServer) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for request in server.completions() {
        *calls.entry(request.model().to_owned()).or_default() += 1;
    }
    calls
}

fn asked<'a>(requests: &'a [Recorded], model: &str) -> Vec<&'a Recorded> {
    let mut asked: Vec<&Recorded> = requests.iter().collect();
    asked.retain(|request| request.model() == model);
    asked
}

/// The text that a request asks to be rewritten.
fn text_of(request: &Recorded) -> String {
    let user = request.user();
    let (_, after) = user
        .split_once("# The text of this part as it stands\n")
        .expect("a text");
    after
        .split_once("\n\nRewrite this text")
        .expect("an end")
        .0
        .to_owned()
}

fn better(text: &str) -> String {
    text.replacen('.', ", as she later said.", 1)
}

fn refined(request: &Recorded) -> Reply {
    Reply::text(better(&text_of(request)))
}

/// The codes of what was warned of; all models are named, also of what is off.
fn codes(ended: &Ended) -> Vec<String> {
    let warnings = ended.named("warning").into_iter();
    warnings
        .map(|warning| warning["code"].as_str().expect("a code").to_owned())
        .filter(|code| code != "no-effect")
        .collect()
}

/// Which part a question is about, from 1.
fn audited_part(request: &Recorded) -> usize {
    let user = request.user();
    let (before, _) = user.split_once(", which you check\n").expect("a part");
    let (_, number) = before.rsplit_once("# Part ").expect("a number");
    number.parse().expect("a number")
}

/// Tells two truths and some lies.
fn auditor(request: &Recorded) -> Reply {
    let finding = |source: &str, said: &str, quote: &str| json!({"source": source, "said": said, "quote": quote, "why": "Both can't be."});
    let rule = "The lamp is never out at night.";
    let findings = match audited_part(request) {
        2 => vec![
            finding("brief", rule, OUT),
            finding("brief", "The lamp is never lit at night.", OUT),
            finding("brief", "She dies in the end. NOTES-MARK", OUT),
            finding("brief", rule, "The lamp went out at noon of that day."),
            finding("part 1", rule, OUT),
        ],
        3 => vec![
            finding(
                "part 1",
                "hid the brass key under the third stair",
                "took the brass key from the hook",
            ),
            finding(
                "part 4",
                "hid the brass key under the third stair",
                "took the brass key from the hook",
            ),
        ],
        _ => Vec::new(),
    };
    Reply::text(format!("```json\n{}\n```", json!({ "findings": findings })))
}

/// A written story with two contradictions.
fn contradicted() -> Desk {
    let desk = written();
    for (number, planted) in [(1, HID), (2, OUT), (3, TOOK)] {
        desk.edit_chunk(number, |text| format!("{text}\n\n{planted}"));
    }
    desk
}

fn contradictions(desk: &Desk) -> Vec<Value> {
    let rows = desk.run(&["check", "--json"]).exits(0).json();
    let mut rows = rows.as_array().expect("rows").clone();
    rows.retain(|row| row["code"] == "contradiction");
    rows
}

#[test]
fn what_is_off_is_never_asked_for() {
    for more in [&[][..], &["--refine", "off", "--audit", "off"]] {
        let server = server(|_| panic!("nobody asked for this"));
        write(&Desk::with(BRIEF), &server, more).exits(0);
        assert_eq!(calls(&server).keys().len(), 1, "{:?}", calls(&server));
        assert_eq!(calls(&server)["scripted-model"], 4);
    }
}
