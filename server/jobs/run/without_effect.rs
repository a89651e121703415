//! Finds command-line settings that have no effect in a job, so that the author hears of it before the job
//! ends. Pure.

use serde_json::{Map, Value};

use crate::events::job::Work;
use crate::provider::ProviderKind;
use crate::settings::{Mode, Refine, Settings, Switch, flag};
use crate::story::Brief;
use crate::writing::schedule::Order;
use crate::writing::schedule::in_force;

/// The parts of a job by which settings matter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub settings: &'a Settings,
    pub brief: &'a Brief,
    pub work: Work,
    pub provider: ProviderKind,
    /// The model that writes.
    pub model: &'a str,
    /// Whether the job writes all of the story, and there is nothing of it yet.
    pub is_fresh: bool,
}

/// Returns a sentence for each command-line setting that has no effect, and for a limit that can't be
/// enforced.
pub(crate) fn without_effect(flags: &Map<String, Value>, situation: &Situation<'_>) -> Vec<String> {
    let idle = flags.keys().filter_map(|name| {
        let why = situation.why_idle(name)?;
        Some(format!("{} has no effect here: {why}", flag(name)))
    });
    idle.chain(situation.unknown_cost()).collect()
}

impl Situation<'_> {
    /// Returns a sentence about a budget that can't be enforced, wherever it was set.
    fn unknown_cost(&self) -> Option<String> {
        let is_unknown = self.settings.max_cost.is_some()
            && self.provider != ProviderKind::Demo
            && !self.settings.prices.contains_key(self.model);
        is_unknown.then(|| {
            format!(
                "max_cost has no effect here: there is no price for {model}, so what it costs is not known. Set \
                 prices.{model}, or max_output_tokens",
                model = self.model
            )
        })
    }

    /// Returns the reason why a setting has no effect.
    fn why_idle(&self, name: &str) -> Option<&'static str> {
        self.of_the_provider(name)
            .or_else(|| self.of_the_work(name))
            .or_else(|| match self.work {
                Work::Write => self
                    .of_the_lengths(name)
                    .or_else(|| self.of_the_calls(name)),
                _ => None,
            })
    }

    fn of_the_provider(&self, name: &str) -> Option<&'static str> {
        let asks = [
            "model",
            "base_url",
            "api_key_env",
            "api_key_command",
            "temperature",
            "thinking",
            "attempts",
        ];
        let groups = ["models.", "thinking.", "timeouts."];
        let is_about_asking =
            asks.contains(&name) || groups.iter().any(|group| name.starts_with(group));
        match (self.provider, name) {
            (ProviderKind::Demo, "max_cost") => Some("the demo writer costs nothing"),
            (ProviderKind::Demo, _) if is_about_asking => Some("the demo writer asks no model"),
            (ProviderKind::Demo, _) => None,
            (_, "demo.words_per_second") => Some("only the demo writer has such a pace"),
            (ProviderKind::Anthropic, "seed") => Some("this provider's protocol has no seed"),
            _ => None,
        }
    }

    fn of_the_work(&self, name: &str) -> Option<&'static str> {
        let Settings {
            state,
            refine,
            audit,
            ..
        } = self.settings;
        let writes = matches!(self.work, Work::Write | Work::Candidates);
        let reads = self.work == Work::Read;
        let only_written = [
            "chunk_words",
            "target_words",
            "mode",
            "single_call_words",
            "order",
        ];
        let of_role = name.strip_prefix("thinking.");
        let of_role = of_role.map(|role| format!("models.{role}"));
        match of_role.as_deref().unwrap_or(name) {
            _ if !writes && only_written.contains(&name) => Some("nothing is written"),
            "models.draft" if !writes => Some("nothing is written"),
            "models.plan" => Some("nothing is planned"),
            "models.state" if *state == Switch::Off => Some("state is off"),
            "models.state" if !writes && !reads => Some("no chunk is read"),
            "models.refine" if writes && *refine == Refine::Off => Some("refine is off"),
            "models.refine" | "refine" if reads || self.work == Work::Audit => {
                Some("nothing is refined")
            }
            "models.audit" if writes && *audit == Switch::Off => Some("audit is off"),
            "models.audit" | "audit" if reads || self.work == Work::Refine => {
                Some("nothing is audited")
            }
            _ => None,
        }
    }

    fn of_the_lengths(&self, name: &str) -> Option<&'static str> {
        let beats = &self.brief.beats;
        let all_have_words = !beats.is_empty() && beats.iter().all(|beat| beat.words.is_some());
        match name {
            "chunk_words" | "target_words" if all_have_words => {
                Some("every beat of the outline has a length of its own (words=)")
            }
            "chunk_words" if self.settings.target_words.is_some() => Some(
                "target_words is shared among the beats of the outline. For other lengths add or take out beats, \
                 or give them words=",
            ),
            _ => None,
        }
    }

    fn of_the_calls(&self, name: &str) -> Option<&'static str> {
        let mode = self.settings.mode;
        match name {
            "single_call_words" if mode != Mode::Auto => Some("it is for mode = \"auto\""),
            "mode" | "single_call_words" if mode != Mode::Chunked && !self.is_fresh => {
                Some("only a story of which nothing is written yet is written in one call")
            }
            "parallel" if in_force(self.settings.order, self.brief) == Order::Serial => {
                Some("with order = \"serial\" each chunk waits for the one before")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BEATS: &str = "# Outline\n## One\nShe waits.\n## Two\nShe goes.\n";
    const SIZED: &str =
        "# Outline\n## One {words=100}\nShe waits.\n## Two {words=200}\nShe goes.\n";

    /// Returns the given flags that are said to have no effect.
    fn idle(
        text: &str,
        flags: Value,
        change: impl FnOnce(&mut Situation<'_>, &mut Settings),
    ) -> Vec<String> {
        let brief = Brief::parse(text);
        let defaults = Settings::default();
        let mut settings = Settings::default();
        let mut situation = Situation {
            settings: &defaults,
            brief: &brief,
            work: Work::Write,
            provider: ProviderKind::Openai,
            model: "m",
            is_fresh: true,
        };
        change(&mut situation, &mut settings);
        let Value::Object(flags) = flags else {
            panic!("no flags");
        };
        let situation = Situation {
            settings: &settings,
            ..situation
        };
        let told = without_effect(&flags, &situation).into_iter();
        let mut names: Vec<String> = told
            .map(|told| told.split_once(" has no effect").unwrap().0.to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_has_no_effect_is_told() {
        let length = json!({"chunk_words": "500", "target_words": "900"});
        assert!(idle(BEATS, json!({"chunk_words": "500"}), |_, _| {}).is_empty());
        let with_target = idle(BEATS, length.clone(), |_, s| s.target_words = Some(900));
        assert_eq!(with_target, ["--chunk-words"]);
        let sized = idle(SIZED, length, |_, s| s.target_words = Some(900));
        assert_eq!(sized, ["--chunk-words", "--target-words"]);

        let calls = json!({"mode": "single", "single_call_words": "9", "parallel": "4"});
        let fresh = idle(BEATS, calls.clone(), |_, s| s.mode = Mode::Single);
        assert_eq!(fresh, ["--parallel", "--single-call-words"]);
        let begun = idle(BEATS, calls, |it, s| {
            it.is_fresh = false;
            s.order = Order::All;
        });
        assert_eq!(begun, ["--mode", "--single-call-words"]);

        let asked = json!({"model": "m", "temperature": 1, "seed": 7, "demo.words_per_second": 9});
        assert_eq!(
            idle(BEATS, asked.clone(), |_, _| {}),
            ["--demo-words-per-second"]
        );
        let demo = idle(BEATS, asked.clone(), |it, _| {
            it.provider = ProviderKind::Demo
        });
        assert_eq!(demo, ["--model", "--temperature"]);
        let other = idle(BEATS, asked, |it, _| it.provider = ProviderKind::Anthropic);
        assert_eq!(other, ["--demo-words-per-second", "--seed"]);

        let roles = json!({"models.audit": "a", "models.plan": "p", "models.refine": "r", "models.state": "s"});
        let off = idle(BEATS, roles.clone(), |_, s| s.state = Switch::Off);
        assert_eq!(off.len(), 4, "{off:?}");
        let audit = idle(BEATS, roles, |it, _| it.work = Work::Audit);
        assert_eq!(
            audit,
            ["--models-plan", "--models-refine", "--models-state"]
        );
    }

    #[test]
    fn a_limit_that_cannot_hold_is_told_wherever_it_was_set() {
        let limit = |it: &mut Situation<'_>, settings: &mut Settings| {
            it.model = "m";
            settings.max_cost = Some(1.0);
        };
        assert_eq!(idle(BEATS, json!({}), limit), ["max_cost"]);
        let priced = idle(BEATS, json!({}), |it, settings| {
            limit(it, settings);
            settings.prices.insert("m".to_owned(), Default::default());
        });
        assert!(priced.is_empty());
    }
}
