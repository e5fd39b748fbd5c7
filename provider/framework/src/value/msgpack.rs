//! The form in which values travel between core and a provider: msgpack, read and written by type.
//! Knows nothing of schemas; whoever needs write-only attributes nulled does it before.
//!
//! Both directions follow core (`docs/plugin-protocol/object-wire-format.md` of Terraform and `cty/msgpack` of go-cty).
//! A malformed message is an error that names the place, whatever the bytes are.

use rmp::Marker;

use super::{Number, Type, Value};
use crate::diagnostic::Path;

pub use encode::encode;
mod encode;
#[cfg(test)]
mod tests;

/// Deeper values than this are refused in both directions; no schema comes near.
pub(crate) const DEEPEST: usize = 64;

/// Bytes that are no value of the expected type, or a value that is not of its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", at(path))]
pub struct WireError {
    /// Where in the value.
    pub path: Path,
    /// What is wrong there.
    pub reason: String,
}

fn at(path: &Path) -> String {
    if path.0.is_empty() { String::new() } else { format!("{path}: ") }
}

impl WireError {
    pub(crate) fn new(path: &Path, reason: impl Into<String>) -> WireError {
        WireError { path: path.clone(), reason: reason.into() }
    }
}

/// Reads one value of `kind`; nothing may follow it.
///
/// # Errors
/// If the bytes are no msgpack, or a value of another type, or end too early or too late.
pub fn decode(bytes: &[u8], kind: &Type) -> Result<Value, WireError> {
    let mut reader = Reader { rest: bytes };
    let root = Path::root();
    let value = reader.value(kind, &root, 0)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(WireError::new(&root, format!("{} bytes follow the value", reader.rest.len())))
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, kind: &Type, path: &Path, depth: usize) -> Result<Value, WireError> {
        if depth > DEEPEST {
            return Err(WireError::new(path, format!("the value is nested more than {DEEPEST} levels deep")));
        }
        let marker = self.marker(path)?;
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some(length) = self.extension(marker, path)? {
            // Every extension is an unknown value; its payload is at most a refinement.
            self.take(length, path)?;
            return Ok(Value::Unknown);
        }
        match kind {
            Type::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                _ => Err(mismatch(path, "a bool", marker)),
            },
            Type::Number => self.number(marker, path),
            Type::String => Ok(Value::String(self.string(marker, path)?.to_owned())),
            Type::List(element) => Ok(Value::List(self.elements(marker, element, path, depth, true)?)),
            Type::Set(element) => Ok(Value::Set(self.elements(marker, element, path, depth, false)?)),
            Type::Map(element) => {
                let mut all = std::collections::BTreeMap::new();
                for _ in 0..self.map_length(marker, path, "a map")? {
                    let key = self.key(path)?;
                    let value = self.value(element, &path.key(key), depth + 1)?;
                    if all.insert(key.to_owned(), value).is_some() {
                        return Err(WireError::new(&path.key(key), "the key stands there twice"));
                    }
                }
                Ok(Value::Map(all))
            }
            Type::Object(attributes) => {
                let length = self.map_length(marker, path, "an object")?;
                let mut all = std::collections::BTreeMap::new();
                for _ in 0..length {
                    let name = self.key(path)?;
                    let inner = path.child(name);
                    let kind = attributes.get(name).ok_or_else(|| WireError::new(&inner, "no such attribute"))?;
                    let value = self.value(kind, &inner, depth + 1)?;
                    if all.insert(name.to_owned(), value).is_some() {
                        return Err(WireError::new(&inner, "the attribute stands there twice"));
                    }
                }
                match attributes.keys().find(|name| !all.contains_key(*name)) {
                    Some(absent) => Err(WireError::new(&path.child(absent), "the attribute is absent")),
                    None => Ok(Value::Object(all)),
                }
            }
        }
    }

    /// The announced length is never trusted with an allocation: each element costs at least one byte of input.
    fn elements(
        &mut self,
        marker: Marker,
        element: &Type,
        path: &Path,
        depth: usize,
        addressable: bool,
    ) -> Result<Vec<Value>, WireError> {
        let length = match marker {
            Marker::FixArray(length) => usize::from(length),
            Marker::Array16 => self.length(2, path)?,
            Marker::Array32 => self.length(4, path)?,
            other => return Err(mismatch(path, if addressable { "a list" } else { "a set" }, other)),
        };
        let mut all = Vec::new();
        for index in 0..length {
            let inner = if addressable { path.index(index) } else { path.clone() };
            all.push(self.value(element, &inner, depth + 1)?);
        }
        Ok(all)
    }

    fn number(&mut self, marker: Marker, path: &Path) -> Result<Value, WireError> {
        let number = match marker {
            Marker::FixPos(value) => Some(Number::from(i64::from(value))),
            Marker::FixNeg(value) => Some(Number::from(i64::from(value))),
            Marker::U8 => Some(Number::from(self.unsigned(1, path)?)),
            Marker::U16 => Some(Number::from(self.unsigned(2, path)?)),
            Marker::U32 => Some(Number::from(self.unsigned(4, path)?)),
            Marker::U64 => Some(Number::from(self.unsigned(8, path)?)),
            Marker::I8 => Some(Number::from(i64::from(i8::from_be_bytes(self.array(path)?)))),
            Marker::I16 => Some(Number::from(i64::from(i16::from_be_bytes(self.array(path)?)))),
            Marker::I32 => Some(Number::from(i64::from(i32::from_be_bytes(self.array(path)?)))),
            Marker::I64 => Some(Number::from(i64::from_be_bytes(self.array(path)?))),
            Marker::F32 => Number::from_f64(f64::from(f32::from_be_bytes(self.array(path)?))),
            Marker::F64 => Number::from_f64(f64::from_be_bytes(self.array(path)?)),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                Number::parse(self.string(marker, path)?)
            }
            other => return Err(mismatch(path, "a number", other)),
        };
        number.map(Value::Number).ok_or_else(|| WireError::new(path, "expected a finite number of sane length"))
    }

    fn string(&mut self, marker: Marker, path: &Path) -> Result<&'a str, WireError> {
        let length = match marker {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 => self.length(1, path)?,
            Marker::Str16 => self.length(2, path)?,
            Marker::Str32 => self.length(4, path)?,
            other => return Err(mismatch(path, "a string", other)),
        };
        std::str::from_utf8(self.take(length, path)?).map_err(|_| WireError::new(path, "the text is not UTF-8"))
    }

    fn key(&mut self, path: &Path) -> Result<&'a str, WireError> {
        let marker = self.marker(path)?;
        self.string(marker, path)
    }

    fn map_length(&mut self, marker: Marker, path: &Path, expected: &str) -> Result<usize, WireError> {
        match marker {
            Marker::FixMap(length) => Ok(usize::from(length)),
            Marker::Map16 => self.length(2, path),
            Marker::Map32 => self.length(4, path),
            other => Err(mismatch(path, expected, other)),
        }
    }

    /// The length of what follows the type byte of an extension, or nothing if `marker` is none.
    fn extension(&mut self, marker: Marker, path: &Path) -> Result<Option<usize>, WireError> {
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.length(1, path)?,
            Marker::Ext16 => self.length(2, path)?,
            Marker::Ext32 => self.length(4, path)?,
            _ => return Ok(None),
        };
        self.take(1, path)?;
        Ok(Some(length))
    }

    fn marker(&mut self, path: &Path) -> Result<Marker, WireError> {
        Ok(Marker::from_u8(self.take(1, path)?[0]))
    }

    fn length(&mut self, width: usize, path: &Path) -> Result<usize, WireError> {
        usize::try_from(self.unsigned(width, path)?).map_err(|_| WireError::new(path, "the length is too large"))
    }

    fn unsigned(&mut self, width: usize, path: &Path) -> Result<u64, WireError> {
        Ok(self.take(width, path)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn array<const N: usize>(&mut self, path: &Path) -> Result<[u8; N], WireError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N, path)?);
        Ok(bytes)
    }

    fn take(&mut self, length: usize, path: &Path) -> Result<&'a [u8], WireError> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| WireError::new(path, "the message ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }
}

fn mismatch(path: &Path, expected: &str, found: Marker) -> WireError {
    let found = match found {
        Marker::True | Marker::False => "a bool",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "a list",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::Reserved => "a byte that msgpack does not use",
        _ => "a number",
    };
    WireError::new(path, format!("expected {expected}, found {found}"))
}
