//! Whether bytes come fast enough that waiting for them makes sense. Without a clock: the time comes with each piece.

use std::time::Duration;

/// Counts the bytes of one window of time after the other.
#[derive(Debug)]
pub(crate) struct Pace {
    window: Duration,
    bytes_min: u64,
    begun: Duration,
    bytes: u64,
}

impl Pace {
    pub(crate) fn new(window: Duration, bytes_min: u64) -> Self {
        Self {
            window,
            bytes_min,
            begun: Duration::ZERO,
            bytes: 0,
        }
    }

    /// Counts a piece that came `since` the answer began; whether the window it ends had enough.
    #[must_use]
    pub(crate) fn took(&mut self, since: Duration, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if since.saturating_sub(self.begun) < self.window {
            return true;
        }
        let enough = self.bytes >= self.bytes_min;
        self.begun = since;
        self.bytes = 0;
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;

    #[test]
    fn a_server_that_sends_a_byte_now_and_then_is_too_slow() {
        let mut pace = Pace::new(Duration::from_secs(10), 1_000);
        let mut seconds = 0..;
        let ended = seconds.find(|second| !pace.took(Duration::from_secs(*second), 1));
        assert_eq!(ended, Some(10));
    }

    #[test]
    fn a_server_that_was_quick_at_first_has_to_go_on_so() {
        let mut pace = Pace::new(Duration::from_secs(10), 1_000);
        assert!(pace.took(Duration::from_secs(1), 1_000_000));
        assert!(pace.took(Duration::from_secs(10), 0));
        assert!(!pace.took(Duration::from_secs(20), 999));
    }

    #[test]
    fn what_keeps_the_pace_may_go_on() {
        let mut pace = Pace::new(Duration::from_secs(10), 1_000);
        assert!((0..600).all(|second| pace.took(Duration::from_secs(second), 120)));
    }
}
