//! One planner at a time, and nobody writes from an outline that is being planned.

use crate::plan::{BRIEF, desk, headings, plan, planner};
use crate::plan_safety::half_planned;
use crate::support::model_server::{Gate, ModelServer, Reply};

/// Two plans on one brief both planned, and both were paid for: 22 beats for 11.
#[test]
fn a_second_plan_is_refused_before_anything_is_sent() {
    let gate = Gate::new();
    let (desk, _first, running) = half_planned(&gate);
    let second = planner();
    let ended = plan(&desk, &second, &[]).exits(1);
    assert!(
        ended
            .stderr
            .contains("is being planned by storywright in a shell"),
        "{ended:?}"
    );
    assert_eq!(second.completions().len(), 0);
    gate.open();
    running.end().exits(0);
    assert_eq!(headings(&desk).len(), 4);
    // The lock went with its process.
    plan(&desk, &second, &[]).exits(0);
    assert_eq!(headings(&desk).len(), 4, "nothing was missing any more");
}

/// A story was written from an outline that another process was planning.
#[test]
fn a_job_that_writes_is_refused_beside_a_plan() {
    let gate = Gate::new();
    let (desk, _planner, running) = half_planned(&gate);
    let before = desk.files("generated");
    for command in [
        &["write"][..],
        &["write", "--chunk", "1"],
        &["rewrite", "--chunk", "1"],
    ] {
        let server = ModelServer::queue([]);
        let mut arguments = command.to_vec();
        arguments.extend(["--provider", "openai", "--model", "x"]);
        arguments.extend(["--base-url", &server.base_url]);
        let ended = desk.run(&arguments).exits(1);
        assert!(
            ended
                .stderr
                .contains("is being planned by storywright in a shell"),
            "{command:?}: {ended:?}"
        );
        assert_eq!(server.completions().len(), 0, "{command:?}");
    }
    assert_eq!(desk.files("generated"), before);
    gate.open();
    running.end().exits(0);
}

/// The lock of a plan that was killed held nobody up.
#[cfg(unix)]
#[test]
fn the_lock_dies_with_its_process() {
    let gate = Gate::new();
    let (desk, _server, running) = half_planned(&gate);
    running.signal(libc::SIGKILL);
    assert_eq!(running.end().code, None);
    plan(&desk, &planner(), &[]).exits(0);
    assert_eq!(headings(&desk).len(), 4);
}

/// A plan changed the outline under a job of another process that wrote from it.
#[test]
fn a_plan_is_refused_beside_a_job_that_writes() {
    let desk = desk(BRIEF);
    plan(&desk, &planner(), &["--beats", "2"]).exits(0);
    let gate = Gate::new();
    let writer =
        ModelServer::queue([Reply::text("One two three four five.").stall_after(2, &gate)]);
    let running = desk.start_write("openai", &writer, &["--json", "--chunk", "1"]);
    running.wait_for_event("chunk_started");
    let second = planner();
    let ended = plan(&desk, &second, &[]).exits(1);
    assert!(
        ended
            .stderr
            .contains("is being written by storywright in a shell"),
        "{ended:?}"
    );
    assert_eq!(second.completions().len(), 0);
    gate.open();
    running.end();
}
