//! Reads how long a server asks to be left alone: in headers, in fields of the body, or in words.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use serde_json::Value;

/// Reads what the server asks for in `retry-after-ms` or `Retry-After` (RFC 9110, section
/// 10.2.3: seconds or a date). A date in the past is a wait of 0.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|ms| ms.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    let asked = text("retry-after")?;
    if let Ok(seconds) = asked.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::parse(asked).ok()?;
    Some(until(SystemTime::from(date.timestamp()), now))
}

/// Reads when a limit of the rate is lifted, from headers such as `x-ratelimit-reset-tokens:
/// 1m30s` and `anthropic-ratelimit-requests-reset: 2026-01-01T00:00:30Z`.
///
/// Servers send them for every limit they have. The ones that count are those of which nothing
/// remains; where none says so, the first to be lifted: a limit of a whole day may stand beside
/// the one of a minute that was met.
pub(super) fn rate_limit_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let mut used_up = None;
    let mut first = None;
    for (name, value) in headers {
        let name = name.as_str();
        if !name.contains("ratelimit") || !name.contains("reset") {
            continue;
        }
        let Some(wait) = value.to_str().ok().and_then(|said| moment(said, now)) else {
            continue;
        };
        let remaining = headers.get(name.replace("reset", "remaining").as_str());
        if remaining.is_some_and(|left| left.as_bytes() == b"0") {
            used_up = Some(used_up.map_or(wait, |longest: Duration| longest.max(wait)));
        }
        first = Some(first.map_or(wait, |shortest: Duration| shortest.min(wait)));
    }
    used_up.or(first)
}

/// Reads a wait from the body of an error: a field (`retryDelay`, `retry_after`, in seconds) or
/// a sentence ("Please try again in 11.2s.").
pub(super) fn in_body(body: &Value) -> Option<Duration> {
    in_fields(body, 0).or_else(|| in_texts(body, 0))
}

/// A body is read no deeper than this: those of vendors have five levels.
const DEEPEST: usize = 8;

fn in_fields(value: &Value, depth: usize) -> Option<Duration> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Value::Array(list) => list.iter().find_map(|value| in_fields(value, depth + 1)),
        Value::Object(fields) => {
            let named = fields.iter().find_map(|(name, value)| {
                if !matches!(name.as_str(), "retryDelay" | "retry_after" | "retryAfter") {
                    return None;
                }
                match value {
                    Value::Number(seconds) => Duration::try_from_secs_f64(seconds.as_f64()?).ok(),
                    Value::String(said) => duration(said).map(|(wait, _)| wait),
                    _ => None,
                }
            });
            let mut inner = fields.values();
            named.or_else(|| inner.find_map(|value| in_fields(value, depth + 1)))
        }
        _ => None,
    }
}

fn in_texts(value: &Value, depth: usize) -> Option<Duration> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Value::String(text) => in_words(text),
        Value::Array(list) => list.iter().find_map(|value| in_texts(value, depth + 1)),
        Value::Object(fields) => fields.values().find_map(|value| in_texts(value, depth + 1)),
        _ => None,
    }
}

/// Reads a wait from a sentence, such as "Please try again in 1m30.5s".
pub(super) fn in_words(said: &str) -> Option<Duration> {
    const BEFORE: [&str; 5] = [
        "again in ",
        "retry in ",
        "retry after ",
        "again after ",
        "wait ",
    ];
    let said = said.to_lowercase();
    BEFORE.iter().find_map(|words| {
        said.match_indices(words).find_map(|(at, _)| {
            let rest = said[at + words.len()..].trim_start_matches(|c: char| !c.is_ascii_digit());
            // "wait for 20 seconds" is one; "retry after you have paid 20 dollars" is none.
            let skipped = said.len() - at - words.len() - rest.len();
            let (wait, has_unit) = duration(rest).filter(|_| skipped <= 8)?;
            has_unit.then_some(wait)
        })
    })
}

/// Reads the beginning of a text as a duration (`11.2s`, `1m30s`, `120ms`, `20 seconds`, `20`),
/// with whether it names a unit.
fn duration(text: &str) -> Option<(Duration, bool)> {
    let mut rest = text.trim_start();
    let mut sum = 0.0;
    let mut has_unit = false;
    while rest.starts_with(|c: char| c.is_ascii_digit()) {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let number: f64 = rest[..end].trim_end_matches('.').parse().ok()?;
        let after = rest[end..].trim_start_matches(' ');
        let unit_end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let seconds = match &after[..unit_end] {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            _ if has_unit => break,
            _ => {
                let wait = Duration::try_from_secs_f64(number).ok()?;
                return Some((wait, false));
            }
        };
        has_unit = true;
        sum += number * seconds;
        rest = after[unit_end..].trim_start();
    }
    let wait = Duration::try_from_secs_f64(sum).ok()?;
    has_unit.then_some((wait, true))
}

