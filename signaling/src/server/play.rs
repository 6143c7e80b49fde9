//! A play on the pure rules and the room: people do random things, connections break, the server restarts,
//! days pass; over plain collections and over SQLite at once. What must hold is checked after every step.

mod world;

use crate::protocol::Status;
use proptest::prelude::*;
use world::{PEOPLE, Play};

/// One random thing that happens. Indices are taken modulo what there is.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Enter {
        person: u8,
        device: u8,
        status: Status,
    },
    /// The connection breaks when the client has seen so much of what it was told.
    Break {
        session: u8,
        seen: u8,
    },
    Request {
        session: u8,
        other: u8,
    },
    Withdraw {
        session: u8,
        other: u8,
    },
    Accept {
        session: u8,
        other: u8,
    },
    Decline {
        session: u8,
        other: u8,
    },
    Remove {
        session: u8,
        other: u8,
    },
    Block {
        session: u8,
        other: u8,
    },
    Unblock {
        session: u8,
        other: u8,
    },
    SetStatus {
        session: u8,
        status: Status,
    },
    SetListing {
        session: u8,
        listed: bool,
    },
    Send {
        session: u8,
        other: u8,
        keep: bool,
    },
    /// The client takes in what it was told, and acknowledges letters or not.
    Hear {
        session: u8,
        acknowledge: bool,
    },
    /// The socket takes no more for now, or does again.
    Clog {
        session: u8,
        clogged: bool,
    },
    /// A page of letters for whoever wants one.
    Page {
        session: u8,
    },
    Days {
        days: u8,
    },
    Restart,
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        3 => Just(Status::Online),
        1 => Just(Status::Busy),
        2 => Just(Status::Invisible),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let s = any::<u8>;
    let o = || 0..PEOPLE;
    prop_oneof![
        6 => (o(), 0u8..2, status()).prop_map(|(person, device, status)| Act::Enter { person, device, status }),
        2 => (s(), s()).prop_map(|(session, seen)| Act::Break { session, seen }),
        4 => (s(), o()).prop_map(|(session, other)| Act::Request { session, other }),
        1 => (s(), o()).prop_map(|(session, other)| Act::Withdraw { session, other }),
        4 => (s(), o()).prop_map(|(session, other)| Act::Accept { session, other }),
        1 => (s(), o()).prop_map(|(session, other)| Act::Decline { session, other }),
        1 => (s(), o()).prop_map(|(session, other)| Act::Remove { session, other }),
        1 => (s(), o()).prop_map(|(session, other)| Act::Block { session, other }),
        1 => (s(), o()).prop_map(|(session, other)| Act::Unblock { session, other }),
        1 => (s(), status()).prop_map(|(session, status)| Act::SetStatus { session, status }),
        1 => (s(), any::<bool>()).prop_map(|(session, listed)| Act::SetListing { session, listed }),
        20 => (s(), o(), any::<bool>()).prop_map(|(session, other, keep)| Act::Send { session, other, keep }),
        4 => (s(), any::<bool>()).prop_map(|(session, acknowledge)| Act::Hear { session, acknowledge }),
        3 => (s(), any::<bool>()).prop_map(|(session, clogged)| Act::Clog { session, clogged }),
        5 => s().prop_map(|session| Act::Page { session }),
        1 => (0u8..9).prop_map(|days| Act::Days { days }),
        1 => Just(Act::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_do_the_rules_hold(
        opened: bool,
        acts in proptest::collection::vec(act(), 1..200),
    ) {
        let mut play = Play::new();
        if opened {
            play.open();
        }
        for act in &acts {
            play.act(act);
        }
        play.finish();
    }
}
