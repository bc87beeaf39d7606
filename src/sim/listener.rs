//! The socket thread: the server's commands and their exact replies
//! (`reference/freeswitch.md` 2.4).

use super::{
    channel::{Channel, Left, Linger},
    command::Command,
    message::Message,
    observe::Seen,
};
use std::time::Duration;

/// How long the switch waits for the first command.
pub(super) const FIRST_COMMAND: Duration = Duration::from_millis(24_400);

/// The longest `Reply-Text`, bytes.
const REPLY_TEXT: usize = 511;

const NOT_FOUND: &str = "-ERR command not found";
const NO_KEYWORDS: &str = "-ERR no keywords supplied";

impl Channel {
    /// Carries out one command and queues its reply.
    pub(super) fn command(&mut self, command: Command) {
        self.listener.commands += 1;
        if command.begins("connect") {
            let reply = format!("{}\n", self.connect_event().plain_headers());
            self.wire.reply(reply.as_bytes());
        } else if command.begins("exit") || command.begins("...") {
            self.answer("+OK bye");
            self.disconnect();
        } else if command.begins("sendmsg") {
            self.send_message(&command);
        } else if let Some(text) = self.plain_command(&command) {
            self.answer(&text);
        }
    }

    /// The server's side is gone.
    pub(super) fn connection_lost(&mut self) {
        self.listener.closed = true;
        self.wire.drop_connection();
        let resume = self.listener.resume || self.leg.variables.is_true("socket_resume");
        if resume && self.ended.is_none() && self.left.is_none() {
            self.left = Some(Left::Resumed);
        }
    }

    /// Says goodbye and closes from the switch's side.
    pub(super) fn disconnect(&mut self) {
        let uuid = &self.leg.uuid;
        let text = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";
        let notice = format!(
            "Content-Type: text/disconnect-notice\nControlled-Session-UUID: {uuid}\n\
             Content-Disposition: disconnect\nContent-Length: {}\n\n{text}",
            text.len()
        );
        self.wire.notice(notice.into_bytes());
        self.wire.close_when_sent();
    }

    /// Queues a `command/reply`. The first command's is dropped unless it was `connect`.
    pub(super) fn answer(&mut self, text: &str) {
        self.answer_with(text, "");
    }

    fn answer_with(&mut self, text: &str, more: &str) {
        if self.listener.commands == 1 {
            return;
        }
        let reply = format!("Content-Type: command/reply\nReply-Text: {text}\n{more}\n");
        self.wire.reply(reply.as_bytes());
    }

    /// Commands that are answered with one line; `None` if the reply is already on its way.
    fn plain_command(&mut self, command: &Command) -> Option<String> {
        let rest = command.rest().trim_start();
        let uuid = self.leg.uuid.clone();
        let text = if command.begins("getvar") {
            self.get_variable(rest)
        } else if command.begins("myevents") {
            let fresh = self.subscription.my_events(rest.trim(), &uuid);
            if fresh { "+OK Events Enabled" } else { "-ERR aready enabled." }.to_owned()
        } else if command.begins("filter") {
            self.filter(command.rest())
        } else if command.begins("divert_events") {
            match rest.trim() {
                "on" => "+OK events diverted",
                "off" => "+OK events not diverted",
                _ => "-ERR missing value.",
            }
            .to_owned()
        } else if command.begins("resume") {
            self.listener.resume = true;
            self.leg.variables.set("socket_resume", "true");
            "+OK".to_owned()
        } else if self.options.mode.full {
            return self.full_command(command);
        } else {
            NOT_FOUND.to_owned()
        };
        Some(text)
    }

