//! The six steps on the crate `freeswitch-esl`, in its own way: events in JSON, one await a step.
//!
//! It registers who waits for a reply after it has written the command, so a second thread can read
//! the reply in between and the call hangs: measure it with `--threads 1`.

use freeswitch_esl::{Esl, EslConnection, EslError};
use pivot_bench::script::{self, LINGER_S, STEPS};
use std::{io, net::SocketAddr};

fn main() -> io::Result<()> {
    script::run(|address| async move { serve(address).await.map_err(io::Error::other) })
}

async fn serve(address: SocketAddr) -> Result<(), EslError> {
    let listener = Esl::outbound(address).await?;
    script::listening(address);
    loop {
        // `connect`, `event json` and `myevents` are said in here.
        if let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(attend(connection));
        }
    }
}

async fn attend(call: EslConnection) -> Result<(), EslError> {
    call.send_recv(format!("linger {LINGER_S}").as_bytes()).await?;
    let [steps @ .., (hangup, cause)] = STEPS;
    for (application, argument) in steps {
        call.execute(application, argument).await?;
    }
    // Its reader leaves at the linger notice, before or after the last completion, so the reply has
    // to do. The connection closes when the reader has left.
    let hangup = format!(
        "sendmsg\ncall-command: execute\nexecute-app-name: {hangup}\nexecute-app-arg: {cause}"
    );
    call.send_recv(hangup.as_bytes()).await?;
    Ok(())
}
