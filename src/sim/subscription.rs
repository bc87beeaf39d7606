//! What a connection listens to: event names, formats and filters
//! (`reference/freeswitch.md` 2.4, 2.5).

use super::encoding::{Event, Format};
use regex::Regex;
use std::collections::BTreeSet;

/// The names that `myevents` switches on.
const MY_EVENTS: [&str; 23] = [
    "CHANNEL_ANSWER",
    "CHANNEL_APPLICATION",
    "CHANNEL_BRIDGE",
    "CHANNEL_CREATE",
    "CHANNEL_DATA",
    "CHANNEL_DESTROY",
    "CHANNEL_EXECUTE",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_HANGUP",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_ORIGINATE",
    "CHANNEL_UUID",
    "CHANNEL_OUTGOING",
    "CHANNEL_PARK",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_STATE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_UNPARK",
    "DETECTED_SPEECH",
    "DTMF",
    "TALK",
    "NOTALK",
];

/// The names that the switch knows, beyond those of `myevents`. Others are skipped.
const OTHER_EVENTS: [&str; 34] = [
    "ALL",
    "API",
    "BACKGROUND_JOB",
    "CALL_DETAIL",
    "CALL_SECURE",
    "CALL_SETUP_REQ",
    "CALL_UPDATE",
    "CHANNEL_CALLSTATE",
    "CHANNEL_GLOBAL",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CODEC",
    "COMMAND",
    "CONFERENCE_DATA",
    "DEL_SCHEDULE",
    "DETECTED_TONE",
    "EXE_SCHEDULE",
    "GENERAL",
    "HEARTBEAT",
    "LOG",
    "MEDIA_BUG_START",
    "MEDIA_BUG_STOP",
    "MESSAGE",
    "MODULE_LOAD",
    "NOTIFY",
    "PLAYBACK_START",
    "PLAYBACK_STOP",
    "PRESENCE_IN",
    "PRIVATE_COMMAND",
    "QUEUE_LEN",
    "RECORD_START",
    "RECORD_STOP",
    "RECV_INFO",
    "SHUTDOWN",
];

/// The state of one connection's subscription.
#[derive(Debug, Default)]
pub(super) struct Subscription {
    pub(super) format: Format,
    listening: bool,
    names: BTreeSet<String>,
    subclasses: BTreeSet<String>,
    mine: Option<String>,
    filters: Vec<Filter>,
}

#[derive(Debug)]
struct Filter {
    header: String,
    written: String,
    negative: bool,
    matcher: Matcher,
}

#[derive(Debug)]
enum Matcher {
    Whole(String),
    Pattern(Regex),
}

impl Subscription {
    /// `myevents [format]` of the channel with that id; `false` if it was asked before.
    pub(super) fn my_events(&mut self, format: &str, uuid: &str) -> bool {
        if self.mine.is_some() {
            return false;
        }
        self.format_named(format);
        self.listening = true;
        self.names.extend(MY_EVENTS.map(str::to_owned));
        self.mine = Some(uuid.to_owned());
        true
    }

    /// `event [format] names…`; `false` if no valid name was given. The format changes all the same.
    pub(super) fn add(&mut self, words: &str) -> bool {
        let mut words = words.split_ascii_whitespace().peekable();
        if words.peek().is_some_and(|word| self.format_named(word)) {
            words.next();
        }
        let mut any = false;
        let mut custom = false;
        for word in words {
            if custom {
                self.subclasses.insert(word.to_owned());
                continue;
            }
            let name = word.to_ascii_uppercase();
            custom = name == "CUSTOM";
            if custom || known(&name) {
                any = true;
                self.names.insert(name);
            }
        }
        self.listening |= any;
        any
    }

    /// `nixevent names…`; `false` if no valid name was given.
    pub(super) fn remove(&mut self, words: &str) -> bool {
        let mut any = false;
        let mut custom = false;
        for word in words.split_ascii_whitespace() {
            if custom {
                self.subclasses.remove(word);
                continue;
            }
            let name = word.to_ascii_uppercase();
            if name == "ALL" {
                self.names.clear();
                self.subclasses.clear();
            }
            custom = name == "CUSTOM";
            any |= custom || known(&name);
            // After `event ALL` a single name can still be taken out.
            if self.names.remove("ALL") {
                let every = MY_EVENTS.iter().chain(&OTHER_EVENTS[1..]);
                self.names.extend(every.map(|name| (*name).to_owned()));
            }
            self.names.remove(&name);
        }
        any
    }

    /// `noevents`; `false` if nothing was listened to.
    pub(super) fn clear(&mut self) -> bool {
        self.names.clear();
        self.subclasses.clear();
        std::mem::take(&mut self.listening)
    }

