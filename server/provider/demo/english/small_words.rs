//! English words that say what the words beside them are.

pub const DETERMINERS: &[&str] = &[
    "the", "a", "an", "his", "her", "my", "your", "our", "their", "its", "these", "those", "no",
    "some", "any", "every", "each", "two", "three", "four", "five", "six", "seven", "several",
    "many", "few", "both", "all", "more", "most", "other", "own",
];
pub const PREPOSITIONS: &[&str] = &[
    "of", "in", "on", "at", "to", "from", "with", "by", "for", "into", "onto", "over", "under",
    "through", "across", "about", "against", "behind", "beside", "between", "beyond", "near",
    "toward", "towards", "upon", "without", "within", "after", "before", "around", "along",
    "among", "off", "out", "up", "down", "like", "as", "than", "past", "until", "inside",
    "outside", "beneath", "above", "below",
];
pub const JOINERS: &[&str] = &["and", "but", "then", "or", "nor", "yet"];
pub const ADVERBS: &[&str] = &[
    "still", "never", "not", "also", "always", "only", "just", "almost", "now", "soon", "often",
    "again", "already", "even", "finally", "once", "alone", "herself", "himself", "both", "too",
];
pub const AFTER_OBJECT: &[&str] = &[
    "and",
    "but",
    "or",
    "that",
    "who",
    "when",
    "where",
    "while",
    "if",
    "because",
    "so",
    "again",
    "alone",
    "away",
    "back",
    "home",
    "there",
    "here",
    "how",
    "what",
    "why",
    "whether",
    "is",
    "was",
    "not",
    "the",
    "a",
    "an",
    "this",
    "then",
    "anyway",
    "too",
    "first",
    "everything",
    "nothing",
    "something",
];
/// Words that begin a clause.
pub const CLAUSES: &[&str] = &[
    "and", "but", "or", "that", "while", "when", "as", "because", "who", "which", "if", "until",
    "where", "before", "after", "so", "then", "though", "although",
];
pub const FINITE: &[&str] = &[
    "is", "are", "was", "were", "has", "had", "does", "did", "can", "could", "will", "would",
    "may", "might", "must", "should", "cannot",
];
pub const SUBJECT_PRONOUNS: &[&str] = &["he", "she", "it", "who", "that", "which", "this", "what"];
pub const PLURAL_PRONOUNS: &[&str] = &["they", "we", "you", "i"];

pub fn is_adverb(word: &str) -> bool {
    ADVERBS.contains(&word) || word.ends_with("ly") && word.len() > 4
}
