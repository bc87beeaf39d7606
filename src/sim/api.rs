//! `api` commands with their exact answers (`reference/freeswitch.md` 3.14).

use super::{
    causes,
    channel::{Channel, Left},
    events::Whose,
    message::Message,
    observe::{Party, Seen},
};

const NO_CHANNEL: &str = "-ERR No such channel!\n";
const NO_SESSION: &str = "-ERR Cannot locate session!\n";
const OK: &str = "+OK\n";

/// The words after a command's name.
struct Arguments<'a> {
    uuid: &'a str,
    rest: &'a str,
}

impl<'a> Arguments<'a> {
    fn new(text: &'a str) -> Self {
        let (uuid, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        Self { uuid, rest: rest.trim_start() }
    }
}

impl Channel {
    /// Runs an API command and gives its text; never empty.
    pub(super) fn api(&mut self, text: &str) -> String {
        let (command, rest) = text.split_once(' ').unwrap_or((text, ""));
        let arguments = Arguments::new(rest);
        let result = match command.to_ascii_lowercase().as_str() {
            "uuid_exists" => self.find(arguments.uuid).is_some().to_string(),
            "create_uuid" => self.chance.uuid(),
            "version" => "FreeSWITCH Version 1.10.12-release~64bit ( 64bit)\n".to_owned(),
            "status" => status(),
            "eval" | "expand" => super::variables::expand(rest.trim(), &|_| None),
            "uuid_getvar" => self.api_getvar(&arguments),
            "uuid_setvar" => self.api_setvar(&arguments),
            "uuid_setvar_multi" => self.api_setvar_multi(&arguments),
            "uuid_dump" => self.api_dump(&arguments),
            "uuid_kill" => self.api_kill(&arguments),
            "uuid_break" => self.api_break(&arguments),
            "uuid_transfer" => self.api_transfer(&arguments),
            "uuid_broadcast" => self.api_broadcast(&arguments),
            "uuid_buglist" => match self.find(arguments.uuid) {
                Some(_) => self.bugs(),
                None => NO_CHANNEL.to_owned(),
            },
            "uuid_record" => self.api_record(&arguments),
            "uuid_recv_dtmf" | "uuid_send_dtmf" | "uuid_flush_dtmf" => {
                self.api_dtmf(command, &arguments)
            }
            "uuid_answer" | "uuid_pre_answer" | "uuid_ring_ready" => {
                self.api_answer(command, &arguments)
            }
            "conference" => self.api_conference(arguments.uuid, arguments.rest),
            "uuid_audio_stream" if self.options.forks_sound => match self.find(arguments.uuid) {
                Some(Whose::Caller) => self.api_audio_stream(arguments.rest),
                _ => "-ERR Operation Failed\n".to_owned(),
            },
            "uuid_park" => self.known(&arguments, "<uuid>"),
            _ => format!("-ERR {command} Command not found!\n"),
        };
        if result.is_empty() { "-ERR no reply\n".to_owned() } else { result }
    }

    /// The living channel with that id.
    fn find(&self, uuid: &str) -> Option<Whose> {
        if uuid == self.leg.uuid && self.ended.is_none() {
            return Some(Whose::Caller);
        }
        self.dialled_with(uuid).map(Whose::Dialled)
    }

    fn known(&self, arguments: &Arguments<'_>, usage: &str) -> String {
        match self.find(arguments.uuid) {
            _ if arguments.uuid.is_empty() => format!("-USAGE: {usage}\n"),
            Some(_) => OK.to_owned(),
            None => NO_CHANNEL.to_owned(),
        }
    }

    fn api_getvar(&self, arguments: &Arguments<'_>) -> String {
        if arguments.rest.is_empty() {
            return "-USAGE: <uuid> <var>\n".to_owned();
        }
        let Some(whose) = self.find(arguments.uuid) else { return NO_CHANNEL.to_owned() };
        let (name, index) = match arguments.rest.trim().split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
            None => (arguments.rest.trim(), None),
        };
        let value = self.leg_of(whose).variable(name);
        let part = value.and_then(|value| match (index, value.strip_prefix("ARRAY::")) {
            (Some(index), Some(parts)) => parts.split("|:").nth(index).map(str::to_owned),
            _ => Some(value),
        });
        part.unwrap_or_else(|| "_undef_".to_owned())
    }

