//! Stretches of time and how much of it they cover together. Pure.

/// Stretches of time that may overlap, in seconds since any moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spans(Vec<(f64, f64)>);

impl FromIterator<(f64, f64)> for Spans {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(spans: I) -> Spans {
        Spans(spans.into_iter().filter(|(from, to)| to > from).collect())
    }
}

impl Spans {
    /// From the first beginning to the last end.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let first = self.0.iter().map(|(from, _)| *from).reduce(f64::min)?;
        let last = self.0.iter().map(|(_, to)| *to).reduce(f64::max)?;
        Some((first, last))
    }

    /// These and those.
    #[must_use]
    pub fn and(mut self, other: &Spans) -> Spans {
        self.0.extend(&other.0);
        self
    }

    /// How much they cover; what overlaps counts once.
    pub fn covered(&self) -> f64 {
        self.joined().iter().map(|(from, to)| to - from).sum()
    }

    /// What lies between `from` and `to`.
    #[must_use]
    pub fn within(&self, from: f64, to: f64) -> Spans {
        self.0.iter().map(|span| (span.0.max(from), span.1.min(to))).collect()
    }

    /// What none of them covers between `from` and `to`.
    #[must_use]
    pub fn gaps(&self, from: f64, to: f64) -> Spans {
        let mut at = from;
        let mut gaps = Vec::new();
        for (begin, end) in self.within(from, to).joined() {
            gaps.push((at, begin));
            at = end;
        }
        gaps.push((at, to));
        gaps.into_iter().collect()
    }

    /// Those of at least so many seconds.
    #[must_use]
    pub fn of_at_least(&self, seconds: f64) -> Spans {
        self.0.iter().copied().filter(|(from, to)| to - from >= seconds).collect()
    }

    /// In order and without overlaps.
    fn joined(&self) -> Vec<(f64, f64)> {
        let mut sorted = self.0.clone();
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut joined: Vec<(f64, f64)> = Vec::new();
        for (from, to) in sorted {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests;
