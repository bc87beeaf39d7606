//! A called party's own call, from its answer until it is connected or turned away.

use super::{House, desk::CallDesk, fetcher::Fetcher, lobby::Awaited};
use crate::{
    base::{CallFacts, HangupCause, Sink, limits},
    call::{Call, Interrupt, Order, Step},
    config::ReqFormat,
    esl::{EslError, Session},
    xml,
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc};

/// Attends to a called party that has said this word. It is connected only if it has met everything
/// that it was to meet; whoever is not expected, or no more, is turned away.
///
/// It is part of the call that has dialled it: it has no CDR, and tells its story to that call.
pub async fn attend_leg(house: &House, session: Session, word: &str) -> Result<(), EslError> {
    let Some(awaited) = house.lobby.arrived(word) else {
        let settings = Arc::clone(&house.calls);
        let (mut call, _orders) =
            Call::take_over_leg(session, settings, vec![], CallFacts::default())?;
        turn_away(&mut call, &HangupCause::ORIGINATOR_CANCEL).await;
        call.finish().await;
        return Ok(());
    };
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(xml::LegStory::new(awaited.story.clone()))];
    let facts = awaited.plan.facts.clone();
    let taken = Call::take_over_leg(session, Arc::clone(&house.calls), sinks, facts)?;
    let (mut call, _orders) = (Box::new(taken.0), taken.1);
    let met = AssertUnwindSafe(meet(&mut call, house, &awaited)).catch_unwind().await;
    let let_go = match met {
        Ok(Ok(())) => call.let_go().await,
        Ok(Err(interrupt)) => Err(interrupt),
        Err(_) => {
            let leg = &call.facts().call_id;
            tracing::error!(%leg, "a panic turned this called party away; please report it");
            Err(Interrupt::Ordered(Order::HangUp(HangupCause::NORMAL_TEMPORARY_FAILURE)))
        }
    };
    match let_go {
        Ok(()) => return Ok(()),
        Err(Interrupt::HungUp | Interrupt::Lost(_)) => {}
        Err(Interrupt::Ordered(Order::HangUp(cause))) => turn_away(&mut call, &cause).await,
        Err(interrupt) => {
            tracing::warn!(leg = %call.facts().call_id, %interrupt, "a called party is turned away");
            turn_away(&mut call, &HangupCause::NORMAL_TEMPORARY_FAILURE).await;
        }
    }
    call.finish().await;
    Ok(())
}

async fn meet(call: &mut Call, house: &House, awaited: &Awaited) -> Step<()> {
    let mut fetcher = Fetcher::new(house);
    let (request, follows) = (&awaited.request, awaited.follows);
    let mut desk = CallDesk { request, follows, fetcher: &mut fetcher, keeps: None };
    let mut steps_left = limits::STEPS_PER_CALL;
    let dialect = match follows {
        ReqFormat::Plivo => xml::Dialect::Plivo,
        ReqFormat::Twiml | ReqFormat::Piston => xml::Dialect::Twiml,
    };
    let (url, steps_left) = (awaited.from.as_str(), &mut steps_left);
    let context = xml::Context { dialect, url, steps_left, desk: &mut desk };
    xml::run_leg(&awaited.plan, call, context).await
}

async fn turn_away(call: &mut Call, cause: &HangupCause) {
    let interrupt = call.hang_up(cause).await;
    if !matches!(interrupt, Interrupt::HungUp) {
        tracing::warn!(leg = %call.facts().call_id, %interrupt, "a leg did not end in order");
    }
}
