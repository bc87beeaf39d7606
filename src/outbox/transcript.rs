//! Deliveries whose content is the text of a recording: the operator's command writes it when it is the
//! delivery's turn, once, and from then on it is a delivery like any other.

use super::{Outbox, Parcel};
use crate::{
    base::limits,
    config::{self, BodyFormat, Method},
    http::{Body, HttpError, Params, Request, destination},
    store::Delivery,
};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    sync::Semaphore,
    time::timeout,
};

/// The content type of a delivery that is still to be written.
const UNWRITTEN: &str = "application/x-pivot-transcript";

/// Whose capacity such a delivery uses until then.
const DESTINATION: &str = "transcription";

/// A recording whose text somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// The recording, on this machine.
    pub file: PathBuf,
    /// Its language, in letters, digits and hyphens: `en-US`.
    pub language: String,
    /// How the URL is asked: by POST, or else by GET.
    pub post: bool,
    /// Whether a POST is JSON, or else a form.
    pub json: bool,
    /// All that is told besides the result.
    pub params: Params,
    /// The name of the text.
    pub text: String,
    /// What is told with it.
    pub done: Params,
    /// What is told if there is none.
    pub failed: Params,
    /// The name of the reason for that; empty if it is not told.
    pub error: String,
}

/// Runs the operator's command. Clones share its bounds.
#[derive(Clone, Debug)]
pub(super) struct Transcriber {
    command: Arc<Vec<String>>,
    within: Duration,
    places: Arc<Semaphore>,
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
enum NoText {
    #[error("nothing is transcribed here (transcription.command)")]
    Off,
    #[error("the transcriber cannot be run: {0}")]
    Io(#[from] io::Error),
    #[error("the transcriber was not done within {0:?}")]
    Late(Duration),
    #[error("the transcriber ended with {0}: {1}")]
    Failed(ExitStatus, String),
}

impl Outbox {
    /// Stores that somebody is told the text of a recording; the parcel has no body yet.
    pub async fn enqueue_transcript(
        &self,
        parcel: Parcel,
        transcript: &Transcript,
    ) -> Result<(), crate::store::StoreError> {
        // Names and values of our own: they can always be written.
        let bytes = serde_json::to_vec(transcript).unwrap_or_default().into();
        let body = Some(Body { content_type: UNWRITTEN.into(), bytes });
        self.enqueue_at(Parcel { body, ..parcel }, DESTINATION).await
    }
}

impl Transcriber {
    pub(super) fn new(settings: &config::Transcription) -> Self {
        Self {
            command: Arc::new(settings.command.clone()),
            within: Duration::from_secs(settings.timeout_s),
            places: Arc::new(Semaphore::new(settings.at_once)),
        }
    }

    /// Makes a delivery what it is to be, if it is not yet. The error says why that is impossible.
    pub(super) async fn write(&self, delivery: &mut Delivery) -> Result<bool, String> {
        if delivery.content_type != UNWRITTEN {
            return Ok(false);
        }
        let transcript: Transcript =
            serde_json::from_slice(&delivery.body).map_err(|error| error.to_string())?;
        let result = self.text(&transcript).await;
        if let Err(error) = &result {
            let file = transcript.file.display();
            tracing::warn!(delivery.id = %delivery.id, %file, %error, "not transcribed");
        }
        let body = transcript.told(&result);
        let request = match transcript.post {
            true => Ok((delivery.url.clone(), Some(body))),
            false => asked(&delivery.url, &transcript.with(&result)).map(|url| (url, None)),
        };
        let (url, body) = request.map_err(|error| error.to_string())?;
        delivery.destination = destination(&url);
        delivery.url = url;
        let body = body.unwrap_or(Body { content_type: "".into(), bytes: Default::default() });
        delivery.content_type = body.content_type.into_owned();
        delivery.body = body.bytes;
        Ok(true)
    }

