//! Dates and times in English words.

use super::{english, say_as::whole_number};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date; `None` if the text is none in this format. Without a format eight digits are year, month
/// and day, and so is what begins with a year; all else is as in America.
pub(super) fn date(format: &str, text: &str) -> Option<String> {
    let eight = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit() || b == b'?');
    let parts: Vec<&str> = match text.is_ascii() && eight && matches!(format, "" | "yyyymmdd") {
        true => vec![&text[..4], &text[4..6], &text[6..]],
        false => text.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect(),
    };
    let order = match (format, parts.first().map_or(0, |first| first.len())) {
        ("" | "yyyymmdd", 4) => "ymd",
        ("", _) => "mdy",
        ("yyyymmdd", _) => return None,
        (format, _) => format,
    };
    if parts.len() != order.len() {
        return None;
    }
    let (mut day, mut month, mut year) = (None, None, None);
    for (kind, part) in order.chars().zip(parts) {
        // Question marks stand for what is left out.
        if part.bytes().all(|b| b == b'?') {
            continue;
        }
        match kind {
            'd' => day = Some(whole_number(part).filter(|day| (1..=31).contains(day))?),
            'm' => month = Some(month_of(part)?),
            _ => year = Some(whole_number(part).filter(|year| *year <= 9_999)?),
        }
    }
    let monthly = [month.map(str::to_owned), day.map(english::ordinal)];
    let monthly = monthly.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let year = year.map(|year| if year < 100 { two_digits(year) } else { english::year(year) });
    match (monthly.is_empty(), year) {
        (true, year) => year,
        (false, None) => Some(monthly),
        (false, Some(year)) => Some(format!("{monthly}, {year}")),
    }
}

/// `2:30pm`, `14:05`, and lengths such as `1'21"`.
pub(super) fn time(text: &str) -> Option<String> {
    if let Some((minutes, seconds)) = text.split_once(['\'', '′']) {
        let seconds = seconds.trim_end_matches(['"', '″']);
        let minutes = counted(whole_number(minutes)?, "minute");
        return match seconds.trim() {
            "" => Some(minutes),
            seconds => Some(format!("{minutes} {}", counted(whole_number(seconds)?, "second"))),
        };
    }
    let lower = text.to_ascii_lowercase().replace('.', "");
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (clock.trim(), " a m"),
        (_, Some(clock)) => (clock.trim(), " p m"),
        (None, None) => (lower.as_str(), ""),
    };
    let mut parts = clock.split(':');
    let hour = whole_number(parts.next()?).filter(|hour| *hour <= 24)?;
    let minute = match parts.next() {
        Some(minute) => whole_number(minute).filter(|minute| *minute < 60)?,
        None if half.is_empty() => return None,
        None => 0,
    };
    let second = parts.next().map(|second| whole_number(second).filter(|s| *s < 60));
    let hour = english::cardinal(hour);
    let clock = match minute {
        0 if half.is_empty() => format!("{hour} o'clock"),
        0 => hour,
        1..=9 => format!("{hour} oh {}", english::cardinal(minute)),
        _ => format!("{hour} {}", english::cardinal(minute)),
    };
    match second {
        None | Some(Some(0)) => Some(format!("{clock}{half}")),
        Some(Some(second)) => Some(format!("{clock}{half} and {}", counted(second, "second"))),
        Some(None) => None,
    }
}

fn month_of(part: &str) -> Option<&'static str> {
    if let Some(number) = whole_number(part) {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        return MONTHS.get(at).copied();
    }
    let begins = |month: &&str| month.get(..3).is_some_and(|m| m.eq_ignore_ascii_case(part));
    MONTHS.into_iter().find(|month| month.eq_ignore_ascii_case(part) || begins(month))
}

fn two_digits(year: u64) -> String {
    match year {
        0..=9 => format!("oh {}", english::cardinal(year)),
        _ => english::cardinal(year),
    }
}

fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", english::cardinal(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_said_in_every_format() {
        for (format, text, said) in [
            ("mdy", "3/5/2024", Some("March fifth, twenty twenty-four")),
            ("dmy", "5.3.2024", Some("March fifth, twenty twenty-four")),
            ("ymd", "2024-03-05", Some("March fifth, twenty twenty-four")),
            ("md", "12/31", Some("December thirty-first")),
            ("dm", "31-12", Some("December thirty-first")),
            ("ym", "2005-7", Some("July, two thousand five")),
            ("my", "7/05", Some("July, oh five")),
            ("d", "4", Some("fourth")),
            ("m", "Feb", Some("February")),
            ("y", "1984", Some("nineteen eighty-four")),
            ("yyyymmdd", "20240305", Some("March fifth, twenty twenty-four")),
            ("yyyymmdd", "????0305", Some("March fifth")),
            ("", "20240305", Some("March fifth, twenty twenty-four")),
            ("", "2024-03-05", Some("March fifth, twenty twenty-four")),
            ("", "3/5/24", Some("March fifth, twenty-four")),
            ("mdy", "13/5/2024", None),
            ("mdy", "3/5", None),
            ("d", "32", None),
            ("", "soon", None),
            ("yyyymmdd", "é123456", None),
        ] {
            assert_eq!(date(format, text).as_deref(), said, "{format} {text}");
        }
    }

    #[test]
    fn times_are_said() {
        for (text, said) in [
            ("2:30pm", Some("two thirty p m")),
            ("2 P.M.", Some("two p m")),
            ("14:05", Some("fourteen oh five")),
            ("9:00", Some("nine o'clock")),
            ("9:00:01 am", Some("nine a m and one second")),
            ("1'21\"", Some("one minute twenty-one seconds")),
            ("2'", Some("two minutes")),
            ("25:00", None),
            ("9:70", None),
            ("noon", None),
            ("9", None),
        ] {
            assert_eq!(time(text).as_deref(), said, "{text}");
        }
    }
}
