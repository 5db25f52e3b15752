//! Whether anything at all still comes from the peer.

use std::time::Duration;

use quinn::Connection;
use tokio::time::sleep;

/// Resolves once nothing came in for `longest` and a round trip, at the latest after twice that: while trains run, a
/// peer that is there acknowledges at least. Sending on would load the link for nobody.
pub(crate) async fn silence(connection: &Connection, longest: Duration) {
    let longest = longest + connection.rtt();
    let mut heard = connection.stats().udp_rx.datagrams;
    loop {
        sleep(longest).await;
        let now = connection.stats().udp_rx.datagrams;
        if now == heard {
            return;
        }
        heard = now;
    }
}