/// Reads when something is due: a duration, a date, or a number of seconds (or milliseconds)
/// since 1970.
fn moment(said: &str, now: SystemTime) -> Option<Duration> {
    let said = said.trim();
    if let Ok(date) = said.parse::<jiff::Timestamp>() {
        return Some(until(SystemTime::from(date), now));
    }
    let since_1970 = match said.parse::<f64>() {
        Ok(number) if number >= 1e12 => Duration::try_from_secs_f64(number / 1000.0).ok()?,
        Ok(number) if number >= 1e9 => Duration::try_from_secs_f64(number).ok()?,
        _ => return duration(said).map(|(wait, _)| wait),
    };
    Some(until(SystemTime::UNIX_EPOCH + since_1970, now))
}

fn until(date: SystemTime, now: SystemTime) -> Duration {
    date.duration_since(now).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_470);
        for (name, value, expected) in [
            ("retry-after", "20", Some(20_000)),
            ("retry-after", "0", Some(0)),
            ("retry-after", " 1.5 ", Some(1_500)),
            ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT", Some(10_000)),
            ("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("retry-after", "-5", None),
            ("retry-after", "soon", None),
            ("retry-after", "NaN", None),
            ("retry-after", "1e300", None),
            ("retry-after-ms", "250", Some(250)),
            ("x-other", "20", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header value"));
            let expected = expected.map(Duration::from_millis);
            assert_eq!(retry_after(&headers, now), expected, "{name}: {value}");
        }
    }

    #[test]
    fn the_end_of_a_rate_limit_is_read_from_its_headers() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_470);
        type Given = &'static [(&'static str, &'static str)];
        let table: [(Given, Option<u64>); 10] = [
            (&[("x-ratelimit-reset-tokens", "11.2s")], Some(11_200)),
            (&[("x-ratelimit-reset-tokens", "1m30s")], Some(90_000)),
            (&[("x-ratelimit-reset-requests", "120ms")], Some(120)),
            (&[("x-ratelimit-reset", "7")], Some(7_000)),
            (&[("x-ratelimit-reset", "1445412480000")], Some(10_000)),
            (&[("x-ratelimit-reset", "1445412480")], Some(10_000)),
            (
                &[("anthropic-ratelimit-tokens-reset", "2015-10-21T07:28:00Z")],
                Some(10_000),
            ),
            (
                &[
                    ("x-ratelimit-reset-requests", "23h50m"),
                    ("x-ratelimit-remaining-requests", "14000"),
                    ("x-ratelimit-reset-tokens", "7.66s"),
                    ("x-ratelimit-remaining-tokens", "12"),
                ],
                Some(7_660),
            ),
            (
                &[
                    ("x-ratelimit-reset-requests", "8s"),
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-tokens", "1s"),
                    ("x-ratelimit-remaining-tokens", "12"),
                ],
                Some(8_000),
            ),
            (&[("x-ratelimit-limit-requests", "60")], None),
        ];
        for (given, expected) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, value.parse().expect("a header value"));
            }
            let expected = expected.map(Duration::from_millis);
            assert_eq!(rate_limit_reset(&headers, now), expected, "{given:?}");
        }
    }

    #[test]
    fn a_wait_is_read_from_the_body() {
        let delay = "type.googleapis.com/google.rpc.RetryInfo";
        let table = [
            (
                json!([{"error": {"details": [{"@type": delay, "retryDelay": "11.5s"}]}}]),
                Some(11_500),
            ),
            (json!({"retry_after": 3}), Some(3_000)),
            (
                json!({"error": {"message": "Rate limit reached: Limit 30000, Used 29000. Please \
                    try again in 11.2s. Visit https://example.org"}}),
                Some(11_200),
            ),
            (json!({"error": "Please retry in 1m30.5s."}), Some(90_500)),
            (json!({"message": "Try again in 120ms"}), Some(120)),
            (
                json!({"message": "Please retry after 25 seconds."}),
                Some(25_000),
            ),
            (
                json!({"message": "Please wait for 2 minutes"}),
                Some(120_000),
            ),
            (json!({"message": "try again in 6m0s"}), Some(360_000)),
            (json!({"message": "try again in 20"}), None),
            (
                json!({"message": "try again in a while, at 20s most"}),
                None,
            ),
            (json!({"message": "try again later"}), None),
            (json!(null), None),
        ];
        for (body, expected) in table {
            let expected = expected.map(Duration::from_millis);
            assert_eq!(in_body(&body), expected, "{body}");
        }
    }
}
