//! Normalises base URLs as people write them into the one form that the protocols build on.
//!
//! Pure: nothing here opens a connection or reads the environment.

use std::net::IpAddr;

use reqwest::Url;

use super::ProviderKind;

/// The port on which Ollama listens unless told otherwise.
const OLLAMA_PORT: u16 = 11434;

/// Finds the vendor's own root, to which a protocol's paths are appended.
pub(super) fn vendor_root(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Anthropic => "https://api.anthropic.com/v1",
        ProviderKind::Openai => "https://api.openai.com/v1",
        ProviderKind::Ollama | ProviderKind::Demo => "http://127.0.0.1:11434",
    }
}

/// Tells whether `url` is the vendor's own service, which wants a key and has the vendor's models.
pub(super) fn is_vendor(kind: ProviderKind, url: &Url) -> bool {
    matches!(
        (kind, url.host_str()),
        (ProviderKind::Anthropic, Some("api.anthropic.com"))
            | (ProviderKind::Openai, Some("api.openai.com"))
    )
}

/// Tells whether the host is this machine, where no proxy belongs in between.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Reads the port of a base URL that names this machine.
pub fn loopback_port(base_url: &str) -> Option<u16> {
    let url = Url::parse(base_url).ok()?;
    url.port_or_known_default().filter(|_| is_loopback(&url))
}

/// Finds the host of a base URL over plain http that is another machine: what is sent there can be read on its way.
pub fn exposed_host(base_url: &str) -> Option<String> {
    let url = Url::parse(base_url).ok()?;
    let is_here = is_loopback(&url) || is_listening(&url);
    (url.scheme() == "http" && !is_here).then(|| host_and_port(&url))
}

/// Tells whether the host is an address that one listens at, which leads to this machine.
fn is_listening(url: &Url) -> bool {
    matches!(url.host_str(), Some("0.0.0.0" | "[::]"))
}

