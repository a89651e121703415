//! Each kind of source, as the program that makes it writes it.

use super::{imported, zipped};
use crate::desk::Desk;

fn brief(desk: &Desk) -> String {
    std::fs::read_to_string(desk.path("story.md")).expect("a brief")
}

fn chunk(desk: &Desk, number: u32) -> String {
    let session = std::fs::read_dir(desk.path("generated"))
        .expect("generated")
        .flatten();
    let session = session
        .map(|it| it.path())
        .find(|it| it.join("chunks").is_dir())
        .expect("a session");
    std::fs::read_to_string(session.join(format!("chunks/chunk_{number:02}.md"))).expect("a chunk")
}

#[test]
fn a_longform_index_says_the_order() {
    let desk = Desk::new();
    desk.put("vault/Index.md", "---\nlongform:\n  format: scenes\n  title: The Tide\n  sceneFolder: scenes\n  scenes:\n    - Arrival\n    - - The Quay\n      - The Inn\n    - Morning\n---\n");
    desk.put("vault/scenes/Arrival.md", "");
    desk.put("vault/scenes/The Quay.md", "Mara came by boat.\n");
    desk.put(
        "vault/scenes/The Inn.md",
        "---\ntags: x\n---\nThe inn was full.\n",
    );
    desk.put("vault/scenes/Morning.md", "It rained.\n");
    let report = imported(&desk, "vault/Index.md", &[]);
    assert_eq!(
        (&report["kind"], &report["chapters"], &report["beats"]),
        (&"longform".into(), &2.into(), &3.into()),
        "{report}"
    );
    let brief = brief(&desk);
    assert!(
        brief.contains("## Arrival\n") && brief.contains("### The Quay {#the-quay"),
        "{brief}"
    );
    assert!(chunk(&desk, 2).contains("The inn was full.") && !chunk(&desk, 2).contains("tags"));
}

#[test]
fn a_scrivener_project_gives_draft_and_characters() {
    let desk = Desk::new();
    let item = |id: &str, kind: &str, title: &str, below: &str| {
        format!(
            "<BinderItem UUID=\"{id}\" Type=\"{kind}\"><Title>{title}</Title><Children>{below}</Children></BinderItem>"
        )
    };
    let scenes = item("A1", "Text", "The Quay", "") + &item("A2", "Text", "The Inn", "");
    let draft = item(
        "D",
        "DraftFolder",
        "Draft",
        &item("C1", "Folder", "Arrival", &scenes),
    );
    let people = item(
        "P",
        "Folder",
        "Characters",
        &item("P1", "Text", "Mara Voss", ""),
    );
    let trash = item("T", "TrashFolder", "Trash", &item("T1", "Text", "Old", ""));
    desk.put("novel.scriv/novel.scrivx", &format!("<?xml version=\"1.0\"?><ScrivenerProject><Binder>{draft}{people}{trash}</Binder></ScrivenerProject>"));
    let rtf = |text: &str| format!("{{\\rtf1\\ansi{{\\fonttbl\\f0 Times;}}\\f0 {text}\\par}}");
    desk.put(
        "novel.scriv/Files/Data/A1/content.rtf",
        &rtf("Mara {\\i came} by boat \\'97 at last.\\par\\par Nobody waited."),
    );
    desk.put("novel.scriv/Files/Data/A1/synopsis.txt", "Mara arrives.");
    desk.put(
        "novel.scriv/Files/Data/A2/content.rtf",
        &rtf("The inn was full, \\u8220?said she.\\u8221?"),
    );
    desk.put("novel.scriv/Files/Data/P1/content.rtf", &rtf("The keeper."));
    desk.put(
        "novel.scriv/Files/Data/T1/content.rtf",
        &rtf("Thrown away."),
    );
    let report = imported(&desk, "novel.scriv", &[]);
    assert_eq!(
        (&report["kind"], &report["beats"], &report["people"]),
        (&"scrivener".into(), &2.into(), &1.into()),
        "{report}"
    );
    let brief = brief(&desk);
    assert!(
        brief.contains("## Mara Voss\n\nThe keeper.") && brief.contains("Mara arrives."),
        "{brief}"
    );
    assert!(!brief.contains("Thrown away"), "{brief}");
    assert!(
        chunk(&desk, 1).contains("Mara *came* by boat — at last.\n\nNobody waited."),
        "{}",
        chunk(&desk, 1)
    );
    assert!(
        chunk(&desk, 2).contains("“said she.”"),
        "{}",
        chunk(&desk, 2)
    );
}

