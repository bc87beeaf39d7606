//! The call itself: a server, a simulated switch, and what is shown of both.

use super::{
    site::Site,
    typing::{self, Begun},
    verdict::Verdict,
};
use crate::{
    base::{CallEvent, Happening},
    cli::{
        arguments::{block_on, complain},
        local,
    },
    pivot::Observer,
    server::{Server, start_logging},
    sim::{Caller, Observation, Seen, Switch},
};
use anstyle::{AnsiColor, Style};
use std::{
    error::Error,
    path::Path,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{mpsc, oneshot};

/// Arguments of `pivot try`.
#[derive(Debug, clap::Args)]
#[command(after_help = "While the call is up, type digits and press Enter to send them. `say N` \
                        speaks for N seconds; `h`, an empty line or the end of the input hangs up.\n\n\
                        From a pipe each line waits until a prompt has begun since the line before, \
                        `say N` until you are recorded, and what follows it comes at once. At the end \
                        of a pipe nobody hangs up: the document ends the call.\n\n\
                        A file is served as `/`. In a folder, `/` is index.xml or index.json, and \
                        `/next` is next, next.xml or next.json.\n\n\
                        The switch is simulated: prompts are shown, not heard, and every number that \
                        is dialled answers after two seconds.\n\nExit codes: 0 the call ended in \
                        order, also if the document refused it or you hung up; 1 it could not be made, \
                        or was given up because there was no document to run; 2 wrong arguments.")]
pub(in crate::cli) struct Arguments {
    /// A document, a folder of documents, or the URL of a web server that answers with one.
    #[arg(value_name = "FILE|FOLDER|URL")]
    document: String,
    /// The number that you call from.
    #[arg(long, default_value = "+14155550100")]
    from: String,
    /// The number that you dial.
    #[arg(long, default_value = "100")]
    to: String,
    /// The parameters that the web server is sent: piston, twiml or plivo.
    #[arg(long, default_value = "piston", value_parser = ["piston", "kazoo", "twiml", "plivo"])]
    format: String,
    /// GET or POST.
    #[arg(long, default_value = "get", value_parser = ["get", "post"])]
    method: String,
}

pub(in crate::cli) fn run(arguments: &Arguments) -> ExitCode {
    match block_on(call(arguments)) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => ExitCode::FAILURE,
        Ok(Err(error)) => complain(error.as_ref()),
        Err(error) => complain(&error),
    }
}

/// Makes the call; gives whether it ended in order.
async fn call(arguments: &Arguments) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let config = local::configuration()?;
    start_logging(&config.log)?;
    let site = serve_document(&arguments.document).await?;
    let url = site.as_ref().map_or_else(|| arguments.document.clone(), Site::url);
    let verdict = Arc::new(Mutex::new(Verdict::default()));
    let server = Server::start(config, vec![story(Arc::clone(&verdict))]).await?;
    let address = server.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let (acts, act) = mpsc::unbounded_channel();
    let (seen, mut sees) = mpsc::unbounded_channel();
    let caller = Caller::new(arguments.from.as_str(), arguments.to.as_str())
        .variable("pivot_voice_url", url)
        .variable("pivot_req_format", arguments.format.as_str())
        .variable("pivot_method", arguments.method.as_str())
        .live(act);
    let switch = Switch::new(rand::random()).watch(seen);
    let begun = Arc::new(Begun::default());
    let typed = Arc::clone(&begun);
    let typing = tokio::spawn(async move { typing::follow(acts, &typed).await });
    let mut dialling = std::pin::pin!(switch.dial(caller, address));
    let report = loop {
        tokio::select! {
            biased;
            Some(observation) = sees.recv() => {
                show(&observation);
                begun.notice(&observation.what);
            }
            report = &mut dialling => break report?,
        }
    };
    while let Ok(observation) = sees.try_recv() {
        show(&observation);
    }
    typing.abort();
    let _ = stop.send(());
    running.await?;
    let verdict = verdict.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(verdict.in_order(&report.outcome))
}

/// A web server for a file or folder; `None` if the document is a URL.
async fn serve_document(document: &str) -> Result<Option<Site>, Box<dyn Error + Send + Sync>> {
    if document.starts_with("http://") || document.starts_with("https://") {
        return Ok(None);
    }
    let site = Site::start(Path::new(document), tell).await;
    Ok(Some(site.map_err(|error| format!("{document}: cannot be read: {error}"))?))
}

const HEARD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
const TOLD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Magenta)));

fn show(observation: &Observation) {
    if !matches!(observation.what, Seen::Finished(_)) {
        anstream::println!("{HEARD}{}{HEARD:#}", observation.line());
    }
}

/// What cannot be heard: requests, steps and remarks.
fn story(verdict: Arc<Mutex<Verdict>>) -> Observer {
    Arc::new(move || {
        let verdict = Arc::clone(&verdict);
        Box::new(move |event: &CallEvent| {
            verdict.lock().unwrap_or_else(PoisonError::into_inner).tell(&event.what);
            let text = match &event.what {
                Happening::Fetching { method, url, .. } => format!("asks {method} {url}"),
                Happening::Attempted(attempt) if !attempt.is_plain() => attempt.to_string(),
                Happening::FetchFailed { step, at, kind, reason, .. } => {
                    format!("no document for {step} ({at}), {kind}: {reason}")
                }
                Happening::StepStarted { step, at, detail } => format!("{step} ({at}) {detail}"),
                Happening::StepEnded { step, outcome } => format!("{step}: {outcome}"),
                Happening::Noted { message, .. } => message.clone(),
                _ => return,
            };
            tell(text.trim_end());
        })
    })
}

fn tell(text: &str) {
    anstream::println!("          {TOLD}{text}{TOLD:#}");
}
