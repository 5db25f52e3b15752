use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// One that listens; it is ended with its test.
#[derive(Debug)]
pub struct Server(Child);

impl Server {
    /// Starts what `command` says, and waits until it listens.
    ///
    /// # Errors
    /// It can't be run, or does not listen.
    pub fn start(mut command: Command) -> io::Result<Self> {
        command.arg("--forceflush").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Self(command.spawn()?);
        let said = server.0.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
        let mut lines = BufReader::new(said).lines();
        while let Some(line) = lines.next().transpose()? {
            if line.contains("listening") {
                // It goes on talking.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
        }
        Err(io::Error::other("iperf3 does not listen; apt-get install iperf3"))
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
