//! The table of what each client can't do is what the clients said of themselves.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The columns of the table, with what was recorded of each.
const CLIENTS: [(&str, &str); 7] = [
    ("VS Code", "vscode-1.139.1"),
    ("Neovim", "neovim-0.11.4"),
    ("Helix", "helix-25.07.1"),
    ("eglot", "emacs-28.2-eglot-1.9"),
    ("lsp-mode", "emacs-28.2-lsp-mode-8.0.0"),
    ("vim-lsp", "vim-9.0-vim-lsp"),
    ("ALE", "vim-9.0-ale-3.3.0"),
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn what_clients_cannot_do_is_what_they_say() {
    let page = read("editors/README.md");
    let (_, section) = page
        .split_once("## What each client can't do")
        .expect("the section");
    let mut rows = section.lines().filter(|line| line.starts_with('|'));
    let head = cells(rows.next().expect("a table"));
    let names: Vec<&str> = CLIENTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(head[2..head.len() - 1], names);
    let recorded = CLIENTS.map(|(_, file)| -> Value {
        let text = read(&format!("fixtures/clients/{file}.json"));
        serde_json::from_str(&text).expect("JSON")
    });
    let mut wrong = Vec::new();
    let rows: Vec<Vec<&str>> = rows.skip(1).map(cells).collect();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in &rows {
        let capability = row[1].trim_matches('`');
        let pointer = format!("/capabilities/{}", capability.replace('.', "/"));
        assert!(
            !row[row.len() - 1].is_empty(),
            "what an author does instead: {row:?}"
        );
        for ((client, recorded), cell) in names.iter().zip(&recorded).zip(&row[2..]) {
            let value = recorded.pointer(&pointer).unwrap_or(&Value::Null);
            let can = !value.is_null() && *value != Value::Bool(false);
            if (*cell == "✓") != can || !["✓", "–"].contains(cell) {
                wrong.push(format!(
                    "{client}, {capability}: {cell}, but it says {value}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
