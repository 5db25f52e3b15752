//! How soon what a room has seen can be asked for at its server.

use std::{
    error::Error,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use siaga_transport::{identity::Trust, room::LinkRequest};

use super::{Measured, figure::Figure, machine::get, standing::sign};
use crate::{
    programs::{Daemon, Lab, program},
    swarm::{
        links::{Links, identity, report, say},
        percentile,
    },
};

const REPORTS: u64 = 100;
/// A room that has more to say than this is turned out.
const BETWEEN: Duration = Duration::from_millis(60);
/// Rooms beside the one that is looked at.
const OTHERS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(10);

/// Reports of one room, and what the real agent has found by its first probe.
///
/// # Errors
/// The programs can't be run.
pub async fn measure() -> Measured {
    let lab = Lab::new()?;
    let server = lab.server(&[])?;
    let rooms = sign(&lab.server_dir(), OTHERS + 1)?;
    let name = server.probes.ok_or("the server has no address")?.to_string().parse()?;
    let links = Links::open(&name, &lab.ca(), &rooms[1..]).await?;
    let request =
        LinkRequest { server: name.clone(), trust: Trust::load(&lab.ca())?, identity: identity(&rooms[0])? };
    let room = &rooms[0].room;
    let mut link = report(&request, room, 10_000_000).await?;
    let mut waited = Vec::new();
    for n in 1..=REPORTS {
        // So that each report says something else.
        let up_bps = 10_000_000 + n * 100_000;
        let began = Instant::now();
        say(&mut link, room, up_bps).await.map_err(|end| end.words)?;
        until(&server, &format!("/v1/rooms/{room}"), |it| told(it) == Some(up_bps))?;
        waited.push(began.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(BETWEEN).await;
    }
    waited.sort_by(f64::total_cmp);
    drop(links);
    let (median, p99) = (percentile(&waited, 0.5), percentile(&waited, 0.99));
    let agent = by_the_agent(&lab, &server)?;
    Ok(vec![
        Figure::held(
            format!("{REPORTS} reports over a link, each until `GET /v1/rooms/…` tells it"),
            format!("{median:.0} ms (median), {p99:.0} ms (p99)"),
            "≤ 1 s",
            p99 <= 1e3,
        ),
        Figure::held(
            "the agent's first probe, from its log until the server's history has it",
            format!("{:.0} ms", agent.as_secs_f64() * 1e3),
            "≤ 1 s",
            agent <= Duration::from_secs(1),
        ),
    ])
}

/// What the link is said to carry up, in steps of 0.1 Mbit/s.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn told(room: &Value) -> Option<u64> {
    let checks = room["readiness"]["checks"].as_array()?;
    let up = checks.iter().find(|check| check["code"] == "NET_UP")?["value"].as_f64()?;
    Some((up * 10.0).round() as u64 * 100_000)
}

fn by_the_agent(lab: &Lab, server: &Daemon) -> Result<Duration, Box<dyn Error>> {
    let config = lab.agent_config(server, "[network]\naccept_internal_server = true\n");
    let token = printed(
        program("siaga-probe-server").args(["token", "--room", "lab", "--dir"]).arg(lab.server_dir()),
    )?;
    let mut enroll = program("siaga-agent");
    enroll.args(["enroll", "--token", token.lines().last().unwrap_or_default(), "--server"]);
    enroll.arg(server.probes.ok_or("the server has no address")?.to_string()).arg("--ca").arg(lab.ca());
    printed(enroll.arg("--config").arg(&config))?;
    let agent = lab.agent(&config)?;
    agent.wait_for(" probed ")?;
    let began = Instant::now();
    until(server, "/v1/rooms/lab/history?step=raw", |it| {
        it["samples"].as_array().is_some_and(|them| them.iter().any(|it| it["series"] == "gate.up"))
    })?;
    Ok(began.elapsed())
}

fn printed(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn until(server: &Daemon, path: &str, is_so: impl Fn(&Value) -> bool) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    loop {
        let (status, body) = get(server.http, path)?;
        if status == 200 && is_so(&serde_json::from_str(&body)?) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("{path} does not tell it: {body}").into());
        }
        sleep(Duration::from_millis(1));
    }
}
