//! The calls: who makes them, when they begin, and what is kept of them.

use super::{arguments::Arguments, progress::Progress};
use crate::sim::{CallReport, Caller, Media, Outcome, Party, Switch};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpSocket,
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// What was measured in all calls together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) hung_up_by_server: u64,
    /// Calls that ended in another way, and how many ended so.
    pub(super) otherwise: Vec<(String, u64)>,
    pub(super) commands: u64,
    pub(super) events: u64,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) first_commands: Vec<Duration>,
    pub(super) next_commands: Vec<Duration>,
    pub(super) took: Duration,
}

/// How long a caller waits for anything before the call counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the prompt of an idle call lasts: longer than any run.
const ENDLESS: Duration = Duration::from_secs(24 * 3600);

/// Idle calls that are opened at once.
const OPENING: usize = 64;

/// Connections from one source address; a machine has some 28,000 ports for each.
const PER_ADDRESS: u64 = 20_000;

/// Makes the measured calls and waits until all are over.
pub(super) async fn make_calls(
    arguments: &Arguments,
    target: SocketAddr,
    progress: &Progress,
) -> Tally {
    let places = Arc::new(Semaphore::new(arguments.concurrency as usize));
    let mut beat = arguments.rate.map(|rate| {
        let mut beat = interval(Duration::from_secs(1) / rate);
        beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
        beat
    });
    let switch = Switch::new(arguments.seed).media(Media::default().every(arguments.prompt()));
    let began = Instant::now();
    let (mut calls, mut tally) = (JoinSet::new(), Tally::default());
    for number in 0..arguments.calls {
        if let Some(beat) = &mut beat {
            beat.tick().await;
        }
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let switch = switch.clone().seed(arguments.seed.wrapping_add(number));
        let caller = caller(number, arguments).hears_all("").pauses(TYPES_AFTER);
        let caller = caller.types_slowly("1234#", Duration::from_millis(40));
        calls.spawn(async move {
            let report = dial(&switch, caller, number, target).await;
            drop(place);
            report
        });
        while let Some(ended) = calls.try_join_next() {
            tally.add(ended.unwrap_or_else(|error| Err(io::Error::other(error))), progress);
        }
    }
    while let Some(ended) = calls.join_next().await {
        tally.add(ended.unwrap_or_else(|error| Err(io::Error::other(error))), progress);
    }
    tally.took = began.elapsed();
    tally
}

/// Pause between the end of the first prompt and the first key.
const TYPES_AFTER: Duration = Duration::from_millis(60);

/// Calls that are up and do nothing, until this is dropped.
pub(super) struct Idle {
    calls: JoinSet<io::Result<CallReport>>,
}

impl Idle {
    /// Opens that many calls and waits until each hears its endless prompt.
    pub(super) async fn open(
        arguments: &Arguments,
        target: SocketAddr,
        progress: &Progress,
    ) -> io::Result<Self> {
        let switch = Switch::new(arguments.seed ^ 0x1d1e).media(Media::default().every(ENDLESS));
        let opening = Arc::new(Semaphore::new(OPENING));
        let mut calls = JoinSet::new();
        for number in 0..u64::from(arguments.idle) {
            let Ok(place) = Arc::clone(&opening).acquire_owned().await else { break };
            let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
            let switch = switch.clone().seed(arguments.seed ^ number << 20).watch(tell);
            let caller = caller(number, arguments);
            calls.spawn(async move { dial(&switch, caller, number, target).await });
            let progress = progress.clone();
            tokio::spawn(async move {
                while let Some(seen) = told.recv().await {
                    if matches!(seen.what, crate::sim::Seen::Started(_)) {
                        progress.step();
                        break;
                    }
                }
                drop(place);
                // The switch stops telling once nobody listens.
            });
        }
        // All places are free again when every call hears its prompt, or has failed.
        let _all = opening.acquire_many(u32::try_from(OPENING).unwrap_or(1)).await;
        match calls.try_join_next() {
            None => Ok(Self { calls }),
            Some(ended) => Err(io::Error::other(match ended {
                Ok(Ok(report)) => format!("an idle call has ended: {:?}", report.outcome),
                Ok(Err(error)) => format!("an idle call failed: {error}"),
                Err(error) => error.to_string(),
            })),
        }
    }

    /// How many of them are still up.
    pub(super) fn up(&mut self) -> usize {
        while self.calls.try_join_next().is_some() {}
        self.calls.len()
    }
}

