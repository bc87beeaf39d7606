//! Hangup causes: FreeSWITCH's names, and the SIP code a caller sees for each.

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// Why a channel ended, by FreeSWITCH's name (`NORMAL_CLEARING`, `USER_BUSY`, …).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HangupCause(Cow<'static, str>);

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        impl HangupCause {
            $($(#[$doc])* pub const $name: Self = Self(Cow::Borrowed(stringify!($name)));)*
        }
    };
}

causes! {
    /// The ordinary end of a call.
    NORMAL_CLEARING,
    /// The called party is busy (SIP 486).
    USER_BUSY,
    /// Our own ring timeout passed (SIP 480).
    NO_ANSWER,
    /// The called phone did not react (SIP 408 or 480 from a phone).
    NO_USER_RESPONSE,
    /// The call was refused (SIP 603).
    CALL_REJECTED,
    /// The caller gave up before answer (SIP 487).
    ORIGINATOR_CANCEL,
    /// No such number (SIP 404).
    UNALLOCATED_NUMBER,
    /// No way to the destination (SIP 404).
    NO_ROUTE_DESTINATION,
    /// The number is not well-formed (SIP 484).
    INVALID_NUMBER_FORMAT,
    /// Something broke for the moment (SIP 503).
    NORMAL_TEMPORARY_FAILURE,
    /// The switch is overloaded (SIP 503).
    SWITCH_CONGESTION,
    /// Nothing better is known (SIP 480).
    NORMAL_UNSPECIFIED,
    /// A time limit ended the call.
    ALLOTTED_TIMEOUT,
    /// Another leg of a simultaneous dial answered first.
    LOSE_RACE,
    /// The channel was taken over by a transfer.
    BLIND_TRANSFER,
    /// An operator ended the call.
    MANAGER_REQUEST,
    /// FreeSWITCH could not run what it was told to.
    DESTINATION_OUT_OF_ORDER,
    /// A timer of the signalling ran out (SIP 504).
    RECOVERY_ON_TIMER_EXPIRE,
    /// The far end cannot do what was asked (SIP 501).
    SERVICE_NOT_IMPLEMENTED,
}

impl HangupCause {
    /// Takes a cause by name. Anything but `A-Z`, digits and `_` cannot be a cause and becomes
    /// `NORMAL_UNSPECIFIED`, so a cause is always safe to write into a command.
    pub fn named(name: &str) -> Self {
        let fits = !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if fits { Self(Cow::Owned(name.to_owned())) } else { Self::NORMAL_UNSPECIFIED }
    }

    /// FreeSWITCH's name of the cause.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The SIP status that FreeSWITCH refuses a call with (`reference/freeswitch.md` 3.15).
    pub fn sip_code(&self) -> u16 {
        match self.as_str() {
            "OUTGOING_CALL_BARRED"
            | "INCOMING_CALL_BARRED"
            | "BEARERCAPABILITY_NOTAUTH"
            | "STALE_DATE" => 403,
            "UNALLOCATED_NUMBER" | "NO_ROUTE_TRANSIT_NET" | "NO_ROUTE_DESTINATION" => 404,
            "NO_USER_RESPONSE" => 408,
            "NUMBER_CHANGED" | "REDIRECTION_TO_NEW_DESTINATION" => 410,
            "EXCHANGE_ROUTING_ERROR" => 483,
            "INVALID_NUMBER_FORMAT" | "INVALID_GATEWAY" | "INVALID_URL" => 484,
            "USER_BUSY" => 486,
            "ORIGINATOR_CANCEL" => 487,
            "BEARERCAPABILITY_NOTIMPL" | "INCOMPATIBLE_DESTINATION" => 488,
            "FACILITY_REJECTED" | "FACILITY_NOT_IMPLEMENTED" | "SERVICE_NOT_IMPLEMENTED" => 501,
            "DESTINATION_OUT_OF_ORDER" | "INVALID_PROFILE" => 502,
            "NORMAL_CIRCUIT_CONGESTION"
            | "NETWORK_OUT_OF_ORDER"
            | "NORMAL_TEMPORARY_FAILURE"
            | "SWITCH_CONGESTION"
            | "REQUESTED_CHAN_UNAVAIL"
            | "BEARERCAPABILITY_NOTAVAIL"
            | "GATEWAY_DOWN" => 503,
            "RECOVERY_ON_TIMER_EXPIRE" => 504,
            "BUSY_EVERYWHERE" => 600,
            "CALL_REJECTED" | "DECLINE" | "REJECT_ALL" => 603,
            "DOES_NOT_EXIST_ANYWHERE" => 604,
            "NOT_ACCEPTABLE" => 606,
            "UNWANTED" => 607,
            _ => 480,
        }
    }
}

impl fmt::Display for HangupCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::HangupCause;

    #[test]
    fn only_names_become_causes() {
        assert_eq!(HangupCause::named("USER_BUSY"), HangupCause::USER_BUSY);
        assert_eq!(HangupCause::named("x\n\nexit"), HangupCause::NORMAL_UNSPECIFIED);
        assert_eq!(HangupCause::named(""), HangupCause::NORMAL_UNSPECIFIED);
    }

    #[test]
    fn callers_see_the_code_that_freeswitch_sends() {
        assert_eq!(HangupCause::USER_BUSY.sip_code(), 486);
        assert_eq!(HangupCause::NORMAL_CLEARING.sip_code(), 480);
    }
}
