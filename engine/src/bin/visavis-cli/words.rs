//! Words on standard input while a program watches or is in a call: `answer`, `hang up`, `mute`, or a whole
//! command as JSON. What a word means depends on what rings and what is on.

use crate::errands::{contacts_of, read};
use crate::people::find;
use visavis_engine::api::{ApiError, Call, CallStage, Code, Command, State};

/// What is wanted.
#[derive(Debug, PartialEq)]
pub(crate) enum Word {
    Tell(Command),
    /// To end what is on, and the program.
    Quit,
}

/// All there are, for whoever says another.
const KNOWN: &str = "call WHO [sound], answer [sound], decline, hang up, mute, unmute, camera on, camera off, hold, \
     resume, statistics, quit, or a command as JSON";

/// Reads a line; none where nothing is on it.
pub(crate) fn understand(line: &str, state: &State) -> Result<Option<Word>, ApiError> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(None);
    }
    if line.starts_with('{') {
        return read(line).map(|command| Some(Word::Tell(command)));
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let command = match words.as_slice() {
        ["quit" | "exit"] => return Ok(Some(Word::Quit)),
        ["call", who @ .., "sound"] if !who.is_empty() => call(&who.join(" "), false, state)?,
        ["call", who @ ..] if !who.is_empty() => call(&who.join(" "), true, state)?,
        ["answer"] => Command::Answer { id: ringing(state)?, picture: true },
        ["answer", "sound"] => Command::Answer { id: ringing(state)?, picture: false },
        ["decline"] => Command::Decline { id: ringing(state)? },
        ["hang", "up"] | ["hangup"] => Command::HangUp { id: going(state)?.id.clone() },
        ["mute"] => Command::SetMicrophone { id: on(state)?.id.clone(), on: false },
        ["unmute"] => Command::SetMicrophone { id: on(state)?.id.clone(), on: true },
        ["camera", "on"] => Command::SetCamera { id: on(state)?.id.clone(), on: true },
        ["camera", "off"] => Command::SetCamera { id: on(state)?.id.clone(), on: false },
        ["hold"] => Command::Hold { id: on(state)?.id.clone(), held: true },
        ["resume"] => Command::Hold { id: held(state)?.id.clone(), held: false },
        ["statistics"] => Command::CallStatistics { id: on(state)?.id.clone() },
        _ => {
            let say = format!("\"{line}\" is no word here. The words are: {KNOWN}");
            return Err(ApiError::new(Code::BadMessage, say));
        }
    };
    Ok(Some(Word::Tell(command)))
}

fn call(who: &str, picture: bool, state: &State) -> Result<Command, ApiError> {
    Ok(Command::Call { key: find(who, &contacts_of(&state.contacts))?, picture })
}

fn first<'a>(
    state: &'a State,
    wanted: impl Fn(&&Call) -> bool,
    lacking: &str,
) -> Result<&'a Call, ApiError> {
    let found = state.calls.iter().find(wanted);
    found.ok_or_else(|| ApiError::new(Code::NoSuchCall, lacking))
}

fn ringing(state: &State) -> Result<String, ApiError> {
    let rings = |call: &&Call| call.stage == CallStage::Incoming;
    first(state, rings, "nobody calls now").map(|call| call.id.clone())
}

fn on(state: &State) -> Result<&Call, ApiError> {
    let is_on = |call: &&Call| is_answered(call) && !call.mine.held;
    first(state, is_on, "no call is on now")
}

fn held(state: &State) -> Result<&Call, ApiError> {
    first(state, |call| is_answered(call) && call.mine.held, "no call is held now")
}

/// The call that is on, or else one that is on its way, or else one that is held.
fn going(state: &State) -> Result<&Call, ApiError> {
    let rings = |call: &&Call| matches!(call.stage, CallStage::Calling | CallStage::Ringing);
    on(state).or_else(|_| first(state, rings, "no call is on now")).or_else(|_| held(state))
}

