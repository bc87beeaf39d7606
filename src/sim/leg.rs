//! One channel as events show it: its names, states, times and variables, in the header order of
//! the recordings (`fixtures/esl/`).

use super::{encoding::Event, variables::Variables};

/// A channel: the caller's or a dialled one.
#[derive(Clone, Debug, Default)]
pub(super) struct Leg {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) profile: Profile,
    pub(super) outbound: bool,
    /// The state that runs, and the number of the one that is next.
    pub(super) state: &'static str,
    pub(super) state_number: u8,
    pub(super) call_state: &'static str,
    pub(super) answer_state: &'static str,
    pub(super) call_uuid: String,
    pub(super) cause: Option<String>,
    pub(super) codec: Option<Codec>,
    pub(super) other: Option<Box<OtherLeg>>,
    pub(super) variables: Variables,
    /// Whether audio ever flowed: only then the end shows RTP counters.
    pub(super) media: bool,
}

/// What the read side of a channel is decoded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Pcmu,
    /// While recording.
    L16,
}

/// The caller profile of a channel, with its moments in microseconds since 1970 (0: never).
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    pub(super) logical_direction: &'static str,
    pub(super) direction: &'static str,
    pub(super) username: String,
    pub(super) caller_name: String,
    pub(super) caller_number: String,
    pub(super) original_name: String,
    pub(super) original_number: String,
    pub(super) callee: Option<(String, String)>,
    pub(super) address: String,
    pub(super) ani: String,
    pub(super) destination: String,
    pub(super) unique_id: String,
    pub(super) context: String,
    pub(super) channel_name: String,
    pub(super) profile_created: u64,
    pub(super) created: u64,
    pub(super) answered: u64,
    pub(super) progress: u64,
    pub(super) progress_media: u64,
    pub(super) hangup: u64,
    pub(super) transfer: u64,
    pub(super) bridged: u64,
}

/// The far leg as this one knows it.
#[derive(Clone, Debug)]
pub(super) struct OtherLeg {
    /// `originator` or `originatee`.
    pub(super) kind: &'static str,
    pub(super) profile: Profile,
}

impl Leg {
    /// Adds the channel's headers (without the variables) to an event.
    pub(super) fn describe(&self, event: &mut Event) {
        self.describe_state(event);
        self.profile.describe("Caller", true, event);
        if let Some(other) = &self.other {
            event.push("Other-Type", other.kind);
            other.profile.describe("Other-Leg", false, event);
        }
    }

    /// Adds the channel's state, without profiles.
    pub(super) fn describe_state(&self, event: &mut Event) {
        let direction = if self.outbound { "outbound" } else { "inbound" };
        event.push("Channel-State", self.state);
        event.push("Channel-Call-State", self.call_state);
        event.push("Channel-State-Number", self.state_number.to_string());
        event.push("Channel-Name", &*self.name);
        event.push("Unique-ID", &*self.uuid);
        event.push("Call-Direction", direction);
        event.push("Presence-Call-Direction", direction);
        event.push("Channel-HIT-Dialplan", (!self.outbound).to_string());
        event.push("Channel-Call-UUID", &*self.call_uuid);
        event.push("Answer-State", self.answer_state);
        if let Some(cause) = &self.cause {
            event.push("Hangup-Cause", &**cause);
        }
        if let Some(codec) = self.codec {
            let (read, bits) = match codec {
                Codec::Pcmu => ("PCMU", "64000"),
                Codec::L16 => ("L16", "128000"),
            };
            event.push("Channel-Read-Codec-Name", read);
            event.push("Channel-Read-Codec-Rate", "8000");
            event.push("Channel-Read-Codec-Bit-Rate", bits);
            event.push("Channel-Write-Codec-Name", "PCMU");
            event.push("Channel-Write-Codec-Rate", "8000");
            event.push("Channel-Write-Codec-Bit-Rate", "64000");
        }
    }

    /// Adds the channel variables.
    pub(super) fn describe_variables(&self, event: &mut Event) {
        for (name, value) in self.variables.iter() {
            event.push_joined("variable_", name, value);
        }
    }

    /// A channel variable, or the caller profile's field of that name.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let profile = &self.profile;
        let field = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.variables.get(name).map(str::to_owned).or_else(|| {
            match name.to_ascii_lowercase().as_str() {
                "caller_id_name" => field(&profile.caller_name),
                "caller_id_number" => field(&profile.caller_number),
                "callee_id_name" => field(&profile.callee.as_ref()?.0),
                "callee_id_number" => field(&profile.callee.as_ref()?.1),
                "destination_number" => field(&profile.destination),
                "username" => field(&profile.username),
                "network_addr" => field(&profile.address),
                "ani" => field(&profile.ani),
                "context" => field(&profile.context),
                "channel_name" | "chan_name" => field(&profile.channel_name),
                "uuid" | "unique_id" => field(&profile.unique_id),
                "source" => field("mod_sofia"),
                "dialplan" => field("XML"),
                _ => None,
            }
        })
    }

    /// Whether the leg was ever answered.
    pub(super) fn is_answered(&self) -> bool {
        self.profile.answered != 0
    }
}

impl Profile {
    /// Adds the profile under a prefix; `indexed` for the channel's own.
    pub(super) fn describe(&self, prefix: &str, indexed: bool, event: &mut Event) {
        let prefix = format!("{prefix}-");
        let mut push = |name: &str, value: &str| event.push_joined(&prefix, name, value);
        push("Direction", self.direction);
        push("Logical-Direction", self.logical_direction);
        push("Username", &self.username);
        push("Dialplan", "XML");
        push("Caller-ID-Name", &self.caller_name);
        push("Caller-ID-Number", &self.caller_number);
        push("Orig-Caller-ID-Name", &self.original_name);
        push("Orig-Caller-ID-Number", &self.original_number);
        if let Some((name, number)) = &self.callee {
            push("Callee-ID-Name", name);
            push("Callee-ID-Number", number);
        }
        push("Network-Addr", &self.address);
        push("ANI", &self.ani);
        push("Destination-Number", &self.destination);
        push("Unique-ID", &self.unique_id);
        push("Source", "mod_sofia");
        push("Context", &self.context);
        push("Channel-Name", &self.channel_name);
        if indexed {
            push("Profile-Index", "1");
        }
        push("Profile-Created-Time", &self.profile_created.to_string());
        push("Channel-Created-Time", &self.created.to_string());
        push("Channel-Answered-Time", &self.answered.to_string());
        push("Channel-Progress-Time", &self.progress.to_string());
        push("Channel-Progress-Media-Time", &self.progress_media.to_string());
        push("Channel-Hangup-Time", &self.hangup.to_string());
        push("Channel-Transfer-Time", &self.transfer.to_string());
        push("Channel-Resurrect-Time", "0");
        push("Channel-Bridged-Time", &self.bridged.to_string());
        push("Channel-Last-Hold", "0");
        push("Channel-Hold-Accum", "0");
        push("Screen-Bit", "true");
        push("Privacy-Hide-Name", "false");
        push("Privacy-Hide-Number", "false");
    }

    /// The profile as the far leg sees it: its own moments are not known there.
    pub(super) fn without_moments(&self) -> Self {
        Self {
            profile_created: 0,
            created: 0,
            answered: 0,
            progress: 0,
            progress_media: 0,
            hangup: 0,
            transfer: 0,
            bridged: 0,
            ..self.clone()
        }
    }
}
