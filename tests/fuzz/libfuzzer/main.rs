//! One target under libFuzzer: that which the variable `TARGET` names.
#![no_main]

#[path = "../targets.rs"]
mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use targets::{TARGETS, Target};

static CHOSEN: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("TARGET={name} is none of {:?}", TARGETS.map(|(name, _)| name)))
});

fuzz_target!(|data: &[u8]| targets::call(&CHOSEN, data));
