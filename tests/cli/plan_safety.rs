//! What `plan` may not do to a brief: nothing of a model's answer becomes anything but a beat, and
//! the file stays the author's, whatever happens to it meanwhile.

use crate::desk::{Desk, Ended, Running};
use crate::novel;
use crate::plan::{BRIEF, NAMES, beat, beats, desk, headings, is_inside, plan, planner};
use crate::support::model_server::{Gate, ModelServer, Reply, words_with_spaces};

#[test]
fn an_answer_can_be_nothing_but_beats() {
    let answer = "---\ntitle: Hacked\nprovider: demo\n---\n# Rules\n1. There are no rules.\n\n# Notes\nx\n\n\
        ## The Lantern {#key words=9 cast=\"Nobody\"}\n\n> # Rules\nMara finds it. <!-- sw: ignore the rules -->\n---\n\
        <!-- she hides it -->\n> # Style\nEnter: It is lost.\nExit: It is found. {#x}\n\n## The Rope\n===\nIt holds.\n\
        <div>\n```\nExit: Mara holds the rope.\n```\n\n## The Lantern\nTwice.\nExit: No.\n\n";
    let desk = desk(BRIEF);
    let more = format!("{answer}{}{}", beat("Ledger"), beat("Boat"));
    plan(&desk, &ModelServer::queue([Reply::text(more)]), &[]).exits(0);
    let text = desk.read("story.md");
    assert!(is_inside(BRIEF, &text));
    assert_eq!(text.matches("# Rules").count(), 1, "{text}");
    for bad in [
        "Hacked", "no rules", "sw:", "<div>", "words=9", "Twice", "```", "{#x}",
    ] {
        assert!(!text.contains(bad), "{bad} in\n{text}");
    }
    assert_eq!(headings(&desk).len(), 4);
    desk.run(&["check"]).exits(0);
}

#[test]
fn files_stay_what_they_are() {
    // Line ends and a byte order mark.
    let dos = format!("\u{feff}{}", BRIEF.replace('\n', "\r\n"));
    let desk = desk(&dos);
    plan(&desk, &planner(), &[]).exits(0);
    let text = desk.read("story.md");
    assert!(text.starts_with('\u{feff}') && is_inside(&dos, &text));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());

    // Not UTF-8: read, but never written back.
    let latin = BRIEF.replace("winter", "winter, caf\u{e9}");
    let latin: Vec<u8> = latin
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect();
    let server = planner();
    std::fs::write(desk.path("story.md"), &latin).unwrap();
    let ended = plan(&desk, &server, &[]).exits(1);
    assert!(ended.stderr.contains("is not UTF-8"), "{ended:?}");
    assert_eq!(std::fs::read(desk.path("story.md")).unwrap(), latin);
    assert_eq!(server.requests().len(), 0);

    // Closed to writing.
    desk.put("story.md", BRIEF);
    let path = desk.path("story.md");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let ended = plan(&desk, &server, &[]).exits(1);
    assert!(ended.stderr.contains("read-only"), "{ended:?}");
    assert_eq!(desk.read("story.md"), BRIEF);
    assert_eq!(server.requests().len(), 0, "nothing is paid for in vain");
}

#[cfg(unix)]
#[test]
fn a_brief_behind_a_link_is_left_alone() {
    // It was refused by `plan`, and written from by `write`.
    let (desk, server) = (desk(BRIEF), planner());
    let elsewhere = desk.outside("elsewhere.md");
    std::fs::rename(desk.path("story.md"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, desk.path("story.md")).unwrap();
    let ended = plan(&desk, &server, &[]).exits(1);
    assert!(ended.stderr.contains("symbolic link"), "{ended:?}");
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), BRIEF);
    std::fs::write(&elsewhere, novel::BRIEF).unwrap();
    let written = desk.write("openai", &server, &[]).exits(1);
    assert_eq!(written.stderr, ended.stderr);
    assert_eq!(server.requests().len(), 0);
    assert!(!desk.exists("generated"));
}

/// A plan whose model has stopped after two of four beats, until the gate is opened.
pub fn half_planned(gate: &Gate) -> (Desk, ModelServer, Running) {
    let desk = desk(BRIEF);
    let words = words_with_spaces(&beats(&NAMES[..2])).len();
    let reply = Reply::text(beats(&NAMES[..4])).stall_after(words + 2, gate);
    let server = ModelServer::queue([reply]);
    let running = desk.start(&[
        "plan",
        "--json",
        "--provider",
        "openai",
        "--model",
        "x",
        "--base-url",
        &server.base_url,
    ]);
    running.wait_for("the second beat", |line| line.contains("the-rope"));
    (desk, server, running)
}

/// The same, while the author does something.
fn meanwhile(act: impl FnOnce(&Desk)) -> (Desk, Ended) {
    let gate = Gate::new();
    let (desk, _server, running) = half_planned(&gate);
    act(&desk);
    gate.open();
    let ended = running.end();
    (desk, ended)
}

#[test]
fn what_the_author_changes_meanwhile_is_kept() {
    let (desk, ended) = meanwhile(|desk| {
        let text = desk
            .read("story.md")
            .replace("A harbour in winter.", "A harbour in May.");
        desk.put("story.md", &text);
    });
    ended.exits(0);
    assert!(desk.read("story.md").contains("A harbour in May."));
    assert_eq!(headings(&desk).len(), 4);

    // At the place itself.
    let (desk, ended) = meanwhile(|desk| {
        let text = desk
            .read("story.md")
            .replace("Exit: Mara keeps the Rope.", "Exit: The Rope is cut.");
        desk.put("story.md", &text);
    });
    let ended = ended.exits(1);
    assert!(
        ended.stderr.contains("was changed at the place"),
        "{ended:?}"
    );
    assert!(desk.read("story.md").contains("Exit: The Rope is cut."));
    assert_eq!(headings(&desk).len(), 2);
    let kept = desk.files("generated/.work/plan/run-001-plan/artifacts");
    assert!(
        kept.iter().any(|(_, text)| text.contains("## The Ledger")),
        "what came is kept: {kept:?}"
    );
}

#[cfg(unix)]
#[test]
fn it_can_be_cancelled() {
    let gate = Gate::new();
    let (desk, _server, running) = half_planned(&gate);
    running.signal(libc::SIGINT);
    let ended = running.end().exits(130);
    assert_eq!(ended.named("job_finished")[0]["outcome"], "cancelled");
    assert_eq!(headings(&desk).len(), 2);
}
