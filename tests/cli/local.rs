//! Model servers on this machine that nobody named: found, told with the line to use them, never used.

use serde_json::{Value, json};

use crate::desk::{Desk, KEY};
use crate::novel::BRIEF;
use crate::protocols::novelist;
use crate::support::model_server::{ModelServer, Recorded, Reply};

/// What answers on this machine is shown with its models and the line to use it. It is only looked at.
#[test]
fn doctor_finds_what_answers_on_this_machine() {
    let studio = novelist().on_lists(list_of_openai);
    let ollama = novelist();
    let mut desk = Desk::with(BRIEF);
    let ports = format!("{},9,{}", port(&studio), port(&ollama));
    desk.set("STORYWRIGHT_LOCAL_PORTS", ports);
    desk.set("OPENAI_API_KEY", KEY);
    let local = local_checks(&desk, &["./story.md", "--provider", "demo"], 0);
    let base_url = format!("{}/v1", studio.base_url);
    let config = desk.outside("config.toml");
    assert_eq!(
        local[0],
        json!({
            "name": "local",
            "state": "ok",
            "message": format!("{} answers with 1 model: big-model.", studio.host()),
            "server": {
                "address": studio.host(),
                "state": "ready",
                "provider": "openai",
                "base_url": base_url,
                "models": ["big-model"],
                "command": format!(
                    "storywright write --provider openai --base-url {base_url} --model big-model ./story.md"
                ),
                "settings": format!(
                    "provider = \"openai\"\nbase_url = \"{base_url}\"\nmodel = \"big-model\""
                ),
                "settings_file": config,
            },
        })
    );
    assert_eq!(local.len(), 2);
    assert_eq!(local[1]["server"]["provider"], "ollama");
    assert_eq!(
        local[1]["server"]["models"],
        json!(["scripted-model:latest", "old:latest"])
    );
    for request in studio.requests().iter().chain(&ollama.requests()) {
        assert_eq!(request.method, "GET");
        assert!(!format!("{request:?}").contains(KEY), "no key is sent");
    }

    let shown = desk.run(&["doctor", "--provider", "demo"]).exits(0).stdout;
    let config = config.display();
    let expected = format!(
        "ok       local     {} answers with 1 model: big-model. To use it:\n\
         {:19}storywright write --provider openai --base-url {base_url} --model big-model\n\
         {:19}or for good, in {config}:\n\
         {:19}provider = \"openai\"\n",
        studio.host(),
        "",
        "",
        "",
    );
    assert!(shown.contains(&expected), "{shown}");

    // The line works as it is, and so do the settings.
    let command = local[0]["server"]["command"].as_str().expect("a command");
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    desk.run(&arguments).exits(0);
    assert_eq!(studio.completions()[0].body["model"], "big-model");
    let settings = local[1]["server"]["settings"].as_str().expect("settings");
    desk.configure(settings);
    desk.run(&["rewrite", "--chunk", "2"]).exits(0);
    assert_eq!(
        ollama.completions()[0].body["model"],
        "scripted-model:latest"
    );
    // The one in force is not told twice.
    desk.set("STORYWRIGHT_LOCAL_PORTS", port(&ollama));
    assert_eq!(local_checks(&desk, &[], 0), [] as [Value; 0]);
}

#[test]
fn doctor_says_where_it_found_no_model_server() {
    let web = ModelServer::author().on_lists(|_| Reply::whole(200, "text/html", "<html></html>"));
    let mut desk = Desk::new();
    desk.set("STORYWRIGHT_LOCAL_PORTS", port(&web));
    let checks = local_checks(&desk, &[], 1);
    let message = format!(
        "no model server answers on this machine (127.0.0.1, ports {})",
        port(&web)
    );
    assert_eq!(
        checks,
        [json!({"name": "local", "state": "warning", "message": message})]
    );
}

/// What is found stands at the end of the error, also at an address that was named without its provider.
#[test]
fn without_a_provider_the_servers_of_this_machine_are_named() {
    let server = novelist().on_lists(list_of_openai);
    let mut desk = Desk::with(BRIEF);
    desk.set("STORYWRIGHT_LOCAL_PORTS", port(&server));
    for arguments in [&["write"][..], &["write", "--base-url", &server.base_url]] {
        let ended = desk.run(arguments).exits(2);
        let config = desk.outside("config.toml").display().to_string();
        let found = ended
            .stderr
            .replace(server.host(), "HOST")
            .replace(&config, "CONFIG");
        let (error, found) = found.split_once('\n').expect("two lines");
        assert!(
            error.starts_with("storywright: no model provider is configured"),
            "{error}"
        );
        assert_eq!(
            found,
            "HOST answers with 1 model: big-model. To use it:\n    \
             storywright write --provider openai --base-url http://HOST/v1 --model big-model\n    \
             or for good, in CONFIG:\n    \
             provider = \"openai\"\n    \
             base_url = \"http://HOST/v1\"\n    \
             model = \"big-model\"\n"
        );
        desk.set("STORYWRIGHT_LOCAL_PORTS", "off");
    }
    assert!(server.completions().is_empty(), "it is not used unasked");
    assert!(!desk.exists("generated"));
}

/// One check of each server that nobody named.
fn local_checks(desk: &Desk, flags: &[&str], code: i32) -> Vec<Value> {
    let ended = desk.run(&[&["doctor", "--json"], flags].concat());
    let mut checks: Vec<Value> = serde_json::from_value(ended.exits(code).json()).expect("checks");
    checks.retain(|check| check["name"] == "local");
    checks
}

/// The list of a server that speaks no other protocol than OpenAI's.
fn list_of_openai(request: &Recorded) -> Reply {
    let models = json!([{"id": "big-model"}, {"id": "text-embedding-small"}]);
    match request.path.as_str() {
        "/v1/models" => Reply::error(200, json!({"object": "list", "data": models})),
        _ => Reply::error(404, json!({"error": "Unexpected endpoint"})),
    }
}

fn port(server: &ModelServer) -> String {
    let (_, port) = server.host().rsplit_once(':').expect("a port");
    port.to_owned()
}
