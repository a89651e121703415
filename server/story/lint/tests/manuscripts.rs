//! Precision and recall on the manuscripts in fixtures/: every planted defect, and none on
//! the clean texts. They are the texts that the lint was made on; `generated.rs` is fairer.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::super::{Brief, ChunkNumber, Severity, plan_sizes};
use super::super::{BriefWords, CODES, ChunkFacts, Finding, LintedChunk, lint_facts};

const DEFECTS: &str = include_str!("../../../../fixtures/manuscripts/defects.toml");

/// A brief and its chunk files, by the folder and their numbers.
macro_rules! manuscript {
    ($language:literal, $($number:literal)*) => {
        (
            $language,
            include_str!(concat!("../../../../fixtures/manuscripts/", $language, "/story.md")),
            &[$(include_str!(concat!(
                "../../../../fixtures/manuscripts/", $language, "/chunks/chunk_0", $number, ".md"
            ))),*],
        )
    };
}

const ALL: [(&str, &str, &[&str]); 4] = [
    manuscript!("en", 1 2 3 4 5 6),
    manuscript!("es", 1 2 3),
    manuscript!("ja", 1 2 3),
    manuscript!("ar", 1 2 3),
];

/// A brief with the prose of its chunks.
#[derive(Clone)]
pub(super) struct Manuscript {
    pub brief: String,
    pub chunks: Vec<String>,
}

pub(super) fn manuscripts() -> BTreeMap<&'static str, Manuscript> {
    let prose = |file: &&str| {
        let (_, prose) = file.split_once("status: complete\n---\n").unwrap();
        prose.to_owned()
    };
    let read = |(language, brief, chunks): (&'static str, &str, &[&str])| {
        let manuscript = Manuscript {
            brief: brief.to_owned(),
            chunks: chunks.iter().map(prose).collect(),
        };
        (language, manuscript)
    };
    ALL.map(read).into()
}

impl Manuscript {
    pub fn brief(&self) -> Brief {
        Brief::parse(&self.brief)
    }

    pub fn facts(&self) -> Vec<ChunkFacts> {
        let language = self.brief().language;
        let facts = self.chunks.iter();
        facts.map(|text| ChunkFacts::of(text, &language)).collect()
    }

    fn lint(&self) -> Vec<Finding> {
        self.lint_with(&self.facts())
    }

    pub fn lint_with(&self, facts: &[ChunkFacts]) -> Vec<Finding> {
        let brief = self.brief();
        let targets = plan_sizes(&brief, Default::default());
        let chunks: Vec<LintedChunk<'_>> = facts
            .iter()
            .enumerate()
            .map(|(index, facts)| LintedChunk {
                number: ChunkNumber(index as u32 + 1),
                beat: &brief.beats[index].id,
                facts,
                target_words: targets[index],
            })
            .collect();
        lint_facts(&brief, &BriefWords::of(&brief), &chunks)
    }

    fn shown(&self, finding: &Finding) -> String {
        let text = &self.chunks[finding.chunk.0 as usize - 1];
        format!(
            "{:?} {} chunk {} “{}”: {}",
            finding.severity,
            finding.code,
            finding.chunk,
            &text[finding.span.clone()],
            finding.message
        )
    }
}

#[derive(Deserialize)]
struct Defects {
    defect: Vec<Defect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defect {
    manuscript: String,
    edits: Vec<Edit>,
    brief: Option<Replace>,
    code: String,
    chunk: u32,
    at: String,
    #[serde(default)]
    also: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    chunk: usize,
    find: Option<String>,
    replace: Option<String>,
    before: Option<String>,
    after: Option<String>,
    whole: Option<String>,
}

#[derive(Deserialize)]
struct Replace {
    find: String,
    replace: String,
}

fn defects() -> Vec<Defect> {
    toml::from_str::<Defects>(DEFECTS).unwrap().defect
}

impl Defect {
    fn plant(&self, clean: &Manuscript) -> Manuscript {
        let mut planted = clean.clone();
        if let Some(edit) = &self.brief {
            assert!(planted.brief.contains(&edit.find), "{}", edit.find);
            planted.brief = planted.brief.replacen(&edit.find, &edit.replace, 1);
        }
        for edit in &self.edits {
            let prose = &mut planted.chunks[edit.chunk - 1];
            if let (Some(find), Some(replace)) = (&edit.find, &edit.replace) {
                assert!(prose.contains(find.as_str()), "not in the text: {find}");
                *prose = prose.replacen(find.as_str(), replace, 1);
            }
            if let Some(whole) = &edit.whole {
                *prose = whole.trim_start().to_owned();
            }
            let before = edit.before.as_deref().unwrap_or("");
            let after = edit.after.as_deref().unwrap_or("");
            *prose = format!("{before}{}{after}", prose.trim_end());
        }
        planted
    }

