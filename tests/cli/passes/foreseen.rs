//! What a dry run of a job that writes no chunks tells; nothing is sent, nothing changes.

use serde_json::json;

use super::*;

#[test]
fn a_dry_run_tells_what_a_pass_would_ask() {
    let desk = written();
    let server = server(auditor);
    let dry = |command: &str, more: &[&str]| {
        let (files, asked) = (desk.files("."), server.completions().len());
        let ended = run(
            &desk,
            &server,
            command,
            &[&["--dry-run", "--json"], more].concat(),
        );
        assert_eq!(server.completions().len(), asked, "{command} asked nothing");
        assert_eq!(desk.files("."), files, "{command} changed nothing");
        ended
    };
    let seen = |command: &str, more: &[&str]| dry(command, more).exits(0).json();

    let refine = seen("refine", &["--chunk", "2"]);
    assert_eq!(refine["work"], "refine");
    assert_eq!(
        (&refine["chunks"], &refine["calls"]),
        (&json!([2]), &json!(1))
    );
    for tokens in ["input_tokens", "output_tokens"] {
        assert!(refine[tokens].as_u64() > Some(0), "{refine}");
    }
    assert_eq!(refine["cost"], json!(null));
    dry("refine", &["--chunk", "9"]).exits(2);

    let audit = seen("audit", &[]);
    assert_eq!(
        (&audit["chunks"], &audit["calls"]),
        (&json!([1, 2, 3, 4]), &json!(4))
    );
    run(&desk, &server, "audit", &[]).exits(0);
    let known = seen("audit", &[]);
    assert_eq!((&known["chunks"], &known["calls"]), (&json!([]), &json!(0)));
    assert_eq!(seen("audit", &["--chunk", "3"])["chunks"], json!([3]));

    assert_eq!(seen("state", &[])["chunks"], json!([]));
    let again = seen("state", &["--rebuild"]);
    assert_eq!(
        (&again["work"], &again["calls"]),
        (&json!("read"), &json!(4))
    );
}

#[test]
fn a_dry_run_tells_what_a_plan_would_ask() {
    let (before, _) = BRIEF.split_once("# Outline").expect("an outline");
    let desk = Desk::with(before);
    let server = server(auditor);
    let files = desk.files(".");
    let plan = |more: &[&str]| {
        let beats = [&["--beats", "15", "--dry-run"], more].concat();
        run(&desk, &server, "plan", &beats).exits(0)
    };
    let seen = plan(&["--json"]).json();
    assert_eq!(
        (&seen["work"], &seen["beats"]),
        (&json!("plan"), &json!(15))
    );
    assert_eq!(seen["calls"], 2, "twelve in one, three in another");
    let said = plan(&[]).stdout;
    assert!(
        said.contains("would plan 15 beats (2 calls, about "),
        "{said}"
    );
    assert!(
        said.ends_with("nothing was sent, and nothing changed\n"),
        "{said}"
    );
    assert!(server.completions().is_empty());
    assert_eq!(desk.files("."), files);
}
