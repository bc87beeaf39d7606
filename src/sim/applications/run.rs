//! Running one application: its events, its argument's expansion, and which name does what.

use crate::sim::{
    channel::{Channel, Left, Passed, Wait},
    clock::next_frame,
    message::Execution,
    observe::{Party, Seen},
    variables::expand,
};
use std::time::Duration;

/// What the switch does with an application besides running it.
#[derive(Clone, Copy, Debug)]
struct Traits {
    /// `uuid_break` ends it.
    breakable: bool,
    /// It needs audio, so an unanswered call is pre-answered first.
    media: bool,
}

const PLAIN: Traits = Traits { breakable: false, media: false };
const WAITS: Traits = Traits { breakable: true, media: false };
const SOUNDS: Traits = Traits { breakable: true, media: true };

/// The applications by name. Any other hangs up the call.
const APPLICATIONS: [(&str, Traits); 48] = [
    ("answer", PLAIN),
    ("pre_answer", PLAIN),
    ("ring_ready", PLAIN),
    ("respond", PLAIN),
    ("redirect", PLAIN),
    ("deflect", PLAIN),
    ("echo", SOUNDS),
    ("hangup", PLAIN),
    ("playback", SOUNDS),
    ("loop_playback", SOUNDS),
    ("endless_playback", SOUNDS),
    ("speak", SOUNDS),
    ("say", SOUNDS),
    ("record", SOUNDS),
    ("read", SOUNDS),
    ("play_and_get_digits", SOUNDS),
    ("detect_speech", PLAIN),
    ("wait_for_silence", Traits { breakable: false, media: true }),
    ("detect_audio", Traits { breakable: false, media: true }),
    ("detect_silence", Traits { breakable: false, media: true }),
    ("sleep", WAITS),
    ("bridge", PLAIN),
    // Whether a break leaves it is a matter of the conference's flags.
    ("conference", SOUNDS),
    ("set", PLAIN),
    ("unset", PLAIN),
    ("multiset", PLAIN),
    ("multiunset", PLAIN),
    ("export", PLAIN),
    ("bridge_export", PLAIN),
    ("transfer", PLAIN),
    ("sched_hangup", PLAIN),
    ("park", PLAIN),
    ("break", PLAIN),
    ("flush_dtmf", PLAIN),
    ("send_dtmf", PLAIN),
    ("queue_dtmf", PLAIN),
    ("start_dtmf", PLAIN),
    ("stop_dtmf", PLAIN),
    ("record_session", PLAIN),
    ("stop_record_session", PLAIN),
    ("log", PLAIN),
    ("info", PLAIN),
    ("event", PLAIN),
    ("verbose_events", PLAIN),
    ("digit_action_set_realm", PLAIN),
    ("bind_digit_action", PLAIN),
    ("clear_digit_action", PLAIN),
    ("bind_meta_app", PLAIN),
];

impl Channel {
    /// Runs an application with its events; an unknown one hangs up without any.
    pub(in crate::sim) async fn execute(&mut self, mut execution: Execution) {
        execution.application = execution.application.trim().to_owned();
        let name = execution.application.to_ascii_lowercase();
        let Some((_, traits)) = APPLICATIONS.iter().find(|(known, _)| *known == name) else {
            self.out_of_order();
            return;
        };
        if !self.leg.variables.is_true("app_disable_expand_variables") {
            let leg = &self.leg;
            execution.argument = expand(&execution.argument, &|name| leg.variable(name));
        }
        if traits.media && !self.leg.is_answered() {
            self.pre_answer();
        }
        let uuid = execution.uuid.take().unwrap_or_else(|| self.chance.uuid());
        execution.uuid = Some(uuid);
        self.begin_application(&execution);
        self.running.push(traits.breakable);
        self.note_parked();
        self.run(&name, &execution.argument).await;
        self.running.pop();
        self.note_parked();
        if traits.media || name == "bridge" {
            self.session_reset();
        }
        let response = self.leg.variables.get("current_application_response");
        let response = response.unwrap_or("_none_").to_owned();
        self.fire_execute(&execution, Some(&response));
        if self.ended.is_none() {
            self.complete_legs();
        }
        if name == "bridge" {
            self.after_bridge();
        }
    }