#[test]
fn a_novelwriter_project_is_read_in_both_layouts() {
    let tree = "<?xml version='1.0'?><novelWriterXML><project><name>The Tide</name><author>Ana Dias</author></project><settings><language>en_GB</language></settings><content>\
        <item handle=\"n0\" root=\"n0\" type=\"ROOT\" class=\"NOVEL\"><name>Novel</name></item>\
        <item handle=\"a1\" parent=\"n0\" root=\"n0\" type=\"FILE\" class=\"NOVEL\" layout=\"DOCUMENT\"><name active=\"yes\">One</name></item>\
        <item handle=\"a2\" parent=\"n0\" root=\"n0\" type=\"FILE\" class=\"NOVEL\" layout=\"DOCUMENT\"><name active=\"no\">Left out</name></item>\
        <item handle=\"c0\" root=\"c0\" type=\"ROOT\" class=\"CHARACTER\"><name>Characters</name></item>\
        <item handle=\"c1\" parent=\"c0\" root=\"c0\" type=\"FILE\" class=\"CHARACTER\" layout=\"NOTE\"><name active=\"yes\">Mara</name></item>\
        </content></novelWriterXML>";
    let story = "#! The Tide\n\n>> By Ana <<\n\n## Arrival\n\n### The Quay\n\n@pov: Mara\n\n%Synopsis: Mara arrives.\n\n>> Mara _came_ by boat. <<\n\n% mine alone\n\n### The Inn\n\nThe inn was full.\n";
    let person = "# Mara Voss\n\n@tag: Mara | Mara Voss\n\nThe keeper.\n";
    for (end, head) in [
        ("nwd", "%%~name: x\n%%~path: n0/a1\n"),
        ("md", "+++\nname = \"x\"\n+++\n"),
    ] {
        let desk = Desk::new();
        desk.put("project/nwProject.nwx", tree);
        desk.put(
            &format!("project/content/a1.{end}"),
            &format!("{head}{story}"),
        );
        desk.put(
            &format!("project/content/a2.{end}"),
            &format!("{head}## Left out\n\nNothing.\n"),
        );
        desk.put(
            &format!("project/content/c1.{end}"),
            &format!("{head}{person}"),
        );
        let report = imported(&desk, "project", &[]);
        assert_eq!(
            (
                &report["kind"],
                &report["chapters"],
                &report["beats"],
                &report["people"]
            ),
            (&"novelwriter".into(), &1.into(), &2.into(), &1.into()),
            "{report}"
        );
        let brief = brief(&desk);
        assert!(
            brief.contains("## Mara Voss\naka: Mara\n\nThe keeper."),
            "{brief}"
        );
        assert!(
            brief.contains("### The Quay {#the-quay words=50 cast=\"Mara\"}\nMara arrives."),
            "{brief}"
        );
        let text = chunk(&desk, 1);
        assert!(
            text.contains("Mara _came_ by boat.\n\n<!-- mine alone -->") && !text.contains('@'),
            "{text}"
        );
    }
}

#[test]
fn cards_and_lorebooks_are_cast_and_background() {
    let lore = r#"{"name": "Isle", "entries": [{"keys": ["lamp", "beacon"], "content": "It may not go out.", "enabled": true, "name": "The Lamp", "insertion_order": 1},
        {"keys": ["x"], "content": "Off.", "enabled": false}]}"#;
    let fields = r#""name": "Mara", "description": "{{char}} keeps the lamp.", "personality": "stern", "scenario": "An island.", "first_mes": "Hello.", "mes_example": """#;
    let v1 = format!("{{{fields}}}");
    let v2 = format!(
        "{{\"spec\": \"chara_card_v2\", \"spec_version\": \"2.0\", \"data\": {{{fields}, \"character_book\": {lore}}}}}"
    );
    let v3 = format!(
        "{{\"spec\": \"chara_card_v3\", \"spec_version\": \"3.0\", \"data\": {{{fields}, \"nickname\": \"the keeper\", \"character_book\": {lore}}}}}"
    );
    for (name, card, parts) in [
        ("one.json", v1, 1),
        ("two.json", v2, 2),
        ("three.json", v3.clone(), 2),
    ] {
        let desk = Desk::new();
        desk.put(name, &card);
        let report = imported(&desk, name, &[]);
        assert_eq!(
            (
                &report["kind"],
                &report["people"],
                &report["background"],
                &report["beats"]
            ),
            (&"card".into(), &1.into(), &parts.into(), &0.into()),
            "{name}: {report}"
        );
        let brief = brief(&desk);
        assert!(
            brief.contains("Mara keeps the lamp.\n\nPersonality: stern"),
            "{brief}"
        );
        assert!(
            brief.contains("# Notes\n\n## First message (Mara)\n\nHello."),
            "{brief}"
        );
        assert!(
            !desk.path("generated").exists(),
            "there is nothing to be a draft of"
        );
        let again = imported(&desk, name, &[]);
        assert_eq!(again["brief_written"], false, "{again}");
    }
    let desk = Desk::new();
    std::fs::write(
        desk.path("mara.png"),
        picture("ccv3", &base64(v3.as_bytes())),
    )
    .expect("written");
    let report = imported(&desk, "mara.png", &[]);
    assert_eq!(
        (&report["people"], &report["background"]),
        (&1.into(), &2.into()),
        "{report}"
    );
    let text = brief(&desk);
    assert!(
        text.contains("## Mara\naka: the keeper\n")
            && text.contains("# The Lamp\n\naka: lamp, beacon\nIt may not go out."),
        "{text}"
    );
    let desk = Desk::new();
    let world = r#"{"entries": {"0": {"uid": 0, "key": ["storm"], "keysecondary": [], "comment": "", "content": "It comes in autumn.", "disable": false}}}"#;
    desk.put("world.json", world);
    let report = imported(&desk, "world.json", &[]);
    assert_eq!(
        (&report["title"], &report["background"]),
        (&"world".into(), &1.into()),
        "{report}"
    );
    assert!(
        brief(&desk).contains("# storm\n\nIt comes in autumn."),
        "{}",
        brief(&desk)
    );
}

