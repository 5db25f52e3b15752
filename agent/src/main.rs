//! `siaga-agent`: see the library for everything.

use std::process::ExitCode;

fn main() -> ExitCode {
    siaga_agent::cli::main(std::env::args_os())
}
