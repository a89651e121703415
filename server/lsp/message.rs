//! Reads the body of a message as generously as it can be understood.
//!
//! Pure. What JSON can't hold is mended before it is read: halves of characters, which editors send while an
//! emoji is typed, and bytes that are no UTF-8 become U+FFFD, each as long in UTF-16 and UTF-8 as the half was, so that
//! positions stay right. Of two members with one name the last one counts. What can't be understood is answered as
//! JSON-RPC 2.0 has it (section 5.1), where an answer is due.

use std::borrow::Cow;

use serde_json::{Map, Value};
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// What comes after the last id that is known to be a whole number: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Holds what a body says.
#[derive(Debug, PartialEq)]
pub enum Message {
    /// A request or notification.
    Request(Request),
    /// An answer to what the server asked.
    Response(Response),
    /// Neither; what is answered.
    Refused(Response),
    /// Neither, and no answer is due: an answer that belongs to nothing.
    Ignored,
}

/// Reads the body of a message.
pub fn read(body: &[u8]) -> Message {
    let text = mend(body);
    let value = match serde_json::from_slice(&text) {
        Ok(value) => value,
        Err(error) => {
            return refuse(
                ErrorCode::ParseError,
                Id::Null,
                format!("not JSON: {error}"),
            );
        }
    };
    match value {
        Value::Object(members) => understand(members),
        Value::Array(_) => invalid(Id::Null, "a batch; messages are sent one by one"),
        _ => invalid(Id::Null, "a message is an object"),
    }
}

/// Answers what is no message.
pub fn refuse(code: ErrorCode, id: Id, message: impl Into<Cow<'static, str>>) -> Message {
    let error = Error {
        code,
        message: message.into(),
        data: None,
    };
    Message::Refused(Response::from_error(id, error))
}

fn invalid(id: Id, message: &'static str) -> Message {
    refuse(ErrorCode::InvalidRequest, id, message)
}

fn understand(mut members: Map<String, Value>) -> Message {
    let id = members.remove("id");
    let has_id = id.is_some();
    let id = id.map_or(Some(Id::Null), whole_id);
    let Some(method) = members.remove("method") else {
        return understand_answer(members, id, has_id);
    };
    let Some(id) = id else {
        return invalid(Id::Null, "an id is a string or a whole number");
    };
    let Value::String(method) = method else {
        return invalid(id, "a method is a string");
    };
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid(id, "not JSON-RPC 2.0");
    }
    let mut request = Request::build(method);
    if has_id {
        request = request.id(id);
    }
    // No parameters, in the words of clients that leave no member out; the protocol library refuses them.
    let params = members.remove("params").filter(|params| !params.is_null());
    if let Some(params) = params {
        request = request.params(params);
    }
    Message::Request(request.finish())
}

/// Understands a message without a method. An answer to a request of ours is taken though its error can't be read,
/// since somebody waits for it; whose it is, the protocol library finds out.
fn understand_answer(mut members: Map<String, Value>, id: Option<Id>, has_id: bool) -> Message {
    let result = members.remove("result");
    let error = members.remove("error").filter(|error| !error.is_null());
    if result.is_none() && error.is_none() {
        return invalid(id.unwrap_or_default(), "neither a method nor a result");
    }
    let (Some(id), true) = (id.filter(|id| *id != Id::Null), has_id) else {
        return Message::Ignored;
    };
    let answer = match (error, result) {
        (Some(error), _) => Err(serde_json::from_value(error).unwrap_or_else(|_| Error {
            code: ErrorCode::InternalError,
            message: "the error of the answer can't be read".into(),
            data: None,
        })),
        (None, result) => Ok(result.unwrap_or_default()),
    };
    Message::Response(Response::from_parts(id, answer))
}

/// Reads an id as the protocol has it; whole numbers may be written as fractions (3.0), as languages do that have no others.
fn whole_id(id: Value) -> Option<Id> {
    match id {
        Value::Null => Some(Id::Null),
        Value::String(id) => Some(Id::String(id)),
        Value::Number(number) => {
            let whole = |number: f64| number.fract() == 0.0 && number.abs() < EXACT;
            #[allow(clippy::cast_possible_truncation)] // Whole and below 2^53.
            let as_whole = |number: f64| whole(number).then_some(number as i64);
            let number = number.as_i64().or_else(|| as_whole(number.as_f64()?));
            number.map(Id::Number)
        }
        _ => None,
    }
}

/// Makes JSON that can be read of a body: UTF-8 without a byte order mark and halves of characters.
fn mend(body: &[u8]) -> Cow<'_, [u8]> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut text = match std::str::from_utf8(body) {
        Ok(_) => Cow::Borrowed(body),
        Err(_) => Cow::Owned(as_utf8(body)),
    };
    for at in escaped_halves(&text) {
        text.to_mut()[at..at + 4].copy_from_slice(b"fffd");
    }
    text
}

