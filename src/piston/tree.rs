//! A callflow that has been read and checked.

use super::{
    actions::{Action, Pivot, PivotOptions},
    document,
    report::Parsed,
};
use std::{fmt, sync::Arc};

/// A callflow: a tree of actions. Cheap to clone.
#[derive(Clone)]
pub struct Flow(Arc<Vec<Node>>);

/// One action and what may come after it.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it stands: `/children/1`; empty for the first.
    pub(super) path: Box<str>,
    /// Whether the document says to pass over it.
    pub(super) skip: bool,
    pub(super) action: Action,
    /// By key; `None` is a child that is there and empty (`{}`).
    pub(super) children: Vec<(Box<str>, Option<usize>)>,
}

/// An action of a flow.
#[derive(Clone, Debug)]
pub(super) struct Place {
    flow: Flow,
    node: usize,
}

/// What stands under a key.
#[derive(Debug)]
pub(super) enum Child {
    Missing,
    Empty,
    Node(usize),
}

impl Flow {
    /// Reads what a web server has answered: a bare action with its children. A whole callflow
    /// document (`{"flow": …}`) is taken too, with a warning.
    ///
    /// Every fault is reported, up to `limits::DIAGNOSTICS`; one error makes the whole document
    /// unusable, so that no half of it runs.
    pub fn parse(bytes: &[u8]) -> Parsed<Self> {
        document::reply(bytes)
    }

    /// A callflow of our own: asks a web server.
    pub fn asking(options: PivotOptions) -> Self {
        let action = Action::Pivot(Box::new(Pivot::of(options)));
        let node = Node { path: "".into(), skip: false, action, children: Vec::new() };
        Self(Arc::new(vec![node]))
    }

    /// How many actions it has.
    pub fn actions(&self) -> usize {
        self.0.len()
    }

    /// Nodes in document order, the first being the root.
    pub(super) fn of(nodes: Vec<Node>) -> Option<Self> {
        (!nodes.is_empty()).then(|| Self(Arc::new(nodes)))
    }

    pub(super) fn start(&self) -> Place {
        Place { flow: self.clone(), node: 0 }
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.0
    }
}

impl Node {
    pub(super) fn child(&self, key: &str) -> Child {
        match self.children.iter().rev().find(|(name, _)| **name == *key) {
            None => Child::Missing,
            Some((_, None)) => Child::Empty,
            Some((_, Some(node))) => Child::Node(*node),
        }
    }

    /// The stored callflow that this action runs, if it is one that does.
    pub(super) fn callflow_id(&self) -> Option<&str> {
        match &self.action {
            Action::Callflow(action) => Some(action.id()),
            _ => None,
        }
    }

    /// Whether there is something to run under this key.
    pub(super) fn leads(&self, key: &str) -> bool {
        matches!(self.child(key), Child::Node(_))
    }
}

impl Place {
    pub(super) fn node(&self) -> &Node {
        &self.flow.0[self.node]
    }

    /// The place under this key; without it under `_`; `None` if there is nothing to run.
    pub(super) fn next(&self, key: &str) -> Option<Self> {
        let node = self.node();
        let child = match node.child(key) {
            Child::Missing => node.child("_"),
            found => found,
        };
        match child {
            Child::Node(node) => Some(Self { flow: self.flow.clone(), node }),
            Child::Empty | Child::Missing => None,
        }
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flow({} actions)", self.0.len())
    }
}
