//! Each check on little stories: what it tells, and what it leaves alone.

use super::super::super::{BeatId, Brief, ChunkNumber, Severity};
use super::super::{ChunkText, Finding, lint};

fn lint_texts(brief: &str, texts: &[&str], target_words: u32) -> Vec<Finding> {
    let brief = Brief::parse(brief);
    let nowhere = BeatId(String::new());
    let chunks: Vec<ChunkText<'_>> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| ChunkText {
            number: ChunkNumber(index as u32 + 1),
            beat: brief.beats.get(index).map_or(&nowhere, |beat| &beat.id),
            text,
            target_words,
        })
        .collect();
    lint(&brief, &chunks)
}

/// Findings as `1 warning name-drift “Maria” → Mara`, joined by line breaks.
#[track_caller]
fn check(brief: &str, texts: &[&str], expected: &[&str]) {
    let findings = lint_texts(brief, texts, 0);
    let shown: Vec<String> = findings.iter().map(|f| shown(f, texts)).collect();
    assert_eq!(shown, expected);
}

fn shown(finding: &Finding, texts: &[&str]) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
        Severity::Hint => "hint",
    };
    let text = texts[finding.chunk.0 as usize - 1];
    let suggestion = finding.suggestion.as_ref();
    format!(
        "{} {severity} {} “{}”{}",
        finding.chunk,
        finding.code,
        &text[finding.span.clone()],
        suggestion.map_or(String::new(), |text| format!(" → {text}")),
    )
}

const MARA: &str = "---\nlanguage: en\n---\n# Cast\n## Mara Voss\naka: the Keeper\n## Ilse Brandt\n# Premise\nThe Constance sails from Port Ellary.\n";

#[test]
fn names_drift() {
    for (text, expected) in [
        ("Then Maria lit it.", "1 warning name-drift “Maria” → Mara"),
        ("Maria lit it.", "1 warning name-drift “Maria” → Mara"),
        (
            "It was Maria’s lamp.",
            "1 warning name-drift “Maria” → Mara",
        ),
        ("Out came Ilsa.", "1 warning name-drift “Ilsa” → Ilse"),
        ("Then Mary came.", "1 warning name-drift “Mary” → Mara"),
        // What people are called, perhaps.
        (
            "Then Ilsey came.",
            "1 information name-drift “Ilsey” → Ilse",
        ),
        // Somebody else, who has a name of her own.
        (
            "Then Marie Linden came.",
            "1 information unknown-name “Marie”",
        ),
        ("Then Mara Vos came.", "1 warning name-drift “Vos” → Voss"),
        (
            "Then MARIA VOSS came.",
            "1 warning name-drift “MARIA” → MARA",
        ),
        (
            "Then Mara Linden came.",
            "1 information name-drift “Linden” → Voss",
        ),
        // Both names of somebody may be wrong.
        (
            "Ilsa Brand came.",
            "1 warning name-drift “Ilsa” → Ilse\n1 warning name-drift “Brand” → Brandt",
        ),
    ] {
        let found = lint_texts(MARA, &[text], 0);
        let shown: Vec<String> = found.iter().map(|f| shown(f, &[text])).collect();
        assert_eq!(shown.join("\n"), expected, "{text}");
    }
}

#[test]
fn names_that_are_right_do_not_drift() {
    for text in [
        "Mara Voss and MARA VOSS and Mara’s and the Vosses and the Brandts.",
        "The Keeper kept. Keeping, she kept on. Keep still.",
        "Else nothing. Marry, she said. More than that. Many came.",
        "A brand new boss. The Boss came.",
        "They sailed from Port Ellary on the Constance.",
    ] {
        check(MARA, &[text], &[]);
    }
}

