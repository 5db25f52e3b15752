//! Where a room's link was probed: to which servers, and on which networks.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use siaga_booking::{Reader, StoreError, store::NetworkRow};
use siaga_probe::network::NetworkId;
use siaga_readiness::{observation::ServerStanding, room::RoomId};
use siaga_service::page::{Tone, badge, name};

use crate::{desk::Known, page::frame::Viewer};

pub(super) struct Places(Vec<NetworkRow>);

/// What a forecast looks back.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);

/// A laptop that is carried about.
const MOST: u32 = 12;

impl Places {
    pub(super) fn read(reader: &mut Reader<'_>, room: &RoomId, now: Timestamp) -> Result<Self, StoreError> {
        reader.networks(room, now.checked_sub(LOOK_BACK).unwrap_or(now), MOST).map(Self)
    }

    pub(super) fn show(&self, viewer: &Viewer, known: &Known, now: Timestamp) -> Markup {
        let (snapshot, _) = known.evidence();
        let network = &snapshot.network;
        let here = network.gate.measured.as_ref().and_then(|probe| probe.evidence.network);
        html! {
            h2 { (viewer.say("Server pengukur dan jaringan", "Probe servers and networks")) }
            @if network.servers.is_empty() {
                p.muted { (viewer.say("Ruang ini belum mengukur jaringannya.", "This room has not probed its link yet.")) }
            } @else {
                (servers(viewer, &network.servers))
            }
            @if !self.0.is_empty() { (self.networks(viewer, here, now)) }
        }
    }

    fn networks(&self, viewer: &Viewer, here: Option<NetworkId>, now: Timestamp) -> Markup {
        let heads = [
            viewer.say("Jaringan", "Network"),
            viewer.say("Lulus / gagal", "Passed / failed"),
            viewer.say("Rata-rata unggah / unduh", "Mean upload / download"),
            viewer.say("Terakhir", "Last"),
        ];
        let rate =
            |bps: Option<f64>| bps.map_or("–".to_owned(), |bps| viewer.language.number(bps / 1e6, 1));
        html! {
            table.rows {
                caption { (viewer.say("Jaringan dalam empat minggu terakhir", "Networks of the last four weeks")) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in &self.0 {
                        tr {
                            th scope="row" {
                                code { (row.network) }
                                @if here == Some(row.network) { " " (badge(Tone::Good, viewer.say("sekarang", "now"))) }
                            }
                            td data-head=(heads[1]) { (row.passed) " / " (row.failed) }
                            td data-head=(heads[2]) { (rate(row.up_bps)) " / " (rate(row.down_bps)) " Mbit/s" }
                            td data-head=(heads[3]) { (viewer.short(row.last, now)) }
                        }
                    }
                }
            }
        }
    }
}

fn servers(viewer: &Viewer, servers: &[ServerStanding]) -> Markup {
    let heads = [
        viewer.say("Server", "Server"),
        viewer.say("Pengukuran terakhir", "Last probe"),
        viewer.say("Pulang-pergi", "Round trip"),
    ];
    html! {
        table.rows {
            caption { (viewer.say("Server pengukur yang dipakai ruang ini", "Servers that this room probes")) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for server in servers {
                    tr {
                        th scope="row" { (name(&server.server)) }
                        td data-head=(heads[1]) { (served(viewer, server)) }
                        td data-head=(heads[2]) {
                            @match server.rtt_ms { Some(ms) => { (viewer.language.number(ms, 1)) " ms" } None => "–" }
                        }
                    }
                }
            }
        }
    }
}

fn served(viewer: &Viewer, server: &ServerStanding) -> Markup {
    html! {
        @if server.reason.is_about_the_server() {
            (badge(Tone::Unknown, viewer.say("tidak melayani", "did not serve")))
        } @else {
            (badge(Tone::Good, viewer.say("melayani", "served")))
        }
        " " code.small.muted { (server.reason.to_string()) }
        @if server.contradicted {
            " " (viewer.say(
                "melihat gangguan yang tidak dilihat server lain",
                "saw trouble that another server did not see",
            ))
        }
    }
}
