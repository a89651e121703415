//! Tests streams to a client that is minutes late, on a clock that advances only when every task waits.

use std::fmt;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Request, Response, Result};
use tower_lsp::lsp_types::{
    ApplyWorkspaceEditParams, DocumentChanges, InitializeParams, InitializeResult, OneOf,
    TextDocumentContentChangeEvent, TextEdit, Url,
};
use tower_lsp::{ClientSocket, LanguageServer, LspService};
use tower_service::Service as _;

use super::super::client::EditorClient;
use super::*;
use crate::settings::environment::Environment;
use crate::story::{BeatId, ChunkNumber};

const HEAD: &str = "---\nchunk: 1\nbeat: storm\nstatus: partial\n---\n";
const MINUTE: Duration = Duration::from_secs(60);
/// Longer than anything of ours waits for a client.
const BOUNDED: Duration = Duration::from_secs(30);

/// A server that is asked for nothing.
struct Quiet;

#[tower_lsp::async_trait]
impl LanguageServer for Quiet {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

/// A client with one open document, which tells of nothing by itself.
struct Client {
    state: Arc<State>,
    socket: ClientSocket,
    _service: LspService<Quiet>,
    url: Url,
    path: PathBuf,
    version: i32,
}

/// An edit that the server asked for, not answered yet.
struct Asked {
    request: Request,
    edits: Vec<TextEdit>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.edits.fmt(out)
    }
}

impl Client {
    async fn with_open(name: &str, text: &str) -> Client {
        let state = Arc::new(State::new(Environment::default()));
        let told = Arc::clone(&state);
        let (mut service, socket) = LspService::new(move |client| {
            told.set_client(EditorClient::new(client));
            Quiet
        });
        let initialize = Request::build("initialize")
            .id(1)
            .params(json!({"capabilities": {}}))
            .finish();
        service.call(initialize).await.unwrap();
        let path = PathBuf::from("/nowhere").join(name);
        let url = Url::from_file_path(&path).unwrap();
        state.documents.open(url.clone(), 1, text);
        Client {
            state,
            socket,
            _service: service,
            url,
            path,
            version: 1,
        }
    }

    fn editor(&self) -> LspEditor {
        LspEditor::new(Arc::clone(&self.state))
    }

    fn stream(&self) -> Box<dyn BufferStream> {
        self.editor().stream(&StreamTarget {
            path: &self.path,
            number: ChunkNumber(1),
            beat: &BeatId("storm".to_owned()),
            begins: "",
            replaces: None,
            keep: Arc::new(|_| true),
        })
    }

    fn text(&self) -> String {
        self.state.documents.get(&self.url).unwrap().text()
    }

    /// Returns the next edit that the server asks for; `None` where none comes in time.
    async fn asked_within(&mut self, patience: Duration) -> Option<Asked> {
        let until = Instant::now() + patience;
        loop {
            let next = tokio::time::timeout_at(until, self.socket.next()).await;
            let request = next.ok().flatten()?;
            if request.method() == "workspace/applyEdit" {
                let edits = edits_of(request.params().unwrap());
                return Some(Asked { request, edits });
            }
        }
    }

    async fn answer(&mut self, asked: &Asked) {
        let id = asked.request.id().unwrap().clone();
        let response = Response::from_ok(id, json!({"applied": true}));
        self.socket.send(response).await.unwrap();
    }

    /// Tells of an edit, and of what the author typed where `place` begins, in one message.
    fn tell(&mut self, asked: &Asked, typed: Option<(&str, &str)>) {
        let mut edits = asked.edits.clone();
        // All are for the text before; the last in it goes first.
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
        let mut changes: Vec<TextDocumentContentChangeEvent> = edits
            .into_iter()
            .map(|edit| TextDocumentContentChangeEvent {
                range: Some(edit.range),
                range_length: None,
                text: edit.new_text,
            })
            .collect();
        self.version += 1;
        if let Some((place, words)) = typed {
            let shown = super::super::documents::Documents::default();
            shown.open(self.url.clone(), 1, &self.text());
            shown.change(&self.url, 2, &changes);
            let text = shown.get(&self.url).unwrap().text();
            let at = text.find(place).unwrap();
            changes.push(TextDocumentContentChangeEvent {
                range: None,
                range_length: None,
                text: format!("{}{words}{}", &text[..at], &text[at..]),
            });
        }
        self.state
            .documents
            .change(&self.url, self.version, &changes);
    }
}

fn edits_of(params: &Value) -> Vec<TextEdit> {
    let params: ApplyWorkspaceEditParams = serde_json::from_value(params.clone()).unwrap();
    let Some(DocumentChanges::Edits(documents)) = params.edit.document_changes else {
        panic!("{params:?}");
    };
    let edits = documents.into_iter().flat_map(|document| document.edits);
    edits
        .map(|edit| match edit {
            OneOf::Left(edit) => edit,
            OneOf::Right(edit) => edit.text_edit,
        })
        .collect()
}

/// Whether the client answers before it tells of the change, and what the author types meanwhile.
const CLIENTS: [(bool, Option<(&str, &str)>); 4] = [
    (true, None),
    (false, None),
    (true, Some(("lamp", "old "))),
    (false, Some(("lamp", "old "))),
];

