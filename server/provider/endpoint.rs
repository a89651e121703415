//! Defines the endpoint of a model server: address, key and deadlines, from trusted settings.

use super::deadlines::Deadlines;

/// How to reach a model server. Made from trusted settings only.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The base URL in any form that [`normalise_base_url`](super::normalise_base_url) takes; `None` for the
    /// vendor's own.
    pub base_url: Option<String>,
    /// `None` where none is configured (local servers need none).
    pub api_key: Option<ApiKey>,
    pub deadlines: Deadlines,
}

/// A secret. Neither `Debug` nor `Display` shows it.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    pub fn new(key: impl Into<String>) -> Self {
        ApiKey(key.into())
    }

    /// Shows the key itself, for the one header that it belongs in.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(…)")
    }
}