#[test]
fn plain_text_and_folders_have_chapters() {
    let desk = Desk::new();
    desk.put("novel.txt", "CHAPTER I\n\nMara climbed\nthe stair.\n\n* * *\n\nThe lamp was out.\n\nCHAPTER II\n\n1865. A year of storms.\n");
    let report = imported(&desk, "novel.txt", &[]);
    assert_eq!(
        (&report["chapters"], &report["beats"]),
        (&2.into(), &3.into()),
        "{report}"
    );
    assert!(
        chunk(&desk, 3).contains("1865\\. A year of storms."),
        "{}",
        chunk(&desk, 3)
    );
    let desk = Desk::new();
    desk.put("parts/10 - Ten.md", "Last.\n");
    desk.put("parts/2 - Two.md", "Second.\n");
    desk.put("parts/1 - One.md", "First.\n\n***\n\nAnd more.\n");
    let report = imported(&desk, "parts", &[]);
    assert_eq!(
        (&report["chapters"], &report["beats"]),
        (&3.into(), &4.into()),
        "{report}"
    );
    assert!(chunk(&desk, 3).contains("Second.") && chunk(&desk, 4).contains("Last."));
}

#[test]
fn a_foreign_epub_and_docx_keep_marks_and_notes() {
    let desk = Desk::new();
    let page = "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.1//EN\" \"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd\"><html><body><h2>The Quay</h2><p>Mara <i>came</i> by boat.<a href=\"#n1\" epub:type=\"noteref\">1</a></p><p>* * *</p><p>Night&nbsp;fell.</p><aside id=\"n1\" epub:type=\"footnote\"><p>A small one.</p></aside></body></html>";
    let package = "<package><metadata><dc:title>The Tide</dc:title><dc:language>en</dc:language></metadata><manifest><item id=\"a\" href=\"a.xhtml\" media-type=\"application/xhtml+xml\"/></manifest><spine><itemref idref=\"a\"/></spine></package>";
    let container =
        "<container><rootfiles><rootfile full-path=\"O/p.opf\"/></rootfiles></container>";
    let epub = zipped(&[
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", container),
        ("O/p.opf", package),
        ("O/a.xhtml", page),
    ]);
    std::fs::write(desk.path("tide.epub"), epub).expect("written");
    let report = imported(&desk, "tide.epub", &[]);
    assert_eq!(
        (&report["title"], &report["chapters"], &report["beats"]),
        (&"The Tide".into(), &1.into(), &2.into()),
        "{report}"
    );
    let text = chunk(&desk, 1);
    assert!(
        text.contains("Mara *came* by boat.[^n1p1]\n\n[^n1p1]: A small one."),
        "{text}"
    );
    let desk = Desk::new();
    let document = "<w:document><w:body><w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>The Quay</w:t></w:r></w:p><w:p><w:r><w:t>Mara </w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t>came</w:t></w:r><w:r><w:t> by *boat*.</w:t></w:r><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:p><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr><w:r><w:t>#</w:t></w:r></w:p><w:p><w:r><w:t>Night fell.</w:t></w:r></w:p></w:body></w:document>";
    std::fs::write(
        desk.path("tide.docx"),
        zipped(&[
            ("[Content_Types].xml", "<Types/>"),
            ("word/document.xml", document),
        ]),
    )
    .expect("written");
    let report = imported(&desk, "tide.docx", &[]);
    assert_eq!(
        (&report["kind"], &report["chapters"], &report["beats"]),
        (&"docx".into(), &1.into(), &2.into()),
        "{report}"
    );
    assert!(
        chunk(&desk, 1).contains("Mara *came* by \\*boat\\*.") && !chunk(&desk, 1).contains("Gone"),
        "{}",
        chunk(&desk, 1)
    );
}

/// A PNG with one text.
pub(super) fn picture(keyword: &str, text: &str) -> Vec<u8> {
    let mut data = keyword.as_bytes().to_vec();
    data.push(0);
    data.extend(text.as_bytes());
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"tEXt", data.as_slice()), (b"IEND", &[])] {
        picture.extend((data.len() as u32).to_be_bytes());
        let covered = [kind.as_slice(), data].concat();
        picture.extend(&covered);
        let sum = covered.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
            })
        });
        picture.extend((!sum).to_be_bytes());
    }
    picture
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0_u32, |all, at| {
            (all << 8) | u32::from(group.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * at)) as usize & 63];
            out.push(if at > group.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    out
}
