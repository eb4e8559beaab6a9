//! Points in time as the formats write them; core itself has no clock.

/// A point in time in whole seconds UTC, written `YYYY-MM-DDTHH:MM:SSZ` (in-toto 1.0 §4.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The first second that has no four-digit year: 10000-01-01T00:00:00Z.
const YEAR_10000_SECONDS: i64 = 253_402_300_800;
/// 0000-01-01T00:00:00Z.
const YEAR_0_SECONDS: i64 = -62_167_219_200;

impl Timestamp {
    /// A time from seconds since 1970-01-01T00:00:00Z; `None` when its year has not four digits.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        (YEAR_0_SECONDS..YEAR_10000_SECONDS)
            .contains(&seconds)
            .then_some(Self(seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }

    /// Parses the one spelling that is printed: no offset, no fraction, no leap second.
    ///
    /// # Errors
    /// [`TimeError`] when the text is anything else or names a day that does not exist.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Self::parse_fields(text.as_bytes())
            .filter(|time| time.to_string() == text)
            .ok_or(TimeError)
    }

    fn parse_fields(text: &[u8]) -> Option<Self> {
        if text.len() != 20 {
            return None;
        }
        let number = |from: usize, to: usize| -> Option<i64> {
            text[from..to].iter().try_fold(0, |sum, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| sum * 10 + i64::from(digit - b'0'))
            })
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let in_range = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        in_range.then(|| {
            Self(days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
        })
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(
            out,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// A text that is not a time of the form `YYYY-MM-DDTHH:MM:SSZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form YYYY-MM-DDTHH:MM:SSZ")]
pub struct TimeError;

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that begin on a 1 March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_known_instants() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56Z", 951_827_696),
            ("2026-11-24T02:06:00Z", 1_795_485_960),
            ("1969-12-31T23:59:59Z", -1),
            ("9999-12-31T23:59:59Z", YEAR_10000_SECONDS - 1),
            ("0000-01-01T00:00:00Z", YEAR_0_SECONDS),
        ] {
            assert_eq!(
                Timestamp::parse(text).unwrap().unix_seconds(),
                seconds,
                "{text}"
            );
            assert_eq!(
                Timestamp::from_unix_seconds(seconds).unwrap().to_string(),
                text
            );
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-11-24T02:06:00+00:00",
            "2026-11-24T02:06:00.5Z",
            "2026-11-24 02:06:00Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T02:06:60Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "",
            "٢٠٢٦-11-24T0Z",
            "2026-11-24t02:06:00z",
            "+026-11-24T02:06:00Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
