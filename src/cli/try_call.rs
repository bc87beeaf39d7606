//! `pivot try`: be the caller of a document, in the terminal.

use super::arguments::block_on;
use crate::{
    base::{CallEvent, Happening},
    config,
    pivot::Observer,
    server::Server,
    sim::{Asked, Caller, Live, Observation, Outcome, Reply, Seen, Switch, Web},
};
use anstyle::{AnsiColor, Style};
use std::{error::Error, fs, process::ExitCode, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::{mpsc, oneshot},
};

/// Arguments of `pivot try`.
#[derive(Debug, clap::Args)]
#[command(after_help = "While the call is up, type digits and press Enter to send them. `say N` \
                        speaks for N seconds, `h`, an empty line or the end of the input hangs up.\n\n\
                        The switch is simulated: prompts are shown, not heard, and every number that \
                        is dialled answers after two seconds.\n\nExit codes: 0 the call ended in \
                        order, 1 it could not be made or was given up.")]
pub(super) struct Arguments {
    /// A document, or the URL of a web server that answers with one.
    #[arg(value_name = "FILE|URL")]
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

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match block_on(call(arguments)) {
        Ok(Ok(Outcome::HungUp { cause, .. })) if cause.starts_with("NORMAL_CLEARING") => {
            ExitCode::SUCCESS
        }
        Ok(Ok(Outcome::HungUp { .. } | Outcome::Transferred(_))) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::ContinuedDialplan | Outcome::Abandoned)) => ExitCode::FAILURE,
        Ok(Err(error)) => complain(error.as_ref()),
        Err(error) => complain(&error),
    }
}

fn complain(error: &dyn Error) -> ExitCode {
    anstream::eprintln!("pivot: {error}");
    ExitCode::FAILURE
}

async fn call(arguments: &Arguments) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
    // A file is served by a web server of our own, as a customer's would.
    let web = serve_document(&arguments.document).await?;
    let url = match &web {
        Some(web) => web.url("/"),
        None => arguments.document.clone(),
    };
    let server = Server::start(configuration()?, vec![story()]).await?;
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
    let typing = tokio::spawn(type_keys(acts));
    let mut dialling = std::pin::pin!(switch.dial(caller, address));
    let report = loop {
        tokio::select! {
            biased;
            Some(observation) = sees.recv() => show(&observation),
            report = &mut dialling => break report?,
        }
    };
    while let Ok(observation) = sees.try_recv() {
        show(&observation);
    }
    typing.abort();
    let _ = stop.send(());
    running.await?;
    Ok(report.outcome)
}

/// A web server for a file; `None` if the document is a URL.
async fn serve_document(document: &str) -> Result<Option<Web>, Box<dyn Error + Send + Sync>> {
    if document.starts_with("http://") || document.starts_with("https://") {
        return Ok(None);
    }
    let body = fs::read_to_string(document).map_err(|error| format!("{document}: {error}"))?;
    let is_xml = body.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let reply = if is_xml { Reply::xml(body) } else { Reply::piston(body) };
    Ok(Some(Web::start(move |_: &Asked| reply.clone()).await?))
}

/// What the person at the terminal types becomes what the caller does.
async fn type_keys(acts: mpsc::UnboundedSender<Live>) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let line = line.trim();
        let spoken = line.strip_prefix("say ").and_then(|n| n.trim().parse::<f32>().ok());
        if let Some(seconds) = spoken {
            let _ = acts.send(Live::Sound(true));
            let length = std::time::Duration::from_secs_f32(seconds.clamp(0.1, 600.0));
            tokio::time::sleep(length).await;
            let _ = acts.send(Live::Sound(false));
        } else if matches!(line, "" | "h" | "hangup") {
            break;
        } else {
            line.chars().filter(|c| !c.is_whitespace()).for_each(|key| {
                let _ = acts.send(Live::Type(key));
            });
        }
    }
    let _ = acts.send(Live::HangUp);
}

const HEARD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
const TOLD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Magenta)));

fn show(observation: &Observation) {
    if !matches!(observation.what, Seen::Finished(_)) {
        anstream::println!("{HEARD}{}{HEARD:#}", observation.line());
    }
}

/// What cannot be heard: requests, steps and remarks.
fn story() -> Observer {
    Arc::new(|| {
        Box::new(|event: &CallEvent| {
            let text = match &event.what {
                Happening::Fetching { method, url, .. } => format!("asks {method} {url}"),
                Happening::FetchFailed { kind, reason, .. } => {
                    format!("no document ({kind}): {reason}")
                }
                Happening::StepStarted { step, at, detail } => format!("{step} ({at}) {detail}"),
                Happening::StepEnded { step, outcome } => format!("{step}: {outcome}"),
                Happening::Noted { message, .. } => message.clone(),
                _ => return,
            };
            anstream::println!("          {TOLD}{}{TOLD:#}", text.trim_end());
        })
    })
}

/// Loopback is allowed: the person at this terminal named the URL.
fn configuration() -> Result<config::Config, config::ConfigError> {
    let text = r#"
        [esl]
        listen = "127.0.0.1:0"
        [http]
        allow_cidrs = ["127.0.0.0/8", "::1/128"]
        [dial]
        gateways = ["simulated"]
        [store]
        path = ""
        [server]
        drain_s = 1
        [log]
        level = "error"
    "#;
    config::load_text("try", text, [])
}
