//! stub
use crate::json::Json;
/// x
#[derive(Debug)]
pub struct NoMatch;
impl std::fmt::Display for NoMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no match")
    }
}
/// x
/// # Errors
/// x

pub fn apply(json: Json<'_>, path: &str) -> Result<String, NoMatch> {
    let v = gjson::get(json.as_str(), path);
    if v.exists() {
        Ok(v.json().to_owned())
    } else {
        Err(NoMatch)
    }
}
