//! Configuration: one TOML file over the embedded defaults of `pivot.toml`, over which environment
//! variables go. A mistake names its file, line and key, and the nearest key that exists.

mod check;
mod load;
mod secrets;
mod sections;

pub use load::{ConfigError, DEFAULTS, load, load_text};
#[cfg(test)]
pub(crate) use secrets::webhook_key;
pub use sections::{
    Account, Accounts, Api, BodyFormat, Callflows, Cdr, Config, Dial, Egress, Esl, Http, Log,
    LogFormat, Media, Method, Outbox, Pivot, ProxyUrl, ReqFormat, Server, Speech, Store,
};
