//! Every server under `src/bin` plays its six steps to a simulated caller, several calls at once.

use pivot::sim::{CallReport, Caller, Media, Outcome, Party, Prompt, Seen, Switch};
use std::{net::SocketAddr, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinSet,
    time::timeout,
};

const CALLS: u64 = 8;

/// No test waits longer; it then fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a server; it ends with the handle.
async fn start(program: &str) -> (Child, SocketAddr) {
    let mut child = Command::new(program)
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    let address = line.strip_prefix("listening on ").unwrap().parse().unwrap();
    (child, address)
}

async fn call(seed: u64, address: SocketAddr) -> CallReport {
    let short = Duration::from_millis(100);
    let media = ["welcome.wav", "number.wav", "goodbye.wav"];
    let media = media.into_iter().fold(Media::default(), |media, name| media.with(name, short));
    let switch = Switch::new(seed).media(media);
    let caller = Caller::new("+14155550100", "100").hears("number").types("1234#");
    switch.dial(caller, address).await.unwrap()
}

async fn plays_six_steps(program: &str) {
    let (_server, address) = start(program).await;
    let mut calls = JoinSet::new();
    for seed in 0..CALLS {
        calls.spawn(call(seed, address));
    }
    while let Some(report) = timeout(PATIENCE, calls.join_next()).await.unwrap() {
        let report = report.unwrap();
        let by_server = matches!(report.outcome, Outcome::HungUp { by: Party::Server, .. });
        let began = report.observations.iter().filter_map(|seen| match &seen.what {
            Seen::Started(Prompt::File(name)) => Some(name.as_str()),
            Seen::Started(Prompt::Speech { .. }) => Some("speech"),
            _ => None,
        });
        let began: Vec<_> = began.collect();
        assert!(by_server, "{}", report.transcript());
        assert_eq!(began, ["welcome.wav", "number.wav", "speech", "goodbye.wav"]);
    }
}

#[tokio::test]
async fn the_floor() {
    plays_six_steps(env!("CARGO_BIN_EXE_floor")).await;
}

#[tokio::test]
async fn freeswitch_esl() {
    plays_six_steps(env!("CARGO_BIN_EXE_peer-freeswitch-esl")).await;
}

#[tokio::test]
async fn freeswitch_esl_tokio() {
    plays_six_steps(env!("CARGO_BIN_EXE_peer-freeswitch-esl-tokio")).await;
}
