//! One channel as an async handle, and the telephony vocabulary that every dialect shares.
//!
//! [`Call`] belongs to one task. Every wait in this room goes through one function (`wait.rs`),
//! which ends on the awaited event, a key, a deadline, the hangup or loss of the socket, or an order
//! from outside. The last three come back as an [`Interrupt`], so that `?` unwinds a verb from any
//! depth. This room knows neither documents nor what is fetched.

mod answer;
mod background;
mod channel;
mod collect;
mod conference;
mod conference_recording;
mod courier;
mod detect;
mod dial;
mod dial_news;
mod dial_outcome;
mod dial_round;
mod dial_string;
mod dial_target;
mod digits;
mod dress;
mod echo;
mod end;
mod facts;
mod interrupt;
mod leg_call;
mod legs;
mod listen;
mod media;
mod memory;
mod prompt;
mod queues;
mod recognition;
mod record;
mod recording;
mod refer;
mod rooms;
mod settings;
mod streams;
mod variables;
mod vendor_voices;
mod voices;
mod wait;

pub use crate::esl::{ConferenceOrder, RoomName, VariableName};
pub use answer::Rejection;
pub use background::{Background, BeginsWhen, Telling};
pub use channel::{Call, Place};
pub use collect::{Collect, CollectEnd, Collected};
pub use conference::{Room, RoomAttendant, RoomNews, Stay, StayEnd, Wish};
pub use courier::{Courier, Letter, Transcript, UploadTarget};
pub use detect::{Detected, Detection};
pub use dial::{CallerId, Dial, DialOrder};
pub use dial_news::{Attendant, DialNews, LegEnd, LegNews};
pub use dial_outcome::{DialOutcome, DialStatus};
pub use dial_string::{DialPlan, DialPlanError, Target};
pub use dial_target::{Credentials, DialTarget, Gate, LegDigits};
pub use digits::{DigitString, DigitStringError};
pub use interrupt::{Interrupt, Order, Orders, Step};
pub use listen::{Heard, Listening};
pub use media::{MediaError, MediaPolicy, Playable};
pub use memory::Memory;
pub use prompt::{Loops, Marked, Phrase, Prompt, PromptEnd, Sound, Speech, ssml_text};
pub use queues::{
    Agent, Figures, Found, Member, Phase, QueueFull, QueueId, QueuePlace, QueueShown, Queues, Side,
    Summons, Whisper,
};
pub use recognition::{Asked, Recognised};
pub use record::{Record, Recorders};
pub use recording::{RecordEnd, Recording, Track};
pub use refer::{ReferTo, Referral};
pub use rooms::{
    Departure, EnterError, Entrant, Hearers, Joining, RecordingWish, RoomEnd, RoomRecording, Rooms,
    Seat, Standing, Watch,
};
pub use settings::Settings;
pub use voices::language_of;
