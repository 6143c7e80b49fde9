//! The session machine: its way through, each way out of it, and what must hold whatever comes.

use super::*;
use proptest::prelude::*;
use visavis_signaling::protocol::{ErrorCode, Limits, Status};

const LIMITS: Limits = Limits {
    message_bytes: 1,
    envelope_chars: 1,
    messages_per_second: 1,
    contacts: 1,
    pending_requests: 1,
    mailbox_envelopes: 1,
    mailbox_bytes: 1,
    mailbox_days: 1,
    devices: 1,
};

fn server() -> ServerAddress {
    ServerAddress::loopback(1)
}

fn challenge(version: u16) -> ServerMessage {
    let software = String::new();
    ServerMessage::Challenge { version, nonce: Nonce([1; 32]), time_ms: 5, closed: false, software }
}

fn welcome() -> ServerMessage {
    ServerMessage::Welcome {
        handle: None,
        status: Status::Online,
        listing: None,
        limits: LIMITS,
        contacts: vec![],
        incoming: vec![],
        outgoing: vec![],
        blocked: vec![],
        ice_servers: vec![],
    }
}

fn error(id: Option<u32>, code: ErrorCode) -> ServerMessage {
    ServerMessage::Error { id, code, message: String::new(), retry_after_ms: None }
}

fn ask(ticket: u64) -> Input {
    Input::Ask { ticket, message: ClientMessage::LookUp { id: 0, handle: "bo".into() } }
}

/// A machine that is signed in at time 0, and its socket.
fn online() -> (Machine, u64) {
    let mut machine = Machine::default();
    let effects = machine.handle(0, 0, Input::Start(server()));
    let Some(&Effect::Dial(socket, _)) = effects.last() else { panic!("{effects:?}") };
    assert_eq!(machine.handle(0, 0, Input::Opened(socket)), [Effect::Greet(socket)]);
    let effects = machine.handle(0, 0, Input::Said(socket, challenge(VERSION)));
    assert_eq!(effects, [Effect::ServerTime(5), Effect::Prove(socket, Nonce([1; 32]))]);
    let effects = machine.handle(0, 0, Input::Said(socket, welcome()));
    assert_eq!(effects, [Effect::SignedIn(welcome()), Effect::Changed(Phase::Online)]);
    (machine, socket)
}

fn phase(effects: &[Effect]) -> Phase {
    let mut phases = effects.iter().filter_map(|effect| match effect {
        Effect::Changed(phase) => Some(phase.clone()),
        _ => None,
    });
    phases.next_back().expect("a change")
}

#[test]
fn requests_get_their_own_answers() {
    let (mut machine, socket) = online();
    for ticket in [70, 71] {
        assert!(matches!(machine.handle(1, 0, ask(ticket))[..], [Effect::Send(..)]));
    }
    let said = |message| Input::Said(socket, message);
    let effects = machine.handle(2, 0, said(ServerMessage::Ok { id: 2 }));
    assert_eq!(effects, [Effect::Answered { ticket: 71, answer: Ok(ServerMessage::Ok { id: 2 }) }]);
    let effects = machine.handle(2, 0, said(error(Some(1), ErrorCode::NotFound)));
    let refused = Fault::Refused { code: ErrorCode::NotFound, retry_after_ms: None };
    assert_eq!(effects, [Effect::Answered { ticket: 70, answer: Err(refused) }]);
    assert_eq!(machine.handle(2, 0, said(ServerMessage::Ok { id: 2 })), []);
}

#[test]
fn a_lost_connection_fails_what_was_asked_and_comes_back() {
    let (mut machine, socket) = online();
    machine.handle(1, 0, ask(70));
    let effects = machine.handle(2, 0, Input::Lost(socket, Fault::Lost));
    assert!(effects.contains(&Effect::Answered { ticket: 70, answer: Err(Fault::Lost) }));
    assert_eq!(phase(&effects), Phase::Waiting { fault: Fault::Lost, retry_at: 252 });
    assert_eq!(machine.next_deadline(), Some(252));
    assert_eq!(machine.handle(251, 0, Input::Tick), []);
    assert_eq!(phase(&machine.handle(252, 0, Input::Tick)), Phase::Connecting);
    let unheard = machine.handle(253, 0, Input::Said(socket, welcome()));
    assert_eq!(unheard, [], "an old socket is not heard");
}

#[test]
fn silence_is_noticed_and_signs_of_life_put_it_off() {
    let (mut machine, socket) = online();
    machine.handle(20_000, 0, Input::Alive(socket));
    assert_eq!(machine.handle(SILENCE_MS, 0, Input::Tick), []);
    let effects = machine.handle(20_000 + SILENCE_MS, 0, Input::Tick);
    assert!(matches!(phase(&effects), Phase::Waiting { fault: Fault::Silent, .. }));
    assert!(effects.contains(&Effect::HangUp(socket)));
}

