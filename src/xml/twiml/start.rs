//! `<Start>` and `<Stop>` (`reference/twiml.md` 2.11): what runs beside the call. Each noun is a step of
//! its own, with the place of the noun.

use super::{recording, stream};
use crate::xml::{
    attributes::Attributes,
    content,
    notes::Notes,
    tree::{At, Element},
    verbs::Compiled,
};

/// What a `<Start>` begins, noun by noun.
pub(in crate::xml) fn start(element: &Element, notes: &mut Notes) -> Vec<(At, Compiled)> {
    verb(element, notes);
    element.elements().filter_map(|noun| started(noun, notes).map(|made| (noun.at, made))).collect()
}

/// What a `<Stop>` ends, noun by noun.
pub(in crate::xml) fn stop(element: &Element, notes: &mut Notes) -> Vec<(At, Compiled)> {
    verb(element, notes);
    element.elements().filter_map(|noun| stopped(noun, notes).map(|made| (noun.at, made))).collect()
}

fn started(noun: &Element, notes: &mut Notes) -> Option<Compiled> {
    match noun.name.as_str() {
        "Stream" => stream::stream(noun, false, None, notes),
        "Recording" => Some(recording::started(noun, notes)),
        "Siprec" => left_out(noun, "freeswitch records to no SIPREC server", notes),
        "Transcription" => left_out(noun, "nothing is transcribed", notes),
        _ => no_noun(noun, "Start", notes),
    }
}

fn stopped(noun: &Element, notes: &mut Notes) -> Option<Compiled> {
    match noun.name.as_str() {
        "Recording" => Some(recording::stopped(noun, notes)),
        "Stream" => stream::stop_stream(noun, notes),
        "Siprec" | "Transcription" => left_out(noun, "nothing of the kind was started", notes),
        _ => no_noun(noun, "Stop", notes),
    }
}

/// The verb itself. `action` and `method`, which helper libraries have, request nothing at Twilio's
/// either.
fn verb(element: &Element, notes: &mut Notes) {
    let mut attributes = Attributes::of(element, notes);
    if element.name == "Start" {
        attributes.accepted(&["action", "method"]);
    }
    attributes.done();
    content::no_text(element, notes);
    if element.elements().next().is_none() {
        notes.warn(element.at, format!("<{}> is empty and does nothing", element.name));
    }
}

fn left_out(noun: &Element, instead: &str, notes: &mut Notes) -> Option<Compiled> {
    let message = format!("<{}> is not supported and is left out: {instead}", noun.name);
    notes.warn(noun.at, message);
    None
}

/// Twilio's error 14300; the document goes on.
fn no_noun(noun: &Element, verb: &str, notes: &mut Notes) -> Option<Compiled> {
    let name: String = noun.name.chars().take(60).collect();
    notes.error(noun.at, format!("<{name}> cannot stand in <{verb}>; it is left out"));
    None
}
