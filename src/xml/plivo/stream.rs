//! `<Stream>` (`reference/plivo.md` 4.9).

use crate::{
    stream::{Encoding, Tracks},
    xml::{
        Dialect,
        attributes::Attributes,
        content,
        notes::Notes,
        stream_url::stream_url,
        tree::Element,
        verbs::{Action, Answer, Compiled, Stream},
    },
};
use std::time::Duration;

/// Longest `extraHeaders`, bytes.
const EXTRA: usize = 512;

/// The name of a call's one stream that runs beside it.
const NAME: &str = "stream";

/// `None` without a usable URL.
pub(in crate::xml) fn stream(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let two_way = attributes.flag("bidirectional", false);
    let words =
        [("inbound", Tracks::Inbound), ("outbound", Tracks::Outbound), ("both", Tracks::Both)];
    let mut tracks = attributes.choice("audioTrack", &words, Tracks::Inbound);
    if two_way && tracks != Tracks::Inbound {
        attributes.warn("audioTrack", "a bidirectional stream has the inbound track");
        tracks = Tracks::Inbound;
    }
    let seconds = attributes.whole("streamTimeout", 1..=86_400, 86_400);
    let types = [
        ("audio/x-l16;rate=8000", Encoding::L16At8),
        ("audio/x-l16;rate=16000", Encoding::L16At16),
        ("audio/x-mulaw;rate=8000", Encoding::Mulaw),
    ];
    let encoding = attributes.choice("contentType", &types, Encoding::L16At8);
    let waits = attributes.flag("keepCallAlive", false);
    let extra = attributes.text("extraHeaders");
    let url = attributes.text("statusCallbackUrl");
    let method = attributes.method("statusCallbackMethod");
    let callback = (!url.is_empty()).then_some((url, method));
    attributes.unsupported("noiseCancellation", "the sound is sent as it is");
    attributes.unsupported("noiseCancellationLevel", "the sound is sent as it is");
    let parameters = if extra.len() > EXTRA {
        attributes.warn("extraHeaders", format!("longer than {EXTRA} bytes: they are left out"));
        Vec::new()
    } else {
        pairs(&extra)
    };
    attributes.done();
    let url = stream_url(&element.text(), element.text_at(), Dialect::Plivo, notes)?;
    let detail = url.clone();
    let stream = Stream {
        dialect: Dialect::Plivo,
        url,
        name: NAME.to_owned(),
        waits,
        two_way,
        tracks,
        encoding,
        parameters,
        at_most: Duration::from_secs(seconds.into()),
        callback,
        then: None,
    };
    Some((Action::Stream(stream), detail, Answer::Before))
}

/// `a=1,b=2`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    pairs.filter(|(name, _)| !name.is_empty()).collect()
}
