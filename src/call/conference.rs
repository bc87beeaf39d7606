//! A place in a conference: entering it, what is told of it meanwhile, and the ways out.

use super::{
    Call, Step,
    wait::{Completion, Signal},
};
use crate::{
    base::{
        limits,
        phone::{Key, KeySet},
    },
    esl::{Api, Command, ConferenceOrder, Event, EventName, RoomName},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::{collections::VecDeque, future::pending, time::Duration};
use tokio::time::Instant;

/// A conference to enter, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its name on the switch. One that begins while its predecessor of the same name ends may end
    /// with it, so names are best used once.
    pub name: RoomName,
    /// Whether this member is not heard.
    pub muted: bool,
    /// Whether the keys that it types are sent to the others.
    pub relays_keys: bool,
    /// What the others hear when it has left, as the switch plays it.
    pub exit_sound: Option<String>,
    /// Keys with which it leaves.
    pub leave_on: KeySet,
    /// Longest stay; bounded by `limits::CONVERSATION`.
    pub limit: Duration,
}

impl Room {
    /// A room in which one speaks and listens until somebody ends it.
    pub fn new(name: RoomName) -> Self {
        Self {
            name,
            muted: false,
            relays_keys: false,
            exit_sound: None,
            leave_on: KeySet::NONE,
            limit: limits::CONVERSATION,
        }
    }

    /// The flags of this member. The first one makes the conference, and with it says that a break
    /// leaves it, as it ends every other application (QUIRKS: breakable-conference).
    fn flags(&self) -> String {
        let flags = [
            ("breakable", true),
            ("nomoh", true),
            ("mute", self.muted),
            ("dist-dtmf", self.relays_keys),
        ];
        let set = flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag);
        set.collect::<Vec<_>>().join("|")
    }
}

/// What is told to whoever attends a stay in a conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomNews {
    /// The call is in; the switch's number of the member.
    Joined(u32),
    /// It is heard no longer, or again.
    Muted(bool),
    /// It is on hold, or no longer.
    Held(bool),
    /// It began or ceased to speak.
    Talking(bool),
    /// It has the floor now.
    Floor,
    /// It typed a key, which has been put with those typed ahead.
    Key(Key),
    /// A recording of a conference has ended; not necessarily of this one.
    Recorded {
        /// Its file on the switch.
        path: String,
        /// Its length.
        length: Duration,
        /// Its size.
        bytes: u64,
    },
    /// A recording could not begin.
    NotRecorded {
        /// Its file on the switch.
        path: String,
    },
    /// [`RoomAttendant::called`] has ended.
    Called,
}

/// What an attendant wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Stay.
    Stay,
    /// Leave.
    Leave,
}

/// Somebody who attends a stay in a conference. Told in the order in which things happen, one after
/// the other; what happens meanwhile waits.
pub trait RoomAttendant: Send {
    /// Takes the next piece of news, and may do something about it.
    fn news<'a>(&'a mut self, call: &'a mut Call, news: RoomNews) -> BoxFuture<'a, Step<Wish>>;

    /// Ends when there is something outside of the call that the attendant wants to be told of
    /// ([`RoomNews::Called`]). Dropped and asked for again as often as the call likes.
    fn called(&mut self) -> BoxFuture<'_, ()> {
        pending().boxed()
    }
}

/// How a stay in a conference went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// How it ended.
    pub end: StayEnd,
    /// The switch's number of the member; `None` if the call never was in.
    pub member: Option<u32>,
    /// How long the call was in.
    pub lasted: Duration,
}

/// How a stay in a conference ended. The hangup is an error, as everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StayEnd {
    /// By a key.
    Key(Key),
    /// Its time was up.
    TimeLimit,
    /// The attendant wished so.
    Wished,
    /// Somebody put the call out, or ended the conference.
    PutOut,
    /// The switch let nobody in: it has no such profile and no default one, or no conferences at all.
    Refused,
}

