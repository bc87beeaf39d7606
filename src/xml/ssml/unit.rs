//! Measures in English words: `10ft` is "10 feet".

/// Sign, one of it, several of it.
const UNITS: [(&str, &str, &str); 34] = [
    ("in", "inch", "inches"),
    ("\"", "inch", "inches"),
    ("ft", "foot", "feet"),
    ("'", "foot", "feet"),
    ("yd", "yard", "yards"),
    ("mi", "mile", "miles"),
    ("mm", "millimeter", "millimeters"),
    ("cm", "centimeter", "centimeters"),
    ("m", "meter", "meters"),
    ("km", "kilometer", "kilometers"),
    ("mg", "milligram", "milligrams"),
    ("g", "gram", "grams"),
    ("kg", "kilogram", "kilograms"),
    ("oz", "ounce", "ounces"),
    ("lb", "pound", "pounds"),
    ("lbs", "pound", "pounds"),
    ("ml", "milliliter", "milliliters"),
    ("l", "liter", "liters"),
    ("gal", "gallon", "gallons"),
    ("ms", "millisecond", "milliseconds"),
    ("s", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("min", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("mph", "mile per hour", "miles per hour"),
    ("km/h", "kilometer per hour", "kilometers per hour"),
    ("kph", "kilometer per hour", "kilometers per hour"),
    ("%", "percent", "percent"),
    ("°", "degree", "degrees"),
    ("°C", "degree Celsius", "degrees Celsius"),
    ("°F", "degree Fahrenheit", "degrees Fahrenheit"),
    ("KB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
];

/// `None` if it is no number with a known unit. The number is the engine's to say.
pub(super) fn words(text: &str) -> Option<String> {
    let at = text.find(|c: char| !(c.is_ascii_digit() || ".,-/ ".contains(c)))?;
    let (number, sign) = text.split_at(at);
    let (number, sign) = (number.trim(), sign.trim());
    if !number.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let (squared, sign) = match sign.strip_suffix(['²', '2']) {
        Some(sign) => ("square ", sign),
        None => match sign.strip_suffix(['³', '3']) {
            Some(sign) => ("cubic ", sign),
            None => ("", sign),
        },
    };
    let (_, one, several) = UNITS.iter().find(|(known, ..)| *known == sign)?;
    Some(format!("{number} {squared}{}", if number == "1" { one } else { several }))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_number_and_a_unit_are_said() {
        for (text, said) in [
            ("10ft", Some("10 feet")),
            ("1 ft", Some("1 foot")),
            ("6m2", Some("6 square meters")),
            ("1,000 km/h", Some("1,000 kilometers per hour")),
            ("37.5°C", Some("37.5 degrees Celsius")),
            ("ft", None),
            ("3 parsecs", None),
            ("3", None),
        ] {
            assert_eq!(words(text).as_deref(), said, "{text}");
        }
    }
}
