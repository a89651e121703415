use super::*;
use crate::provider::demo::character::Gender;
use crate::provider::demo::pack::Pack;

fn people() -> Vec<Character> {
    let person = |full: &str, name: &str, gender| Character {
        full: full.to_owned(),
        name: name.to_owned(),
        gender,
    };
    vec![
        person("Mara Voss", "Mara", Gender::Feminine),
        person("Ilse", "Ilse", Gender::Feminine),
        person("Jonas", "Jonas", Gender::Masculine),
    ]
}

fn adapted(sentence: &str, person: Person, tense: Tense, still: Still) -> String {
    let cast = people();
    let pack = Pack::of("en").unwrap();
    let adapter = Adapter::new(pack, person, tense, &cast[0], &cast);
    adapt(&adapter, &[sentence.to_owned()], still).concat()
}

#[test]
fn tells_an_outline_in_the_first_person_and_the_past() {
    for (outline, story) in [
        (
            "Mara climbs the stairs and finds the logbook open.",
            "I climbed the stairs and found the logbook open.",
        ),
        (
            "Ilse tells Mara that the lamp is broken.",
            "Ilse told me that the lamp was broken.",
        ),
        (
            "Mara’s hands shake, and she cannot hold her cup.",
            "My hands shook, and I could not hold my cup.",
        ),
        ("Mara and Jonas row out.", "Jonas and I rowed out."),
        ("Jonas asks her to stay.", "Jonas asked me to stay."),
        (
            "Mara knows that Ilse lied to her.",
            "I knew that Ilse lied to me.",
        ),
        (
            "Mara is alone; the lamp burns low.",
            "I was alone; the lamp burned low.",
        ),
        (
            "The stone steps lead down to the water.",
            "The stone steps led down to the water.",
        ),
        ("Jonas does not see Mara.", "Jonas did not see me."),
        (
            "Mara hides the book under her coat and waits.",
            "I hid the book under my coat and waited.",
        ),
        ("The crew has drowned.", "The crew had drowned."),
        (
            "Jonas lets himself in and hangs his coat on the hook.",
            "Jonas let himself in and hung his coat on the hook.",
        ),
        ("“Mara knows,” says Ilse.", "“Mara knows,” said Ilse."),
        (
            "A storm. No boats for weeks.",
            "A storm. No boats for weeks.",
        ),
        (
            "They reach the harbor and find it empty.",
            "They reached the harbor and found it empty.",
        ),
        ("Mara unscrews the lens.", "I unscrewed the lens."),
        ("Ilse sends Mara away.", "Ilse sent me away."),
        ("Behind Mara a door opens.", "Behind me a door opened."),
    ] {
        assert_eq!(
            adapted(outline, Person::First, Tense::Past, Still::No),
            story
        );
    }
}

#[test]
fn tells_an_outline_in_other_persons_and_tenses() {
    let outline = "Mara climbs the stairs and finds her lamp dark; she is not afraid.";
    for (person, tense, story) in [
        (
            Person::First,
            Tense::Present,
            "I climb the stairs and find my lamp dark; I am not afraid.",
        ),
        (
            Person::Third,
            Tense::Past,
            "Mara climbed the stairs and found her lamp dark; she was not afraid.",
        ),
        (Person::Third, Tense::Present, outline),
        (
            Person::Second,
            Tense::Past,
            "You climbed the stairs and found your lamp dark; you were not afraid.",
        ),
    ] {
        assert_eq!(adapted(outline, person, tense, Still::No), story);
    }
}

#[test]
fn a_lasting_state_is_still_so() {
    for (outline, story) in [
        ("Mara is alone.", "I was still alone."),
        ("Jonas has the key.", "Jonas still had the key."),
        ("Ilse does not know.", "Ilse still did not know."),
    ] {
        assert_eq!(
            adapted(outline, Person::First, Tense::Past, Still::Yes),
            story
        );
    }
}
