//! Certificates that change while rooms come and go: nobody is dropped.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use siaga_probe::Bitrate;
use tokio::task::JoinSet;

use super::{Measured, figure::Figure, standing::sign};
use crate::{
    programs::{Daemon, Lab},
    swarm::{asks::ask_at_once, identities::Authority, links::Links},
};

/// How many, under which load.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// New certificates, one after the other.
    pub reloads: usize,
    /// Rooms whose links stand meanwhile.
    pub rooms: usize,
    /// Rooms that connect and ask again and again meanwhile.
    pub comers: usize,
}

/// A new certificate each time, taken over on SIGHUP.
///
/// # Errors
/// The programs can't be run, or a certificate is not taken over.
pub async fn measure(Plan { reloads, rooms, comers }: Plan) -> Measured {
    let lab = Lab::new()?;
    let server = lab.server(&[])?;
    let address = server.probes.ok_or("the server has no address")?;
    let identities = Arc::new(sign(&lab.server_dir(), rooms + comers)?);
    let mut links = Links::open(&address.to_string().parse()?, &lab.ca(), &identities[..rooms]).await?;
    let over = Arc::new(AtomicBool::new(false));
    let came = Arc::new(AtomicUsize::new(0));
    let mut coming = JoinSet::new();
    for n in rooms..rooms + comers {
        let (identities, over, came, ca) = (identities.clone(), over.clone(), came.clone(), lab.ca());
        coming.spawn(async move {
            let rates = [Bitrate::from_bps(1_000_000).map_err(std::io::Error::other)?; 2];
            while !over.load(Ordering::Relaxed) {
                ask_at_once(address, &ca, &identities[n..=n], rates).await?;
                came.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, std::io::Error>(())
        });
    }
    let authority = Authority::load(&lab.server_dir())?;
    let began = Instant::now();
    let changing = async {
        for n in 0..reloads {
            let (certificate, key) = authority.sign_server("127.0.0.1")?;
            for (name, text) in [("server.key", key), ("server.pem", certificate)] {
                let new = lab.server_dir().join("new");
                fs::write(&new, text)?;
                fs::rename(new, lab.server_dir().join(name))?;
            }
            server.signal("HUP");
            tokio::task::block_in_place(|| until_taken(&server, n + 1))?;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    changing.await?;
    let took = began.elapsed();
    over.store(true, Ordering::Relaxed);
    let mut lost = Vec::new();
    while let Some(ended) = coming.join_next().await {
        lost.extend(ended?.err().map(|error| error.to_string()));
    }
    let stand = links.hold(Duration::from_millis(100)).await;
    lost.extend(stand.err().map(|error| error.to_string()));
    let came = came.load(Ordering::Relaxed);
    Ok(vec![Figure::held(
        format!(
            "{reloads} certificates taken over in {:.0} s while {rooms} rooms' links stood and rooms came {came} times: dropped",
            took.as_secs_f64()
        ),
        if lost.is_empty() { "none".to_owned() } else { lost.join("; ") },
        "none",
        lost.is_empty(),
    )])
}

/// At least so many; the server also looks by itself.
fn until_taken(server: &Daemon, times: usize) -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    while server.said().matches("SIGHUP: the files were read anew").count() < times {
        if began.elapsed() > Duration::from_secs(10) {
            return Err(format!("certificate {times} was not taken over: {}", server.said()).into());
        }
        sleep(Duration::from_millis(2));
    }
    Ok(())
}
