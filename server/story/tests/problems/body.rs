//! What is reported about sections, cast, rules, outline and lengths.

use super::*;

#[test]
fn a_brief_of_nothing() {
    for text in ["", "\u{feff}", "\n\n", " \t "] {
        let codes: Vec<_> = parse(text).problems.iter().map(|p| p.code).collect();
        assert_eq!(codes, ["no-outline", "missing-title"], "{text:?}");
    }
}

#[test]
fn sections() {
    let cases: &[(&str, &[Expected])] = &[
        (
            "«Some words.»\n\n# Premise\nA storm.",
            &[("text-before-sections", Warning, "never sent")],
        ),
        (
            "«## Mara»\n\n# Premise\nA storm.",
            &[("text-before-sections", Warning, "never sent")],
        ),
        (
            "# Premise\nA storm.\n«# PREMISE:»\nAnother.",
            &[("duplicate-section", Warning, "Join the two")],
        ),
        (
            "«# Premis»\nA storm.",
            &[("section-name", Hint, "Did you mean # Premise?")],
        ),
        (
            "«# Characters»\nMara.",
            &[("section-name", Hint, "Did you mean # Cast?")],
        ),
        ("# Cast\n## Mara\nA keeper.\n# Characters\nNot needed.", &[]),
        (
            "«# My notes»\nHush.",
            &[("section-not-private", Warning, "is sent")],
        ),
        ("# Notes\nHush.\n# Notes\nHush, hush.", &[]),
        ("«#»\nWords.", &[("untitled-section", Warning, "no name")]),
        (
            "# Premise\n«## Setting»\nA rock.",
            &[("section-level", Warning, "# Setting")],
        ),
        (
            "# The Sea\nDeep.\n# **Style**\nPlain.\nSetting\n=======\nA rock.",
            &[],
        ),
        (
            "# Premise\nA «<!--» storm.\n\nAnd more.",
            &[("unclosed-comment", Warning, "next blank line")],
        ),
        ("# Premise\nA <!-- storm.\n\nAnd more. --> sea.", &[]),
        (
            "# Premise\nA «<!--» storm.\n\nAnd more <!-- of it -->.",
            &[("unclosed-comment", Warning, "next blank line")],
        ),
        (
            "# Premise\nWrite `<!--` or \\<!-- so.\n\n```\n<!-- \n```\n",
            &[],
        ),
        (
            "# Premise\n«<!-- sw: colder -->»\nA storm.",
            &[("note-outside-beat", Hint, "does nothing")],
        ),
    ];
    for (body, expected) in cases {
        check(&with_body(body), expected);
    }
}

#[test]
fn a_comment_without_end() {
    let text = "---\ntitle: Storm\n---\n# Outline\n## One\nIt begins.\n\n«<!--» sw: never\n\n## Two\nGone.\n";
    check(text, &[("unclosed-comment", Warning, "next blank line")]);
    let (text, _) = unmark(text);
    let brief = parse(&text);
    assert_eq!(brief.beats.len(), 2, "what is below stays");
    assert_eq!(brief.beats[0].text, "It begins.");
}

#[test]
fn cast() {
    let cases: &[(&str, &[Expected])] = &[
        (
            "# Cast\n«##»\nWho?",
            &[("unnamed-character", Warning, "no name")],
        ),
        (
            "«# Cast»\n- Mara, a keeper",
            &[("cast-without-characters", Warning, "## Mara Voss")],
        ),
        (
            "# Cast\n## Mara\n## «MARA»",
            &[("duplicate-character", Warning, "a character above")],
        ),
        (
            "# Cast\n## Mara Voss\naka: Mara\n## «Mara»",
            &[("duplicate-character", Warning, "names Mara Voss")],
        ),
        (
            "# Cast\n## Mara\naka: the boss\n## «Ilse»\naka: Mate, The Boss",
            &[(
                "shared-alias",
                Warning,
                "`The Boss` stands for Mara and for Ilse",
            )],
        ),
        (
            "# Cast\n## Mara\n## «Ilse»\naka: mara",
            &[("shared-alias", Warning, "for Mara and for Ilse")],
        ),
        ("# Cast\n## Mara Voss\naka: Mara, Mara\n## Ilse\n", &[]),
        ("# Cast\n\n", &[]),
    ];
    for (body, expected) in cases {
        check(&with_body(body), expected);
    }
    let text = |protagonist: &str| {
        with_front_matter(&format!("title: Storm\nprotagonist: {protagonist}"))
            + "# Cast\n## Mara Voss\naka: the keeper\n"
    };
    check(
        &text("«Ilse»"),
        &[("unknown-protagonist", Warning, "`Ilse`")],
    );
    for known in ["Mara Voss", "mara", "The Keeper", "VOSS"] {
        check(&text(known), &[]);
    }
}

