use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::error::{ConfigError, Position, ReadCause};

/// Bytes of the largest configuration file that is read: 1 MiB, a hundred times what a large one needs.
pub const LARGEST_FILE: u64 = 1024 * 1024;

pub(super) fn text(path: &Path) -> Result<String, ConfigError> {
    let bytes = bytes(path).map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let position = Position::of_offset(error.as_bytes(), offset);
        ConfigError::NotUtf8 { path: path.to_owned(), offset, position }
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, ReadCause> {
    // To open a pipe is to wait for ever for somebody to write.
    if fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        return Err(ReadCause::NoFile);
    }
    let mut bytes = Vec::new();
    // Reads one byte too many instead of asking for the length: somebody may be writing.
    File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)).map_err(cause)?;
    if bytes.len() as u64 > LARGEST_FILE { Err(ReadCause::TooLarge) } else { Ok(bytes) }
}

fn cause(error: io::Error) -> ReadCause {
    match error.kind() {
        ErrorKind::NotFound => ReadCause::Absent,
        ErrorKind::IsADirectory => ReadCause::Directory,
        ErrorKind::PermissionDenied => ReadCause::PermissionDenied,
        _ => ReadCause::System(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Root, as which tests may run, has permission for everything: only the system's answer can be played.
    #[test]
    fn a_file_without_permission_is_told_with_who_may_change_that() {
        let cause = cause(ErrorKind::PermissionDenied.into());
        let error = ConfigError::Read { path: "/etc/siaga/agent.toml".into(), cause };
        assert_eq!(
            error.to_string(),
            "/etc/siaga/agent.toml: no permission to read it; `ls -l` shows who may, let the user that runs this \
             program be one of them"
        );
        assert!(!error.is_absent());
    }
}
