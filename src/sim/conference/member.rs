//! The `conference` application: one member from its entry to its end.

use super::rooms::{Conference, Mail, Member, Recording};
use crate::sim::{
    channel::{Channel, Passed, Wait},
    clock::FRAME,
    encoding::Event,
    observe::Seen,
};
use std::{sync::Arc, time::Duration};

/// How long after its last member's end a conference has ended, and its recordings with it.
const AFTERGLOW: Duration = Duration::from_millis(40);

impl Channel {
    /// `<room>@<profile>[+flags{a|b}]`; until the member leaves or is put out.
    pub(in crate::sim) async fn conference(&mut self, argument: &str) {
        let (room, rest) = argument.trim().split_once('@').unwrap_or((argument.trim(), "default"));
        let (profile, flags) = rest.split_once("+flags{").unwrap_or((rest, ""));
        let flags: Vec<_> = flags.trim_end_matches('}').split(['|', ',']).collect();
        let has = |flag: &str| flags.contains(&flag);
        if room.is_empty() {
            return;
        }
        self.answer_call();
        let frame = self.clock.now() + FRAME;
        let quiet =
            Wait { digits: false, breaks: false, messages: false, ..Wait::media(Some(frame)) };
        while !matches!(self.pass(quiet).await, Passed::Due | Passed::Over) {}
        if self.ended.is_some() {
            return;
        }
        let breakable = self.enter(room, profile, &has);
        if let Some(running) = self.running.last_mut() {
            *running = breakable;
        }
        let sends_keys = has("dist-dtmf");
        self.put_out = false;
        loop {
            let wait = Wait { sound: true, breaks: breakable, ..Wait::media(None) };
            match self.pass(wait).await {
                Passed::Over | Passed::Broken => break,
                Passed::Digit(key) if sends_keys => self.share_key(room, key),
                Passed::Sound => self.share_sound(room),
                _ => {}
            }
            if std::mem::take(&mut self.put_out) {
                break;
            }
        }
        self.leave(room);
    }

    /// What came from a conference or from another call.
    pub(in crate::sim) fn mail(&mut self, mail: Mail) {
        match mail {
            Mail::Event(event) => self.fire_custom("conference::maintenance", &event),
            Mail::Out => {
                self.put_out = true;
                self.legs_changed = true;
            }
            Mail::Hears(media) => {
                for clip in self.options.media.clips(&media, None) {
                    self.observe(Seen::HeardInConference(clip.prompt));
                }
            }
            Mail::Speaks(number, on) => self.observe(Seen::HearsMember { number, on }),
            Mail::Key(key) => self.observe(Seen::KeysSent(key.to_string())),
            Mail::Recorded(recording) => self.conference_recorded(&recording),
            Mail::Leg(index, news) => self.leg_news(index, news),
            Mail::Order(order) => self.leg_ordered(order),
        }
    }

    /// Adds the member, with the events of that; gives whether a break leaves the conference.
    fn enter(&mut self, room: &str, profile: &str, has: &dyn Fn(&str) -> bool) -> bool {
        let uuid = self.chance.uuid();
        let mut channel = Event::new();
        self.leg.describe(&mut channel);
        let conferences = Arc::clone(&self.options.conferences);
        let mut table = conferences.lock();
        let id = table.next_member();
        if !table.rooms.contains_key(room) {
            let conference = Conference {
                name: room.to_owned(),
                uuid,
                profile: profile.to_owned(),
                breakable: has("breakable"),
                members: Vec::new(),
                floor: None,
                recordings: Vec::new(),
            };
            table.broadcast(conference.event(None, "conference-create", &[]));
            table.rooms.insert(room.to_owned(), conference);
        }
        let speaks = !has("mute");
        let (mut takes_floor, mut breakable, mut conference_uuid) = (false, false, String::new());
        if let Some(conference) = table.rooms.get_mut(room) {
            conference.members.push(Member {
                id,
                number: self.leg.profile.caller_number.clone(),
                mail: self.mailbox.clone(),
                channel,
                moderator: has("moderator"),
                speaks,
                hears: !has("deaf"),
                held: false,
                talks: false,
                silent_to: Vec::new(),
            });
            takes_floor = conference.floor.is_none() && speaks;
            breakable = conference.breakable;
            conference_uuid.clone_from(&conference.uuid);
        }
        table.fire(room, Some(id), "add-member", &[]);
        if takes_floor {
            if let Some(conference) = table.rooms.get_mut(room) {
                conference.floor = Some(id);
            }
            let new = id.to_string();
            table.fire(room, Some(id), "floor-change", &[("Old-ID", "none"), ("New-ID", &new)]);
        }
        drop(table);
        let variables = &mut self.leg.variables;
        variables.set("conference_name", room);
        variables.set("conference_member_id", id.to_string());
        variables.set("conference_uuid", conference_uuid);
        self.conference_member = Some(id);
        self.observe(Seen::Conferring { room: room.to_owned(), muted: !speaks });
        breakable
    }