    fn api_setvar(&mut self, arguments: &Arguments<'_>) -> String {
        let (name, value) = arguments.rest.split_once(' ').unwrap_or((arguments.rest, ""));
        if name.is_empty() {
            return "-USAGE: <uuid> <var> [value]\n".to_owned();
        }
        let Some(whose) = self.find(arguments.uuid) else { return NO_CHANNEL.to_owned() };
        let value = unescape(value);
        self.leg_of_mut(whose).variables.set(name, value);
        OK.to_owned()
    }

    fn api_setvar_multi(&mut self, arguments: &Arguments<'_>) -> String {
        let usage = "-USAGE: <uuid> <var>=<value>;<var>=<value>...\n";
        if arguments.rest.is_empty() {
            return usage.to_owned();
        }
        let Some(whose) = self.find(arguments.uuid) else {
            return format!("{NO_CHANNEL}{usage}");
        };
        let leg = self.leg_of_mut(whose);
        for (name, value) in arguments.rest.split(';').filter_map(|pair| pair.split_once('=')) {
            if !value.contains("${") {
                leg.variables.set(name, unescape(value));
            }
        }
        OK.to_owned()
    }

    fn api_dump(&mut self, arguments: &Arguments<'_>) -> String {
        if arguments.uuid.is_empty() {
            return "-USAGE: <uuid> [format]\n".to_owned();
        }
        let Some(whose) = self.find(arguments.uuid) else { return NO_CHANNEL.to_owned() };
        let event = self.dump(whose);
        match arguments.rest.trim() {
            "json" => event.json(),
            _ => format!("{}\n", event.plain_headers()),
        }
    }

    fn api_kill(&mut self, arguments: &Arguments<'_>) -> String {
        if arguments.uuid.is_empty() {
            return "-USAGE: <uuid> [cause]\n".to_owned();
        }
        match self.find(arguments.uuid) {
            Some(Whose::Caller) => self.hang_up_by_name(arguments.rest),
            Some(Whose::Dialled(index)) => self.release_leg(index, causes::named(arguments.rest)),
            None => return NO_CHANNEL.to_owned(),
        }
        OK.to_owned()
    }

    fn api_break(&mut self, arguments: &Arguments<'_>) -> String {
        if arguments.uuid.is_empty() {
            return "-USAGE: <uuid> [all]\n".to_owned();
        }
        match self.find(arguments.uuid) {
            Some(Whose::Caller) => {
                let all = arguments.rest.trim().eq_ignore_ascii_case("all");
                if all {
                    self.queue.clear();
                }
                self.break_running(all);
            }
            Some(Whose::Dialled(_)) => {}
            None => return NO_CHANNEL.to_owned(),
        }
        OK.to_owned()
    }

    fn api_transfer(&mut self, arguments: &Arguments<'_>) -> String {
        let words = arguments.rest.split_ascii_whitespace();
        let Some(to) = words.into_iter().find(|word| !word.starts_with('-')) else {
            return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
                .to_owned();
        };
        match self.find(arguments.uuid) {
            Some(Whose::Caller) => self.left = Some(Left::Transferred(to.to_owned())),
            Some(Whose::Dialled(index)) => self.release_leg(index, "NORMAL_CLEARING"),
            None => return NO_CHANNEL.to_owned(),
        }
        OK.to_owned()
    }

    fn api_broadcast(&mut self, arguments: &Arguments<'_>) -> String {
        let path = arguments.rest.split_ascii_whitespace().next().unwrap_or_default();
        if path.is_empty() {
            return "-USAGE: <uuid> <path> [aleg|bleg|both]\n".to_owned();
        }
        let legs = arguments.rest.split_ascii_whitespace().nth(1).unwrap_or("aleg");
        match self.find(arguments.uuid) {
            Some(Whose::Caller) if legs != "bleg" => {
                let (application, argument) = path.split_once("::").unwrap_or(("playback", path));
                self.enqueue(Message::execute(application, argument));
            }
            Some(_) => {}
            None => return "-ERR invalid uuid\n".to_owned(),
        }
        "+OK Message sent\n".to_owned()
    }

