//! The simulated switch against recordings of the real one: the recorded server's bytes are sent
//! at the recorded moments, the caller does what the recorded caller did, and what the simulator
//! answers is compared with what FreeSWITCH answered.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test fails by panicking

mod sim;

use pivot::sim::{Callee, Callees, Caller, Mode};
use sim::conformance::{Case, check};
use std::time::Duration;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn caller() -> Caller {
    Caller::new("alice", "1000").named("Alice")
}

/// The destinations of the recordings (`fixtures/esl/README.md`).
fn callees() -> Callees {
    let early = Callee::early_media(ms(760), 404, "Not Found");
    Callees::default()
        .with("callee-3", Callee::answers(Duration::ZERO).talks(ms(1_180)))
        .with("quiet", Callee::answers(Duration::ZERO))
        .with("ring", Callee::never_answers())
        .with("busy", Callee::busy())
        .with("early-2", early.reason("NO_ROUTE_DESTINATION"))
        .with("ringans-300", Callee::answers(ms(300)))
        .with("ringans-700", Callee::answers(ms(700)))
}

#[tokio::test(start_paused = true)]
async fn answer_playback_hangup() {
    check(Case::new("answer-playback-hangup", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn caller_hangup_during_playback() {
    check(Case::new("caller-hangup-during-playback", caller().pauses(ms(766)).hangs_up())).await;
}

#[tokio::test(start_paused = true)]
async fn dtmf_playback_terminator() {
    let caller = caller().pauses(ms(900)).types_slowly("12#", ms(40)).pauses(ms(400)).hangs_up();
    check(Case::new("dtmf-playback-terminator", caller)).await;
}

#[tokio::test(start_paused = true)]
async fn pagd_success() {
    let caller = caller().pauses(ms(400)).types_slowly("2580", ms(60));
    check(Case::new("pagd-success", caller)).await;
}

#[tokio::test(start_paused = true)]
async fn pagd_timeout() {
    check(Case::new("pagd-timeout", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn pagd_invalid_then_valid() {
    let caller = caller().pauses(ms(700)).types_slowly("99#", ms(60));
    let caller = caller.pauses(ms(1_000)).types_slowly("12#", ms(60));
    check(Case::new("pagd-invalid-then-valid", caller)).await;
}

#[tokio::test(start_paused = true)]
async fn record_terminator() {
    check(Case::new("record-terminator", caller().sound(true).pauses(ms(1_280)).types("#"))).await;
}

#[tokio::test(start_paused = true)]
async fn record_silence() {
    check(Case::new("record-silence", caller().speaks(ms(1_000)))).await;
}

#[tokio::test(start_paused = true)]
async fn record_caller_hangup() {
    let caller = caller().sound(true).pauses(ms(960)).hangs_up();
    check(Case::new("record-caller-hangup", caller)).await;
}

#[tokio::test(start_paused = true)]
async fn speak_complete() {
    check(Case::new("speak-complete", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn speak_broken_by_digit() {
    check(Case::new("speak-broken-by-digit", caller().pauses(ms(1_000)).types("5"))).await;
}

#[tokio::test(start_paused = true)]
async fn bridge_answered() {
    check(Case::new("bridge-answered", caller()).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn bridge_busy_continue() {
    check(Case::new("bridge-busy-continue", caller()).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn bridge_no_answer_timeout() {
    check(Case::new("bridge-no-answer-timeout", caller()).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn bridge_caller_hangup() {
    let caller = caller().waits_for_bridge().pauses(ms(500)).hangs_up();
    check(Case::new("bridge-caller-hangup", caller).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn bridge_simultaneous() {
    let caller = caller().waits_for_bridge().pauses(ms(400)).hangs_up();
    check(Case::new("bridge-simultaneous", caller).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn bridge_early_media() {
    check(Case::new("bridge-early-media", caller()).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn bridge_terminate_key() {
    let caller = caller().waits_for_bridge().pauses(ms(600)).types_slowly("1*", ms(100));
    check(Case::new("bridge-terminate-key", caller).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn pipelined_unlocked() {
    check(Case::new("pipelined-unlocked", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn pipelined_locked() {
    check(Case::new("pipelined-locked", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn uuid_break() {
    check(Case::new("break", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn hangup_during_playback() {
    check(Case::new("hangup-during-playback", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn nixevent_filter() {
    check(Case::new("nixevent-filter", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn sync_mode() {
    let mode = Mode { asynchronous: false, full: true };
    let caller = caller().pauses(ms(1_320)).hangs_up();
    check(Case::new("sync-mode", caller).mode(mode)).await;
}

#[tokio::test(start_paused = true)]
async fn server_abrupt_close() {
    check(Case::new("server-abrupt-close", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn reject_486() {
    check(Case::new("reject-486", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn reject_hangup_cause() {
    check(Case::new("reject-hangup-cause", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn caller_cancel() {
    check(Case::new("caller-cancel", caller().pauses(ms(360)).hangs_up())).await;
}

#[tokio::test(start_paused = true)]
async fn large_variable() {
    check(Case::new("large-variable", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn api_uuid_dump() {
    check(Case::new("api-uuid-dump", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn resume() {
    check(Case::new("resume", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn protocol_errors() {
    check(Case::new("protocol-errors", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn unknown_application() {
    check(Case::new("unknown-application", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn queue_overflow() {
    check(Case::new("queue-overflow", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn hangup_complete_full() {
    let caller = caller()
        .header("X-Account", "42")
        .user_agent("fixture-phone/1.0")
        .waits_for_bridge()
        .pauses(ms(1_900))
        .hangs_up();
    check(Case::new("hangup-complete-full", caller).callees(callees())).await;
}

#[tokio::test(start_paused = true)]
async fn json_events() {
    check(Case::new("json-events", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn xml_events() {
    check(Case::new("xml-events", caller())).await;
}

#[tokio::test(start_paused = true)]
async fn caller_hangup_no_linger() {
    // The recording is one of those in which all events got through; so is this seed.
    let caller = caller().pauses(ms(564)).hangs_up();
    check(Case::new("caller-hangup-no-linger", caller).seed(2)).await;
}
