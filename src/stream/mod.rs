//! Floor 1: media streams. The sound of a call on its way to a customer's server and back, by a WebSocket,
//! in the messages of Twilio's Media Streams or Plivo's audio streaming.
//!
//! Sound comes from the switch in one of two ways (`source`): by its own `unicast`, which needs no module
//! and works while a call is parked, that is in `<Connect><Stream>` and the like; or by a module that forks
//! it into a WebSocket of ours (`module`). `relay` is the one task of a stream. The room does not know
//! the switch's socket, nor documents: a call tells the switch what a [`Studio`] gives it to tell.

mod audio;
mod line;
mod messages;
mod module;
mod outgoing;
mod plan;
mod player;
mod plivo;
mod relay;
mod source;
mod studio;
#[cfg(test)]
mod tests;
mod twilio;

pub use line::{FarEnd, Line, StreamEnd, Told};
pub use module::ModuleListener;
pub use plan::{Encoding, Plan, StreamEvent, Teller, Tracks, Vendor};
pub use source::Outlet;
pub use studio::{Means, ModuleCommands, ModuleMeans, Streams, Studio};
