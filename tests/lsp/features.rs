//! What an editor shows of a story without writing any of it: symbols, definitions, references.

use std::path::Path;

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Workspace, offset, position, read, uri};

/// A place for a request: the first occurrence of a text, and how far into it.
fn at(editor: &Editor, path: &Path, place: &str) -> Value {
    let text = editor.text(path);
    let marked = place.find('|').expect("a cursor");
    let bare = place.replacen('|', "", 1);
    let found = text.find(&bare);
    let found = found.unwrap_or_else(|| panic!("no {bare:?} in {text:?}"));
    let position = position(text, found + marked, editor.persona.encoding());
    json!({"textDocument": {"uri": uri(path)}, "position": position})
}

fn ask(editor: &mut Editor, method: &str, params: Value) -> Value {
    let answer = editor.request(&format!("textDocument/{method}"), params);
    answer.unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// The file name and the text of each place of an answer, in its order.
fn places(editor: &Editor, story: &Workspace, answer: &Value) -> Vec<String> {
    let places = answer.as_array().expect("places");
    let shown = places.iter().map(|place| {
        let link = &place["targetUri"];
        let target = link.as_str().or(place["uri"].as_str()).expect("a URI");
        let range = match link.is_string() {
            true => &place["targetSelectionRange"],
            false => &place["range"],
        };
        let paths = [
            story.brief(),
            story.chunk(1),
            story.chunk(2),
            story.chunk(3),
        ];
        let path = paths.iter().find(|path| uri(path) == target);
        let path = path.unwrap_or_else(|| panic!("{target}"));
        let text = read(path);
        let end = |end: &str| offset(&text, &range[end], editor.persona.encoding());
        let name = path.file_name().expect("a name").to_string_lossy();
        format!("{name}: {}", &text[end("start")..end("end")])
    });
    shown.collect()
}

/// A story whose first two chunks are written.
fn begun() -> Workspace {
    let story = Workspace::with_brief("short");
    let put = |number: usize, beat: &str, prose: &str| {
        let path = story.chunk(number);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let text = format!("---\nchunk: {number}\nbeat: {beat}\nstatus: complete\n---\n{prose}\n");
        std::fs::write(path, text).expect("a chunk");
    };
    put(
        1,
        "logbook",
        "Mara’s lamp was lit 🕯. She kept rule two.\n\n* * *\n\n“Is that you, Ilse?” said Mara.",
    );
    put(2, "early", "Ilse Brandt came. Miss Voss slept.");
    story
}

/// The same in an editor that shows the brief and the first chunk.
fn opened(persona: Persona) -> (Workspace, Editor) {
    let story = begun();
    let mut editor = Editor::start(persona, &story);
    editor.open(&story.brief());
    editor.open(&story.chunk(1));
    (story, editor)
}

#[test]
fn a_brief_and_its_chunks_lead_to_each_other() {
    for persona in Persona::ANY {
        let (story, mut editor) = opened(persona);
        let (brief, first) = (story.brief(), story.chunk(1));
        for (path, place, expected) in [
            (
                &first,
                "beat: log|book",
                "story.md: ## The Logbook {#logbook cast=\"Mara Voss\"}",
            ),
            (
                &first,
                "status: |complete",
                "story.md: ## The Logbook {#logbook cast=\"Mara Voss\"}",
            ),
            (&first, "Ma|ra’s", "story.md: Mara Voss"),
            (&first, "you, Ils|e", "story.md: Ilse"),
            (
                &first,
                "rule t|wo",
                "story.md: 2. The logbook is written in ink, and nothing in it is ever struck out.",
            ),
            (&first, "lamp |was", ""),
            (
                &brief,
                "## The Log|book",
                "chunk_01.md: Mara’s lamp was lit 🕯. She kept rule two.",
            ),
            (&brief, "## The Empty| Boat", ""),
            (&brief, "early cast=\"Mara Voss, Il|se", "story.md: Ilse"),
            (&brief, "protagonist: Ma|ra", "story.md: Mara Voss"),
        ] {
            let params = at(&editor, path, place);
            let answer = ask(&mut editor, "definition", params);
            let found = match answer.is_null() {
                true => String::new(),
                false => places(&editor, &story, &answer).join(", "),
            };
            assert_eq!(found, expected, "{persona:?} {place}");
        }
    }
}

#[test]
fn references_are_in_open_and_closed_files() {
    for persona in Persona::EDITORS {
        let story = begun();
        let mut editor = Editor::start(persona, &story);
        let (brief, first) = (story.brief(), story.chunk(1));
        editor.open(&first);
        let references = |editor: &mut Editor, path: &Path, place: &str, declared: bool| {
            let mut params = at(editor, path, place);
            params["context"] = json!({"includeDeclaration": declared});
            let answer = ask(editor, "references", params);
            places(editor, &story, &answer)
        };
        let of_ilse = references(&mut editor, &first, "you, I|lse", false);
        let in_brief = of_ilse.iter().filter(|it| it.starts_with("story.md"));
        assert_eq!(in_brief.count(), 7, "{of_ilse:?}");
        assert_eq!(
            of_ilse[7..],
            ["chunk_01.md: Ilse", "chunk_02.md: Ilse Brandt"]
        );
        let declared = references(&mut editor, &first, "you, I|lse", true);
        assert_eq!(declared.len(), of_ilse.len() + 1);
        let of_beat = references(&mut editor, &first, "beat: |logbook", true);
        assert_eq!(
            of_beat,
            [
                "story.md: ## The Logbook {#logbook cast=\"Mara Voss\"}",
                "chunk_01.md: logbook"
            ]
        );
        let of_rule = references(&mut editor, &first, "rule t|wo", true);
        assert_eq!(of_rule.len(), 2, "{of_rule:?}");
        assert_eq!(of_rule[1], "chunk_01.md: rule two");
        // What is typed and not saved counts.
        editor.open(&brief);
        editor.type_before(&brief, "The keeper of", "Ilse and ");
        let more = references(&mut editor, &first, "you, I|lse", true);
        assert_eq!(more.len(), declared.len() + 1, "{more:?}");

        let params = at(&editor, &first, "Ma|ra’s");
        let highlights = ask(&mut editor, "documentHighlight", params);
        assert_eq!(highlights.as_array().map(Vec::len), Some(2), "{highlights}");
    }
}

#[test]
fn a_chunk_of_another_draft_belongs_to_that_draft() {
    let story = begun();
    let other = story
        .root()
        .join("generated/the-lamp-keeper-02/chunks/chunk_01.md");
    std::fs::create_dir_all(other.parent().expect("a folder")).expect("a folder");
    let text = "---\nchunk: 1\nbeat: logbook\nstatus: complete\n---\nIlse knocked.\n";
    std::fs::write(&other, text).expect("a chunk");
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&other);
    editor.open(&story.chunk(1));
    for (path, place, mentions) in [
        (&other, "Il|se knocked", vec![&other]),
        (
            &story.chunk(1),
            "you, I|lse",
            vec![&story.chunk(1), &story.chunk(2)],
        ),
    ] {
        let mut params = at(&editor, path, place);
        params["context"] = json!({"includeDeclaration": false});
        let answer = ask(&mut editor, "references", params);
        let found = answer.as_array().expect("places").iter();
        let found = found.filter_map(|place| place["uri"].as_str());
        let in_chunks: Vec<&str> = found.filter(|uri| uri.contains("/chunks/")).collect();
        let mentions: Vec<String> = mentions.into_iter().map(|path| uri(path)).collect();
        assert_eq!(in_chunks, mentions, "{place}");
    }
}

