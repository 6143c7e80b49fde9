//! Every stage and every input: what becomes of a call. A letter is a stage: `-` no such call, `c` calling, `r`
//! ringing there, `i` ringing here, `x` connecting, `o` on, `e` ended and shown. A `!` says that the command is
//! refused. The call is 5; 4 and 6 are other calls, for glare in both orders.

use super::*;
use std::collections::BTreeSet;

const TABLE: &str = "
                none calling ringing ringing+up incoming incoming+up conn_out conn_in on_out on_in ended over
call            c    c       r       r          x        o           x        x       o      o     e!    -!
call_anew       -    c       r       r          x        o           x        x       o      o     -     -
answer          -!   c!      r!      r!         x        o           x        x       o      o     e!    -!
decline         -!   c!      r!      r!         -        -           x!       x!      o!     o!    e!    -!
hang_up         -!   -       -       -          -        -           e        e       e      e     e!    -!
dismiss         -!   c!      r!      r!         i!       i!          x!       x!      o!     o!    -     -!
hold            -!   c!      r!      r!         i!       i!          x        x       o      o     e!    -!
resume          -!   c!      r!      r!         i!       i!          x        x       o      o     e!    -!
microphone      -!   c       r       r          i        i           x        x       o      o     e!    -!
camera          -!   c       r       r          i        i           x        x       o      o     e!    -!
rang_delivered  -    c       r       r          i        i           x        x       o      o     e     -
rang_offline    -    e       r       r          i        i           x        x       o      o     e     -
rang_refused    -    e       r       r          i        i           x        x       o      o     e     -
rang_unknown    -    c       r       r          i        i           x        x       o      o     e     -
ring            i    c       r       r          i        i           x        x       o      o     e     -
ring_larger     -    r       r       r          -        -           x        -       o      -     -     -
ring_smaller    -    -       -       -          -        -           x        -       o      -     -     -
ring_stranger   i    c       r       r          i        i           x        x       o      o     e     -
ringing         -    r       r       r          i        i           x        x       o      o     e     -
ringing_second  -    r       r       r          i        i           x        x       o      o     e     -
accept          -    x       x       o          i        i           x        x       o      o     e     -
accept_second   -    x       x       x          i        i           x        x       o      o     e     -
declined        -    e       e       e          i        i           x        x       o      o     e     -
taken           -    c       r       r          -        -           x        e       o      e     e     -
taken_second    -    c       r       r          i        i           x        x       o      o     e     -
end             -    c       c       c          -        -           e        e       e      e     e     -
end_declined    -    e       e       e          -        -           e        e       e      e     e     -
end_second      -    c       r       r          i        i           x        x       o      o     e     -
missed          -    c       r       r          -        -           x        x       o      o     e     -
said_unknown    -    c       r       r          i        i           x        x       o      o     e     -
side            -    c       r       r          i        i           x        x       o      o     e     -
connected       -    c       r       r          i        i           o        o       o      o     e     -
disrupted       -    c       r       r          i        i           x        x       o      o     e     -
weak            -    c       r       r          i        i           x        x       o      o     e     -
failed          -    c       r       r          i        i           x        x       o      o     e     -
gone            -    c       c       c          -        -           e        e       e      e     e     -
gone_second     -    c       r       r          i        i           x        x       o      o     e     -
trouble         -    c       r       r          i        i           x        x       o      o     e     -
mended          -    c       r       r          i        i           x        x       o      o     e     -
parted          -    -       -       -          -        -           e        e       e      e     e     -
parted_other    -    c       r       r          i        i           x        x       o      o     e     -
signed_in       -    c       r       r          i        i           x        x       o      o     e     -
leave           -    -       -       -          -        -           -        -       -      -     -     -
tick            -    c       r       r          i        i           x        x       o      o     e     -
tick_20         -    c       r       r          i        i           e        e       o      o     e     -
tick_45         -    e       e       e          i        i           e        e       o      o     e     -
tick_50         -    e       e       e          -        -           e        e       o      o     e     -
";

const THE: u8 = 5;

