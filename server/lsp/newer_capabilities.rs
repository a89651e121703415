//! Reads what the client says of itself that the protocol library does not know, or knows by another name, and tells it
//! what the server can do that the library does not know.

use serde_json::{Value, json};

use super::page_address;

/// Holds what the library's types leave out of a client's capabilities.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct NewerCapabilities {
    /// Whether the client can be asked to ask anew for diagnostics. The protocol names it `workspace.diagnostics`,
    /// the library, and with it Helix, `workspace.diagnostic`.
    pub refreshes_diagnostics: bool,
    /// Whether the client shows documents that are no files, and asks the server for their text (LSP 3.18).
    pub asks_for_documents: bool,
    /// Whether the client offers text behind the cursor that is not there yet (LSP 3.18).
    pub offers_inline: bool,
}

impl NewerCapabilities {
    /// Reads the capabilities as they came.
    pub fn of(capabilities: &Value) -> NewerCapabilities {
        let is_set = |pointer: &str| capabilities.pointer(pointer) == Some(&Value::Bool(true));
        let is_there = |pointer: &str| capabilities.pointer(pointer).is_some_and(Value::is_object);
        NewerCapabilities {
            refreshes_diagnostics: is_set("/workspace/diagnostics/refreshSupport")
                || is_set("/workspace/diagnostic/refreshSupport"),
            asks_for_documents: is_there("/workspace/textDocumentContent"),
            offers_inline: is_there("/textDocument/inlineCompletion"),
        }
    }

    /// Adds to the answer to `initialize` what the server can do for such a client.
    pub fn announce(self, answer: &mut Value) {
        let Some(server) = answer.get_mut("capabilities").filter(|it| it.is_object()) else {
            return;
        };
        if self.asks_for_documents {
            server["workspace"]["textDocumentContent"] =
                json!({ "schemes": [page_address::SCHEME] });
        }
        if self.offers_inline {
            server["inlineCompletionProvider"] = Value::Bool(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn real_clients_are_read_as_they_are() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clients");
        for (name, refreshes) in [
            ("vscode-1.139.1.json", true),
            ("helix-25.07.1.json", true),
            ("neovim-0.11.4.json", false),
            ("emacs-28.2-eglot-1.9.json", false),
            ("vim-9.0-ale-3.3.0.json", false),
        ] {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            let profile: Value = serde_json::from_str(&text).unwrap();
            let capabilities = profile.pointer("/params/capabilities");
            let capabilities = capabilities.unwrap_or(&profile["capabilities"]);
            assert!(capabilities.is_object(), "{name}");
            let found = NewerCapabilities::of(capabilities);
            assert_eq!(found.refreshes_diagnostics, refreshes, "{name}");
        }
    }

    #[test]
    fn what_is_newer_is_announced_to_clients_that_know_it() {
        for (client, expected) in [
            (json!({}), json!({ "workspace": {} })),
            (
                json!({ "workspace": { "textDocumentContent": {} } }),
                json!({ "workspace": { "textDocumentContent": { "schemes": ["storywright"] } } }),
            ),
            (
                json!({ "textDocument": { "inlineCompletion": {} } }),
                json!({ "workspace": {}, "inlineCompletionProvider": true }),
            ),
            (
                json!({ "workspace": { "textDocumentContent": null } }),
                json!({ "workspace": {} }),
            ),
        ] {
            let mut answer = json!({ "capabilities": { "workspace": {} } });
            NewerCapabilities::of(&client).announce(&mut answer);
            assert_eq!(answer["capabilities"], expected, "{client}");
        }
    }
}
