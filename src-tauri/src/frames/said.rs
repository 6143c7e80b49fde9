//! What the page says at the frame door: which views it wants pictures for, and which pictures it has drawn.
//!
//! It comes from another process, so it is read strictly and within bounds; whoever says anything else is sent
//! away.

use serde::Deserialize;
use visavis_engine::engine::Whose;

/// How long a message may be, in bytes.
pub(super) const LONGEST: usize = 8 * 1024;
/// How many views there may be.
pub(super) const VIEWS: usize = 16;
/// How long a side of a view may be, in pixels of the screen.
const WIDEST: u32 = 16_384;
/// How long the id of a call may be.
const CALL: usize = 64;

/// A message of the page's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Said {
    /// All that is looked at from now on.
    Views {
        /// None while the window is hidden.
        views: Vec<View>,
        /// A call whose loudness is wanted without a picture of it.
        #[serde(default)]
        levels: Option<String>,
    },
    /// A picture is on the screen.
    Drawn {
        /// Which view.
        view: u32,
        /// Which of its pictures.
        number: u32,
    },
}

/// A place on the screen that shows one side of a call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct View {
    /// The page's number for it.
    pub(super) view: u32,
    /// Of which call.
    pub(super) call: String,
    /// Which side.
    pub(super) whose: Whose,
    /// In pixels of the screen.
    pub(super) width: u32,
    /// In pixels of the screen.
    pub(super) height: u32,
}

/// What the page said makes no sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum Odd {
    /// It is no message.
    #[error("this is no message: {0}")]
    Shape(#[from] serde_json::Error),
    /// There are too many views.
    #[error("{0} views are too many")]
    Many(usize),
    /// A number stands for two views.
    #[error("view {0} is there twice")]
    Twice(u32),
    /// Nothing can be drawn in a view of this size.
    #[error("view {view} can't be {width} by {height} large")]
    Size {
        /// Which.
        view: u32,
        /// As said.
        width: u32,
        /// As said.
        height: u32,
    },
    /// No call has such an id.
    #[error("the id of a call is empty or too long")]
    Call,
}

/// Reads a message.
pub(super) fn read(text: &str) -> Result<Said, Odd> {
    let said = serde_json::from_str(text)?;
    if let Said::Views { views, levels } = &said {
        if views.len() > VIEWS {
            return Err(Odd::Many(views.len()));
        }
        for (at, one) in views.iter().enumerate() {
            let View { view, width, height, .. } = *one;
            if views[..at].iter().any(|other| other.view == view) {
                return Err(Odd::Twice(view));
            }
            if !(2..=WIDEST).contains(&width) || !(2..=WIDEST).contains(&height) {
                return Err(Odd::Size { view, width, height });
            }
        }
        let mut calls = views.iter().map(|view| &view.call).chain(levels);
        if calls.any(|call| call.is_empty() || call.len() > CALL) {
            return Err(Odd::Call);
        }
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn view(number: u32, width: u32) -> serde_json::Value {
        json!({"view": number, "call": "c", "whose": "mine", "width": width, "height": 360})
    }

    fn views(views: &[serde_json::Value]) -> Result<Said, Odd> {
        read(&json!({"type": "views", "views": views}).to_string())
    }

    #[test]
    fn what_a_page_says_is_read() {
        let text = r#"{"type":"views","views":[{"view":1,"call":"c","whose":"theirs","width":640,"height":360}]}"#;
        let Said::Views { views, levels: None } = read(text).unwrap() else { panic!() };
        let expected =
            View { view: 1, call: "c".into(), whose: Whose::Theirs, width: 640, height: 360 };
        assert_eq!(views, [expected]);
        let drawn = read(r#"{"type":"drawn","view":1,"number":7}"#).unwrap();
        assert_eq!(drawn, Said::Drawn { view: 1, number: 7 });
        let heard = read(r#"{"type":"views","views":[],"levels":"c"}"#).unwrap();
        assert_eq!(heard, Said::Views { views: vec![], levels: Some("c".into()) });
    }

    #[test]
    fn whatever_is_out_of_bounds_is_refused() {
        let most: Vec<_> = (0..16).map(|number| view(number, 640)).collect();
        assert!(views(&most).is_ok());
        let more: Vec<_> = (0..17).map(|number| view(number, 640)).collect();
        assert!(matches!(views(&more), Err(Odd::Many(17))));
        assert!(matches!(views(&[view(3, 2), view(3, 2)]), Err(Odd::Twice(3))));
        for width in [0, 1, 16_385, u32::MAX] {
            assert!(matches!(views(&[view(3, width)]), Err(Odd::Size { view: 3, .. })), "{width}");
        }
        for call in [String::new(), "c".repeat(65)] {
            let text = json!({"type": "views", "views": [], "levels": call}).to_string();
            assert!(matches!(read(&text), Err(Odd::Call)));
        }
        for odd in [
            "",
            "null",
            "[]",
            r#"{"type":"drawn","view":1}"#,
            r#"{"type":"drawn","view":-1,"number":1}"#,
            r#"{"type":"drawn","view":1,"number":4294967296}"#,
            r#"{"type":"drawn","view":1,"number":1,"more":1}"#,
            r#"{"type":"drawn","view":1,"number":1}x"#,
            r#"{"type":"open"}"#,
            r#"{"type":"views","views":[{"view":1,"call":"c","whose":"nobodys","width":2,"height":2}]}"#,
        ] {
            assert!(matches!(read(odd), Err(Odd::Shape(_))), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_breaks_the_reader(text in ".{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_read_is_within_bounds(
            list in proptest::collection::vec((0u32..20, 0u32..20_000, 0u32..20_000), 0..20),
        ) {
            let list: Vec<_> = list
                .into_iter()
                .map(|(view, width, height)| {
                    json!({"view": view, "call": "c", "whose": "mine", "width": width, "height": height})
                })
                .collect();
            if let Ok(Said::Views { views, .. }) = views(&list) {
                prop_assert!(views.len() <= VIEWS && views.len() == list.len());
                prop_assert!(views.iter().all(|view| view.width >= 2 && view.width <= WIDEST));
            }
        }
    }
}