#[test]
fn names_have_endings_where_the_language_gives_them_some() {
    let brief = "---\nlanguage: pl\n---\n# Cast\n## Marta\n";
    check(brief, &["Nie było tam Marty, ale o Marcie mówili."], &[]);
    let brief = "---\nlanguage: de\n---\n# Cast\n## Greta Brandt\n";
    check(brief, &["Der Brand war aus. Gretas Hut lag im Gras."], &[]);
    check(
        brief,
        &["Dann kam Gerta Brandt."],
        &["1 warning name-drift “Gerta” → Greta"],
    );
}

/// A family name of one character is mostly a word by itself.
#[test]
fn words_that_begin_like_a_short_name_do_not_drift() {
    let brief = "---\nlanguage: ja\n---\n# Cast\n## 林 澪\n## 三枝 綾\n";
    check(brief, &["林道は暗い。林間に灯りが見えた。"], &[]);
    check(
        brief,
        &["三枝彩は待った。"],
        &["1 warning name-drift “彩” → 綾"],
    );
}

#[test]
fn new_names_are_told_by_how_often_they_come() {
    let once = "Then Jonas came.";
    check(MARA, &[once], &[]);
    let twice = "Then Jonas came, and Jonas sat. She said, “Monday, Jonas.” The Constance lay in.";
    check(MARA, &[twice], &["1 information unknown-name “Jonas”"]);
    check(
        MARA,
        &["There sat Jonas Reeve."],
        &["1 information unknown-name “Jonas”"],
    );
    let often = "And Jonas came. So Jonas sat. Then Jonas ate, and Jonas slept, and Jonas woke, and Jonas left.";
    check(MARA, &[often], &["1 warning unknown-name “Jonas”"]);
    // Two that stand beside each other once are no third one.
    check(
        MARA,
        &["It made Jonas Karl. Then Jonas sat, and so did Karl, and Jonas slept, and then Karl."],
        &[
            "1 information unknown-name “Jonas”",
            "1 information unknown-name “Karl”",
        ],
    );
    // A compound is named by all of it.
    let capes = "They saw the Cape. The old Cape-Horner smiled at the Cape, and the Cape was far, and the Cape was gone, \
                 and nobody missed the Cape but the man, who loved the Cape.";
    check(
        MARA,
        &[capes],
        &[
            "1 warning unknown-name “Cape”",
            "1 information unknown-name “Cape”",
        ],
    );
    // A word that the story also writes small is no name.
    check(MARA, &["He saw the Tower, and the Tower was a tower."], &[]);
    let spanish = "---\nlanguage: es\n---\n# Cast\n## Fernando\n";
    check(spanish, &["Entonces llegó Bernardo."], &[]);
    let german = "---\nlanguage: de\n---\n# Cast\n## Greta\n";
    check(
        german,
        &["Sie sah den Turm, und der Turm sah den Turm."],
        &[],
    );
}

/// Prose of some length in the first person and the present.
const NOW: &str = "I wake before the bell. The room is cold and my breath stands in it. I put my feet on the boards and count to ten, as I do every day, and then I walk to the window. She is there. She stands at the pump with her back to me and fills the can, and I watch how the water runs over her wrists. I do not call. I know what she thinks of me. When she turns I step back from the glass.";
/// The same for the third person and the past.
const THEN: &str = "Mara woke before the bell. The room was cold and her breath stood in it. She put her feet on the boards and counted to ten, as she did every day, and then she walked to the window. Ilse was there. She stood at the pump with her back to the house and filled the can, and Mara watched how the water ran over her wrists. She did not call. She knew what Ilse thought of her. When she turned Mara stepped back from the glass.";

fn told(pov: &str, tense: &str) -> String {
    format!("---\npov: {pov}\ntense: {tense}\nprotagonist: Mara\n---\n# Cast\n## Mara\n## Ilse\n")
}

