//! Beside the house: a FreeSWITCH that lives in our process and speaks the real outbound event
//! socket to the server under test, with a scripted (or live) caller and scripted callees.
//!
//! It keeps the habits that matter (`reference/freeswitch.md` 5): `+OK` means queued, executes nest
//! unless locked, a break can be lost, keys become events when an application takes them, the
//! linger notice comes anywhere among the last events. Time is simulated on tokio's clock.
//!
//! ```no_run
//! # async fn example(server: std::net::SocketAddr) -> std::io::Result<()> {
//! use pivot::sim::{Callee, Callees, Caller, Seen, Switch};
//! use std::time::Duration;
//!
//! let talks = Callee::answers(Duration::from_secs(3)).talks(Duration::from_secs(20));
//! let switch = Switch::new(42).callees(Callees::default().with("+49301", talks));
//! let caller = Caller::new("+49170", "100")
//!     .variable("pivot_voice_url", "http://127.0.0.1:8000/voice")
//!     .hears("press 1")
//!     .types("1")
//!     .waits_for_bridge()
//!     .pauses(Duration::from_secs(5))
//!     .hangs_up();
//! let report = switch.dial(caller, server).await?;
//! assert!(report.saw(|seen| *seen == Seen::Bridged("+49301".into())));
//! print!("{}", report.transcript());
//! # Ok(())
//! # }
//! ```

mod api;
mod applications;
mod attended;
mod beside;
mod bridge;
mod callee;
mod caller;
mod causes;
mod channel;
mod clock;
mod command;
mod conference;
mod dialled;
mod dialling;
mod dialstring;
mod encoding;
mod ending;
mod events;
mod faults;
mod fetch;
mod forks;
mod invite;
mod leg;
mod listener;
mod media;
mod message;
mod observe;
mod originate;
mod recording;
mod subscription;
mod switch;
mod variables;
mod web;
mod wire;

pub use callee::{Callee, Callees};
pub use caller::{Caller, Live};
pub use clock::Pace;
pub use faults::Faults;
pub use media::Media;
pub use observe::{Observation, Party, Prompt, Seen, transcript};
pub use recording::{Chunk, Recording, RecordingError, Side};
pub use switch::{CallReport, Mode, Outcome, Switch};
pub use web::{Asked, Reply, Web};
pub use wire::{Stream, Timings};