#[test]
fn rules() {
    let cases: &[(&str, &[Expected])] = &[
        ("1. One.\n2. Two.\n3. Three.", &[]),
        (
            "These hold always:\n\n1. One.\n   More of it.\n\n   And more.\n2) Two.",
            &[],
        ),
        (
            "1. One.\n«3. Three.»",
            &[("rule-numbers", Warning, "rule 2 is missing")],
        ),
        (
            "1. One.\n«5. Five.»\n6. Six.",
            &[("rule-numbers", Warning, "rules 2 to 4 are missing")],
        ),
        (
            "1. One.\n«1. Two.»\n«1. Three.»",
            &[
                ("rule-numbers", Warning, "two rules 1"),
                ("rule-numbers", Warning, "two rules 1"),
            ],
        ),
        (
            "«2. Two.»\n3. Three.",
            &[("rule-numbers", Warning, "begin with 2")],
        ),
        (
            "1. One.\n2. Two.\n«0. Nothing.»",
            &[("rule-numbers", Warning, "in order")],
        ),
        (
            "1. One.\n«2.»\n3. Three.",
            &[("empty-rule", Warning, "Rule 2 says nothing")],
        ),
        (
            "«- No magic.»\n- No dogs.",
            &[("unnumbered-rule", Warning, "numbered list")],
        ),
        (
            "«No magic.»",
            &[("unnumbered-rule", Warning, "numbered list")],
        ),
        ("١. واحد\n٢. اثنان", &[]),
        ("１．一つ\n２、二つ", &[]),
    ];
    for (rules, expected) in cases {
        check(&with_body(&format!("# Rules\n{rules}")), expected);
    }
}

#[test]
fn outline() {
    check(
        "---\ntitle: Storm\n---\n«# Outline»\n\nLater.\n",
        &[("no-outline", Error, "`plan`")],
    );
    check(
        "«---»\ntitle: Storm\n---\n# Premise\nA storm.\n",
        &[("no-outline", Error, "`plan`")],
    );
    let cases: &[(&str, &[Expected])] = &[
        (
            "«## One»\n## Two\nWords.",
            &[("empty-beat", Warning, "Nothing is said")],
        ),
        (
            "«## One»\n<!-- later -->\n## Two\nEnter: Here.",
            &[("empty-beat", Warning, "Nothing is said")],
        ),
        (
            "## One\n«Enter:»\nWords.\n«**Exit:**» ",
            &[
                ("empty-state", Warning, "before"),
                ("empty-state", Warning, "after"),
            ],
        ),
        (
            "## One {#a}\nWords.\n## Two {#«a»}\nWords.",
            &[("duplicate-beat-id", Error, "{#a-2}")],
        ),
        (
            "## The Storm!\nWords.\n## «the storm»\nWords.",
            &[("duplicate-beat-id", Error, "`The Storm!`")],
        ),
        (
            "## Storm\nWords.\n## Two {#«storm»}\nWords.",
            &[("duplicate-beat-id", Error, "`Storm`")],
        ),
        (
            "«## ???»\nWords.",
            &[("unnamed-beat", Warning, "No id can be made")],
        ),
        ("«##»\nWords.", &[("unnamed-beat", Warning, "no heading")]),
        (
            "## One\nWords.\n\n«The storm ends.\n---»\nMore.",
            &[("accidental-heading", Warning, "line of dashes")],
        ),
        (
            "## Act {words=«5k»}\nWords.",
            &[("bad-words", Error, "`5k`")],
        ),
        (
            "## Act «{words=900}»\nAll of it.\n### One\nWords.",
            &[("chapter-attributes", Warning, "on its beats")],
        ),
        ("## Act {#act-one}\n### One\nWords.\n## Two\nWords.", &[]),
        ("### One\nWords.\n### Two\nWords.", &[]),
    ];
    for (outline, expected) in cases {
        check(&with_outline(outline), expected);
    }
}

#[test]
fn attributes() {
    let cases: &[(&str, &[Expected])] = &[
        (
            "«{#storm words=200»",
            &[("broken-attributes", Error, "no closing brace")],
        ),
        (
            "{#storm pov=«\"first»}",
            &[("broken-attributes", Error, "never closed")],
        ),
        (
            "«{#storm}» and calm",
            &[("broken-attributes", Warning, "very end")],
        ),
        (
            "{words=«abc»}",
            &[("bad-words", Error, "`abc` is not a whole number")],
        ),
        ("{words=«0»}", &[("bad-words", Error, "no length at all")]),
        ("{words=«-3»}", &[("bad-words", Error, "less than nothing")]),
        ("{words=«»}", &[("bad-words", Error, "1,000,000")]),
        ("{words=«20»}", &[("short-beat", Warning, "too short")]),
        (
            "{#storm «wrods»=200}",
            &[("unknown-attribute", Warning, "Did you mean `words`?")],
        ),
        (
            "{#storm «mood»=dark}",
            &[("unknown-attribute", Warning, "#id, words, cast, after, pov")],
        ),
        (
            "{#storm «words»}",
            &[("broken-attributes", Warning, "has no value")],
        ),
        (
            "{#the «storm»}",
            &[("broken-attributes", Warning, "neither an id")],
        ),
        (
            "{#storm pov=third «person»}",
            &[("broken-attributes", Warning, "quotes")],
        ),
        (
            "{#storm «.dark»}",
            &[("broken-attributes", Warning, "neither an id")],
        ),
        ("{#«Storm_One»}", &[("bad-beat-id", Warning, "`storm-one`")]),
        ("{«#»}", &[("bad-beat-id", Warning, "at least one letter")]),
        (
            "{#storm #«calm»}",
            &[("repeated-attribute", Warning, "one id")],
        ),
        (
            "{words=200 «words»=300}",
            &[("repeated-attribute", Warning, "the first one counts")],
        ),
        ("{#storm words=2,000 pov=\"third person\"}", &[]),
        ("{ #storm  words = 200 }", &[]),
        ("{id=storm}", &[]),
        ("{}", &[]),
        ("in {curly} braces {#storm} ##", &[]),
        ("of the {year}", &[]),
    ];
    for (attributes, expected) in cases {
        check(
            &with_outline(&format!("## The Storm {attributes}\nWords.")),
            expected,
        );
    }
    let cast = "# Cast\n## Mara Voss\naka: the keeper\n## Ilse\n";
    check(
        &with_outline(&format!(
            "## One {{cast=\"Mara, «Crale», THE KEEPER\"}}\nWords.\n{cast}"
        )),
        &[("unknown-character", Warning, "`Crale`")],
    );
    check(
        &with_outline("## One {cast=«Mara»}\nWords."),
        &[("unknown-character", Warning, "`Mara`")],
    );
}