#[test]
fn point_of_view_and_tense_are_held_against_the_brief() {
    check(&told("first person", "present"), &[NOW], &[]);
    check(&told("third person", "past"), &[THEN], &[]);
    check(
        &told("third person", "present"),
        &[NOW],
        &["1 warning pov-shift “I”"],
    );
    check(
        &told("first person", "past"),
        &[THEN],
        &["1 warning pov-shift “Mara woke before the bell.”"],
    );
    check(
        &told("first person", "past"),
        &[NOW],
        &["1 warning tense-shift “I wake before the bell.”"],
    );
    check(
        &told("third person", "present"),
        &[THEN],
        &["1 warning tense-shift “Mara woke before the bell.”"],
    );
    // Nothing is asked for, so nothing is wrong, unless nearly all of the story agrees.
    check("# Cast\n## Mara\n## Ilse\n", &[THEN, NOW], &[]);
}

#[test]
fn speech_letters_and_thoughts_may_say_i() {
    let letter = "> I am well. I have my lamp and I want for nothing. I write this by my fire, and I think of my mother.";
    let plain = "My dear Ilse, I am well and I have my lamp. I think of you, and I hope that you and your mother want for nothing. I am yours.";
    let thought = "*I must go now. I must take my lamp, and I must not look back at my door.*";
    let speech = "“I must go,” said Mara. “I must take my lamp and I must not look at my door.”";
    let text = [THEN, letter, plain, thought, speech].join("\n\n");
    check(&told("third person", "past"), &[&text], &[]);
}

#[test]
fn what_always_holds_may_stand_in_the_present() {
    let text = format!(
        "{THEN}\n\nThe tower is ninety feet high. It has one door, which is of oak, and there is a bell above it that is as old as the rock."
    );
    check(&told("third person", "past"), &[&text], &[]);
}

#[test]
fn the_protagonist_may_be_away_where_the_beat_says_so() {
    let brief = |beats: &str| {
        format!("---\nprotagonist: Mara\n---\n# Cast\n## Mara\n## Ilse\n# Outline\n{beats}")
    };
    let without = "She rowed out alone that day, and the sea was flat, and nobody saw her go but the gulls on the wall. By noon she was over the bank and could see down.";
    let texts = [
        without,
        "He came back late, and the sea was rough by then, and nobody saw him land but the cat on the slip. He tied up and went in and sat for a while.",
        "It was three days before anybody asked, and by then the boat was dry again, and the oars hung in the shed, and the tide had taken the marks.",
    ];
    let silent = brief("## One\nx\n## Two\nx\n## Three\nx\n");
    let first = "1 warning protagonist-absent “She rowed out alone that day, and the sea was flat, and nobody saw her go but the gulls on the wall.”";
    check(&silent, &texts, &[first]);
    let of_ilse = brief("## One {cast=Ilse}\nx\n## Two {pov=Ilse}\nx\n## Three {cast=Ilse}\nx\n");
    check(&of_ilse, &texts, &[]);
    let listed = brief("## One {cast=Mara}\nx\n");
    check(
        &listed,
        &texts[..1],
        &[&first.replace("warning", "information")],
    );
}

const RULES: &str = "---\nlanguage: en\n---\n# Rules\n1. Nobody opens the oak door after sunset.\n2. The bell rings four times for a drowned sailor.\n3. No boat lands while the bell is ringing.\n";

#[test]
fn rules_keep_their_numbers_and_their_words() {
    for (text, expected) in [
        ("Rule 1: nobody opens the oak door after sunset.", ""),
        ("“Remember rule three,” she said.", ""),
        ("She broke the second rule that night.", ""),
        ("The first rule of baking is to keep your hands cold.", ""),
        (
            "Rule 2: nobody opens the oak door after sunset.",
            "1 warning rule-renumbered “2” → 1",
        ),
        (
            "The ninth rule said that the bell rings four times for a drowned sailor.",
            "1 warning rule-renumbered “ninth”",
        ),
        (
            "He had forgotten rule 9.",
            "1 information rule-renumbered “9”",
        ),
        (
            "Rule two says the bell rings six times for a drowned sailor.",
            "1 warning rule-contradicted “Rule two says the bell rings six times for a drowned sailor.”",
        ),
        (
            "Rule one: anybody opens the oak door after sunset.",
            "1 warning rule-contradicted “Rule one: anybody opens the oak door after sunset.”",
        ),
        (
            "Rule three: keepers sleep in daylight and eat cold porridge.",
            "1 warning rule-contradicted “Rule three: keepers sleep in daylight and eat cold porridge.”",
        ),
    ] {
        let found = lint_texts(RULES, &[text], 0);
        let shown: Vec<String> = found.iter().map(|f| shown(f, &[text])).collect();
        assert_eq!(shown.join("\n"), expected, "{text}");
    }
}

