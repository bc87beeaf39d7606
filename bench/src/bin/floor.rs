//! The floor: a reader that finds where the next event ends and whether an application has
//! completed, and sends the next step. No call server that uses `myevents` can do less.

use bytes::{Buf, BytesMut};
use memchr::memmem;
use pivot_bench::script::{self, LINGER_S, STEPS};
use std::{io, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

fn main() -> io::Result<()> {
    script::run(serve)
}

async fn serve(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    script::listening(address);
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(attend(socket));
    }
}

/// One call, from `connect` until the switch has closed the connection.
async fn attend(mut socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut steps = STEPS.into_iter().map(execute);
    let first = steps.next().unwrap_or_default();
    let opening = format!("connect\n\nlinger {LINGER_S}\n\nmyevents\n\n{first}");
    socket.write_all(opening.as_bytes()).await?;
    let mut heard = BytesMut::with_capacity(16 * 1024);
    while socket.read_buf(&mut heard).await? > 0 {
        while let Some((body, end)) = message(&heard) {
            let event = &heard[body..end];
            if event.starts_with(b"Event-Name: CHANNEL_EXECUTE_COMPLETE\n") {
                if let Some(step) = steps.next() {
                    socket.write_all(step.as_bytes()).await?;
                }
            } else if event.starts_with(b"Event-Name: CHANNEL_HANGUP_COMPLETE\n") {
                socket.write_all(b"exit\n\n").await?;
            }
            heard.advance(end);
        }
    }
    Ok(())
}

fn execute((application, argument): (&str, &str)) -> String {
    format!(
        "sendmsg\ncall-command: execute\nexecute-app-name: {application}\n\
         execute-app-arg: {argument}\n\n"
    )
}

/// Where the first message's body begins and ends, if all of it is there. Values are
/// percent-encoded, so the header's name stands for nothing else.
fn message(heard: &[u8]) -> Option<(usize, usize)> {
    const LENGTH: &[u8] = b"Content-Length: ";
    let body = memmem::find(heard, b"\n\n")? + 2;
    let length = memmem::find(&heard[..body], LENGTH).map_or(0, |at| {
        let digits = heard[at + LENGTH.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
    });
    let end = body + length;
    (end <= heard.len()).then_some((body, end))
}
