//! Brings a call's media and takes its recordings: where the telephony meets the door out, the media
//! cache and the outbox.

use super::{fetch::parcel, parameters};
use crate::{
    base::{Address, CallFacts, DeliveryId, RecordingId, Timestamp, web::FileUpload},
    call::{self, Call, Letter, Recording, UploadTarget},
    config::{Accounts, BodyFormat, Method},
    http::{self, Request},
    media::{self, Cache, Kind, Links},
    outbox::{Outbox, Parcel, Transcript},
};
use futures_util::future::BoxFuture;
use std::path::Path;
use url::form_urlencoded::Serializer;

/// The kind of a delivery that is an upload.
const KIND: &str = "recording";

/// The server's courier.
#[derive(Clone, Debug)]
pub struct Courier {
    links: Links,
    outbox: Outbox,
    /// For the names of accounts in requests.
    accounts: Accounts,
    shelf: Option<Shelf>,
}

/// Where media of the web are put for FreeSWITCH.
#[derive(Clone, Debug)]
struct Shelf {
    cache: Cache,
    /// What FreeSWITCH is told to play; `{url}` is the file's address on our own listener.
    template: String,
    /// Our listener, as FreeSWITCH reaches it.
    listener: String,
}

impl Courier {
    /// A courier who offers recordings by `links` and uploads them by `outbox`, and fetches nothing.
    pub const fn new(links: Links, outbox: Outbox, accounts: Accounts) -> Self {
        Self { links, outbox, accounts, shelf: None }
    }

    /// With a cache to fetch into, whose files FreeSWITCH finds under `listener` (`http://10.0.0.5:8087`)
    /// and is told to play by `template`.
    #[must_use]
    pub fn fetching(self, cache: Cache, template: &str, listener: &str) -> Self {
        let listener = listener.trim_end_matches('/').to_owned();
        Self { shelf: Some(Shelf { cache, template: template.to_owned(), listener }), ..self }
    }

    async fn upload(
        &self,
        facts: &CallFacts,
        recording: &Recording,
        target: &UploadTarget,
    ) -> Result<(), String> {
        let url = with_parameters(&target.url, facts, recording)?;
        let parcel = Parcel {
            id: DeliveryId::fresh(),
            kind: KIND,
            call_id: facts.call_id.clone(),
            account_id: facts.account_id.clone(),
            url,
            body: None,
        };
        let file = FileUpload { method: target.method, path: recording.path.clone().into() };
        let kind = Kind::of_extension(recording.format).map_or("", |kind| kind.content_type);
        self.outbox.enqueue_file(parcel, file, kind).await.map_err(|error| error.to_string())
    }
}

impl call::Courier for Courier {
    fn bring<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let Some(Shelf { cache, template, listener }) = &self.shelf else {
                return Err("playing URLs is switched off (media.http)".to_owned());
            };
            match cache.fetch(url).await {
                Ok(name) => Ok(template.replace("{url}", &format!("{listener}/media/{name}"))),
                Err(error) => Err(format!("not fetched ({}): {error}", error.kind())),
            }
        })
    }

    fn offer(&self, id: &RecordingId) -> Option<String> {
        self.links.url(id, Timestamp::now())
    }

    fn take<'a>(
        &'a self,
        call: &'a CallFacts,
        recording: &'a Recording,
        target: &'a UploadTarget,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.upload(call, recording, target))
    }

    fn post(&self, call: &Call, letter: Letter) -> BoxFuture<'static, Result<(), String>> {
        let Letter { address, parameters: happened, transcript } = letter;
        let params = parameters(call, &self.accounts, address.format, true, &happened);
        let parcel = parcel(call.facts(), &address, &params);
        let outbox = self.outbox.clone();
        Box::pin(async move {
            let shown = http::masked(&address.url);
            let stored = match (parcel, transcript) {
                (Ok(parcel), None) => outbox.enqueue(parcel).await.map_err(|e| e.to_string()),
                (Ok(parcel), Some(transcript)) => {
                    let parcel = Parcel { url: address.url.clone(), body: None, ..parcel };
                    let transcript = unwritten(transcript, &address, params);
                    let stored = outbox.enqueue_transcript(parcel, &transcript).await;
                    stored.map_err(|error| error.to_string())
                }
                (Err(error), _) => Err(error.to_string()),
            };
            stored.map_err(|error| format!("{shown} will not be told: {error}"))
        })
    }

    fn trim(&self, recording: &Recording) -> BoxFuture<'static, Result<(), String>> {
        let Recording { path, format, .. } = recording.clone();
        Box::pin(async move {
            if format != "wav" {
                return Err(format!("silence is not cut from recordings in {format}"));
            }
            let work = tokio::task::spawn_blocking(move || media::trim(Path::new(&path)));
            let trimmed = work.await.map_err(|error| error.to_string());
            let trimmed = trimmed.and_then(|done| done.map_err(|error| error.to_string()));
            trimmed.map(drop).map_err(|error| format!("the recording is not trimmed: {error}"))
        })
    }
}

