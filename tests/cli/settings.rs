//! Settings: which source wins, what no source may set, and what is no value.

use serde_json::json;

use crate::desk::{Desk, KEY};
use crate::novel::BRIEF;
use crate::protocols::novelist;
use crate::support::model_server::Reply;

/// Where a target can be set, in rising order of rank.
const SOURCES: [&str; 4] = ["user", "workspace", "front matter", "flag"];

fn target_of(sources: &[&str]) -> u64 {
    let words = |source: &str| {
        let rank = SOURCES
            .iter()
            .position(|known| *known == source)
            .expect("a source");
        (rank as u64 + 1) * 1_000
    };
    let has = |source: &str| sources.contains(&source);
    let brief = match has("front matter") {
        true => BRIEF.replace(
            "target_words: 600",
            &format!("target_words: {}", words("front matter")),
        ),
        false => BRIEF.replace("target_words: 600\n", ""),
    };
    let desk = Desk::with(&brief);
    if has("user") {
        desk.configure(&format!("target_words = {}\n", words("user")));
    }
    if has("workspace") {
        desk.put(
            "storywright.toml",
            &format!("target_words = {}\n", words("workspace")),
        );
    }
    let flag = words("flag").to_string();
    let mut arguments = vec!["status", "--json"];
    if has("flag") {
        arguments.extend(["--target-words", &flag]);
    }
    let status = desk.run(&arguments).exits(0).json();
    let shares = status["chunks"].as_array().expect("chunks").iter();
    let sum: u64 = shares
        .map(|chunk| chunk["target_words"].as_u64().expect("a number"))
        .sum();
    assert_eq!(status["target_words"], sum);
    sum
}

/// Every combination of sources: the last one counts.
#[test]
fn later_sources_win() {
    for combination in 0..16_u32 {
        let sources: Vec<&str> = (0..4)
            .filter(|bit| combination & (1 << bit) != 0)
            .map(|bit| SOURCES[bit as usize])
            .collect();
        let expected = match sources.last() {
            Some(last) => {
                (SOURCES
                    .iter()
                    .position(|known| known == last)
                    .expect("a source") as u64
                    + 1)
                    * 1_000
            }
            // Chunks of 150 words, as the front matter says.
            None => 600,
        };
        assert_eq!(target_of(&sources), expected, "{sources:?}");
    }
}

#[test]
fn the_model_follows_the_same_order_and_a_role_beats_it() {
    let user = "provider = \"openai\"\nmodel = \"of-user\"\n";
    let table: [(&str, &str, &[&str], &str); 5] = [
        (user, "", &[], "of-user"),
        (user, "model = \"of-workspace\"\n", &[], "of-workspace"),
        (
            user,
            "model = \"of-workspace\"\n",
            &["--model", "of-flag"],
            "of-flag",
        ),
        (
            user,
            "models.draft = \"of-role\"\n",
            &["--model", "of-flag"],
            "of-role",
        ),
        (
            user,
            "",
            &["--models-draft", "of-role-flag"],
            "of-role-flag",
        ),
    ];
    for (user, workspace, flags, expected) in table {
        let server = novelist();
        let desk = Desk::with(BRIEF);
        desk.configure(&format!("{user}base_url = \"{}\"\n", server.base_url));
        desk.put("storywright.toml", workspace);
        desk.run(&[&["write"], flags].concat()).exits(0);
        assert_eq!(server.completions()[0].model(), expected);
    }
}

/// A folder can come from anybody: what it says about hosts, keys and commands is not done.
#[test]
fn a_workspace_cannot_choose_where_keys_go() {
    let trap = novelist();
    let server = novelist();
    let mut desk = Desk::with(BRIEF);
    desk.set("OPENAI_API_KEY", KEY);
    desk.set("OPENAI_BASE_URL", &server.base_url);
    desk.put(
        "storywright.toml",
        &format!(
            "base_url = \"{}\"\napi_key_env = \"HOME\"\napi_key_command = \"touch ../pwned; echo x\"\n\
             model = \"scripted-model\"\n",
            trap.base_url
        ),
    );
    let ended = desk.run(&["write", "--json"]).exits(0);
    assert!(trap.requests().is_empty());
    assert!(!desk.outside("pwned").exists());
    for request in server.completions() {
        let sent = format!("Bearer {KEY}");
        assert_eq!(request.header("authorization"), Some(sent.as_str()));
    }
    let warnings = ended.named("warning");
    for name in ["base_url", "api_key_env", "api_key_command"] {
        let told = warnings.iter().any(|warning| {
            let message = warning["message"].as_str().unwrap_or_default();
            message.contains("storywright.toml:")
                && message.contains(&format!("`{name}` is ignored here"))
        });
        assert!(told, "{name}: {}", ended.stdout);
    }
}

