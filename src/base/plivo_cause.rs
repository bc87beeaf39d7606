//! Why a call or leg ended, in Plivo's codes and names (`reference/plivo.md` 1.6).

use super::HangupCause;

/// Plivo's code of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlivoCause(pub u16);

impl PlivoCause {
    /// Nobody knows why.
    pub const UNKNOWN: Self = Self(0);
    /// The caller gave up before an answer.
    pub const CANCELED: Self = Self(1000);
    /// Somebody was busy.
    pub const BUSY: Self = Self(3010);
    /// Somebody refused.
    pub const REJECTED: Self = Self(3020);
    /// An ordinary end.
    pub const NORMAL: Self = Self(4000);
    /// The document ran out.
    pub const END_OF_XML: Self = Self(4010);
    /// Something broke here.
    pub const INTERNAL_ERROR: Self = Self(5010);
    /// Its time was up.
    pub const SCHEDULED: Self = Self(6000);

    /// Of a leg that was dialled; `sip` is as FreeSWITCH writes it, `sip:603`.
    pub fn of_callee(cause: &HangupCause, sip: &str, answered: bool) -> Self {
        Self(match cause.as_str() {
            "NORMAL_CLEARING" => return Self::NORMAL,
            "ORIGINATOR_CANCEL" => return Self::CANCELED,
            "NO_ROUTE_DESTINATION" | "INVALID_NUMBER_FORMAT" => 2000,
            "DESTINATION_OUT_OF_ORDER" => 2010,
            "USER_NOT_REGISTERED" | "SUBSCRIBER_ABSENT" => 2020,
            "NO_ANSWER" | "NO_USER_RESPONSE" => 3000,
            "USER_BUSY" => return Self::BUSY,
            "CALL_REJECTED" | "DECLINE" if sip == "sip:603" => 3110,
            "CALL_REJECTED" | "DECLINE" => return Self::REJECTED,
            "OUTGOING_CALL_BARRED" | "INCOMING_CALL_BARRED" | "BEARERCAPABILITY_NOTAUTH" => 3040,
            "UNALLOCATED_NUMBER" => 3050,
            "RECOVERY_ON_TIMER_EXPIRE" | "PROGRESS_TIMEOUT" => 3070,
            "NORMAL_CIRCUIT_CONGESTION" | "SWITCH_CONGESTION" => 3090,
            "NETWORK_OUT_OF_ORDER" | "NORMAL_TEMPORARY_FAILURE" => 5000,
            "ALLOTTED_TIMEOUT" if answered => return Self::SCHEDULED,
            "ALLOTTED_TIMEOUT" => 6010,
            "MEDIA_TIMEOUT" => 6020,
            "LOSE_RACE" => 9000,
            _ => return Self::UNKNOWN,
        })
    }

    /// Of a call that came in, which nothing of its document ended. It was there, so what is not told
    /// otherwise is an ordinary end.
    pub fn of_caller(cause: &HangupCause) -> Self {
        Self(match cause.as_str() {
            "ALLOTTED_TIMEOUT" => return Self::SCHEDULED,
            "MEDIA_TIMEOUT" => 6020,
            "USER_BUSY" => return Self::BUSY,
            "CALL_REJECTED" => return Self::REJECTED,
            "NO_ANSWER" | "NO_USER_RESPONSE" => 3000,
            "UNALLOCATED_NUMBER" | "NO_ROUTE_DESTINATION" => 3050,
            "NORMAL_TEMPORARY_FAILURE" | "NETWORK_OUT_OF_ORDER" => 5000,
            _ => return Self::NORMAL,
        })
    }

    /// Plivo's name of it.
    pub fn name(self) -> &'static str {
        match self.0 {
            1000 => "Canceled",
            2000 => "Invalid Destination Address",
            2010 => "Destination Out Of Service",
            2020 => "Endpoint Not Registered",
            3000 => "No Answer",
            3010 => "Busy Line",
            3020 => "Rejected",
            3040 => "Forbidden",
            3050 => "Unallocated Number",
            3070 => "Request Timeout",
            3090 => "Network Congestion",
            3110 => "Declined",
            4000 => "Normal Hangup",
            4010 => "End Of XML Instructions",
            5000 => "Network Error",
            5010 => "Internal Error",
            6000 => "Scheduled Hangup",
            6010 => "Ring Timeout Reached",
            6020 => "Media Timeout",
            7011 => "Error Reaching Answer URL",
            7012 => "Error Reaching Action URL",
            7013 => "Error Reaching Transfer URL",
            7014 => "Error Reaching Redirect URL",
            7022 => "Invalid Action URL",
            7023 => "Invalid Transfer URL",
            7024 => "Invalid Redirect URL",
            8011 => "Invalid Answer XML",
            8012 => "Invalid Action XML",
            8013 => "Invalid Transfer XML",
            8014 => "Invalid Redirect XML",
            9000 => "Lost Race",
            _ => "Unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_that_a_cause_gives_has_a_name() {
        for cause in ["NO_ROUTE_DESTINATION", "NO_ANSWER", "MEDIA_TIMEOUT", "ALLOTTED_TIMEOUT"] {
            let cause = HangupCause::named(cause);
            let all = [
                PlivoCause::of_callee(&cause, "", true),
                PlivoCause::of_callee(&cause, "", false),
                PlivoCause::of_caller(&cause),
            ];
            assert!(all.iter().all(|code| code.name() != "Unknown"), "{cause:?} {all:?}");
        }
        let declined = HangupCause::named("CALL_REJECTED");
        let [by_603, by_403] =
            ["sip:603", "sip:403"].map(|sip| PlivoCause::of_callee(&declined, sip, false));
        assert_eq!((by_603.name(), by_403), ("Declined", PlivoCause::REJECTED));
        let strange = HangupCause::named("CRASH");
        assert_eq!(PlivoCause::of_callee(&strange, "", true), PlivoCause::UNKNOWN);
        assert_eq!(PlivoCause::of_caller(&strange), PlivoCause::NORMAL);
    }
}
