//! What is reported about front matter.

use super::*;

#[test]
fn front_matter_values() {
    let cases: &[(&str, &[Expected])] = &[
        (
            "title: Storm\ntarget_words: «lots»",
            &[("mistyped-value", Error, "`lots` is not a whole number")],
        ),
        (
            "title: Storm\ntarget_words: «-5»",
            &[("mistyped-value", Error, "less than nothing")],
        ),
        (
            "title: Storm\ntarget_words: «0»",
            &[("mistyped-value", Error, "no length at all")],
        ),
        (
            "title: Storm\ntarget_words: «1500.5»",
            &[("mistyped-value", Error, "plain whole number")],
        ),
        (
            "title: Storm\ntarget_words: «1e4»",
            &[("mistyped-value", Error, "plain whole number")],
        ),
        (
            "title: Storm\ntarget_words: «99999999999»",
            &[("mistyped-value", Error, "too large")],
        ),
        (
            "title: Storm\ntarget_words: «12k»",
            &[("mistyped-value", Error, "not a whole number")],
        ),
        (
            "title: Storm\ntarget_words: «[1, 2]»",
            &[("mistyped-value", Error, "a number of words")],
        ),
        (
            "title: Storm\nchunk_words: «200000»",
            &[("mistyped-value", Error, "too large")],
        ),
        (
            "title: «[Draft]» ",
            &[("mistyped-value", Warning, "quotes")],
        ),
        (
            "title: Storm\nlanguage: «English»",
            &[("mistyped-value", Error, "Did you mean `en`?")],
        ),
        (
            "title: Storm\nlanguage: «pt_BR»",
            &[("mistyped-value", Error, "Did you mean `pt-BR`?")],
        ),
        (
            "title: Storm\nlanguage: «日本語»",
            &[("mistyped-value", Error, "Did you mean `ja`?")],
        ),
        (
            "title: Storm\nlanguage: «the old tongue»",
            &[("mistyped-value", Error, "such as en")],
        ),
        (
            "title: Storm\nlanguage: «jp»",
            &[("unknown-language", Warning, "Did you mean `ja`?")],
        ),
    ];
    for (lines, expected) in cases {
        // The one that is not a title of its own leaves the brief without.
        if lines.starts_with("title: «") {
            let (_, rest) = (lines, expected);
            let text = with_front_matter(lines);
            check(
                &text.replacen("---", "«---»", 1),
                &[&[("missing-title", Warning, "no title")], *rest].concat(),
            );
        } else {
            check(&with_front_matter(lines), expected);
        }
    }
}

#[test]
fn front_matter_values_that_are_fine() {
    for lines in [
        "title: Storm\ntarget_words: \"1500\"",
        "title: Storm\ntarget_words: 1_500",
        "title: Storm\ntarget_words: '1,500'",
        "title: Storm\ntarget_words: １５００",
        "title: 1984\ntense: ~\npov:\nprotagonist: null",
        "title: yes\nlanguage: zh-Hant-TW",
        "title: Storm\nlanguage: x-elvish",
        "title: Storm\nlanguage: tlh # Klingon",
        "title: >\n  The Storm\n  at Sea\nauthor: A. Writer\ntags: [a, b]\ndate: 2024-01-01",
        "# settings\ntitle: Storm\n\n\npov: first person",
        "title: !!str 12",
        "title: &name Storm",
    ] {
        check(&with_front_matter(lines), &[]);
    }
}

#[test]
fn front_matter_keys() {
    let cases: &[(&str, &[Expected])] = &[
        (
            "title: Storm\n«targt_words»: 900",
            &[("unknown-key", Warning, "Did you mean `target_words`?")],
        ),
        (
            "title: Storm\n«target-words»: 900",
            &[("unknown-key", Warning, "Did you mean `target_words`?")],
        ),
        (
            "title: Storm\n«POV»: first",
            &[("unknown-key", Warning, "Did you mean `pov`?")],
        ),
        (
            "title: Storm\n«hero»: Mara",
            &[("unknown-key", Warning, "Did you mean `protagonist`?")],
        ),
        (
            "title: Storm\n«genre»: horror",
            &[("unknown-key", Hint, "goes into a section")],
        ),
        (
            "title: Storm\n«provider»: anthropic",
            &[("setting-not-allowed", Warning, "storywright.toml")],
        ),
        (
            "title: Storm\n«models.draft»: big",
            &[("setting-not-allowed", Warning, "storywright.toml")],
        ),
        (
            "title: Storm\n«timeouts»:\n  idle: 5",
            &[("setting-not-allowed", Warning, "storywright.toml")],
        ),
        (
            "title: Storm\n«base_url»: http://evil",
            &[("setting-not-allowed", Warning, "your own config.toml")],
        ),
        (
            "title: Storm\n«api-key-command»: rm",
            &[("setting-not-allowed", Warning, "your own config.toml")],
        ),
        (
            "title: Storm\n«api_key»: sk-123",
            &[("setting-not-allowed", Warning, "ANTHROPIC_API_KEY")],
        ),
        (
            "title: Storm\n«title»: Calm",
            &[("duplicate-key", Warning, "set twice")],
        ),
        (
            "title: Storm\n«[a, b]»: c",
            &[("unknown-key", Warning, "plain word")],
        ),
    ];
    for (lines, expected) in cases {
        check(&with_front_matter(lines), expected);
    }
}

#[test]
fn front_matter_that_is_no_yaml() {
    let cases: &[(&str, &str)] = &[
        ("«title: Storm: A Story»", "has to stand in quotes"),
        ("«title: \"Storm»", "never closed"),
        ("title: Storm\n\t«pov: first»", "tab"),
        ("title: Storm\n«pov: @first»", "special character"),
        ("«- title»\n- pov", "list of settings"),
        ("«just some words»", "list of settings"),
        ("title: Storm\n«pov: *nobody»", "quotes"),
        ("title: &a Storm\npov: «*a»", "not followed"),
        ("title: Storm\nthe rest", "can't be read"),
    ];
    for (lines, words) in cases {
        let marked = with_front_matter(lines);
        let (text, ranges) = unmark(&marked);
        let brief = parse(&text);
        let shown = listed(&text, &brief.problems);
        assert_eq!(brief.problems.len(), 1, "{marked}\n{shown}");
        let problem = &brief.problems[0];
        assert_eq!(problem.code, "bad-front-matter", "{marked}\n{shown}");
        assert!(problem.message.contains(words), "{marked}\n{shown}");
        if let Some(range) = ranges.first() {
            assert_eq!(&problem.span, range, "{marked}\n{shown}");
        }
        assert_eq!(
            brief.beats.len(),
            1,
            "the rest is read all the same: {marked}"
        );
    }
}

#[test]
fn front_matter_fences() {
    check(
        "«---»\ntitle: Storm\n\n# Outline\n## One\nIt begins.\n",
        &[("unclosed-front-matter", Error, "has no end")],
    );
    // A line across the page further down does not close it.
    check(
        "«---»\ntitle: Storm\n# Outline\n## One\nIt begins.\n\n---\n\nIt ends.\n",
        &[("unclosed-front-matter", Error, "has no end")],
    );
    check(
        "---\ntitle: Storm\n...\n# Outline\n## One\nIt begins.\n",
        &[],
    );
    check(
        "\n---  \ntitle: Storm\n---\t\n# Outline\n## One\nIt begins.\n",
        &[],
    );
    // Without settings it is a line across the page.
    check(
        "«---»\n\n# Outline\n## One\nIt begins.\n",
        &[("missing-title", Warning, "no title")],
    );
}
