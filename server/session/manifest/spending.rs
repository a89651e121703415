//! Sums what a session has cost: every call of every role, from the logs of its runs.
//!
//! A call is noted in the log of its run as soon as it has ended, whatever becomes of its answer. So failed
//! attempts, replaced texts and whatever a killed job had asked for are counted too, and a lost manifest
//! gets its sums back. Logs that can't be read count for nothing; they must never fail a job.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::usage::TokenUsage;
use crate::session::disk::Disk;

/// The field of a log line that notes a call.
const FIELD: &str = "spent";
/// The role that writes chunks.
const DRAFT: &str = "draft";

/// The sums of the calls of one role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoleTotals {
    #[serde(default)]
    pub calls: u64,
    #[serde(default)]
    pub usage: TokenUsage,
    /// In the currency of the configured prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// The sums of each role, by its name: draft, plan, state, refine, audit.
pub type Spending = BTreeMap<String, RoleTotals>;

/// One call as the log has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpentCall {
    pub role: String,
    pub model: String,
    pub usage: TokenUsage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

impl SpentCall {
    /// Returns the line of a run's log.
    pub fn log_entry(&self) -> Value {
        let tokens = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let message = format!(
            "[CHECKPOINT] a call for {} took {} tokens in, {} out",
            self.role,
            tokens(self.usage.input_tokens),
            tokens(self.usage.output_tokens)
        );
        json!({ "level": "info", "message": message, FIELD: self })
    }
}

/// Sums what the runs in a folder have noted.
pub(in crate::session) fn read(runs: &Path, disk: &Disk) -> Spending {
    let mut spending = Spending::new();
    for entry in disk.list(runs).unwrap_or_default() {
        let log = runs.join(&entry.name).join("log.jsonl");
        let Ok(Some(bytes)) = disk.read(&log) else {
            continue;
        };
        for line in bytes.split(|byte| *byte == b'\n') {
            if let Some(call) = parse(line) {
                let sum = spending.entry(call.role.clone()).or_default();
                sum.calls += 1;
                sum.usage.add(&call.usage);
                add_cost(&mut sum.cost, call.cost);
            }
        }
    }
    spending
}

fn parse(line: &[u8]) -> Option<SpentCall> {
    #[derive(Deserialize)]
    struct Line {
        spent: SpentCall,
    }
    // Most lines are about something else, and a long log has many.
    let text = std::str::from_utf8(line).ok()?;
    text.contains("\"spent\":")
        .then(|| serde_json::from_str::<Line>(text).ok())?
        .map(|line| line.spent)
}

/// Adds the sums of `more` to those of `into`, role by role.
pub(in crate::session) fn join(into: &mut Spending, more: Spending) {
    for (role, more) in more {
        let sum = into.entry(role).or_default();
        sum.calls += more.calls;
        sum.usage.add(&more.usage);
        add_cost(&mut sum.cost, more.cost);
    }
}

/// Raises each sum to that of another source: the manifest lacks what a killed job did not write, the logs
/// what was deleted.
pub(in crate::session) fn raise(sums: &mut Spending, known: &Spending) {
    for (role, known) in known {
        let sum = sums.entry(role.clone()).or_default();
        sum.calls = sum.calls.max(known.calls);
        sum.usage.raise(&known.usage);
        if known.cost.unwrap_or(0.0) > sum.cost.unwrap_or(0.0) || sum.cost.is_none() {
            sum.cost = known.cost;
        }
    }
}

/// Tells what the records of chunks tell: of drafts made before calls were noted, there is no more.
pub(super) fn of_chunks(usage: TokenUsage, cost: Option<f64>) -> Spending {
    if usage == TokenUsage::default() && cost.is_none() {
        return Spending::new();
    }
    let draft = RoleTotals {
        usage,
        cost,
        ..RoleTotals::default()
    };
    Spending::from([(DRAFT.to_owned(), draft)])
}

/// Sums all roles up.
pub(in crate::session) fn whole(spending: &Spending) -> RoleTotals {
    let mut whole = RoleTotals::default();
    for role in spending.values() {
        whole.calls += role.calls;
        whole.usage.add(&role.usage);
        add_cost(&mut whole.cost, role.cost);
    }
    whole
}

fn add_cost(sum: &mut Option<f64>, more: Option<f64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0.0) + more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(role: &str, output: u64, cost: f64) -> SpentCall {
        SpentCall {
            role: role.to_owned(),
            model: "m".to_owned(),
            usage: TokenUsage {
                input_tokens: Some(10),
                output_tokens: Some(output),
                ..TokenUsage::default()
            },
            cost: Some(cost),
        }
    }

    #[test]
    fn the_logs_of_all_runs_are_summed_by_role() {
        let folder = tempfile::tempdir().unwrap();
        for (run, calls) in [
            (
                "run-001-draft",
                vec![call("draft", 5, 0.5), call("state", 1, 0.125)],
            ),
            (
                "run-002-audit",
                vec![call("audit", 2, 0.25), call("draft", 7, 0.25)],
            ),
        ] {
            let path = folder.path().join(run);
            std::fs::create_dir(&path).unwrap();
            let lines: Vec<String> = calls.iter().map(|it| it.log_entry().to_string()).collect();
            let text = format!(
                "{{\"event\":\"progress\"}}\n{}\nbroken {{\"spent\":",
                lines.join("\n")
            );
            std::fs::write(path.join("log.jsonl"), text).unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let spending = read(folder.path(), &Disk::real());
        let draft = &spending["draft"];
        assert_eq!((draft.calls, draft.usage.output_tokens), (2, Some(12)));
        let whole = whole(&spending);
        assert_eq!(whole.usage.input_tokens, Some(40));
        assert_eq!(whole.cost, Some(1.125));
    }

    #[test]
    fn sums_never_fall() {
        let folder = tempfile::tempdir().unwrap();
        let mut sums = of_chunks(call("draft", 9, 1.0).usage, Some(1.0));
        raise(&mut sums, &read(folder.path(), &Disk::real()));
        assert_eq!(sums["draft"].cost, Some(1.0));
        raise(
            &mut sums,
            &of_chunks(call("draft", 12, 1.5).usage, Some(1.5)),
        );
        assert_eq!(sums["draft"].usage.output_tokens, Some(12));
        assert_eq!(sums["draft"].cost, Some(1.5));
    }
}