/// Finds where in a JSON text the four digits of escapes stand that are half a character: surrogates without their other
/// half. Backslashes occur in strings only, and each escapes what follows.
fn escaped_halves(text: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|&byte| byte == b'\\') {
        at += next;
        match (escape(text, at), escape(text, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                found.push(at + 2);
                at += 6;
            }
            _ => at = text.len().min(at + 2),
        }
    }
    found
}

/// Reads the code unit that is escaped at a place, as `\ud83d`.
fn escape(text: &[u8], at: usize) -> Option<u16> {
    let escape = text.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    // A sign is no digit, though numbers may have one.
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// Bytes as UTF-8. Surrogates that were encoded one by one (WTF-8, CESU-8) become their character, or U+FFFD each:
/// an encoding of three bytes for one of three.
fn as_utf8(bytes: &[u8]) -> Vec<u8> {
    let mut mended = Vec::with_capacity(bytes.len());
    let mut plain = 0;
    let mut at = 0;
    while at < bytes.len() {
        let Some(first) = surrogate(bytes, at) else {
            at += 1;
            continue;
        };
        mended.extend_from_slice(String::from_utf8_lossy(&bytes[plain..at]).as_bytes());
        at += 3;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first)
            && let Some(second @ 0xdc00..=0xdfff) = surrogate(bytes, at)
        {
            units.push(second);
            at += 3;
        }
        mended.extend_from_slice(String::from_utf16_lossy(&units).as_bytes());
        plain = at;
    }
    mended.extend_from_slice(String::from_utf8_lossy(&bytes[plain..]).as_bytes());
    mended
}

