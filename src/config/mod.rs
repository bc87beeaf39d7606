//! Configuration: one TOML file over the embedded defaults of `pivot.toml`, over which environment
//! variables go. A mistake names its file, line and key, and the nearest key that exists.

mod check;
mod error;
mod load;
mod merge;
mod secrets;
mod sections;
mod speech;

pub use error::ConfigError;
pub use load::{DEFAULTS, load, load_text};
#[cfg(test)]
pub(crate) use secrets::webhook_key;
pub use sections::{
    Account, Accounts, Api, BodyFormat, Callflows, Cdr, Conference, Config, Dial, Egress,
    EngineVoice, Esl, Http, Log, LogFormat, Media, Method, Outbox, Pivot, ProxyUrl, ReqFormat,
    Server, Speech, Store, Stream, Transcription, Voice,
};
