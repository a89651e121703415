//! Has the few words that a book says by itself, in the languages of its readers.

use crate::story::Language;

/// The words of a language; English where it has none of its own here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub contents: &'static str,
    pub cover: &'static str,
    pub title_page: &'static str,
    pub notes: &'static str,
    pub by: &'static str,
    pub landmarks: &'static str,
    /// The first page of the story, as a landmark.
    pub beginning: &'static str,
}

macro_rules! words {
    ($($language:literal: $contents:literal, $cover:literal, $title_page:literal, $notes:literal, $by:literal, $landmarks:literal, $beginning:literal;)*) => {
        const WORDS: &[(&str, Words)] = &[$(($language, Words {
            contents: $contents,
            cover: $cover,
            title_page: $title_page,
            notes: $notes,
            by: $by,
            landmarks: $landmarks,
            beginning: $beginning,
        })),*];
    };
}

words! {
    "ar": "المحتويات", "الغلاف", "صفحة العنوان", "الحواشي", "تأليف", "معالم", "البداية";
    "de": "Inhalt", "Umschlag", "Titelseite", "Anmerkungen", "von", "Orientierungspunkte", "Beginn";
    "es": "Índice", "Cubierta", "Portada", "Notas", "de", "Puntos de referencia", "Comienzo";
    "fr": "Table des matières", "Couverture", "Page de titre", "Notes", "de", "Repères", "Début";
    "he": "תוכן", "כריכה", "שער", "הערות", "מאת", "ציוני דרך", "התחלה";
    "it": "Indice", "Copertina", "Frontespizio", "Note", "di", "Punti di riferimento", "Inizio";
    "ja": "目次", "表紙", "扉", "注", "著", "ランドマーク", "本文";
    "ko": "차례", "표지", "속표지", "주석", "지은이", "이정표", "본문";
    "nl": "Inhoud", "Omslag", "Titelpagina", "Noten", "door", "Oriëntatiepunten", "Begin";
    "pt": "Sumário", "Capa", "Folha de rosto", "Notas", "de", "Pontos de referência", "Início";
    "ru": "Содержание", "Обложка", "Титульный лист", "Примечания", "автор", "Ориентиры", "Начало";
    "zh": "目录", "封面", "扉页", "注释", "著", "地标", "正文";
}

/// Returns the words of a language.
pub fn of(language: &Language) -> Words {
    let primary = language.primary();
    let found = WORDS.iter().find(|(known, _)| *known == primary);
    found.map_or(ENGLISH, |(_, words)| *words)
}

const ENGLISH: Words = Words {
    contents: "Contents",
    cover: "Cover",
    title_page: "Title Page",
    notes: "Notes",
    by: "by",
    landmarks: "Landmarks",
    beginning: "Beginning",
};
