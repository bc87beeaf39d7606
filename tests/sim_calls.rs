//! What the simulated switch does in bridges, with media and variables, and what its callers do.

mod sim;

use pivot::sim::{Callee, Callees, Live, Media, Outcome, Pace, Party, Seen, Switch};
use sim::{
    caller, ms, s,
    server::{Server, value},
    switch,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(start_paused = true)]
async fn a_failed_bridge_hangs_up_the_caller_with_the_same_code() {
    let callees = Callees::default().with("+49301", Callee::busy());
    let mut server = Server::greets(&switch().callees(callees), caller()).await;
    server.executes("bridge", "sofia/gateway/out/+49301").await;
    let (_, report) = server.rest().await;
    let cause = "USER_BUSY".to_owned();
    assert_eq!(report.outcome, Outcome::HungUp { cause, code: 486, by: Party::Callee });
}

#[tokio::test(start_paused = true)]
async fn groups_are_dialled_one_after_the_other() {
    let callees = Callees::default()
        .with("1", Callee::never_answers())
        .with("2", Callee::answers(s(1)).talks(s(3)));
    let mut server = Server::greets(&switch().callees(callees), caller()).await;
    let dial = "[leg_timeout=5,origination_uuid=first]sofia/gateway/out/1|sofia/gateway/out/2";
    server.executes("bridge", dial).await;
    let first = server.hears("CHANNEL_HANGUP").await;
    assert_eq!(value(&first, "Unique-ID"), "first");
    assert_eq!(value(&first, "Hangup-Cause"), "ALLOTTED_TIMEOUT");
    let bridged = server.hears("CHANNEL_BRIDGE").await;
    assert_eq!(value(&bridged, "Other-Leg-Destination-Number"), "2");
    let done = server.completes("bridge").await;
    assert_eq!(value(&done, "variable_DIALSTATUS"), "SUCCESS");
    server.executes("hangup", "").await;
    let (_, report) = server.rest().await;
    assert!(report.saw(|seen| *seen == Seen::Bridged("2".into())));
}

#[tokio::test(start_paused = true)]
async fn killing_the_callee_gives_the_caller_back() {
    let callees = Callees::default().with("2", Callee::answers(s(1)));
    let mut server = Server::greets(&switch().callees(callees), caller()).await;
    server.executes("bridge", "{origination_uuid=bee}sofia/internal/2@h").await;
    server.hears("CHANNEL_BRIDGE").await;
    assert_eq!(server.asks("api uuid_exists bee").await, "true");
    let sent = server.asks("api uuid_send_dtmf bee 12#@100").await;
    assert_eq!(sent, "+OK bee sent DTMF 12#@100.\n");
    assert_eq!(server.asks("api uuid_kill bee").await, "+OK\n");
    server.completes("bridge").await;
    assert_eq!(server.asks("api uuid_exists bee").await, "false");
    server.executes("playback", "/after.wav").await;
    server.completes("playback").await;
    server.executes("hangup", "").await;
    let (_, report) = server.rest().await;
    assert!(report.transcript().contains("2@h is sent keys 12#\n2@h ended: NORMAL_CLEARING\n"));
}

#[tokio::test(start_paused = true)]
async fn a_dial_without_a_gateway_has_no_leg() {
    let callees = Callees::default().with("2", Callee::no_gateway());
    let mut server = Server::greets(&switch().callees(callees), caller()).await;
    server.executes("set", "continue_on_fail=true").await;
    server.executes("bridge", "sofia/gateway/nowhere/2").await;
    let done = server.completes("bridge").await;
    assert_eq!(value(&done, "variable_originate_disposition"), "INVALID_GATEWAY");
    server.executes("bridge", "freetdm/1/a/2").await;
    let done = server.completes("bridge").await;
    assert_eq!(value(&done, "variable_originate_disposition"), "CHAN_NOT_IMPLEMENTED");
}

#[tokio::test(start_paused = true)]
async fn ringback_is_early_media_for_an_unanswered_caller() {
    let callees = Callees::default().with("2", Callee::never_answers());
    let mut server = Server::greets(&switch().callees(callees), caller()).await;
    server.executes("set", "ringback=%(1000,4000,425)").await;
    server.executes("bridge", "{originate_timeout=4}sofia/internal/2@h").await;
    server.completes("bridge").await;
    server.executes("hangup", "").await;
    let (_, report) = server.rest().await;
    assert!(report.saw(|seen| *seen == Seen::EarlyMedia));
    assert!(report.saw(|seen| matches!(seen, Seen::Interrupted { after, .. } if *after > s(3))));
}

