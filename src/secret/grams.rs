//! Parts of secrets: a few letters and digits in a row.

use std::ops::Range;

use super::reading::Reading;

/// As many letters and digits in a row, as a number.
type Gram = u64;

/// How many letters and digits in a row of a secret are one in a text, too, at least.
const GRAM: usize = size_of::<Gram>();

/// All that many letters and digits in a row that secrets have.
pub(super) struct Grams {
    /// Each with how many have to be in a row where it is one of them.
    sorted: Vec<(Gram, usize)>,
    /// A bit for each of them: most others are known to be none without a search.
    bits: [u64; 64],
}

impl Grams {
    /// Those of secrets with these `skeletons`, of each of which a third is a part. Were it less, who
    /// chooses what a server says, such as an id, and sees in a log what is taken out could guess a
    /// secret letter by letter: how one begins is often known.
    pub(super) fn of<'a>(skeletons: impl Iterator<Item = &'a Reading>) -> Self {
        let mut bits = [0; 64];
        let mut sorted = Vec::new();
        for skeleton in skeletons {
            let part = skeleton.bytes.len() / 3;
            for (_, gram) in grams(skeleton) {
                let (word, bit) = Self::slot(gram);
                bits[word] |= bit;
                sorted.push((gram, part));
            }
        }
        sorted.sort_unstable();
        sorted.dedup_by_key(|(gram, _)| *gram);
        Self { sorted, bits }
    }

    /// The bit of a gram: in which word, and which one there.
    fn slot(gram: Gram) -> (usize, u64) {
        // Fibonacci hashing (Knuth, TAOCP 6.4).
        let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    /// How many letters and digits in a row are a part of a secret that has this `gram`.
    fn part(&self, gram: Gram) -> Option<usize> {
        let (word, bit) = Self::slot(gram);
        if self.bits[word] & bit == 0 {
            return None;
        }
        let at = self.sorted.binary_search_by_key(&gram, |(gram, _)| *gram);
        at.ok().map(|at| self.sorted[at].1)
    }

    /// Where a text with these `bones` has parts of secrets, as places in the reading that they are
    /// of. Words and short numbers alone are none.
    pub(super) fn find(&self, bones: &Reading) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut parts = grams(bones)
            .filter_map(|(at, gram)| Some((at, gram, self.part(gram)?)))
            .peekable();
        while let Some((start, gram, mut part)) = parts.next() {
            let mut last = start;
            let mut is_telling = tells(gram);
            let mut is_number = digits(gram) == GRAM;
            while let Some((at, gram, other)) = parts.next_if(|(at, ..)| *at == last + 1) {
                last = at;
                part = part.min(other);
                is_telling |= tells(gram);
                is_number &= digits(gram) == GRAM;
            }
            let length = last - start + GRAM;
            is_telling |= is_number && length >= 2 * GRAM;
            let bounds = (bones.place(start), bones.place(last + GRAM - 1));
            if let (Some(start), Some(end)) = bounds
                && is_telling
                && length >= part
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