impl Call {
    /// Enters a conference and stays until a key, the limit, the attendant or somebody else ends the
    /// stay. The call goes on afterwards.
    pub async fn confer(&mut self, room: &Room, attendant: &mut dyn RoomAttendant) -> Step<Stay> {
        self.prepare_to_confer(room)?;
        let profile = &self.settings.conference.profile;
        let argument = format!("{}@{profile}+flags{{{}}}", room.name, room.flags());
        let running = self.start("conference", &argument)?;
        let deadline = Instant::now() + room.limit.min(limits::CONVERSATION);
        let (mut member, mut since) = (None, None);
        let end = loop {
            let news = match self.next_room_news() {
                Some(news) => news,
                // It may have completed while the attendant was busy.
                None if !self.under_way.iter().any(|other| other.id == running.id) => {
                    break if member.is_some() { StayEnd::PutOut } else { StayEnd::Refused };
                }
                None => {
                    let called = attendant.called().map(|()| true);
                    let news = |signal: Signal| match signal {
                        Signal::Conference | Signal::Key(_) => Some(false),
                        _ => None,
                    };
                    match self.completion_or(&running, Some(deadline), called, news).await? {
                        Completion::Instead(true) => RoomNews::Called,
                        Completion::Instead(false) | Completion::Done(_) => continue,
                        Completion::TimeUp => break StayEnd::TimeLimit,
                    }
                }
            };
            match news {
                RoomNews::Joined(id) => {
                    member = Some(id);
                    since.get_or_insert_with(Instant::now);
                }
                RoomNews::Key(key) if room.leave_on.contains(key) => {
                    // The key has done its work; it is no input for the next step.
                    self.typed.take_last();
                    break StayEnd::Key(key);
                }
                _ => {}
            }
            if attendant.news(self, news).await? == Wish::Leave {
                break StayEnd::Wished;
            }
        };
        if self.under_way.iter().any(|other| other.id == running.id) {
            self.stop(&running).await?;
        }
        self.undress().await?;
        let lasted = since.map(|since| since.elapsed()).unwrap_or_default();
        Ok(Stay { end, member, lasted })
    }

    /// Tells a conference to do something. Whether it does is not awaited.
    pub fn tell_conference(&mut self, room: &RoomName, order: ConferenceOrder<'_>) -> Step<()> {
        self.api(Api::Conference { room, order })
    }

    /// Media that all members of a conference, or one of them, can be made to hear; the error says why
    /// not. What is in the web is fetched meanwhile.
    pub async fn media_for_conference(&mut self, name: &str) -> Step<Result<String, String>> {
        self.media(name).await
    }

    /// What only a call that confers needs: news of it, and what is set for its stay.
    fn prepare_to_confer(&mut self, room: &Room) -> Step<()> {
        if !self.has_conferred {
            self.has_conferred = true;
            // Recordings belong to no channel (QUIRKS: recordings-without-channel).
            for value in ["start-recording", "stop-recording"] {
                self.order_blindly(&Command::Filter { header: "Action", value })?;
            }
            self.order_blindly(&Command::Subscribe(&[EventName::Conference]))?;
        }
        self.conference_news = Some(Box::default());
        // A conversation is worth more than an apology: it goes on without us.
        self.put_on(super::channel::RESUME, "false", Some("true"));
        if let Some(sound) = &room.exit_sound {
            self.put_on("conference_exit_sound", sound, None);
        }
        Ok(())
    }

    pub(super) fn next_room_news(&mut self) -> Option<RoomNews> {
        self.conference_news.as_mut()?.pop_front()
    }

    /// Keeps a key for the attendant of a conference, if there is one.
    pub(super) fn note_key_in_conference(&mut self, key: Key) {
        self.note_news(RoomNews::Key(key));
    }

