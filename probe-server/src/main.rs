//! `siaga-probe-server`: see the library for everything.

use std::process::ExitCode;

fn main() -> ExitCode {
    siaga_probe_server::cli::main(std::env::args_os())
}
