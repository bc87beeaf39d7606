//! Where a caller from a queue and its agent meet: a conference of two, so that each stays in its own
//! control and hears of it when the other goes (`reference/freeswitch.md` 2.9: a `uuid_bridge` would take both away).

use super::Stage;
use crate::{
    base::{limits, phone::KeySet},
    call::{Call, Room, RoomAttendant, RoomName, RoomNews, Side, StayEnd, Step, Wish},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::time::Duration;

/// Attends one side's stay.
struct Talk<'s> {
    side: &'s Side,
}

impl RoomAttendant for Talk<'_> {
    fn news<'a>(&'a mut self, _: &'a mut Call, news: RoomNews) -> BoxFuture<'a, Step<Wish>> {
        if let RoomNews::Joined(_) = news {
            self.side.joined();
        }
        let over = matches!(news, RoomNews::Called);
        async move { Ok(if over { Wish::Leave } else { Wish::Stay }) }.boxed()
    }

    fn called(&mut self) -> BoxFuture<'_, ()> {
        self.side.other_gone().boxed()
    }
}

/// Lets one side talk to the other until one of them leaves. `None` if the switch lets nobody meet.
pub(super) async fn talk(
    stage: &mut Stage<'_>,
    side: &Side,
    leave_on: KeySet,
    limit: Option<Duration>,
) -> Step<Option<StayEnd>> {
    let Some(name) = RoomName::new(side.room()) else { return Ok(None) };
    let room = Room {
        relays_keys: true,
        leave_on,
        limit: limit.unwrap_or(limits::CONVERSATION),
        ..Room::new(name)
    };
    let stay = stage.call.confer(&room, &mut Talk { side }).await?;
    Ok(Some(stay.end).filter(|end| *end != StayEnd::Refused))
}
