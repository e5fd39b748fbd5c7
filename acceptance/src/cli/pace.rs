//! How `--pace` is written.

use sandbox_eks::Pace;

/// Reads `fast` or `aws:FACTOR`.
pub(super) fn read(text: &str) -> Result<Pace, String> {
    if text == "fast" {
        return Ok(Pace::Fast);
    }
    let factor = text.strip_prefix("aws:").and_then(|factor| factor.parse::<f64>().ok());
    match factor.filter(|factor| factor.is_finite() && *factor >= 0.0) {
        Some(factor) => Ok(Pace::Aws { factor }),
        None => Err("it is fast, or aws:FACTOR such as aws:0.01 (1 is as slow as AWS)".to_owned()),
    }
}
