//! What lies in an envelope and what is said on a control channel, for the fuzzer.

use super::letter::{Enclosed, Letter, MAX_NAME, tidy};
use crate::call::signal::Control;

/// Any of them.
pub fn letter(bytes: &[u8]) {
    if let Ok(enclosed) = serde_json::from_slice::<Enclosed>(bytes) {
        let again = serde_json::to_vec(&enclosed).unwrap_or_default();
        assert_eq!(serde_json::from_slice::<Enclosed>(&again).ok(), Some(enclosed));
    }
    let control = serde_json::from_slice::<Control>(bytes);
    if let Ok(Control::Letter { letter, .. }) = control {
        // What is in it has numbers of any kind, which need not survive to the last digit.
        drop(serde_json::from_value::<Letter>(letter));
    } else if let Ok(control) = control {
        let again = serde_json::to_vec(&control).unwrap_or_default();
        assert_eq!(serde_json::from_slice::<Control>(&again).ok(), Some(control));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let shown = tidy(text, MAX_NAME);
        assert!(shown.chars().count() <= MAX_NAME && tidy(&shown, MAX_NAME) == shown);
    }
}
