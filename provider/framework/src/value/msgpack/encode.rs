//! Writing: integers that fit in 64 bits as such, other numbers as a float where that is exact and as text where not.

use rmp::encode::{self as wire, ByteBuf};

use super::{DEEPEST, WireError};
use crate::diagnostic::Path;
use crate::value::{Number, Type, Value};

/// Writes `value`, which must be of `kind`.
///
/// # Errors
/// If it is of another type.
pub fn encode(value: &Value, kind: &Type) -> Result<Vec<u8>, WireError> {
    let mut buffer = ByteBuf::new();
    write(&mut buffer, value, kind, &Path::root(), 0)?;
    Ok(buffer.into_vec())
}

fn write(to: &mut ByteBuf, value: &Value, kind: &Type, path: &Path, depth: usize) -> Result<(), WireError> {
    if depth > DEEPEST {
        return Err(WireError::new(path, format!("the value is nested more than {DEEPEST} levels deep")));
    }
    let infallible = match (value, kind) {
        (Value::Null, _) => wire::write_nil(to),
        (Value::Unknown, _) => {
            to.as_mut_vec().extend_from_slice(&[0xd4, 0, 0]);
            Ok(())
        }
        (Value::Bool(flag), Type::Bool) => wire::write_bool(to, *flag),
        (Value::Number(number), Type::Number) => {
            write_number(to, number);
            Ok(())
        }
        (Value::String(text), Type::String) => {
            length(text.len(), path)?;
            wire::write_str(to, text).map_err(|_| WireError::new(path, "the text cannot be written"))?;
            Ok(())
        }
        (Value::List(all), Type::List(element)) => {
            array(to, all.len(), path)?;
            for (index, one) in all.iter().enumerate() {
                write(to, one, element, &path.index(index), depth + 1)?;
            }
            Ok(())
        }
        (Value::Set(all), Type::Set(element)) => {
            array(to, all.len(), path)?;
            for one in all {
                write(to, one, element, path, depth + 1)?;
            }
            Ok(())
        }
        (Value::Map(all), Type::Map(element)) => {
            map(to, all.len(), path)?;
            for (key, one) in all {
                write_key(to, key, path)?;
                write(to, one, element, &path.key(key), depth + 1)?;
            }
            Ok(())
        }
        (Value::Object(all), Type::Object(attributes)) => {
            if let Some(extra) = all.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(WireError::new(&path.child(extra), "no such attribute"));
            }
            map(to, attributes.len(), path)?;
            for (name, kind) in attributes {
                let inner = path.child(name);
                let one = all.get(name).ok_or_else(|| WireError::new(&inner, "the attribute is absent"))?;
                write_key(to, name, path)?;
                write(to, one, kind, &inner, depth + 1)?;
            }
            Ok(())
        }
        (other, kind) => {
            return Err(WireError::new(path, format!("expected {}, found {}", kind.article(), other.article())));
        }
    };
    infallible.map_err(|_| WireError::new(path, "the value cannot be written"))
}

fn write_number(to: &mut ByteBuf, number: &Number) {
    // Writing to memory cannot fail.
    if let Some(integer) = number.as_i64() {
        let _ = wire::write_sint(to, integer);
    } else if let Some(float) = number.as_exact_f64().filter(|float| float.fract() != 0.0) {
        let _ = wire::write_f64(to, float);
    } else {
        let _ = wire::write_str(to, number.as_str());
    }
}

fn length(length: usize, path: &Path) -> Result<u32, WireError> {
    u32::try_from(length).map_err(|_| WireError::new(path, "the value is too long to send"))
}

fn array(to: &mut ByteBuf, count: usize, path: &Path) -> Result<(), WireError> {
    let count = length(count, path)?;
    wire::write_array_len(to, count).map(|_| ()).map_err(|_| WireError::new(path, "the value cannot be written"))
}

fn map(to: &mut ByteBuf, count: usize, path: &Path) -> Result<(), WireError> {
    let count = length(count, path)?;
    wire::write_map_len(to, count).map(|_| ()).map_err(|_| WireError::new(path, "the value cannot be written"))
}

fn write_key(to: &mut ByteBuf, key: &str, path: &Path) -> Result<(), WireError> {
    length(key.len(), path)?;
    wire::write_str(to, key).map_err(|_| WireError::new(path, "the key cannot be written"))
}
