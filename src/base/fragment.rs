//! Reading settings from a URL's fragment: `https://host/path?query#key=value&key=value`.

use super::{
    document::nearest,
    limits,
    settings::{Number, Region, RetryPolicy, Rules, Settings},
};
use std::{borrow::Cow, fmt, time::Duration};

/// A setting that cannot be followed. In a document its default is used; in the configuration it is a
/// mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint(String);

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The settings of a URL under these rules, and what of its fragment cannot be followed. Whatever the
/// fragment holds, the settings are within the rules.
pub(super) fn read(url: &str, rules: &Rules) -> (Settings, Vec<Complaint>) {
    let (mut settings, mut complaints) = (rules.defaults(), Vec::new());
    let mut seen: Vec<Cow<'_, str>> = Vec::new();
    for (key, value) in pairs(url) {
        let found = if seen.len() >= limits::FRAGMENT_SETTINGS {
            complaints.push(Complaint(format!(
                "the URL's fragment holds more than {} settings; the rest is not read",
                limits::FRAGMENT_SETTINGS
            )));
            break;
        } else if seen.contains(&key) {
            Err(format!("says {key} more than once; the first one counts"))
        } else {
            set(&mut settings, rules, &key, &value)
        };
        complaints.extend(found.err().map(|is| Complaint(format!("the URL's fragment {is}"))));
        seen.push(key);
    }
    (settings, complaints)
}

/// The complaint about settings where a fragment has no effect.
pub(super) fn without_effect(url: &str, rules: &Rules) -> Vec<Complaint> {
    let known = keys(rules);
    let first = pairs(url).map(|(key, _)| key).find(|key| known.contains(&&**key));
    let complaint = first.map(|key| {
        Complaint(format!(
            "the URL's fragment says {key}, which has no effect in Piston's format: set \
             req_timeout_ms, or use the format of Plivo or Twilio"
        ))
    });
    complaint.into_iter().collect()
}

/// The pairs of a fragment. One without any `=` is an ordinary anchor and holds none.
fn pairs(url: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
    let fragment = if fragment.contains('=') { fragment } else { "" };
    form_urlencoded::parse(fragment.as_bytes())
}

/// Follows one setting, or says what the fragment says instead of what is allowed.
fn set(settings: &mut Settings, rules: &Rules, key: &str, value: &str) -> Result<(), String> {
    match key {
        "ct" => settings.connect = time(key, value, &rules.connect)?,
        "rt" => settings.read = time(key, value, &rules.read)?,
        "tt" => settings.total = time(key, value, &rules.total)?,
        "rc" => {
            let count = within(value, &rules.retries).and_then(|count| u32::try_from(count).ok());
            settings.retries =
                count.ok_or_else(|| out_of(key, value, &rules.retries, "retries"))?;
        }
        "rp" => {
            let allowed = "a comma list of 4xx, 5xx, ct, rt and all";
            settings.policy = policy(value).ok_or_else(|| wrong(key, value, allowed))?;
        }
        "sni" if rules.sni => match value {
            "y" => {}
            _ => return Err(wrong(key, value, "y: the server's name is always sent")),
        },
        _ if rules.region_keys.contains(&key) => {
            let allowed = match rules.most_regions {
                1 => "nearest, local or the name of a region",
                _ => "a comma list of regions",
            };
            settings.regions =
                regions(value, rules.most_regions).ok_or_else(|| wrong(key, value, allowed))?;
        }
        _ => {
            let meant = nearest(key, keys(rules))
                .map(|known| format!("; did you mean {known}?"))
                .unwrap_or_default();
            return Err(format!("holds an unknown setting, {:?}{meant}", shown(key)));
        }
    }
    Ok(())
}

fn keys(rules: &Rules) -> Vec<&'static str> {
    let sni = rules.sni.then_some("sni");
    ["ct", "rt", "tt", "rc", "rp"]
        .into_iter()
        .chain(rules.region_keys.iter().copied())
        .chain(sni)
        .collect()
}

fn time(key: &str, value: &str, number: &Number) -> Result<Duration, String> {
    match within(value, number) {
        Some(ms) => Ok(Duration::from_millis(ms)),
        None => Err(out_of(key, value, number, "milliseconds")),
    }
}

fn within(value: &str, number: &Number) -> Option<u64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let value = digits.then(|| value.parse().ok())?;
    value.filter(|value| (number.least..=number.most).contains(value))
}

