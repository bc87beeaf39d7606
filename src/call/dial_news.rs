//! What happens while a dial is under way, and who is told.

use super::{Call, Step};
use crate::{
    base::{HangupCause, event::Leg, limits, phone::Key},
    esl::Event,
};
use futures_util::future::BoxFuture;
use std::{borrow::Cow, time::Duration};

/// Attends a dial while it is under way: tells a customer's server of each leg, begins a recording when
/// somebody answers, watches what is typed.
///
/// Given to [`Call::dial_attended`], it is told everything in the order in which it happened, once, and
/// each thing after the call itself has taken note of it. The dial waits meanwhile: an attendant
/// stores, or gives the switch a command, but does not wait for people. Nothing that happens while it
/// works is missed: it is told next. The conversation itself goes on at the switch.
///
/// Every leg of which `Initiated` was told is told `Ended`, also when the caller hangs up (`call.is_over()`
/// then says so, and an error of the attendant is ignored) or an order ends the dial. Only with the
/// connection to the switch lost, nothing more is told: the conversation may go on without us.
pub trait Attendant: Send {
    /// Something happened. An error ends the dial like an interrupt of the call.
    fn news<'a>(&'a mut self, call: &'a mut Call, news: &'a DialNews) -> BoxFuture<'a, Step<()>>;
}

/// Nobody attends.
impl Attendant for () {
    fn news<'a>(&'a mut self, _: &'a mut Call, _: &'a DialNews) -> BoxFuture<'a, Step<()>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Something that happened while a dial was under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialNews {
    /// To a leg.
    Leg {
        /// Which of [`super::Dial::targets`] it goes to, from 0. Where there are several gateways, more
        /// than one leg may go to the same target, one after the other.
        target: usize,
        /// The leg.
        leg: Leg,
        /// What happened.
        what: LegNews,
    },
    /// The caller typed a key.
    Key(Key),
}

/// What happened to a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegNews {
    /// It is being dialled.
    Initiated,
    /// It sends sound before it has answered; `Ringing` follows, if it was not told before.
    EarlyMedia,
    /// It rings.
    Ringing,
    /// Somebody has answered.
    Answered,
    /// It is connected with the caller.
    Connected,
    /// The called party typed a key.
    Key(Key),
    /// It is over.
    Ended(LegEnd),
}

/// How a leg ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegEnd {
    /// Why.
    pub cause: HangupCause,
    /// FreeSWITCH's spelling of the SIP status: `sip:486`; empty if no SIP answer came.
    pub sip: String,
    /// Time from answer to end; zero if it was never answered.
    pub talked: Duration,
    /// Whether the called side ended it.
    pub by_callee: bool,
    /// Call-ID of its SIP dialogue; empty if it has none.
    pub sip_call_id: String,
    /// `X-` headers of its last SIP response.
    pub sip_headers: Vec<(String, String)>,
}

