//! Kubernetes quantities (`500m`, `1.5Gi`): what they are worth and when two of them mean the same. Knows no attribute.

#[cfg(test)]
mod tests;

use std::fmt;

use tfplugin_framework::schema::check::shown;

/// A non-negative amount, exact to a billionth as in Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    billionths: u128,
}

/// Why a text is no quantity, in words that follow the attribute's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoQuantity(String);

impl fmt::Display for NoQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const BILLION: u128 = 1_000_000_000;
/// Kubernetes caps amounts at 2⁶³-1.
const GREATEST: u128 = (i64::MAX as u128) * BILLION;

impl Quantity {
    /// Reads a quantity as the API server does: digits with an optional fraction, then a suffix or a decimal exponent.
    ///
    /// # Errors
    /// If it is no quantity, is negative or is beyond what Kubernetes can count.
    pub fn parse(text: &str) -> Result<Quantity, NoQuantity> {
        let wrong = |why: &str| NoQuantity(format!("is {}, {why}", shown(text)));
        if text.starts_with('-') {
            return Err(wrong("which is negative"));
        }
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        let split = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(split);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) || number.len() > 40 {
            return Err(wrong("which is no quantity; write one as \"500m\", \"2\" or \"1.5Gi\""));
        }
        let (factor, divisor) = scale(suffix).ok_or_else(|| {
            wrong("whose suffix Kubernetes does not know; use one of m k M G T P E Ki Mi Gi Ti Pi Ei")
        })?;
        let digits: u128 = format!("{whole}{fraction}").parse().unwrap_or(u128::MAX);
        let below = 10u128.checked_pow(u32::try_from(fraction.len()).unwrap_or(u32::MAX));
        let billionths = digits
            .checked_mul(factor)
            .and_then(|n| n.checked_mul(BILLION))
            .zip(below.and_then(|b| b.checked_mul(divisor)))
            .map(|(n, d)| n.div_ceil(d))
            .filter(|n| *n <= GREATEST)
            .ok_or_else(|| wrong("which is more than Kubernetes can count"))?;
        Ok(Quantity { billionths })
    }

    /// True for nothing at all.
    pub fn is_zero(self) -> bool {
        self.billionths == 0
    }

    /// True if it is a whole number of `unit`s, given in billionths of one.
    pub fn is_multiple_of(self, unit_billionths: u128) -> bool {
        self.billionths.is_multiple_of(unit_billionths)
    }

    /// The amount in whole units, rounded up.
    pub fn units(self) -> u128 {
        self.billionths.div_ceil(BILLION)
    }
}

/// True if both texts are quantities and mean the same amount.
pub fn same(a: &str, b: &str) -> bool {
    a == b || matches!((Quantity::parse(a), Quantity::parse(b)), (Ok(x), Ok(y)) if x == y)
}

/// What a suffix multiplies by, as a fraction.
fn scale(suffix: &str) -> Option<(u128, u128)> {
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, BILLION),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (BILLION, 1),
        "T" => (1000 * BILLION, 1),
        "P" => (1_000_000 * BILLION, 1),
        "E" => (BILLION * BILLION, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let ten = 10u128.checked_pow(power.unsigned_abs())?;
            if power < 0 { (1, ten) } else { (ten, 1) }
        }
    })
}