#[test]
fn repetition_is_found_however_far_apart() {
    let same = "and the wind went round the house as if it had lost something there";
    let one = format!("It was late, {same}.");
    let other = format!("Nobody slept, {}. Then it was day.", same.to_uppercase());
    check(
        "",
        &[&one, "Something else.", &other],
        &[&format!(
            "3 hint repeated-passage “{}”",
            same.to_uppercase()
        )],
    );
    let short =
        "She went up the stairs and lit the lamp. He came. She went up the stairs and lit a fire.";
    check("", &[short], &[]);
}

/// Many words, all of them different, so that only whole copies repeat.
fn passage(words: std::ops::Range<usize>) -> String {
    let words: Vec<String> = words.map(|nth| format!("word{nth}")).collect();
    words.join(" ")
}

#[test]
fn a_repeat_matters_by_its_length_and_kind() {
    for (words, expected) in [
        (11, None),
        (12, Some(Severity::Hint)),
        (29, Some(Severity::Hint)),
        (30, Some(Severity::Information)),
        (59, Some(Severity::Information)),
        (60, Some(Severity::Warning)),
    ] {
        let copy = passage(0..words);
        let one = format!("He spoke, {copy}. It was so.");
        let other = format!("She wrote, {copy}. Nobody came.");
        let found = lint_texts("", &[&one, "Something else.", &other], 0);
        let severities: Vec<Severity> = found.iter().map(|found| found.severity).collect();
        assert_eq!(severities.first().copied(), expected, "{words} words");
    }
    // Twice in a row, as a model in a loop writes it.
    let sentence = format!("Then {}.", passage(0..14));
    let found = lint_texts("", &[&format!("It rained. {sentence} {sentence}")], 0);
    assert_eq!(found[0].severity, Severity::Warning, "{found:?}");
}

#[test]
fn a_turn_of_phrase_on_both_sides_of_a_seam_is_style() {
    let end = "She knew that the book ran two days ahead and that it was hers.";
    let next = "She still knew that the book ran two days ahead. It was late.";
    check(
        "",
        &[end, next],
        &["2 hint seam-echo “knew that the book ran two days ahead”"],
    );
}

#[test]
fn a_seam_echoes_only_between_neighbours() {
    let end = "She went up and lit the lamp for the night.";
    let next = format!("{end} In the morning it was out.");
    check(
        "",
        &[end, &next],
        &[&format!(
            "2 warning seam-echo “{}”",
            end.trim_end_matches('.')
        )],
    );
    check("", &[end, "Nothing of the kind.", &next], &[]);
}

#[test]
fn lengths_are_scored() {
    let brief = "---\nlanguage: en\n---\n";
    let codes = |words: usize| {
        let text = "It rained. ".repeat(words / 2);
        let found = lint_texts(brief, &[&text], 100);
        let lengths = found.iter().filter(|finding| finding.code == "length");
        lengths.map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(codes(40), [Severity::Warning]);
    assert_eq!(codes(70), [Severity::Information]);
    assert_eq!(codes(100), []);
    assert_eq!(codes(130), [Severity::Information]);
    assert_eq!(codes(160), [Severity::Warning]);
    assert_eq!(codes(0), [Severity::Warning]);
}

#[test]
fn worn_phrases_may_be_used_once() {
    let used = "He let out a breath.";
    check("", &[used], &[]);
    check(
        "",
        &[used, used, used],
        &[
            "2 hint worn-phrase “let out a breath”",
            "3 hint worn-phrase “let out a breath”",
        ],
    );
}
