//! State files: what was extracted from a chunk, what the author makes of it, and what of it
//! still holds when the chunk has changed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::fixture::{Editor, EndChunk, Story, n, plan, result};
use storywright::session::{
    Disk, Extracted, KnownStates, NoEditor, Over, Owners, Saved, Session, Standing, StoreError,
    read_states,
};
use storywright::story::ChunkNumber;
use storywright::story::state::{ChunkState, Fact, Threads};
use storywright::story::state_file::StateFile;

const OUTLINE: &[&str] = &["a", "b", "c"];
const HIDDEN: &str = "Mara hid the brass key under the third stair.";
const RAIN: &str = "The rain went on until the lamp was lit.";
const FIRST: &str = "state/chunk_01.json";

/// A story of three complete chunks, each telling the same.
fn told() -> (Story, Session) {
    let story = Story::new();
    let session = story.open(OUTLINE).session;
    for number in 1..=3 {
        let prose = format!("{HIDDEN} {RAIN}");
        session.complete_chunk(n(number), &prose, result()).unwrap();
    }
    (story, session)
}

fn state(quotes: &[&str]) -> ChunkState {
    let fact = |quote: &&str| Fact {
        subject: "key".to_owned(),
        fact: String::new(),
        quote: (*quote).to_owned(),
    };
    ChunkState {
        summary: quotes.join(" "),
        facts: quotes.iter().map(fact).collect(),
        threads: Threads {
            opened: owned(quotes),
            closed: Vec::new(),
        },
        ..ChunkState::default()
    }
}

fn extracted(session: &Session, number: ChunkNumber, quotes: &[&str]) -> Extracted {
    Extracted {
        number,
        text: session.chunk(number).unwrap().digest,
        provider: "openai".to_owned(),
        model: "small".to_owned(),
        state: state(quotes),
    }
}

fn save(session: &Session, number: u32, quotes: &[&str]) -> Saved {
    let extracted = extracted(session, n(number), quotes);
    session.save_state(&extracted, Over::Extracted).unwrap()
}

fn read(story: &Story) -> KnownStates {
    read_as(story, &NoEditor)
}

fn read_as(story: &Story, owners: &dyn Owners) -> KnownStates {
    let view = story.view_as(OUTLINE, owners);
    read_states(&story.folder, &story.id, &view, &[], owners, &Disk::real())
}

