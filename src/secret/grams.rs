//! Parts of secrets: a few letters and digits in a row.

use std::ops::Range;

use super::reading::Reading;

/// As many letters and digits in a row, as a number.
type Gram = u64;

/// How many letters and digits in a row of a secret are one in a text, too.
const GRAM: usize = size_of::<Gram>();

/// All that many letters and digits in a row that secrets have.
pub(super) struct Grams {
    sorted: Vec<Gram>,
    /// A bit for each of them: most others are known to be none without a search.
    bits: [u64; 64],
}

impl Grams {
    /// Those of secrets with these `skeletons`.
    pub(super) fn of<'a>(skeletons: impl Iterator<Item = &'a Reading>) -> Self {
        let mut bits = [0; 64];
        let mut sorted = Vec::new();
        for (_, gram) in skeletons.flat_map(grams) {
            let (word, bit) = Self::slot(gram);
            bits[word] |= bit;
            sorted.push(gram);
        }
        sorted.sort_unstable();
        sorted.dedup();
        Self { sorted, bits }
    }

    /// The bit of a gram: in which word, and which one there.
    fn slot(gram: Gram) -> (usize, u64) {
        // Fibonacci hashing (Knuth, TAOCP 6.4).
        let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    fn contains(&self, gram: Gram) -> bool {
        let (word, bit) = Self::slot(gram);
        self.bits[word] & bit != 0 && self.sorted.binary_search(&gram).is_ok()
    }

    /// Where a text with these `bones` has parts of secrets, as places in the reading that they are
    /// of. Words and short numbers alone are none.
    pub(super) fn find(&self, bones: &Reading) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut parts = grams(bones)
            .filter(|(_, gram)| self.contains(*gram))
            .peekable();
        while let Some((start, gram)) = parts.next() {
            let mut last = start;
            let mut is_telling = tells(gram);
            let mut is_number = digits(gram) == GRAM;
            while let Some((at, gram)) = parts.next_if(|(at, _)| *at == last + 1) {
                last = at;
                is_telling |= tells(gram);
                is_number &= digits(gram) == GRAM;
            }
            is_telling |= is_number && last - start >= GRAM;
            let bounds = (bones.place(start), bones.place(last + GRAM - 1));
            if let (Some(start), Some(end)) = bounds
                && is_telling
            {
                found.push(start..end + 1);
            }
        }
        found
    }
}

fn grams(bones: &Reading) -> impl Iterator<Item = (usize, Gram)> {
    let windows = bones.bytes.windows(GRAM).enumerate();
    windows.filter_map(|(at, gram)| Some((at, Gram::from_be_bytes(gram.try_into().ok()?))))
}

/// Whether there are letters and digits.
fn tells(gram: Gram) -> bool {
    (1..GRAM).contains(&digits(gram))
}

/// How many digits there are.
fn digits(gram: Gram) -> usize {
    let bytes = gram.to_be_bytes();
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count()
}
