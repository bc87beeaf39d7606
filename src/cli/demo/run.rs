//! Starting everything, making the calls one after the other, and judging them.

use super::{
    cases::{self, CASES, Case},
    show::{Display, Shown},
};
use crate::{
    base::CallEvent,
    cli::{
        arguments::{block_on, complain},
        local,
    },
    pivot::Observer,
    server::Server,
    sim::{CallReport, Outcome, Pace, Prompt, Seen, Switch, Web},
};
use std::{error::Error, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};

/// Arguments of `pivot demo`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Everything stays on loopback, on free ports, and ends by itself in under 30 \
                        seconds.\n\nExit codes: 0 every call ended as its script says, 1 not."
)]
pub(in crate::cli) struct Arguments {
    /// How many times as fast as life the calls are played (1 to 50).
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=50))]
    speed: u32,
}

/// How long the CDR of a call may take to arrive.
const CDR: Duration = Duration::from_secs(5);

/// How long one call may take.
const CALL: Duration = Duration::from_secs(20);

pub(in crate::cli) fn run(arguments: &Arguments) -> ExitCode {
    match block_on(demonstrate(arguments.speed)) {
        Ok(Ok(0)) => ExitCode::SUCCESS,
        Ok(Ok(_)) => ExitCode::FAILURE,
        Ok(Err(error)) => complain(error.as_ref()),
        Err(error) => complain(&error),
    }
}

/// Makes all calls; gives how many did not end as their scripts say.
async fn demonstrate(speed: u32) -> Result<usize, Box<dyn Error + Send + Sync>> {
    let began = Instant::now();
    let web = Web::start(cases::answer).await?;
    let (say, mut said) = mpsc::unbounded_channel();
    let server = Server::start(local::configuration()?, vec![listener(say.clone())]).await?;
    let address = server.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    anstream::println!("a customer's web server at {}", web.url("/"));
    anstream::println!(
        "pivot at {address}, a simulated FreeSWITCH; seconds are those of the calls,"
    );
    anstream::println!("which are played {speed} times as fast as life");
    let mut display = Display::new(speed);
    let mut bad = 0;
    for (at, case) in CASES.iter().enumerate() {
        display.heading(at + 1, CASES.len(), case.title);
        let seed = u64::try_from(at).unwrap_or_default();
        let report = call(case, seed, speed, address, &web, &say, &mut said, &display).await?;
        let cdr = web.wait_for(|asked| {
            asked.path == "/cdr" && asked.parameter("Call-ID") == Some(report.uuid.as_str())
        });
        let cdr = timeout(CDR, cdr).await.ok();
        if let Some(cdr) = &cdr {
            display.cdr(cdr);
        }
        let mut mistakes = judge(case, &report);
        match cdr.as_ref().and_then(|cdr| cdr.parameter("Hangup-Cause")) {
            Some(cause) if cause == case.end.0 => {}
            other => mistakes.push(format!("the CDR says {other:?}, not {}", case.end.0)),
        }
        display.verdict(&mistakes);
        bad += usize::from(!mistakes.is_empty());
    }
    let _ = stop.send(());
    running.await?;
    Display::summary(CASES.len() - bad, bad, began.elapsed());
    Ok(bad)
}

/// One call, shown as it happens.
#[allow(clippy::too_many_arguments)] // one call has that many things around it
async fn call(
    case: &Case,
    seed: u64,
    speed: u32,
    address: SocketAddr,
    web: &Web,
    say: &mpsc::UnboundedSender<Shown>,
    said: &mut mpsc::UnboundedReceiver<Shown>,
    display: &Display,
) -> Result<CallReport, Box<dyn Error + Send + Sync>> {
    let (seen, mut sees) = mpsc::unbounded_channel();
    let switch = Switch::new(seed).pace(Pace::Faster(speed)).callees(cases::callees()).watch(seen);
    let caller = (case.caller)(web.url("").as_str());
    let forward = say.clone();
    let relay = tokio::spawn(async move {
        while let Some(observation) = sees.recv().await {
            let _ = forward.send(Shown::Caller(observation));
        }
    });
    let dialling = tokio::spawn(async move { timeout(CALL, switch.dial(caller, address)).await });
    let mut dialling = std::pin::pin!(dialling);
    let report = loop {
        tokio::select! {
            Some(shown) = said.recv() => display.show(&shown),
            report = &mut dialling => break report???,
        }
    };
    relay.await?;
    while let Ok(shown) = said.try_recv() {
        display.show(&shown);
    }
    Ok(report)
}

fn judge(case: &Case, report: &CallReport) -> Vec<String> {
    let mut mistakes = Vec::new();
    let (cause, code, by) = case.end;
    let expected = Outcome::HungUp { cause: cause.to_owned(), code, by };
    if report.outcome != expected {
        mistakes.push(format!("it ended with {:?}, not {expected:?}", report.outcome));
    }
    let mut prompts = report.observations.iter().filter_map(|seen| match &seen.what {
        Seen::Started(prompt @ Prompt::Speech { .. }) => Some(prompt),
        _ => None,
    });
    for text in case.heard {
        if !prompts.any(|prompt| prompt.mentions(text)) {
            mistakes.push(format!("the caller did not hear {text:?}"));
        }
    }
    mistakes
}

fn listener(say: mpsc::UnboundedSender<Shown>) -> Observer {
    Arc::new(move || {
        let say = say.clone();
        Box::new(move |event: &CallEvent| {
            let _ = say.send(Shown::Server(event.clone()));
        })
    })
}
