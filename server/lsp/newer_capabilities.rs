//! Reads what the client says of itself that the protocol library does not know, or knows by another name.

use serde_json::Value;

/// Holds what the library's types leave out of a client's capabilities.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct NewerCapabilities {
    /// Whether the client can be asked to ask anew for diagnostics. The protocol names it `workspace.diagnostics`,
    /// the library, and with it Helix, `workspace.diagnostic`.
    pub refreshes_diagnostics: bool,
}

impl NewerCapabilities {
    /// Reads the capabilities as they came.
    pub fn of(capabilities: &Value) -> NewerCapabilities {
        let is_set = |pointer: &str| capabilities.pointer(pointer) == Some(&Value::Bool(true));
        NewerCapabilities {
            refreshes_diagnostics: is_set("/workspace/diagnostics/refreshSupport")
                || is_set("/workspace/diagnostic/refreshSupport"),
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
}