    /// `filter Header value`; `false` if the value is missing.
    pub(super) fn filter(&mut self, header: &str, value: &str) -> bool {
        if header.is_empty() || value.is_empty() {
            return false;
        }
        let (negative, wanted) = match value.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, value),
        };
        let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let matcher = match pattern.map(Regex::new) {
            Some(Ok(pattern)) => Matcher::Pattern(pattern),
            _ => Matcher::Whole(wanted.to_owned()),
        };
        let (header, written) = (header.to_owned(), value.to_owned());
        self.filters.push(Filter { header, written, negative, matcher });
        true
    }

    /// `filter delete Header [value]` and `filter delete all`.
    pub(super) fn filter_delete(&mut self, header: &str, value: &str) {
        if header.eq_ignore_ascii_case("all") {
            self.filters.clear();
        }
        self.filters.retain(|filter| {
            !filter.header.eq_ignore_ascii_case(header)
                || !(value.is_empty() || filter.written == value)
        });
    }

    /// Whether an event of that name can be wanted at all: saves building the others.
    pub(super) fn names(&self, name: &str) -> bool {
        self.listening && (self.names.contains("ALL") || self.names.contains(name))
    }

    /// Whether this event goes out.
    pub(super) fn wants(&self, event: &Event) -> bool {
        let name = event.get("Event-Name").unwrap_or_default();
        let subclass = event.get("Event-Subclass");
        let subscribed = self.names(name)
            && subclass.is_none_or(|s| self.names.contains("ALL") || self.subclasses.contains(s));
        subscribed && self.concerns(event) && self.passes(event)
    }

    /// After `myevents` only this channel's events, and the results of its own jobs.
    fn concerns(&self, event: &Event) -> bool {
        let Some(mine) = &self.mine else { return true };
        ["Unique-ID", "Job-Owner-UUID"].iter().any(|name| event.get(name) == Some(mine))
    }

    /// Positive filters are alternatives; one negative match drops the event; none matching too.
    fn passes(&self, event: &Event) -> bool {
        let matching = self.filters.iter().filter(|filter| filter.matches(event));
        let (negative, positive): (Vec<_>, Vec<_>) = matching.partition(|filter| filter.negative);
        self.filters.is_empty() || (negative.is_empty() && !positive.is_empty())
    }

    fn format_named(&mut self, word: &str) -> bool {
        self.format = match word.to_ascii_lowercase().as_str() {
            "plain" => Format::Plain,
            "json" => Format::Json,
            "xml" => Format::Xml,
            _ => return false,
        };
        true
    }
}

impl Filter {
    fn matches(&self, event: &Event) -> bool {
        event.get(&self.header).is_some_and(|value| match &self.matcher {
            Matcher::Whole(wanted) => value.eq_ignore_ascii_case(wanted),
            Matcher::Pattern(pattern) => pattern.is_match(value),
        })
    }
}

fn known(name: &str) -> bool {
    MY_EVENTS.contains(&name) || OTHER_EVENTS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(headers: &[(&str, &str)]) -> Event {
        let mut event = Event::new();
        headers.iter().for_each(|(name, value)| event.push(name, value));
        event
    }

    #[test]
    fn filters_are_alternatives_and_a_negative_one_vetoes() {
        let mut subscription = Subscription::default();
        assert!(subscription.add("plain CHANNEL_HANGUP CHANNEL_EXECUTE"));
        subscription.filter("Unique-ID", "a");
        subscription.filter("Other-Leg-Unique-ID", "A");
        subscription.filter("Event-Name", "-CHANNEL_EXECUTE");
        let own = [("Event-Name", "CHANNEL_HANGUP"), ("Unique-ID", "a")];
        let other = [("Event-Name", "CHANNEL_HANGUP"), ("Other-Leg-Unique-ID", "a")];
        let foreign = [("Event-Name", "CHANNEL_HANGUP"), ("Unique-ID", "b")];
        let vetoed = [("Event-Name", "CHANNEL_EXECUTE"), ("Unique-ID", "a")];
        assert!(subscription.wants(&event(&own)));
        assert!(subscription.wants(&event(&other)));
        assert!(!subscription.wants(&event(&foreign)));
        assert!(!subscription.wants(&event(&vetoed)));
        subscription.filter_delete("Event-Name", "-CHANNEL_EXECUTE");
        assert!(subscription.wants(&event(&vetoed)));
    }

    #[test]
    fn a_negative_filter_alone_lets_nothing_through() {
        let mut subscription = Subscription::default();
        subscription.add("ALL");
        subscription.filter("Event-Name", "-DTMF");
        assert!(!subscription.wants(&event(&[("Event-Name", "CHANNEL_HANGUP")])));
    }

    #[test]
    fn patterns_are_found_anywhere() {
        let mut subscription = Subscription::default();
        subscription.add("CHANNEL_EXECUTE DTMF");
        subscription.filter("Event-Name", "/^CHANNEL_EXE/");
        assert!(subscription.wants(&event(&[("Event-Name", "CHANNEL_EXECUTE")])));
        assert!(!subscription.wants(&event(&[("Event-Name", "DTMF")])));
    }

    #[test]
    fn subclasses_follow_custom() {
        let mut subscription = Subscription::default();
        assert!(subscription.add("DTMF CUSTOM conference::maintenance"));
        let custom = |subclass| event(&[("Event-Name", "CUSTOM"), ("Event-Subclass", subclass)]);
        assert!(subscription.wants(&custom("conference::maintenance")));
        assert!(!subscription.wants(&custom("avmd::beep")));
        assert!(!subscription.add("json NOPE"));
        assert_eq!(subscription.format, Format::Json);
    }
}
