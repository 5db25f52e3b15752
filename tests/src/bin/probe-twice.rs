//! Probes a server several times from one program, so that from the second time on it has the server's token; prints
//! each result as a line of JSON. `tests/emulator/run token` uses it.

use std::{future::pending, path::PathBuf};

use clap::Parser;
use siaga_probe::{Bitrate, Mode, admission::Purpose, judge::Effort};
use siaga_transport::{
    client::{Meter, ProbeRequest, Tokens, probe},
    identity::Trust,
    server_name::ServerName,
};

/// Probes a server several times from one program.
#[derive(Debug, Parser)]
struct Arguments {
    /// The probe server.
    #[arg(long)]
    server: ServerName,
    /// Its CA.
    #[arg(long)]
    ca: PathBuf,
    /// How often.
    #[arg(long, default_value_t = 2)]
    times: u32,
    /// Rate from here to the server.
    #[arg(long, default_value = "10M")]
    up: Bitrate,
    /// Rate from the server to here.
    #[arg(long, default_value = "20M")]
    down: Bitrate,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { server, ca, times, up, down } = Arguments::parse();
    let (trust, tokens) = (Trust::load(&ca)?, Tokens::default());
    for _ in 0..times {
        let request = ProbeRequest {
            server: server.clone(),
            trust: trust.clone(),
            identity: None,
            mode: Mode::Gate,
            effort: Effort::Normal,
            up,
            down,
            passed_before: false,
            purpose: Purpose::Routine,
            tokens: tokens.clone(),
            meter: Meter::default(),
        };
        let probed = probe(&request, pending()).await?;
        println!("{}", serde_json::to_string(&probed.result)?);
    }
    Ok(())
}