    /// Commands that need `full`.
    fn full_command(&mut self, command: &Command) -> Option<String> {
        let rest = command.rest().trim_start();
        let text = if command.begins("api ") && !rest.is_empty() {
            let result = self.api(rest);
            let length = result.len();
            let reply = format!("Content-Type: api/response\nContent-Length: {length}\n\n{result}");
            if self.listener.commands > 1 {
                self.wire.reply(reply.as_bytes());
            }
            return None;
        } else if command.begins("bgapi ") && !rest.is_empty() {
            self.background_api(rest, command.header("job-uuid"));
            return None;
        } else if command.begins("linger") {
            self.linger_for(rest)
        } else if command.begins("nolinger") {
            self.listener.linger = None;
            "+OK will not linger".to_owned()
        } else if command.begins("noevents") {
            let listening = self.subscription.clear();
            self.wire.forget_events();
            let (ok, err) = ("+OK no longer listening for events", "-ERR not listening for events");
            if listening { ok } else { err }.to_owned()
        } else if command.begins("nixevent") {
            let any = self.subscription.remove(rest);
            if any { "+OK events nixed" } else { NO_KEYWORDS }.to_owned()
        } else if command.begins("event") {
            let any = self.subscription.add(rest);
            let format = self.subscription.format.name();
            if any {
                format!("+OK event listener enabled {format}")
            } else {
                NO_KEYWORDS.to_owned()
            }
        } else if command.begins("sendevent") {
            format!("+OK {}", self.chance.uuid())
        } else if command.begins("nolog") {
            "-ERR not loging".to_owned()
        } else if command.begins("log") {
            log_level(rest.trim())
        } else {
            NOT_FOUND.to_owned()
        };
        Some(text)
    }

    fn get_variable(&self, name: &str) -> String {
        let value = self.leg.variable(name.trim()).filter(|value| !value.is_empty());
        let mut text = value.unwrap_or_else(|| NOT_FOUND.to_owned());
        let mut length = REPLY_TEXT.min(text.len());
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        text.truncate(length);
        text
    }

    fn filter(&mut self, rest: &str) -> String {
        let (first, value) = rest.split_once(' ').unwrap_or((rest, ""));
        if first.eq_ignore_ascii_case("delete") {
            let (header, value) = value.split_once(' ').unwrap_or((value, ""));
            self.subscription.filter_delete(header, value);
            return format!("+OK filter deleted. [{header}][{value}]");
        }
        if self.subscription.filter(first, value) {
            format!("+OK filter added. [{first}]=[{value}]")
        } else {
            "-ERR invalid syntax".to_owned()
        }
    }

    fn linger_for(&mut self, rest: &str) -> String {
        let rest = rest.trim();
        if rest.is_empty() || rest == "-1" {
            self.listener.linger = Some(Linger::ForEver);
            return "+OK will linger".to_owned();
        }
        let seconds = rest.parse().unwrap_or(0);
        self.listener.linger = Some(Linger::Seconds(seconds));
        format!("+OK will linger {seconds} seconds")
    }

    fn background_api(&mut self, rest: &str, wanted: Option<&str>) {
        let id = wanted.map_or_else(|| self.chance.uuid(), str::to_owned);
        self.answer_with(&format!("+OK Job-UUID: {id}"), &format!("Job-UUID: {id}\n"));
        let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
        let result = self.api(rest);
        self.fire_job(&id, command, argument, result);
    }

    fn send_message(&mut self, command: &Command) {
        let target = command.rest().trim();
        if !target.is_empty() && target != self.leg.uuid {
            self.send_message_to(target, command);
            return;
        }
        let message = Message::read(command);
        let queued = self.options.mode.asynchronous
            || command.header("async").is_some_and(super::variables::is_true);
        if self.ended.is_none() && !queued {
            // Answered when it has run; nothing is read until then.
            self.listener.inline = Some(message);
            self.listener.busy = true;
        } else if self.enqueue(message) {
            self.answer("+OK");
        } else {
            self.observe(Seen::Fault("queue is full: connection closed".to_owned()));
            self.disconnect();
        }
    }

    /// A message to another channel: of a dialled leg only a hangup has an effect.
    fn send_message_to(&mut self, target: &str, command: &Command) {
        let Some(index) = self.dialled_with(target) else {
            self.answer(&format!("-ERR invalid session id [{target}]"));
            return;
        };
        let hangup =
            command.header("call-command").is_some_and(|c| c.eq_ignore_ascii_case("hangup"));
        if hangup {
            let cause = super::causes::named(command.header("hangup-cause").unwrap_or_default());
            self.release_leg(index, cause);
        }
        self.answer("+OK");
    }
}

fn log_level(level: &str) -> String {
    const LEVELS: [&str; 8] =
        ["console", "alert", "crit", "err", "warning", "notice", "info", "debug"];
    let wanted = if level.is_empty() { "debug" } else { level };
    match LEVELS.iter().position(|name| name.eq_ignore_ascii_case(wanted)) {
        Some(number) => format!("+OK log level {} [{number}]", LEVELS[number]),
        None => "-ERR invalid log level".to_owned(),
    }
}
