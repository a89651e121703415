//! Reads a story in one way: its brief, the settings in force, and all that is wrong with either.
//!
//! Every command of the shell and of an editor begins here, so that none of them judges a brief by other
//! settings than the one that writes it. Reads the files (and the editor's open ones); writes nothing.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::StoryError;
use super::placed_problem::PlacedProblem;
use super::story_file::StoryFile;
use crate::session::{Owners, ReadFiles};
use crate::settings::environment::Environment;
use crate::settings::{Layer, Origin, Settings, SettingsProblem, SettingsSources, load_layers};
use crate::story::sizes::SizeDefaults;
use crate::story::{Problem, Severity, Span};

/// The story to read, and the sources of its settings.
#[derive(Debug, Clone, Copy)]
pub struct StorySource<'a> {
    /// The path of the brief.
    pub brief: &'a Path,
    /// The outermost folder whose `storywright.toml` counts.
    pub workspace: Option<&'a Path>,
    /// The `storywright` section of the editor's settings.
    pub editor_settings: Option<&'a Value>,
    /// The settings of the command line by dotted name.
    pub flags: Option<&'a Map<String, Value>>,
}

impl<'a> StorySource<'a> {
    /// Makes the source of a story from its files alone.
    pub fn of_files(brief: &'a Path, workspace: Option<&'a Path>) -> StorySource<'a> {
        StorySource {
            brief,
            workspace,
            editor_settings: None,
            flags: None,
        }
    }
}

/// The snapshot of a story and its settings.
#[derive(Debug, Clone)]
pub struct StorySnapshot {
    pub story: StoryFile,
    /// The settings in force; an invalid setting has the value of the layer below it.
    pub settings: Settings,
    /// The problems of settings that were ignored.
    pub settings_problems: Vec<SettingsProblem>,
}

impl StorySnapshot {
    /// Reads a story with the settings in force, and notes which files that takes. Blocks on the file system.
    ///
    /// # Errors
    /// Where there is no brief, or it can't be read. What is wrong with its text or with the settings is
    /// no error here, but a problem of the snapshot.
    pub fn read(
        environment: &Environment,
        source: &StorySource<'_>,
        owners: &dyn Owners,
        noted: &ReadFiles,
    ) -> Result<StorySnapshot, StoryError> {
        let mut story = StoryFile::read(source.brief, owners, noted)?;
        let (layers, mut settings_problems) = in_force(environment, source, &story, owners, noted);
        let (settings, more) = Settings::from_layers(&layers);
        settings_problems.extend(more);
        hold_to_lengths(&mut story, &settings, &layers, &settings_problems);
        Ok(StorySnapshot {
            story,
            settings,
            settings_problems,
        })
    }

    /// Reads the settings that are in force now for a story that was read before. Blocks on the file system.
    pub(crate) fn settings_of(
        environment: &Environment,
        source: &StorySource<'_>,
        story: &StoryFile,
        owners: &dyn Owners,
    ) -> Settings {
        let noted = ReadFiles::default();
        let (layers, _) = in_force(environment, source, story, owners, &noted);
        Settings::from_layers(&layers).0
    }
}

/// Reads the settings that are in force for a text that no brief governs, by where it lies, and those that were not
/// taken. Blocks on the file system.
///
/// # Errors
/// [`StoryError::Settings`] for what can't be used.
pub fn settings_beside(
    environment: &Environment,
    source: &StorySource<'_>,
    owners: &dyn Owners,
) -> Result<(Settings, Vec<String>), StoryError> {
    let no_flags = Map::new();
    let sources = SettingsSources {
        workspace: source.workspace,
        brief_path: source.brief,
        brief: None,
        editor: source.editor_settings,
        flags: source.flags.unwrap_or(&no_flags),
    };
    let (layers, mut problems) = load_layers(environment, &sources, owners, &ReadFiles::default());
    let (settings, more) = Settings::from_layers(&layers);
    problems.extend(more);
    let (errors, ignored): (Vec<_>, Vec<_>) = problems.into_iter().partition(|it| it.is_error);
    match errors.is_empty() {
        true => Ok((settings, ignored.iter().map(ToString::to_string).collect())),
        false => Err(StoryError::Settings(errors)),
    }
}

fn in_force(
    environment: &Environment,
    source: &StorySource<'_>,
    story: &StoryFile,
    owners: &dyn Owners,
    noted: &ReadFiles,
) -> (Vec<Layer>, Vec<SettingsProblem>) {
    let no_flags = Map::new();
    let sources = SettingsSources {
        workspace: source.workspace,
        brief_path: story.folder.brief(),
        brief: Some((&story.brief, &story.text)),
        editor: source.editor_settings,
        flags: source.flags.unwrap_or(&no_flags),
    };
    load_layers(environment, &sources, owners, noted)
}

