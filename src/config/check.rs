//! Rules for values that a type cannot state: ranges, URLs, templates, the log filter.

use super::{Config, ProxyUrl, ReqFormat};
use crate::base::{Secret, Settings, limits, settings::is_region_name, web};
use std::{net::IpAddr, ops::RangeInclusive, time::Duration};
use tracing_subscriber::EnvFilter;
use url::Url;

/// Calls at once, at most: more than one machine can hold.
const MOST_CALLS: u64 = 1_000_000;

/// Threads, at most.
const MOST_THREADS: u64 = 256;

/// Shortest token of the API, characters: what nobody guesses.
const TOKEN_CHARACTERS: usize = 16;

/// The largest media cache, megabytes.
const MOST_MEGABYTES: u64 = 100_000_000;

/// A day, in seconds.
const DAY_S: u64 = 86_400;

/// A year, in hours.
const YEAR_H: u64 = 8760;

impl Config {
    /// Finds the first value that cannot be meant, and says what it must be.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_numbers()?;
        let urls = [
            &self.pivot.voice_url,
            &self.pivot.fallback_url,
            &self.pivot.hangup_url,
            &self.pivot.status_callback,
            &self.cdr.url,
            &self.media.switch_url,
            &self.api.public_url,
        ];
        for url in urls {
            if !url.is_empty() && !web::is_web_address(url) {
                return Err(format!(
                    "{:?} is not a URL that begins with http:// or https://",
                    web::masked(url)
                ));
            }
        }
        self.check_fragments()?;
        self.check_regions()?;
        self.check_dialling()?;
        self.check_speech()?;
        check_token(&self.api.token)?;
        self.check_media()?;
        self.check_transcription()?;
        self.check_conference()?;
        self.check_stream()?;
        check_token(&self.media.recordings_secret)?;
        check_filter(&self.log.level)
    }

    /// An account and its main account, if there is one that does not exist. To be asked when everything
    /// is set: accounts may be named in any order.
    pub(super) fn stranger(&self) -> Option<(&str, &str)> {
        let named = self.accounts.iter().filter(|(_, account)| !account.main_account.is_empty());
        let mut named = named.map(|(id, account)| (id.as_str(), account.main_account.as_str()));
        named.find(|(_, main)| !self.accounts.contains_key(*main))
    }

    fn check_numbers(&self) -> Result<(), String> {
        let longest_request = limits::PIVOT_REQUEST.as_secs() * 1000;
        // A `usize` above the range is above it as a `u64`, too.
        let max_calls = u64::try_from(self.esl.max_calls).unwrap_or(u64::MAX);
        let threads = u64::try_from(self.server.threads).unwrap_or(u64::MAX);
        let at_once = u64::try_from(self.transcription.at_once).unwrap_or(u64::MAX);
        let numbers: [(u64, RangeInclusive<u64>, &str); 19] = [
            (max_calls, 1..=MOST_CALLS, "calls"),
            (self.esl.linger_s.into(), 1..=3600, "seconds"),
            (self.pivot.request_timeout_ms, 100..=longest_request, "milliseconds"),
            (self.dial.timeout_s.into(), 1..=600, "seconds"),
            (self.media.cache_mb, 256..=MOST_MEGABYTES, "megabytes"),
            (self.media.cache_age_h, 1..=YEAR_H, "hours"),
            (self.media.fresh_s, 0..=DAY_S, "seconds"),
            // No file is larger than the smallest cache.
            (self.media.file_mb, 1..=256, "megabytes"),
            (self.media.recordings_ttl_h, 1..=YEAR_H, "hours"),
            (self.http.connect_timeout_ms, 100..=60_000, "milliseconds"),
            (self.outbox.retry_first_ms, 100..=3_600_000, "milliseconds"),
            (self.outbox.retry_longest_s, 1..=DAY_S, "seconds"),
            (
                self.outbox.give_up_after_h,
                limits::DELIVERY_RETRIES.as_secs() / 3600..=YEAR_H,
                "hours",
            ),
            (self.outbox.timeout_ms, 100..=60_000, "milliseconds"),
            (self.outbox.keep_delivered_h, 0..=YEAR_H, "hours"),
            (self.server.drain_s, 0..=DAY_S, "seconds"),
            (threads, 1..=MOST_THREADS, "threads"),
            (self.transcription.timeout_s, 1..=3600, "seconds"),
            (at_once, 1..=8, "recordings"),
        ];
        match numbers.into_iter().find(|(value, range, _)| !range.contains(value)) {
            None => Ok(()),
            Some((_, range, unit)) => {
                Err(format!("must be from {} to {} {unit}", range.start(), range.end()))
            }
        }
    }

    /// What would only be remarked upon in a document is a mistake here.
    fn check_fragments(&self) -> Result<(), String> {
        let of_document = |url: &String| match self.pivot.req_format {
            // Its format may still come; there, a fragment has no effect, which is no mistake.
            ReqFormat::Piston => Vec::new(),
            ReqFormat::Twiml => Settings::twilio(url).1,
            ReqFormat::Plivo => Settings::plivo(url).1,
        };
        let documents = [&self.pivot.voice_url, &self.pivot.fallback_url];
        let of_documents = documents.map(|url| (url, of_document(url)));
        let delivered = Settings::delivery(Duration::ZERO, Duration::ZERO, &self.cdr.url).1;
        for (url, complaints) in of_documents.into_iter().chain([(&self.cdr.url, delivered)]) {
            if let Some(complaint) = complaints.first() {
                return Err(format!("{:?}: {complaint}", web::masked(url)));
            }
        }
        Ok(())
    }

    fn check_regions(&self) -> Result<(), String> {
        let http = &self.http;
        if http.egress.len() > limits::EGRESSES {
            return Err(format!("at most {} regions can be configured", limits::EGRESSES));
        }
        for (name, egress) in &http.egress {
            if !is_region_name(name) {
                return Err(format!(
                    "{name:?} is not the name of a region: letters, digits, - and _ are allowed, and \
                     nearest and local mean something else"
                ));
            }
            let proxy = egress.proxy.as_ref().map(ProxyUrl::url);
            if proxy.is_some() == egress.source.is_some() {
                return Err(format!("region {name} needs either `source` or `proxy`"));
            }
            let usable = |url: &Url| matches!(url.scheme(), "http" | "socks5") && url.has_host();
            if proxy.is_some_and(|url| !usable(url)) {
                return Err(format!(
                    "the proxy of region {name} must be http://HOST:PORT or socks5://HOST:PORT"
                ));
            }
        }
        let own = Some(&http.region).filter(|region| !region.is_empty());
        let named = http.switch_regions.values().chain(own);
        match named.into_iter().find(|region| !http.egress.contains_key(*region)) {
            None => Ok(()),
            Some(region) => Err(format!("there is no [http.egress.{region}]")),
        }
    }

    fn check_dialling(&self) -> Result<(), String> {
        let safe = |word: &String| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        if let Some(gateway) = self.dial.gateways.iter().find(|g| !safe(g)) {
            return Err(format!("{gateway:?} is not the name of a gateway"));
        }
        let templates = [
            (&self.dial.sip, "{uri}"),
            (&self.dial.number, "{number}"),
            (&self.dial.user, "{user}"),
        ];
        let client = &self.dial.client;
        if !client.is_empty() && !client.contains("{user}") {
            return Err("the template must contain {user}".to_owned());
        }
        let at = &self.dial.legs_at;
        if !at.is_empty() && at.parse::<std::net::SocketAddr>().is_err() {
            return Err(format!("{at:?} is not an address such as 10.0.0.5:8084"));
        }
        match templates.iter().find(|(template, field)| !template.contains(field)) {
            None => Ok(()),
            Some((_, field)) => Err(format!("the template must contain {field}")),
        }
    }

    /// The profile becomes part of an argument of the switch.
    fn check_conference(&self) -> Result<(), String> {
        let profile = &self.conference.profile;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        match (1..=64).contains(&profile.len()) && profile.chars().all(fits) {
            true => Ok(()),
            false => Err(format!("{profile:?} is not the name of a conference profile")),
        }
    }

    fn check_stream(&self) -> Result<(), String> {
        let stream = &self.stream;
        let lacks = |template: &str, parts: &[&str]| {
            let whole = parts.iter().all(|part| template.contains(part));
            !template.is_empty() && (!whole || template.contains(char::is_control))
        };
        if !stream.unicast.is_empty() && stream.unicast.parse::<IpAddr>().is_err() {
            return Err(format!("{:?} is no IP address of this machine", stream.unicast));
        }
        let started = ["{uuid}", "{url}", "{mix}", "{rate}"];
        if lacks(&stream.start, &started) {
            return Err("the command must contain {uuid}, {url}, {mix} and {rate}".to_owned());
        }
        if lacks(&stream.stop, &["{uuid}"]) {
            return Err("the command must contain {uuid}".to_owned());
        }
        let url = Url::parse(&stream.switch_url);
        match stream.switch_url.is_empty() || url.is_ok_and(|url| url.scheme() == "ws") {
            true => Ok(()),
            false => Err("it must begin with ws://".to_owned()),
        }
    }

    fn check_transcription(&self) -> Result<(), String> {
        let settings = &self.transcription;
        let named = |argument: &String| argument.contains("{file}");
        match settings.command.split_first() {
            Some((_, arguments)) if !arguments.iter().any(named) => {
                Err("an argument of the transcriber's command must contain {file}".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn check_media(&self) -> Result<(), String> {
        match self.media.http_template.contains("{url}") {
            true => Ok(()),
            false => Err("the template must contain {url}".to_owned()),
        }
    }
}

/// Empty, or long enough, and of characters that a header may carry.
fn check_token(token: &Secret) -> Result<(), String> {
    let token = token.bytes();
    let carried = token.iter().all(u8::is_ascii_graphic);
    match token.is_empty() || (carried && token.len() >= TOKEN_CHARACTERS) {
        true => Ok(()),
        false => Err(format!(
            "must be empty, or at least {TOKEN_CHARACTERS} ASCII characters without blanks, such as \
             the output of `openssl rand -hex 32`"
        )),
    }
}

/// A level, or a filter of `TARGET=LEVEL`. A lone word that is no level would be taken for the name of
/// a module, and nothing else would be logged.
fn check_filter(filter: &str) -> Result<(), String> {
    const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
    let is_level = |word: &str| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    let lone_words = filter.split(',').map(str::trim).filter(|part| !part.contains(['=', '[']));
    let known = lone_words.into_iter().all(is_level);
    match known && EnvFilter::try_new(filter).is_ok() {
        true => Ok(()),
        false => Err(format!(
            "{filter:?} is neither a level (error, warn, info, debug, trace) nor a filter such as \
             \"info,pivot::esl=debug\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::load_text;

    fn mistake(text: &str) -> String {
        match load_text("my.toml", text, []) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn commands_for_streams_say_what_they_are_about() {
        let wrong = |setting: &str| mistake(&format!("[stream]\n{setting}\n"));
        let good = "start = \"fork {uuid} {url} {mix} {rate}\"\nstop = \"stop {uuid}\"";
        assert_eq!(wrong(good), "");
        assert!(wrong("start = \"fork {uuid} {url}\"").contains("{mix}"));
        assert!(wrong("stop = \"stop\"").contains("{uuid}"));
        assert!(wrong("unicast = \"here\"").contains("no IP address"));
        assert!(wrong("switch_url = \"http://h\"").contains("ws://"));
    }

    #[test]
    fn every_number_has_a_range() {
        for (section, key, low, high) in [
            ("esl", "max_calls", 1, 1_000_000),
            ("esl", "linger_s", 1, 3600),
            ("pivot", "request_timeout_ms", 100, 60_000),
            ("dial", "timeout_s", 1, 600),
            ("media", "cache_mb", 256, 100_000_000),
            ("media", "cache_age_h", 1, 8760),
            ("media", "fresh_s", 0, 86_400),
            ("media", "file_mb", 1, 256),
            ("media", "recordings_ttl_h", 1, 8760),
            ("http", "connect_timeout_ms", 100, 60_000),
            ("outbox", "retry_first_ms", 100, 3_600_000),
            ("outbox", "retry_longest_s", 1, 86_400),
            ("outbox", "give_up_after_h", 24, 8760),
            ("outbox", "timeout_ms", 100, 60_000),
            ("outbox", "keep_delivered_h", 0, 8760),
            ("server", "drain_s", 0, 86_400),
            ("server", "threads", 1, 256),
            ("transcription", "timeout_s", 1, 3600),
            ("transcription", "at_once", 1, 8),
        ] {
            let with = |value: i64| mistake(&format!("[{section}]\n{key} = {value}\n"));
            for fine in [low, high] {
                assert_eq!(with(fine), "", "{section}.{key} = {fine}");
            }
            for wrong in [low - 1, high + 1, i64::MAX] {
                let error = with(wrong);
                assert!(error.starts_with(&format!("my.toml:2: `{section}.{key}`: ")), "{error}");
            }
            let range = format!("must be from {low} to {high} ");
            assert!(with(high + 1).contains(&range), "{}", with(high + 1));
        }
    }

    #[test]
    fn every_number_of_the_defaults_is_in_that_test() {
        let is_number = |line: &&str| line.rsplit(" = ").next().unwrap().parse::<i64>().is_ok();
        assert_eq!(crate::config::DEFAULTS.lines().filter(is_number).count(), 19);
    }

    #[test]
    fn a_url_is_empty_or_a_web_address() {
        for (section, key) in [
            ("pivot", "voice_url"),
            ("pivot", "fallback_url"),
            ("cdr", "url"),
            ("media", "switch_url"),
            ("api", "public_url"),
        ] {
            let with = |url: &str| mistake(&format!("[{section}]\n{key} = \"{url}\"\n"));
            for fine in ["", "http://h.example", "https://h.example:8443/x?y=1"] {
                assert_eq!(with(fine), "");
            }
            for wrong in ["nope", "not a url", "ftp://h/", "/path", "http://"] {
                let place = format!("my.toml:2: `{section}.{key}`: ");
                let error = with(wrong);
                assert!(error.starts_with(&place), "{error}");
                assert!(error.ends_with("begins with http:// or https://"), "{error}");
            }
        }
    }

    #[test]
    fn a_token_is_empty_or_long_and_never_repeated_in_the_complaint() {
        for (section, key) in [("api", "token"), ("media", "recordings_secret")] {
            let with = |token: &str| mistake(&format!("[{section}]\n{key} = \"{token}\"\n"));
            for fine in ["", "0123456789abcdef", "~!@#%^&*()_+-=[]:;"] {
                assert_eq!(with(fine), "", "{fine}");
            }
            let complaint = format!("my.toml:2: `{section}.{key}`: must be empty, or at least 16");
            for wrong in ["0123456789abcde", "a blank is not sent", "fünfzehnfünfzehn"] {
                let error = with(wrong);
                assert!(error.starts_with(&complaint) && !error.contains(wrong), "{error}");
            }
        }
        for value in ["4711471147114711", "[\"4711471147114711\"]", "true"] {
            let error = mistake(&format!("[api]\ntoken = {value}\n"));
            assert_eq!(error, "my.toml:2: `api.token`: a secret is a text: put it in quotes");
        }
    }

    #[test]
    fn settings_in_a_urls_fragment_are_checked() {
        for (text, mistake_in) in [
            ("[cdr]\nurl = \"http://h/#ct=99\"", "my.toml:2: `cdr.url`: \"http://h/\": the URL's"),
            ("[cdr]\nurl = \"http://h/#tt=60000\"", "says tt=60000"),
            ("[cdr]\nurl = \"http://h/#ct=100&rc=5&er=sydney\"", ""),
            (
                "[pivot]\nreq_format = \"plivo\"\nvoice_url = \"http://h/#rc=6\"",
                "my.toml:3: `pivot.v",
            ),
            (
                "[pivot]\nfallback_url = \"http://h/#rt=16000\"\nreq_format = \"twiml\"",
                "says rt=16000",
            ),
            ("[pivot]\nfallback_url = \"http://h/#rt=16000\"\nreq_format = \"plivo\"", ""),
            ("[pivot]\nvoice_url = \"http://h/#rc=6\"", ""),
        ] {
            let error = mistake(text);
            assert!(error.contains(mistake_in), "{text}: {error}");
            assert_eq!(error.is_empty(), mistake_in.is_empty(), "{text}: {error}");
        }
    }

    #[test]
    fn regions_are_checked() {
        let two = "[http.egress.a]\nsource = \"127.0.0.2\"\n[http.egress.b]\nproxy = \"socks5://u:p@h:1\"\n";
        let with = |text: &str| mistake(&format!("{two}{text}"));
        assert_eq!(with("[http]\nregion = \"a\"\nswitch_regions = { fs2 = \"b\" }"), "");
        assert!(with("[http]\nregion = \"c\"").contains("there is no [http.egress.c]"));
        let wrong = "[http]\nswitch_regions = { fs2 = \"c\" }";
        assert!(with(wrong).contains("there is no [http.egress.c]"));
        for (egress, words) in [
            ("[http.egress.local]\nsource = \"127.0.0.2\"", "\"local\" is not the name"),
            ("[http.egress.\"a b\"]\nsource = \"127.0.0.2\"", "\"a b\" is not the name"),
            ("[http.egress.a]", "region a needs either"),
            ("[http.egress.a]\nsource = \"::1\"\nproxy = \"http://h:1\"", "region a needs either"),
            ("[http.egress.a]\nproxy = \"https://h:1\"", "must be http://HOST:PORT or socks5"),
            ("[http.egress.a]\nproxy = \"nope\"", "relative URL"),
            ("[http.egress.a]\nport = 1", "unknown field `port`"),
        ] {
            assert!(mistake(egress).contains(words), "{egress}: {}", mistake(egress));
        }
    }

    #[test]
    fn the_password_of_a_proxy_is_not_shown() {
        let text = "[http.egress.a]\nproxy = \"socks5://me:s3cret@h:1\"";
        let shown = format!("{:?}", load_text("f", text, []).unwrap());
        assert!(shown.contains("socks5://***@h:1") && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn the_template_for_media_has_a_place_for_the_url() {
        let error = mistake("[media]\nhttp_template = \"http_cache://\"\n");
        assert_eq!(error, "my.toml:2: `media.http_template`: the template must contain {url}");
    }

    #[test]
    fn a_log_filter_is_checked_where_it_stands() {
        let with = |level: &str| mistake(&format!("[log]\n\nlevel = \"{level}\"\n"));
        for fine in ["info", "WARN", "off", "info,pivot::esl=debug", "pivot=trace", "a[b]=debug"] {
            assert_eq!(with(fine), "", "{fine}");
        }
        for wrong in ["", "verbose", "info,pivot::esl", "info,pivot=loud", "=,="] {
            let error = with(wrong);
            assert!(error.starts_with("my.toml:3: `log.level`: "), "{wrong:?} {error}");
        }
    }
}