/// Reads the surrogate that is encoded at a place as if it were a character.
fn surrogate(bytes: &[u8], at: usize) -> Option<u16> {
    match bytes.get(at..at + 3)? {
        &[0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf] => {
            Some(0xd000 | (u16::from(second & 0x3f) << 6) | u16::from(third & 0x3f))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the code and id of the answer.
    fn refused(body: impl AsRef<[u8]>) -> (i64, Value) {
        match read(body.as_ref()) {
            Message::Refused(response) => {
                let code = response.error().map_or(0, |error| error.code.code());
                (code, json!(response.id()))
            }
            other => panic!("{:?}: {other:?}", String::from_utf8_lossy(body.as_ref())),
        }
    }

    /// Returns the text of a notification.
    fn text(body: impl AsRef<[u8]>) -> String {
        match read(body.as_ref()) {
            Message::Request(request) => match request.params() {
                Some(Value::Array(params)) => params[0].as_str().unwrap().to_owned(),
                params => panic!("{params:?}"),
            },
            other => panic!("{:?}: {other:?}", String::from_utf8_lossy(body.as_ref())),
        }
    }

    #[test]
    fn parameters_of_null_are_none() {
        let body = br#"{"jsonrpc":"2.0","id":1,"method":"shutdown","params":null}"#;
        let Message::Request(request) = read(body) else {
            panic!("a request");
        };
        assert_eq!(request.params(), None);
    }

    /// Without a reading of our own, each of these ended the server.
    #[test]
    fn what_is_no_message_is_refused_with_its_id() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let within = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{deep}}}"#);
        for (body, code, id) in [
            ("", -32700, Value::Null),
            ("{", -32700, Value::Null),
            ("{}{}", -32700, Value::Null),
            (r#"{"id":1e999,"method":"x"}"#, -32700, Value::Null),
            (&deep, -32700, Value::Null),
            (&within, -32700, Value::Null),
            ("null", -32600, Value::Null),
            ("7", -32600, Value::Null),
            ("\"exit\"", -32600, Value::Null),
            ("[]", -32600, Value::Null),
            (
                r#"[{"jsonrpc":"2.0","id":1,"method":"x"}]"#,
                -32600,
                Value::Null,
            ),
            ("{}", -32600, Value::Null),
            (r#"{"jsonrpc":"2.0","id":4}"#, -32600, json!(4)),
            (
                r#"{"jsonrpc":"2.0","id":"a","params":{}}"#,
                -32600,
                json!("a"),
            ),
            (r#"{"jsonrpc":"2.0","id":4,"method":7}"#, -32600, json!(4)),
            (r#"{"jsonrpc":"1.0","id":4,"method":"x"}"#, -32600, json!(4)),
            (r#"{"id":4,"method":"x"}"#, -32600, json!(4)),
            (
                r#"{"jsonrpc":"2.0","id":3.5,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1e300,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                r#"{"jsonrpc":"2.0","id":true,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                r#"{"jsonrpc":"2.0","id":[1],"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
        ] {
            assert_eq!(refused(body), (code, id), "{body:.60}");
        }
    }

    #[test]
    fn what_can_be_understood_is_a_request() {
        for (body, id, method) in [
            (
                r#"{"jsonrpc":"2.0","id":3.0,"method":"x"}"#,
                Some(Id::Number(3)),
                "x",
            ),
            (
                r#"{"jsonrpc":"2.0","id":-0.0,"method":"x"}"#,
                Some(Id::Number(0)),
                "x",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1e3,"method":"x"}"#,
                Some(Id::Number(1000)),
                "x",
            ),
            (
                r#"{"jsonrpc":"2.0","id":"3","method":"x"}"#,
                Some(Id::String("3".into())),
                "x",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"x","method":"y"}"#,
                Some(Id::Number(2)),
                "y",
            ),
            (
                "\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n",
                None,
                "x",
            ),
            (r#"{"jsonrpc":"2.0","method":"x","result":null}"#, None, "x"),
        ] {
            match read(body.as_bytes()) {
                Message::Request(request) => {
                    assert_eq!(
                        (request.id(), request.method()),
                        (id.as_ref(), method),
                        "{body}"
                    );
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_answer_is_taken_whatever_its_error_looks_like() {
        for (body, id, is_ok) in [
            (r#"{"jsonrpc":"2.0","id":3.0,"result":null}"#, 3, true),
            (
                r#"{"id":3,"result":{"applied":true},"error":null}"#,
                3,
                true,
            ),
            (
                r#"{"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"no"}}"#,
                3,
                false,
            ),
            (
                r#"{"jsonrpc":"2.0","id":3,"error":"no","result":null}"#,
                3,
                false,
            ),
        ] {
            match read(body.as_bytes()) {
                Message::Response(response) => {
                    assert_eq!(
                        (response.id(), response.is_ok()),
                        (&Id::Number(id), is_ok),
                        "{body}"
                    );
                }
                other => panic!("{body}: {other:?}"),
            }
        }
        for body in [
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#,
            r#"{"jsonrpc":"2.0","id":2.5,"result":null}"#,
            r#"{"jsonrpc":"2.0","result":null}"#,
        ] {
            assert_eq!(read(body.as_bytes()), Message::Ignored, "{body}");
        }
    }

    #[test]
    fn halves_of_characters_become_replacement_characters_of_their_length() {
        for (escaped, expected) in [
            (r"\ud83d", "\u{fffd}"),
            (r"\uDE00", "\u{fffd}"),
            (r"\uDE00\uD83D", "\u{fffd}\u{fffd}"),
            (r"\ud83d\ude00", "😀"),
            (r"\ud83d\ud83d\ude00\ude00", "\u{fffd}😀\u{fffd}"),
            (r"\ud83d\n", "\u{fffd}\n"),
            (r"\ud83d\\ude00", "\u{fffd}\\ude00"),
            (r"\\ud83d", "\\ud83d"),
            (r"\\\ud83d", "\\\u{fffd}"),
            (r"\\\\ud83d\u0041", "\\\\ud83dA"),
            (r"a\u00e9\ud83d", "aé\u{fffd}"),
        ] {
            let body = format!(r#"{{"jsonrpc":"2.0","method":"x","params":["{escaped}"]}}"#);
            assert_eq!(text(&body), expected, "{escaped}");
        }
        for (bytes, expected) in [
            (&b"\xed\xa0\xbd"[..], "\u{fffd}"),
            (b"\xed\xb8\x80", "\u{fffd}"),
            (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
            (b"\xed\xb8\x80\xed\xa0\xbd", "\u{fffd}\u{fffd}"),
            (b"caf\xe9 \xff\xc3\xa9", "caf\u{fffd} \u{fffd}é"),
            (b"\xed\x9f\xbf", "\u{d7ff}"),
            (b"\xff\xed\x9f\xbf", "\u{fffd}\u{d7ff}"),
        ] {
            let mut body = br#"{"jsonrpc":"2.0","method":"x","params":[""#.to_vec();
            body.extend_from_slice(bytes);
            body.extend_from_slice(br#""]}"#);
            assert_eq!(text(&body), expected, "{bytes:x?}");
        }
        // Cut anywhere, it is no JSON, and nothing worse.
        let body = r#"{"jsonrpc":"2.0","method":"x","params":["\ud83d\\\ude00"]}"#;
        for end in 0..body.len() {
            assert_eq!(refused(&body[..end]).0, -32700, "{}", &body[..end]);
        }
    }
}