    /// Takes the member out; the last one takes the conference with it.
    fn leave(&mut self, room: &str) {
        let Some(id) = self.conference_member.take() else { return };
        let sound = self.leg.variables.get("conference_exit_sound").map(str::to_owned);
        let conferences = Arc::clone(&self.options.conferences);
        let mut table = conferences.lock();
        if let (Some(sound), Some(conference)) = (sound, table.rooms.get(room)) {
            let others = conference.members.iter().filter(|member| member.id != id && member.hears);
            others.for_each(|member| drop(member.mail.send(Mail::Hears(sound.clone()))));
        }
        let mut event = None;
        let mut over = None;
        if let Some(conference) = table.rooms.get_mut(room) {
            if conference.floor == Some(id) {
                conference.floor = None;
            }
            event = Some(conference.event(Some(id), "del-member", &[]));
            conference.members.retain(|member| member.id != id);
            if conference.members.is_empty() {
                over = table.rooms.remove(room);
            }
        }
        if let Some(event) = event {
            table.broadcast(event);
        }
        drop(table);
        self.observe(Seen::NoLongerConferring(room.to_owned()));
        if let Some(conference) = over {
            self.end_conference(conference);
        }
    }

    /// A conference and its recordings end a moment after the last member has left.
    fn end_conference(&self, conference: Conference) {
        let conferences = Arc::clone(&self.options.conferences);
        let (clock, mailbox) = (self.clock.clone(), self.mailbox.clone());
        let moment = clock.now() + AFTERGLOW;
        tokio::spawn(async move {
            tokio::time::sleep_until(clock.instant(moment)).await;
            let mut table = conferences.lock();
            for recording in &conference.recordings {
                let length = clock.real(recording.began.elapsed());
                table.broadcast(stop_event(&conference, recording, length));
                // Nobody may be left to observe it.
                drop(mailbox.send(Mail::Recorded(recording.clone())));
            }
            table.broadcast(conference.event(None, "conference-destroy", &[]));
        });
    }

    fn share_key(&self, room: &str, key: char) {
        let table = self.options.conferences.lock();
        if let (Some(conference), Some(id)) = (table.rooms.get(room), self.conference_member) {
            let others = conference.members.iter().filter(|member| member.id != id);
            others.for_each(|member| drop(member.mail.send(Mail::Key(key))));
        }
    }

    fn share_sound(&mut self, room: &str) {
        let (Some(id), on) = (self.conference_member, self.sound) else { return };
        let conferences = Arc::clone(&self.options.conferences);
        let mut table = conferences.lock();
        let Some(conference) = table.rooms.get_mut(room) else { return };
        let Some(member) = conference.member_mut(id) else { return };
        member.talks = on;
        if !member.speaks || member.held {
            return;
        }
        let number = member.number.clone();
        if let Some(mouth) = conference.member(id) {
            let ears = conference.members.iter().filter(|ear| conference.hears(ear, mouth));
            ears.for_each(|ear| drop(ear.mail.send(Mail::Speaks(number.clone(), on))));
        }
        table.fire(room, Some(id), if on { "start-talking" } else { "stop-talking" }, &[]);
    }

    fn conference_recorded(&mut self, recording: &Recording) {
        let length = self.clock.real(recording.began.elapsed());
        let samples = u64::try_from(length.as_millis()).unwrap_or(0) * 8;
        if let Err(error) = self.options.media.keep_recording(&recording.path, samples, 1) {
            self.observe(Seen::Fault(format!("{} cannot be written: {error}", recording.path)));
        }
        self.observe(Seen::Recorded { path: recording.path.clone(), length });
    }
}

/// `stop-recording`, which belongs to no member.
pub(super) fn stop_event(
    conference: &Conference,
    recording: &Recording,
    length: Duration,
) -> Event {
    let ms = u64::try_from(length.as_millis()).unwrap_or(0);
    let (samples, ms, size) = ((ms * 8).to_string(), ms.to_string(), (44 + ms * 16).to_string());
    let extra = [
        ("Path", recording.path.as_str()),
        ("Other-Recordings", "false"),
        ("Samples-Out", &samples),
        ("Samplerate", "8000"),
        ("Milliseconds-Elapsed", &ms),
        ("Record-File-Size", &size),
    ];
    conference.event(None, "stop-recording", &extra)
}