/// Nor can it turn an endpoint that was meant for one provider into that of another.
#[test]
fn a_workspace_cannot_send_one_providers_key_to_another() {
    let server = novelist();
    let mut desk = Desk::with(BRIEF);
    desk.set("MY_KEY", KEY);
    desk.set("ANTHROPIC_BASE_URL", "http://127.0.0.1:9");
    desk.configure(&format!(
        "provider = \"openai\"\nbase_url = \"{}\"\napi_key_env = \"MY_KEY\"\n",
        server.base_url
    ));
    desk.put(
        "storywright.toml",
        "provider = \"anthropic\"\nmodel = \"m\"\nattempts = 1\n",
    );
    let ended = desk.run(&["write"]).exits(1);
    assert!(server.requests().is_empty());
    assert!(
        ended.stderr.contains(
            "`api_key_env` was set for provider `openai` and is not used for `anthropic`."
        ),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_is_set_in_the_front_matter_by_mistake_is_told() {
    let server = novelist();
    let brief = BRIEF.replace(
        "pov: first person",
        "pov: first person\nprovider: openai\nbase_url: http://127.0.0.1:9\napi_key: sk-mine",
    );
    let desk = Desk::with(&brief);
    let rows = desk.run(&["check", "--json"]).exits(0).json();
    let codes: Vec<&str> = rows
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["severity"] == "warning")
        .filter_map(|row| row["code"].as_str())
        .collect();
    assert_eq!(codes, ["setting-not-allowed"; 3]);
    let ended = desk.write("openai", &server, &[]).exits(0);
    let note = "note: the brief has 3 warnings; `storywright check` shows them\n";
    assert!(ended.stderr.starts_with(note), "{}", ended.stderr);
    for request in server.completions() {
        assert!(!request.body.to_string().contains("sk-mine"));
    }
}

#[test]
fn a_value_that_is_none_is_told_with_its_place() {
    let table: [(&str, &str, &[&str], &str); 8] = [
        (
            "chunk_words = 3\n",
            "",
            &[],
            "config.toml:1: `chunk_words` expects a whole number from 50 to 20000, not 3",
        ),
        (
            "",
            "mode = \"twice\"\n",
            &[],
            "storywright.toml:1: `mode` expects auto, single or chunked, not \"twice\"",
        ),
        (
            "",
            "[timeouts]\nidle = -1\n",
            &[],
            "storywright.toml:2: `timeouts.idle` expects seconds, more than 0, not -1",
        ),
        (
            "",
            "attempts = \n",
            &[],
            "storywright.toml:1: This is not valid TOML: ",
        ),
        (
            "prices.m = 3\n",
            "",
            &[],
            "config.toml:1: `prices.m` expects a table",
        ),
        (
            "",
            "",
            &["--provider", "gpt"],
            "the command line: `--provider` expects auto, anthropic, openai, ollama or demo, not \"gpt\"",
        ),
        (
            "",
            "",
            &["--timeouts-first-token", "soon"],
            "the command line: `--timeouts-first-token` expects seconds",
        ),
        (
            "",
            "",
            &["--base-url", "nowhere"],
            "the command line: `--base-url` expects an http or https address, not \"nowhere\"",
        ),
    ];
    for (user, workspace, flags, expected) in table {
        let desk = Desk::with(BRIEF);
        desk.configure(user);
        desk.put("storywright.toml", workspace);
        for command in ["write", "status"] {
            let ended = desk.run(&[&[command], flags].concat()).exits(2);
            let head = "storywright: the settings can't be used:\n  ";
            assert!(ended.stderr.starts_with(head), "{}", ended.stderr);
            assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        }
        assert!(!desk.exists("generated"));
    }
}

/// A name that is not known is no reason not to write; most likely it is a slip.
#[test]
fn an_unknown_setting_is_told_with_what_it_may_mean() {
    let desk = Desk::with(BRIEF);
    desk.put("storywright.toml", "atempts = 3\n");
    let ended = desk.run(&["write", "--provider", "demo"]).exits(0);
    let note = "storywright.toml:1: there is no setting `atempts`. Did you mean `attempts`?\n";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
}

/// The nearest file counts, and none above the folder that the program was started in.
#[test]
fn a_workspace_file_is_looked_for_from_the_brief_upwards() {
    let desk = Desk::new();
    desk.put(
        "books/one/story.md",
        &BRIEF.replace("target_words: 600\n", ""),
    );
    std::fs::write(desk.outside("storywright.toml"), "target_words = 9000\n").expect("written");
    let target = || {
        let status = desk.run(&["status", "--json", "books/one"]).exits(0).json();
        status["target_words"].as_u64().expect("a number")
    };
    assert_eq!(target(), 600);
    desk.put("storywright.toml", "target_words = 1000\n");
    assert_eq!(target(), 1_000);
    desk.put("books/one/storywright.toml", "target_words = 2000\n");
    assert_eq!(target(), 2_000);
}

/// A vendor's own variables: the key chooses the provider, the address is obeyed.
#[test]
fn the_vendors_variables_are_obeyed() {
    for (key, address, path) in [
        ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "/v1/messages"),
        ("OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1/chat/completions"),
    ] {
        let server = novelist();
        let mut desk = Desk::with(BRIEF);
        desk.set(key, KEY);
        desk.set(address, &server.base_url);
        desk.run(&["write"]).exits(0);
        assert_eq!(server.completions()[0].path, path);
    }
    // Without a key it is a running Ollama.
    let server = novelist();
    let mut desk = Desk::with(BRIEF);
    desk.set("OLLAMA_HOST", server.host());
    desk.run(&["write"]).exits(0);
    assert_eq!(server.completions()[0].path, "/api/chat");
}

