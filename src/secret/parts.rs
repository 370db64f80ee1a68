//! Parts of secrets: letters and digits in a row.

use std::ops::Range;

use super::reading::Reading;

/// So many letters and digits in a row, as a number.
type Part = u128;

/// How many letters and digits a part has.
const PART: usize = size_of::<Part>();

/// How many letters and digits of a secret there are from where a part begins to where the next one
/// does. Who chooses what a server says, such as an id, and sees in a log what is taken out learns
/// nothing of a guess that does not have so many more of them right, all at once. And of a row of 24
/// there is one part at least; no more than seven stay on either side.
const STEP: usize = PART / 2;

/// The parts of secrets, sorted.
pub(super) struct Parts(Vec<Part>);

impl Parts {
    /// Those of secrets with these `skeletons`.
    pub(super) fn of(skeletons: impl Iterator<Item = Reading>) -> Self {
        let mut parts = Vec::new();
        for skeleton in skeletons {
            parts.extend(rows(&skeleton).step_by(STEP).map(|(_, part)| part));
        }
        parts.sort_unstable();
        Self(parts)
    }

    /// Where a text with these `bones` has parts, as places in the reading that they are of.
    pub(super) fn find<'t>(
        &'t self,
        bones: &'t Reading,
    ) -> impl Iterator<Item = Range<usize>> + 't {
        let parts = rows(bones).filter(|(_, row)| self.0.binary_search(row).is_ok());
        parts.filter_map(|(at, _)| Some(bones.place(at)?..bones.place(at + PART - 1)? + 1))
    }
}

/// All so many letters and digits in a row, and where they begin in the `bones`.
fn rows(bones: &Reading) -> impl Iterator<Item = (usize, Part)> {
    let rows = bones.bytes.windows(PART).enumerate();
    rows.filter_map(|(at, row)| Some((at, Part::from_be_bytes(row.try_into().ok()?))))
}