/// Connects from an address of the loopback network that has ports left.
async fn dial(
    switch: &Switch,
    caller: Caller,
    number: u64,
    target: SocketAddr,
) -> io::Result<CallReport> {
    let socket = if target.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if target.is_ipv4() {
        let block = u8::try_from(number / PER_ADDRESS % 250).unwrap_or_default();
        socket.bind((Ipv4Addr::new(127, 0, 0, 1 + block), 0).into())?;
    }
    let stream = socket.connect(target).await?;
    stream.set_nodelay(true)?;
    Ok(switch.call(caller, stream).await)
}

/// A caller behind an SBC: with the headers and variables that bring the channel's data to the size
/// that it has in real life.
fn caller(number: u64, arguments: &Arguments) -> Caller {
    let mut caller = Caller::new(format!("+4917{:07}", number % 10_000_000), "+49305550100")
        .named("Load Test")
        .user_agent("SBC/9.40")
        .patience(PATIENCE);
    for (name, value) in CARRIED {
        caller = caller.header(name, value);
    }
    for (name, value) in SET {
        caller = caller.variable(name, value);
    }
    for (name, value) in &arguments.variables {
        caller = caller.variable(name, value);
    }
    caller
}

/// SIP headers that an SBC and a carrier add.
const CARRIED: [(&str, &str); 9] = [
    ("X-SBC-Call-ID", "7f3c1b52-90d4-4c7e-8a6b-2f4f6c1f0b1e@sbc1.carrier.example"),
    ("X-SBC-Trunk-Group", "TG-FRA-0042-IN;route=primary;weight=70"),
    ("X-SBC-Ingress", "10.20.30.40:5060;transport=udp;realm=access-peer-fra"),
    ("X-Original-To", "<sip:+49305550100@ims.carrier.example;user=phone>"),
    (
        "Diversion",
        "<sip:+49305550199@ims.carrier.example>;reason=unconditional;counter=1;privacy=off",
    ),
    (
        "P-Charging-Vector",
        "icid-value=5f1ad3a2f6c2b9;icid-generated-at=10.20.30.41;orig-ioi=carrier.example",
    ),
    ("X-Geo", "country=DE;region=BE;city=Berlin;zone=Europe/Berlin"),
    (
        "X-Stir-Verstat",
        "TN-Validation-Passed-A;attest=A;origid=3e1c9b9e-7a45-4a6c-9f55-1d6f6e3c2b10",
    ),
    (
        "History-Info",
        "<sip:+49305550199@ims.carrier.example>;index=1,<sip:+49305550100@ims.carrier.example>;index=1.1",
    ),
];

/// Variables that an operator's dialplan and directory set.
const SET: [(&str, &str); 14] = [
    ("accountcode", "acct-0042"),
    ("billing_plan", "wholesale-eu-2026"),
    ("toll_allow", "domestic,international,local"),
    ("domain_name", "pbx.customer.example"),
    ("domain_uuid", "0c6e4c8e-9b3f-4a30-8f2d-7c5f3a1d9e77"),
    ("export_vars", "domain_name,domain_uuid,accountcode,billing_plan"),
    ("effective_caller_id_name", "Customer Example GmbH"),
    ("effective_caller_id_number", "+49305550100"),
    ("hold_music", "local_stream://moh/customer-example/default"),
    (
        "record_template",
        "/var/lib/freeswitch/recordings/customer-example/${strftime(%Y/%m/%d)}/${uuid}.wav",
    ),
    ("rtp_secure_media", "optional:AES_CM_128_HMAC_SHA1_80"),
    ("sip_copy_custom_headers", "true"),
    ("absolute_codec_string", "PCMA,PCMU,G722,opus@48000h@20i"),
    ("presence_id", "+49305550100@pbx.customer.example"),
];

impl Tally {
    fn add(&mut self, ended: io::Result<CallReport>, progress: &Progress) {
        progress.step();
        let how = match ended {
            Err(error) => format!("could not be made: {error}"),
            Ok(report) => {
                self.commands += report.commands;
                self.events += report.events;
                self.sent += report.sent;
                self.received += report.received;
                self.first_commands.extend(report.timings.first_command);
                self.next_commands.extend(&report.timings.next_commands);
                match report.outcome {
                    Outcome::HungUp { by: Party::Server, .. } => {
                        self.hung_up_by_server += 1;
                        return;
                    }
                    Outcome::HungUp { by, cause, .. } => format!("hung up by {by:?} with {cause}"),
                    Outcome::ContinuedDialplan => "left to the dialplan".to_owned(),
                    Outcome::Abandoned => "the server never said a word".to_owned(),
                    Outcome::Transferred(_) => "transferred".to_owned(),
                }
            }
        };
        match self.otherwise.iter_mut().find(|(known, _)| *known == how) {
            Some((_, count)) => *count += 1,
            None => self.otherwise.push((how, 1)),
        }
    }
}
