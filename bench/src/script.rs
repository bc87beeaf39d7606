//! The call that every server under `src/bin` plays, and how such a server is started.

use clap::Parser;
use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
};
use tokio::runtime::Builder;

/// Applications of the six steps with their arguments, in order.
pub const STEPS: [(&str, &str); 6] = [
    ("answer", ""),
    ("playback", "welcome.wav"),
    ("play_and_get_digits", "1 5 1 5000 # number.wav silence_stream://100 digits \\d+"),
    ("speak", "flite|kal|Thank you. Your number has been noted."),
    ("playback", "goodbye.wav"),
    ("hangup", "NORMAL_CLEARING"),
];

/// Seconds for which the switch keeps the connection after the hangup.
pub const LINGER_S: u64 = 5;

/// Answers calls from FreeSWITCH with the same six steps until it is killed.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 is a free one.
    #[arg(long, default_value = "127.0.0.1:8084")]
    listen: SocketAddr,
    /// Threads that run the calls.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Reads the command line, and serves at that address on so many threads.
pub fn run<S, F>(serve: S) -> io::Result<()>
where
    S: FnOnce(SocketAddr) -> F,
    F: Future<Output = io::Result<()>>,
{
    let arguments = Arguments::parse();
    let address = known_port(arguments.listen)?;
    let mut builder = match arguments.threads {
        0 | 1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(arguments.threads.max(1)).enable_all().build()?;
    runtime.block_on(serve(address))
}

/// Says where the server listens, once it does.
pub fn listening(address: SocketAddr) {
    println!("listening on {address}");
}

/// Not every crate tells which port it was given, so port 0 is replaced before it is asked.
fn known_port(address: SocketAddr) -> io::Result<SocketAddr> {
    match address.port() {
        0 => TcpListener::bind(address)?.local_addr(),
        _ => Ok(address),
    }
}
