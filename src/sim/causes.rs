//! Hangup causes: names, Q.850 numbers, and the cause that a SIP response means
//! (`reference/freeswitch.md` 3.15).

/// Q.850 numbers of the causes by name. The internal ones above 127 have none.
const NUMBERS: [(&str, u16); 46] = [
    ("UNALLOCATED_NUMBER", 1),
    ("NO_ROUTE_TRANSIT_NET", 2),
    ("NO_ROUTE_DESTINATION", 3),
    ("CHANNEL_UNACCEPTABLE", 6),
    ("NORMAL_CLEARING", 16),
    ("USER_BUSY", 17),
    ("NO_USER_RESPONSE", 18),
    ("NO_ANSWER", 19),
    ("SUBSCRIBER_ABSENT", 20),
    ("CALL_REJECTED", 21),
    ("NUMBER_CHANGED", 22),
    ("REDIRECTION_TO_NEW_DESTINATION", 23),
    ("EXCHANGE_ROUTING_ERROR", 25),
    ("DESTINATION_OUT_OF_ORDER", 27),
    ("INVALID_NUMBER_FORMAT", 28),
    ("FACILITY_REJECTED", 29),
    ("NORMAL_UNSPECIFIED", 31),
    ("NORMAL_CIRCUIT_CONGESTION", 34),
    ("NETWORK_OUT_OF_ORDER", 38),
    ("NORMAL_TEMPORARY_FAILURE", 41),
    ("SWITCH_CONGESTION", 42),
    ("ACCESS_INFO_DISCARDED", 43),
    ("REQUESTED_CHAN_UNAVAIL", 44),
    ("PRE_EMPTED", 45),
    ("FACILITY_NOT_SUBSCRIBED", 50),
    ("OUTGOING_CALL_BARRED", 52),
    ("INCOMING_CALL_BARRED", 54),
    ("BEARERCAPABILITY_NOTAUTH", 57),
    ("BEARERCAPABILITY_NOTAVAIL", 58),
    ("SERVICE_UNAVAILABLE", 63),
    ("BEARERCAPABILITY_NOTIMPL", 65),
    ("CHAN_NOT_IMPLEMENTED", 66),
    ("FACILITY_NOT_IMPLEMENTED", 69),
    ("SERVICE_NOT_IMPLEMENTED", 79),
    ("INVALID_CALL_REFERENCE", 81),
    ("INCOMPATIBLE_DESTINATION", 88),
    ("INVALID_MSG_UNSPECIFIED", 95),
    ("MANDATORY_IE_MISSING", 96),
    ("RECOVERY_ON_TIMER_EXPIRE", 102),
    ("PROTOCOL_ERROR", 111),
    ("INTERWORKING", 127),
    ("ORIGINATOR_CANCEL", 487),
    ("SYSTEM_SHUTDOWN", 701),
    ("LOSE_RACE", 702),
    ("MANAGER_REQUEST", 703),
    ("BLIND_TRANSFER", 800),
];

/// Further internal causes that may be named.
const INTERNAL: [&str; 18] = [
    "ATTENDED_TRANSFER",
    "ALLOTTED_TIMEOUT",
    "USER_CHALLENGE",
    "MEDIA_TIMEOUT",
    "PICKED_OFF",
    "USER_NOT_REGISTERED",
    "PROGRESS_TIMEOUT",
    "INVALID_GATEWAY",
    "GATEWAY_DOWN",
    "INVALID_URL",
    "INVALID_PROFILE",
    "NO_PICKUP",
    "BOWOUT",
    "BUSY_EVERYWHERE",
    "DECLINE",
    "DOES_NOT_EXIST_ANYWHERE",
    "NOT_ACCEPTABLE",
    "UNWANTED",
];

/// The cause with that name or Q.850 number; `NORMAL_CLEARING` if there is none.
pub(super) fn named(text: &str) -> &'static str {
    let text = text.trim();
    let number = text.parse::<u16>().ok();
    let numbered = NUMBERS.iter().find(|(name, n)| *name == text || number == Some(*n));
    let internal = || INTERNAL.iter().find(|name| **name == text).copied();
    numbered.map(|(name, _)| *name).or_else(internal).unwrap_or("NORMAL_CLEARING")
}

/// What `hangup_cause_q850` shows: 16 for the switch's internal causes.
pub(super) fn q850(cause: &str) -> u16 {
    let found = NUMBERS.iter().find(|(name, number)| *name == cause && *number < 128);
    found.map_or(16, |(_, number)| *number)
}

/// The cause that a dialled leg ends with when its phone answers with that SIP code.
pub(super) const fn from_sip(code: u16) -> &'static str {
    match code {
        401 | 402 | 403 | 407 | 603 | 608 => "CALL_REJECTED",
        404 => "UNALLOCATED_NUMBER",
        405 => "SERVICE_UNAVAILABLE",
        406 | 415 | 501 => "SERVICE_NOT_IMPLEMENTED",
        408 | 504 => "RECOVERY_ON_TIMER_EXPIRE",
        410 => "NUMBER_CHANGED",
        413 | 414 | 416 | 420 | 421 | 423 | 505 | 513 => "INTERWORKING",
        437 => "UNSUPPORTED_CERTIFICATE",
        438 => "INVALID_IDENTITY",
        480 => "NO_USER_RESPONSE",
        482 | 483 => "EXCHANGE_ROUTING_ERROR",
        484 => "INVALID_NUMBER_FORMAT",
        485 | 604 => "NO_ROUTE_DESTINATION",
        486 | 600 => "USER_BUSY",
        487 => "ORIGINATOR_CANCEL",
        488 | 606 => "INCOMPATIBLE_DESTINATION",
        400 | 481 | 500 | 503 => "NORMAL_TEMPORARY_FAILURE",
        502 => "NETWORK_OUT_OF_ORDER",
        607 => "UNWANTED",
        _ => "NORMAL_UNSPECIFIED",
    }
}

/// `DIALSTATUS` for an originate's disposition.
pub(super) fn dial_status(disposition: &str) -> &str {
    match disposition {
        "USER_BUSY" => "BUSY",
        "NO_ANSWER" => "NOANSWER",
        "CALL_REJECTED" => "DONTCALL",
        "ORIGINATOR_CANCEL" => "CANCEL",
        "DESTINATION_OUT_OF_ORDER" | "INVALID_PROFILE" => "INVALIDARGS",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_causes_and_nonsense_is_normal() {
        assert_eq!(named("17"), "USER_BUSY");
        assert_eq!(named("ALLOTTED_TIMEOUT"), "ALLOTTED_TIMEOUT");
        assert_eq!(named("alloted_timeout"), "NORMAL_CLEARING");
        assert_eq!(q850("USER_BUSY"), 17);
        assert_eq!(q850("LOSE_RACE"), 16);
    }
}
