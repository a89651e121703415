#!/usr/bin/env bash
# What was found: the crate lsp-types reads a client's `workspace.diagnostic`, where the protocol (3.17, and npm's
# vscode-languageserver-protocol, from which VS Code's client is built) says `workspace.diagnostics`. What VS Code sends
# is dropped without an error, and a capability that is written by the crate has a name that no other program knows.
# Why it matters: a server in Rust that looks whether it may send `workspace/diagnostic/refresh` finds that it may not in
# VS Code, and that it may in editors that are written with the same crate: diagnostics that another file changed
# stay as they were until the next key. Read the name off the JSON instead.
# Seen with: lsp-types 0.94.1 (that of tower-lsp 0.20.0) and 0.97.0, the latest; vscode-languageserver-protocol 3.17.5.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit vscode-languageserver-protocol@3.17.5
typed=$(sed -n 's/^ *\([a-z]*\)?: DiagnosticWorkspaceClientCapabilities;$/\1/p' \
  node_modules/vscode-languageserver-protocol/lib/common/protocol.d.ts)
echo "the protocol names it: $typed"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "look"
version = "0.0.0"
edition = "2021"
[dependencies]
of_tower_lsp = { package = "lsp-types", version = "=0.94.1" }
latest = { package = "lsp-types", version = "=0.97.0" }
serde_json = "1"
TOML
cat >src/main.rs <<'RUST'
macro_rules! heard {
    ($types:ident, $name:literal) => {{
        let text = format!("{{\"{}\": {{\"refreshSupport\": true}}}}", $name);
        let read: $types::WorkspaceClientCapabilities = serde_json::from_str(&text).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        let kept = written.get($name).is_some();
        println!("{} reads {}: {}", stringify!($types), $name, kept);
        kept
    }};
}
fn main() {
    let found = [
        heard!(of_tower_lsp, "diagnostics"), heard!(of_tower_lsp, "diagnostic"),
        heard!(latest, "diagnostics"), heard!(latest, "diagnostic"),
    ];
    assert_eq!(found, [false, true, false, true]);
}
RUST
cargo run --quiet
test "$typed" = diagnostics
echo "as seen: the crate listens for a name that the protocol does not have"
