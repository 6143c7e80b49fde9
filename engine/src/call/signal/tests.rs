//! Names of calls, and what is said about them, as it is written and read.

use super::*;

const ID: &str = "000102030405060708090a0b0c0d0e0f";

#[test]
fn a_call_is_named_by_32_digits() {
    let id: CallId = ID.parse().unwrap();
    assert_eq!(id.to_string(), ID);
    let longer = format!("{ID}0");
    for odd in ["", "0", &longer, "+00102030405060708090a0b0c0d0e0f", &ID.to_uppercase()] {
        assert_eq!(odd.parse::<CallId>(), Err(crate::name::OddName), "{odd}");
    }
}

#[test]
fn letters_are_written_as_the_protocol_says() {
    let call = ID.parse().unwrap();
    let signal = CallSignal::Ring { picture: true, at_ms: 5 };
    let letter = CallLetter { call, device: None, signal };
    let text = format!(r#"{{"call":"{ID}","say":"ring","picture":true,"at_ms":5}}"#);
    assert_eq!(serde_json::to_string(&letter).unwrap(), text);
    assert_eq!(serde_json::from_str::<CallLetter>(&text).unwrap(), letter);
    let control = Control::Call { call, signal: CallSignal::Accept { picture: false } };
    let text = format!(r#"{{"type":"call","call":"{ID}","say":"accept","picture":false}}"#);
    assert_eq!(serde_json::to_string(&control).unwrap(), text);
    assert_eq!(serde_json::from_str::<Control>(&text).unwrap(), control);
}

#[test]
fn a_candidate_is_the_webs() {
    let text = r#"{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","sdpMLineIndex":0}"#;
    let candidate: Candidate = serde_json::from_str(text).unwrap();
    assert_eq!(candidate.sdp_m_line_index, Some(0));
    assert_eq!(serde_json::to_string(&candidate).unwrap(), text);
}

#[test]
fn what_a_later_version_says_is_unknown_and_no_error() {
    let text = format!(r#"{{"call":"{ID}","say":"sing","song":1}}"#);
    let letter: CallLetter = serde_json::from_str(&text).unwrap();
    assert_eq!(letter.signal, CallSignal::Unknown);
    assert_eq!(serde_json::from_str::<Control>(r#"{"type":"dance"}"#).unwrap(), Control::Unknown);
}
