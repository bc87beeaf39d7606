//! Every ceiling in the program, in one place, with its unit. Passing one of these gives a named
//! error that the operator or the document's author can understand. What an operator may tune is in
//! the configuration; these are the bounds that the configuration itself cannot leave.

use std::{ops::RangeInclusive, time::Duration};

// ── FreeSWITCH's socket ──────────────────────────────────────────────────────────────────────

/// Largest message (header block and body) that we take from FreeSWITCH, bytes. A call's events are
/// 5–11 KB; a channel variable may be large and is three times as long when percent-encoded.
pub const ESL_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// Most commands whose replies are still outstanding on one connection.
pub const ESL_QUEUED_REPLIES: usize = 64;

/// How long FreeSWITCH may take to answer a command.
pub const ESL_REPLY: Duration = Duration::from_secs(10);

/// How long a new connection may take to answer `connect`.
pub const ESL_CONNECT: Duration = Duration::from_secs(10);

/// Calls that are being refused at once because there are too many; more are closed without a word.
pub const ESL_REFUSALS: usize = 256;

/// How long a channel may take to park after `connect`; a refusal before that strands the caller.
pub const ESL_PARKING: Duration = Duration::from_millis(500);

/// How long we keep writing to a switch that does not read, before the connection is given up.
pub const ESL_WRITE_STALL: Duration = Duration::from_secs(10);

// ── calls ────────────────────────────────────────────────────────────────────────────────────

/// Keys typed ahead that a call keeps; later ones push out the oldest.
pub const TYPED_AHEAD: usize = 128;

/// Longest wait for one application to complete beyond its own expected time.
pub const APPLICATION_GRACE: Duration = Duration::from_secs(30);

/// Longest time that a single prompt may play.
pub const PROMPT: Duration = Duration::from_secs(4 * 3600);

/// Longest recording.
pub const RECORDING: Duration = Duration::from_secs(24 * 3600);

/// Recordings that one call makes at once beside what it does. Each is a tap on the channel's media in
/// the switch.
pub const RECORDINGS_AT_ONCE: usize = 8;

/// How long the switch may take to end a recording that it was told to end: a large file is closed.
pub const RECORDING_STOP: Duration = Duration::from_secs(5);

/// How long what follows a recording (trimming, storing that somebody is to be told) may keep a call that
/// is over.
pub const RECORDING_AFTERMATH: Duration = Duration::from_secs(60);

/// Recordings that TwiML transcribes: shorter and longer ones are not.
pub const TRANSCRIBED: RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(120);

/// Longest text of a recording, bytes.
pub const TRANSCRIPT_BYTES: usize = 64 * 1024;

/// How much of what a failing transcriber complains of is told, bytes.
pub const TRANSCRIBER_COMPLAINT: usize = 500;

/// Mean sample value (of 32,767) under which 20 ms of a recording count as silence.
pub const SILENCE_LEVEL: u32 = 200;

/// Silence that is left before the first and after the last sound of a trimmed recording.
pub const TRIM_MARGIN: Duration = Duration::from_millis(100);

/// Pieces in which a recording is read to be trimmed, bytes.
pub const TRIM_PIECE: usize = 64 * 1024;

/// Longest conversation of a dialled leg.
pub const CONVERSATION: Duration = Duration::from_secs(24 * 3600);

/// How long a phone that was sent elsewhere may take to tell how that went.
pub const REFERRAL: Duration = Duration::from_secs(30);

/// Legs in one dial.
pub const DIAL_LEGS: usize = 30;

/// Longest time that a called party may spend with us before it is connected.
pub const GATE: Duration = Duration::from_secs(15 * 60);

/// Longest time for which an answering machine is heard out.
pub const DETECTION: Duration = Duration::from_secs(60);

/// Things that have happened in one dial and that nobody has looked at yet; further keys are dropped.
pub const DIAL_NEWS: usize = 1_000;

/// Sounds in a row that a caller hears while it rings.
pub const RINGBACK_SOUNDS: usize = 50;

/// SIP headers that one dial adds.
pub const DIAL_HEADERS: usize = 50;

/// How often a prompt that is asked to loop "for ever" is really played.
pub const ENDLESS_LOOPS: u32 = 1_000;

/// Longest text in one speech prompt, bytes. A longer one is said in pieces.
pub const SPEECH_BYTES: usize = 5_000;

/// Longest speech that is listened to.
pub const SPEECH_HEARD: Duration = Duration::from_secs(60);

/// Longest text of a recogniser that is passed on, characters.
pub const RECOGNISED_CHARACTERS: usize = 10_000;

