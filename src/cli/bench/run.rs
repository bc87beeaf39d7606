//! The run from beginning to end.

use super::{
    Arguments,
    gauge::Gauge,
    load::{Idle, make_calls},
    own::OwnServer,
    progress::Progress,
    report::{IdleMeasured, Measured},
};
use crate::cli::arguments::{block_on, complain};
use std::{io, net::SocketAddr, process::ExitCode, time::Duration};
use tokio::time::{Instant, sleep};

/// Calls that a server of our own can take beyond those that are asked for.
const SPARE: u64 = 1_000;

/// How long a server may rest after idle calls were opened, before it is watched.
const SETTLE: Duration = Duration::from_secs(2);

pub(in crate::cli) fn run(arguments: &Arguments) -> ExitCode {
    match block_on(bench(arguments.clone())) {
        Ok(Ok(measured)) => {
            measured.show(arguments);
            if measured.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Ok(Err(error)) | Err(error) => complain(&error),
    }
}

async fn bench(mut arguments: Arguments) -> io::Result<Measured> {
    let most_calls = u64::from(arguments.idle) + u64::from(arguments.concurrency) + SPARE;
    let own = match arguments.own {
        Some(what) => Some(OwnServer::start(what, most_calls).await?),
        None => None,
    };
    if let Some(own) = &own {
        arguments.variables.extend(own.variables.clone());
        arguments.pid = Some(own.pid);
    }
    let target = own.as_ref().map(|own| own.address).or(arguments.target);
    let target = target.ok_or_else(|| io::Error::other("there is no server to call"))?;
    let gauge = arguments.pid.map(Gauge::of).transpose()?;
    let started_in = own.as_ref().map(|own| own.started_in);
    let mut measured = Measured { started_in, ..Measured::default() };

    let mut idle = None;
    if arguments.idle > 0 {
        let (calls, cost) = idle_calls(&arguments, target, gauge.as_ref()).await?;
        (idle, measured.idle) = (Some(calls), Some(cost));
    }
    if arguments.calls > 0 {
        let before = gauge.as_ref().map(Gauge::cpu).transpose()?;
        let progress = Progress::begin("calls", arguments.calls);
        measured.tally = make_calls(&arguments, target, &progress).await;
        progress.end();
        if let Some(own) = own.as_ref().filter(|own| own.has_cdrs()) {
            measured.cdrs = Some(own.delivered(arguments.calls).await);
        }
        let after = gauge.as_ref().map(Gauge::cpu).transpose()?;
        measured.cpu = after.zip(before).map(|(after, before)| after.saturating_sub(before));
        measured.resident = gauge.as_ref().map(Gauge::resident).transpose()?;
    }
    if let (Some(calls), Some(cost)) = (&mut idle, &mut measured.idle) {
        cost.still_up = u64::try_from(calls.up()).unwrap_or(u64::MAX);
    }
    if let Some(own) = own {
        own.stop().await?;
    }
    Ok(measured)
}

/// Opens the idle calls and watches the server while nothing happens.
async fn idle_calls(
    arguments: &Arguments,
    target: SocketAddr,
    gauge: Option<&Gauge>,
) -> io::Result<(Idle, IdleMeasured)> {
    let before = gauge.map(Gauge::resident).transpose()?;
    let progress = Progress::begin("idle calls", u64::from(arguments.idle));
    let mut idle = Idle::open(arguments, target, &progress).await?;
    progress.end();
    let progress = Progress::waiting("watching the idle calls");
    sleep(SETTLE).await;
    let (cpu, since) = (gauge.map(Gauge::cpu).transpose()?, Instant::now());
    sleep(Duration::from_secs(arguments.idle_s)).await;
    let used = gauge.map(Gauge::cpu).transpose()?.zip(cpu).map(|(after, before)| after - before);
    let cpu_per_second = used.map(|used| used.div_f64(since.elapsed().as_secs_f64()));
    progress.end();
    let calls = u64::from(arguments.idle);
    let after = gauge.map(Gauge::resident).transpose()?;
    let memory = after.zip(before).map(|(after, before)| after.saturating_sub(before) / calls);
    let still_up = u64::try_from(idle.up()).unwrap_or(u64::MAX);
    Ok((idle, IdleMeasured { calls, still_up, memory, cpu_per_second }))
}
