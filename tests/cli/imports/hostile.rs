//! Files that were made to do harm, or are damaged: refused in a clear word, and nothing is written.

use super::kinds::{base64, picture};
use super::{files, zipped};
use crate::desk::Desk;

const CONTAINER: &str =
    "<container><rootfiles><rootfile full-path=\"p.opf\"/></rootfiles></container>";

fn package(items: &str, spine: &str) -> String {
    format!(
        "<package><metadata><dc:title>T</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
}

fn epub(page: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let package = package(
        "<item id=\"a\" href=\"a.xhtml\" media-type=\"application/xhtml+xml\"/>",
        "<itemref idref=\"a\"/>",
    );
    let members = [
        ("META-INF/container.xml", CONTAINER),
        ("p.opf", &package),
        ("a.xhtml", page),
    ];
    zipped(&[&members[..], more].concat())
}

/// Changes bytes of a file where they stand.
fn changed(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len().saturating_sub(from.len()))
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn hostile_files_are_refused_and_nothing_is_written() {
    let good = epub(
        "<html><body><h1>A</h1><p>Text of a page.</p></body></html>",
        &[],
    );
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]><html><body><p>&b;</p></body></html>";
    let outside = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><html><body><p>&a;</p></body></html>";
    let deep = "<div>".repeat(100_000);
    let attribute = format!("<p id=\"{}\">x</p>", "x".repeat(1 << 20));
    let many: String = (0..500).map(|number| format!(" a{number}=\"x\"")).collect();
    let many = format!("<p{many}>x</p>");
    let names: Vec<String> = (0..20_001).map(|number| format!("x{number}.css")).collect();
    let many_members: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let bomb = format!("<p>{}</p>", "0".repeat(8 << 20));
    let stored = {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        let package = package(
            "<item id=\"a\" href=\"a.xhtml\" media-type=\"application/xhtml+xml\"/>",
            "<itemref idref=\"a\"/>",
        );
        for (name, text) in [
            ("META-INF/container.xml", CONTAINER),
            ("p.opf", &package),
            ("a.xhtml", "<p>Text of a page.</p>"),
        ] {
            zip.start_file(name, options).expect("an entry");
            std::io::Write::write_all(&mut zip, text.as_bytes()).expect("written");
        }
        zip.finish().expect("a ZIP").into_inner()
    };
    let link = {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("META-INF/container.xml", options)
            .expect("an entry");
        zip.add_symlink("a.xhtml", "/etc/passwd", options)
            .expect("a link");
        zip.finish().expect("a ZIP").into_inner()
    };
    let ciphers = "<encryption><CipherReference URI=\"a.xhtml\"/></encryption>";
    let json = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut short = picture(
        "chara",
        &base64(b"{\"name\": \"x\", \"description\": \"y\"}"),
    );
    short[8..12].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
    let mut wrong = picture(
        "chara",
        &base64(b"{\"name\": \"x\", \"description\": \"y\"}"),
    );
    wrong[20] ^= 1;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("bomb.epub", epub(&bomb, &[]), "times its size"),
        ("many.epub", epub("<p>x</p>", &many_members), "files"),
        (
            "dots.epub",
            epub("<p>x</p>", &[("../../evil.xhtml", "x")]),
            "leads out",
        ),
        (
            "root.epub",
            epub("<p>x</p>", &[("/etc/evil.xhtml", "x")]),
            "leads out",
        ),
        (
            "drive.epub",
            epub("<p>x</p>", &[("C:evil.xhtml", "x")]),
            "colon",
        ),
        ("link.epub", link, "link"),
        ("laughs.epub", epub(entities, &[]), "entities"),
        ("entity.epub", epub(outside, &[]), "entities"),
        (
            "cut.epub",
            good[..good.len() / 2].to_vec(),
            "can't be read as an archive",
        ),
        (
            "sum.epub",
            changed(&stored, b"Text of a page.", b"Next"),
            "can't be read as an archive",
        ),
        ("zero.epub", changed(&good, b"a.xhtml", b"a\0html"), ""),
        ("deep.epub", epub(&deep, &[]), "nested"),
        ("attribute.epub", epub(&attribute, &[]), "tag"),
        ("attributes.epub", epub(&many, &[]), "attributes"),
        (
            "locked.epub",
            epub("<p>x</p>", &[("META-INF/encryption.xml", ciphers)]),
            "encrypted",
        ),
        (
            "none.epub",
            zipped(&[("META-INF/container.xml", "<container/>")]),
            "no package",
        ),
        (
            "spine.epub",
            zipped(&[
                ("META-INF/container.xml", CONTAINER),
                ("p.opf", &package("", "<itemref idref=\"a\"/>")),
            ]),
            "no page",
        ),
        (
            "text.epub",
            b"this is no archive".to_vec(),
            "does not begin as one",
        ),
        (
            "bytes.md",
            b"# One\n\nText \0\xff\xfe\x80 more".to_vec(),
            "no text",
        ),
        ("binary", (0..=255).cycle().take(4096).collect(), ""),
        ("deep.json", json.into_bytes(), "JSON"),
        (
            "other.json",
            b"{\"a\": 1}".to_vec(),
            "neither a character card",
        ),
        ("length.png", short, "longer than the file"),
        ("sum.png", wrong, "checksum"),
        ("junk.png", picture("chara", "@@@@"), "base64"),
        ("none.png", picture("comment", "x"), "no character card"),
        (
            "groups.rtf",
            format!("{{\\rtf1 {}", "{".repeat(100_000)).into_bytes(),
            "nested",
        ),
        ("empty.md", b"\n\n".to_vec(), "no prose"),
        ("nothing", Vec::new(), ""),
    ];
    for (name, bytes, word) in cases {
        let desk = Desk::new();
        std::fs::write(desk.path(name), bytes).expect("written");
        let before = files(&desk.folder());
        let ended = desk.run(&["import", name]);
        let told = ended.stderr.clone();
        assert!(matches!(ended.code, Some(1 | 2)), "{name}: {told}");
        assert!(told.contains(word), "{name}: {told}");
        assert!(!told.contains("panicked"), "{name}: {told}");
        assert_eq!(files(&desk.folder()), before, "{name}");
    }
}

