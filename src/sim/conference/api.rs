//! `conference <room> <command> …`, with its exact answers.

use super::{
    member::stop_event,
    rooms::{Conference, Mail, Recording},
};
use crate::sim::{channel::Channel, observe::Seen};
use std::sync::Arc;
use tokio::time::Instant;

impl Channel {
    pub(in crate::sim) fn api_conference(&mut self, room: &str, rest: &str) -> String {
        let (command, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let words: Vec<_> = rest.split_ascii_whitespace().collect();
        if !self.options.conferences.lock().rooms.contains_key(room) {
            return format!("-ERR Conference {room} not found\n");
        }
        match command {
            "list" => self.conference_list(room),
            "hup" | "kick" | "mute" | "unmute" | "deaf" | "undeaf" | "hold" | "unhold" => {
                self.conference_members(room, command, &words)
            }
            "play" => self.conference_play(room, &words),
            "record" => self.conference_record(room, words.first().copied().unwrap_or_default()),
            "norecord" => {
                self.conference_norecord(room, words.first().copied().unwrap_or_default())
            }
            "relate" => self.conference_relate(room, &words),
            _ => format!("-ERR Conference command '{command}' not found.\n"),
        }
    }

    fn conference_list(&self, room: &str) -> String {
        let table = self.options.conferences.lock();
        let Some(conference) = table.rooms.get(room) else { return String::new() };
        let line = |member: &super::rooms::Member| {
            let flags = [
                ("hear", member.hears),
                ("speak", member.speaks),
                ("floor", conference.floor == Some(member.id)),
                ("moderator", member.moderator),
            ];
            let flags: Vec<_> = flags.iter().filter(|(_, on)| *on).map(|(flag, _)| *flag).collect();
            let header = |name| member.channel.get(name).unwrap_or_default();
            format!(
                "{};{};{};{};{};{};0;0;100\n",
                member.id,
                header("Channel-Name"),
                header("Unique-ID"),
                header("Caller-Caller-ID-Name"),
                member.number,
                flags.join("|")
            )
        };
        conference.members.iter().rev().map(line).collect()
    }

    /// Commands to one member, or to all of them.
    fn conference_members(&self, room: &str, command: &str, words: &[&str]) -> String {
        let mut table = self.options.conferences.lock();
        let which = words.first().copied().unwrap_or_default();
        let ids: Vec<_> = match table.rooms.get(room) {
            Some(conference) if which == "all" => conference.members.iter().map(|m| m.id).collect(),
            _ => which.parse().into_iter().collect(),
        };
        let mut answer = String::new();
        for id in ids {
            let member = table.rooms.get_mut(room).and_then(|conference| conference.member_mut(id));
            let Some(member) = member else {
                answer.push_str(&format!("-ERR Non-Existant ID {id}\n"));
                continue;
            };
            let mail = match command {
                "hup" | "kick" => Some(Mail::Out),
                "hold" => words.get(1).map(|media| Mail::Hears((*media).to_owned())),
                _ => None,
            };
            match command {
                "mute" | "unmute" => member.speaks = command == "unmute",
                "deaf" | "undeaf" => member.hears = command == "undeaf",
                "hold" | "unhold" => member.held = command == "hold",
                _ => {}
            }
            if let Some(mail) = mail {
                // It may just have left.
                drop(member.mail.send(mail));
            }
            answer.push_str(&format!("+OK {command} {id}\n"));
            table.fire(room, Some(id), &format!("{command}-member"), &[]);
        }
        answer
    }

    fn conference_play(&mut self, room: &str, words: &[&str]) -> String {
        let media = words.first().copied().unwrap_or_default();
        let mut table = self.options.conferences.lock();
        let Some(conference) = table.rooms.get(room) else { return String::new() };
        let to = words.get(1).and_then(|id| id.parse::<u32>().ok());
        if let Some(id) = to.filter(|id| conference.member(*id).is_none()) {
            return format!("-ERR Member: {id} not found.\n");
        }
        for member in &conference.members {
            if member.hears && to.is_none_or(|id| id == member.id) {
                drop(member.mail.send(Mail::Hears(media.to_owned())));
            }
        }
        match to {
            Some(id) => {
                table.fire(room, Some(id), "play-file-member", &[("File", media)]);
                format!("+OK (play) Playing file {media} to member {id}\n")
            }
            None => {
                table.fire(room, None, "play-file", &[("File", media), ("Async", "false")]);
                format!("+OK (play) Playing file {media}\n")
            }
        }
    }

    fn conference_record(&mut self, room: &str, path: &str) -> String {
        let can = self.options.media.can_record(path);
        let conferences = Arc::clone(&self.options.conferences);
        let mut table = conferences.lock();
        let Some(conference) = table.rooms.get_mut(room) else { return String::new() };
        if conference.recordings.iter().any(|known| known.path == path) {
            return format!("-ERR file [{path}] is already being used for recording.\n");
        }
        if can {
            let recording = Recording { path: path.to_owned(), began: Instant::now() };
            conference.recordings.push(recording);
            table.fire(room, None, "start-recording", &[("Path", path)]);
            self.observe(Seen::Recording(path.to_owned()));
        } else {
            let extra = [("Path", path), ("Error", "File could not be opened for recording")];
            table.fire(room, None, "start-recording", &extra);
        }
        format!("+OK Record file {path}\n")
    }

    fn conference_norecord(&mut self, room: &str, path: &str) -> String {
        let conferences = Arc::clone(&self.options.conferences);
        let mut table = conferences.lock();
        let Some(conference) = table.rooms.get_mut(room) else { return String::new() };
        let stopped = |known: &Recording| path == "all" || known.path == path;
        let ended: Vec<_> = conference.recordings.extract_if(.., |r| stopped(r)).collect();
        let count = ended.len();
        for recording in ended {
            let length = self.clock.real(recording.began.elapsed());
            let event =
                table.rooms.get(room).map(|c: &Conference| stop_event(c, &recording, length));
            if let Some(event) = event {
                table.broadcast(event);
            }
            drop(self.mailbox.send(Mail::Recorded(recording)));
        }
        if count == 0 && path != "all" {
            return format!(
                "-ERR non-existant recording '{path}'\n+OK Stopped recording 0 files\n"
            );
        }
        let files = if count == 1 { "file" } else { "files" };
        format!("Stopped recording file {path}\n+OK Stopped recording {count} {files}\n")
    }

    fn conference_relate(&self, room: &str, words: &[&str]) -> String {
        let [one, other, how] = words else { return "-ERR usage\n".to_owned() };
        let mut table = self.options.conferences.lock();
        let ids = (one.parse::<u32>().ok(), other.parse::<u32>().ok());
        let conference = table.rooms.get_mut(room);
        let (Some(conference), (Some(id), Some(to))) = (conference, ids) else {
            return format!("-ERR relationship {one}->{other} not found.\n");
        };
        if conference.member(to).is_none() || conference.member(id).is_none() {
            return format!("-ERR relationship {id}->{to} not found.\n");
        }
        if let Some(member) = conference.member_mut(id) {
            member.silent_to.retain(|silent| *silent != to);
            if how.contains("nospeak") {
                member.silent_to.push(to);
            }
        }
        format!("+OK {id}->{to} {how} set\n")
    }
}
