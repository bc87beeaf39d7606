//! The six steps on the crate `freeswitch-esl-tokio`, as its own example has it: a client for the
//! commands, a stream of plain events.

use freeswitch_esl_tokio::{EslClient, EslError, EslEventStream, EslEventType, EventFormat};
use pivot_bench::script::{self, LINGER_S, STEPS};
use std::{io, net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

fn main() -> io::Result<()> {
    script::run(serve)
}

async fn serve(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    script::listening(address);
    loop {
        if let Ok((client, events)) = EslClient::accept_outbound(&listener).await {
            tokio::spawn(attend(client, events));
        }
    }
}

async fn attend(client: EslClient, mut events: EslEventStream) -> Result<(), EslError> {
    client.connect_session().await?.check()?;
    client.linger(Some(Duration::from_secs(LINGER_S))).await?;
    client.myevents(EventFormat::Plain).await?;
    let mut steps = STEPS.into_iter();
    next_step(&client, &mut steps).await?;
    while let Some(event) = events.try_next().await? {
        match event.event_type() {
            Some(EslEventType::ChannelExecuteComplete) => next_step(&client, &mut steps).await?,
            Some(EslEventType::ChannelHangupComplete) => break,
            _ => {}
        }
    }
    client.exit().await?.check()
}

async fn next_step(
    client: &EslClient,
    steps: &mut impl Iterator<Item = (&'static str, &'static str)>,
) -> Result<(), EslError> {
    let Some((application, argument)) = steps.next() else { return Ok(()) };
    client.execute(application, Some(argument), None).await?.check()
}