/// Standing and quotes of each chunk.
fn quotes(known: &KnownStates) -> Vec<Option<(Standing, Vec<String>)>> {
    let of = |state: &ChunkState| state.facts.iter().map(|fact| fact.quote.clone()).collect();
    let chunks = known.chunks.iter();
    chunks
        .map(|known| known.as_ref().map(|it| (it.standing, of(&it.state))))
        .collect()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// What a program that knows nothing of states makes of a chunk file.
fn rewrite_chunk(story: &Story, prose: &str) {
    let head = "---\nchunk: 1\nbeat: a\nstatus: complete\n---\n";
    story.write("chunks/chunk_01.md", &format!("{head}{prose}\n"));
}

#[test]
fn what_was_extracted_is_there_for_the_chunks_after_it() {
    let (story, session) = told();
    assert_eq!(quotes(&read(&story)), [None, None, None]);
    assert_eq!(save(&session, 1, &[HIDDEN]), Saved::default());
    save(&session, 2, &[RAIN]);
    let known = read(&story);
    let current = |quote| Some((Standing::Current, owned(&[quote])));
    assert_eq!(quotes(&known), [current(HIDDEN), current(RAIN), None]);
    let open = |number| known.before(n(number)).open_threads;
    assert_eq!(open(1), [""; 0]);
    assert_eq!(open(2), [HIDDEN]);
    assert_eq!(open(3), [HIDDEN, RAIN]);
    assert_eq!(known.to_extract(&story.view(OUTLINE)), [n(3)]);
    assert!(
        session.view().unwrap().manifest.chunks[0]
            .state_file
            .as_deref()
            == Some(FIRST)
    );
    // The same again is no change.
    let before = story.read(FIRST);
    save(&session, 1, &[HIDDEN]);
    assert_eq!(story.read(FIRST), before);
    // Without the manifest it is all there.
    drop(session);
    story.remove("manifest.json");
    assert_eq!(quotes(&read(&story)), quotes(&known));
    let manifest = story.open(OUTLINE).session.view().unwrap().manifest;
    assert_eq!(manifest.chunks[0].state_file.as_deref(), Some(FIRST));
    assert_eq!(manifest.chunks[2].state_file, None);
}

#[test]
fn what_the_author_writes_counts_and_stays() {
    let (story, session) = told();
    save(&session, 1, &[HIDDEN]);
    let mine = story.read(FIRST).replace("brass", "silver");
    story.write(FIRST, &mine);
    let silver = HIDDEN.replace("brass", "silver");
    let edited = Some((Standing::Edited, owned(&[&silver])));
    assert_eq!(quotes(&read(&story))[0], edited);
    assert!(
        !read(&story)
            .to_extract(&story.view(OUTLINE))
            .contains(&n(1))
    );

    let saved = save(&session, 1, &[RAIN]);
    assert_eq!(story.read(FIRST), mine);
    assert_eq!(saved.notices[0].code, "state-unusable");
    // Nor does a new text of the chunk take it away.
    rewrite_chunk(&story, "Another text altogether.");
    assert_eq!(quotes(&read(&story))[0], edited);
    save(&session, 1, &[RAIN]);
    assert_eq!(story.read(FIRST), mine);

    // Asked for, it goes to history, once.
    let again = extracted(&session, n(1), &[RAIN]);
    session.save_state(&again, Over::Anything).unwrap();
    assert_eq!(story.read("history/chunk_01.state/0001.json"), mine);
    assert_eq!(
        quotes(&read(&story))[0],
        Some((Standing::Current, owned(&[RAIN])))
    );
    session.save_state(&again, Over::Anything).unwrap();
    assert_eq!(story.names("history/chunk_01.state"), ["0001.json"]);
    assert!(
        story
            .read("CHANGELOG.md")
            .contains("read the state of chunk 1 (a) again")
    );
    // Versions of the chunk are another matter.
    assert_eq!(session.versions(n(1)).unwrap(), []);
}

#[test]
fn a_state_by_hand_needs_only_what_it_says() {
    let (story, session) = told();
    let by_hand = r#"{"facts": [{"quote": "The sea is green here."}], "mood": "grim"}"#;
    story.write(FIRST, by_hand);
    let known = read(&story);
    assert_eq!(known.notices, []);
    assert_eq!(
        quotes(&known)[0],
        Some((Standing::Edited, owned(&["The sea is green here."])))
    );
    save(&session, 1, &[HIDDEN]);
    assert_eq!(story.read(FIRST), by_hand);
}

#[test]
fn of_an_earlier_text_only_what_still_stands_there_counts() {
    let (story, session) = told();
    let first = extracted(&session, n(1), &[HIDDEN, RAIN]);
    session.save_state(&first, Over::Extracted).unwrap();
    rewrite_chunk(&story, &format!("{RAIN} Nobody spoke of a key again."));
    let known = read(&story);
    assert_eq!(
        quotes(&known)[0],
        Some((Standing::Outdated, owned(&[RAIN])))
    );
    assert!(known.to_extract(&story.view(OUTLINE)).contains(&n(1)));
    // The present text's state is not replaced by one that was under way for the earlier text.
    save(&session, 1, &[RAIN]);
    let present = story.read(FIRST);
    assert_eq!(
        session.save_state(&first, Over::Extracted).unwrap(),
        Saved::default()
    );
    assert_eq!(story.read(FIRST), present);
    // Front matter is not text.
    let chunk = story.read("chunks/chunk_01.md");
    story.write(
        "chunks/chunk_01.md",
        &chunk.replace("---\nchunk", "---\nmood: grim\nchunk"),
    );
    assert_eq!(
        quotes(&read(&story))[0],
        Some((Standing::Current, owned(&[RAIN])))
    );
}

#[test]
fn what_can_not_be_read_is_a_notice_and_stays() {
    let (story, session) = told();
    save(&session, 2, &[RAIN]);
    let foreign = story.read("state/chunk_02.json");
    for (text, said) in [
        ("{\"version\": 1, \"summary\": ", "damaged"),
        ("{\"version\": 9, \"summary\": \"x\"}", "newer"),
        ("[1, 2]", "no state"),
        ("{\"name\": \"a package\"}", "no state"),
        (
            &foreign.replace("\"text_sha256\": \"", "\"text_sha256\": \"0"),
            "another beat, \"b\"",
        ),
    ] {
        story.write(FIRST, text);
        let known = read(&story);
        assert_eq!(
            quotes(&known)[0],
            Some((Standing::Unusable, Vec::new())),
            "{text}"
        );
        assert_eq!(known.notices.len(), 1, "{text}");
        assert!(
            known.notices[0].message.contains(said),
            "{:?}",
            known.notices
        );
        assert!(known.notices[0].message.contains("chunk_01.json"));
        assert_eq!(known.to_extract(&story.view(OUTLINE)), [n(3)]);
        save(&session, 1, &[HIDDEN]);
        assert_eq!(story.read(FIRST), text);
    }
    story.write(FIRST, "{ broken");
    let again = extracted(&session, n(1), &[RAIN]);
    session.save_state(&again, Over::Anything).unwrap();
    assert_eq!(story.read("history/chunk_01.state/0001.json"), "{ broken");
    // An empty file says nothing that could be lost.
    story.write(FIRST, "");
    assert_eq!(quotes(&read(&story))[0], None);
    save(&session, 1, &[HIDDEN]);
    assert_eq!(
        quotes(&read(&story))[0],
        Some((Standing::Current, owned(&[HIDDEN])))
    );
}

#[test]
fn an_open_state_file_is_changed_in_the_editor() {
    let (story, session) = told();
    save(&session, 1, &[HIDDEN]);
    drop(session);
    let editor = Arc::new(Editor::default());
    let path = story.path(FIRST);
    editor.open(&path);
    let session = story
        .open_as(OUTLINE, editor.clone(), Disk::real())
        .unwrap()
        .session;
    let on_disk = story.read(FIRST);
    let saved = save(&session, 1, &[RAIN]);
    assert_eq!(story.read(FIRST), on_disk);
    assert_eq!(saved.client_edits.len(), 1);
    assert_eq!(saved.client_edits[0].base, on_disk);
    editor.edit(&path, &saved.client_edits[0].text);
    assert_eq!(
        quotes(&read_as(&story, editor.as_ref()))[0],
        Some((Standing::Current, owned(&[RAIN])))
    );

    // What the author types is theirs before it is saved; until it can be read, the disk counts.
    let typed = editor.text(&path).replace("rain", "snow");
    editor.edit(&path, &typed);
    let snow = RAIN.replace("rain", "snow");
    assert_eq!(
        quotes(&read_as(&story, editor.as_ref()))[0],
        Some((Standing::Edited, owned(&[&snow])))
    );
    let saved = save(&session, 1, &[HIDDEN]);
    assert_eq!(saved.client_edits, []);
    editor.edit(&path, "{ \"summary\": \"");
    assert_eq!(
        quotes(&read_as(&story, editor.as_ref()))[0],
        Some((Standing::Current, owned(&[HIDDEN])))
    );
    // Asked for, both texts are kept.
    let again = extracted(&session, n(1), &[RAIN]);
    let saved = session.save_state(&again, Over::Anything).unwrap();
    assert_eq!(saved.client_edits[0].base, "{ \"summary\": \"");
    assert_eq!(
        story.names("history/chunk_01.state"),
        ["0001.json", "0002.json"]
    );
    assert_eq!(story.read(FIRST), on_disk);
}

#[test]
fn a_state_goes_where_its_chunk_goes() {
    let (story, session) = told();
    save(&session, 1, &[HIDDEN]);
    drop(session);
    drop(story.open(&["m", "a", "b", "c"]));
    assert_eq!(story.names("state"), ["chunk_02.json"]);
    let file: StateFile = serde_json::from_str(&story.read("state/chunk_02.json")).unwrap();
    assert_eq!((file.chunk, file.beat.as_str()), (n(2), "a"));
    // A renamed beat keeps its state, also when its chunk is edited afterwards.
    let outline = ["m", "z=a", "b", "c"];
    let session = story.open(&outline).session;
    let known = |story: &Story| {
        let view = story.view(&outline);
        let known = read_states(
            &story.folder,
            &story.id,
            &view,
            &[],
            &NoEditor,
            &Disk::real(),
        );
        assert_eq!(known.notices, []);
        quotes(&known)[1].clone()
    };
    assert_eq!(known(&story), Some((Standing::Current, owned(&[HIDDEN]))));
    assert_eq!(
        session.view().unwrap().manifest.chunks[1]
            .state_file
            .as_deref(),
        Some("state/chunk_02.json")
    );
    let chunk = story.read("chunks/chunk_02.md");
    story.write("chunks/chunk_02.md", &chunk.replace(RAIN, "It snowed."));
    assert_eq!(known(&story), Some((Standing::Outdated, owned(&[HIDDEN]))));
    drop(session);
    // With its beat it leaves the story, and is kept.
    drop(story.open(&["m", "b", "c"]));
    assert_eq!(story.names("state"), [""; 0]);
    assert!(story.has_anywhere(HIDDEN));
    assert_eq!(plan(&outline).len(), 4);
}

#[cfg(unix)]
#[test]
fn no_state_is_read_or_written_through_a_link() {
    let (story, session) = told();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.json");
    fs::write(&secret, "{\"summary\": \"A secret.\"}").unwrap();
    fs::create_dir(story.path("state")).unwrap();
    std::os::unix::fs::symlink(&secret, story.path(FIRST)).unwrap();
    let known = read(&story);
    assert_eq!(quotes(&known)[0], Some((Standing::Unusable, Vec::new())));
    for over in [Over::Extracted, Over::Anything] {
        let extracted = extracted(&session, n(1), &[HIDDEN]);
        let refused = session.save_state(&extracted, over);
        assert!(
            matches!(refused, Err(StoreError::Outside { .. })),
            "{refused:?}"
        );
    }
    fs::remove_dir_all(story.path("state")).unwrap();
    let view = story.view(OUTLINE);
    std::os::unix::fs::symlink(outside.path(), story.path("state")).unwrap();
    let known = read_states(
        &story.folder,
        &story.id,
        &view,
        &[],
        &NoEditor,
        &Disk::real(),
    );
    assert_eq!(known.notices.len(), 1);
    let extracted = Extracted {
        number: n(1),
        text: view.chunks[0].digest.clone(),
        provider: "p".to_owned(),
        model: "m".to_owned(),
        state: state(&[HIDDEN]),
    };
    assert!(session.save_state(&extracted, Over::Anything).is_err());
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(
        fs::read_to_string(&secret).unwrap(),
        "{\"summary\": \"A secret.\"}"
    );
}

#[test]
fn state_files_keep_to_their_schema() {
    let schema = schemars::schema_for!(StateFile);
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("server/session/state.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        kept, current,
        "run this test with UPDATE_SCHEMA=1 to write the schema anew"
    );
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let (story, session) = told();
    save(&session, 1, &[HIDDEN]);
    let written: serde_json::Value = serde_json::from_str(&story.read(FIRST)).unwrap();
    let problems: Vec<String> = validator
        .iter_errors(&written)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(problems, [""; 0]);
    assert!(!validator.is_valid(&serde_json::json!({"version": "one"})));
}
