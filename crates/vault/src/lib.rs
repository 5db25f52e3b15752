//! A directory for secrets: its files are readable by their owner alone, appear whole or not at all, and are never
//! reached through a link that somebody put there.
//!
//! An administrator works in it as root while a daemon without privileges owns it: what is made belongs to the
//! directory's owner.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::Path,
};

use rustix::{
    fs::{
        AtFlags, CWD, Dir, Gid, Mode, OFlags, RenameFlags, Uid, fchown, fstat, fsync, linkat, mkdirat,
        openat, renameat, renameat_with, statat, unlinkat,
    },
    io::Errno,
    process::geteuid,
};

/// A directory that is held open; names are looked up in it and nowhere else.
#[derive(Debug)]
pub struct Vault {
    dir: OwnedFd,
    /// To whom what is made is given.
    owner: Option<(Uid, Gid)>,
}

impl Vault {
    /// A directory that is there.
    ///
    /// # Errors
    /// It is not there, is no directory, or may not be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let dir = openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let stat = fstat(&dir)?;
        let (uid, gid) = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
        let owner = (geteuid().is_root() && !uid.is_root()).then_some((uid, gid));
        Ok(Self { dir, owner })
    }

    /// A directory in it that is there.
    ///
    /// # Errors
    /// As [`Self::open`], or it is a link.
    pub fn inner(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { dir: openat(&self.dir, name, flags, Mode::empty())?, owner: self.owner })
    }

    /// A directory in it, which is made if it is not there.
    ///
    /// # Errors
    /// As [`Self::inner`], or it can't be made.
    pub fn made(&self, name: &str) -> io::Result<Self> {
        let new = match mkdirat(&self.dir, name, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        let inner = self.inner(name)?;
        if new {
            inner.give(&inner.dir)?;
        }
        Ok(inner)
    }

    /// Makes a file that is not there yet.
    ///
    /// # Errors
    /// It is there, or can't be written; then nothing of it is left.
    pub fn create(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.dir, name, flags, Mode::RUSR | Mode::WUSR)?;
        let written = self.give(&file).and_then(|()| {
            let mut file = File::from(file);
            file.write_all(content)?;
            file.sync_all()
        });
        written.inspect_err(|_| drop(self.remove(name)))
    }

    /// Puts a file in the place of an older one, if there is one: whoever reads gets one or the other.
    ///
    /// # Errors
    /// It can't be written; then the older one is as it was.
    pub fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let beside = format!("{name}.new");
        self.put_aside(&beside, content)?;
        renameat(&self.dir, &beside, &self.dir, name)?;
        Ok(fsync(&self.dir)?)
    }

    /// Makes a file that is not there yet: whole, or not at all even if the machine goes off meanwhile.
    ///
    /// # Errors
    /// It is there, or can't be written.
    pub fn add(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let beside = format!("{name}.new");
        self.put_aside(&beside, content)?;
        let linked = linkat(&self.dir, &beside, &self.dir, name, AtFlags::empty());
        self.remove(&beside)?;
        linked?;
        Ok(fsync(&self.dir)?)
    }

    /// One at a time has the lock of that name, until the file is closed; the others wait.
    ///
    /// # Errors
    /// Its file can't be made or opened, or is a link.
    pub fn lock(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.dir, name, flags, Mode::RUSR | Mode::WUSR)?;
        // A second name of a file elsewhere is nobody's lock, and not to be given away.
        if fstat(&file)?.st_nlink != 1 {
            return Err(io::Error::other("it is a link"));
        }
        self.give(&file)?;
        let file = File::from(file);
        file.lock()?;
        Ok(file)
    }

    fn put_aside(&self, beside: &str, content: &[u8]) -> io::Result<()> {
        match self.remove(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.create(beside, content),
        }
    }

    /// Reads a file of at most `most` bytes.
    ///
    /// # Errors
    /// It is not there, is a link, may not be read, or is larger.
    pub fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&self.dir, name, flags, Mode::empty())?);
        let mut content = Vec::new();
        file.take(most + 1).read_to_end(&mut content)?;
        if content.len() as u64 > most { Err(io::Error::other("it is too large")) } else { Ok(content) }
    }

    /// Reads a file that nobody but its owner can read or write.
    ///
    /// # Errors
    /// As [`Self::read`], or others can.
    pub fn read_secret(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let stat = statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let others = Mode::RWXG | Mode::RWXO;
        if Mode::from_raw_mode(stat.st_mode).intersects(others) {
            return Err(io::Error::other("others than its owner can read or write it"));
        }
        self.read(name, most)
    }

    /// Whether there is something of that name.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Gives a file another name. Of several that try it at once with the same file, one succeeds.
    ///
    /// # Errors
    /// There is no such file (any more).
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.dir, from, &self.dir, to)?)
    }

    /// Exchanges a directory for an older one, in one step if there is an older one, and removes that one.
    ///
    /// # Errors
    /// It can't be done; then both are as they were.
    pub fn exchange(&self, new: &str, name: &str) -> io::Result<()> {
        match renameat_with(&self.dir, new, &self.dir, name, RenameFlags::EXCHANGE) {
            Ok(()) => drop(self.remove_dir(new)),
            Err(Errno::NOENT) => {
                renameat_with(&self.dir, new, &self.dir, name, RenameFlags::NOREPLACE)?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(fsync(&self.dir)?)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// It is not there, or may not be removed.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.dir, name, AtFlags::empty())?)
    }

    /// Removes a directory and the files in it.
    ///
    /// # Errors
    /// It is not there, holds directories, or may not be removed.
    pub fn remove_dir(&self, name: &str) -> io::Result<()> {
        let inner = self.inner(name)?;
        for file in inner.names()? {
            inner.remove(&file)?;
        }
        Ok(unlinkat(&self.dir, name, AtFlags::REMOVEDIR)?)
    }

    /// The names of what it holds, sorted. Those that are not UTF-8 are nobody's of ours.
    ///
    /// # Errors
    /// It may not be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.dir)? {
            match entry?.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        names.sort();
        Ok(names)
    }

    fn give(&self, made: &OwnedFd) -> io::Result<()> {
        match self.owner {
            Some((uid, gid)) => Ok(fchown(made, Some(uid), Some(gid))?),
            None => Ok(()),
        }
    }
}

