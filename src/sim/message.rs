//! The channel's queue of messages, and how one is carried out (`reference/freeswitch.md` 2.6, 2.7).

use super::{channel::Channel, clock::next_frame, command::Command, forks::Unicast};
use std::{future::Future, pin::Pin, time::Duration};

/// Messages that a channel's queue holds; the next one closes the connection.
pub(super) const QUEUE: usize = 256;

/// A repeated application stops when a pass took less than this.
const SHORTEST_PASS: Duration = Duration::from_millis(500);

/// A `sendmsg` for the channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    call_command: String,
    application: String,
    argument: String,
    lock: bool,
    loops: i64,
    uuid: Option<String>,
    uuid_name: Option<String>,
    hangup_cause: Option<String>,
    unicast: Unicast,
    text: String,
}

/// An application about to run.
#[derive(Clone, Debug, Default)]
pub(super) struct Execution {
    pub(super) application: String,
    pub(super) argument: String,
    pub(super) uuid: Option<String>,
    pub(super) uuid_name: Option<String>,
}

impl Message {
    /// Reads the headers and the body of a `sendmsg`.
    pub(super) fn read(command: &Command) -> Self {
        let header = |name: &str| command.header(name).unwrap_or_default().to_owned();
        let typed =
            command.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
        let mut argument = header("execute-app-arg");
        if argument.is_empty() && typed {
            argument.clone_from(&command.body);
        }
        let loops = command.header("loops").map_or(1, |n| n.trim().parse().unwrap_or(0));
        Self {
            call_command: header("call-command"),
            application: header("execute-app-name"),
            argument,
            lock: command.header("event-lock").is_some_and(super::variables::is_true),
            loops,
            uuid: command.header("event-uuid").map(str::to_owned),
            uuid_name: command.header("event-uuid-name").map(str::to_owned),
            hangup_cause: command.header("hangup-cause").map(str::to_owned),
            unicast: Unicast::read(command),
            text: command.text(),
        }
    }

    /// An execute that the switch itself queues (`uuid_broadcast`).
    pub(super) fn execute(application: &str, argument: &str) -> Self {
        Self {
            call_command: "execute".to_owned(),
            application: application.to_owned(),
            argument: argument.to_owned(),
            loops: 1,
            ..Self::default()
        }
    }
}

impl Channel {
    /// Queues a message; `false` if the queue is full.
    pub(super) fn enqueue(&mut self, message: Message) -> bool {
        let room = self.queue.len() < QUEUE;
        if room && self.ended.is_none() {
            self.queue.push_back((next_frame(self.clock.now()), message));
        }
        room
    }

    /// Carries a message out. Boxed, because applications handle messages while they run.
    pub(super) fn handle(
        &mut self,
        message: Message,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let outer = self.locked;
            self.locked = outer || message.lock;
            self.private_command(&message.text);
            match message.call_command.to_ascii_lowercase().as_str() {
                "execute" => self.repeat(&message).await,
                "hangup" => {
                    let cause = message.hangup_cause.as_deref().unwrap_or_default();
                    self.hang_up_by_name(cause);
                }
                "unicast" => self.unicast(&message.unicast),
                _ => {}
            }
            self.locked = outer;
        })
    }

    async fn repeat(&mut self, message: &Message) {
        let mut pass = 0;
        self.was_broken = false;
        while message.loops < 0 || pass < message.loops {
            pass += 1;
            let began = self.clock.now();
            self.leg.variables.set("current_loop", pass.to_string());
            self.leg.variables.set("total_loops", message.loops.to_string());
            let execution = Execution {
                application: message.application.clone(),
                argument: message.argument.clone(),
                uuid: message.uuid.clone(),
                uuid_name: message.uuid_name.clone(),
            };
            self.execute(execution).await;
            let over = self.ended.is_some() || self.left.is_some() || self.was_broken;
            if over || self.clock.now().saturating_sub(began) < SHORTEST_PASS {
                break;
            }
        }
        self.was_broken = false;
        self.leg.variables.unset("current_loop");
        self.leg.variables.unset("total_loops");
    }
}
