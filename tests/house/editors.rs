//! What the editors' plugins declare is what the server has: commands, settings, and which of
//! them a workspace must not choose.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use storywright::lsp::{COMMANDS, Palette};
use storywright::settings::NAMES;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn extension() -> Value {
    serde_json::from_str(&read("editors/vscode/package.json")).unwrap()
}

/// The commands of the extension itself, which the server has no part in.
const OWN: [&str; 12] = [
    "forgetKeys",
    "menu",
    "openBeat",
    "openChunk",
    "refresh",
    "restartServer",
    "rewriteSelectionAs",
    "rewriteWithNote",
    "setKey",
    "setTargetWords",
    "showLog",
    "useDemo",
];

fn is_own(command: &str) -> bool {
    command
        .strip_prefix("storywright.")
        .is_some_and(|name| OWN.contains(&name))
}

/// The settings that the extension declares, of all groups.
fn declared_settings(extension: &Value) -> BTreeMap<String, Value> {
    let groups = extension["contributes"]["configuration"].as_array();
    let groups = groups.unwrap().iter();
    let properties = groups.flat_map(|group| group["properties"].as_object().unwrap());
    properties
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn all_commands() -> BTreeSet<&'static str> {
    COMMANDS.iter().map(|command| command.name).collect()
}

/// The text that stands between two marks, each time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let starts = text.match_indices(start);
    let rest = starts.map(|(at, start)| &text[at + start.len()..]);
    rest.filter_map(|rest| rest.split_once(end))
        .map(|(found, _)| found)
        .collect()
}

#[test]
fn the_extension_offers_every_command_by_its_title() {
    let extension = extension();
    let offered = extension["contributes"]["commands"].as_array().unwrap();
    let offered: BTreeMap<&str, &str> = offered
        .iter()
        .map(|command| {
            assert_eq!(command["category"], "Storywright", "{command}");
            let text = |name: &str| command[name].as_str().unwrap();
            (text("command"), text("title"))
        })
        .collect();
    let own: BTreeSet<&str> = offered
        .keys()
        .copied()
        .filter(|name| is_own(name))
        .collect();
    assert_eq!(own.len(), OWN.len(), "{own:?}");
    let titles: BTreeSet<&str> = offered.values().copied().collect();
    assert_eq!(titles.len(), offered.len(), "two commands of one title");
    let offered: BTreeMap<&str, &str> = offered
        .into_iter()
        .filter(|(name, _)| !is_own(name))
        .collect();
    let expected: BTreeMap<&str, &str> = COMMANDS
        .iter()
        .map(|command| (command.name, command.title))
        .collect();
    assert_eq!(offered, expected);
}

#[test]
fn the_extension_shows_what_is_about_a_document_where_one_is() {
    let extension = extension();
    let menu = extension["contributes"]["menus"]["commandPalette"]
        .as_array()
        .unwrap();
    let shown: BTreeSet<&str> = menu
        .iter()
        .filter(|entry| !is_own(entry["command"].as_str().unwrap()))
        .map(|entry| {
            assert_eq!(entry["when"], "editorLangId == markdown", "{entry}");
            entry["command"].as_str().unwrap()
        })
        .collect();
    let expected: BTreeSet<&str> = COMMANDS
        .iter()
        .filter(|command| command.palette == Palette::InMarkdown)
        .map(|command| command.name)
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_menus_of_the_extension_name_commands_that_there_are() {
    let extension = extension();
    let offered = extension["contributes"]["commands"].as_array().unwrap();
    let offered: Vec<&Value> = offered.iter().map(|command| &command["command"]).collect();
    let menus = extension["contributes"]["menus"].as_object().unwrap();
    for entry in menus.values().flat_map(|menu| menu.as_array().unwrap()) {
        assert!(offered.contains(&&entry["command"]), "{entry}");
    }
    let steps = &extension["contributes"]["walkthroughs"][0]["steps"];
    for step in steps.as_array().unwrap() {
        let description = step["description"].as_str().unwrap();
        for name in between(description, "(command:storywright.", ")") {
            let is_view = name == "story.focus";
            let name = Value::from(format!("storywright.{name}"));
            assert!(is_view || offered.contains(&&name), "{name}");
        }
        let page = step["media"]["markdown"].as_str().unwrap();
        assert!(!read(&format!("editors/vscode/{page}")).is_empty());
    }
}

#[test]
fn neovim_has_a_user_command_for_every_command_and_no_other() {
    let plugin = read("editors/nvim/lua/storywright/commands.lua");
    let list = between(&plugin, "M.server = {", "}");
    let names = list[0].split(',').map(|name| name.trim().trim_matches('"'));
    let listed: BTreeSet<String> = names
        .filter(|name| !name.is_empty())
        .map(|name| format!("storywright.{name}"))
        .collect();
    let expected: BTreeSet<String> = all_commands().into_iter().map(str::to_owned).collect();
    assert_eq!(listed, expected);
}

#[test]
fn emacs_completes_every_command_and_no_other() {
    let plugin = read("editors/emacs/storywright.el");
    let list = between(&plugin, "(defconst storywright--commands\n  '(", ")");
    let names = list[0]
        .split_whitespace()
        .map(|name| name.trim_matches('"'));
    let listed: BTreeSet<String> = names.map(|name| format!("storywright.{name}")).collect();
    let expected: BTreeSet<String> = all_commands().into_iter().map(str::to_owned).collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_guides_name_commands_that_there_are() {
    let helix = read("editors/helix/README.md");
    let shown = between(&helix, ":lsp-workspace-command ", "\n");
    assert!(!shown.is_empty());
    for name in shown {
        let name = name.trim_end_matches('"');
        assert!(all_commands().contains(name), "{name}");
    }
    let settings: BTreeSet<&str> = NAMES.iter().map(|setting| setting.name).collect();
    for path in ["README.md", "CHANGELOG.md", "editors/helix/README.md"] {
        let guide = read(path);
        for name in between(&guide, "`storywright.", "`") {
            // The prefix alone stands for all settings.
            let is_file_or_setting = ["", "toml"].contains(&name) || settings.contains(name);
            let command = format!("storywright.{name}");
            assert!(
                is_file_or_setting || all_commands().contains(command.as_str()),
                "{path}: {name}"
            );
        }
    }
}

#[test]
fn a_command_has_one_row_a_name_and_a_title() {
    assert_eq!(all_commands().len(), COMMANDS.len());
    let titles: BTreeSet<&str> = COMMANDS.iter().map(|command| command.title).collect();
    assert_eq!(titles.len(), COMMANDS.len());
    for command in COMMANDS {
        let name = command.name.strip_prefix("storywright.").unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "{name}");
    }
}

#[test]
fn the_extension_declares_every_setting_and_no_other() {
    let extension = extension();
    let declared = declared_settings(&extension);
    let own = [
        "storywright.server.path",
        "storywright.trace.server",
        "storywright.prices",
        "storywright.diagnostics",
    ];
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
