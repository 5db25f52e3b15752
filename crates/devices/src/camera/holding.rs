//! Which nodes others hold, from scan to scan.

use std::{
    collections::{HashMap, HashSet},
    mem,
    path::PathBuf,
};

use super::holders::Holders;

/// For so many scans in a row that can't tell, a camera in use is taken to be so still: half a minute at five seconds a
/// scan. While a machine is busy with an upgrade the helper misses an answer or two, and a meeting is not over by that.
const MOST_UNTOLD: u32 = 6;

/// Nodes that were held when that could last be told, and how many scans could not tell since.
#[derive(Debug, Default)]
pub(super) struct Holding(HashMap<PathBuf, u32>);

impl Holding {
    /// Which are held, now or still.
    pub(super) fn after(&mut self, now: Holders) -> HashSet<PathBuf> {
        let Holders { held, unknown } = now;
        let before = mem::take(&mut self.0).into_iter();
        let still = before
            .filter(|(node, untold)| unknown.contains(node) && *untold < MOST_UNTOLD)
            .map(|(node, untold)| (node, untold + 1));
        self.0 = still.chain(held.into_iter().map(|node| (node, 0))).collect();
        self.0.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(names: &[&str]) -> HashSet<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    fn held(names: &[&str]) -> Holders {
        Holders { held: nodes(names), unknown: HashSet::new() }
    }

    fn untold(names: &[&str]) -> Holders {
        Holders { held: HashSet::new(), unknown: nodes(names) }
    }

    #[test]
    fn a_camera_in_use_stays_so_while_nobody_answers_but_not_for_ever() {
        let mut holding = Holding::default();
        holding.after(held(&["a"]));
        for _ in 0..MOST_UNTOLD {
            assert_eq!(holding.after(untold(&["a", "b"])), nodes(&["a"]), "b was never seen in use");
        }
        assert_eq!(holding.after(untold(&["a", "b"])), nodes(&[]));
        assert_eq!(holding.after(untold(&["a", "b"])), nodes(&[]));
    }

    #[test]
    fn an_answer_ends_the_waiting() {
        let mut holding = Holding::default();
        holding.after(held(&["a"]));
        for _ in 0..2 {
            for _ in 0..MOST_UNTOLD {
                assert_eq!(holding.after(untold(&["a"])), nodes(&["a"]));
            }
            assert_eq!(holding.after(held(&["a"])), nodes(&["a"]));
        }
        assert_eq!(holding.after(held(&[])), nodes(&[]), "it was let go");
        assert_eq!(holding.after(untold(&["a"])), nodes(&[]));
    }
}
