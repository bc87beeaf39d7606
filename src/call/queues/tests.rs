//! Whoever waits is met once, and is gone when its call is.

use super::{Found, Phase, QueueId, QueuePlace, Queues, Side, Summons};
use crate::{
    base::{Ask, CallId, Timestamp},
    call::{Order, Orders},
    config::Method,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::collections::BTreeSet;
use tokio::sync::mpsc::Receiver;

fn queue() -> QueueId {
    QueueId::new("acme", "support")
}

/// A call: its id, its ear.
fn call(name: &str) -> ((CallId, Orders), Receiver<Order>) {
    let (orders, ear) = Orders::channel();
    ((CallId::from(name), orders), ear)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn names(queues: &Queues) -> Vec<String> {
    let shown = queues.shown(Some("acme"));
    shown.iter().flat_map(|q| &q.members).map(|m| m.call.to_string()).collect()
}

fn document() -> Ask {
    let url = "https://example.com/next".to_owned();
    Ask { url, method: Method::Post, parameters: Vec::new(), after_hangup: false }
}

#[test]
fn an_agent_takes_the_one_who_came_first_wherever_the_others_are() {
    let queues = Queues::default();
    let (ann, mut ann_ear) = call("ann");
    let (bob, _bob_ear) = call("bob");
    let bob = queues.join(&queue(), 10, bob, at(20), false).unwrap();
    let ann = queues.join(&queue(), 10, ann, at(10), true).unwrap();
    assert_eq!(names(&queues), ["ann", "bob"], "who comes back has its old place");
    assert_eq!((ann.figures().position, bob.figures().position), (1, 2));
    let (agent, _agent_ear) = call("agent");
    let agent = queues.agent(&queue(), agent);
    let Found::Caller(ours) = agent.take(None) else { panic!("nobody") };
    assert_eq!(ann_ear.try_recv(), Ok(Order::Summons));
    assert_eq!((bob.figures().position, bob.figures().size), (1, 1));
    let Some(Summons::Agent(theirs)) = ann.summons() else { panic!("not called") };
    assert!(ann.summons().is_none(), "called once");
    assert_eq!((ours.member().as_str(), theirs.agent().as_str()), ("ann", "agent"));
    assert_eq!((ours.room(), ours.phase()), (theirs.room(), Phase::Coming));
    theirs.is_ready();
    assert_eq!(ours.phase(), Phase::Ready);
    drop(theirs);
    assert!(ours.is_alone() && ours.talked().is_none());
    ann.wait_again();
    assert_eq!(names(&queues), ["ann", "bob"]);
}

#[test]
fn an_agent_without_callers_is_called_and_one_who_does_not_look_leaves_it_to_the_next() {
    let queues = Queues::default();
    let (first, mut first_ear) = call("first");
    let first = queues.agent(&queue(), first);
    assert!(matches!(first.take(None), Found::NoQueue));
    queues.know(&queue());
    assert!(matches!(first.take(None), Found::Nobody));
    let (second, mut second_ear) = call("second");
    let second = queues.agent(&queue(), second);
    assert!(matches!(second.take(None), Found::Nobody));
    let (ann, _ann_ear) = call("ann");
    let place = queues.join(&queue(), 10, ann, at(1), false).unwrap();
    assert_eq!(first_ear.try_recv(), Ok(Order::Summons));
    assert!(second_ear.try_recv().is_err());
    drop(first);
    assert_eq!(second_ear.try_recv(), Ok(Order::Summons));
    let Found::Caller(side) = second.take(None) else { panic!("nobody") };
    // The caller has hung up.
    drop(place);
    assert_eq!(side.phase(), Phase::Gone);
    assert_eq!(second_ear.try_recv(), Ok(Order::Summons), "who waits for it is told");
    assert!(queues.waiting() == 0 && names(&queues).is_empty());
}

#[test]
fn a_full_queue_takes_nobody_but_who_was_there() {
    let queues = Queues::default();
    let (ann, _a) = call("ann");
    let _ann = queues.join(&queue(), 1, ann, at(1), false).unwrap();
    let (bob, _b) = call("bob");
    let full = queues.join(&queue(), 1, bob.clone(), at(2), false).unwrap_err();
    assert_eq!(full.to_string(), "1 callers wait already");
    assert!(queues.join(&queue(), 1, bob, at(2), true).is_ok());
}

#[test]
fn a_caller_is_sent_to_a_document_by_name_or_as_the_first() {
    let queues = Queues::default();
    let (ann, _a) = call("ann");
    let (bob, mut bob_ear) = call("bob");
    let ann = queues.join(&queue(), 9, ann, at(1), false).unwrap();
    let bob = queues.join(&queue(), 9, bob, at(2), false).unwrap();
    assert!(queues.dequeue(&queue(), Some(&CallId::from("carl")), document()).is_none());
    let taken = queues.dequeue(&queue(), Some(&CallId::from("bob")), document()).unwrap();
    assert_eq!((taken.call.as_str(), bob_ear.try_recv()), ("bob", Ok(Order::Summons)));
    assert!(queues.dequeue(&queue(), Some(&CallId::from("bob")), document()).is_none(), "once");
    assert_eq!(queues.dequeue(&queue(), None, document()).unwrap().call.as_str(), "ann");
    assert!(matches!(ann.leave(), Some(Summons::Document(_))), "it was taken before it left");
    assert!(matches!(bob.summons(), Some(Summons::Document(_))));
}

/// A caller as its verb has it.
struct Caller {
    name: String,
    place: QueuePlace,
    with: Option<Side>,
    _ear: Receiver<Order>,
}

/// An agent as its verb has it.
struct Desk {
    agent: super::Agent,
    with: Option<Box<Side>>,
    _ear: Receiver<Order>,
}

/// Whatever is done in whatever order: nobody is with two, and nobody is in the queue after its end.
#[test]
fn no_order_of_events_leaves_somebody_behind_or_lets_two_meet_one() {
    let seed: u64 = rand::random();
    println!("seed={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..200 {
        let queues = Queues::default();
        let (mut callers, mut desks): (Vec<Caller>, Vec<Desk>) = Default::default();
        for step in 0..200_u64 {
            match random.random_range(0..9) {
                0 | 1 => {
                    let name = format!("c{step}");
                    let (who, ear) = call(&name);
                    let joined = at(random.random_range(0..50));
                    if let Ok(place) = queues.join(&queue(), 8, who, joined, random.random()) {
                        callers.push(Caller { name, place, with: None, _ear: ear });
                    }
                }
                2 => {
                    let (who, ear) = call(&format!("a{step}"));
                    let agent = queues.agent(&queue(), who);
                    desks.push(Desk { agent, with: None, _ear: ear });
                }
                3 if !callers.is_empty() => {
                    callers.swap_remove(random.random_range(0..callers.len()));
                }
                4 if !desks.is_empty() => {
                    desks.swap_remove(random.random_range(0..desks.len()));
                }
                // A caller looks.
                5 if !callers.is_empty() => {
                    let at = random.random_range(0..callers.len());
                    let caller = &mut callers[at];
                    match caller.place.summons() {
                        Some(Summons::Agent(side)) => {
                            assert!(caller.with.is_none(), "{} is called twice", caller.name);
                            side.is_ready();
                            side.joined();
                            caller.with = Some(side);
                        }
                        Some(Summons::Document(_)) => drop(callers.swap_remove(at)),
                        None => {}
                    }
                }
                // An agent looks.
                6 if !desks.is_empty() => {
                    let at = random.random_range(0..desks.len());
                    let desk = &mut desks[at];
                    if desk.with.as_ref().is_none_or(|side| side.is_alone()) {
                        desk.with = match desk.agent.take(None) {
                            Found::Caller(side) => Some(side),
                            Found::Nobody | Found::NoQueue => None,
                        };
                    }
                }
                // A caller's agent has gone.
                7 => {
                    for caller in &mut callers {
                        if caller.with.take_if(|side| side.is_alone()).is_some() {
                            caller.place.wait_again();
                        }
                    }
                }
                _ => {
                    let any = callers.choose(&mut random).map(|c| CallId::from(c.name.as_str()));
                    queues.dequeue(&queue(), any.as_ref(), document());
                }
            }
            let alive: BTreeSet<_> = callers.iter().map(|caller| caller.name.clone()).collect();
            let shown = names(&queues);
            assert!(shown.iter().all(|name| alive.contains(name)), "{shown:?} {alive:?}");
            let met = callers.iter().filter(|c| c.with.is_some()).map(|c| c.name.clone());
            assert!(met.into_iter().all(|name| !shown.contains(&name)), "is met and waits");
            let members = desks.iter().filter_map(|desk| desk.with.as_deref());
            let members: Vec<_> =
                members.filter(|s| !s.is_alone()).map(|s| s.member().to_string()).collect();
            let once: BTreeSet<_> = members.iter().collect();
            assert_eq!(once.len(), members.len(), "two agents have one caller: {members:?}");
        }
        drop(callers);
        assert!(queues.waiting() == 0 && names(&queues).is_empty());
    }
}
