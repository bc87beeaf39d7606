//! One step of a callflow on the simulated switch. Time is paused, so that what is left of a prompt
//! is the work of both sides; `limit_…` is the switch's own part.

use bytes::BytesMut;
use divan::Bencher;
use pivot::{
    call::{Call, Settings},
    config,
    esl::Session,
    piston::{Executor, Exit, Flow, Library},
    sim::{Caller, Media, Switch},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    runtime::{Builder, Runtime},
};

/// Callflows of one action: without and with a command to the switch.
const ACTIONS: [&str; 3] = [
    r#"{"module":"noop"}"#,
    r#"{"module":"set_variables","data":{"custom_application_vars":{"tenant":"7"}}}"#,
    r#"{"module":"play","data":{"id":"welcome.wav"}}"#,
];

const PROMPT: &str = "/sounds/welcome.wav";

fn main() {
    divan::main();
}

#[divan::bench(args = ACTIONS, sample_size = 8)]
fn piston_action(bencher: Bencher, action: &str) {
    let runtime = paused();
    let flow = Flow::parse(action.as_bytes()).value.expect("the callflow is valid");
    let library: Arc<Library> = Arc::default();
    let mut call = runtime.block_on(take_over());
    bencher.bench_local(|| {
        let mut executor = Executor::new(flow.clone(), Arc::clone(&library));
        let exit = runtime.block_on(executor.run(&mut call));
        assert!(matches!(exit, Ok(Exit::Stopped(None))), "{exit:?}");
    });
}

/// The same prompt from somebody who only waits for the bytes of its completion.
#[divan::bench(sample_size = 8)]
fn limit_execute_and_completion(bencher: Bencher) {
    let runtime = paused();
    let mut switch = runtime.block_on(async { calling() });
    let opening = "connect\n\nevent plain CHANNEL_EXECUTE_COMPLETE\n\n";
    let answer = "sendmsg\ncall-command: execute\nexecute-app-name: answer\n\n";
    runtime.block_on(complete(&mut switch, &format!("{opening}{answer}")));
    let play = format!(
        "sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: {PROMPT}\n\n"
    );
    bencher.bench_local(|| runtime.block_on(complete(&mut switch, &play)));
}

/// A simulated call; the other end of its connection. Runs while the runtime does.
fn calling() -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let media = Media::default().with(PROMPT, Duration::from_millis(20));
    let switch = Switch::new(1).media(media);
    tokio::spawn(async move { switch.call(Caller::new("100", "200"), theirs).await });
    ours
}

/// Such a call in our hands, answered.
async fn take_over() -> Call {
    let text = "[media]\nsounds = \"/sounds\"";
    let config = config::load_text("bench", text, []).expect("the configuration is valid");
    let session = Session::open(Box::new(calling()), None).await.expect("the switch has a call");
    let (mut call, _orders) =
        Call::take_over(session, Arc::new(Settings::new(&config)), Vec::new())
            .expect("the call is ours");
    call.answer().await.expect("the call is answered");
    call
}

/// Sends commands and reads on until an application has completed.
async fn complete(switch: &mut DuplexStream, commands: &str) {
    switch.write_all(commands.as_bytes()).await.expect("the switch is there");
    let mut heard = BytesMut::with_capacity(16 * 1024);
    while memchr::memmem::find(&heard, b"\nEvent-Name: CHANNEL_EXECUTE_COMPLETE\n").is_none() {
        let read = switch.read_buf(&mut heard).await.expect("the switch is there");
        assert!(read > 0, "the switch has hung up");
    }
}

fn paused() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be made")
}
