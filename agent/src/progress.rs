//! How a command goes on, for whoever waits for it at a terminal: a line on standard error that is gone when it is done. Where standard
//! error is no terminal there is none.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use siaga_probe::Mode;
use siaga_readiness::trial::DeviceKind;
use tokio::time::interval;

use crate::{
    live::{Going, Live, Rates, Speed},
    page::percent,
    text::{Language, Phrases},
};

/// The line. It is taken away when this is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// The language that the user reads.
    pub language: Language,
}

/// Between two looks at what goes on: a rate over less would be read by nobody.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

impl Progress {
    /// A line that says nothing yet.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style("{spinner:.cyan} {msg}"));
        Self { bar, language }
    }

    /// A device is being tried. Without a terminal that is a line of its own, once.
    pub fn trying(&self, device: &str, which: usize, of: usize) {
        let words = self.language.trying(device, which, of);
        if self.bar.is_hidden() {
            eprintln!("{words}");
        } else {
            self.bar.set_message(words);
        }
        self.bar.tick();
    }

    /// Something that is to be read, also when the line has gone.
    pub fn note(&self, words: &str) {
        self.bar.suspend(|| eprintln!("{words}"));
    }

    /// Shows what goes on while `work` is done.
    pub async fn follow<T>(&self, live: &Live, work: impl Future<Output = T>) -> T {
        if self.bar.is_hidden() {
            return work.await;
        }
        let (going, mut sight) = (live.watch(), Sight::default());
        let mut ticks = interval(BETWEEN_LOOKS);
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = ticks.tick() => self.show(&going.borrow().clone(), &mut sight),
            }
        }
    }

    fn show(&self, going: &Going, sight: &mut Sight) {
        if let Some(probe) = &going.probe {
            let (began, speed) = match sight.probe.take() {
                Some((number, began, speed)) if number == probe.number => (began, speed),
                _ => (Instant::now(), Speed::new(probe.meter.clone(), Instant::now())),
            };
            let (_, began, speed) = sight.probe.insert((probe.number, began, speed));
            self.bar.set_style(style("{spinner:.cyan} [{bar:24.cyan}] {msg}"));
            self.bar.set_length(as_ms(usual(probe.mode)));
            self.bar.set_position(as_ms(began.elapsed().min(usual(probe.mode))));
            let rates = speed.look(Instant::now());
            self.bar.set_message(told(self.language, probe.mode, rates));
        } else if let Some(trial) = &going.trial
            && trial.kind == DeviceKind::Microphone
            && let Some(level) = trial.level
        {
            self.bar.set_style(style("{spinner:.cyan} [{bar:24.green}] {msg}"));
            self.bar.set_length(100);
            self.bar.set_position(percent(level).into());
        }
        self.bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The probe that was seen last: its number, since when, and how fast.
#[derive(Debug, Default)]
struct Sight {
    probe: Option<(u64, Instant, Speed)>,
}

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
        for template in [
            "{spinner:.cyan} {msg}",
            "{spinner:.cyan} [{bar:24.cyan}] {msg}",
            "{spinner:.cyan} [{bar:24.green}] {msg}",
        ] {
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
