//! The habits of FreeSWITCH's queue, keys and last events that servers trip over, each in a small
//! call; and faults.

mod sim;

use pivot::sim::{Faults, Mode, Outcome, Prompt, Seen, Switch};
use sim::{
    caller, ms, s,
    server::{Message, Server, names, value},
    switch,
};
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(start_paused = true)]
async fn a_break_right_after_an_execute_is_lost() {
    let mut server = Server::greets(&switch(), caller()).await;
    server.executes("answer", "").await;
    server.completes("answer").await;
    server.executes("playback", "tone_stream://%(1000,0,440)").await;
    let uuid = server.uuid.clone();
    assert_eq!(server.asks(&format!("api uuid_break {uuid}")).await, "+OK\n");
    let stop = server.hears("PLAYBACK_STOP").await;
    assert_eq!(value(&stop, "Playback-Status"), "done");
}

#[tokio::test(start_paused = true)]
async fn a_break_all_right_after_an_execute_eats_it() {
    let mut server = Server::greets(&switch(), caller()).await;
    server.executes("answer", "").await;
    server.completes("answer").await;
    server.executes("playback", "tone_stream://%(1000,0,440)").await;
    let uuid = server.uuid.clone();
    server.asks(&format!("api uuid_break {uuid} all")).await;
    tokio::time::sleep(s(2)).await;
    server.executes("hangup", "").await;
    let (rest, _) = server.rest().await;
    assert!(!names(&rest).contains(&"PLAYBACK_START".to_owned()), "{:?}", names(&rest));
}

#[tokio::test(start_paused = true)]
async fn keys_typed_while_idle_are_thrown_away_after_their_event() {
    let caller = caller().waits_for_answer().types("12").pauses(s(30));
    let mut server = Server::greets(&switch(), caller).await;
    server.executes("answer", "").await;
    for key in ["1", "2"] {
        assert_eq!(value(&server.hears("DTMF").await, "DTMF-Digit"), key);
    }
    server.executes("play_and_get_digits", "1 2 1 1000 # silence_stream://10 '' pin \\d").await;
    let done = server.completes("play_and_get_digits").await;
    assert_eq!(value(&done, "variable_read_result"), "failure");
}

#[tokio::test(start_paused = true)]
async fn keys_typed_in_an_invalid_prompt_count_afterwards() {
    let caller = caller().hears("440").types("9").pauses(ms(1_300)).types("42#").pauses(s(30));
    let mut server = Server::greets(&switch(), caller).await;
    server.executes("answer", "").await;
    let prompts = "tone_stream://%(300,0,440) tone_stream://%(2000,0,200)";
    server.executes("play_and_get_digits", &format!("1 4 2 1000 # {prompts} pin ^4")).await;
    let done = server.completes("play_and_get_digits").await;
    assert_eq!(value(&done, "variable_pin"), "42");
    assert_eq!(value(&done, "variable_pin_invalid"), "9");
}

#[tokio::test(start_paused = true)]
async fn a_key_ends_sleep_and_stays_in_the_queue() {
    let caller = caller().waits_for_answer().pauses(ms(500)).types("5").pauses(s(30));
    let mut server = Server::greets(&switch(), caller).await;
    server.executes("answer", "").await;
    server.executes_with("sleep", "10000", "event-lock: true\n").await;
    server.executes("play_and_get_digits", "1 1 1 1000 # silence_stream://10 '' pin \\d").await;
    let done = server.completes("play_and_get_digits").await;
    assert_eq!(value(&done, "variable_pin"), "5");
}

#[tokio::test(start_paused = true)]
async fn the_linger_notice_comes_anywhere_and_nothing_is_lost() {
    let mut places = BTreeSet::new();
    for seed in 0..60 {
        let mut server = Server::greets(&switch().seed(seed), caller()).await;
        server.executes("hangup", "").await;
        let (rest, _) = server.rest().await;
        let names = names(&rest);
        assert!(names.contains(&"CHANNEL_HANGUP_COMPLETE".to_owned()), "seed {seed}: {names:?}");
        let linger = Message::Notice("linger".to_owned());
        let before = rest.iter().take_while(|message| **message != linger);
        let before: Vec<_> = before.cloned().collect();
        let before = sim::server::names(&before);
        places.insert((
            before.contains(&"CHANNEL_HANGUP".to_owned()),
            before.contains(&"CHANNEL_HANGUP_COMPLETE".to_owned()),
        ));
    }
    let all = BTreeSet::from([(false, false), (true, false), (true, true)]);
    assert_eq!(places, all);
}

