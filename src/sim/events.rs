//! The events of the simulated switch: who fires them, with which headers.

use super::{
    channel::{Channel, Digit},
    clock::{gmt, stamp},
    encoding::Event,
    leg::Leg,
    message::Execution,
};

/// Where in the switch's source an event comes from: file, function, line.
type Source = (&'static str, &'static str, &'static str);

const EXECUTE: Source = ("switch_core_session.c", "switch_core_session_exec", "2944");
const EXECUTE_COMPLETE: Source = ("switch_core_session.c", "switch_core_session_exec", "2967");
const STATE: Source = ("switch_channel.c", "switch_channel_perform_set_running_state", "2408");
const CALL_STATE: Source = ("switch_channel.c", "switch_channel_perform_set_callstate", "298");
const DTMF: Source = ("switch_channel.c", "switch_channel_dequeue_dtmf", "677");
const SPEECH: Source = ("switch_ivr_async.c", "speech_thread", "5070");
const JOB: Source = ("mod_event_socket.c", "api_exec", "1572");
const CONFERENCE: Source = ("conference_member.c", "conference_member_add", "962");
const DUMP: Source = ("mod_commands.c", "uuid_dump_function", "6468");
const CONNECT: Source = ("mod_event_socket.c", "parse_command", "2021");
const PRIVATE: Source =
    ("switch_core_session.c", "switch_core_session_queue_private_event", "1216");

/// Events that carry the channel's variables, with their sources.
const FULL: [(&str, Source); 15] = [
    ("CHANNEL_ANSWER", ("switch_channel.c", "switch_channel_perform_mark_answered", "3846")),
    (
        "CHANNEL_PROGRESS",
        ("switch_channel.c", "switch_channel_perform_mark_ring_ready_value", "3505"),
    ),
    (
        "CHANNEL_PROGRESS_MEDIA",
        ("switch_channel.c", "switch_channel_perform_mark_pre_answered", "3560"),
    ),
    ("CHANNEL_HANGUP", ("switch_channel.c", "switch_channel_perform_hangup", "3445")),
    (
        "CHANNEL_HANGUP_COMPLETE",
        ("switch_core_state_machine.c", "switch_core_session_reporting_state", "943"),
    ),
    ("CHANNEL_PARK", ("switch_ivr.c", "switch_ivr_park", "1002")),
    ("CHANNEL_UNPARK", ("switch_ivr.c", "switch_ivr_park", "1213")),
    ("CHANNEL_ORIGINATE", ("switch_core_state_machine.c", "switch_core_session_run", "632")),
    ("CHANNEL_BRIDGE", ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", "1689")),
    ("CHANNEL_UNBRIDGE", ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", "1879")),
    ("PLAYBACK_START", ("switch_ivr_play_say.c", "switch_ivr_play_file", "1646")),
    ("PLAYBACK_STOP", ("switch_ivr_play_say.c", "switch_ivr_play_file", "2020")),
    ("RECORD_START", ("switch_ivr_play_say.c", "switch_ivr_record_file_event", "767")),
    ("RECORD_STOP", ("switch_ivr_play_say.c", "switch_ivr_record_file_event", "1030")),
    ("CHANNEL_CREATE", ("switch_core_state_machine.c", "switch_core_session_run", "626")),
];

/// Which leg an event is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    Caller,
    Dialled(usize),
}

impl Channel {
    /// Fires an event with the leg's headers and variables; `extra` headers come at the end.
    pub(super) fn fire(&mut self, name: &'static str, whose: Whose, extra: &[(&str, &str)]) {
        let source = FULL.iter().find(|(full, _)| *full == name).map_or(("", "", ""), |f| f.1);
        let Some(mut event) = self.begin(name, source) else { return };
        if name == "CHANNEL_HANGUP_COMPLETE" {
            let cause = self.leg_of(whose).cause.clone().unwrap_or_default();
            event.push("Hangup-Cause", cause);
        }
        self.finish_event(event, whose, true, extra);
    }

    /// `CHANNEL_BRIDGE` or `CHANNEL_UNBRIDGE` of the caller's leg.
    pub(super) fn fire_bridge(&mut self, name: &'static str, b: &str) {
        let source = FULL.iter().find(|(full, _)| *full == name).map_or(("", "", ""), |f| f.1);
        let Some(mut event) = self.begin(name, source) else { return };
        event.push("Bridge-A-Unique-ID", &*self.leg.uuid);
        event.push("Bridge-B-Unique-ID", b);
        self.finish_event(event, Whose::Caller, true, &[]);
    }

    /// `CHANNEL_STATE` of the caller's leg.
    pub(super) fn fire_state(&mut self) {
        if let Some(event) = self.begin("CHANNEL_STATE", STATE) {
            self.finish_event(event, Whose::Caller, false, &[]);
        }
    }

    /// Changes a leg's call state, with its `CHANNEL_CALLSTATE`.
    pub(super) fn set_call_state(&mut self, whose: Whose, state: &'static str) {
        let leg = self.leg_of_mut(whose);
        let before = std::mem::replace(&mut leg.call_state, state);
        if let Some(mut event) = self.begin("CHANNEL_CALLSTATE", CALL_STATE) {
            event.push("Original-Channel-Call-State", before);
            event.push("Channel-Call-State-Number", "0");
            self.finish_event(event, whose, false, &[]);
        }
    }

    /// `CHANNEL_EXECUTE`, or with a response `CHANNEL_EXECUTE_COMPLETE`.
    pub(super) fn fire_execute(&mut self, execution: &Execution, response: Option<&str>) {
        let (name, source) = match response {
            None => ("CHANNEL_EXECUTE", EXECUTE),
            Some(_) => ("CHANNEL_EXECUTE_COMPLETE", EXECUTE_COMPLETE),
        };
        let Some(event) = self.begin(name, source) else { return };
        let mut extra = vec![("Application", execution.application.as_str())];
        if !execution.argument.is_empty() {
            extra.push(("Application-Data", &execution.argument));
        }
        if let Some(response) = response {
            extra.push(("Application-Response", response));
        }
        extra.push(("Application-UUID", execution.uuid.as_deref().unwrap_or_default()));
        if let Some(name) = &execution.uuid_name {
            extra.push(("Application-UUID-Name", name));
        }
        self.finish_event(event, Whose::Caller, true, &extra);
    }

    /// `DTMF` of a leg, at the moment at which the digit is taken.
    pub(super) fn fire_digit(&mut self, whose: Whose, digit: Digit) {
        if let Some(event) = self.begin("DTMF", DTMF) {
            let key = digit.key.to_string();
            let extra = [
                ("DTMF-Digit", key.as_str()),
                ("DTMF-Duration", "1280"),
                ("DTMF-Source", digit.source),
            ];
            self.finish_event(event, whose, false, &extra);
        }
    }

    /// `DETECTED_SPEECH` of the caller's leg.
    pub(super) fn fire_speech(&mut self, kind: &str, body: Option<String>) {
        if let Some(mut event) = self.begin("DETECTED_SPEECH", SPEECH) {
            event.push("Speech-Type", kind);
            event.body = body;
            self.finish_event(event, Whose::Caller, true, &[]);
        }
    }

    /// `PRIVATE_COMMAND` for a message that is being carried out.
    pub(super) fn private_command(&mut self, text: &str) {
        if let Some(event) = self.begin("PRIVATE_COMMAND", PRIVATE) {
            self.finish_event(event, Whose::Caller, false, &[("Command", text)]);
        }
    }

    /// `BACKGROUND_JOB` with the result of a `bgapi`.
    pub(super) fn fire_job(&mut self, id: &str, command: &str, argument: &str, result: String) {
        if let Some(mut event) = self.begin("BACKGROUND_JOB", JOB) {
            event.push("Job-UUID", id);
            event.push("Job-Owner-UUID", &*self.leg.uuid);
            event.push("Job-Command", command);
            event.push("Job-Command-Arg", argument);
            event.body = Some(result);
            self.send(&event);
        }
    }

    /// A `CUSTOM` event that the switch as a whole fires, from its own part of the headers.
    pub(super) fn fire_custom(&mut self, subclass: &str, own: &Event) {
        if !self.wire.is_open() || !self.subscription.names("CUSTOM") {
            self.sequence += 1;
            return;
        }
        let mut event = Event::new();
        event.push("Event-Subclass", subclass);
        let common = self.header("CUSTOM", CONFERENCE);
        event.append(&common);
        event.append(own);
        self.send(&event);
    }

    /// The channel as the reply to `connect` shows it.
    pub(super) fn connect_event(&mut self) -> Event {
        let mut event = self.header("CHANNEL_DATA", CONNECT);
        self.leg.profile.describe("Channel", true, &mut event);
        self.leg.describe(&mut event);
        self.leg.describe_variables(&mut event);
        let mode = self.options.mode;
        event.push("Content-Type", "command/reply");
        event.push("Reply-Text", "+OK\n");
        event.push("Socket-Mode", if mode.asynchronous { "async" } else { "static" });
        event.push("Control", if mode.full { "full" } else { "single-channel" });
        event
    }

    /// A channel as `uuid_dump` shows it.
    pub(super) fn dump(&mut self, whose: Whose) -> Event {
        let mut event = self.header("CHANNEL_DATA", DUMP);
        let leg = self.leg_of(whose);
        leg.describe(&mut event);
        leg.describe_variables(&mut event);
        event
    }

    pub(super) fn leg_of(&self, whose: Whose) -> &Leg {
        match whose {
            Whose::Caller => &self.leg,
            Whose::Dialled(index) => self.legs.get(index).map_or(&self.leg, |dialled| &dialled.leg),
        }
    }

    pub(super) fn leg_of_mut(&mut self, whose: Whose) -> &mut Leg {
        match whose {
            Whose::Dialled(index) if index < self.legs.len() => &mut self.legs[index].leg,
            _ => &mut self.leg,
        }
    }

    /// Begins an event if anybody may want it. The switch counts it in any case.
    fn begin(&mut self, name: &'static str, source: Source) -> Option<Event> {
        if self.wire.is_open() && self.subscription.names(name) {
            return Some(self.header(name, source));
        }
        self.sequence += 1;
        None
    }

    fn header(&mut self, name: &str, (file, function, line): Source) -> Event {
        self.sequence += 1;
        let micros = self.clock.micros(self.clock.now());
        let mut event = Event::new();
        event.push("Event-Name", name);
        event.push("Core-UUID", &*self.core_uuid);
        event.push("FreeSWITCH-Hostname", "switch1");
        event.push("FreeSWITCH-Switchname", "switch1");
        event.push("FreeSWITCH-IPv4", "192.0.2.10");
        event.push("FreeSWITCH-IPv6", "2001:db8::10");
        event.push("Event-Date-Local", stamp(micros));
        event.push("Event-Date-GMT", gmt(micros));
        event.push("Event-Date-Timestamp", micros.to_string());
        event.push("Event-Calling-File", file);
        event.push("Event-Calling-Function", function);
        event.push("Event-Calling-Line-Number", line);
        event.push("Event-Sequence", self.sequence.to_string());
        event
    }

    fn finish_event(
        &mut self,
        mut event: Event,
        whose: Whose,
        variables: bool,
        extra: &[(&str, &str)],
    ) {
        let leg = self.leg_of(whose);
        leg.describe(&mut event);
        if variables {
            leg.describe_variables(&mut event);
        }
        for (name, value) in extra {
            event.push(name, value);
        }
        self.send(&event);
    }

    /// Sends an event if it is subscribed to and passes the filters.
    pub(super) fn send(&mut self, event: &Event) {
        if !self.subscription.wants(event) || !self.tail_allows() {
            return;
        }
        self.listener.events += 1;
        self.share_event(event);
        let from = self.clock.now() + self.chance.delay();
        let completes = event.get("Event-Name") == Some("CHANNEL_EXECUTE_COMPLETE");
        self.wire.event(from, event.framed(self.subscription.format), completes);
    }
}
