//! The calls that are up, so that an order from outside finds its call.

use crate::{
    base::CallId,
    call::{Order, Orders},
};
use dashmap::DashMap;
use std::sync::Arc;

/// The calls that are up.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<DashMap<CallId, Orders>>);

/// Keeps a call registered until it is dropped.
#[derive(Debug)]
pub(super) struct Registered {
    registry: Registry,
    id: CallId,
}

impl Registry {
    /// Gives an order to one call. `false` if there is no such call, or it is ending.
    pub fn order(&self, id: &CallId, order: Order) -> bool {
        self.0.get(id).is_some_and(|orders| orders.give(order))
    }

    /// Gives an order to every call.
    pub fn order_all(&self, order: &Order) {
        for entry in self.0.iter() {
            entry.value().give(order.clone());
        }
    }

    /// How many calls are up.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no call is up.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn enter(&self, id: CallId, orders: Orders) -> Registered {
        self.0.insert(id.clone(), orders);
        Registered { registry: self.clone(), id }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.0.remove(&self.id);
    }
}