    async fn text(&self, transcript: &Transcript) -> Result<String, NoText> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(NoText::Off);
        };
        // The semaphore is never closed.
        let _place = self.places.acquire().await;
        let file = transcript.file.to_string_lossy();
        let arguments = arguments.iter().map(|argument| {
            argument.replace("{file}", &file).replace("{language}", &transcript.language)
        });
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
        let all = async {
            let said = read(out.as_mut(), limits::TRANSCRIPT_BYTES);
            let complained = read(err.as_mut(), limits::TRANSCRIBER_COMPLAINT);
            let (said, complained, status) = tokio::join!(said, complained, child.wait());
            Ok::<_, io::Error>((said?, complained?, status?))
        };
        let (said, complained, status) =
            timeout(self.within, all).await.map_err(|_| NoText::Late(self.within))??;
        match status.success() {
            true => Ok(said.trim().to_owned()),
            false => Err(NoText::Failed(status, complained.trim().to_owned())),
        }
    }
}

impl Transcript {
    fn with(&self, result: &Result<String, NoText>) -> Params {
        let mut params = self.params.clone();
        match result {
            Ok(text) => {
                params.insert(self.text.clone(), text.as_str().into());
                params.extend(self.done.clone());
            }
            Err(error) => {
                params.extend(self.failed.clone());
                if !self.error.is_empty() {
                    params.insert(self.error.clone(), error.to_string().into());
                }
            }
        }
        params
    }

    fn told(&self, result: &Result<String, NoText>) -> Body {
        let format = if self.json { BodyFormat::Json } else { BodyFormat::Form };
        Body::of(format, &self.with(result))
    }
}

fn asked(url: &str, params: &Params) -> Result<String, HttpError> {
    let request = Request::with_parameters(Method::Get, url, BodyFormat::Form, params)?;
    Ok(request.url().to_owned())
}

/// So much of what a program writes; it is read to its end, so that nobody writes into nothing.
async fn read(from: Option<&mut (impl AsyncRead + Unpin)>, most: usize) -> io::Result<String> {
    let Some(from) = from else { return Ok(String::new()) };
    let mut kept = Vec::new();
    from.take(most as u64).read_to_end(&mut kept).await?;
    tokio::io::copy(from, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcriber(command: &[&str], timeout_s: u64) -> Transcriber {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        Transcriber::new(&config::Transcription { command, timeout_s, at_once: 1 })
    }

    fn transcript() -> Transcript {
        let params = |text| serde_json::from_str(text).unwrap();
        Transcript {
            file: "/rec/a; reboot.wav".into(),
            language: "en-US".to_owned(),
            post: true,
            json: false,
            params: params(r#"{"CallSid":"CA1"}"#),
            text: "TranscriptionText".to_owned(),
            done: params(r#"{"TranscriptionStatus":"completed"}"#),
            failed: params(r#"{"TranscriptionStatus":"failed"}"#),
            error: "error".to_owned(),
        }
    }

    async fn told(command: &[&str]) -> String {
        let transcriber = transcriber(command, 5);
        let transcript = transcript();
        let body = transcript.told(&transcriber.text(&transcript).await);
        String::from_utf8(body.bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_command_is_run_without_a_shell_and_its_words_are_told() {
        let found = told(&["echo", "{language}:{file}"]).await;
        let text = "CallSid=CA1&TranscriptionText=en-US%3A%2Frec%2Fa%3B+reboot.wav";
        assert_eq!(found, format!("{text}&TranscriptionStatus=completed"));
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_as_failed() {
        for (command, error) in [
            (&["sh", "-c", "echo no model >&2; exit 3", "{file}"][..], "no+model"),
            (&["/nowhere/transcribe", "{file}"], "cannot+be+run"),
            (&[], "transcription.command"),
        ] {
            let found = told(command).await;
            assert!(found.starts_with("CallSid=CA1&TranscriptionStatus=failed&error="), "{found}");
            assert!(found.contains(error), "{found}");
        }
    }

    #[tokio::test]
    async fn time_and_output_are_bounded() {
        let late = transcriber(&["sleep", "30"], 1).text(&transcript()).await;
        assert!(matches!(late, Err(NoText::Late(_))));
        let much = ["head", "-c", "1000000", "/dev/zero"];
        let text = transcriber(&much, 5).text(&transcript()).await.unwrap();
        assert_eq!(text.len(), limits::TRANSCRIPT_BYTES);
    }
}