/// Reports of a recogniser that wait to be taken.
pub const SPEECH_EVENTS: usize = 64;

/// Requests about partial results of one verb.
pub const PARTIAL_RESULTS: u32 = 100;

/// Longest SSML that an engine is given whole, bytes. A longer one is said as text.
pub const SSML_BYTES: usize = 20_000;

/// Applications of one call that have been started and have not completed. One is the rule; FreeSWITCH
/// dies of seven.
pub const NESTED_APPLICATIONS: usize = 3;

/// Members of one room.
pub const ROOM_MEMBERS: usize = 250;

/// What happened in a conference and was not yet told to the call's own attendant; more is forgotten.
pub const CONFERENCE_NEWS: usize = 64;

/// How long the end of a conference's recording may take to be told after the last member has left.
pub const CONFERENCE_RECORDING_END: Duration = Duration::from_secs(2);

// ── queues ───────────────────────────────────────────────────────────────────────────────────

/// Longest name of a queue, characters.
pub const QUEUE_NAME_CHARS: usize = 64;

/// Callers that wait in one queue unless the document says otherwise.
pub const QUEUE_MEMBERS: u32 = 1_000;

/// Callers that a document may let wait in one queue.
pub const QUEUE_MEMBERS_MOST: u32 = 5_000;

/// Queues that are known at once; at this number the one that was used longest ago and is empty is forgotten.
pub const QUEUES: usize = 10_000;

/// A round of a wait document takes at least this long, however short the document is.
pub const WAIT_ROUND: Duration = Duration::from_secs(1);

/// How long music plays where a wait document that was there before cannot be had, until it is asked for again.
pub const WAIT_RETRY: Duration = Duration::from_secs(30);

/// How long the place of a caller is kept whom the end of a server has left to the dialplan. The dialplan
/// must have given up by then (`pivot_resume_tries` in freeswitch-conf/).
pub const PLACE_KEPT: Duration = Duration::from_secs(15 * 60);

/// How often places are looked for that nobody has come back to.
pub const PLACES_TIDIED: Duration = Duration::from_secs(60);

// ── documents ────────────────────────────────────────────────────────────────────────────────

/// Largest document that a customer's web server may answer with, bytes.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;

/// Largest TwiML document, bytes: what Twilio takes (its error 11750).
pub const TWIML_BYTES: usize = 64 * 1024;

/// Largest document in Plivo XML, bytes: what Plivo takes.
pub const PLIVO_XML_BYTES: usize = 100 * 1024;

/// Deepest nesting of a document, levels.
pub const DOCUMENT_DEPTH: usize = 64;

/// Nodes of one callflow, and elements of one XML document.
pub const DOCUMENT_NODES: usize = 10_000;

/// Attributes of one XML element.
pub const DOCUMENT_ATTRIBUTES: usize = 64;

/// User variables (`<Set>`, `<Variable>`) of one call.
pub const USER_VARIABLES: usize = 500;

/// Longest value of a user variable, bytes.
pub const USER_VARIABLE_BYTES: usize = 4 * 1024;

/// Diagnostics kept for one document; more are counted, not kept.
pub const DIAGNOSTICS: usize = 100;

/// Regular expressions in one document.
pub const DOCUMENT_REGEXES: usize = 100;

/// Longest regular expression of a document, characters.
pub const REGEX_CHARACTERS: usize = 256;

/// Memory of one compiled regular expression, and of its search cache, bytes.
pub const REGEX_BYTES: usize = 256 * 1024;

/// Application variables (`Custom-Application-Vars`) of one call.
pub const APPLICATION_VARS: usize = 256;

/// Names and values of one call's application variables together, bytes.
pub const APPLICATION_VAR_BYTES: usize = 64 * 1024;

/// Collections of digits (`collect_dtmf`) of one call.
pub const COLLECTIONS: usize = 64;

/// Documents that one call may fetch: pivots, redirects and actions together.
pub const DOCUMENTS_PER_CALL: u32 = 200;

/// Documents fetched in a row without the caller noticing anything (no media, no wait): an endless
/// redirect ends here.
pub const SILENT_DOCUMENTS: u32 = 20;

/// Actions or verbs that one call may run.
pub const STEPS_PER_CALL: u32 = 10_000;

/// Saved flows on a callflow's stack, and branches taken in one call.
pub const BRANCHES_PER_CALL: u32 = 50;

// ── the door out ─────────────────────────────────────────────────────────────────────────────

/// Hops of redirection that one request follows.
pub const REDIRECTS: usize = 5;

/// Longest URL, bytes.
pub const URL_BYTES: usize = 8 * 1024;

