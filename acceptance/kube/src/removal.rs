//! Removes a folder on several threads. A file system may tell its disk of every block that is freed and wait for it (`discard`), and a
//! cluster of real nodes has a thousand files and folders: one after the other that takes longer than all else of its end.

use std::io;
use std::path::{Path, PathBuf};

const THREADS: usize = 8;

/// As [`std::fs::remove_dir_all`]; links are removed and not followed.
pub(crate) fn remove_dir_all(dir: &Path) -> io::Result<()> {
    let (mut files, mut levels) = (Vec::new(), vec![vec![dir.to_owned()]]);
    while let Some(level) = levels.last().filter(|level| !level.is_empty()) {
        let mut below = Vec::new();
        for folder in level {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() { below.push(entry.path()) } else { files.push(entry.path()) }
            }
        }
        levels.push(below);
    }
    each(&files, |file| std::fs::remove_file(file))?;
    levels.iter().rev().try_for_each(|level| each(level, |folder| std::fs::remove_dir(folder)))
}

fn each(paths: &[PathBuf], remove: impl Fn(&Path) -> io::Result<()> + Sync) -> io::Result<()> {
    let remove = &remove;
    std::thread::scope(|scope| {
        let parts = paths.chunks(paths.len().div_ceil(THREADS).max(1));
        let threads: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().try_for_each(|path| remove(path)))).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread that removes files has panicked")))
        })
    })
}

#[cfg(test)]
mod tests {
    //! Trees of all kinds of entries.

    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_tree_goes_and_what_its_links_lead_to_stays() {
        let base = tempfile::tempdir().unwrap();
        let (tree, other) = (base.path().join("tree"), base.path().join("other"));
        std::fs::create_dir_all(&other).unwrap();
        std::fs::write(other.join("kept"), "").unwrap();
        for number in 0..50 {
            let folder = tree.join(format!("a/{number}/b"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("file"), "").unwrap();
            symlink(&other, folder.join("link")).unwrap();
            symlink("nowhere", folder.join("broken")).unwrap();
        }
        remove_dir_all(&tree).unwrap();
        assert!(!tree.exists());
        assert!(other.join("kept").exists());
        let error = remove_dir_all(&tree).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