#[test]
fn after() {
    let cases: &[(&str, &[Expected])] = &[
        (
            "## A {#a}\nW.\n## B {after=«c»}\nW.",
            &[("after-unknown", Error, "no beat `c`")],
        ),
        (
            "## Storm\nW.\n## B {after=«strom»}\nW.",
            &[("after-unknown", Error, "Did you mean `storm`?")],
        ),
        (
            "## A {#a after=«a»}\nW.",
            &[("after-itself", Error, "itself")],
        ),
        (
            "## A {#a after=b}\nW.\n## B {#b after=«a»}\nW.",
            &[("after-cycle", Error, "`a` after `b` after `a`")],
        ),
        (
            "## A {#a after=c}\nW.\n## B {#b after=«a»}\nW.\n## C {#c after=\"#b\"}\nW.",
            &[("after-cycle", Error, "`a` after `c` after `b` after `a`")],
        ),
        (
            "## A {#a}\nW.\n## B {#b after=\"a, a\"}\nW.\n## C {after=\"A，b\"}\nW.",
            &[],
        ),
    ];
    for (outline, expected) in cases {
        check(&with_outline(outline), expected);
    }
}

#[test]
fn lengths() {
    let text = |target: &str, outline: &str| {
        format!(
            "---\ntitle: Storm\ntarget_words: {target}\nchunk_words: 500\n---\n# Outline\n{outline}\n"
        )
    };
    let beats = |count: usize| {
        (0..count)
            .map(|n| format!("## Beat {n}\nW.\n"))
            .collect::<String>()
    };
    let cases: &[(&str, String, &[Expected])] = &[
        ("2000", beats(4), &[]),
        (
            "«30»",
            beats(1),
            &[("impossible-target", Error, "No story fits into 30 words")],
        ),
        (
            "«400»",
            beats(12),
            &[(
                "impossible-target",
                Error,
                "400 words for 12 beats make 33 each, and a beat needs 50. Raise `target_words` to 600",
            )],
        ),
        (
            "«1000»",
            "## A {words=600}\nW.\n## B {words=400}\nW.\n## C\nW.".to_owned(),
            &[(
                "impossible-target",
                Error,
                "2 beats with words= take 1,000 of 1,000 words, and nothing is left for the other one. Raise `target_words` to 1,050",
            )],
        ),
        (
            "«1000»",
            "## A {words=600}\nW.\n## B {words=300}\nW.".to_owned(),
            &[(
                "words-do-not-add-up",
                Warning,
                "add up to 900 words, and `target_words` is 1,000",
            )],
        ),
        (
            "1000",
            "## A {words=600}\nW.\n## B {words=400}\nW.".to_owned(),
            &[],
        ),
        (
            "«16,700»",
            beats(2),
            &[(
                "long-beats",
                Warning,
                "2 beats for 16,700 words make 8,350 each, far more than a chunk of 500. About 33 beats",
            )],
        ),
        (
            "«4000»",
            beats(1),
            &[(
                "long-beats",
                Warning,
                "1 beat for 4,000 words makes 4,000 each",
            )],
        ),
    ];
    for (target, outline, expected) in cases {
        check(&text(target, outline), expected);
    }
}

#[test]
fn a_language_that_is_not_named() {
    check(
        "«---»\ntitle: 灯台守\n---\n# Outline\n## 嵐\n嵐が来る。\n",
        &[("missing-language", Warning, "`language: …`")],
    );
    check(
        "---\ntitle: 灯台守\nlanguage: ja\n---\n# Outline\n## 嵐\n嵐が来る。\n",
        &[],
    );
    check(
        "---\ntitle: El faro\n---\n# Outline\n## Tormenta\nLlega la tormenta. Años después.\n",
        &[],
    );
}