/// Longest time that a pivot request may be configured to take.
pub const PIVOT_REQUEST: Duration = Duration::from_secs(60);

/// Longest time for an audio file with its one retry: twice 2 s to connect and 120 s to answer, and time
/// to read it.
pub const AUDIO_REQUEST: Duration = Duration::from_secs(300);

/// Longest time for one attempt of a delivery whose URL asks for more time than is configured.
pub const DELIVERY_ATTEMPT: Duration = Duration::from_secs(60);

/// Settings in one URL's fragment; what stands behind them is not read.
pub const FRAGMENT_SETTINGS: usize = 16;

/// Ceiling of the pause before the first retry of a request in a call; each further one doubles it.
pub const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Ceiling of every pause between two tries of a request in a call.
pub const RETRY_PAUSE_MOST: Duration = Duration::from_secs(1);

/// Regions (`http.egress`) of one server.
pub const EGRESSES: usize = 16;

/// Destinations whose nearest region is remembered; the oldest goes first.
pub const NEAREST_KNOWN: usize = 1_024;

/// How long the nearest region of a destination is believed before it is measured anew.
pub const NEAREST_AGE: Duration = Duration::from_secs(600);

/// Destinations whose nearest region is measured at once.
pub const NEAREST_MEASURED_AT_ONCE: usize = 8;

/// How long one region may take to reach a destination that is measured.
pub const NEAREST_CONNECT: Duration = Duration::from_secs(2);

/// Largest answer that is read from a callback or CDR receiver, bytes. Its content is not used.
pub const CALLBACK_ANSWER_BYTES: usize = 64 * 1024;

/// Longest time for uploading one file.
pub const UPLOAD: Duration = Duration::from_secs(15 * 60);

/// Pieces in which a file is read on its way out, bytes.
pub const UPLOAD_PIECE: usize = 64 * 1024;

/// Connections kept open to one host while nothing is asked.
pub const IDLE_CONNECTIONS_PER_HOST: usize = 32;

/// How long a connection is kept open while nothing is asked.
pub const IDLE_CONNECTION: Duration = Duration::from_secs(60);

/// Secrets of one kind that an account has at once: the one in use, and the old or the coming one while
/// they are changed.
pub const SECRETS_AT_ONCE: usize = 2;

/// Names looked up at once. Each look-up holds a thread until the system's resolver answers.
pub const LOOKUPS_AT_ONCE: usize = 64;

/// Rules of the address guard, configured and added together: at this number, no more are added. Each
/// costs every judgement some nanoseconds.
pub const GUARD_RULES: usize = 1_000;

// ── debug records ────────────────────────────────────────────────────────────────────────────

/// How much of a body, or of a URL, is kept in a debug record, bytes.
pub const DEBUG_BODY_BYTES: usize = 16 * 1024;

/// Headers that are kept of one answer.
pub const DEBUG_HEADERS: usize = 100;

/// How much of a header is kept, bytes.
pub const DEBUG_HEADER_BYTES: usize = 1024;

/// Debug records of one call; later ones are not kept.
pub const DEBUG_RECORDS_PER_CALL: usize = 200;

/// Calls of one account that have debug records; a new one pushes out the oldest.
pub const DEBUG_CALLS_PER_ACCOUNT: usize = 500;

/// How long debug records are kept.
pub const DEBUG_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// How often debug records that are too old are looked for.
pub const DEBUG_PURGE: Duration = Duration::from_secs(3600);

/// Exchanges that wait to be stored as debug records; beyond that, they are dropped.
pub const DEBUG_QUEUE: usize = 256;

// ── the API ──────────────────────────────────────────────────────────────────────────────────

/// Connections to one of our own HTTP listeners at once; beyond that, clients wait to be let in.
pub const API_CONNECTIONS: usize = 256;

/// How long a client may take to send the head of its next request.
pub const API_REQUEST_HEAD: Duration = Duration::from_secs(30);

/// How long a request to the API may take, from its head to its answer.
pub const API_REQUEST: Duration = Duration::from_secs(30);

/// Largest body of a request to the API, bytes.
pub const API_BODY_BYTES: usize = 64 * 1024;

/// Largest answer of the API that the command line reads, bytes.
pub const API_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// How long requests to the API that are under way may take when the server stops.
pub const API_DRAIN: Duration = Duration::from_secs(5);

// ── media ────────────────────────────────────────────────────────────────────────────────────

/// Files in the media cache.
pub const MEDIA_FILES: usize = 10_000;

/// How long a file is still served that has been replaced, or that its server wants nobody to keep:
/// FreeSWITCH may have been told to play it a moment ago.
pub const MEDIA_GRACE: Duration = Duration::from_secs(10 * 60);