#[test]
fn a_budget_stops_between_chunks() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let ended = desk
        .write("openai", &server, &["--max-output-tokens", "200"])
        .exits(1);
    assert_eq!(desk.manifest()["totals"]["complete"], 2);
    assert!(
        ended.stderr.ends_with(
            "storywright: stopped: the budget of 200 output tokens (max_output_tokens) is used up. \
             2 chunks were written; still to write: chunks 3, 4. All text so far is saved; the same \
             command goes on from there.\n"
        ),
        "{}",
        ended.stderr
    );
}

/// What a setting was refused for is told before anything is asked of a server: what fails there may come of it.
#[test]
fn a_setting_that_is_not_taken_is_told_before_a_server_fails() {
    let refusing = novelist().on_lists(|_| Reply::error(401, json!({"error": "bad key"})));
    let desk = Desk::with(BRIEF);
    desk.put("storywright.toml", "api_key_env = \"MINE\"\n");
    for (command, server) in [
        ("write", &refusing),
        ("plan", &refusing),
        ("write", &novelist()),
    ] {
        let brief = match command {
            "plan" => BRIEF.replace("target_words: 600", "target_words: 6000"),
            _ => BRIEF.to_owned(),
        };
        desk.put("story.md", &brief);
        let flags = ["--provider", "openai", "--base-url", &server.base_url];
        let ended = desk.run(&[&[command, "--json"][..], &flags].concat());
        let told: Vec<bool> = ended
            .events()
            .iter()
            .filter(|event| event["event"] == "warning" && event["code"] == "setting")
            .map(|event| {
                event["message"]
                    .as_str()
                    .is_some_and(|it| it.contains("`api_key_env` is ignored here"))
            })
            .collect();
        assert_eq!(told, [true], "{command}: {ended:?}");
    }
    let logged = desk.log();
    let logged = logged.iter().filter(|entry| entry["code"] == "setting");
    assert_eq!(logged.count(), 1, "the run's log has it as well");
}
