//! Certificates that change while rooms come and go: nobody is dropped.

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use quinn::Endpoint;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use siaga_probe::Bitrate;
use tokio::task::JoinSet;

use super::{Measured, figure::Figure, standing::sign};
use crate::{
    programs::Lab,
    swarm::{
        asks::{ask_at_once, stranger_config},
        identities::Authority,
        links::Links,
    },
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
    let mut strangers = Endpoint::client(([127, 0, 0, 1], 0).into())?;
    strangers.set_default_client_config(stranger_config(&lab.ca())?);
    let began = Instant::now();
    let changing = async {
        for n in 0..reloads {
            let (certificate, key) = authority.sign_server("127.0.0.1")?;
            for (name, text) in [("server.key", key), ("server.pem", certificate.clone())] {
                let new = lab.server_dir().join("new");
                fs::write(&new, text)?;
                fs::rename(new, lab.server_dir().join(name))?;
            }
            server.signal("HUP");
            until_shown(&strangers, address, &certificate).await.map_err(|error| {
                format!("certificate {} was not taken over: {error}; {}", n + 1, server.said())
            })?;
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

/// Until it is what somebody is shown who connects.
async fn until_shown(
    strangers: &Endpoint,
    server: SocketAddr,
    certificate: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let wanted = CertificateDer::from_pem_slice(certificate.as_bytes())?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let connection = strangers.connect(server, "127.0.0.1")?.await?;
        let shown = connection.peer_identity().and_then(|it| it.downcast::<Vec<CertificateDer>>().ok());
        connection.close(0_u8.into(), b"");
        if shown.is_some_and(|chain| chain.first() == Some(&wanted)) {
            return Ok(());
        }
    }
    Err("another one is shown".into())
}

const PATIENCE: Duration = Duration::from_secs(10);