    fn api_record(&mut self, arguments: &Arguments<'_>) -> String {
        let (action, rest) = arguments.rest.split_once(' ').unwrap_or((arguments.rest, ""));
        let path = rest.split_ascii_whitespace().next().unwrap_or_default();
        if self.find(arguments.uuid).is_none() {
            return NO_SESSION.to_owned();
        }
        let (done, tried) = match action {
            _ if path.is_empty() => (false, "usage"),
            "start" => (self.start_session_recording(rest), "record"),
            "stop" => (self.stop_session_recordings(path), "stop record"),
            "mask" => (self.records_session(path), "mask recording"),
            "unmask" => (self.records_session(path), "unmask recording"),
            _ => (false, "usage"),
        };
        match (done, tried) {
            (true, _) => "+OK Success\n".to_owned(),
            (false, "usage") => {
                let usage = "<uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]";
                format!("-USAGE: {usage}\n")
            }
            (false, tried) => format!("-ERR Cannot {tried} session!\n"),
        }
    }

    fn api_dtmf(&mut self, command: &str, arguments: &Arguments<'_>) -> String {
        let keys = arguments.rest.split('@').next().unwrap_or_default().trim();
        let Some(whose) = self.find(arguments.uuid) else {
            let flush = command == "uuid_flush_dtmf";
            return if flush { NO_CHANNEL } else { NO_SESSION }.to_owned();
        };
        match (command, whose) {
            ("uuid_flush_dtmf", _) => {
                self.digits.clear();
                return OK.to_owned();
            }
            ("uuid_recv_dtmf", Whose::Caller) => {
                keys.chars().for_each(|key| self.key_pressed(key, "APP"));
            }
            ("uuid_send_dtmf", Whose::Caller) => self.observe(Seen::KeysSent(keys.to_owned())),
            ("uuid_send_dtmf", Whose::Dialled(index)) => {
                let to = self.legs[index].to.clone();
                self.observe(Seen::LegKeysSent { to, keys: keys.to_owned() });
            }
            _ => {}
        }
        let verb = if command == "uuid_recv_dtmf" { "received" } else { "sent" };
        format!("+OK {} {verb} DTMF {}.\n", arguments.uuid, arguments.rest.trim())
    }

    fn api_answer(&mut self, command: &str, arguments: &Arguments<'_>) -> String {
        match self.find(arguments.uuid) {
            Some(Whose::Caller) => match command {
                "uuid_answer" => self.answer_call(),
                "uuid_pre_answer" => self.pre_answer(),
                _ => self.ring_ready(),
            },
            Some(Whose::Dialled(_)) => {}
            None if command == "uuid_answer" => return "-ERROR\n".to_owned(),
            None => return NO_CHANNEL.to_owned(),
        }
        OK.to_owned()
    }

    /// Ends a leg on the server's order.
    pub(super) fn release_leg(&mut self, index: usize, cause: &str) {
        self.end_leg(index, cause, super::dialled::LegEnd::Released);
        self.complete_leg(index);
        self.legs_changed = true;
    }

    /// Hangs the channel up because an application cannot be run.
    pub(super) fn out_of_order(&mut self) {
        self.hang_up("DESTINATION_OUT_OF_ORDER", Party::Switch, None);
    }
}

/// `uuid_setvar` turns `\n`, `\t`, … into what they mean.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next() } else { None };
        match escaped {
            None => out.push(character),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('s') => out.push(' '),
            Some(other) => out.extend([character, other]),
        }
    }
    out
}

fn status() -> String {
    "UP 0 years, 0 days, 1 hour, 0 minutes, 0 seconds, 0 milliseconds, 0 microseconds\n\
     FreeSWITCH (Version 1.10.12-release  64bit) is ready\n\
     1 session(s) since startup\n1 session(s) - peak 1, last 5min 1 \n\
     0 session(s) per Sec out of max 30, peak 1, last 5min 1 \n1000 session(s) max\n\
     min idle cpu 0.00/99.00\n"
        .to_owned()
}
