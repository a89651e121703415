//! Named pipes in the place of files that the server reads.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Workspace, uri};

fn make_pipe(path: &Path) {
    let name = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("no zero in it");
    // SAFETY: the name is a string that ends with a zero and lives as long as the call.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0, "{path:?}");
}

/// Whoever read the settings or a chunk waited for ever, and with them the end of the server.
#[test]
fn a_named_pipe_holds_no_request_and_no_job() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let brief = uri(&story.brief());
    let job = editor.start_job("writeChunk", json!([brief, 1]));
    editor.wait_for_end(&job);

    let settings = story.root().join("storywright.toml");
    make_pipe(&settings);
    let refused = editor.command("write", json!([brief])).unwrap_err();
    assert!(
        refused.contains("it is a named pipe, not a file"),
        "{refused}"
    );
    std::fs::remove_file(&settings).expect("removed");

    make_pipe(&story.chunk(2));
    let status = editor.command("showStatus", json!([brief]));
    assert!(status.is_ok(), "{status:?}");
    editor.start_job("write", json!([brief]));
    let (kind, said) = editor.wait_for_message("chunk_02.md is a named pipe");
    assert_eq!(kind, 1, "{said}");
    assert_eq!(editor.quit(), 0);
}