#[test]
fn symbols_of_documents_and_of_the_workspace() {
    for persona in Persona::ANY {
        let (story, mut editor) = opened(persona);
        let (brief, first) = (story.brief(), story.chunk(1));
        let params = json!({"textDocument": {"uri": uri(&brief)}});
        let symbols = ask(&mut editor, "documentSymbol", params);
        let names = |symbols: &Value| -> Vec<String> {
            let symbols = symbols.as_array().into_iter().flatten();
            symbols
                .map(|symbol| symbol["name"].as_str().expect("a name").to_owned())
                .collect()
        };
        let names_of_all = names(&symbols);
        let is_flat = symbols[0]["location"].is_object();
        assert_eq!(
            names_of_all.contains(&"Mara Voss".to_owned()),
            is_flat,
            "{persona:?} {symbols}"
        );
        assert!(names_of_all.contains(&"Outline".to_owned()), "{symbols}");
        if !is_flat {
            assert_eq!(names(&symbols[2]["children"]), ["Mara Voss", "Ilse"]);
            assert_eq!(
                names(&symbols[5]["children"])[..2],
                ["The Logbook", "Ilse Comes Early"]
            );
        }
        let params = json!({"textDocument": {"uri": uri(&first)}});
        let symbols = ask(&mut editor, "documentSymbol", params);
        assert_eq!(names(&symbols)[0], "1. The Logbook", "{symbols}");

        let found = editor.request("workspace/symbol", json!({"query": "ilse"}));
        let found = names(&found.expect("symbols"));
        assert_eq!(found, ["Ilse", "Ilse Comes Early", "2. Ilse Comes Early"]);
    }
}