/// What the outbox needs to write the text of a recording.
fn unwritten(transcript: call::Transcript, address: &Address, params: http::Params) -> Transcript {
    let named = |pairs: Vec<(String, String)>| {
        pairs.into_iter().map(|(name, value)| (name, value.into())).collect()
    };
    Transcript {
        file: transcript.path.into(),
        language: transcript.language,
        post: address.method == Method::Post,
        json: address.body == BodyFormat::Json,
        params,
        text: transcript.text.to_owned(),
        done: named(transcript.done),
        failed: named(transcript.failed),
        error: transcript.error.to_owned(),
    }
}

/// The target with what KAZOO adds to its query (`reference/piston.md` 3.6.4), and the recording's id.
fn with_parameters(
    target: &str,
    facts: &CallFacts,
    recording: &Recording,
) -> Result<String, String> {
    let id = recording.id.to_string();
    let parameters = [
        ("from", facts.from.uri.as_str()),
        ("to", &facts.to.uri),
        ("caller_id_name", &facts.caller_name),
        ("caller_id_number", &facts.caller_number),
        ("call_id", &facts.call_id),
        ("account_id", &facts.account_id),
        ("recording_id", &id),
    ];
    let known = parameters.into_iter().filter(|(_, value)| !value.is_empty());
    let added = Serializer::new(String::new()).extend_pairs(known).finish();
    let mut url = url::Url::parse(target).map_err(|error| error.to_string())?;
    let query = match url.query() {
        None | Some("") => added,
        Some(own) => format!("{own}&{added}"),
    };
    url.set_query(Some(&query));
    // The same judgement that the first attempt would make, while there is somebody to tell.
    let request = Request::get(url.as_str()).map_err(|error| error.to_string())?;
    Ok(request.url().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{RecordEnd, Track};
    use std::time::Duration;

    #[test]
    fn an_upload_says_in_its_query_which_call_it_is_of() {
        let facts = CallFacts {
            call_id: "c1".to_owned(),
            caller_name: "J\u{f6}rg & Co".to_owned(),
            caller_number: "+49301".to_owned(),
            ..CallFacts::default()
        };
        let recording = Recording {
            id: RecordingId::of_call("c1", 1),
            format: "wav",
            path: "/rec/c1-1.wav".to_owned(),
            url: String::new(),
            began: Timestamp::from_micros(1),
            length: Duration::from_secs(1),
            bytes: 1,
            channels: 1,
            track: Track::Inbound,
            end: RecordEnd::Silence,
        };
        let added = "caller_id_name=J%C3%B6rg+%26+Co&caller_id_number=%2B49301&call_id=c1&recording_id=c1-1";
        for (target, url) in [
            ("https://h.example/up", "https://h.example/up?"),
            ("https://h.example/up?", "https://h.example/up?"),
            ("https://h.example/up?key=%20x", "https://h.example/up?key=%20x&"),
        ] {
            let found = with_parameters(target, &facts, &recording).unwrap();
            assert_eq!(found, format!("{url}{added}"));
        }
        let long = format!("http://h/{}", "a".repeat(crate::base::limits::URL_BYTES));
        assert!(with_parameters(&long, &facts, &recording).unwrap_err().contains("longer"));
    }
}
