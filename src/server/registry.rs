//! The calls that are up, so that an order from outside finds its call.

use crate::{
    base::CallId,
    call::{Order, Orders},
};
use dashmap::DashMap;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The calls that are up.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<Calls>);

#[derive(Debug, Default)]
struct Calls {
    by_id: DashMap<CallId, Entry>,
    entries: AtomicU64,
}

/// A call's order queue, and which entry this is: a switch may hand a channel over a second time while
/// its first call still ends.
#[derive(Debug)]
struct Entry {
    orders: Orders,
    number: u64,
}

/// Keeps a call registered until it is dropped.
#[derive(Debug)]
pub(super) struct Registered {
    registry: Registry,
    id: CallId,
    number: u64,
}

impl Registry {
    /// Gives an order to one call. `false` if there is no such call, or it is ending.
    pub fn order(&self, id: &CallId, order: Order) -> bool {
        self.0.by_id.get(id).is_some_and(|entry| entry.orders.give(order))
    }

    /// Gives an order to every call.
    pub fn order_all(&self, order: &Order) {
        for entry in self.0.by_id.iter() {
            entry.value().orders.give(order.clone());
        }
    }

    /// How many calls are up.
    pub fn len(&self) -> usize {
        self.0.by_id.len()
    }

    /// Whether no call is up.
    pub fn is_empty(&self) -> bool {
        self.0.by_id.is_empty()
    }

    pub(super) fn enter(&self, id: CallId, orders: Orders) -> Registered {
        let number = self.0.entries.fetch_add(1, Ordering::Relaxed);
        self.0.by_id.insert(id.clone(), Entry { orders, number });
        Registered { registry: self.clone(), id, number }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.0.by_id.remove_if(&self.id, |_, entry| entry.number == self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_ends_does_not_take_its_successor_of_the_same_id_away() {
        let (registry, id) = (Registry::default(), CallId::from("u"));
        let ((first, _first), (second, mut second_orders)) = (Orders::channel(), Orders::channel());
        let first = registry.enter(id.clone(), first);
        let second = registry.enter(id.clone(), second);
        drop(first);
        assert!(registry.order(&id, Order::Drain));
        assert_eq!(second_orders.try_recv(), Ok(Order::Drain));
        drop(second);
        assert!(registry.is_empty() && !registry.order(&id, Order::Drain));
    }
}
