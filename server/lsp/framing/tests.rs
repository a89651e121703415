use proptest::prelude::*;

use super::*;

/// A frame, to be compared with ease.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Body(String),
    Refused(Refusal),
}

use Refusal::{BadLength, Garbage, NoLength, TooLong};

fn body(text: &str) -> Seen {
    Seen::Body(text.to_owned())
}

fn take(framing: &mut Framing, seen: &mut Vec<Seen>) {
    while let Some(frame) = framing.next_frame() {
        seen.push(match frame {
            Frame::Body(body) => Seen::Body(String::from_utf8_lossy(&body).into_owned()),
            Frame::Refused(refusal) => Seen::Refused(refusal),
        });
    }
}

/// Returns the frames of bytes that come in pieces.
fn frames<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut framing = Framing::default();
    let mut seen = Vec::new();
    for piece in pieces {
        framing.push(piece);
        take(&mut framing, &mut seen);
    }
    seen
}

fn framed(body: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn heads_are_read_generously_and_what_is_none_is_refused_once() {
    let next = framed("[9]");
    for (text, expected) in [
        ("Content-Length: 2\r\n\r\n{}", vec![body("{}")]),
        ("content-length:2\n\n{}", vec![body("{}")]),
        ("CONTENT-LENGTH :  2 \r\n\r\n{}", vec![body("{}")]),
        ("\u{feff}Content-Length: 2\r\n\r\n{}", vec![body("{}")]),
        (
            "\r\n\nContent-Length: 2\r\n\r\n{}\r\n\r\n",
            vec![body("{}")],
        ),
        (
            "Content-Type: application/vscode-jsonrpc; charset=utf-16\r\nX-Content-Length: 7\r\n\
             Content-Length: 2\r\nX-After: Content-Length: 9\r\n\r\n{}",
            vec![body("{}")],
        ),
        (
            "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
            vec![body("{}")],
        ),
        ("Content-Length: 0\r\n\r\n", vec![body("")]),
        // No message at all.
        ("nonsense\n", vec![Seen::Refused(Garbage)]),
        ("nonsense\r\n\r\n{}", vec![Seen::Refused(NoLength)]),
        ("\u{0}\u{1}\u{2}", vec![Seen::Refused(Garbage)]),
        ("Content-Type: x\r\n\r\n{}", vec![Seen::Refused(NoLength)]),
        (
            "Content-Length: -5\r\n\r\n{}",
            vec![Seen::Refused(BadLength)],
        ),
        (
            "Content-Length: +2\r\n\r\n{}",
            vec![Seen::Refused(BadLength)],
        ),
        ("Content-Length:\r\n\r\n{}", vec![Seen::Refused(BadLength)]),
        (
            "Content-Length: 2, 2\r\n\r\n{}",
            vec![Seen::Refused(BadLength)],
        ),
        (
            "Content-Length: 0x2\r\n\r\n{}",
            vec![Seen::Refused(BadLength)],
        ),
        (
            "Content-Length: 300000000\r\n\r\n{}",
            vec![Seen::Refused(TooLong)],
        ),
        (
            "Content-Length: 99999999999999999999999\r\n\r\n{}",
            vec![Seen::Refused(TooLong)],
        ),
        // A length that lies.
        ("Content-Length: 1000\r\n\r\n{}", vec![body("{}")]),
        (
            "Content-Length: 1\r\n\r\n{}",
            vec![body("{"), Seen::Refused(Garbage)],
        ),
        (
            "Content-Length: 1\r\n\r\n{\"a\": 1}",
            vec![body("{"), Seen::Refused(Garbage)],
        ),
        // Text about headers is none.
        (
            "Content-Length: 23\r\n\r\n\"Content-Length: 5\\r\\n\"",
            vec![body("\"Content-Length: 5\\r\\n\"")],
        ),
    ] {
        let bytes = format!("{text}{next}");
        let mut expected = expected;
        expected.push(body("[9]"));
        assert_eq!(frames([bytes.as_bytes()]), expected, "{bytes:?}");
        for cut in 0..bytes.len() {
            let (first, second) = bytes.as_bytes().split_at(cut);
            assert_eq!(frames([first, second]), expected, "{bytes:?} cut at {cut}");
        }
        assert_eq!(frames(bytes.as_bytes().chunks(1)), expected, "{bytes:?}");
    }
}

#[test]
fn garbage_runs_into_a_header() {
    for garbage in ["nonsense", "{\"a\": \"", "7}", "a:b: ", "é"] {
        let bytes = format!("{garbage}{}{}", framed("{}"), framed("[]"));
        let expected = [Seen::Refused(Garbage), body("{}"), body("[]")];
        assert_eq!(frames([bytes.as_bytes()]), expected, "{bytes:?}");
    }
}

#[test]
fn what_is_too_long_is_not_kept() {
    for (head, length) in [
        ("", 1 << 20),
        ("Content-Length: 1000000000\r\n\r\n", 1 << 24),
    ] {
        let mut framing = Framing::default();
        let mut seen = Vec::new();
        framing.push(head.as_bytes());
        for _ in 0..length >> 16 {
            framing.push(&[b'x'; 1 << 16]);
            take(&mut framing, &mut seen);
            assert!(
                framing.buffer.len() <= LONGEST_LINE,
                "{}",
                framing.buffer.len()
            );
        }
        framing.push(framed("{}").as_bytes());
        take(&mut framing, &mut seen);
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!(seen[1], body("{}"));
    }
    // What was announced is passed over to its end, if it comes.
    let mut framing = Framing::default();
    let mut seen = Vec::new();
    framing.part = Part::Skipped { left: 3_000_000 };
    for _ in 0..3 {
        framing.push(&vec![b'\n'; 1_000_000]);
        take(&mut framing, &mut seen);
    }
    framing.push(framed("{}").as_bytes());
    take(&mut framing, &mut seen);
    assert_eq!(seen, [body("{}")]);
}

/// Bytes of which a stream may be made.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "Content-Length: ",
            "content-length:5\n\n",
            "\r\n",
            "\r\n\r\n",
            "\n",
            "7",
            ":",
            "{}",
            "\u{feff}",
            "Content-Length: 300000000\r\n\r\n",
            "Content-Length: x\r\n\r\n",
            "Content-Length: 400\r\n\r\n",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        "[ -~]{0,60}".prop_map(|text| framed(&text).into_bytes()),
        (8_100_usize..8_300, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
    ]
}