    /// Tells whether a finding is the one that was to be found.
    fn is_met_by(&self, finding: &Finding, planted: &Manuscript) -> bool {
        let text = &planted.chunks[self.chunk as usize - 1];
        let start = text.find(&self.at).expect("the place is in the text");
        let place = start..start + self.at.len();
        let touches = finding.span.start <= place.end && place.start <= finding.span.end;
        finding.code == self.code && finding.chunk.0 == self.chunk && touches
    }

    /// Returns a finding in a chunk that was changed, or about one, of a kind that was to be expected.
    fn explains(&self, finding: &Finding) -> bool {
        let chunks = finding.related.iter().map(|(chunk, _)| chunk.0);
        let mut chunks = chunks.chain([finding.chunk.0]);
        let changed = chunks.any(|chunk| self.edits.iter().any(|it| it.chunk == chunk as usize));
        let expected = self.code == finding.code || self.also.iter().any(|it| it == finding.code);
        expected && (changed || self.brief.is_some())
    }
}

/// How often a kind of finding was right, missing and wrong.
#[derive(Default, Clone, Copy)]
pub(super) struct Score {
    pub planted: usize,
    pub found: usize,
    /// Findings that neither the edit nor the clean text explains.
    pub wrong: usize,
}

impl Score {
    pub fn recall(self) -> f64 {
        share(self.found, self.planted)
    }

    pub fn precision(self) -> f64 {
        share(self.found, self.found + self.wrong)
    }

    fn add(&mut self, other: Score) {
        self.planted += other.planted;
        self.found += other.found;
        self.wrong += other.wrong;
    }
}

fn share(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 1.0,
        _ => part as f64 / whole as f64,
    }
}

#[test]
fn planted_defects_are_found() {
    let clean = manuscripts();
    let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
    let mut missed = Vec::new();
    for defect in defects() {
        let manuscript = &clean[defect.manuscript.as_str()];
        let noise = manuscript.lint();
        let planted = defect.plant(manuscript);
        let findings = planted.lint();
        let in_language = |code: &str| (code.to_owned(), defect.manuscript.clone());
        let score = scores.entry(in_language(&defect.code)).or_default();
        score.planted += 1;
        if findings.iter().any(|it| defect.is_met_by(it, &planted)) {
            score.found += 1;
        } else {
            missed.push(format!(
                "missed {} {} “{}”",
                defect.manuscript, defect.code, defect.at
            ));
        }
        for finding in findings.iter().filter(|finding| !defect.explains(finding)) {
            let known =
                |old: &Finding| (old.code, &old.message) == (finding.code, &finding.message);
            if !noise.iter().any(known) {
                scores.entry(in_language(finding.code)).or_default().wrong += 1;
                let shown = planted.shown(finding);
                missed.push(format!(
                    "wrong with {} “{}”: {shown}",
                    defect.code, defect.at
                ));
            }
        }
    }
    let total = print_table("planted", &scores);
    println!("{}", missed.join("\n"));
    assert!(total.planted >= 40, "{} planted", total.planted);
    assert!(total.recall() >= 0.95, "{}", missed.join("\n"));
    assert!(total.precision() >= 0.95, "{}", missed.join("\n"));
    for code in CODES {
        let is_planted = scores.keys().any(|(planted, _)| planted == code);
        assert!(is_planted, "nothing planted for {code}");
    }
}

/// Returns a line a kind, and the sum of all.
pub(super) fn print_table(title: &str, scores: &BTreeMap<(String, String), Score>) -> Score {
    let mut kinds: BTreeMap<&str, (Score, Vec<&str>)> = BTreeMap::new();
    let mut total = Score::default();
    for ((code, language), score) in scores {
        let (sum, languages) = kinds.entry(code).or_default();
        sum.add(*score);
        languages.push(language);
        total.add(*score);
    }
    println!("{title:<20} planted  found  wrong  recall  precision");
    let line = |name: &str, score: Score, languages: &str| {
        let Score {
            planted,
            found,
            wrong,
        } = score;
        let (recall, precision) = (score.recall(), score.precision());
        println!(
            "{name:<20} {planted:>7} {found:>6} {wrong:>6}  {recall:>6.3}  {precision:>9.3}  {languages}"
        );
    };
    for (code, (score, languages)) in &kinds {
        line(code, *score, &languages.join(" "));
    }
    line("all", total, "");
    total
}

#[test]
fn clean_manuscripts_are_left_alone() {
    for (language, manuscript) in manuscripts() {
        let problems = manuscript.brief().problems;
        assert!(problems.is_empty(), "{language}: {problems:?}");
        let findings = manuscript.lint();
        let shown: Vec<String> = findings.iter().map(|f| manuscript.shown(f)).collect();
        let words: u32 = manuscript.facts().iter().map(ChunkFacts::length).sum();
        let unit = manuscript.brief().language.unit();
        println!("clean {language}: {words} {unit}, {} findings", shown.len());
        println!("{}", shown.join("\n"));
        let serious = findings
            .iter()
            .filter(|finding| finding.severity <= Severity::Warning);
        assert_eq!(serious.count(), 0, "{language}:\n{}", shown.join("\n"));
        assert!(shown.len() <= 2, "{language}:\n{}", shown.join("\n"));
    }
}
