//! What a run may cost at most: instructions and bytes, which are the same on every machine of a
//! kind, unlike time. The numbers stand in `budget.json`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

/// How far a number may lie above the budget, in percent. Another compiler or C library makes for
/// more than the few instructions that differ from run to run.
const TOLERANCE: f64 = 3.0;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/budget.json");

/// What the numbers hold for.
fn machine() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

/// Writes `costs` as the new budget.
pub(crate) fn update(costs: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    let costs: Map<_, _> = costs
        .iter()
        .map(|(name, cost)| (name.clone(), (*cost).into()))
        .collect();
    let text = serde_json::to_string_pretty(&serde_json::json!({ machine(): costs }))?;
    fs::write(PATH, text + "\n").context(PATH)
}

/// Compares `costs` with the budget and shows both.
///
/// Fails if one is exceeded by more than [`TOLERANCE`], or is not budgeted for.
pub(crate) fn check(costs: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    let text = fs::read_to_string(PATH).context(PATH)?;
    let machines: Map<String, Value> = serde_json::from_str(&text).context(PATH)?;
    let mut out = io::stdout().lock();
    let Some(budget) = machines.get(&machine()) else {
        writeln!(out, "skipped: there is no budget for {}", machine())?;
        return Ok(());
    };
    let (mut over, mut under) = (false, false);
    for (name, cost) in costs {
        let Some(allowed) = budget.get(name).and_then(Value::as_u64) else {
            writeln!(out, "{name:30} {cost:>12}  not in the budget")?;
            over = true;
            continue;
        };
        let percent = (*cost as f64 / allowed as f64 - 1.0) * 100.0;
        let verdict = if percent > TOLERANCE {
            "  too much"
        } else {
            ""
        };
        writeln!(
            out,
            "{name:30} {cost:>12}  budget {allowed:>12}  {percent:+6.1} %{verdict}"
        )?;
        over |= percent > TOLERANCE;
        under |= percent < -TOLERANCE;
    }
    if over {
        bail!(
            "over budget by more than {TOLERANCE} %; if it is worth that, update the budget with \
             `cargo bench --bench speed -- --update` and say in the commit what it buys"
        );
    }
    if under {
        writeln!(
            out,
            "cheaper than the budget: keep it so with `cargo bench --bench speed -- --update`"
        )?;
    }
    Ok(())
}