/// The mode of a file that more than its owner can read or write (`group`: its group counts among them), if it is there and so.
#[must_use]
pub fn open_to_others(file: &Path, group: bool) -> Option<u32> {
    let mode = fs::metadata(file).ok()?.mode() & 0o777;
    let others = if group { 0o077 } else { 0o007 };
    (mode & others != 0).then_some(mode)
}

/// Whether the owner of `dir`, in its group, is kept from reading a file or directory, as its owner and mode tell. Only root is told:
/// to anybody else the system says so itself.
#[must_use]
pub fn is_locked_away(file: &Path, dir: &Path) -> bool {
    let (Ok(it), Ok(dir)) = (fs::metadata(file), fs::metadata(dir)) else { return false };
    let needed = if it.is_dir() { 0o5 } else { 0o4 };
    let shift = match () {
        () if it.uid() == dir.uid() => 6,
        () if it.gid() == dir.gid() => 3,
        () => 0,
    };
    geteuid().is_root() && dir.uid() != 0 && (it.mode() >> shift) & needed != needed
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn files_and_directories_are_their_owner_s_alone() {
        let dir = tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap().made("inner").unwrap();
        vault.create("secret", b"1").unwrap();
        vault.replace("secret", b"2").unwrap();
        vault.replace("other", b"3").unwrap();
        let mode = |path: &str| fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("inner"), mode("inner/secret"), mode("inner/other")), (0o700, 0o600, 0o600));
        assert_eq!(vault.read("secret", 1).unwrap(), b"2");
        assert!(vault.read("secret", 0).is_err());
        assert_eq!(vault.names().unwrap(), ["other", "secret"]);
    }

    #[test]
    fn what_is_there_is_not_made_again_and_links_are_not_followed() {
        let dir = tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        vault.create("file", b"1").unwrap();
        assert!(vault.create("file", b"2").is_err());
        assert!(vault.add("file", b"2").is_err());
        assert_eq!(vault.read("file", 9).unwrap(), b"1");
        assert_eq!(vault.names().unwrap(), ["file"], "nothing is left aside");
        fs::hard_link(dir.path().join("file"), dir.path().join("second")).unwrap();
        assert!(vault.lock("second").is_err());
        fs::remove_file(dir.path().join("second")).unwrap();
        let outside = tempdir().unwrap();
        symlink(outside.path(), dir.path().join("link")).unwrap();
        assert!(vault.made("link").is_err() && vault.inner("link").is_err());
        symlink(outside.path().join("x"), dir.path().join("x")).unwrap();
        assert!(vault.create("x", b"1").is_err() && vault.read("x", 9).is_err());
        vault.replace("x", b"1").unwrap();
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "nothing came out");
    }

    #[test]
    fn a_directory_takes_the_place_of_an_older_one_as_a_whole() {
        let dir = tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        for content in ["1", "2"] {
            let new = vault.made("new").unwrap();
            new.create("file", content.as_bytes()).unwrap();
            vault.exchange("new", "name").unwrap();
            assert_eq!(vault.names().unwrap(), ["name"]);
            assert_eq!(vault.inner("name").unwrap().read("file", 9).unwrap(), content.as_bytes());
        }
    }

    #[test]
    fn what_root_makes_belongs_to_whom_the_directory_belongs() {
        if !geteuid().is_root() {
            return eprintln!("skipped: only root can give files away");
        }
        let dir = tempdir().unwrap();
        chown(dir.path(), Some(12_345), Some(12_346)).unwrap();
        let vault = Vault::open(dir.path()).unwrap().made("inner").unwrap();
        vault.create("file", b"1").unwrap();
        vault.add("whole", b"1").unwrap();
        vault.lock("lock").unwrap();
        for path in ["inner", "inner/file", "inner/whole", "inner/lock"] {
            let owner = fs::metadata(dir.path().join(path)).unwrap();
            assert_eq!((owner.uid(), owner.gid()), (12_345, 12_346), "{path}");
        }
        let of_root = dir.path().join("root's");
        fs::write(&of_root, b"1").unwrap();
        for (mode, group, locked) in
            [(0o600, 0, true), (0o640, 0, true), (0o640, 12_346, false), (0o604, 0, false)]
        {
            chown(&of_root, None, Some(group)).unwrap();
            fs::set_permissions(&of_root, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_locked_away(&of_root, dir.path()), locked, "{mode:o}, {group}");
        }
        assert!(!is_locked_away(&dir.path().join("inner"), dir.path()));
    }
}