proptest! {
    #[test]
    fn frames_are_the_same_wherever_the_bytes_are_cut(
        pieces in prop::collection::vec(piece(), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = pieces.concat();
        let whole = frames([bytes.as_slice()]);
        prop_assert_eq!(&frames(bytes.chunks(1)), &whole);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(bytes.len());
        let mut start = 0;
        let parts = cuts.into_iter().map(|end| {
            let part = &bytes[start..end];
            start = end;
            part
        });
        prop_assert_eq!(frames(parts), whole);
    }

    #[test]
    fn after_anything_whole_messages_are_heard(garbage in prop::collection::vec(piece(), 0..8)) {
        let bytes = garbage.concat();
        let mut framing = Framing::default();
        let mut seen = Vec::new();
        framing.push(&bytes);
        take(&mut framing, &mut seen);
        // A length that lies may take the beginning of one message; never that of the next.
        for _ in 0..2 {
            framing.push(framed("[9]").as_bytes());
            take(&mut framing, &mut seen);
        }
        framing.push(framed("[9]").as_bytes());
        let mut last = Vec::new();
        take(&mut framing, &mut last);
        prop_assert_eq!(last, vec![body("[9]")]);
    }
}

/// Valid messages, cut, joined and changed anywhere, a minute of them or `STORYWRIGHT_FUZZ_SECONDS`.
#[test]
#[ignore = "takes minutes: cargo test --lib framing::tests::nothing_panics -- --ignored --nocapture"]
fn nothing_panics_or_depends_on_cuts() {
    let seconds = std::env::var("STORYWRIGHT_FUZZ_SECONDS").ok();
    let seconds = seconds.map_or(60, |seconds| seconds.parse().unwrap());
    let end = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    let mut seed = 0;
    while std::time::Instant::now() < end {
        seed += 1;
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes = mutated(&mut random);
        let whole = frames([bytes.as_slice()]);
        let cut = random.usize(..=bytes.len());
        let (first, second) = bytes.split_at(cut);
        assert_eq!(frames([first, second]), whole, "seed {seed}");
        let mut framing = Framing::default();
        framing.push(&bytes);
        while let Some(frame) = framing.next_frame() {
            if let Frame::Body(body) = frame {
                // Whatever it says, it says it without a panic.
                let _ = super::super::message::read(&body);
            }
        }
    }
    eprintln!("{seed} streams");
}

fn mutated(random: &mut fastrand::Rng) -> Vec<u8> {
    const BODIES: [&str; 8] = [
        r#"{"jsonrpc":"2.0","id":3.0,"method":"textDocument/codeAction","params":{"a":"\ud83d\ude00\ud83d"}}"#,
        r#"{"jsonrpc":"2.0","method":"exit","params":["\\ud83d\\\udc00","é😀"]}"#,
        r#"{"jsonrpc":"2.0","id":"x","result":{"applied":true}}"#,
        r#"{"jsonrpc":"2.0","id":-1,"error":{"code":1e999,"message":"Content-Length: 5"}}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"x"},null]"#,
        "\u{feff}{}\r\n",
        "null",
        "",
    ];
    let mut bytes = Vec::new();
    for _ in 0..random.usize(1..6) {
        let body = BODIES[random.usize(..BODIES.len())];
        let length = body.len() as u64 + [0, 0, 0, 0, 1, 20, 1 << 40][random.usize(..7)];
        let (name, end) =
            [("Content-Length: ", "\r\n"), ("content-length:", "\n")][random.usize(..2)];
        bytes.extend(format!("{name}{length}{end}{end}{body}").into_bytes());
    }
    for _ in 0..random.usize(..5) {
        let at = random.usize(..bytes.len());
        match random.u8(..4) {
            0 => bytes[at] = random.u8(..),
            1 => drop(bytes.drain(at..(at + random.usize(..30)).min(bytes.len()))),
            2 => drop(bytes.splice(at..at, (0..random.usize(..30)).map(|_| random.u8(..)))),
            _ => bytes.extend_from_within(at..),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}