#[tokio::test(start_paused = true)]
async fn a_change_that_is_told_minutes_late_is_ours_and_is_not_sent_again() {
    for (answers, typed) in CLIENTS {
        for minutes in [1, 7, 90] {
            let mut client = Client::with_open("chunk_01.md", HEAD).await;
            let mut buffer = client.stream();
            assert_eq!(buffer.show("The lamp", false).await, Ok(()));
            let first = client.asked_within(BOUNDED).await.expect("an edit");
            if answers {
                client.answer(&first).await;
            }
            // The stream goes on, and nobody waits for the client.
            let mut prose = String::from("The lamp");
            for word in [" went", " out.", " It", " rained."] {
                prose.push_str(word);
                assert_eq!(buffer.show(&prose, false).await, Ok(()));
                let again = client.asked_within(minutes * MINUTE / 4).await;
                assert!(again.is_none(), "sent again: {again:?}");
            }
            let last = tokio::time::timeout(BOUNDED, buffer.show(&prose, true)).await;
            assert_eq!(last, Ok(Err(BufferStop::Unresponsive)));
            let closed = tokio::time::timeout(BOUNDED, buffer.close()).await;
            assert_eq!(closed, Ok(()));
            drop(buffer);
            // The job is over when the client wakes.
            client.tell(&first, typed);
            let rest = client.asked_within(BOUNDED).await.expect("the rest");
            client.answer(&rest).await;
            client.tell(&rest, None);
            let more = client.asked_within(BOUNDED).await;
            assert!(more.is_none(), "{more:?}");
            let own = typed.map_or("", |(_, words)| words);
            let whole = format!("{HEAD}The {own}lamp went out. It rained.\n");
            assert_eq!(client.text(), whole.replace("partial", "complete"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_author_who_typed_at_the_place_minutes_ago_keeps_his_text() {
    let mut client = Client::with_open("chunk_01.md", HEAD).await;
    let mut buffer = client.stream();
    assert_eq!(buffer.show("The lamp", false).await, Ok(()));
    let first = client.asked_within(BOUNDED).await.expect("an edit");
    client.answer(&first).await;
    tokio::time::sleep(10 * MINUTE).await;
    // The edit, and right behind it the author's words where the next ones were to come.
    client.tell(&first, None);
    client.version += 1;
    let own = format!("{HEAD}The lantern, mine.\n");
    let typed = TextDocumentContentChangeEvent {
        range: None,
        range_length: None,
        text: own.clone(),
    };
    let (url, version) = (client.url.clone(), client.version);
    client.state.documents.change(&url, version, &[typed]);
    let until = Instant::now() + BOUNDED;
    let mut told = Ok(());
    while told != Err(BufferStop::AuthorEdited) && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        told = buffer.show("The lamp went out.", false).await;
    }
    assert_eq!(told, Err(BufferStop::AuthorEdited));
    let more = client.asked_within(MINUTE).await;
    assert!(more.is_none(), "{more:?}");
    assert_eq!(client.text(), own);
}

#[tokio::test(start_paused = true)]
async fn a_whole_text_that_is_told_minutes_late_is_not_put_twice() {
    let mut client = Client::with_open("chunk_02.md", "Old.\n").await;
    let edit = ClientEdit {
        path: client.path.clone(),
        text: "New and longer.\n".to_owned(),
        base: "Old.\n".to_owned(),
    };
    let editor = client.editor();
    let putting = tokio::spawn(async move { (editor.replace(&edit).await, edit) });
    let asked = client.asked_within(BOUNDED).await.expect("an edit");
    client.answer(&asked).await;
    let (put, edit) = putting.await.unwrap();
    assert_eq!(put, Err(BufferStop::Unresponsive));
    tokio::time::sleep(10 * MINUTE).await;
    // Asked for once more while the first is still on its way.
    let again = client.editor().replace(&edit).await;
    assert_eq!(again, Err(BufferStop::Unresponsive));
    client.tell(&asked, None);
    assert_eq!(client.editor().replace(&edit).await, Ok(()));
    let more = client.asked_within(MINUTE).await;
    assert!(more.is_none(), "{more:?}");
    assert_eq!(client.text(), "New and longer.\n");
}

#[tokio::test(start_paused = true)]
async fn an_editor_that_opened_a_file_while_it_was_written_may_load_it_again_first() {
    for loads_again in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chunk_01.md");
        let newer = format!("{HEAD}The lamp went\n");
        std::fs::write(&path, &newer).unwrap();
        let mut client = Client::with_open(path.to_str().unwrap(), HEAD).await;
        client.state.documents.close(&client.url);
        let mut buffer = client.stream();
        assert_eq!(buffer.show("The lamp went", false).await, Ok(()));
        client.state.documents.open(client.url.clone(), 1, HEAD);
        assert_eq!(buffer.show("The lamp went out.", false).await, Ok(()));
        let early = client.asked_within(RELOADS / 2).await;
        assert!(early.is_none(), "{early:?}");
        if loads_again {
            client.version += 1;
            let whole = TextDocumentContentChangeEvent {
                range: None,
                range_length: None,
                text: newer,
            };
            let (url, version) = (client.url.clone(), client.version);
            client.state.documents.change(&url, version, &[whole]);
        }
        let edit = client.asked_within(BOUNDED).await.expect("an edit");
        client.answer(&edit).await;
        client.tell(&edit, None);
        assert_eq!(client.text(), format!("{HEAD}The lamp went out.\n"));
    }
}