#[test]
fn a_spine_that_comes_back_to_a_page_reads_it_once() {
    let desk = Desk::new();
    let spine = "<itemref idref=\"a\"/>".repeat(1000);
    let package = package(
        "<item id=\"a\" href=\"a.xhtml\" media-type=\"application/xhtml+xml\"/>",
        &spine,
    );
    let page = "<html><body><h1>A</h1><p>Text.</p></body></html>";
    let bytes = zipped(&[
        ("META-INF/container.xml", CONTAINER),
        ("p.opf", &package),
        ("a.xhtml", page),
    ]);
    std::fs::write(desk.path("round.epub"), bytes).expect("written");
    let report = super::imported(&desk, "round.epub", &["--dry-run"]);
    assert_eq!(
        (&report["beats"], &report["words"]),
        (&1.into(), &1.into()),
        "{report}"
    );
}

#[cfg(unix)]
#[test]
fn pipes_and_links_of_a_folder_are_left_out() {
    let desk = Desk::new();
    desk.put("parts/1.md", "First.\n");
    std::fs::write(desk.outside("secret.md"), "Secret.").expect("written");
    std::os::unix::fs::symlink(desk.outside("secret.md"), desk.path("parts/2.md")).expect("a link");
    let made = std::process::Command::new("mkfifo")
        .arg(desk.path("parts/3.md"))
        .status();
    assert!(made.is_ok_and(|it| it.success()), "a pipe");
    let ended = desk.run(&["import", "parts"]).exits(0);
    let told = ended.stderr.clone();
    assert!(
        told.contains("2.md is a link") && told.contains("3.md is a named pipe"),
        "{told}"
    );
    let all = files(&desk.path("generated"));
    assert!(
        !all.values()
            .any(|bytes| String::from_utf8_lossy(bytes).contains("Secret"))
    );
    for name in ["parts/3.md", "parts/4.md"] {
        assert!(
            matches!(desk.run(&["import", name]).code, Some(1 | 2)),
            "{name}"
        );
    }
}