    /// Keeps what an event says of our conference, or of a recording.
    pub(super) fn note_conference(&mut self, event: &Event) {
        let own = event.is("Unique-ID", &self.facts.call_id);
        if let Some(news) = news_of(event, own) {
            self.note_news(news);
        }
    }

    fn note_news(&mut self, news: RoomNews) {
        if let Some(kept) = self.conference_news.as_mut()
            && kept.len() < limits::CONFERENCE_NEWS
        {
            kept.push_back(news);
        }
    }
}

/// What is known of a conference and not yet told.
pub(super) type KeptNews = Option<Box<VecDeque<RoomNews>>>;

fn news_of(event: &Event, own: bool) -> Option<RoomNews> {
    let figure = |name: &str| event.get(name).and_then(|text| text.trim().parse::<u64>().ok());
    let path = || event.get("Path").unwrap_or_default().into_owned();
    let action = event.get("Action")?;
    match &*action {
        "stop-recording" => Some(RoomNews::Recorded {
            path: path(),
            length: Duration::from_millis(figure("Milliseconds-Elapsed").unwrap_or_default()),
            bytes: figure("Record-File-Size").unwrap_or_default(),
        }),
        "start-recording" if event.get("Error").is_some() => {
            Some(RoomNews::NotRecorded { path: path() })
        }
        _ if !own => None,
        "add-member" => figure("Member-ID").and_then(|id| id.try_into().ok()).map(RoomNews::Joined),
        "mute-member" => Some(RoomNews::Muted(true)),
        "unmute-member" => Some(RoomNews::Muted(false)),
        "hold-member" => Some(RoomNews::Held(true)),
        "unhold-member" => Some(RoomNews::Held(false)),
        "start-talking" => Some(RoomNews::Talking(true)),
        "stop-talking" => Some(RoomNews::Talking(false)),
        "floor-change" => Some(RoomNews::Floor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::HangupCause,
        call::{Interrupt, Order, Orders, Settings},
        config,
        esl::Session,
        sim::{CallReport, Caller, Seen, Switch},
    };
    use std::sync::Arc;
    use tokio::{sync::Notify, task::JoinHandle};

    /// A call on a simulated switch, and what that has to report when the call is over.
    async fn call(switch: &Switch, caller: Caller) -> (Call, Orders, JoinHandle<CallReport>) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let switch = switch.clone();
        let report = tokio::spawn(async move { switch.call(caller, near).await });
        let session = Session::open(Box::new(far), None).await.unwrap();
        let settings = Arc::new(Settings::new(&config::load_text("", "", []).unwrap()));
        let (mut call, orders) = Call::take_over(session, settings, vec![]).unwrap();
        call.answer().await.unwrap();
        (call, orders, report)
    }

    /// Keeps what it is told, and leaves when it is called.
    #[derive(Default)]
    struct Listener {
        told: Vec<RoomNews>,
        go: Arc<Notify>,
    }

    impl RoomAttendant for Listener {
        fn news<'a>(&'a mut self, _: &'a mut Call, news: RoomNews) -> BoxFuture<'a, Step<Wish>> {
            let wish = if news == RoomNews::Called { Wish::Leave } else { Wish::Stay };
            self.told.push(news);
            Box::pin(async move { Ok(wish) })
        }

        fn called(&mut self) -> BoxFuture<'_, ()> {
            self.go.notified().boxed()
        }
    }

    fn room() -> Room {
        Room::new(RoomName::new("r").unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn two_hear_each_other_and_leave_by_a_key_and_by_wish() {
        let switch = Switch::new(1);
        let second = Duration::from_secs(1);
        let caller = Caller::new("1", "2").waits_for_conference().pauses(second).speaks(second);
        let (mut one, _orders, first) = call(&switch, caller.types("5*").pauses(second)).await;
        let (mut two, _orders, other) = call(&switch, Caller::new("3", "2")).await;
        let mut listener = Listener::default();
        let go = Arc::clone(&listener.go);
        let mut quiet = Listener::default();
        let star = Room { leave_on: Key::new('*').into_iter().collect(), ..room() };
        let muted = Room { muted: true, ..room() };
        let leaves = async {
            let stay = one.confer(&star, &mut listener).await.unwrap();
            go.notify_one();
            stay
        };
        quiet.go = Arc::clone(&go);
        let (stay, other_stay) = tokio::join!(leaves, two.confer(&muted, &mut quiet));
        assert_eq!(stay.end, StayEnd::Key(Key::new('*').unwrap()));
        assert!(stay.lasted > second && stay.member.is_some());
        assert_eq!(other_stay.unwrap().end, StayEnd::Wished);
        assert!(listener.told.contains(&RoomNews::Talking(true)), "{:?}", listener.told);
        assert!(listener.told.contains(&RoomNews::Key(Key::new('5').unwrap())));
        assert_eq!(one.take_typed_ahead(), "5");
        // Both calls go on.
        one.pause(second).await.unwrap();
        one.hang_up(&HangupCause::NORMAL_CLEARING).await;
        one.finish().await;
        two.finish().await;
        first.await.unwrap();
        let heard = |seen: &Seen| matches!(seen, Seen::HearsMember { on: true, .. });
        assert!(other.await.unwrap().saw(heard));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_put_out_goes_on_and_an_order_leaves() {
        let switch = Switch::new(2);
        let (mut one, _orders, first) = call(&switch, Caller::new("1", "2")).await;
        let (mut two, orders, other) = call(&switch, Caller::new("3", "2")).await;
        struct PutOut;
        impl RoomAttendant for PutOut {
            fn news<'a>(
                &'a mut self,
                call: &'a mut Call,
                news: RoomNews,
            ) -> BoxFuture<'a, Step<Wish>> {
                Box::pin(async move {
                    if let RoomNews::Joined(id) = news {
                        call.tell_conference(&room().name, ConferenceOrder::PutOut(id))?;
                    }
                    Ok(Wish::Stay)
                })
            }
        }
        assert_eq!(one.confer(&room(), &mut PutOut).await.unwrap().end, StayEnd::PutOut);
        orders.give(Order::Redirect("http://a/".to_owned()));
        let ended = two.confer(&room(), &mut Listener::default()).await;
        assert!(matches!(ended, Err(Interrupt::Ordered(Order::Redirect(_)))));
        two.settle().await.unwrap();
        let limited = Room { limit: Duration::from_secs(3), ..room() };
        let stay = two.confer(&limited, &mut Listener::default()).await.unwrap();
        assert_eq!(stay.end, StayEnd::TimeLimit);
        one.finish().await;
        two.finish().await;
        first.await.unwrap();
        other.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_recording_is_heard_of_after_the_hangup() {
        let switch = Switch::new(3);
        let caller = Caller::new("1", "2").waits_for_conference().pauses(Duration::from_secs(4));
        let (mut one, _orders, report) = call(&switch, caller.hangs_up()).await;
        struct Recorder;
        impl RoomAttendant for Recorder {
            fn news<'a>(
                &'a mut self,
                call: &'a mut Call,
                news: RoomNews,
            ) -> BoxFuture<'a, Step<Wish>> {
                Box::pin(async move {
                    if let RoomNews::Joined(_) = news {
                        call.tell_conference(&room().name, ConferenceOrder::Record("/r/a.wav"))?;
                    }
                    Ok(Wish::Stay)
                })
            }
        }
        let ended = one.confer(&room(), &mut Recorder).await;
        assert!(matches!(ended, Err(Interrupt::HungUp)));
        let (length, bytes) = one.conference_recorded("/r/a.wav").await.unwrap();
        assert!(length >= Duration::from_secs(4) && bytes > 64_000, "{length:?} {bytes}");
        assert!(one.conference_recorded("/r/b.wav").await.is_none());
        one.finish().await;
        report.await.unwrap();
    }
}