/// Checks the lengths of a story by those in force, which flags and files may set instead of the brief.
fn hold_to_lengths(
    story: &mut StoryFile,
    settings: &Settings,
    layers: &[Layer],
    problems: &[SettingsProblem],
) {
    let brief = &mut story.brief;
    brief.hold_to(SizeDefaults {
        // A length that no setting could have is the brief's own, and a problem of it.
        target_words: settings.target_words.or(brief.target_words),
        chunk_words: settings.chunk_words,
    });
    let is_taken = |layer: &&Layer| {
        let refused = |problem: &SettingsProblem| {
            problem.origin == layer.origin && problem.name == "target_words"
        };
        layer.values.contains_key("target_words") && !problems.iter().any(refused)
    };
    let setter = layers.iter().rev().find(is_taken);
    if let Some(layer) = setter.filter(|layer| layer.origin != Origin::FrontMatter) {
        let place = layer.place_of("target_words");
        for problem in brief.length_problems_mut() {
            problem
                .message
                .push_str(&format!(" (`target_words` comes from {place}.)"));
        }
    }
}

impl StorySnapshot {
    /// Returns the problems of brief, settings and templates as they are shown, each at its place. Those of settings that are
    /// in no file (an editor's, a flag) are at the top of the brief.
    pub fn problems(&self) -> Vec<PlacedProblem> {
        let story = &self.story;
        let brief_text: Arc<str> = story.text.as_str().into();
        let in_brief = |problem: Problem| PlacedProblem {
            path: story.folder.brief().to_owned(),
            text: Arc::clone(&brief_text),
            problem,
        };
        let brief = story.brief.problems.iter().cloned().map(in_brief);
        let settings = self.settings_problems.iter();
        let settings = settings.filter(|wrong| !self.is_told_by_brief(wrong));
        let settings = settings.map(|wrong| match &wrong.spot {
            Some(spot) => PlacedProblem {
                path: spot.path.clone(),
                text: Arc::clone(&spot.text),
                problem: wrong.as_problem(spot.span.clone(), wrong.message.clone()),
            },
            None => in_brief(wrong.as_problem(top(&story.text), wrong.to_string())),
        });
        let templates = story.template_problems.iter().cloned();
        let all = brief.chain(settings).chain(templates);
        all.filter_map(|placed| self.as_shown(placed)).collect()
    }

    /// Returns a problem with the severity that the author gave to its kind; `None` where it is not shown.
    fn as_shown(&self, placed: PlacedProblem) -> Option<PlacedProblem> {
        let problem = placed.problem;
        let severities = &self.settings.severities;
        let severity = severities.shown(problem.code, problem.severity)?;
        Some(PlacedProblem {
            problem: Problem {
                severity,
                ..problem
            },
            ..placed
        })
    }

    /// Tells whether the brief's own parser has found fault with the same value of the front matter.
    fn is_told_by_brief(&self, wrong: &SettingsProblem) -> bool {
        let Some(spot) = wrong
            .spot
            .as_ref()
            .filter(|_| wrong.origin == Origin::FrontMatter)
        else {
            return false;
        };
        let mut errors = self.story.brief.errors();
        errors.any(|problem| problem.span.start == spot.span.start)
    }

    /// Returns the story, its settings and the warnings to the author.
    ///
    /// # Errors
    /// [`StoryError::Settings`]
    pub fn usable(self) -> Result<(StoryFile, Settings, Vec<String>), StoryError> {
        let warnings = self.check_settings()?;
        Ok((self.story, self.settings, warnings))
    }

    /// Returns the warnings to the author.
    ///
    /// # Errors
    /// [`StoryError::Settings`]
    pub fn check_settings(&self) -> Result<Vec<String>, StoryError> {
        let problems = self.settings_problems.iter();
        let (errors, ignored): (Vec<_>, Vec<_>) = problems.partition(|problem| problem.is_error);
        match errors.is_empty() {
            true => Ok(ignored.into_iter().map(ToString::to_string).collect()),
            false => Err(StoryError::Settings(errors.into_iter().cloned().collect())),
        }
    }
}

impl SettingsProblem {
    fn as_problem(&self, span: Span, message: String) -> Problem {
        Problem {
            span,
            severity: match self.is_error {
                true => Severity::Error,
                false => Severity::Warning,
            },
            code: self.code,
            message,
        }
    }
}

/// Returns the first line of a text.
fn top(text: &str) -> Span {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let line = text[start..].lines().next().unwrap_or("");
    start..start + line.len()
}