#[test]
fn a_server_that_goes_down_says_when_to_come_back() {
    let (mut machine, socket) = online();
    let going = ServerMessage::GoingDown { retry_after_ms: 3000 };
    assert_eq!(machine.handle(0, 0, Input::Said(socket, going)), []);
    let effects = machine.handle(10, u32::MAX, Input::Lost(socket, Fault::Lost));
    assert_eq!(phase(&effects), Phase::Waiting { fault: Fault::Lost, retry_at: 6010 });
}

#[test]
fn what_the_user_must_mend_stops_it_and_all_else_does_not() {
    for code in [ErrorCode::Replaced, ErrorCode::InviteRequired, ErrorCode::WrongServer] {
        let (mut machine, socket) = online();
        let effects = machine.handle(1, 0, Input::Said(socket, error(None, code)));
        assert!(matches!(phase(&effects), Phase::Stopped(_)), "{code:?}");
        assert_eq!(machine.next_deadline(), None);
        assert_eq!(phase(&machine.handle(9, 0, Input::RetryNow)), Phase::Connecting);
    }
    for code in [ErrorCode::RateLimited, ErrorCode::ServerFull, ErrorCode::Internal] {
        let (mut machine, socket) = online();
        let effects = machine.handle(1, 0, Input::Said(socket, error(None, code)));
        assert!(matches!(phase(&effects), Phase::Waiting { .. }), "{code:?}");
    }
}

#[test]
fn another_version_and_a_stranger_are_told_apart() {
    let start = || {
        let mut machine = Machine::default();
        machine.handle(0, 0, Input::Start(server()));
        let socket = machine.socket;
        machine.handle(0, 0, Input::Opened(socket));
        (machine, socket)
    };
    let (mut machine, socket) = start();
    let effects = machine.handle(0, 0, Input::Said(socket, challenge(VERSION + 1)));
    assert_eq!(phase(&effects), Phase::Stopped(Fault::OtherVersion));
    let (mut machine, socket) = start();
    let effects = machine.handle(0, 0, Input::Said(socket, welcome()));
    assert!(matches!(phase(&effects), Phase::Waiting { fault: Fault::Foreign, .. }));
}

#[test]
fn nothing_is_asked_while_away() {
    let effects = Machine::default().handle(0, 0, ask(7));
    assert_eq!(effects, [Effect::Answered { ticket: 7, answer: Err(Fault::NotConnected) }]);
}

#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a short list of steps in a test")]
enum Step {
    Input(Input),
    FromSocket(u8),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Input(Input::Start(server()))),
        Just(Step::Input(Input::Stop)),
        Just(Step::Input(Input::RetryNow)),
        (0_u64..9).prop_map(|ticket| Step::Input(ask(ticket))),
        (0_u8..9).prop_map(Step::FromSocket),
        (0_u64..40_000).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..200)
}

fn from_socket(socket: u64, what: u8) -> Input {
    match what {
        0 => Input::Opened(socket),
        1 => Input::Lost(socket, Fault::Lost),
        2 => Input::Alive(socket),
        3 | 4 => Input::Said(socket, challenge(VERSION)),
        5 | 6 => Input::Said(socket, welcome()),
        7 => Input::Said(socket, ServerMessage::Ok { id: 1 }),
        _ => Input::Said(socket, error(None, ErrorCode::Replaced)),
    }
}

proptest! {
    /// Whatever comes: at most one socket is open, everyone who asks is answered once, nothing is sent on a
    /// socket that is not signed in, and a machine that waits always has a deadline.
    #[test]
    fn holds_whatever_comes(steps in steps(), spread: u32) {
        let mut machine = Machine::default();
        let (mut now, mut open, mut signed_in) = (0, None, false);
        let (mut asked, mut answered) = (0, 0);
        let mut steps = steps;
        steps.push(Step::Input(Input::Stop));
        for step in steps {
            let input = match step {
                Step::Input(input) => input,
                Step::FromSocket(what) => from_socket(open.unwrap_or(0), what),
                Step::Wait(by) => { now += by; Input::Tick }
            };
            if let Input::Lost(socket, _) = input && open == Some(socket) {
                (open, signed_in) = (None, false);
            }
            asked += usize::from(matches!(input, Input::Ask { .. }));
            for effect in machine.handle(now, spread, input) {
                match effect {
                    Effect::Dial(socket, _) => {
                        prop_assert_eq!(open, None);
                        open = Some(socket);
                    }
                    Effect::HangUp(socket) if open == Some(socket) => {
                        (open, signed_in) = (None, false);
                    }
                    Effect::SignedIn(_) => signed_in = true,
                    Effect::Send(socket, _) => prop_assert!(signed_in && open == Some(socket)),
                    Effect::Answered { .. } => answered += 1,
                    _ => {}
                }
            }
            prop_assert_eq!(signed_in, machine.is_online());
            if matches!(machine.state, State::Idle | State::Stopped) {
                prop_assert_eq!(open, None);
            } else {
                prop_assert!(machine.next_deadline().is_some());
            }
        }
        prop_assert_eq!(asked, answered);
    }
}
