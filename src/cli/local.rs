//! What the subcommands without a real switch have in common: a server for this terminal alone.

use crate::config::{self, Config, ConfigError};

/// Loopback only, on a free port, nothing on disk. Requests to loopback are allowed: whoever sits at
/// this terminal named the URL.
pub(super) fn configuration() -> Result<Config, ConfigError> {
    let text = r#"
        [esl]
        listen = "127.0.0.1:0"
        [http]
        allow_cidrs = ["127.0.0.0/8", "::1/128"]
        [media]
        listen = "127.0.0.1:0"
        cache = ""
        [dial]
        gateways = ["simulated"]
        [store]
        path = ""
        [server]
        drain_s = 1
        [log]
        level = "error"
    "#;
    config::load_text("built-in", text, [])
}
