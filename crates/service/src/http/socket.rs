use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, fchmod};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};
use tokio::net::{UnixListener, UnixStream};

/// A unix socket, which root and the members of a group may open: `siaga` where the machine has it and this user may give the file
/// to it, else this process's own group.
///
/// Its file goes when it is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    file: (u64, u64),
}

/// The group of those who may ask Siaga's services on this machine.
const GROUP: &str = "siaga";

impl Socket {
    /// Binds `path`; its directory is made if it is missing.
    ///
    /// # Errors
    /// Another program answers there, or the file can't be made.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |cause: io::Error| SocketError::System { path: path.to_owned(), cause };
        let address = address_of(path)?;
        if let Some(dir) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o750).create(dir).map_err(failed)?;
        }
        clear(path, &address)?;
        let open = || {
            let socket = new_socket()?;
            // Before it has a name: nobody ever finds it with more; and after, because the umask may have made it less.
            fchmod(&socket, Mode::from_raw_mode(MODE))?;
            bind(&socket, &address)?;
            fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
            listen(&socket, QUEUE)?;
            let listener = UnixListener::from_std(net::UnixListener::from(socket))?;
            Ok((listener, fs::symlink_metadata(path)?))
        };
        let (listener, file) = open().map_err(failed)?;
        if let Some(group) = group(GROUP).filter(|group| *group != file.gid())
            && let Err(error) = chown(path, None, Some(group))
        {
            tracing::debug!(%error, "{} stays with this process's own group", path.display());
        }
        Ok(Self { listener, path: path.to_owned(), file: (file.dev(), file.ino()) })
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Another server may have taken the place since.
        if fs::symlink_metadata(&self.path).is_ok_and(|file| (file.dev(), file.ino()) == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a socket could have this path, as far as this user can tell without making it.
///
/// # Errors
/// It is too long, or something else is there. That another program answers is none: it may be the server that is to be reloaded.
pub fn check_socket(path: &Path) -> Result<(), SocketError> {
    address_of(path)?;
    match fs::symlink_metadata(path) {
        Ok(file) if !file.file_type().is_socket() => Err(SocketError::NoSocket { path: path.to_owned() }),
        Err(cause) if cause.kind() == ErrorKind::NotADirectory => {
            Err(SocketError::System { path: path.to_owned(), cause })
        }
        _ => Ok(()),
    }
}

fn address_of(path: &Path) -> Result<SocketAddrUnix, SocketError> {
    let address = SocketAddrUnix::new(path).ok().filter(|_| path.as_os_str().len() <= LONGEST);
    address.ok_or_else(|| SocketError::TooLong { path: path.to_owned() })
}

/// Bytes. Linux would have one more, to which the clients of most libraries can't connect.
const LONGEST: usize = 107;

const MODE: u32 = 0o660;

/// How many clients may wait to be let in.
const QUEUE: i32 = 128;

fn new_socket() -> io::Result<rustix::fd::OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// Removes a socket to which nobody listens any more, and nothing else.
fn clear(path: &Path, address: &SocketAddrUnix) -> Result<(), SocketError> {
    let failed = |cause: io::Error| SocketError::System { path: path.to_owned(), cause };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(SocketError::NoSocket { path: path.to_owned() });
        }
        Ok(_) => {}
    }
    match connect(&new_socket().map_err(failed)?, address) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path).map_err(failed),
        Err(error) if error != Errno::AGAIN => Err(failed(error.into())),
        // Somebody answers, or would if fewer waited.
        Ok(()) | Err(_) => Err(SocketError::InUse { path: path.to_owned() }),
    }
}

fn group(name: &str) -> Option<u32> {
    id_in(&fs::read_to_string("/etc/group").ok()?, name)
}

/// The number of a group in a file like /etc/group: `name:password:number:members`.
fn id_in(groups: &str, name: &str) -> Option<u32> {
    groups
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split(':').nth(1)?.parse().ok())
}

/// Why a server does not answer on a unix socket.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum SocketError {
    #[error(
        "cannot answer on the socket {}: another program answers there already; stop that one, or set `socket` to \
         another path", path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "cannot answer on the socket {}: a file or a directory is there that is no socket; move it away, or set \
         `socket` to another path", path.display()
    )]
    NoSocket { path: PathBuf },
    #[error(
        "cannot answer on the socket {}: a socket's path may have {LONGEST} bytes; set `socket` to a shorter one", path.display()
    )]
    TooLong { path: PathBuf },
    #[error(
        "cannot answer on the socket {}: {cause}; set `socket` to a path at which this user may make files", path.display()
    )]
    System { path: PathBuf, cause: io::Error },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_socket_can_have_is_told_before_one_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let told = |path: &Path| check_socket(path).map_err(|error| error.to_string());
        assert_eq!(told(&dir.path().join("not/yet/agent.sock")), Ok(()));
        let _listener = net::UnixListener::bind(dir.path().join("agent.sock")).unwrap();
        assert_eq!(told(&dir.path().join("agent.sock")), Ok(()), "of a server that runs");
        assert_eq!(told(Path::new(&format!("/{}", "x".repeat(LONGEST - 1)))), Ok(()));
        fs::write(dir.path().join("file"), "").unwrap();
        for (path, words) in [
            (dir.path().to_owned(), "a file or a directory is there that is no socket; move it away"),
            (dir.path().join("file"), "a file or a directory is there that is no socket; move it away"),
            (dir.path().join("file/agent.sock"), "set `socket` to a path at which this user may make files"),
            (format!("/{}", "x".repeat(LONGEST)).into(), "a socket's path may have 107 bytes"),
        ] {
            let told = told(&path).unwrap_err();
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn a_group_is_found_by_its_whole_name() {
        let groups = "root:x:0:\nsiaga-helpers:x:7:\nsiaga:x:998:ani,budi\n";
        assert_eq!(id_in(groups, "siaga"), Some(998));
        assert_eq!(id_in(groups, "sia"), None);
        assert_eq!(id_in("siaga:x:many:\nsiaga\n", "siaga"), None);
    }
}
