//! Names the sections of a brief that are printed before and behind the story, and are sent to no model.

/// A part of the front or back matter of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatterKind {
    Copyright,
    Dedication,
    Epigraph,
    Foreword,
    Preface,
    Afterword,
    Acknowledgments,
    AboutTheAuthor,
}

use MatterKind::{
    AboutTheAuthor, Acknowledgments, Afterword, Copyright, Dedication, Epigraph, Foreword, Preface,
};

/// The headings that mean such a part and nothing else, in lower case.
const TITLES: [(&str, MatterKind); 51] = [
    ("copyright", Copyright),
    ("impressum", Copyright),
    ("dedication", Dedication),
    ("widmung", Dedication),
    ("dédicace", Dedication),
    ("dedicatoria", Dedication),
    ("dedicatória", Dedication),
    ("dedica", Dedication),
    ("посвящение", Dedication),
    ("献辞", Dedication),
    ("献词", Dedication),
    ("إهداء", Dedication),
    ("epigraph", Epigraph),
    ("épigraphe", Epigraph),
    ("epígrafe", Epigraph),
    ("эпиграф", Epigraph),
    ("foreword", Foreword),
    ("geleitwort", Foreword),
    ("avant-propos", Foreword),
    ("prólogo del editor", Foreword),
    ("preface", Preface),
    ("vorwort", Preface),
    ("préface", Preface),
    ("prefacio", Preface),
    ("prefácio", Preface),
    ("prefazione", Preface),
    ("предисловие", Preface),
    ("まえがき", Preface),
    ("前言", Preface),
    ("مقدمة المؤلف", Preface),
    ("afterword", Afterword),
    ("nachwort", Afterword),
    ("postface", Afterword),
    ("epílogo del autor", Afterword),
    ("posfácio", Afterword),
    ("postfazione", Afterword),
    ("послесловие", Afterword),
    ("あとがき", Afterword),
    ("后记", Afterword),
    ("acknowledgments", Acknowledgments),
    ("acknowledgements", Acknowledgments),
    ("danksagung", Acknowledgments),
    ("remerciements", Acknowledgments),
    ("agradecimientos", Acknowledgments),
    ("agradecimentos", Acknowledgments),
    ("ringraziamenti", Acknowledgments),
    ("благодарности", Acknowledgments),
    ("謝辞", Acknowledgments),
    ("شكر وتقدير", Acknowledgments),
    ("about the author", AboutTheAuthor),
    ("über den autor", AboutTheAuthor),
];

impl MatterKind {
    /// Returns the kind that a heading means, if it means one.
    pub(crate) fn of(title: &str) -> Option<MatterKind> {
        let title = title.to_lowercase();
        TITLES
            .iter()
            .find(|(known, _)| *known == title)
            .map(|(_, kind)| *kind)
    }

    /// Tells whether it stands before the story.
    pub fn is_front(self) -> bool {
        matches!(self, Copyright | Dedication | Epigraph | Foreword | Preface)
    }
}