fn stage(name: &str) -> One {
    let the = id(THE);
    let ringing = vec![call(THE, BO), said(bo(), the, CallSignal::Ringing)];
    let incoming = vec![said(bo(), the, ring())];
    let up = vec![link(bo(), LinkNews::Connected)];
    let accept = vec![said(bo(), the, CallSignal::Accept { picture: true })];
    let inputs = match name {
        "none" => vec![],
        "calling" => vec![call(THE, BO)],
        "ringing" => ringing,
        "ringing+up" => [ringing, up].concat(),
        "incoming" => incoming,
        "incoming+up" => [incoming, up].concat(),
        "conn_out" => [ringing, accept].concat(),
        "conn_in" => [incoming, vec![answer(THE)]].concat(),
        "on_out" => [ringing, up, accept].concat(),
        "on_in" => [incoming, up, vec![answer(THE)]].concat(),
        "ended" => {
            let decline = CallSignal::Decline { busy: false };
            [ringing, vec![said(bo(), the, decline)]].concat()
        }
        "over" => [incoming, vec![Input::Decline(the)]].concat(),
        other => panic!("{other} is no stage"),
    };
    let mut one = One { now: 1_000, ..One::default() };
    one.all(inputs);
    one
}

fn input(name: &str) -> Input {
    let the = id(THE);
    let (second, stranger) = (peer(BO, 2), peer(CHEN, 1));
    let rang = |outcome| Input::Rang { call: the, outcome };
    let error = ApiError::new(Code::DeviceBusy, "used").with("device", "camera:x");
    let end = |how| CallSignal::End { how, talked_ms: None };
    match name {
        "call" => call(THE, BO),
        "call_anew" => call(6, BO),
        "answer" => answer(THE),
        "decline" => Input::Decline(the),
        "hang_up" => Input::HangUp(the),
        "dismiss" => Input::Dismiss(the),
        "hold" => Input::Hold { call: the, held: true },
        "resume" => Input::Hold { call: the, held: false },
        "microphone" => Input::SetMicrophone { call: the, on: false },
        "camera" => Input::SetCamera { call: the, on: false },
        "rang_delivered" => rang(RingOutcome::Delivered),
        "rang_offline" => rang(RingOutcome::Offline),
        "rang_refused" => rang(RingOutcome::Refused(error)),
        "rang_unknown" => rang(RingOutcome::Unknown),
        "ring" => said(bo(), the, ring()),
        "ring_larger" => said(bo(), id(6), ring()),
        "ring_smaller" => said(bo(), id(4), ring()),
        "ring_stranger" => said(stranger, the, ring()),
        "ringing" => said(bo(), the, CallSignal::Ringing),
        "ringing_second" => said(second, the, CallSignal::Ringing),
        "accept" => said(bo(), the, CallSignal::Accept { picture: true }),
        "accept_second" => said(second, the, CallSignal::Accept { picture: true }),
        "declined" => said(bo(), the, CallSignal::Decline { busy: false }),
        "taken" => said(bo(), the, CallSignal::Taken { answered: true }),
        "taken_second" => said(second, the, CallSignal::Taken { answered: true }),
        "end" => said(bo(), the, end(CallEnd::HungUp)),
        "end_declined" => said(bo(), the, end(CallEnd::Declined)),
        "end_second" => said(second, the, end(CallEnd::HungUp)),
        "missed" => said(bo(), the, CallSignal::Missed { picture: true, at_ms: WALL }),
        "said_unknown" => said(bo(), the, CallSignal::Unknown),
        "side" => Input::Side { from: bo(), call: the, number: 1, side: CallSide::default() },
        "connected" => link(bo(), LinkNews::Connected),
        "disrupted" => link(bo(), LinkNews::Disrupted),
        "weak" => link(bo(), LinkNews::Weak(true)),
        "failed" => link(bo(), LinkNews::Failed),
        "gone" => link(bo(), LinkNews::Gone),
        "gone_second" => link(second, LinkNews::Gone),
        "trouble" => Input::Trouble { call: the, error },
        "mended" => Input::Mended { call: the, error },
        "parted" => Input::Parted(BO),
        "parted_other" => Input::Parted(CHEN),
        "signed_in" => Input::SignedIn,
        "leave" => Input::Leave,
        "tick" | "tick_20" | "tick_45" | "tick_50" => Input::Tick,
        other => panic!("{other} is no input"),
    }
}

