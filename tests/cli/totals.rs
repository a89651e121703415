//! What a draft has cost, by role: all that the server was paid for, and nothing else.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel};
use crate::support::model_server::{ModelServer, Reply};

/// Every call takes a thousand tokens in and a hundred out, whatever it is for.
const PRICES: &str = "prices.scripted-model = { input = 1.0, output = 10.0 }\n\
                      prices.auditor = { input = 1.0, output = 10.0 }\n\
                      models.audit = \"auditor\"\n";
const CALL: f64 = 0.002;

/// Writes a story whose first answer is refused, writes a chunk anew, and goes over it twice.
fn spent() -> (Desk, usize) {
    let novel = Novel::short();
    let mut refused = false;
    let server = ModelServer::start(move |request| {
        let reply = match (request.model(), std::mem::replace(&mut refused, true)) {
            ("auditor", _) => Reply::text("{\"contradictions\": []}"),
            (_, false) => Reply::text("I'm sorry, but I can't help with that."),
            (_, true) => novel.answer(request),
        };
        reply.usage(1000, 0, 100)
    });
    let state = json!({"summary": "She waits.", "characters": [], "facts": [], "threads": {"open": [], "closed": []},
        "time": ""});
    let server = server.on_states(move |_| Reply::text(state.to_string()).usage(1000, 0, 100));
    let desk = Desk::with(BRIEF);
    desk.configure(PRICES);
    desk.write("openai", &server, &[]).exits(0);
    for command in [
        &["rewrite", "--chunk", "2"][..],
        &["audit", "--chunk", "1"],
        &["state", "--rebuild"],
    ] {
        let flags = [
            "--provider",
            "openai",
            "--model",
            "scripted-model",
            "--base-url",
        ];
        desk.run(&[command, &flags, &[server.base_url.as_str()]].concat());
    }
    let calls = server.completions().len() + server.states().len();
    (desk, calls)
}

fn check(desk: &Desk, calls: usize) -> Value {
    let totals = desk.manifest()["totals"].clone();
    assert_eq!(totals["usage"]["input_tokens"], 1000 * calls, "{totals:#}");
    assert_eq!(totals["usage"]["output_tokens"], 100 * calls, "{totals:#}");
    let cost = totals["cost"].as_f64().expect("a cost");
    assert!((cost - CALL * calls as f64).abs() < 1e-9, "{totals:#}");
    totals
}

#[test]
fn the_totals_are_all_that_was_spent() {
    let (desk, calls) = spent();
    let totals = check(&desk, calls);
    let roles = totals["by_role"].as_object().expect("roles");
    let names: Vec<&str> = roles.keys().map(String::as_str).collect();
    assert_eq!(names, ["audit", "draft", "state"]);
    let sum: u64 = roles
        .values()
        .filter_map(|role| role["calls"].as_u64())
        .sum();
    assert_eq!(sum as usize, calls);
    // A refused answer, and a text that was replaced.
    assert!(roles["draft"]["calls"].as_u64() >= Some(6), "{totals:#}");
}

#[test]
fn the_totals_outlive_a_lost_manifest() {
    for damage in ["", "{\"version\":1,"] {
        let (desk, calls) = spent();
        let before = check(&desk, calls);
        let manifest = desk.path(&format!("{}/manifest.json", desk.session()));
        std::fs::write(&manifest, damage).expect("written");
        desk.run(&["write", "--provider", "demo"]).exits(0);
        assert_eq!(check(&desk, calls)["by_role"], before["by_role"]);
    }
}

/// Logs that somebody has cleared away take nothing from what was known.
#[test]
fn the_totals_outlive_cleared_logs() {
    let (desk, calls) = spent();
    std::fs::remove_dir_all(desk.path(&format!("{}/runs", desk.session()))).expect("removed");
    desk.run(&["write", "--provider", "demo"]).exits(0);
    check(&desk, calls);
}
