//! Parts of a secret: letters and digits in a row.

use std::ops::Range;

use super::reading::Reading;

/// So many letters and digits in a row, as a number.
type Part = u128;

/// How many letters and digits a part has.
const PART: usize = size_of::<Part>();

/// How many letters and digits there are from where a part begins to where the next one
/// does. Who chooses what a server says, such as an id, and sees in a log what is taken out learns
/// nothing of a guess that does not have so many more of them right, all at once. And of a row of 24
/// there is one part at least; no more than seven stay on either side.
const STEP: usize = PART / 2;

/// The parts of a secret, sorted.
pub(super) struct Parts(Vec<Part>);

impl Parts {
    /// Those of this `secret`, as it is: escaped differently it would have others, out of step.
    pub(super) fn of(secret: &str) -> Self {
        let literal = Reading::levels(secret).next();
        let bones = literal.map(|it| it.skeleton());
        let rows = bones.iter().flat_map(|bones| rows(bones).step_by(STEP));
        let mut parts: Vec<Part> = rows.map(|(_, part)| part).collect();
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