fn is_answered(call: &Call) -> bool {
    matches!(call.stage, CallStage::Connecting | CallStage::On { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use visavis_engine::api::{
        CallQuality, CallSide, Connection, Contact, Presence, PublicKey, ServerState, Settings,
    };

    fn state(calls: &[(&str, CallStage, bool)]) -> State {
        let key = PublicKey([7; 32]);
        let contact = Contact {
            key,
            handle: "bo".into(),
            name: "Bo of town".into(),
            presence: Presence::Online,
            verified: false,
            key_changed: false,
            last: None,
            missed: 0,
            unread: 0,
            words: None,
        };
        let call = |(id, stage, held): &(&str, CallStage, bool)| Call {
            id: (*id).to_owned(),
            key,
            outgoing: true,
            picture: true,
            stage: *stage,
            mine: CallSide { held: *held, ..CallSide::default() },
            theirs: CallSide::default(),
            quality: CallQuality::Good,
            troubles: Vec::new(),
        };
        State {
            fatal: None,
            me: None,
            server: ServerState {
                choice: None,
                name: None,
                connection: Connection::Online,
                hosting: None,
            },
            contacts: vec![contact],
            incoming: Vec::new(),
            outgoing: Vec::new(),
            blocked: Vec::new(),
            preview: None,
            check: None,
            transfers: Vec::new(),
            calls: calls.iter().map(call).collect(),
            settings: Settings::default(),
            troubles: Vec::new(),
        }
    }

    fn told(line: &str, state: &State) -> Command {
        match understand(line, state).unwrap() {
            Some(Word::Tell(command)) => command,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_word_is_about_the_call_that_it_fits() {
        let on = CallStage::On { since_ms: 1 };
        let all = state(&[
            (
                "over",
                CallStage::Ended { how: visavis_engine::api::CallEnd::HungUp, talked_ms: None },
                false,
            ),
            ("held", on, true),
            ("on", on, false),
            ("rings", CallStage::Incoming, false),
        ]);
        let id = |id: &str| id.to_owned();
        for (line, command) in [
            ("answer", Command::Answer { id: id("rings"), picture: true }),
            (" answer  sound ", Command::Answer { id: id("rings"), picture: false }),
            ("decline", Command::Decline { id: id("rings") }),
            ("hang up", Command::HangUp { id: id("on") }),
            ("mute", Command::SetMicrophone { id: id("on"), on: false }),
            ("unmute", Command::SetMicrophone { id: id("on"), on: true }),
            ("camera off", Command::SetCamera { id: id("on"), on: false }),
            ("hold", Command::Hold { id: id("on"), held: true }),
            ("resume", Command::Hold { id: id("held"), held: false }),
            ("statistics", Command::CallStatistics { id: id("on") }),
            ("call Bo of Town", Command::Call { key: PublicKey([7; 32]), picture: true }),
            ("call bo sound", Command::Call { key: PublicKey([7; 32]), picture: false }),
            (r#"{"type":"list_devices"}"#, Command::ListDevices),
        ] {
            assert_eq!(told(line, &all), command, "{line}");
        }
        let out = state(&[("out", CallStage::Ringing, false)]);
        assert_eq!(told("hangup", &out), Command::HangUp { id: id("out") });
        let kept = state(&[("kept", on, true)]);
        assert_eq!(told("hang up", &kept), Command::HangUp { id: id("kept") });
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_says_what_does() {
        let nothing = state(&[]);
        for (line, code) in [
            ("answer", Code::NoSuchCall),
            ("hang up", Code::NoSuchCall),
            ("mute", Code::NoSuchCall),
            ("resume", Code::NoSuchCall),
            ("call zoe", Code::NotFound),
            ("call", Code::BadMessage),
            ("call sound", Code::NotFound),
            ("dance", Code::BadMessage),
            ("{", Code::BadMessage),
            (r#"{"type":"dance"}"#, Code::BadMessage),
        ] {
            let refused = understand(line, &nothing).unwrap_err();
            assert_eq!(refused.code, code, "{line}: {refused}");
        }
        assert_eq!(understand("  ", &nothing), Ok(None));
        assert_eq!(understand("quit", &nothing), Ok(Some(Word::Quit)));
    }
}
