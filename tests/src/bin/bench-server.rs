//! Measures what a province's server is held to, and writes the page of it: `make bench`; what takes long in `make soak`.
//!
//! Benchmarks measure, tests decide: a figure that misses its target is named, and that is no failure.

use std::{env, error::Error, fs, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use siaga_tests::province::{
    Measured, bookings, cost,
    figure::{Figure, load, page},
    flood, fresh, gates, history, kills,
    machine::settle,
    newcomers, pages, reloads, standing,
};
use tokio::runtime::Runtime;

#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything that is quick unless it is said.
    #[arg(value_enum)]
    what: Vec<What>,
    /// Where the page is written.
    #[arg(long)]
    page: Option<PathBuf>,
    /// The command that the page names.
    #[arg(long, default_value = "bench-server")]
    command: String,
    /// Rooms: of `standing` those that link and those that ask, of `history` and `bookings` those that are kept.
    #[arg(long)]
    rooms: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Standing,
    Gates,
    Cost,
    Newcomers,
    Fresh,
    Flood,
    Reloads,
    Kills,
    History,
    Bookings,
    Pages,
}

const QUICK: [What; 8] = [
    What::Standing,
    What::Gates,
    What::Cost,
    What::Newcomers,
    What::Fresh,
    What::Flood,
    What::Bookings,
    What::Pages,
];

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { what, page: to, command, rooms } = Arguments::parse();
    let what = if what.is_empty() { QUICK.to_vec() } else { what };
    let load = load();
    let mut figures = Vec::new();
    for what in what {
        settle();
        // One of its own: what goes on in the last one's, thousands of links that end, is no business of the next.
        let measured = Runtime::new()?.block_on(measure(what, rooms));
        let name = format!("{what:?}").to_lowercase();
        let measured = measured.unwrap_or_else(|error| vec![Figure::missing(&name, &error)]);
        measured.iter().for_each(|figure| println!("{}", figure.line()));
        figures.extend(measured);
    }
    if let Some(to) = to {
        let title = if env::args().any(|it| it == "history") {
            "A server for long"
        } else {
            "A province at its server"
        };
        fs::write(&to, page(title, &command, &load, &figures))?;
        println!("written to {}", to.display());
    }
    Ok(())
}

async fn measure(what: What, rooms: Option<usize>) -> Measured {
    match what {
        What::Standing => {
            let rooms = rooms.unwrap_or(2_000);
            standing::measure(standing::Plan { rooms, asks: rooms, hold: Duration::from_secs(30) }).await
        }
        What::Gates => gates::measure().await,
        What::Cost => cost::measure().await,
        What::Newcomers => newcomers::measure().await,
        What::Fresh => fresh::measure().await,
        What::Kills => kills::measure().await,
        What::Flood => {
            flood::measure(flood::Plan { rate: 65_000, time: Duration::from_secs(10), rooms: 50 }).await
        }
        What::Reloads => reloads::measure(reloads::Plan { reloads: 1_000, rooms: 200, comers: 4 }).await,
        What::Bookings => {
            let (rate, time) = (100, Duration::from_secs(30));
            let rooms = rooms.unwrap_or(100);
            bookings::measure(bookings::Plan { rooms, days: 90, bookings: 10_000, rate, time }).await
        }
        What::Pages => pages::measure(rooms.map_or(Ok(2_000), u32::try_from)?).await,
        What::History => history::measure(history::Plan { rooms: rooms.unwrap_or(1_000), days: 90 }).await,
    }
}
