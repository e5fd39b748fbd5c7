//! Numbers of any size and precision, as decimal text.

use std::fmt;

/// A decimal number in canonical form: no exponent, no superfluous zeros, no `-0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(String);

/// Longest text that a canonical number may have. Core computes with 512 bits, which is 155 digits; the rest is room for
/// scale. Without a limit `1e1000000000` would be a gigabyte of zeros.
const LONGEST: i64 = 4096;

impl Number {
    /// Reads decimal text, with or without fraction and exponent. Nothing if it is no number or longer than 4096 digits.
    pub fn parse(text: &str) -> Option<Number> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
        let length = i64::try_from(digits.len()).ok()?;
        if digits.bytes().all(|byte| byte == b'0') {
            return Some(Number("0".to_owned()));
        }
        if point.abs() > LONGEST || length > LONGEST {
            return None;
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        let (whole, fraction) = if point <= 0 {
            (String::new(), format!("{}{digits}", zeros(-point)))
        } else if point >= length {
            (format!("{digits}{}", zeros(point - length)), String::new())
        } else {
            let at = usize::try_from(point).ok()?;
            (digits[..at].to_owned(), digits[at..].to_owned())
        };
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let sign = if negative { "-" } else { "" };
        Some(Number(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }))
    }

    /// The exact decimal expansion of a finite float.
    pub fn from_f64(float: f64) -> Option<Number> {
        // 1074 digits after the point are enough for the smallest subnormal.
        float.is_finite().then(|| format!("{float:.1074}")).and_then(|text| Number::parse(&text))
    }

    /// The number, if it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The float that is exactly this number, if there is one.
    pub fn as_exact_f64(&self) -> Option<f64> {
        let float: f64 = self.0.parse().ok()?;
        (Number::from_f64(float).as_ref() == Some(self)).then_some(float)
    }

    /// Its canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Number(number.to_string())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Number(number.to_string())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