/// How often the media cache is looked through for what is too old.
pub const MEDIA_TIDYING: Duration = Duration::from_secs(10 * 60);

// ── media streams ────────────────────────────────────────────────────────────────────────────

/// Length of a frame of sound, milliseconds.
pub const STREAM_FRAME_MS: u32 = 20;

/// How long a customer's server may take to open its WebSocket.
pub const STREAM_CONNECT: Duration = Duration::from_secs(10);

/// How long the switch may take to send the first sound.
pub const STREAM_FIRST_SOUND: Duration = Duration::from_secs(10);

/// Frames of sound that wait for a customer's server (ten seconds); further ones push out the oldest.
pub const STREAM_WAITING: usize = 500;

/// How long a customer's server may take nothing of what waits for it.
pub const STREAM_STALL: Duration = Duration::from_secs(30);

/// How long a stream may take to say goodbye.
pub const STREAM_GOODBYE: Duration = Duration::from_secs(2);

/// Sound of a customer's server that waits to be played; while there is more, the server is not read.
pub const STREAM_PLAYBACK: Duration = Duration::from_secs(120);

/// Pieces of sound and marks that wait to be played.
pub const STREAM_ITEMS: usize = 10_000;

/// Largest message of a customer's server, bytes: a minute and a half of sound.
pub const STREAM_MESSAGE_BYTES: usize = 1024 * 1024;

/// What is read at once from a WebSocket, bytes.
pub const STREAM_READ_BYTES: usize = 8 * 1024;

/// Tracks that one call sends to customers' servers at once.
pub const STREAM_TRACKS: usize = 4;

/// Unknown or broken messages of one customer's server that are told; more are not.
pub const STREAM_COMPLAINTS: u32 = 5;

/// Modules' connections that have not said yet which stream they are for.
pub const STREAM_NEWCOMERS: usize = 64;

// ── deliveries ───────────────────────────────────────────────────────────────────────────────

/// Shortest time over which a delivery is retried before it is given up.
pub const DELIVERY_RETRIES: Duration = Duration::from_secs(24 * 3600);

/// Deliveries under way at once.
pub const DELIVERIES_AT_ONCE: usize = 64;

/// Deliveries under way at once to one destination (scheme, host and port), so that a slow receiver
/// cannot hold up the others.
pub const DELIVERIES_PER_DESTINATION: usize = 8;

/// How much longer than its own deadline an attempt keeps its claim; after that, the delivery is
/// taken for abandoned and becomes due again.
pub const CLAIM_GRACE: Duration = Duration::from_secs(30);

/// How long a new delivery waits for others that can be claimed with it.
pub const OUTBOX_GATHER: Duration = Duration::from_millis(20);

/// Deliveries on their way from whoever stored them to the outbox's worker; more than these are found
/// by it in the table.
pub const OUTBOX_HANDED: usize = 256;

/// Longest sleep of the delivery worker when nothing wakes it and nothing is due.
pub const OUTBOX_POLL: Duration = Duration::from_secs(10);

/// How long the delivery worker waits for attempts under way when it is told to stop.
pub const OUTBOX_DRAIN: Duration = Duration::from_secs(15);

/// How long deliveries that were given up are kept for look-up and re-sending.
pub const DEAD_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Recordings that one CDR lists.
pub const CDR_RECORDINGS: usize = 100;

// ── the database ─────────────────────────────────────────────────────────────────────────────

/// Writes that wait for the one writing connection; beyond that, callers wait to be let in.
pub const STORE_QUEUE: usize = 4_096;

/// Writes that share one flush to disk.
pub const WRITES_PER_COMMIT: usize = 256;

/// Least time between two flushes to disk while writes keep coming: what arrives meanwhile shares one.
pub const COMMIT_EVERY: Duration = Duration::from_millis(10);

/// Connections that read.
pub const STORE_READERS: u32 = 4;

/// How long a connection waits for a lock on the database file.
pub const STORE_BUSY: Duration = Duration::from_secs(5);

/// Rows that one listing returns.
pub const LISTED: usize = 1_000;

/// Rows that one purge deletes.
pub const PURGED_AT_ONCE: usize = 1_000;

const _: () = assert!(DELIVERIES_PER_DESTINATION <= DELIVERIES_AT_ONCE);
const _: () = assert!(SILENT_DOCUMENTS < DOCUMENTS_PER_CALL);
const _: () = assert!(DOCUMENT_NODES < DOCUMENT_BYTES);
const _: () = assert!(TWIML_BYTES <= DOCUMENT_BYTES && PLIVO_XML_BYTES <= DOCUMENT_BYTES);
