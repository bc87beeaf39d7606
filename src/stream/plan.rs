//! What a stream is to be.

use futures_util::future::BoxFuture;
use std::{fmt, sync::Arc, time::Duration};

/// One stream, as a document orders it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its id, as the customer knows it.
    pub id: String,
    /// Its name in the document; empty for none.
    pub name: String,
    /// The customer's server: a `wss` or `ws` URL.
    pub url: String,
    /// Whose messages are spoken.
    pub vendor: Vendor,
    /// The call and its account, as the customer knows them.
    pub call_id: String,
    /// The account.
    pub account_id: String,
    /// Our own name of the account, whose secrets sign.
    pub signer: String,
    /// What is heard.
    pub tracks: Tracks,
    /// Whether the customer's server may speak to the caller.
    pub two_way: bool,
    /// How sound travels.
    pub encoding: Encoding,
    /// Twilio's `<Parameter>`s, Plivo's `extraHeaders`.
    pub parameters: Vec<(String, String)>,
    /// How long it lasts at most.
    pub at_most: Duration,
    /// Who is told what becomes of it.
    pub teller: Option<Arc<dyn Teller>>,
}

/// Whose messages a customer's server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Media Streams (`reference/twiml.md` 2.11).
    Twilio,
    /// Audio streaming (`reference/plivo.md` 4.9).
    Plivo,
}

/// Whose voice is heard, as seen by the server: inbound is the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracks {
    /// The caller.
    Inbound,
    /// What the caller hears.
    Outbound,
    /// Each for itself.
    Both,
}

impl Tracks {
    /// The names that both vendors use.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Inbound => &["inbound"],
            Self::Outbound => &["outbound"],
            Self::Both => &["inbound", "outbound"],
        }
    }
}

/// How sound travels to the customer's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// G.711 µ-law, 8,000 Hz.
    Mulaw,
    /// 16 bits a sample, 8,000 Hz.
    L16At8,
    /// 16 bits a sample, 16,000 Hz.
    L16At16,
}

impl Encoding {
    /// Samples a second.
    pub const fn rate(self) -> u32 {
        match self {
            Self::Mulaw | Self::L16At8 => 8_000,
            Self::L16At16 => 16_000,
        }
    }

    /// The MIME type without its rate.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mulaw => "audio/x-mulaw",
            Self::L16At8 | Self::L16At16 => "audio/x-l16",
        }
    }
}

/// What becomes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The customer's server has taken it.
    Started,
    /// It has ended as it should.
    Stopped,
    /// It could not begin, or broke off, for this reason.
    Failed(String),
    /// The customer's server is slow: so many hundredths of what is kept for it are used up.
    Slow(u32),
}

/// Tells the customer what becomes of a stream, also when its call is over. It stores what it is told
/// before the future is done.
pub trait Teller: Send + Sync {
    /// Takes the next event.
    fn tell(&self, event: StreamEvent) -> BoxFuture<'static, ()>;
}

impl fmt::Debug for dyn Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Teller")
    }
}