#[test]
fn a_hover_tells_what_is_known_as_the_client_shows_it() {
    for persona in Persona::ANY {
        let story = begun();
        let states = story.session("state");
        std::fs::create_dir_all(&states).expect("a folder");
        let state = json!({
            "summary": "The lamp is lit.",
            "characters": [{"name": "Mara Voss", "place": "the *stair*", "holds": ["a key"]}],
        });
        std::fs::write(states.join("chunk_01.json"), state.to_string()).expect("a state");
        let mut editor = Editor::start(persona, &story);
        let (brief, first) = (story.brief(), story.chunk(1));
        editor.open(&brief);
        editor.open(&first);
        let mut hover = |path: &Path, place: &str| {
            let params = at(&editor, path, place);
            let answer = ask(&mut editor, "hover", params);
            let contents = &answer["contents"];
            let kind = contents["kind"].as_str().unwrap_or_default().to_owned();
            (
                kind,
                contents["value"].as_str().unwrap_or_default().to_owned(),
            )
        };
        let (kind, mara) = hover(&first, "Ma|ra’s");
        let is_plain = persona == Persona::Ale;
        assert_eq!(
            kind,
            if is_plain { "plaintext" } else { "markdown" },
            "{persona:?}"
        );
        assert!(mara.contains("The keeper, forty-one years old."), "{mara}");
        assert!(mara.contains("first in chunk 1, last in chunk 2"), "{mara}");
        assert!(mara.contains("After chunk 1:"), "{mara}");
        let place = if is_plain {
            "place: the *stair*"
        } else {
            "- place: the \\*stair\\*"
        };
        assert!(mara.contains(place), "{mara}");
        for (path, place, expected) in [
            (&brief, "## The Log|book", "complete"),
            (&brief, "## The Empty| Boat", "Not written yet"),
            (&brief, "## The Empty| Boat", "150 words"),
            (&first, "beat: log|book", "At dusk Mara lights the lamp"),
            (&first, "rule t|wo", "written in ink"),
            (&first, "stat|us:", "Whether the text is whole"),
            (&brief, "chunk_w|ords:", "The length of one chunk"),
            (&brief, "aka: Ilse Br|andt", "rows the supply boat"),
        ] {
            let (_, told) = hover(path, place);
            assert!(told.contains(expected), "{persona:?} {place}: {told}");
        }
        assert_eq!(hover(&first, "lamp |was").1, "");
    }
}

