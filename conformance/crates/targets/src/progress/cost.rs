//! Costs: how often and how long a check waits.
//!
//! The instances of a check report each wait as an [`Event`]; [`Costs`] adds them up. Instances run side by side, so
//! the sum of all waits is longer than the check.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::progress::event::{Event, EventListener, Work};

/// Waits for a future, and reports the time that it took as `work`.
pub async fn timed<T>(listener: &dyn EventListener, work: Work, doing: impl Future<Output = T>) -> T {
    let since = Instant::now();
    let result = doing.await;
    listener.on_event(&Event::Waited { work, took: since.elapsed() });
    result
}

/// The number of waits, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The number of waits.
    pub count: u32,
    /// The sum of the waits.
    pub total: Duration,
}

impl Spent {
    /// Returns the mean of the waits; zero where there was none.
    pub fn mean(self) -> Duration {
        self.total.checked_div(self.count).unwrap_or_default()
    }
}

/// Adds up what a check waits for.
#[derive(Debug, Default)]
pub struct Costs(Mutex<[Spent; Work::ALL.len()]>);

impl Costs {
    /// Returns the costs of each kind of work until now.
    pub fn spent(&self) -> [(Work, Spent); Work::ALL.len()] {
        let spent = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Work::ALL.map(|work| (work, spent[work as usize]))
    }

    /// Returns the costs of one kind of work until now.
    pub fn spent_on(&self, work: Work) -> Spent {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[work as usize]
    }

    /// Returns one line with the waits of a check that `took` this long, the longest first.
    ///
    /// Waits of less than a hundredth of the sum are left out.
    pub fn summary(&self, took: Duration) -> String {
        let mut spent = self.spent();
        spent.sort_by_key(|(_, one)| std::cmp::Reverse(one.total));
        let all: Duration = spent.iter().map(|(_, one)| one.total).sum();
        let matters = spent.iter().filter(|(_, one)| one.count > 0 && one.total * 100 >= all);
        let waits = matters.map(|(work, one)| {
            format!("{:.1} s for {} {}", one.total.as_secs_f32(), one.count, work.as_str())
        });
        let took = format!("took {:.1} s", took.as_secs_f32());
        match waits.collect::<Vec<_>>().join(", ") {
            waits if waits.is_empty() => took,
            waits => format!("{took}; waited, side by side, {waits}"),
        }
    }
}

impl EventListener for Costs {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::Waited { work, took } = event {
            let spent = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner)[*work as usize];
            spent.count += 1;
            spent.total += *took;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_timed_is_counted_under_its_own_work_alone() {
        let costs = Costs::default();
        assert_eq!(timed(&costs, Work::Stop, async { 5 }).await, 5);
        costs.on_event(&Event::Waited { work: Work::Request, took: Duration::from_millis(10) });
        costs.on_event(&Event::Waited { work: Work::Request, took: Duration::from_millis(20) });
        for (work, spent) in costs.spent() {
            match work {
                Work::Request => {
                    let expected = Spent { count: 2, total: Duration::from_millis(30) };
                    assert_eq!((spent, spent.mean()), (expected, Duration::from_millis(15)));
                }
                Work::Stop => assert_eq!(spent.count, 1),
                _ => assert_eq!((spent, spent.mean()), (Spent::default(), Duration::ZERO), "{work:?}"),
            }
        }
    }

    #[test]
    fn the_summary_names_what_took_longest_first_and_nothing_that_took_no_time() {
        let costs = Costs::default();
        let took = Duration::from_millis(1250);
        assert_eq!(costs.summary(took), "took 1.2 s");
        let waits = [
            (Work::Start, 900),
            (Work::Request, 30),
            (Work::Request, 1000),
            (Work::Clock, 1),
            (Work::Start, 600),
        ];
        for (work, milliseconds) in waits {
            costs.on_event(&Event::Waited { work, took: Duration::from_millis(milliseconds) });
        }
        let expected = "took 1.2 s; waited, side by side, 1.5 s for 2 starts, 1.0 s for 2 requests";
        assert_eq!(costs.summary(took), expected);
    }
}
