//! `<Stream>` inside `<Connect>`, `<Start>` and `<Stop>` (`reference/twiml.md` 2.11, 2.12).

use crate::{
    base::limits,
    stream::{Encoding, Tracks},
    xml::{
        Dialect,
        attributes::Attributes,
        content,
        notes::Notes,
        stream_url::stream_url,
        tree::Element,
        verbs::{Action, Answer, Compiled, StopStream, Stream, Then},
    },
};

/// Name and value of a `<Parameter>` together, characters.
const PARAMETER: usize = 500;

/// `waits` for the one in `<Connect>`, which the server may speak through. `None` without a usable URL.
pub(super) fn stream(
    noun: &Element,
    waits: bool,
    then: Option<Then>,
    notes: &mut Notes,
) -> Option<Compiled> {
    content::no_text(noun, notes);
    let parameters = parameters(noun, notes);
    let mut attributes = Attributes::of(noun, notes);
    let name = attributes.text("name");
    let words = [
        ("inbound_track", Tracks::Inbound),
        ("outbound_track", Tracks::Outbound),
        ("both_tracks", Tracks::Both),
    ];
    let mut tracks = attributes.choice("track", &words, Tracks::Inbound);
    if waits && tracks != Tracks::Inbound {
        attributes.warn("track", "inside <Connect> the inbound track is streamed");
        tracks = Tracks::Inbound;
    }
    let url = attributes.text("statusCallback");
    let method = attributes.method("statusCallbackMethod");
    let callback = (!url.is_empty()).then_some((url, method));
    attributes.unsupported("connectorName", "the stream goes to its url");
    let url = attributes.text("url");
    attributes.done();
    let at = noun.attribute("url").map_or(noun.at, |attribute| attribute.at);
    let url = stream_url(&url, at, Dialect::Twiml, notes)?;
    let detail = format!("Stream {url}");
    let stream = Stream {
        dialect: Dialect::Twiml,
        url,
        name,
        waits,
        two_way: waits,
        tracks,
        encoding: Encoding::Mulaw,
        parameters,
        at_most: limits::CONVERSATION,
        callback,
        then,
    };
    Some((Action::Stream(stream), detail, Answer::Before))
}

/// The one inside `<Stop>`; `None` without a name.
pub(super) fn stop_stream(noun: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::nothing(noun, notes);
    let mut attributes = Attributes::of(noun, notes);
    let name = attributes.text("name");
    attributes.done();
    if name.is_empty() {
        notes.error(noun.at, "<Stream> inside <Stop> needs a name; nothing is stopped");
        return None;
    }
    let detail = format!("Stream {name}");
    Some((Action::StopStream(StopStream { name }), detail, Answer::Never))
}

fn parameters(noun: &Element, notes: &mut Notes) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for inner in noun.elements() {
        if inner.name != "Parameter" {
            let name: String = inner.name.chars().take(60).collect();
            notes.warn(inner.at, format!("<{name}> inside <Stream> is ignored"));
            continue;
        }
        content::nothing(inner, notes);
        let mut attributes = Attributes::of(inner, notes);
        let (name, value) = (attributes.text("name"), attributes.text("value"));
        attributes.done();
        let length = name.chars().count() + value.chars().count();
        if name.is_empty() {
            notes.warn(inner.at, "a <Parameter> without a name is left out");
        } else if length >= PARAMETER {
            let message =
                format!("name and value have {length} characters; {PARAMETER} are too many");
            notes.warn(inner.at, format!("{message}: the <Parameter> is left out"));
        } else {
            found.push((name, value));
        }
    }
    found
}
