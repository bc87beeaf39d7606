//! The caller's own voice, sent back.

use super::{Call, Step};
use std::time::Duration;
use tokio::time::Instant;

impl Call {
    /// Sends the caller's audio back for so long, or until the call is over. No key ends it: the switch
    /// takes none while it echoes (QUIRKS: echo-takes-no-keys).
    pub async fn echo(&mut self, length: Duration) -> Step<()> {
        let running = self.start("echo", "")?;
        let until = Instant::now() + length;
        let ended = self.completion(&running, Some(until), |_| None::<()>).await?;
        if ended.into_done().is_none() {
            self.stop(&running).await?;
        }
        Ok(())
    }
}
