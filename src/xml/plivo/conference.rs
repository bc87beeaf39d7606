//! `<Conference>` (`reference/plivo.md` 4.7).

use super::then;
use crate::{
    base::phone::Key,
    call::{RecordingWish, Watch},
    config::Method,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Chime, Compiled, Conference, Kind, Music, Page},
    },
};
use std::time::Duration;

pub(in crate::xml) fn conference(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_elements(element, notes);
    let room = room(element, notes)?;
    let mut conference = Conference::new(room, Kind::Plivo);
    let mut attributes = Attributes::of(element, notes);
    conference.then = then::then(&mut attributes);
    conference.muted = attributes.flag("muted", false);
    conference.enter_sound = chime(&mut attributes, "enterSound", Chime::None, Method::Post);
    conference.exit_sound = chime(&mut attributes, "exitSound", Chime::None, Method::Post);
    conference.starts = attributes.flag("startConferenceOnEnter", true);
    conference.ends = attributes.flag("endConferenceOnExit", false);
    conference.stays_alone = attributes.flag("stayAlone", true);
    if let Some(url) = attributes.url("waitSound").filter(|url| !url.is_empty()) {
        conference.music = Music::Again(Page { url, method: Method::Post });
    }
    conference.at_most = attributes.whole("maxMembers", 1..=200, 20);
    let limit = match attributes.text("timeLimit").as_str() {
        // Older documents say so for no limit.
        "0" => 86_400,
        _ => attributes.whole("timeLimit", 1..=86_400, 86_400),
    };
    conference.limit = Duration::from_secs(limit.into());
    conference.limit_ends_room = true;
    if attributes.flag("hangupOnStar", false) {
        conference.leave_on = Key::new('*').into_iter().collect();
    }
    conference.keys_told = rows(&mut attributes, "digitsMatch");
    conference.floor_told = attributes.flag("floorEvent", false);
    conference.relays_keys = attributes.flag("relayDTMF", true);
    let url = attributes.url("callbackUrl").filter(|url| !url.is_empty());
    let method = attributes.method("callbackMethod");
    conference.callback = url.map(|url| Page { url, method });
    let records = attributes.flag("record", false);
    // Plivo's own default is mp3, which needs a module that a switch may not have.
    let format = attributes.choice("recordFileFormat", &[("mp3", "mp3"), ("wav", "wav")], "wav");
    let from = if attributes.flag("recordWhenAlone", true) { 1 } else { 2 };
    let watch = conference.callback.clone();
    let watch = watch.map(|Page { url, method }| Watch { url, method, events: Vec::new() });
    conference.recording = records.then_some(RecordingWish { format, from, watch });
    attributes.done();
    let detail = conference.room.clone();
    Some((Action::Conference(Box::new(conference)), detail, Answer::Before))
}

/// The name of a room; without one there is nowhere to go.
pub(super) fn room(element: &Element, notes: &mut Notes) -> Option<String> {
    let name: String = element.text().chars().take(128).collect();
    if name.is_empty() {
        let message = format!("<{}> has no name; it is left out", element.name);
        notes.error(element.at, message);
        return None;
    }
    Some(name)
}

/// `beep:1`, `beep:2`, `none`, or the URL of a document.
pub(super) fn chime(
    attributes: &mut Attributes<'_, '_>,
    name: &'static str,
    default: Chime,
    method: Method,
) -> Chime {
    match attributes.given(name).map(str::trim) {
        None => default,
        Some("" | "none") => Chime::None,
        Some("beep:1") => Chime::Beep,
        Some("beep:2") => Chime::TwoBeeps,
        Some(_) => match attributes.web_address(name) {
            Some(url) => Chime::Document(Page { url, method }),
            None => default,
        },
    }
}

/// Rows of keys with commas between them.
fn rows(attributes: &mut Attributes<'_, '_>, name: &'static str) -> Vec<String> {
    let text = attributes.text(name);
    let rows = text.split(',').map(str::trim).filter(|row| !row.is_empty());
    let fits = |row: &&str| row.len() <= 32 && row.chars().all(|c| Key::new(c).is_some());
    let (fine, bad): (Vec<_>, Vec<_>) = rows.partition(fits);
    if !bad.is_empty() {
        attributes.warn(name, "a row of keys has digits, # and * and nothing else");
    }
    fine.into_iter().take(32).map(str::to_owned).collect()
}