#[test]
fn how_far_a_story_is_stands_beside_its_beats() {
    for persona in Persona::EDITORS {
        let (story, mut editor) = opened(persona);
        let (brief, first) = (story.brief(), story.chunk(1));
        let whole =
            json!({"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}});
        let mut hints = |path: &Path| -> Vec<String> {
            let params = json!({"textDocument": {"uri": uri(path)}, "range": whole});
            let hints = ask(&mut editor, "inlayHint", params);
            let hints = hints.as_array().expect("hints").iter();
            hints
                .map(|hint| hint["label"].as_str().expect("a label").to_owned())
                .collect()
        };
        assert_eq!(
            hints(&brief),
            [
                "14 / 150 words",
                "6 / 150 words",
                "150 words · not written",
                "150 words · not written"
            ]
        );
        assert_eq!(hints(&first), ["14 / 150 words"]);

        let params = json!({"textDocument": {"uri": uri(&brief)}});
        let lenses = ask(&mut editor, "codeLens", params);
        let lenses = lenses.as_array().expect("lenses");
        let shown = |lens: &Value| {
            let command = &lens["command"];
            let beat = command["arguments"][0]["beat"].as_str().unwrap_or("-");
            format!("{}: {beat}", command["title"].as_str().expect("a title"))
        };
        let shown: Vec<String> = lenses.iter().map(shown).collect();
        assert_eq!(
            shown[..6],
            [
                "14 / 150 words: -",
                "rewrite: logbook",
                "6 / 150 words: -",
                "rewrite: early",
                "150 words · not written: -",
                "write: boat"
            ]
        );
        // A lens runs as it is.
        let command = &lenses[5]["command"];
        let params = json!({"command": command["command"], "arguments": command["arguments"]});
        let job = editor.request("workspace/executeCommand", params);
        let job = job.expect("a job");
        editor.wait_for_end(job.as_str().expect("an id"));
        assert!(read(&story.chunk(3)).contains("beat: boat"));
    }
}

/// The length that it had is no news while it is another with every word.
#[test]
fn what_is_being_written_says_so_until_it_is_done() {
    for persona in [Persona::VsCode, Persona::Neovim] {
        let (story, mut editor) = opened(persona);
        let (brief, chunk) = (story.brief(), story.chunk(1));
        let lens = |editor: &mut Editor, path: &Path| -> String {
            let params = json!({"textDocument": {"uri": uri(path)}});
            let lenses = ask(editor, "codeLens", params);
            let title = &lenses[0]["command"]["title"];
            title.as_str().expect("a title").to_owned()
        };
        assert_eq!(lens(&mut editor, &brief), "14 / 150 words");
        story.demo(60);
        let job = editor.start_job("rewriteChunk", json!([uri(&chunk)]));
        editor.wait("the chunk to be begun", |editor| {
            editor
                .text(&chunk)
                .contains("status: partial")
                .then_some(())
        });
        for path in [&brief, &chunk] {
            assert_eq!(lens(&mut editor, path), "150 words · being written");
        }
        editor.forget();
        editor.wait_for_end(&job);
        if persona == Persona::VsCode {
            assert!(!editor.asked("workspace/codeLens/refresh").is_empty());
        }
        let words = lens(&mut editor, &brief);
        assert!(
            words.ends_with(" / 150 words") && words != "14 / 150 words",
            "{words}"
        );
        assert_eq!(lens(&mut editor, &chunk), words);
    }
}

#[test]
fn what_is_begun_is_completed_where_the_client_can() {
    for persona in Persona::ANY {
        let story = Workspace::with_brief("short");
        let mut editor = Editor::start(persona, &story);
        let brief = story.brief();
        editor.open(&brief);
        editor.type_before(&brief, "chunk_words", "te\n");
        let mut items = |place: &str| {
            let params = at(&editor, &brief, place);
            let answer = ask(&mut editor, "completion", params);
            answer.as_array().cloned().unwrap_or_default()
        };
        let tense = items("\nte|\nchunk");
        assert_eq!(
            tense,
            Vec::<Value>::new(),
            "{persona:?}: tense is set already"
        );
        let cast = items("## The Logbook {#logbook |cast");
        let texts: Vec<&str> = cast
            .iter()
            .map(|item| item["textEdit"]["newText"].as_str().expect("a text"))
            .collect();
        let with_cursor = matches!(persona, Persona::VsCode | Persona::Neovim | Persona::Helix);
        let pov = if with_cursor {
            "pov=\"$0\""
        } else {
            "pov=\"\""
        };
        assert_eq!(texts, ["words=", "after=", pov], "{persona:?}");
    }
}

#[test]
fn parts_fold_link_grow_and_are_coloured() {
    for persona in Persona::EDITORS {
        let (story, mut editor) = opened(persona);
        let (brief, first) = (story.brief(), story.chunk(1));
        let of = |path: &Path| json!({"textDocument": {"uri": uri(path)}});
        let folds = ask(&mut editor, "foldingRange", of(&first));
        assert_eq!(folds[0]["startLine"], 0, "{folds}");
        assert_eq!(folds[0]["endLine"], 4, "{folds}");
        let links = ask(&mut editor, "documentLink", of(&brief));
        let target = links[0]["target"].as_str().expect("a target");
        assert_eq!(target, format!("{}#L6", uri(&first)));
        let links = ask(&mut editor, "documentLink", of(&first));
        let target = links[0]["target"].as_str().expect("a target");
        assert!(
            target.starts_with(&format!("{}#L", uri(&brief))),
            "{target}"
        );

        let mut params = of(&first);
        params["positions"] = json!([at(&editor, &first, "Is th|at")["position"]]);
        let grown = ask(&mut editor, "selectionRange", params);
        let text = editor.text(&first).to_owned();
        let encoding = persona.encoding();
        let shown = |range: &Value| {
            let end = |end: &str| offset(&text, &range[end], encoding);
            text[end("start")..end("end")].to_owned()
        };
        assert_eq!(shown(&grown[0]["range"]), "that");
        assert!(grown[0]["parent"]["parent"].is_object(), "{grown}");

        let tokens = ask(&mut editor, "semanticTokens/full", of(&first));
        let numbers = tokens["data"].as_array().expect("tokens");
        let numbers: Vec<u64> = numbers.iter().filter_map(Value::as_u64).collect();
        let (mut line, mut column) = (0, 0);
        let mut coloured = Vec::new();
        for token in numbers.chunks(5) {
            column = if token[0] == 0 {
                column + token[1]
            } else {
                token[1]
            };
            line += token[0];
            let place = |character| json!({"line": line, "character": character});
            let range = json!({"start": place(column), "end": place(column + token[2])});
            coloured.push(format!("{} {}", token[3], shown(&range)));
        }
        assert_eq!(
            coloured,
            ["0 Mara", "1 “Is that you,", "0 Ilse", "1 ?”", "0 Mara"]
        );
    }
}

/// The requests about a place of a document, with what each wants besides.
const AT_A_PLACE: [&str; 6] = [
    "hover",
    "definition",
    "references",
    "documentHighlight",
    "completion",
    "selectionRange",
];
/// The requests about a whole document.
const OF_A_DOCUMENT: [&str; 7] = [
    "documentSymbol",
    "foldingRange",
    "documentLink",
    "codeLens",
    "inlayHint",
    "semanticTokens/full",
    "semanticTokens/range",
];

/// Asks everything at every position of a document, and beyond its lines and its end.
fn ask_everywhere(editor: &mut Editor, uri: &str, text: &str) {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut sent = Vec::new();
    let end = lines.len() + 1;
    for (line, length) in lines
        .iter()
        .map(|line| line.len())
        .chain([0, 0])
        .enumerate()
    {
        for character in 0..=length + 1 {
            let position = json!({"line": line, "character": character});
            let range = json!({"start": position, "end": {"line": end, "character": 9}});
            let params = json!({
                "textDocument": {"uri": uri}, "position": position, "positions": [position],
                "context": {"includeDeclaration": true, "triggerKind": 1}, "range": range,
            });
            for method in AT_A_PLACE {
                let id = editor.send_request(&format!("textDocument/{method}"), params.clone());
                sent.push((method, position.clone(), id));
            }
            if character == 0 {
                for method in OF_A_DOCUMENT {
                    let id = editor.send_request(&format!("textDocument/{method}"), params.clone());
                    sent.push((method, position.clone(), id));
                }
            }
        }
        for (method, position, id) in sent.drain(..) {
            if let Err(error) = editor.answer(id) {
                panic!("{method} at {position} of {uri}: {error}");
            }
        }
    }
}

#[test]
fn every_request_is_answered_at_every_position_of_every_document() {
    const BRIEF: &str = "---\ntitle: L 🕯\npov:\nprotagonist: Mara\n---\n# Cast\n## Mara V\naka: M, 灯\nDry ![x](y).\n\
        # Rules\n1. Ink.\n# Outline\n## Dusk\n### One {#one cast=\"Mara, 灯\" after=two}\nMa\u{301}ra’s rule 1. <!-- sw: x\n\
        ### Two {#two words=9\r\nEnter: a\r\n### ";
    const CHUNK: &str = "---\nchunk: 1\nbeat: one\nstatus: complete\n---\n“Mara’s 🕯,” said 灯. Rule one.\r\n\n***\n\n—Go. <!--";
    for persona in [Persona::VsCode, Persona::Neovim] {
        let story = Workspace::with_text(BRIEF);
        let chunk = story.root().join("generated/l-01/chunks/chunk_01.md");
        std::fs::create_dir_all(chunk.parent().expect("a folder")).expect("a folder");
        std::fs::write(&chunk, CHUNK).expect("a chunk");
        let mut editor = Editor::start(persona, &story);
        editor.open(&story.brief());
        editor.open(&chunk);
        for path in [story.brief(), chunk.clone()] {
            let text = editor.text(&path).to_owned();
            ask_everywhere(&mut editor, &uri(&path), &text);
        }
        let elsewhere = story.root().join("far/away/notes.md");
        let toml = story.root().join("storywright.toml");
        let notes = story.root().join("notes.md");
        for path in [elsewhere, toml, notes] {
            editor.open_with(&path, "# Mara\n\nrule 1");
            ask_everywhere(&mut editor, &uri(&path), "# Mara\n\nrule 1");
        }
        for unsaved in [
            "untitled:Untitled-1",
            "untitled:story.md",
            "untitled:far/x.story.md",
        ] {
            let document =
                json!({"uri": unsaved, "languageId": "markdown", "version": 1, "text": BRIEF});
            editor.notify("textDocument/didOpen", json!({"textDocument": document}));
            ask_everywhere(&mut editor, unsaved, "---\ntitle: L\n");
        }
        // One that was never opened.
        ask_everywhere(&mut editor, "file:///nowhere/story.md", "a\nb");
    }
}