#[tokio::test(start_paused = true)]
async fn without_linger_the_last_events_may_be_lost() {
    let mut seen = BTreeSet::new();
    for seed in 0..60 {
        let mut server = Server::waits_for(&switch().seed(seed), caller());
        server.connects().await;
        server.asks("myevents").await;
        server.executes("hangup", "").await;
        let (rest, _) = server.rest().await;
        let names = names(&rest);
        let has = |name: &str| names.iter().any(|known| known == name);
        seen.insert((has("CHANNEL_HANGUP"), has("CHANNEL_HANGUP_COMPLETE")));
    }
    let all = BTreeSet::from([(false, false), (true, false), (true, true)]);
    assert_eq!(seen, all);
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_does_not_hang_up_the_caller() {
    let mut server = Server::greets(&switch(), caller()).await;
    server.executes("answer", "").await;
    server.executes_with("playback", "/a.wav", "event-lock: true\n").await;
    server.executes_with("playback", "/b.wav", "event-lock: true\n").await;
    let report = server.leaves().await;
    let finished = |path: &str| Seen::Finished(Prompt::File(path.to_owned()));
    assert!(report.saw(|seen| *seen == finished("/a.wav")));
    assert!(report.saw(|seen| *seen == finished("/b.wav")));
    assert_eq!(report.outcome, Outcome::ContinuedDialplan);
    assert!(report.lasted > s(4));
}

#[tokio::test(start_paused = true)]
async fn after_resume_a_dead_server_cuts_the_application_off() {
    let mut server = Server::greets(&switch(), caller()).await;
    server.executes("answer", "").await;
    server.asks("resume").await;
    server.executes("playback", "tone_stream://%(60000,0,440)").await;
    server.hears("PLAYBACK_START").await;
    let report = server.leaves().await;
    assert_eq!(report.outcome, Outcome::ContinuedDialplan);
    assert!(report.lasted < s(2), "{:?}", report.lasted);
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_leaves_the_caller_in_the_dark() {
    let caller = caller().pauses(s(40)).hangs_up();
    let server = Server::waits_for(&switch(), caller);
    let (rest, report) = server.rest().await;
    assert_eq!(rest, [Message::Notice("disconnect".to_owned())]);
    assert_eq!(report.outcome, Outcome::Abandoned);
    assert!(report.lasted >= s(40));
}

#[tokio::test(start_paused = true)]
async fn without_full_only_the_channel_itself_can_be_commanded() {
    let mode = Mode { asynchronous: true, full: false };
    let mut server = Server::waits_for(&switch().mode(mode), caller());
    server.says("connect\n\n").await;
    let Some(Message::Event(connect)) = server.next().await else { panic!() };
    assert_eq!(value(&connect, "Control"), "single-channel");
    for command in ["linger 2", "event plain ALL", "api status", "bgapi status", "noevents"] {
        assert_eq!(server.asks(command).await, "-ERR command not found", "{command}");
    }
    assert_eq!(server.asks("myevents").await, "+OK Events Enabled");
    server.executes("answer", "").await;
    server.completes("answer").await;
}

#[tokio::test(start_paused = true)]
async fn no_event_is_sent_while_half_a_command_waits() {
    let mut server = Server::greets(&switch(), caller()).await;
    server.executes("answer", "").await;
    server.says("getvar ").await;
    tokio::time::sleep(s(1)).await;
    server.says("uuid\n\n").await;
    assert_eq!(server.next().await, Some(Message::Reply(server.uuid.clone())));
    server.completes("answer").await;
}

#[tokio::test(start_paused = true)]
async fn a_repeated_application_stops_when_a_pass_is_short() {
    let mut server = Server::greets(&switch(), caller()).await;
    server.executes("answer", "").await;
    server.executes_with("playback", "tone_stream://%(100,0,1)", "loops: 5\n").await;
    server.completes("playback").await;
    server
        .executes_with("playback", "tone_stream://%(600,0,2)", "loops: 3\nevent-lock: true\n")
        .await;
    server.executes("hangup", "").await;
    let (_, report) = server.rest().await;
    let heard = |tone: &str| {
        let prompt = Prompt::Tone(tone.to_owned());
        report
            .observations
            .iter()
            .filter(|seen| seen.what == Seen::Finished(prompt.clone()))
            .count()
    };
    assert_eq!((heard("%(100,0,1)"), heard("%(600,0,2)")), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn split_writes_carry_the_same_bytes() {
    let whole = fault_run(Faults::none()).await;
    let split = fault_run(Faults::none().split_writes()).await;
    // Which ids are drawn differs, because splitting rolls the dice too.
    assert_eq!(names(&whole.0), names(&split.0));
    assert_eq!(whole.1, split.1);
}

#[tokio::test(start_paused = true)]
async fn delayed_events_keep_their_order() {
    let calm = fault_run(Faults::none()).await;
    let delayed = fault_run(Faults::none().delay_events(ms(300))).await;
    assert_eq!(names(&calm.0), names(&delayed.0));
}

#[tokio::test(start_paused = true)]
async fn the_caller_may_hang_up_and_the_line_may_break_at_any_moment() {
    for seed in 0..40 {
        for faults in [
            Faults::none().hang_up(s(3)),
            Faults::none().drop_connection(s(3)),
            Faults::none().hang_up(s(3)).drop_connection(s(3)).split_writes().delay_events(ms(50)),
        ] {
            let switch = switch().seed(seed).faults(faults.clone());
            let first = unsteady_run(&switch).await;
            let again = unsteady_run(&switch).await;
            assert_eq!(first, again, "seed {seed} with {faults:?}");
            assert!(first.contains("fault: "), "seed {seed}: {first}");
            assert!(first.contains("hung up by"), "seed {seed}: {first}");
        }
    }
}

/// A short call; all messages and the transcript.
async fn fault_run(faults: Faults) -> (Vec<Message>, String) {
    let caller = caller().waits_for_answer().types("1");
    let mut server = Server::greets(&switch().faults(faults), caller).await;
    for (application, argument) in
        [("answer", ""), ("playback", "/a.wav"), ("set", "a=1"), ("hangup", "")]
    {
        server.executes_with(application, argument, "event-lock: true\n").await;
    }
    let (rest, report) = server.rest().await;
    let without_notices = rest.into_iter().filter(|m| !matches!(m, Message::Notice(_))).collect();
    (without_notices, report.transcript())
}

#[allow(clippy::unwrap_used)]
/// A call whose server only writes its commands and reads on; the transcript.
async fn unsteady_run(switch: &Switch) -> String {
    let (near, mut far) = tokio::io::duplex(1024 * 1024);
    let execute = "sendmsg\ncall-command: execute\nevent-lock: true\nexecute-app-name: ";
    let commands = format!(
        "connect\n\nlinger 1\n\nmyevents\n\n{execute}answer\n\n\
         {execute}playback\nexecute-app-arg: tone_stream://%(9000,0,440)\n\n"
    );
    let server = async {
        far.write_all(commands.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
    };
    let (report, ()) = tokio::join!(switch.call(caller(), near), server);
    report.transcript()
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_held_back_comes_in_its_time_also_while_the_switch_lingers() {
    for seed in 0..20 {
        let switch = switch().seed(seed).faults(Faults::none().delay_events(ms(300)));
        let mut server = Server::greets(&switch, caller()).await;
        let began = tokio::time::Instant::now();
        server.executes("answer", "").await;
        server.completes("answer").await;
        assert!(began.elapsed() < s(1), "seed {seed}: answered after {:?}", began.elapsed());
        let began = tokio::time::Instant::now();
        server.executes("hangup", "").await;
        server.hears("CHANNEL_HANGUP_COMPLETE").await;
        assert!(began.elapsed() < s(1), "seed {seed}: hung up after {:?}", began.elapsed());
    }
}
