//! Whether a program's file is all there. Builds publish whole files alone, but a machine that loses its power may forget their ends.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Of a 64 bit program, and of a segment's entry in its table.
const HEADER: usize = 64;
const SEGMENT: usize = 56;

/// Whether the file holds as much as its own header says, where it is a program of Linux; else, whether it holds anything.
pub(super) fn is_whole(file: &Path) -> bool {
    let Ok(open) = File::open(file) else { return false };
    let mut header = Vec::new();
    let Ok(_) = (&open).take(HEADER as u64).read_to_end(&mut header) else { return false };
    match header.as_slice() {
        [0x7f, b'E', b'L', b'F', 2, 1, ..] => {
            let length = open.metadata().map_or(0, |metadata| metadata.len());
            end(&open, &header).is_some_and(|end| end <= length)
        }
        bytes => !bytes.is_empty() && !bytes.starts_with(b"\x7fELF"),
    }
}

/// Where the last of what the header speaks of ends: a segment, or the table of sections.
fn end(file: &File, header: &[u8]) -> Option<u64> {
    let mut end = number(header, 40, 8)?.checked_add(number(header, 58, 2)? * number(header, 60, 2)?)?;
    let (segments, size, count) = (number(header, 32, 8)?, number(header, 54, 2)?, number(header, 56, 2)?);
    for index in 0..count {
        let mut segment = [0; SEGMENT];
        file.read_exact_at(&mut segment, segments.checked_add(index * size)?).ok()?;
        end = end.max(number(&segment, 8, 8)?.checked_add(number(&segment, 32, 8)?)?);
    }
    Some(end)
}

/// A little-endian number.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    //! Against a real program, this test's own.

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_that_ends_early_is_told_from_a_whole_one() {
        let own = std::env::current_exe().unwrap();
        assert!(is_whole(&own));
        let folder = tempfile::tempdir().unwrap();
        let bytes = std::fs::read(&own).unwrap();
        for length in [1, 4, 63, 64, 4096, bytes.len() / 2, bytes.len() - 1] {
            let part = folder.path().join(length.to_string());
            std::fs::write(&part, &bytes[..length]).unwrap();
            assert_eq!(is_whole(&part), length == 1, "{length} bytes of {}", bytes.len());
        }
    }

    #[test]
    fn a_script_is_whole_and_an_empty_file_or_none_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        assert!(!is_whole(&file));
        assert!(!is_whole(folder.path()));
        std::fs::write(&file, "").unwrap();
        assert!(!is_whole(&file));
        std::fs::write(&file, "#!/bin/sh\n").unwrap();
        assert!(is_whole(&file));
    }
}