    fn begin_application(&mut self, execution: &Execution) {
        let Execution { application, argument, .. } = execution;
        self.last_application = Some((application.clone(), argument.clone()));
        let variables = &mut self.leg.variables;
        variables.unset("current_application_response");
        variables.set("current_application", &**application);
        variables.set("current_application_data", &**argument);
        self.fire_execute(execution, None);
        self.leg.variables.set("current_application", &**application);
    }

    async fn run(&mut self, name: &str, argument: &str) {
        match name {
            "answer" => self.answer_call(),
            "pre_answer" => self.pre_answer(),
            "ring_ready" => self.ring_ready(),
            "respond" => self.respond(argument),
            "redirect" => self.redirect(argument),
            "deflect" => self.deflect(argument).await,
            "echo" => self.echo().await,
            "hangup" => self.hang_up_by_name(argument),
            "playback" => self.playback(argument).await,
            "loop_playback" => self.loop_playback(argument).await,
            "endless_playback" => self.endless_playback(argument).await,
            "speak" => self.speak(argument).await,
            "say" => self.say(argument).await,
            "detect_speech" => self.detect_speech(argument),
            "wait_for_silence" => self.wait_for_silence(argument).await,
            "detect_audio" => self.detect(true, argument).await,
            "detect_silence" => self.detect(false, argument).await,
            "sleep" => self.sleep(argument).await,
            "record" => self.record(argument).await,
            "play_and_get_digits" => self.play_and_get_digits(argument).await,
            "read" => self.read(argument).await,
            "bridge" => self.bridge(argument).await,
            "conference" => self.conference(argument).await,
            "transfer" => self.transfer(argument),
            "sched_hangup" => self.schedule_hangup(argument),
            "break" => self.break_running(false),
            "flush_dtmf" => self.digits.clear(),
            "send_dtmf" | "queue_dtmf" => self.send_keys(argument),
            "record_session" => {
                self.start_session_recording(argument);
            }
            "stop_record_session" => {
                self.stop_session_recordings(argument);
            }
            _ => self.set_variables(name, argument),
        }
    }

    async fn sleep(&mut self, argument: &str) {
        let length = Duration::from_millis(argument.trim().parse().unwrap_or(0));
        let mut until = self.clock.now() + length;
        let eats = self.leg.variables.is_true("sleep_eat_digits");
        loop {
            let mut wait = Wait::media(Some(until));
            wait.peek = !eats;
            match self.pass(wait).await {
                Passed::Due | Passed::Over | Passed::Broken => break,
                Passed::Digit(_) if !eats => break,
                Passed::Nested(took) => until += took,
                _ => {}
            }
        }
    }

    fn transfer(&mut self, argument: &str) {
        if let Some(to) = argument.split_ascii_whitespace().find(|word| !word.starts_with('-')) {
            self.left = Some(Left::Transferred(to.to_owned()));
        }
    }

    fn schedule_hangup(&mut self, argument: &str) {
        let mut words = argument.split_ascii_whitespace();
        let seconds = words.next().and_then(|word| word.trim_start_matches('+').parse().ok());
        let cause = words.next().map_or("ALLOTTED_TIMEOUT", crate::sim::causes::named);
        let at = self.clock.whole_seconds(self.clock.now(), seconds.unwrap_or(0));
        self.scheduled_hangups.push((at, cause.to_owned()));
    }

    fn send_keys(&mut self, argument: &str) {
        let keys = argument.split('@').next().unwrap_or_default();
        self.observe(Seen::KeysSent(keys.to_owned()));
    }

    /// What happens to the caller's leg when a bridge is over.
    fn after_bridge(&mut self) {
        if let Some((cause, code, by)) = self.after_bridge.take() {
            self.hang_up(&cause, by, code);
        }
    }

    /// Takes the next key for an application, with its event.
    pub(in crate::sim) fn take_digit(&mut self) -> Option<char> {
        let digit = self.digits.pop_front()?;
        self.digits_taken.push(digit.key);
        // One key in each frame.
        self.digits_due = self.digits_due.max(next_frame(self.clock.now()));
        self.fire_digit(crate::sim::events::Whose::Caller, digit);
        Some(digit.key)
    }

    /// Ends the call for a reason of the switch's own.
    pub(in crate::sim) fn refuse(&mut self, cause: &str, code: Option<u16>) {
        self.hang_up(cause, Party::Server, code);
    }
}