fn policy(value: &str) -> Option<RetryPolicy> {
    let mut policy = RetryPolicy::NONE;
    value.split(',').all(|word| policy.add(word.trim())).then_some(policy)
}

fn regions(value: &str, most: usize) -> Option<Vec<Region>> {
    let regions: Option<Vec<_>> = value.split(',').map(|word| Region::of(word.trim())).collect();
    regions.filter(|regions| regions.len() <= most)
}

fn out_of(key: &str, value: &str, number: &Number, unit: &str) -> String {
    wrong(key, value, &format!("{} to {} {unit}", number.least, number.most))
}

fn wrong(key: &str, value: &str, allowed: &str) -> String {
    format!("says {key}={}; allowed is {allowed}", shown(value))
}

/// Enough of a text to recognise it.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: fn(u64) -> Duration = Duration::from_millis;

    fn plivo(fragment: &str) -> (Settings, Vec<String>) {
        words(Settings::plivo(&format!("https://example.com/answer_url?query=123{fragment}")))
    }

    fn words((settings, complaints): (Settings, Vec<Complaint>)) -> (Settings, Vec<String>) {
        (settings, complaints.iter().map(ToString::to_string).collect())
    }

    /// The tables and examples of `reference/seeds/004`.
    #[test]
    fn plivos_page_is_followed() {
        let (default, _) = plivo("");
        assert_eq!((default.connect, default.read, default.total), (S(2000), S(40_000), S(55_000)));
        assert_eq!((default.retries, default.policy.to_string().as_str()), (1, "ct,rt"));
        assert_eq!(default.regions, [Region::Nearest]);
        let named = |name: &str| vec![Region::Named(name.to_owned())];
        for (fragment, expected) in [
            ("#ct=2000", Settings { connect: S(2000), ..default.clone() }),
            ("#ct=2000&rt=3000", Settings { read: S(3000), ..default.clone() }),
            ("#rt=3000&rp=ct,rt", Settings { read: S(3000), ..default.clone() }),
            ("#rc=3&ct=2000", Settings { retries: 3, ..default.clone() }),
            ("#er=n_california", Settings { regions: named("n_california"), ..default.clone() }),
            ("#er=nearest", default.clone()),
            ("#er=local", Settings { regions: vec![Region::Local], ..default.clone() }),
            ("#rp=all&rc=0", Settings { retries: 0, policy: RetryPolicy::ALL, ..default.clone() }),
            (
                "#rp=5xx%2C4xx",
                Settings {
                    policy: RetryPolicy {
                        client_errors: true,
                        server_errors: true,
                        ..RetryPolicy::NONE
                    },
                    ..default.clone()
                },
            ),
            (
                "#ct=100&rt=100&tt=100&rc=5",
                Settings {
                    connect: S(100),
                    read: S(100),
                    total: S(100),
                    retries: 5,
                    ..default.clone()
                },
            ),
            ("#ct=10000&rt=40000&tt=55000", Settings { connect: S(10_000), ..default.clone() }),
            ("#section", default.clone()),
            ("#", default.clone()),
        ] {
            assert_eq!(plivo(fragment), (expected, vec![]), "{fragment}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_said_and_the_default_stands() {
        let (default, _) = plivo("");
        for (fragment, complaint) in [
            ("#ct=99", "says ct=99; allowed is 100 to 10000 milliseconds"),
            ("#ct=10001", "says ct=10001; allowed is 100 to 10000 milliseconds"),
            ("#rt=40001", "allowed is 100 to 40000 milliseconds"),
            ("#tt=55001", "allowed is 100 to 55000 milliseconds"),
            ("#rc=6", "says rc=6; allowed is 0 to 5 retries"),
            ("#rc=-1", "says rc=-1"),
            ("#ct=2s", "says ct=2s"),
            ("#ct=%2B2000", "says ct=+2000"),
            ("#ct=", "says ct=;"),
            ("#ct=99999999999999999999999", "says ct=999"),
            ("#rp=3xx", "says rp=3xx; allowed is a comma list of 4xx, 5xx, ct, rt and all"),
            ("#rp=ct,,rt", "says rp=ct,,rt"),
            ("#er=a,b", "allowed is nearest, local or the name of a region"),
            ("#er=far%20away", "says er=far away"),
            ("#rq=ct", "holds an unknown setting, \"rq\""),
            ("#e=ashburn", "holds an unknown setting, \"e\""),
            ("#rc=1&rc=5", "says rc more than once; the first one counts"),
        ] {
            let (settings, complaints) = plivo(fragment);
            assert_eq!(settings, default, "{fragment}");
            assert_eq!(complaints.len(), 1, "{fragment}: {complaints:?}");
            assert!(complaints[0].contains(complaint), "{fragment}: {complaints:?}");
        }
        let (_, complaints) = plivo(&format!("#{}", "x=1&".repeat(1000)));
        assert_eq!(complaints.len(), limits::FRAGMENT_SETTINGS + 1);
    }

    #[test]
    fn twilio_has_its_own_words_defaults_and_ceiling() {
        let twilio = |fragment: &str| words(Settings::twilio(&format!("http://h/{fragment}")));
        let (default, _) = twilio("");
        assert_eq!((default.connect, default.read, default.total), (S(5000), S(15_000), S(15_000)));
        assert_eq!((default.retries, default.policy.to_string().as_str()), (1, "ct"));
        let (settings, complaints) = twilio("#e=ashburn,dublin&rc=2&sni=y");
        assert_eq!((settings.retries, complaints), (2, vec![]));
        let regions: Vec<_> = (1..=3).map(|attempt| settings.region(attempt).clone()).collect();
        let named = |name: &str| Region::Named(name.to_owned());
        assert_eq!(regions, [named("ashburn"), named("dublin"), named("ashburn")]);
        for wrong in ["#tt=15001", "#rt=15001", "#er=local", "#sni=n"] {
            assert_eq!((twilio(wrong).0, twilio(wrong).1.len()), (default.clone(), 1), "{wrong}");
        }
    }

    #[test]
    fn piston_deliveries_and_audio() {
        let (settings, complaints) = Settings::piston(S(700), S(900), "http://h/#rc=3");
        assert_eq!(settings, Settings::once(S(700), S(900)));
        assert!(complaints[0].to_string().contains("rc, which has no effect in Piston's format"));
        assert_eq!(Settings::piston(S(700), S(900), "http://h/#a=1").1, []);
        let delivery = |url: &str| Settings::delivery(S(700), S(60_000), url);
        assert_eq!(delivery("http://h/"), (Settings::once(S(700), S(60_000)), vec![]));
        let (settings, complaints) = delivery("http://h/#ct=100&tt=200&rc=5&rp=all&e=x");
        let expected = (S(100), S(u64::MAX), S(200), 0, RetryPolicy::NONE);
        let Settings { connect, read, total, retries, policy, regions } = settings;
        assert_eq!((connect, read, total, retries, policy), expected);
        assert_eq!((regions, complaints), (vec![Region::Named("x".to_owned())], vec![]));
        let audio = Settings::audio();
        assert_eq!((audio.connect, audio.read), (S(2000), S(120_000)));
        assert_eq!((audio.retries, audio.policy), (1, RetryPolicy::ALL));
    }

    fn fragments() -> impl Strategy<Value = String> {
        let pair = "(ct|rt|tt|rc|rp|er|e|sni|[a-z]{0,3})=([0-9]{0,6}|[a-z0-9,_]{0,9}|.{0,5})";
        prop_oneof![
            ".{0,60}",
            proptest::collection::vec(pair, 0..8).prop_map(|pairs| pairs.join("&")),
        ]
    }

    proptest! {
        #[test]
        fn whatever_a_fragment_holds_the_settings_are_in_range(fragment in fragments()) {
            let url = format!("http://h/?q#{fragment}");
            let (plivo, _) = Settings::plivo(&url);
            prop_assert!(plivo.connect >= S(100) && plivo.connect <= S(10_000));
            prop_assert!(plivo.read >= S(100) && plivo.read <= S(40_000));
            prop_assert!(plivo.total >= S(100) && plivo.total <= S(55_000));
            let (twilio, _) = Settings::twilio(&url);
            prop_assert!(twilio.total >= S(100) && twilio.total <= S(15_000));
            prop_assert!(twilio.read <= S(15_000) && twilio.connect <= S(10_000));
            for settings in [plivo, twilio] {
                prop_assert!(settings.retries <= 5 && !settings.regions.is_empty());
                prop_assert!(settings.regions.len() <= limits::EGRESSES);
                prop_assert!(settings.policy != RetryPolicy::NONE);
            }
        }
    }
}
