//! A call's task: lives the call and sees to it that it ends in order, whatever happens.

use super::{
    House,
    end_callbacks::EndCallbacks,
    life::{self, Farewell},
    places,
    story::Story,
};
use crate::{
    base::{EndReason, HangupCause, Sink, phone::KeySet},
    call::{Call, Interrupt, Order, Orders, Prompt},
    esl::{EslError, Session},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc};

/// Takes a call over and attends to it until its CDR is stored. `entered` is given the call's id and
/// the way to send it orders, and may keep something until the call is over.
///
/// Fails if the switch breaks the conversation off before the call could be taken over. From then on
/// a call always ends in order: hung up, `Ended` told once, its CDR stored; a panic ends this call
/// and no other.
pub async fn attend<G>(
    house: &House,
    session: Session,
    entered: impl FnOnce(&Call, Orders) -> G,
) -> Result<(), EslError> {
    let story = Story::new(&house.config.cdr.url);
    let mut sinks = house.sinks();
    sinks.push(Box::new(story.clone()));
    let (mut call, orders) = match take_over(session, house, sinks) {
        Ok(taken) => taken,
        Err(error) => {
            keep(&story, house).await;
            return Err(error);
        }
    };
    let guest = entered(&call, orders);
    let mut callbacks = EndCallbacks::of(&mut call, house);
    let lived = AssertUnwindSafe(life::live(&mut call, house, &story, &mut callbacks));
    let lived = lived.catch_unwind().await;
    let farewell = match lived {
        Ok(Ok(farewell)) => farewell,
        Ok(Err(interrupt)) => after(interrupt, &mut call),
        Err(_) => {
            call.memory.end = Some(EndReason::Broken);
            tracing::error!(call = %call.facts().call_id, "a panic ended this call; please report it");
            Farewell::GiveUp(HangupCause::NORMAL_TEMPORARY_FAILURE)
        }
    };
    match farewell {
        // Its story goes on: whoever takes it up owes its record.
        Farewell::UntilLater => {
            Box::pin(places::leave(&mut call, house)).await;
            return Ok(());
        }
        Farewell::Nothing => {}
        Farewell::HangUp(cause) => note(&call.hang_up(&cause).await, &call),
        Farewell::GiveUp(cause) => {
            apologise(&mut call, house).await;
            note(&call.hang_up(&cause).await, &call);
        }
    }
    let end = call.finish().await;
    drop(guest);
    keep(&story, house).await;
    let told = callbacks.parcels(&call, &end);
    Box::pin(EndCallbacks::keep(told, &house.outbox)).await;
    Ok(())
}

/// A call is handed about within its task: as a box, that is one word.
fn take_over(
    session: Session,
    house: &House,
    sinks: Vec<Box<dyn Sink>>,
) -> Result<(Box<Call>, Orders), EslError> {
    let (call, orders) = Call::take_over(session, Arc::clone(&house.calls), sinks)?;
    Ok((Box::new(call), orders))
}

async fn keep(story: &Story, house: &House) {
    if let Err(error) = Box::pin(story.keep(&house.cdrs)).await {
        tracing::error!(%error, "a cdr cannot be stored");
    }
}

/// What is left to do after an interrupt.
fn after(interrupt: Interrupt, call: &mut Call) -> Farewell {
    if matches!(interrupt, Interrupt::Lost(_) | Interrupt::Ordered(Order::Drain))
        && call.comes_back()
    {
        return Farewell::UntilLater;
    }
    let ours = match &interrupt {
        Interrupt::HungUp | Interrupt::Lost(_) => None,
        Interrupt::Ordered(Order::HangUp(_)) => Some(EndReason::Ordered),
        _ => Some(EndReason::Broken),
    };
    // An appointment is an order, too, and has left its reason.
    call.memory.end = call.memory.end.or(ours);
    match interrupt {
        Interrupt::HungUp => Farewell::Nothing,
        Interrupt::Lost(reason) => {
            tracing::warn!(call = %call.facts().call_id, %reason, "connection to freeswitch lost");
            Farewell::Nothing
        }
        Interrupt::Ordered(Order::HangUp(cause)) => Farewell::HangUp(cause),
        Interrupt::Ordered(Order::Drain | Order::Redirect(_) | Order::Summons) => {
            Farewell::GiveUp(HangupCause::NORMAL_TEMPORARY_FAILURE)
        }
        Interrupt::Stuck { .. } | Interrupt::Refused { .. } => {
            tracing::error!(call = %call.facts().call_id, error = %interrupt, "call given up");
            Farewell::GiveUp(HangupCause::NORMAL_TEMPORARY_FAILURE)
        }
    }
}

/// Says that we are sorry, to a caller whose call was answered. One that was not is refused at once
/// instead: a switch or carrier before us can then try another way.
async fn apologise(call: &mut Call, house: &House) {
    let apology = &house.config.pivot.apology;
    if !call.is_answered() || call.is_over() || apology.is_empty() {
        return;
    }
    let said = match call.settle().await {
        Ok(()) => call.prompt(&Prompt::say(apology.as_str()), KeySet::NONE).await,
        Err(interrupt) => Err(interrupt),
    };
    if let Err(interrupt) = said {
        note(&interrupt, call);
    }
}

fn note(interrupt: &Interrupt, call: &Call) {
    if !matches!(interrupt, Interrupt::HungUp) {
        tracing::warn!(call = %call.facts().call_id, %interrupt, "the call did not end in order");
    }
}
