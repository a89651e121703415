//! What the editors' plugins declare is what the server has: commands, settings, and which of
//! them a workspace must not choose.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use storywright::engine::settings::NAMES;
use storywright::lsp::COMMANDS;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn extension() -> Value {
    serde_json::from_str(&read("editors/vscode/package.json")).unwrap()
}

fn all_commands() -> BTreeSet<&'static str> {
    COMMANDS.into_iter().collect()
}

#[test]
fn the_extension_offers_every_command() {
    let extension = extension();
    let offered = extension["contributes"]["commands"].as_array().unwrap();
    let offered: BTreeSet<&str> = offered
        .iter()
        .map(|command| command["command"].as_str().unwrap())
        .collect();
    assert_eq!(offered, all_commands());
}

#[test]
fn neovim_has_a_user_command_for_every_command() {
    let plugin = read("editors/nvim/plugin/storywright.lua");
    for command in all_commands() {
        let name = command.trim_start_matches("storywright.");
        assert!(plugin.contains(&format!("\"{name}\"")), "{command}");
    }
}

#[test]
fn the_extension_declares_every_setting_and_no_other() {
    let extension = extension();
    let declared = extension["contributes"]["configuration"]["properties"]
        .as_object()
        .unwrap();
    let own = ["storywright.server.path", "storywright.prices"];
    let names: BTreeSet<String> = declared
        .keys()
        .filter(|name| !own.contains(&name.as_str()))
        .cloned()
        .collect();
    // VS Code knows no setting that has a value and others below it: those are its properties.
    let below = |name: &str| name.strip_prefix("thinking.").map(str::to_owned);
    let expected: BTreeSet<String> = NAMES
        .iter()
        .filter(|setting| below(setting.name).is_none())
        .map(|setting| format!("storywright.{}", setting.name))
        .collect();
    assert_eq!(names, expected);
    let roles = declared["storywright.thinking"]["properties"].as_object();
    let roles: BTreeSet<String> = roles.unwrap().keys().cloned().collect();
    let expected = NAMES.iter().filter_map(|setting| below(setting.name));
    let expected: BTreeSet<String> = expected.chain(["default".to_owned()]).collect();
    assert_eq!(roles, expected);

    // VS Code takes a setting of machine scope from the user only, never from a folder.
    for setting in NAMES.iter().filter(|it| below(it.name).is_none()) {
        let scope = &declared[&format!("storywright.{}", setting.name)]["scope"];
        assert_eq!(scope == "machine", setting.trusted_only, "{}", setting.name);
    }
}