impl LegEnd {
    /// Reads the leg's `CHANNEL_HANGUP_COMPLETE`.
    pub(super) fn of(event: &Event) -> Self {
        let sip = event.variable("proto_specific_hangup_cause");
        let sip = sip.or_else(|| event.variable("sip_invite_failure_status"));
        let disposition = event.variable("sip_hangup_disposition").unwrap_or_default();
        let custom = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            let name = name.strip_prefix("variable_sip_rh_")?;
            let custom = name.get(..2)?.eq_ignore_ascii_case("x-");
            custom.then(|| (name.to_owned(), value.into_owned()))
        };
        let sip_headers = event.iter().filter_map(custom).take(limits::DIAL_HEADERS).collect();
        Self {
            cause: HangupCause::named(&event.get("Hangup-Cause").unwrap_or_default()),
            sip: sip.map(|v| v.into_owned()).unwrap_or_default(),
            talked: Duration::ZERO,
            by_callee: disposition.starts_with("recv_"),
            sip_call_id: event.variable("sip_call_id").unwrap_or_default().into_owned(),
            sip_headers,
        }
    }

    /// The end of a leg that the switch has told nothing of.
    pub(super) fn without_a_word(cause: HangupCause) -> Self {
        Self {
            cause,
            sip: String::new(),
            talked: Duration::ZERO,
            by_callee: false,
            sip_call_id: String::new(),
            sip_headers: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::phone::Number,
        call::{Dial, DialStatus, Orders, Settings, Target},
        config,
        esl::Session,
        sim::{CallReport, Callee, Callees, Caller, Switch},
    };
    use std::sync::Arc;
    use tokio::task::JoinHandle;

    /// Writes down what it is told, and loiters meanwhile.
    #[derive(Default)]
    struct Diary(Vec<String>);

    impl Attendant for Diary {
        fn news<'a>(
            &'a mut self,
            call: &'a mut Call,
            news: &'a DialNews,
        ) -> BoxFuture<'a, Step<()>> {
            self.0.push(match news {
                DialNews::Key(key) => format!("caller {key}"),
                DialNews::Leg { target, what, .. } => match what {
                    LegNews::Ended(end) => format!("{target} ended {} {}", end.cause, end.sip),
                    LegNews::Key(key) => format!("{target} key {key}"),
                    other => format!("{target} {other:?}"),
                },
            });
            Box::pin(call.pause(Duration::from_millis(150)))
        }
    }

    async fn call(caller: Caller, callees: Callees) -> (Call, Orders, JoinHandle<CallReport>) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let switch =
            tokio::spawn(async move { Switch::new(1).callees(callees).call(caller, near).await });
        let session = Session::open(Box::new(far), None).await.unwrap();
        let config = config::load_text("", "[dial]\ngateways = [\"a\"]\n", []).unwrap();
        let settings = Arc::new(Settings::new(&config));
        let (call, orders) = Call::take_over(session, settings, vec![]).unwrap();
        (call, orders, switch)
    }

    fn dial(numbers: &[&str]) -> Dial {
        let target = |number: &&str| Target::Number(Number::parse(number).unwrap());
        Dial::new(numbers.iter().map(target).collect(), Duration::from_secs(30))
    }

    #[tokio::test(start_paused = true)]
    async fn everything_is_told_once_and_in_order() {
        let callees = Callees::default().with("+491", Callee::busy()).with(
            "+492",
            Callee::answers(Duration::from_secs(2))
                .types(Duration::from_secs(1), '5')
                .talks(Duration::from_secs(4)),
        );
        let caller =
            Caller::new("1", "2").waits_for_bridge().pauses(Duration::from_secs(2)).types("7");
        let (mut call, _orders, switch) = call(caller, callees).await;
        call.answer().await.unwrap();
        let mut diary = Diary::default();
        let outcome = call.dial_attended(&dial(&["+491", "+492"]), &mut diary).await.unwrap();
        assert_eq!(outcome.status, DialStatus::Answered);
        assert_eq!(outcome.talked.as_secs(), 4);
        assert_eq!(
            diary.0,
            [
                "0 Initiated",
                "1 Initiated",
                "0 ended USER_BUSY sip:486",
                "1 Ringing",
                "1 Answered",
                "1 Connected",
                "1 key 5",
                "caller 7",
                "1 ended NORMAL_CLEARING sip:200",
            ]
        );
        call.finish().await;
        switch.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_leg_is_told_although_the_caller_has_gone() {
        let callees = Callees::default().others(Callee::never_answers());
        let caller =
            Caller::new("1", "2").waits_for_answer().pauses(Duration::from_secs(3)).hangs_up();
        let (mut call, _orders, switch) = call(caller, callees).await;
        call.answer().await.unwrap();
        let mut diary = Diary::default();
        assert!(call.dial_attended(&dial(&["+491"]), &mut diary).await.is_err());
        assert_eq!(diary.0, ["0 Initiated", "0 Ringing", "0 ended ORIGINATOR_CANCEL 487"]);
        call.finish().await;
        switch.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_leg_that_never_was_ends_as_well() {
        let callees = Callees::default().others(Callee::no_gateway());
        let (mut call, _orders, switch) = call(Caller::new("1", "2"), callees).await;
        let mut diary = Diary::default();
        call.dial_attended(&dial(&["+491"]), &mut diary).await.unwrap();
        assert_eq!(diary.0, ["0 Initiated", "0 ended INVALID_GATEWAY "]);
        call.finish().await;
        switch.await.unwrap();
    }
}
