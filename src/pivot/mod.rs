//! The pivot request and the life of one call: find its callflow, ask the customer's web server, pick
//! the dialect, run the document, fall back to `_`, see the call to its end.
//!
//! This room knows neither the verbs of a document nor the bytes of the socket.

mod answer;
mod attend;
mod courier;
mod desk;
mod end_callbacks;
mod failed;
mod failure;
mod fetch;
mod fetcher;
mod house;
mod leg;
mod life;
mod lobby;
mod parameters;
mod places;
mod post;
mod source;
mod story;

pub use attend::attend;
pub use courier::Courier;
pub use end_callbacks::recover;
pub use house::{House, Observer};
pub use leg::attend_leg;
pub use lobby::Lobby;
pub use places::{recall_queues, tidy_places};

use failed::Failed;
use failure::Failure;
use fetch::{Origin, Request, RequestStyle};
use parameters::{of_call as parameters, of_leg};
