//! Wishes as texts: the name of a usual one, or qualities with what is wished of them, as settings and command lines say
//! it. `width>=1280,fps=25,aspect~1.78,facing=front`: `=` is exact, `~` ideal, `>=` least, `<=` most.

use super::{Wish, Wishes};
use crate::api::Facing;
use std::str::FromStr;

/// Usual wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// 640x360.
    P360,
    /// 1280x720.
    P720,
    /// 1920x1080.
    P1080,
    /// Small, and few a second.
    SaveData,
}

impl Preset {
    const NAMES: [(&'static str, Self); 4] = [
        ("360p", Self::P360),
        ("720p", Self::P720),
        ("1080p", Self::P1080),
        ("save-data", Self::SaveData),
    ];
}

impl From<Preset> for Wishes {
    fn from(preset: Preset) -> Self {
        let (width, height, fps) = match preset {
            Preset::P360 => (640.0, 360.0, 30.0),
            Preset::P720 => (1280.0, 720.0, 30.0),
            Preset::P1080 => (1920.0, 1080.0, 30.0),
            Preset::SaveData => (640.0, 360.0, 15.0),
        };
        // No camera is refused, but more than this is never taken.
        let wish = |value| Wish { ideal: Some(value), most: Some(value), ..Wish::default() };
        Self { width: wish(width), height: wish(height), fps: wish(fps), ..Self::default() }
    }
}

/// A text that says no wish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not what can be wished of a camera: 360p, 720p, 1080p, save-data, or as in width>=1280,fps=25,aspect~1.78,facing=front"
)]
pub struct OddWish(pub String);

impl FromStr for Wishes {
    type Err = OddWish;

    fn from_str(text: &str) -> Result<Self, OddWish> {
        if let Some((_, preset)) = Preset::NAMES.iter().find(|(name, _)| *name == text) {
            return Ok((*preset).into());
        }
        let mut wishes = Self::default();
        for part in text.split(',') {
            wishes.add(part.trim()).ok_or_else(|| OddWish(part.trim().to_owned()))?;
        }
        Ok(wishes)
    }
}

impl Wishes {
    fn add(&mut self, part: &str) -> Option<()> {
        let at = part.find(['=', '~', '>', '<'])?;
        let (name, rest) = part.split_at(at);
        let sign = [">=", "<=", "=", "~"].into_iter().find(|sign| rest.starts_with(sign))?;
        let (name, value) = (name.trim(), rest[sign.len()..].trim());
        if name == "facing" {
            let side = match value {
                "front" => Facing::Front,
                "back" => Facing::Back,
                _ => return None,
            };
            self.facing = Some((side, sign == "="));
            return matches!(sign, "=" | "~").then_some(());
        }
        let value: f64 =
            value.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)?;
        let wish = match name {
            "width" => &mut self.width,
            "height" => &mut self.height,
            "fps" => &mut self.fps,
            "aspect" => &mut self.aspect,
            _ => return None,
        };
        let which = match sign {
            ">=" => &mut wish.least,
            "<=" => &mut wish.most,
            "=" => &mut wish.exact,
            _ => &mut wish.ideal,
        };
        *which = Some(value);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_qualities_are_read() {
        assert_eq!("720p".parse(), Ok(Wishes::from(Preset::P720)));
        assert_eq!("save-data".parse(), Ok(Wishes::from(Preset::SaveData)));
        let read: Wishes =
            "width>=640, width <= 1280,fps=12.5,aspect~1.78,facing=back".parse().unwrap();
        let wished = Wishes {
            width: Wish { least: Some(640.0), most: Some(1280.0), ..Wish::default() },
            fps: Wish { exact: Some(12.5), ..Wish::default() },
            aspect: Wish::ideally(1.78),
            facing: Some((Facing::Back, true)),
            ..Wishes::default()
        };
        assert_eq!(read, wished);
        assert_eq!("facing~front".parse::<Wishes>().unwrap().facing, Some((Facing::Front, false)));
    }

    #[test]
    fn what_says_no_wish_is_named() {
        for odd in [
            "",
            "721p",
            "width",
            "width>640",
            "width=-1",
            "width=0",
            "fps=NaN",
            "fps=inf",
            "depth=3",
            "facing>=front",
            "facing=up",
            "width=640,",
            "=640",
        ] {
            let error = odd.parse::<Wishes>().unwrap_err();
            assert!(odd.contains(&error.0), "{odd}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z=~<>,. 0-9-]{0,40}") {
            let _ = text.parse::<Wishes>();
        }
    }
}
