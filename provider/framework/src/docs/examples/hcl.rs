//! Reads configurations as far as it takes to see which attributes they name. Knows no schema.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// What an attribute is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// `{ … }`
    Object(Vec<(String, Value)>),
    /// `[ … ]`
    List(Vec<Value>),
    /// Any other expression.
    Other,
}

/// The text without what stands behind `#` and `//`.
pub(super) fn without_comments(text: &str) -> String {
    text.lines().map(|line| &line[..comment(line).unwrap_or(line.len())]).collect::<Vec<_>>().join("\n")
}

fn comment(line: &str) -> Option<usize> {
    let mut quoted = false;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match letter {
            '"' if before != '\\' => quoted = !quoted,
            '#' if !quoted => return Some(at),
            '/' if !quoted && before == '/' => return Some(at - 1),
            _ => {}
        }
        before = letter;
    }
    None
}

/// What is set in each `resource` block of a kind. The text has no comments.
pub(super) fn blocks(text: &str, kind: &str) -> Vec<Vec<(String, Value)>> {
    let head = format!("resource \"{kind}\"");
    let bodies = text.split(&head).skip(1).filter_map(|rest| {
        let (label, body) = rest.split_once('{')?;
        label.trim().starts_with('"').then(|| Reader { letters: body.chars().peekable() }.body('}'))
    });
    bodies.collect()
}

/// What is read of resources of a kind: `arn`, `installed_addons.version`. Keys and indices are left out. The text has no comments.
pub(super) fn references(text: &str, kind: &str) -> BTreeSet<String> {
    let head = format!("{kind}.");
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let mut all = BTreeSet::new();
    for (at, _) in text.match_indices(&head) {
        // `data.KIND` is something else.
        if text[..at].ends_with(|letter| is_name(letter) || letter == '.') {
            continue;
        }
        let mut rest = text[at + head.len()..].trim_start_matches(is_name);
        let mut path: Vec<&str> = Vec::new();
        loop {
            if let Some(inside) = rest.strip_prefix('[') {
                let Some((_, after)) = inside.split_once(']') else { break };
                rest = after;
            } else if let Some(named) = rest.strip_prefix('.') {
                let end = named.find(|letter| !is_name(letter)).unwrap_or(named.len());
                path.push(&named[..end]);
                rest = &named[end..];
            } else {
                break;
            }
        }
        all.insert(path.join("."));
    }
    all.remove("");
    all
}

struct Reader<'a> {
    letters: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    /// Names and values up to the bracket that closes them; nested blocks are like objects.
    fn body(&mut self, close: char) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        let mut name = String::new();
        while let Some(letter) = self.letters.next() {
            match letter {
                _ if letter == close => break,
                '"' => name = self.quoted(),
                '=' | ':' => all.push((std::mem::take(&mut name), self.value())),
                '{' => all.push((std::mem::take(&mut name), Value::Object(self.body('}')))),
                '(' => self.skip(')'),
                _ if letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-') => name.push(letter),
                '\n' | ',' => name.clear(),
                _ => {}
            }
        }
        all
    }

    /// One expression, up to what ends it, which stays.
    fn value(&mut self) -> Value {
        self.blanks();
        let value = match self.letters.peek() {
            Some('{') => {
                self.letters.next();
                Value::Object(self.body('}'))
            }
            Some('[') => {
                self.letters.next();
                Value::List(self.list())
            }
            _ => Value::Other,
        };
        while let Some(letter) = self.letters.next_if(|letter| !matches!(letter, '\n' | ',' | '}' | ']' | ')')) {
            match letter {
                '"' => drop(self.quoted()),
                '(' => self.skip(')'),
                '[' => self.skip(']'),
                '{' => self.skip('}'),
                _ => {}
            }
        }
        value
    }

    fn list(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            while self.letters.next_if(|letter| letter.is_whitespace() || *letter == ',').is_some() {}
            match self.letters.peek() {
                None => return all,
                Some(']') => {
                    self.letters.next();
                    return all;
                }
                // A bracket that nothing has opened: no list that Terraform would take.
                Some('}' | ')') => return all,
                Some(_) => all.push(self.value()),
            }
        }
    }

    fn blanks(&mut self) {
        while self.letters.next_if(|letter| *letter == ' ').is_some() {}
    }

    fn skip(&mut self, close: char) {
        while let Some(letter) = self.letters.next() {
            match letter {
                _ if letter == close => return,
                '"' => drop(self.quoted()),
                '(' => self.skip(')'),
                '[' => self.skip(']'),
                '{' => self.skip('}'),
                _ => {}
            }
        }
    }

    /// The text up to the closing quote. A template may hold quotes of its own.
    fn quoted(&mut self) -> String {
        let mut text = String::new();
        while let Some(letter) = self.letters.next() {
            match letter {
                '"' => break,
                '\\' => drop(self.letters.next()),
                '$' if self.letters.next_if_eq(&'{').is_some() => self.skip('}'),
                _ => text.push(letter),
            }
        }
        text
    }
}
