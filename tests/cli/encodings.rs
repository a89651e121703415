//! Files as the author's programs write them: text in the encodings that such programs use, and
//! bytes that are no text.

use crate::desk::{Desk, KEY, native};
use crate::novel::{BRIEF, Novel};
use crate::support::model_server::ModelServer;

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

fn latin_1(text: &str) -> Vec<u8> {
    let bytes = text.chars().map(|c| u8::try_from(u32::from(c)));
    bytes.map(|byte| byte.expect("Latin-1")).collect()
}

/// A brief with one word that is no ASCII, for a prompt to hold.
fn brief() -> String {
    BRIEF.replace("Counts everything.", "Counts every caf\u{e9}.")
}

fn desk() -> Desk {
    let mut desk = Desk::with(&brief());
    desk.set("OPENAI_API_KEY", KEY);
    desk
}

/// A brief in another encoding than UTF-8 was read with replacement characters in it, and these
/// were sent in prompts.
#[test]
fn a_brief_is_read_in_its_encoding() {
    for (name, bytes) in [
        ("UTF-16", utf16(&brief())),
        ("Latin-1", latin_1(&brief())),
        ("a mark", format!("\u{feff}{}", brief()).into_bytes()),
    ] {
        let desk = desk();
        std::fs::write(desk.path("story.md"), &bytes).expect("written");
        desk.run(&["check"]).exits(0);
        let novel = Novel::short();
        let server = ModelServer::start(move |request| novel.answer(request));
        desk.write("openai", &server, &["--chunk", "1"]).exits(0);
        let sent = server.completions();
        assert!(!sent.is_empty(), "{name}");
        for request in &sent {
            let text = format!("{}{}", request.system(), request.user());
            assert!(text.contains("Counts every caf\u{e9}."), "{name}: {text}");
            assert!(!text.contains('\u{fffd}'), "{name}: {text}");
        }
        assert_eq!(std::fs::read(desk.path("story.md")).expect("read"), bytes);
    }
}

/// `check` found no error in a brief of broken bytes, and `write` sent it.
#[test]
fn what_is_no_text_is_an_error_at_its_place_and_nothing_is_sent() {
    let broken = |place: &str, bytes: &[u8]| {
        let text = brief().replace("MARA-MARK", "MARA-MARK “ja”");
        let at = text.find(place).expect("a place");
        let mut text = text.into_bytes();
        text.splice(at..at, bytes.iter().copied());
        text
    };
    let line_of = |place: &str| {
        let brief = brief();
        let (before, _) = brief.split_once(place).expect("a place");
        before.matches('\n').count() + 1
    };
    for (name, bytes, line) in [
        (
            "broken UTF-8",
            broken("SETTING-MARK", b"\xe9"),
            line_of("SETTING-MARK"),
        ),
        (
            "a zero byte",
            broken("STYLE-MARK", b"\0"),
            line_of("STYLE-MARK"),
        ),
        ("UTF-16 without its mark", utf16(&brief())[2..].to_vec(), 1),
        ("half of UTF-16", utf16("---\ntitle: x")[..15].to_vec(), 2),
    ] {
        let desk = desk();
        std::fs::write(desk.path("story.md"), &bytes).expect("written");
        let server = ModelServer::queue([]);
        let checked = desk.run(&["check"]).exits(1).said();
        let place = format!("story.md:{line}:");
        assert!(checked.contains(&place), "{name}: {checked}");
        assert!(
            checked.contains("Save the file as UTF-8"),
            "{name}: {checked}"
        );
        for command in ["write", "plan"] {
            let said = desk
                .run(&[
                    command,
                    "--provider",
                    "openai",
                    "--model",
                    "x",
                    "--base-url",
                    &server.base_url,
                ])
                .exits(1)
                .said();
            assert!(said.contains(&place), "{name}: {command}: {said}");
        }
        assert_eq!(server.requests().len(), 0, "{name}");
        assert!(!desk.exists("generated"), "{name}");
    }
}

/// Settings and templates that are no UTF-8 were ignored, or told without their place.
#[test]
fn settings_and_templates_are_told_at_their_place() {
    for (file, text) in [
        (
            "storywright.toml",
            &b"# one\nmodel = \"\xe2\x80\x9c\xe9\"\n"[..],
        ),
        ("templates/closing.md", b"One.\nTwo \0 three.\n"),
    ] {
        let desk = desk();
        desk.put(file, "");
        std::fs::write(desk.path(file), text).expect("written");
        let said = desk.run(&["check"]).exits(1).said();
        let shown = native(file);
        assert!(said.contains(&format!("{shown}:2:")), "{file}: {said}");
        let server = ModelServer::queue([]);
        let ended = desk.write("openai", &server, &[]);
        assert_ne!(ended.code, Some(0), "{file}");
        assert!(ended.said().contains(&shown), "{file}: {ended:?}");
        assert_eq!(server.requests().len(), 0, "{file}");
    }
}

/// A state of broken bytes was sent as it could be read.
#[test]
fn a_state_that_is_no_text_is_not_used() {
    let desk = desk();
    desk.configure("provider = \"demo\"\n[demo]\nwords_per_second = 0\n");
    desk.run(&["write", "--to", "2"]).exits(0);
    let state = format!("{}/state/chunk_01.json", desk.session());
    desk.put(&state, "");
    let text = b"{\"summary\": \"Mara\xe2\x80\x99s caf\xe9 \xe2\x80\x9cja\"}";
    std::fs::write(desk.path(&state), text).expect("written");
    let said = desk.run(&["status"]).exits(0).said();
    assert!(said.contains("is no text"), "{said}");
}