/// Writes host and port as an author would write them: `api.openai.com`, `127.0.0.1:8080`.
pub(super) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Finds the root that a protocol's paths are appended to, from any form that people use.
///
/// Accepted: with or without a trailing slash, with or without `/v1` (for anthropic and
/// openai, where the result has it), a whole endpoint such as `…/v1/chat/completions`, no
/// scheme (`http` for this machine and for ollama, else `https`), and for ollama the forms
/// of `OLLAMA_HOST`: a bare host, `:11434`, `0.0.0.0` and `[::]` (listening addresses; one
/// connects to loopback instead).
///
/// The error is a sentence for the author. It never repeats a user name or password.
pub fn normalise_base_url(kind: ProviderKind, given: &str) -> Result<String, String> {
    let given = given.trim();
    if given.is_empty() {
        return Err("base_url is empty; leave it out, or name a server.".into());
    }
    let (with_scheme, had_scheme) = add_scheme(kind, given);
    let mut url = Url::parse(&with_scheme).map_err(|problem| {
        format!("base_url is not a URL ({problem}); write it like http://127.0.0.1:8080.")
    })?;
    check(&url)?;
    if kind == ProviderKind::Ollama {
        if !had_scheme && url.port().is_none() && !names_port(given) {
            // Cannot fail: the URL has a host, as `check` made sure.
            let _ = url.set_port(Some(OLLAMA_PORT));
        }
        if is_listening(&url) {
            let _ = url.set_host(Some("127.0.0.1"));
        }
    }
    if is_vendor(kind, &url) && url.scheme() == "http" {
        // A slip that would send the key in the clear. Cannot fail: both are web schemes.
        let _ = url.set_scheme("https");
    }
    let path = root_path(kind, url.path());
    url.set_path(&path);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Puts a scheme before `given` if it has none; says whether it had one.
fn add_scheme(kind: ProviderKind, given: &str) -> (String, bool) {
    if given.contains("://") {
        return (given.to_owned(), true);
    }
    let given = given.trim_start_matches("//");
    let host = if given.starts_with(':') || given.starts_with('/') {
        format!("127.0.0.1{given}")
    } else {
        given.to_owned()
    };
    let local = Url::parse(&format!("http://{host}"))
        .is_ok_and(|url| is_loopback(&url) || is_listening(&url));
    let scheme = if local || kind == ProviderKind::Ollama {
        "http"
    } else {
        "https"
    };
    (format!("{scheme}://{host}"), false)
}

/// Tells whether the author wrote a port, which `Url` forgets where it is the scheme's own.
fn names_port(given: &str) -> bool {
    let authority = given.split('/').next().unwrap_or_default();
    let after_address = authority.rsplit(']').next().unwrap_or_default();
    after_address.contains(':')
}

fn check(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "base_url has the scheme {}; only http and https are spoken.",
            url.scheme()
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("base_url names no host; write it like http://127.0.0.1:8080.".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "base_url holds a user name or password; keys belong in the environment \
             (api_key_env) or in api_key_command."
                .into(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("base_url must not have a part after ? or #.".into());
    }
    Ok(())
}

/// Makes the path of the root: endpoint names cut off, the version added where it is missing.
fn root_path(kind: ProviderKind, path: &str) -> String {
    let mut path = path.trim_end_matches('/');
    let endpoints: &[&str] = match kind {
        ProviderKind::Anthropic => &["/messages", "/models"],
        ProviderKind::Openai => &["/chat/completions", "/completions", "/models"],
        ProviderKind::Ollama | ProviderKind::Demo => &["/api/chat", "/api/tags", "/api", "/v1"],
    };
    for endpoint in endpoints {
        if let Some(rest) = path.strip_suffix(endpoint) {
            path = rest.trim_end_matches('/');
            break;
        }
    }
    let versioned = matches!(kind, ProviderKind::Anthropic | ProviderKind::Openai);
    if versioned && !path.split('/').any(is_version) {
        format!("{path}/v1")
    } else {
        path.to_owned()
    }
}

/// Tells whether a path segment is a version: `v1`, `v4`, `v1beta`; vendors of compatible services have their
/// own counting.
fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProviderKind::{Anthropic, Ollama, Openai};

    #[test]
    fn every_form_of_a_base_url_becomes_one() {
        let table = [
            (
                Openai,
                "https://api.openai.com",
                "https://api.openai.com/v1",
            ),
            (
                Openai,
                "https://api.openai.com/",
                "https://api.openai.com/v1",
            ),
            (
                Openai,
                "https://api.openai.com/v1",
                "https://api.openai.com/v1",
            ),
            (
                Openai,
                "https://api.openai.com/v1/",
                "https://api.openai.com/v1",
            ),
            (Openai, "http://api.openai.com", "https://api.openai.com/v1"),
            (
                Openai,
                "http://127.0.0.1:8080//",
                "http://127.0.0.1:8080/v1",
            ),
            (Openai, "localhost:1234", "http://localhost:1234/v1"),
            (Openai, " 127.0.0.1:8080 ", "http://127.0.0.1:8080/v1"),
            (Openai, "[::1]:8080", "http://[::1]:8080/v1"),
            (
                Openai,
                "openrouter.ai/api/v1",
                "https://openrouter.ai/api/v1",
            ),
            (
                Openai,
                "https://openrouter.ai/api",
                "https://openrouter.ai/api/v1",
            ),
            (
                Openai,
                "https://host/v1/chat/completions",
                "https://host/v1",
            ),
            (
                Openai,
                "https://host/v1beta/openai/",
                "https://host/v1beta/openai",
            ),
            (
                Openai,
                "https://host/api/paas/v4",
                "https://host/api/paas/v4",
            ),
            (
                Anthropic,
                "https://api.anthropic.com",
                "https://api.anthropic.com/v1",
            ),
            (
                Anthropic,
                "https://api.anthropic.com/v1/",
                "https://api.anthropic.com/v1",
            ),
            (
                Anthropic,
                "https://host/proxy/v1/messages",
                "https://host/proxy/v1",
            ),
            (Anthropic, "127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
            (Ollama, "127.0.0.1:11434", "http://127.0.0.1:11434"),
            (Ollama, "127.0.0.1", "http://127.0.0.1:11434"),
            (Ollama, "0.0.0.0", "http://127.0.0.1:11434"),
            (Ollama, "0.0.0.0:9000", "http://127.0.0.1:9000"),
            (Ollama, "[::]:11434", "http://127.0.0.1:11434"),
            (Ollama, "[::1]", "http://[::1]:11434"),
            (Ollama, ":5000", "http://127.0.0.1:5000"),
            (Ollama, "http://box", "http://box"),
            (Ollama, "http://box:80", "http://box"),
            (Ollama, "box:80", "http://box"),
            (Ollama, "https://ollama.example/", "https://ollama.example"),
            (
                Ollama,
                "http://localhost:11434/v1",
                "http://localhost:11434",
            ),
            (
                Ollama,
                "http://localhost:11434/api/",
                "http://localhost:11434",
            ),
            (Ollama, "https://host/sub/ollama", "https://host/sub/ollama"),
        ];
        for (kind, given, expected) in table {
            assert_eq!(
                normalise_base_url(kind, given).as_deref(),
                Ok(expected),
                "{kind:?} {given}"
            );
            assert_eq!(
                normalise_base_url(kind, expected).as_deref(),
                Ok(expected),
                "a second time: {kind:?} {given}"
            );
        }
    }

    #[test]
    fn what_is_no_base_url_is_said_without_repeating_secrets() {
        let table = [
            ("", "empty"),
            ("ftp://host", "ftp"),
            ("http://", "not a URL"),
            ("https://me:hunter2@host/v1", "user name or password"),
            ("https://host/v1?key=hunter2", "after ? or #"),
            ("http://[::1", "not a URL"),
            ("https://host:99999", "not a URL"),
        ];
        for (given, expected) in table {
            let problem = normalise_base_url(Openai, given).expect_err(given);
            assert!(problem.contains(expected), "{given}: {problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn loopback_is_known_in_every_spelling() {
        for (url, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://127.9.9.9", true),
            ("http://localhost", true),
            ("http://[::1]:80", true),
            ("http://10.0.0.1", false),
            ("https://localhost.example.com", false),
        ] {
            let parsed = Url::parse(url).expect("a URL");
            assert_eq!(is_loopback(&parsed), expected, "{url}");
        }
    }

    #[test]
    fn a_host_is_exposed_over_plain_http_to_another_machine() {
        for (url, expected) in [
            ("http://192.168.1.7:8080/v1", Some("192.168.1.7:8080")),
            ("http://models.example.com/v1", Some("models.example.com")),
            ("https://192.168.1.7/v1", None),
            ("http://127.0.0.1:8080", None),
            ("http://[::1]:8080", None),
            ("http://LOCALHOST:8080", None),
            ("http://0.0.0.0:8080", None),
        ] {
            assert_eq!(exposed_host(url).as_deref(), expected, "{url}");
        }
    }
}
