//! Pivot: a call-control server for FreeSWITCH.
//!
//! FreeSWITCH's dialplan hands a call over the outbound event socket; Pivot asks the customer's web
//! server what to do, runs the answer on the channel, and tells the customer what happened.
//!
//! # Layout
//!
//! A room uses only the rooms under it; `tests/house.rs` checks that.
//!
//! | floor | rooms |
//! |---|---|
//! | 6 | [`cli`], [`server`] |
//! | 5 | [`api`]: the HTTP API |
//! | 4 | [`pivot`]: the life of one call |
//! | 3 | [`piston`], [`xml`]: the documents |
//! | 2 | [`call`]: one channel and the telephony vocabulary; [`media`]; [`cdr`], [`debug`] |
//! | 1 | [`esl`], [`http`], [`store`], [`outbox`] |
//! | 0 | [`base`], [`config`] |
//! | beside | [`sim`]: plays FreeSWITCH and a customer's web server |

pub mod api;
pub mod base;
pub mod call;
pub mod cdr;
pub mod cli;
pub mod config;
pub mod debug;
pub mod esl;
pub mod http;
pub mod media;
pub mod outbox;
pub mod piston;
pub mod pivot;
pub mod server;
pub mod sim;
pub mod store;
pub mod stream;
pub mod xml;
