//! Cron schedules as the CronJob controller reads them: five fields or a descriptor. Knows no time.

#[cfg(test)]
mod tests;

use tfplugin_framework::schema::check::shown;

struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of the week", least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// Checks a schedule.
///
/// # Errors
/// What is wrong with it, in words that follow the attribute's name.
pub fn check(text: &str) -> Result<(), String> {
    let wrong = |why: String| Err(format!("is {}, {why}", shown(text)));
    if text.contains("TZ=") {
        return wrong("which has a time zone in it; set time_zone instead".to_owned());
    }
    if let Some(descriptor) = text.strip_prefix('@') {
        return match descriptor {
            "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly" => Ok(()),
            _ => wrong(
                "which is no descriptor; use @hourly, @daily, @weekly, @monthly or @yearly, or five fields".to_owned(),
            ),
        };
    }
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    if parts.len() != FIELDS.len() || text.chars().any(|c| c.is_control()) {
        return wrong(format!(
            "which has {} field{}; a schedule has five: minute, hour, day of the month, month, day of the week",
            parts.len(),
            if parts.len() == 1 { "" } else { "s" }
        ));
    }
    for (field, part) in FIELDS.iter().zip(parts) {
        for entry in part.split(',') {
            if let Err(why) = field.check(entry) {
                return wrong(format!("whose {} {why}", field.name));
            }
        }
    }
    Ok(())
}

impl Field {
    /// `*`, `?`, `N`, `A-B`, each with an optional `/STEP`.
    fn check(&self, entry: &str) -> Result<(), String> {
        let (range, step) = entry.split_once('/').map_or((entry, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step
            && !step.parse::<u32>().is_ok_and(|n| (1..=self.most.max(1)).contains(&n))
        {
            return Err(format!("has the step {}; use a number from 1 to {}", shown(step), self.most));
        }
        if range == "*" || range == "?" {
            return Ok(());
        }
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to) = (self.value(from)?, self.value(to)?);
        if from > to { Err(format!("has the range {range:?}, which ends before it begins")) } else { Ok(()) }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        if let Some(at) = self.names.iter().position(|name| text.eq_ignore_ascii_case(name)) {
            return Ok(self.least + u32::try_from(at).unwrap_or_default());
        }
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(n) if digits && (self.least..=self.most).contains(&n) => Ok(n),
            _ => Err(format!("is {}; use {} to {}", shown(text), self.least, self.most)),
        }
    }
}