#[tokio::test(start_paused = true)]
async fn a_recording_ends_at_its_limit_by_whole_seconds() {
    let mut server = Server::greets(&switch(), caller().sound(true)).await;
    server.executes("answer", "").await;
    server.executes("record", "/rec/a.wav 2").await;
    let stop = server.hears("RECORD_STOP").await;
    let length: u64 = value(&stop, "variable_record_ms").parse().unwrap();
    assert!((2_000..=3_000).contains(&length), "{length}");
    assert_eq!(value(&stop, "variable_silence_hits_exhausted"), "false");
}

#[tokio::test(start_paused = true)]
async fn a_phone_without_audio_records_nothing() {
    let mut server = Server::greets(&switch(), caller().sends_no_audio()).await;
    server.executes("answer", "").await;
    server.executes("record", "/rec/a.wav 1").await;
    let stop = server.hears("RECORD_STOP").await;
    assert_eq!(value(&stop, "variable_record_ms"), "0");
    assert_eq!(value(&stop, "variable_record_file_size"), "44");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_run_hangs_up() {
    let media = Media::default().unwritable("/closed");
    for (application, argument) in
        [("record", "/closed/a.wav"), ("speak", "no engine"), ("record", "/a.nonsense")]
    {
        let mut server = Server::greets(&switch().media(media.clone()), caller()).await;
        server.executes("answer", "").await;
        server.executes(application, argument).await;
        let (_, report) = server.rest().await;
        let cause = "DESTINATION_OUT_OF_ORDER".to_owned();
        let by = Party::Switch;
        assert_eq!(report.outcome, Outcome::HungUp { cause, code: 200, by }, "{application}");
    }
}

#[tokio::test(start_paused = true)]
async fn missing_files_and_unknown_voices_are_quick() {
    let media = Media::default().missing("/no.wav").with("http://h/yes.wav", ms(700));
    let mut server = Server::greets(&switch().media(media), caller()).await;
    server.executes("answer", "").await;
    for (file, response) in [
        ("/no.wav", "FILE%20NOT%20FOUND"),
        ("http://h/no.wav", "FILE%20NOT%20FOUND"),
        ("http://h/yes.wav", "FILE%20PLAYED"),
        ("", "PLAYBACK%20ERROR"),
    ] {
        server.executes("playback", file).await;
        let done = server.completes("playback").await;
        assert_eq!(value(&done, "Application-Response"), response, "{file}");
    }
    let before = tokio::time::Instant::now();
    server.executes("speak", "flite|nobody|This takes no time at all, however long it is.").await;
    server.completes("speak").await;
    assert!(before.elapsed() < ms(50));
}

#[tokio::test(start_paused = true)]
async fn dollars_in_arguments_are_expanded_unless_told_not_to() {
    let mut server = Server::greets(&switch(), caller().variable("secret", "s3")).await;
    let uuid = server.uuid.clone();
    server.executes("set", r"a=${secret} \${secret} \\\${secret}").await;
    server.completes("set").await;
    assert_eq!(server.asks(&format!("api uuid_getvar {uuid} a")).await, "s3 s3 ${secret}");
    server.asks(&format!("api uuid_setvar {uuid} b ${{secret}}")).await;
    assert_eq!(server.asks(&format!("api uuid_getvar {uuid} b")).await, "${secret}");
    server.executes("set", "app_disable_expand_variables=true").await;
    server.executes("playback", "/x/${secret}.wav").await;
    let started = server.hears("PLAYBACK_START").await;
    assert_eq!(value(&started, "Playback-File-Path"), "/x/$%7Bsecret%7D.wav");
}

#[tokio::test(start_paused = true)]
async fn a_body_is_the_argument_and_keeps_its_line_ends() {
    let mut server = Server::greets(&switch(), caller()).await;
    let body = "a=one\ntwo";
    server
        .says(&format!(
            "sendmsg\ncall-command: execute\nexecute-app-name: set\ncontent-type: text/plain\n\
             content-length: {}\n\n{body}",
            body.len()
        ))
        .await;
    let done = server.completes("set").await;
    assert_eq!(value(&done, "variable_a"), "one%0Atwo");
}

#[tokio::test(start_paused = true)]
async fn a_transferred_channel_keeps_its_connection() {
    let callees = Callees::default().with("9000", Callee::answers(ms(0)).talks(s(5)));
    let mut server = Server::greets(&switch().callees(callees), caller()).await;
    server.executes("answer", "").await;
    let uuid = server.uuid.clone();
    server.asks(&format!("api uuid_transfer {uuid} 9000 XML default")).await;
    let done = server.completes("socket").await;
    assert_eq!(value(&done, "Application-Data"), "127.0.0.1%3A8084%20async%20full");
    server.executes("set", "still=mine").await;
    server.completes("set").await;
    let (_, report) = server.rest().await;
    assert_eq!(report.outcome, Outcome::Transferred("9000".into()));
}

#[tokio::test(start_paused = true)]
async fn scheduled_hangups_come_in_whole_seconds() {
    let mut server = Server::greets(&switch(), caller()).await;
    server.executes("answer", "").await;
    server.executes("sched_hangup", "+3 ALLOTTED_TIMEOUT").await;
    let down = server.hears("CHANNEL_HANGUP").await;
    assert_eq!(value(&down, "Hangup-Cause"), "ALLOTTED_TIMEOUT");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_waits_in_vain_hangs_up() {
    let caller = caller().patience(s(20)).hears("welcome");
    let mut server = Server::greets(&switch(), caller).await;
    server.executes("answer", "").await;
    let (_, report) = server.rest().await;
    assert!(report.saw(|seen| *seen == Seen::GaveUp("a prompt with \"welcome\"".into())));
    let cause = "NORMAL_CLEARING".to_owned();
    assert_eq!(report.outcome, Outcome::HungUp { cause, code: 200, by: Party::Caller });
}

#[tokio::test(start_paused = true)]
async fn a_live_caller_acts_at_once_and_an_onlooker_sees_it() {
    let (acts, received) = tokio::sync::mpsc::unbounded_channel();
    let (watch, mut watched) = tokio::sync::mpsc::unbounded_channel();
    let mut server = Server::greets(&switch().watch(watch), caller().live(received)).await;
    server.executes("answer", "").await;
    server.completes("answer").await;
    acts.send(Live::Type('7')).unwrap();
    assert_eq!(value(&server.hears("DTMF").await, "DTMF-Digit"), "7");
    acts.send(Live::HangUp).unwrap();
    server.hears("CHANNEL_HANGUP").await;
    let mut seen = Vec::new();
    while let Ok(observation) = watched.try_recv() {
        seen.push(observation.what.to_string());
    }
    assert_eq!(seen, ["answered", "types 7", "hung up by caller: NORMAL_CLEARING (200)"]);
}

#[tokio::test]
async fn a_call_over_a_real_socket_at_a_fast_pace() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let execute = "sendmsg\ncall-command: execute\nevent-lock: true\nexecute-app-name: ";
        let commands = format!(
            "connect\n\nlinger 5\n\nmyevents\n\n{execute}answer\n\n\
             {execute}playback\nexecute-app-arg: tone_stream://%(20000,0,440)\n\n{execute}hangup\n\n"
        );
        stream.write_all(commands.as_bytes()).await.unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        all
    });
    let switch = Switch::new(1).pace(Pace::Faster(100));
    let report = switch.dial(caller(), address).await.unwrap();
    assert!(report.lasted >= s(20));
    assert!(server.await.unwrap().contains("Event-Name: CHANNEL_HANGUP_COMPLETE"));
    assert_eq!(report.commands, 6);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_is_stable() {
    let callees = Callees::default().with("+49301", Callee::answers(s(3)).talks(s(8)));
    let caller = caller().hears_all("menu").types("1").waits_for_bridge().pauses(s(60));
    let mut server = Server::greets(&switch().callees(callees), caller).await;
    server.executes("answer", "").await;
    server.executes("speak", "flite|slt|This is the menu.").await;
    server.hears("DTMF").await;
    server.executes("set", "hangup_after_bridge=true").await;
    server.executes("bridge", "sofia/gateway/out/+49301").await;
    let (_, report) = server.rest().await;
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sim/menu-then-bridge.txt");
    assert_eq!(report.transcript(), std::fs::read_to_string(golden).unwrap());
}