/// Which input it is; a new one has to be put here, and then into the table.
fn kind(input: &Input) -> String {
    let signal = |signal: &CallSignal| match signal {
        CallSignal::Ring { .. } => "ring",
        CallSignal::Ringing => "ringing",
        CallSignal::Accept { .. } => "accept",
        CallSignal::Decline { .. } => "decline",
        CallSignal::Taken { .. } => "taken",
        CallSignal::End { .. } => "end",
        CallSignal::Missed { .. } => "missed",
        CallSignal::Unknown => "unknown",
    };
    match input {
        Input::Call { .. } => "1 call".into(),
        Input::Answer { .. } => "1 answer".into(),
        Input::Decline(_) => "1 decline".into(),
        Input::HangUp(_) => "1 hang up".into(),
        Input::Dismiss(_) => "1 dismiss".into(),
        Input::Hold { .. } => "1 hold".into(),
        Input::SetMicrophone { .. } => "1 microphone".into(),
        Input::SetCamera { .. } => "1 camera".into(),
        Input::Rang { outcome: RingOutcome::Delivered, .. } => "4 delivered".into(),
        Input::Rang { outcome: RingOutcome::Offline, .. } => "4 offline".into(),
        Input::Rang { outcome: RingOutcome::Refused(_), .. } => "4 refused".into(),
        Input::Rang { outcome: RingOutcome::Unknown, .. } => "4 unknown".into(),
        Input::Said { signal: s, .. } => format!("2 said {}", signal(s)),
        Input::Side { .. } => "2 side".into(),
        Input::Link { news: LinkNews::Connected, .. } => "3 connected".into(),
        Input::Link { news: LinkNews::Disrupted, .. } => "3 disrupted".into(),
        Input::Link { news: LinkNews::Weak(_), .. } => "3 weak".into(),
        Input::Link { news: LinkNews::Failed, .. } => "3 failed".into(),
        Input::Link { news: LinkNews::Gone, .. } => "3 gone".into(),
        Input::Trouble { .. } => "5 trouble".into(),
        Input::Mended { .. } => "5 mended".into(),
        Input::Parted(_) => "5 parted".into(),
        Input::SignedIn => "5 signed in".into(),
        Input::Leave => "5 leave".into(),
        Input::Tick => "5 tick".into(),
    }
}

const KINDS: usize = 8 + 9 + 5 + 4 + 6;

fn letter(stage: Option<CallStage>) -> char {
    match stage {
        None => '-',
        Some(CallStage::Calling) => 'c',
        Some(CallStage::Ringing) => 'r',
        Some(CallStage::Incoming) => 'i',
        Some(CallStage::Connecting) => 'x',
        Some(CallStage::On { .. }) => 'o',
        Some(CallStage::Ended { .. }) => 'e',
    }
}

#[test]
fn every_stage_takes_every_input_as_the_table_says() {
    let mut lines = TABLE.lines().filter(|line| !line.trim().is_empty());
    let stages: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let mut kinds = BTreeSet::new();
    let mut wrong = Vec::new();
    for line in lines {
        let mut cells = line.split_whitespace();
        let name = cells.next().unwrap();
        kinds.insert(kind(&input(name)));
        let cells: Vec<&str> = cells.collect();
        assert_eq!(cells.len(), stages.len(), "{name}");
        for (expected, before) in cells.into_iter().zip(&stages) {
            let mut one = stage(before);
            one.now += name.strip_prefix("tick_").map_or(10, |s| s.parse::<u64>().unwrap() * 1000);
            let effects = one.take(input(name));
            let refused = effects.iter().any(|effect| matches!(effect, Effect::Refuse(_)));
            let mut is = letter(one.stage(id(THE))).to_string();
            if refused {
                is.push('!');
                assert_eq!(effects.len(), 1, "a refused command changes nothing");
            }
            if is != expected {
                wrong.push(format!("{name} in {before}: {is}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(kinds.len(), KINDS, "{kinds:?}");
}
