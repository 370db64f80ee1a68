//! The environment variables, as far as they are asked for.

use std::ffi::OsString;

use crate::error::Failure;

/// The environment variables of the process, or a stand-in for them. An empty one counts as unset.
pub struct Environment<'a>(Box<Variables<'a>>);

/// From the name of a variable to its value.
type Variables<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

impl<'a> Environment<'a> {
    /// The environment that `lookup` describes: from a name to a value.
    #[must_use]
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + 'a) -> Self {
        Self(Box::new(lookup))
    }

    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var_os(name))
    }

    /// The value of the variable `name`; `None` if it is unset or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        self.get(name)
            .map(|value| {
                value
                    .into_string()
                    .map_err(|_| Failure::usage(format!("{name} is not valid UTF-8")))
            })
            .transpose()
    }

    /// The first of the variables that is set, with its name.
    pub(super) fn first(
        &self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, String)>, Failure> {
        for name in names {
            if let Some(value) = self.text(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }
}
