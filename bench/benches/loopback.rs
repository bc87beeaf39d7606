//! The same events through a real socket: each crate's whole reader, with its tasks, beside a reader
//! that throws the bytes away. The kernel's part is in every figure.

use divan::{Bencher, black_box, counter::BytesCount};
use freeswitch_esl::Esl;
use freeswitch_esl_tokio::EslClient;
use pivot::esl::{Api, Command, Connection, Incoming, VariableName};
use pivot_bench::recordings::{Events, SIX_HEADERS, last_event};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Runtime},
};

const GO: &[u8] = b"api go\n\n";

/// The answer to `api`, after the events.
const DONE: &[u8] = b"Content-Type: api/response\nContent-Length: 9\n\n+OK done\n";

/// The answer to every other command; one of these crates asks it for the channel's id.
const OK: &[u8] = b"Channel-Unique-ID: u\nContent-Type: command/reply\nReply-Text: +OK\n\n";

const PATIENCE: Duration = Duration::from_secs(10);

fn main() {
    divan::main();
}

/// One command up, one event down: what a step costs the kernel and the wake-ups.
#[divan::bench]
fn limit_round_trip(bencher: Bencher) {
    let event = last_event().into_bytes();
    let (listener, address) = listener();
    let mut heard = vec![0_u8; event.len()];
    switch(address, event);
    let (mut stream, _) = listener.accept().expect("the switch connects");
    stream.set_nodelay(true).expect("it is a socket");
    bencher.bench_local(|| {
        stream.write_all(GO).expect("the switch is there");
        stream.read_exact(&mut heard).expect("the switch is there");
        let mut done = [0; DONE.len()];
        stream.read_exact(&mut done).expect("the switch is there");
    });
}

#[divan::bench]
fn limit_read(bencher: Bencher) {
    let (runtime, stream) = (runtime(), Events::load().plain);
    let (length, mut socket) = (stream.len(), accept(&runtime, stream));
    let mut heard = vec![0_u8; 64 * 1024];
    bencher.counter(BytesCount::new(length)).bench_local(|| {
        runtime.block_on(async {
            socket.write_all(GO).await.expect("the switch is there");
            let mut missing = length + DONE.len();
            while missing > 0 {
                missing -= socket.read(&mut heard).await.expect("the switch is there");
            }
        });
    });
}

#[divan::bench]
fn pivot_six_headers(bencher: Bencher) {
    let (runtime, stream) = (runtime(), Events::load().plain);
    let length = stream.len();
    let mut connection = Connection::new(Box::new(accept(&runtime, stream)));
    let name = VariableName::new("go").expect("it is a name");
    let go = Command::Api(Api::GetVariable { uuid: "u", name: &name });
    bencher.counter(BytesCount::new(length)).bench_local(|| {
        let mut found = 0;
        let read = |incoming| {
            if let Incoming::Event(event) = incoming {
                let six = SIX_HEADERS.iter();
                found += six.filter(|name| black_box(event.get(name)).is_some()).count();
            }
        };
        runtime.block_on(connection.ask(&go, PATIENCE, read)).expect("the switch is there");
        found
    });
}

#[divan::bench]
fn peer_freeswitch_esl_tokio(bencher: Bencher) {
    let (runtime, events) = (runtime(), Events::load());
    let (length, count) = (events.plain.len(), events.bodies.len());
    let socket = accept(&runtime, events.plain);
    let (client, mut stream) =
        runtime.block_on(async { EslClient::accept_outbound_stream(socket) });
    bencher.counter(BytesCount::new(length)).bench_local(|| {
        runtime.block_on(async {
            let mut found = 0;
            let done = client.api("go").await.expect("the switch is there");
            assert!(done.is_success());
            for _ in 0..count {
                let event = stream.try_next().await.expect("the event can be read");
                let event = event.expect("the switch is there");
                let six = SIX_HEADERS.iter();
                found += six.filter(|name| black_box(event.header_str(name)).is_some()).count();
            }
            found
        })
    });
}

/// It reads only JSON, and shows no event but an application's completion to its user.
#[divan::bench]
fn peer_freeswitch_esl_in_json(bencher: Bencher) {
    let (runtime, stream) = (runtime(), Events::load().json);
    let (length, address) = (stream.len(), listener().1);
    let outbound = runtime.block_on(Esl::outbound(address)).expect("it listens");
    switch(address, stream);
    let (client, _) = runtime.block_on(outbound.accept()).expect("the switch connects");
    bencher
        .counter(BytesCount::new(length))
        .bench_local(|| runtime.block_on(client.api("go")).expect("the switch is there"));
}

/// A thread that connects and answers commands: `api` with the events and their end.
fn switch(address: SocketAddr, events: Vec<u8>) {
    thread::spawn(move || -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let (mut heard, mut part) = (Vec::new(), [0; 1024]);
        loop {
            while let Some(end) = memchr::memmem::find(&heard, b"\n\n") {
                match heard.starts_with(b"api ") {
                    true => {
                        [&events[..], DONE].into_iter().try_for_each(|b| stream.write_all(b))?
                    }
                    false => stream.write_all(OK)?,
                }
                heard.drain(..end + 2);
            }
            match stream.read(&mut part)? {
                0 => return Ok(()),
                read => heard.extend_from_slice(&part[..read]),
            }
        }
    });
}

/// The server's end of such a connection.
fn accept(runtime: &Runtime, events: Vec<u8>) -> tokio::net::TcpStream {
    let (listener, address) = listener();
    switch(address, events);
    let (stream, _) = listener.accept().expect("the switch connects");
    stream.set_nonblocking(true).expect("it is a socket");
    runtime.block_on(async { stream.try_into() }).expect("it is a socket")
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    (listener, address)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}
