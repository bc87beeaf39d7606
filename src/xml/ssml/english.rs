//! Numbers in English words.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

const GROUPS: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// The largest number that is said in words.
pub(super) const LARGEST: u64 = 999_999_999_999_999;

/// `1234` is "one thousand two hundred thirty-four".
pub(super) fn cardinal(number: u64) -> String {
    let mut words = Vec::new();
    let mut rest = number.min(LARGEST);
    for (size, name) in GROUPS {
        if rest >= size {
            words.push(format!("{} {name}", below_thousand(rest / size)));
            rest %= size;
        }
    }
    if rest > 0 || words.is_empty() {
        words.push(below_thousand(rest));
    }
    words.join(" ")
}

/// `23` is "twenty-third".
pub(super) fn ordinal(number: u64) -> String {
    let words = cardinal(number);
    let at = words.rfind([' ', '-']).map_or(0, |at| at + 1);
    let (before, last) = words.split_at(at);
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
        other => format!("{other}th"),
    };
    format!("{before}{last}")
}

/// `1984` is "nineteen eighty-four", `2005` "two thousand five", `1900` "nineteen hundred".
pub(super) fn year(number: u64) -> String {
    let (high, low) = (number / 100, number % 100);
    match (high, low) {
        (10..=99, 0) if high % 10 == 0 => cardinal(number),
        (10..=99, 0) => format!("{} hundred", cardinal(high)),
        (20, 1..=9) => cardinal(number),
        (10..=99, 1..=9) => format!("{} oh {}", cardinal(high), cardinal(low)),
        (10..=99, _) => format!("{} {}", cardinal(high), cardinal(low)),
        _ => cardinal(number),
    }
}

fn below_thousand(number: u64) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    let mut words = Vec::new();
    if hundreds > 0 {
        words.push(format!("{} hundred", word(&ONES, hundreds)));
    }
    match (rest / 10, rest % 10) {
        (0, 0) if hundreds > 0 => {}
        (0 | 1, _) => words.push(word(&ONES, rest).to_owned()),
        (tens, 0) => words.push(word(&TENS, tens).to_owned()),
        (tens, ones) => words.push(format!("{}-{}", word(&TENS, tens), word(&ONES, ones))),
    }
    words.join(" ")
}

fn word(words: &[&'static str], at: u64) -> &'static str {
    usize::try_from(at).ok().and_then(|at| words.get(at)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_in_words() {
        for (number, words) in [
            (0, "zero"),
            (13, "thirteen"),
            (40, "forty"),
            (99, "ninety-nine"),
            (100, "one hundred"),
            (1_234, "one thousand two hundred thirty-four"),
            (1_000_001, "one million one"),
            (
                u64::MAX,
                "nine hundred ninety-nine trillion nine hundred ninety-nine billion nine \
                        hundred ninety-nine million nine hundred ninety-nine thousand nine hundred \
                        ninety-nine",
            ),
        ] {
            assert_eq!(cardinal(number), words);
        }
        for (number, words) in [
            (1, "first"),
            (12, "twelfth"),
            (20, "twentieth"),
            (23, "twenty-third"),
            (100, "one hundredth"),
            (1_005, "one thousand fifth"),
        ] {
            assert_eq!(ordinal(number), words);
        }
        for (number, words) in [
            (1984, "nineteen eighty-four"),
            (1900, "nineteen hundred"),
            (1905, "nineteen oh five"),
            (2000, "two thousand"),
            (2005, "two thousand five"),
            (2024, "twenty twenty-four"),
            (800, "eight hundred"),
        ] {
            assert_eq!(year(number), words);
        }
    }
}
