//! Going on behind what is written.

use super::{PACKS, english, length, repeated, scene, text};
use crate::provider::demo::completion;
use crate::provider::demo::lines::ends_sentence;

#[test]
fn goes_on_from_every_character() {
    for language in PACKS.iter().copied().chain(["fr"]) {
        let mut scene = scene(language, 1, 100);
        let whole = text(&scene);
        for (cut, _) in whole.char_indices().chain([(whole.len(), ' ')]) {
            scene.so_far = whole[..cut].to_owned();
            assert_eq!(
                format!("{}{}", scene.so_far, text(&scene)),
                whole,
                "{language} {cut}"
            );
        }
    }
}

#[test]
fn white_space_at_the_cut_does_not_matter() {
    let whole = "One two.\n\nThree four.";
    for (so_far, rest) in [
        ("One two.\n\n", "Three four."),
        ("One two.\n", "\nThree four."),
        ("One two. ", "\n\nThree four."),
        ("One \n", "two.\n\nThree four."),
        ("One two.\n\nThree four.\n", ""),
    ] {
        assert_eq!(
            completion::remainder(whole, so_far).as_deref(),
            Some(rest),
            "{so_far:?}"
        );
    }
    assert_eq!(completion::remainder(whole, "One too"), None);
}

#[test]
fn goes_on_after_a_text_of_somebody_else() {
    for language in PACKS {
        let mut scene = scene(language, 1, 600);
        let start = text(&scene);
        let half = start.chars().count() / 2;
        let start = start.chars().take(half).collect::<String>();
        for (so_far, begins) in [
            (format!("x{start}."), "\n\n"),
            (format!("x{start}.\n"), "\n"),
            (format!("x{start}.\n\n"), ""),
        ] {
            scene.so_far = so_far.clone();
            let rest = text(&scene);
            let spaces = rest.len() - rest.trim_start().len();
            assert_eq!(&rest[..spaces], begins);
            let whole = format!("{so_far}{rest}");
            let length = length(&scene, &whole);
            assert!(length.abs_diff(600) <= 12, "{language} {length}");
            assert!(ends_sentence(&whole));
            assert_eq!(repeated(&whole), Vec::<String>::new());
            let last = scene.exit.clone().unwrap();
            assert!(!last.is_empty());
        }
    }
}

#[test]
fn goes_on_with_what_it_began_after_somebody_else() {
    for language in PACKS {
        let mut scene = scene(language, 1, 300);
        for theirs in ["Quite another text.", "And it broke off in the"] {
            scene.so_far = theirs.to_owned();
            let rest = text(&scene);
            let cuts: Vec<usize> = rest.char_indices().map(|(cut, _)| cut).collect();
            for cut in cuts.into_iter().filter(|cut| *cut > 40).step_by(37) {
                scene.so_far = format!("{theirs}{}", &rest[..cut]);
                let whole = format!("{}{}", scene.so_far, text(&scene));
                assert_eq!(whole, format!("{theirs}{rest}"), "{language} {cut}");
            }
        }
    }
}

#[test]
fn a_broken_sentence_is_closed() {
    let mut scene = english(1, 300);
    scene.so_far = "The keeper before me had walked to the".to_owned();
    let rest = text(&scene);
    let (first, _) = rest.split_once("\n\n").unwrap();
    assert!(first.starts_with(" —") && first.ends_with('.'), "{first}");
}

#[test]
fn adds_at_most_a_sentence_to_a_text_that_is_long_enough() {
    let mut scene = english(1, 100);
    scene.so_far = "Nothing of this is ours, but there is plenty of it. ".repeat(10);
    assert_eq!(text(&scene), "");
    scene.so_far.push_str("And then the");
    let rest = text(&scene);
    assert!(
        rest.split_whitespace().count() < 10 && rest.ends_with('.'),
        "{rest}"
    );
    scene.so_far.clear();
    scene.so_far = text(&scene);
    assert_eq!(text(&scene), "");
}
