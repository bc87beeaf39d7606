//! Plivo's elements: attributes, defaults and limits of `reference/plivo.md` section 4.

mod conference;
mod dial;
mod get_digits;
mod get_input;
mod get_speech;
mod hangup;
mod keys;
mod leave;
mod multi_party_call;
mod play;
mod record;
mod sip_headers;
mod speak;
mod stream;
mod then;
mod wait;

pub(super) use conference::conference;
pub(super) use dial::dial;
pub(super) use get_digits::get_digits;
pub(super) use get_input::get_input;
pub(super) use get_speech::get_speech;
pub(super) use hangup::hangup;
pub(super) use keys::dtmf;
pub(super) use leave::{notify, sip_transfer};
pub(super) use multi_party_call::multi_party_call;
pub(super) use play::play;
pub(super) use record::record;
pub(super) use speak::speak;
pub(super) use stream::stream;
pub(super) use wait::wait;
