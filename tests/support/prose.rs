//! Plain, varied prose of any length, as a model would write it. Deterministic for a seed.

/// Exactly `words` words in whole sentences and paragraphs; every seed gives another text.
pub fn prose(words: usize, seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut text = String::new();
    let mut written = 0;
    let mut sentences = 0;
    while written < words {
        let left = words - written;
        let mut sentence = sentence(&mut random);
        let length = sentence.len();
        // The last sentence is made to fit: no stump of a few words at the end.
        if left < length + 5 {
            while sentence.len() < left {
                let more = self::sentence(&mut random);
                sentence.push("and");
                sentence.extend(more);
            }
            sentence.truncate(left);
            finish_well(&mut sentence, &mut random);
        }
        written += sentence.len();
        if !text.is_empty() {
            text.push_str(if sentences % 5 == 0 { "\n\n" } else { " " });
        }
        sentences += 1;
        text.push_str(&in_writing(&sentence));
    }
    text
}

/// The same in Japanese: exactly `characters` characters, punctuation not counted.
pub fn japanese_prose(characters: usize, seed: u64) -> String {
    const PHRASES: &[&str] = &[
        "夜の港に雨が降っていた",
        "灯台の光が海を渡った",
        "彼女は古い扉を静かに閉めた",
        "遠くで鐘が三度鳴った",
        "風が窓の隙間を抜けていった",
        "誰も名前を呼ばなかった",
        "朝になると霧は晴れていた",
        "石段は冷たく濡れていた",
    ];
    let mut random = fastrand::Rng::with_seed(seed);
    let mut text = String::new();
    let mut left = characters;
    while left > 0 {
        let phrase: Vec<char> = PHRASES[random.usize(..PHRASES.len())].chars().collect();
        let taken = phrase.len().min(left);
        text.extend(&phrase[..taken]);
        text.push('。');
        left -= taken;
    }
    text
}

fn sentence(random: &mut fastrand::Rng) -> Vec<&'static str> {
    const OPENINGS: &[&str] = &[
        "",
        "",
        "",
        "",
        "by evening",
        "before the tide turned",
        "in the half light",
        "all that week",
        "when the wind dropped",
        "long after supper",
        "without a word",
        "at the second bell",
        "as the kettle cooled",
        "on the far side of the yard",
        "toward morning",
        "once more",
        "for the first time in years",
        "while the others slept",
    ];
    const SUBJECTS: &[&str] = &[
        "the keeper",
        "a thin boy",
        "the old woman",
        "somebody",
        "the harbour master",
        "a gull",
        "the carpenter",
        "her brother",
        "the stranger",
        "the last boat",
        "a dog",
        "the doctor",
        "the girl at the window",
        "the quarryman",
        "nobody",
        "the ferryman",
        "the postman",
        "the widow next door",
        "the younger sister",
        "the man with the lantern",
    ];
    const VERBS: &[&str] = &[
        "watched",
        "carried",
        "remembered",
        "mended",
        "counted",
        "crossed",
        "followed",
        "left",
        "found",
        "painted",
        "hid",
        "measured",
        "opened",
        "passed",
        "forgot",
        "held",
        "described",
        "kept",
        "lost",
        "circled",
        "guarded",
        "lifted",
        "moved",
        "studied",
    ];
    const ADJECTIVES: &[&str] = &[
        "",
        "",
        "narrow",
        "salt stained",
        "quiet",
        "heavy",
        "half empty",
        "crooked",
        "pale",
        "unlit",
        "familiar",
        "broken",
        "wet",
        "borrowed",
        "nameless",
        "sunken",
        "windless",
        "green",
        "patient",
        "hollow",
    ];
    const OBJECTS: &[&str] = &[
        "stair",
        "ledger",
        "field",
        "rope",
        "lantern",
        "doorway",
        "letter",
        "garden wall",
        "coat",
        "map",
        "well",
        "bridge",
        "orchard",
        "boat shed",
        "key",
        "mirror",
        "stove",
        "bell tower",
        "path",
        "barrel",
        "photograph",
        "clock",
        "gate",
        "window",
        "chair",
    ];
    const ENDINGS: &[&str] = &[
        "",
        "",
        "above the bay",
        "with great care",
        "behind the mill",
        "for no clear reason",
        "and said so",
        "under a low sky",
        "until the lamp burned out",
        "near the slipway",
        "without looking back",
        "in the cold kitchen",
        "as though it mattered",
        "where the road ends",
        "and then sat down",
        "through the thin rain",
        "beside the stone quay",
        "and laughed at last",
        "before anyone could ask",
        "against the noise of the sea",
    ];
    let article = ["the", "a", "that", "one", "every", "his", "her"][random.usize(..7)];
    let mut pick = |list: &[&'static str]| list[random.usize(..list.len())];
    let parts = [
        pick(OPENINGS),
        pick(SUBJECTS),
        pick(VERBS),
        article,
        pick(ADJECTIVES),
        pick(OBJECTS),
        pick(ENDINGS),
    ];
    parts
        .into_iter()
        .flat_map(|part| part.split_whitespace())
        .collect()
}

/// A sentence that was cut to length must not stop at "the".
fn finish_well(sentence: &mut [&'static str], random: &mut fastrand::Rng) {
    const LAST: &[&str] = &[
        "home", "again", "slowly", "there", "alone", "onward", "together",
    ];
    if let Some(last) = sentence.last_mut() {
        *last = LAST[random.usize(..LAST.len())];
    }
}

fn in_writing(words: &[&str]) -> String {
    let joined = words.join(" ");
    let mut letters = joined.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// How much a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Words(usize),
    Characters(usize),
}

/// The last "<number> words" or "<number> characters" of a prompt (`1,500 words`,
/// `300-word`, `about 80 more words`).
pub fn asked_length(prompt: &str) -> Option<Length> {
    let tokens: Vec<&str> = prompt
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '(' | ')' | '~'))
        .filter(|token| !token.is_empty())
        .collect();
    let mut found = None;
    for (at, token) in tokens.iter().enumerate() {
        let unit = token
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        let unit: fn(usize) -> Length = match unit.as_str() {
            "word" | "words" => Length::Words,
            "character" | "characters" => Length::Characters,
            _ => continue,
        };
        // "80 words", "80 more words"
        let number = tokens[at.saturating_sub(2)..at]
            .iter()
            .rev()
            .find_map(|before| number(before));
        found = number.map(unit).or(found);
    }
    found
}

fn number(token: &str) -> Option<usize> {
    let digits: String = token
        .trim_matches(|c: char| !c.is_ascii_digit())
        .chars()
        .filter(|c| *c != ',')
        .collect();
    digits.parse().ok()
}
