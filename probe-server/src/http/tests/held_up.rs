//! Packets and answers share a thread: what blocks must be elsewhere.

use std::{sync::mpsc, time::Duration};

use tokio::{runtime::Builder, task::yield_now};

use super::*;
use crate::http::heavy;

/// All that is made from what is kept, pages too.
const READS: [&str; 17] = [
    "/",
    "/rooms/r1",
    "/bookings",
    "/bookings/b1",
    "/metrics",
    "/rooms/r1/metrics",
    "/v1/sd/prometheus",
    "/v1/rooms",
    "/v1/rooms?start=2026-11-26T02:00:00Z&end=2026-11-26T03:00:00Z",
    "/v1/rooms/r1",
    "/v1/rooms/r1/readiness",
    "/v1/rooms/r1/history",
    "/v1/rooms/r1/forecast?day=2026-11-26",
    "/v1/bookings",
    "/v1/bookings/b1",
    "/v1/bookings/b1/evidence",
    "/v1/reports/2026-11-20",
];

/// Whoever reads on the thread of the packets does not wait for the only other one, which is taken here.
#[test]
fn nothing_is_read_on_the_thread_of_the_packets() {
    let runtime = Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let counter = Counter::open().await;
        counter.office.arrive("r1", 1).await;
        for path in READS {
            let (release, held) = mpsc::channel::<()>();
            let taken = tokio::task::spawn_blocking(move || {
                let _ = held.recv();
            });
            assert_eq!(counter.get("/health").await.0, 200, "it answers");
            let answer = counter.get(path);
            tokio::pin!(answer);
            tokio::select! {
                biased;
                (status, _) = &mut answer => panic!("{path} did not wait: {status}"),
                () = as_far_as_it_gets() => {}
            }
            drop(release);
            let (status, body) = answer.await;
            let expected: &[u16] = if path.contains("b1") { &[404] } else { &[200, 503] };
            assert!(expected.contains(&status), "{path}: {status} {body}");
            taken.await.unwrap();
        }
    });
}

/// The program's one thread does nothing else: far more turns than a request has steps.
async fn as_far_as_it_gets() {
    for _ in 0..20_000 {
        yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn while_something_heavy_is_made_packets_go_on() {
    let (say, said) = mpsc::channel();
    let making = tokio::spawn(async move { heavy(|| said.recv_timeout(Duration::from_secs(20))) });
    let packet = tokio::spawn(async move { say.send("sent") });
    assert_eq!(making.await.unwrap(), Ok("sent"), "on the one thread that there is");
    packet.await.unwrap().unwrap();
}
