//! Precision and recall on the manuscripts in fixtures/: every planted defect, and none on
//! the clean texts.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::super::{BeatId, Brief, ChunkNumber, Severity, plan_sizes};
use super::super::{CODES, ChunkText, Finding, lint};

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
struct Manuscript {
    brief: String,
    chunks: Vec<String>,
}

fn manuscripts() -> BTreeMap<&'static str, Manuscript> {
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
    fn lint(&self) -> Vec<Finding> {
        let brief = Brief::parse(&self.brief);
        let targets = plan_sizes(&brief, Default::default());
        let ids: Vec<BeatId> = brief.beats.iter().map(|beat| beat.id.clone()).collect();
        let chunks: Vec<ChunkText<'_>> = self
            .chunks
            .iter()
            .enumerate()
            .map(|(index, text)| ChunkText {
                number: ChunkNumber(index as u32 + 1),
                beat: &ids[index],
                text,
                target_words: targets[index],
            })
            .collect();
        lint(&brief, &chunks)
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

    /// Whether a finding is the one that was to be found.
    fn is_met_by(&self, finding: &Finding, planted: &Manuscript) -> bool {
        let text = &planted.chunks[self.chunk as usize - 1];
        let start = text.find(&self.at).expect("the place is in the text");
        let place = start..start + self.at.len();
        let touches = finding.span.start <= place.end && place.start <= finding.span.end;
        finding.code == self.code && finding.chunk.0 == self.chunk && touches
    }

    fn explains(&self, finding: &Finding) -> bool {
        finding.code == self.code || self.also.iter().any(|code| code == finding.code)
    }
}

#[derive(Default)]
struct Score {
    planted: usize,
    found: usize,
    /// Findings that neither the edit nor the clean text explains.
    wrong: usize,
}

#[test]
fn planted_defects_are_found() {
    let clean = manuscripts();
    let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
    let mut missed = Vec::new();
    for defect in defects() {
        let manuscript = &clean[defect.manuscript.as_str()];
        let expected_noise: Vec<(&str, String)> = manuscript
            .lint()
            .into_iter()
            .map(|finding| (finding.code, finding.message))
            .collect();
        let planted = defect.plant(manuscript);
        let findings = planted.lint();
        let score = scores
            .entry((defect.code.clone(), defect.manuscript.clone()))
            .or_default();
        score.planted += 1;
        if findings
            .iter()
            .any(|finding| defect.is_met_by(finding, &planted))
        {
            score.found += 1;
        } else {
            missed.push(format!(
                "missed {} {} “{}”",
                defect.manuscript, defect.code, defect.at
            ));
        }
        for finding in findings.iter().filter(|finding| !defect.explains(finding)) {
            let noise = |(code, message): &(&str, String)| {
                *code == finding.code && *message == finding.message
            };
            if !expected_noise.iter().any(noise) {
                score.wrong += 1;
                missed.push(format!(
                    "wrong with {} “{}”: {}",
                    defect.code,
                    defect.at,
                    planted.shown(finding)
                ));
            }
        }
    }
    let total = print_table(&scores);
    println!("{}", missed.join("\n"));
    assert!(total.planted >= 40, "{} planted", total.planted);
    let recall = total.found as f64 / total.planted as f64;
    let precision = total.found as f64 / (total.found + total.wrong) as f64;
    assert!(recall >= 0.95, "recall {recall:.3}\n{}", missed.join("\n"));
    assert!(
        precision >= 0.95,
        "precision {precision:.3}\n{}",
        missed.join("\n")
    );
    for code in CODES {
        assert!(
            scores.keys().any(|(planted, _)| planted == code),
            "nothing planted for {code}"
        );
    }
}

fn print_table(scores: &BTreeMap<(String, String), Score>) -> Score {
    let mut total = Score::default();
    println!(
        "{:<22} {:<4} {:>7} {:>6} {:>6}",
        "code", "in", "planted", "found", "wrong"
    );
    for ((code, language), score) in scores {
        println!(
            "{code:<22} {language:<4} {:>7} {:>6} {:>6}",
            score.planted, score.found, score.wrong
        );
        total.planted += score.planted;
        total.found += score.found;
        total.wrong += score.wrong;
    }
    println!(
        "{:<22} {:<4} {:>7} {:>6} {:>6}   recall {:.3}, precision {:.3}",
        "all",
        "",
        total.planted,
        total.found,
        total.wrong,
        total.found as f64 / total.planted as f64,
        total.found as f64 / (total.found + total.wrong) as f64,
    );
    total
}

#[test]
fn clean_manuscripts_are_left_alone() {
    for (language, manuscript) in manuscripts() {
        let problems = Brief::parse(&manuscript.brief).problems;
        assert!(problems.is_empty(), "{language}: {problems:?}");
        let findings = manuscript.lint();
        let shown: Vec<String> = findings.iter().map(|f| manuscript.shown(f)).collect();
        println!("{language}: {} findings\n{}", shown.len(), shown.join("\n"));
        let serious = findings
            .iter()
            .filter(|finding| finding.severity <= Severity::Warning);
        assert_eq!(serious.count(), 0, "{language}:\n{}", shown.join("\n"));
        assert!(shown.len() <= 2, "{language}:\n{}", shown.join("\n"));
    }
}
