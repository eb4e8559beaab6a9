//! Times of one piece of work, many times over.

use std::fmt;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What something took once, or in the median.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Time by the clock on the wall; other programs' work is in it.
    pub wall: Duration,
    /// Time on a processor, user and system; other programs' work is not in it.
    pub processor: Duration,
}

/// Measurements of one thing.
#[derive(Clone, Debug, Default)]
pub struct Series(Vec<Cost>);

impl Series {
    /// Takes in one more measurement.
    pub fn push(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    /// The median of each of the two times.
    ///
    /// # Panics
    /// When nothing was measured.
    pub fn median(&self) -> Cost {
        Cost {
            wall: median(self.0.iter().map(|cost| cost.wall)),
            processor: median(self.0.iter().map(|cost| cost.processor)),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let (wall, processor) = (milliseconds(self.wall), milliseconds(self.processor));
        write!(out, "{wall:9.3} ms wall {processor:9.3} ms processor")
    }
}

/// The middle value; of an even number of values the upper one.
///
/// # Panics
/// When there are none.
pub fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort();
    values[values.len() / 2]
}

/// Does `work` once and says what this process took for it, all threads together.
pub fn time<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let (processor, wall) = (processor_time(), Instant::now());
    let result = work();
    let cost = Cost {
        wall: wall.elapsed(),
        processor: processor_time().saturating_sub(processor),
    };
    (result, cost)
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Cost, Series, median};

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        assert_eq!(median([3, 900, 1, 2, 4].into_iter()), 3);
        let mut series = Series::default();
        for (wall, processor) in [(5, 1), (1, 5), (3, 3)] {
            series.push(Cost {
                wall: Duration::from_millis(wall),
                processor: Duration::from_millis(processor),
            });
        }
        let three = Duration::from_millis(3);
        let expected = Cost {
            wall: three,
            processor: three,
        };
        assert_eq!(series.median(), expected);
    }
}
