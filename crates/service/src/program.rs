//! What the commands of both programs do alike: run to an end, and print.

use std::{
    error::Error,
    io::{self, Write},
    num::NonZero,
    thread,
    time::Duration,
};

use tokio::runtime::{Builder, Runtime};

/// A blocking call that hangs (a driver, a resolver) must not hold up the end of the program for longer.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs `work` on a runtime of its own, and leaves behind what still blocks when it is done.
///
/// # Errors
/// The system gives no threads.
pub fn block_on<T>(work: impl Future<Output = T>) -> io::Result<T> {
    run(Runtime::new(), work)
}

/// The same for work that is mostly packets: a thread for every two processors. One that hands each packet to another thread pays
/// about as much for waking it as for the packet; the processors left over are the kernel's, and those of whatever blocks.
///
/// # Errors
/// The system gives no threads.
pub fn block_on_few<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    run(Builder::new_multi_thread().worker_threads((processors / 2).max(1)).enable_all().build(), work)
}

fn run<T>(runtime: io::Result<Runtime>, work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = runtime.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot start the program's threads: {error}"))
    })?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WORDS);
    Ok(done)
}

/// An error with what has caused it, in one line. Many tell their cause themselves: nothing is said twice.
#[must_use]
pub fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text += &format!(": {words}");
        }
        next = cause.source();
    }
    text
}

/// Writes data to standard output; a reader that has gone away is an error, where `println!` would panic.
///
/// # Errors
/// Standard output is closed or full.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| io::Error::new(error.kind(), format!("cannot write to standard output: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no secret: {0}")]
    struct Tells(#[from] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("the server can't start")]
    struct Hides(#[source] Tells);

    #[test]
    fn what_an_error_says_itself_is_not_said_again() {
        let error = Tells(io::Error::other("the disk is full"));
        assert_eq!(told(&error), "no secret: the disk is full");
        assert_eq!(told(&Hides(error)), "the server can't start: no secret: the disk is full");
    }
}
