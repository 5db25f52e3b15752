//! How a command goes on, for whoever waits for it at a terminal: a line on standard error that is gone when it is done. Where standard
//! error is no terminal there is none.

use std::{
    cell::RefCell,
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use siaga_probe::Mode;
use siaga_readiness::trial::DeviceKind;
use tokio::time::interval;

use crate::{
    live::{ProbeSeen, Rates, Sight, Speed},
    page::percent,
    text::{Language, Phrases},
};

/// The line. It is taken away when this is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// The language that the user reads.
    pub language: Language,
    seen: RefCell<Seen>,
}

/// What was seen last.
#[derive(Debug, Default)]
struct Seen {
    /// The probe: its number, since when, and how fast.
    probe: Option<(u64, Instant, Speed)>,
    /// That a device is being tried, in words.
    trying: String,
}

/// Between two looks at what goes on: a rate over less would be read by nobody.
const BETWEEN_LOOKS: Duration = Duration::from_millis(120);

impl Progress {
    /// A line that says nothing yet.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style(PLAIN));
        Self { bar, language, seen: RefCell::default() }
    }

    /// A device is being tried. Without a terminal that is a line of its own, once.
    pub fn trying(&self, device: &str, which: usize, of: usize) {
        let words = self.language.trying(device, which, of);
        if self.bar.is_hidden() {
            eprintln!("{words}");
        } else {
            self.bar.set_message(words.clone());
            self.seen.borrow_mut().trying = words;
        }
        self.bar.tick();
    }

    /// Something that is to be read, also when the line has gone.
    pub fn note(&self, words: &str) {
        self.bar.suspend(|| eprintln!("{words}"));
    }

    /// Shows what goes on, as `look` sees it, while `work` is done. Nobody looks where nobody is shown anything.
    pub async fn follow<T>(&self, look: impl AsyncFn() -> Sight, work: impl Future<Output = T>) -> T {
        if self.bar.is_hidden() {
            return work.await;
        }
        let mut ticks = interval(BETWEEN_LOOKS);
        let mut work = pin!(work);
        loop {
            let looking = async {
                ticks.tick().await;
                look().await
            };
            tokio::select! {
                done = &mut work => return done,
                sight = looking => self.show(&sight),
            }
        }
    }

    fn show(&self, Sight { probe, trial, probe_wanted }: &Sight) {
        let level = trial.as_ref().filter(|it| it.kind == DeviceKind::Microphone).and_then(|it| it.level);
        if let Some(probe) = probe {
            self.show_probe(probe);
        } else if let Some(level) = level {
            self.bar.set_style(style(LEVEL));
            self.bar.set_length(100);
            self.bar.set_position(percent(level).into());
            self.bar.set_message(self.seen.borrow().trying.clone());
        } else {
            self.bar.set_style(style(PLAIN));
            let words = if trial.is_none() && *probe_wanted {
                self.about_to_probe()
            } else {
                self.seen.borrow().trying.clone()
            };
            self.bar.set_message(words);
        }
        self.bar.tick();
    }

    fn show_probe(&self, probe: &ProbeSeen) {
        let (seen, now) = (&mut *self.seen.borrow_mut(), Instant::now());
        if seen.probe.as_ref().is_none_or(|(number, ..)| *number != probe.number) {
            seen.probe = Some((probe.number, now, Speed::new(probe.bytes, now)));
        }
        let Some((_, began, speed)) = &mut seen.probe else { return };
        self.bar.set_style(style(RATE));
        self.bar.set_length(as_ms(usual(probe.mode)));
        self.bar.set_position(as_ms(began.elapsed().min(usual(probe.mode))));
        self.bar.set_message(told(self.language, probe.mode, speed.look(probe.bytes, now)));
    }

    fn about_to_probe(&self) -> String {
        self.language.either("internet segera diukur …", "the link is about to be measured …").to_owned()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

const PLAIN: &str = "{spinner:.cyan} {msg}";
const RATE: &str = "{spinner:.cyan} [{bar:24.cyan}] {msg}";
const LEVEL: &str = "{spinner:.cyan} [{bar:24.green}] {msg}";

fn told(language: Language, mode: Mode, rates: Rates) -> String {
    let [up, down] = [rates.up_bps, rates.down_bps].map(|rate| language.rate(rate));
    let (to, from) = language.either(("unggah", "unduh"), ("up", "down"));
    format!("{mode}  {to} {up}  {from} {down}")
}

/// How long a probe usually takes; one that takes longer is at the end of its bar.
const fn usual(mode: Mode) -> Duration {
    match mode {
        Mode::Sustain => Duration::from_secs(22),
        Mode::Quality => Duration::from_secs(4),
        Mode::Gate | Mode::Unknown => Duration::from_millis(1_050),
    }
}

fn as_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are tested").progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one() {
        for template in [PLAIN, RATE, LEVEL] {
            style(template);
        }
    }

    #[test]
    fn rates_are_told_as_the_language_writes_them() {
        let rates = Rates { up_bps: 10_450_000.0, down_bps: 20_900_000.0 };
        assert_eq!(
            told(Language::Indonesian, Mode::Gate, rates),
            "gate  unggah 10,4 Mbit/s  unduh 20,9 Mbit/s"
        );
        assert_eq!(told(Language::English, Mode::Gate, rates), "gate  up 10.4 Mbit/s  down 20.9 Mbit/s");
    }
}
