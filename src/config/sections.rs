//! The settings as types. What each means, and its default, stands in `pivot.toml`.

use super::secrets;
use crate::base::{Secret, sid, web};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};
use url::Url;

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// FreeSWITCH's connections to us.
    pub esl: Esl,
    /// The pivot request.
    pub pivot: Pivot,
    /// Callflows from files.
    pub callflows: Callflows,
    /// Dial-string templates.
    pub dial: Dial,
    /// Text to speech.
    pub speech: Speech,
    /// Conferences.
    pub conference: Conference,
    /// What may be played, and where recordings go.
    pub media: Media,
    /// Media streams.
    pub stream: Stream,
    /// Texts of recordings.
    pub transcription: Transcription,
    /// The door out.
    pub http: Http,
    /// The HTTP API.
    pub api: Api,
    /// Secrets by account.
    pub accounts: Accounts,
    /// Call detail records.
    pub cdr: Cdr,
    /// Deliveries.
    pub outbox: Outbox,
    /// The database.
    pub store: Store,
    /// The process.
    pub server: Server,
    /// Logging.
    pub log: Log,
}

/// `[esl]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Esl {
    /// Listening address.
    pub listen: SocketAddr,
    /// Who may connect.
    pub allow: Vec<IpNet>,
    /// Calls at once.
    pub max_calls: usize,
    /// Seconds that FreeSWITCH keeps the connection after a hangup.
    pub linger_s: u32,
}

/// `[pivot]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pivot {
    /// Time for one request in Piston's format, milliseconds.
    pub request_timeout_ms: u64,
    /// URL for calls that name nothing else; empty for none.
    pub voice_url: String,
    /// Method of the first request.
    pub method: Method,
    /// Parameter set of requests.
    pub req_format: ReqFormat,
    /// Encoding of a POST.
    pub req_body_format: BodyFormat,
    /// URL for when `voice_url` fails; empty for none.
    pub fallback_url: String,
    /// Said before a call is given up; empty for silence.
    pub apology: String,
    /// Told of the end of every call in Plivo's names; empty for nobody.
    pub hangup_url: String,
    /// How.
    pub hangup_method: Method,
    /// Told of the end of every call in Twilio's names; empty for nobody.
    pub status_callback: String,
    /// How.
    pub status_callback_method: Method,
}

/// `[callflows]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callflows {
    /// Folder of callflow files; empty for none.
    pub dir: PathBuf,
}

/// `[dial]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dial {
    /// Template for numbers.
    pub number: String,
    /// Gateways, best first.
    pub gateways: Vec<String>,
    /// Template for SIP addresses.
    pub sip: String,
    /// Template for registered users.
    pub user: String,
    /// Template for Twilio's clients; empty for that of users.
    pub client: String,
    /// Domain of users without one.
    pub user_domain: String,
    /// Ring time, seconds.
    pub timeout_s: u32,
    /// Where the switch finds this server when a called party comes to us; empty for the address that
    /// the caller's connection came to.
    pub legs_at: String,
}

/// `[speech]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    /// Default engine.
    pub engine: String,
    /// Default voice.
    pub voice: String,
    /// Voice by what a document names, by language, or by both (`fr-FR/woman`).
    pub voices: BTreeMap<String, Voice>,
    /// Engines that documents may name.
    pub engines: Vec<String>,
    /// Engines that are given SSML.
    pub ssml: Vec<String>,
    /// Speech recognition engine; empty for none.
    pub recogniser: String,
    /// Template of the grammar that it is given.
    pub grammar: String,
    /// Templates of its parameters.
    pub recogniser_parameters: BTreeMap<String, String>,
}

/// A voice in `speech.voices`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "must be a voice, or { engine = \"…\", voice = \"…\" }")]
pub enum Voice {
    /// A voice of the default engine, or of the one that the document names.
    Named(String),
    /// A voice of this engine.
    Of(EngineVoice),
}

/// An engine, and a voice of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineVoice {
    /// FreeSWITCH's name of the engine.
    pub engine: String,
    /// Its own name of the voice.
    pub voice: String,
}

/// `[conference]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conference {
    /// The switch's profile for all conferences.
    pub profile: String,
    /// Media for who waits where a document names none; empty for silence.
    pub music: String,
}

/// `[media]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// Folder for relative names; empty for FreeSWITCH's own.
    pub sounds: String,
    /// Folders from which absolute paths may be played.
    pub roots: Vec<String>,
    /// Whether http(s) URLs may be played.
    pub http: bool,
    /// How FreeSWITCH is given a file of our listener.
    pub http_template: String,
    /// Where FreeSWITCH fetches those files.
    pub listen: SocketAddr,
    /// Who may fetch them.
    pub allow: Vec<IpNet>,
    /// That listener as FreeSWITCH reaches it; empty for its address.
    pub switch_url: String,
    /// Folder for fetched files; empty for a temporary one.
    pub cache: PathBuf,
    /// Room in that folder, megabytes.
    pub cache_mb: u64,
    /// How long a file is kept that nobody plays, hours.
    pub cache_age_h: u64,
    /// How long a file is played without asking whose server does not say, seconds.
    pub fresh_s: u64,
    /// Largest file, megabytes.
    pub file_mb: u64,
    /// Folder for recordings, on the switch.
    pub recordings: String,
    /// URL prefix of the operator's own web server for recordings; empty for none.
    pub recordings_url: String,
    /// How long the API's URLs of recordings hold, hours.
    pub recordings_ttl_h: u64,
    /// What those URLs are signed with; empty for a key derived from the API's token.
    pub recordings_secret: Secret,
}

/// `[stream]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Our address for the switch's `unicast`; empty if that is not used.
    pub unicast: String,
    /// API command that starts the module's stream; empty for no module.
    pub start: String,
    /// API command that stops it.
    pub stop: String,
    /// Whether the module plays sound that it is sent.
    pub plays: bool,
    /// Where modules connect.
    pub listen: SocketAddr,
    /// Where sound may come from: the switches.
    pub allow: Vec<IpNet>,
    /// That listener as the switches reach it; empty for its address.
    pub switch_url: String,
}

/// `[transcription]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcription {
    /// The program and its arguments; empty for none.
    pub command: Vec<String>,
    /// Time for one recording, seconds.
    pub timeout_s: u64,
    /// Recordings at once.
    pub at_once: usize,
}

impl Transcription {
    /// Nothing is transcribed.
    pub const OFF: Self = Self { command: Vec::new(), timeout_s: 300, at_once: 2 };
}

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Time to connect, milliseconds.
    pub connect_timeout_ms: u64,
    /// Networks allowed in spite of the default refusals.
    pub allow_cidrs: Vec<IpNet>,
    /// Host names allowed in spite of the default refusals.
    pub allow_hosts: Vec<String>,
    /// Networks refused.
    pub block_cidrs: Vec<IpNet>,
    /// Host names refused.
    pub block_hosts: Vec<String>,
    /// Region of this node, one of `egress`; empty for none.
    pub region: String,
    /// Region of a FreeSWITCH node by its host name, where it is not `region`.
    pub switch_regions: BTreeMap<String, String>,
    /// Ways out, by region.
    pub egress: BTreeMap<String, Egress>,
}

/// `[http.egress.NAME]`: one way out; exactly one of the two is set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// Local address that connections are made from.
    pub source: Option<IpAddr>,
    /// `http://` or `socks5://` proxy.
    pub proxy: Option<ProxyUrl>,
}

/// The address of a proxy; may hold a password, which is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// With user and password.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&web::masked(self.0.as_str()))
    }
}

/// `[api]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Listening address.
    pub listen: SocketAddr,
    /// What a client has to know; empty for no API.
    pub token: Secret,
    /// The API as customers reach it; empty if they do not.
    pub public_url: String,
}

/// `[accounts]`: accounts by their id. `default` is always among them.
pub type Accounts = BTreeMap<String, Account>;

/// `[accounts.ID]`: what requests of the account's calls are signed with, and what they call it. Each list holds at most
/// [`crate::base::limits::SECRETS_AT_ONCE`], none of them empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Plivo auth tokens, each of which signs.
    #[serde(default, deserialize_with = "secrets::tokens")]
    pub plivo_auth_tokens: Vec<Secret>,
    /// Twilio auth tokens, of which the first signs.
    #[serde(default, deserialize_with = "secrets::tokens")]
    pub twilio_auth_tokens: Vec<Secret>,
    /// What TwiML requests call the account; empty for a name derived from its id.
    #[serde(default, deserialize_with = "account_sid")]
    pub twilio_account_sid: String,
    /// Keys for Standard Webhooks, decoded, each of which signs.
    #[serde(default, deserialize_with = "secrets::webhook_keys")]
    pub webhook_secrets: Vec<Secret>,
    /// The account whose Plivo tokens sign for the main account; empty for this one itself.
    #[serde(default)]
    pub main_account: String,
}

/// `AC` and 32 hexadecimal digits, or nothing.
fn account_sid<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let sid = String::deserialize(from)?;
    match sid.is_empty() || sid::account(&sid) == sid {
        true => Ok(sid),
        false => Err(D::Error::custom("must be AC and 32 digits or letters from a to f")),
    }
}

impl Account {
    /// The id of the account that stands in for those without secrets of their own.
    pub const DEFAULT: &str = "default";
}

/// `[cdr]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cdr {
    /// Default receiver; empty for none.
    pub url: String,
    /// Encoding.
    pub format: BodyFormat,
}

/// `[outbox]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// First pause, milliseconds.
    pub retry_first_ms: u64,
    /// Longest pause, seconds.
    pub retry_longest_s: u64,
    /// Giving up, hours.
    pub give_up_after_h: u64,
    /// Time for one attempt, milliseconds.
    pub timeout_ms: u64,
    /// Keeping delivered rows, hours.
    pub keep_delivered_h: u64,
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Database file; empty for memory.
    pub path: PathBuf,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Threads that calls run on.
    pub threads: usize,
    /// Time to drain, seconds.
    pub drain_s: u64,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Level or filter.
    pub level: String,
    /// Shape of a line.
    pub format: LogFormat,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// An HTTP method of a pivot request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Method {
    /// Parameters go into the query.
    #[default]
    #[serde(rename = "get", alias = "GET")]
    Get,
    /// Parameters go into the body.
    #[serde(rename = "post", alias = "POST")]
    Post,
}

/// The parameter set of a pivot request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum ReqFormat {
    /// KAZOO's own names (`Call-ID`, `Caller-ID-Number`); `kazoo` means the same.
    #[default]
    #[serde(rename = "piston", alias = "Piston", alias = "kazoo")]
    Piston,
    /// Twilio's names (`CallSid`, `From`).
    #[serde(rename = "twiml")]
    Twiml,
    /// Plivo's names (`CallUUID`, `From`).
    #[serde(rename = "plivo")]
    Plivo,
}

/// How parameters travel in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyFormat {
    /// `application/x-www-form-urlencoded`.
    #[default]
    Form,
    /// `application/json`.
    Json,
}
