//! What a description from the other side says, as far as this house needs to know it: which payload types
//! stand for what, and whether it can be taken at all.
//!
//! The stack reads descriptions itself. This reads them first, with limits, because they come from outside.

use crate::media::coded::PictureFormat;
use std::collections::HashMap;

/// The longest description that is taken; it has to fit into an envelope anyway.
const MAX_LENGTH: usize = 48 * 1024;
const MAX_LINES: usize = 2_000;
const MAX_SECTIONS: usize = 16;
/// Names of unknown formats that are kept, and of each so many letters.
const MAX_OTHERS: usize = 8;
const MAX_NAME: usize = 16;
/// What stands among formats and is none.
const WRAPPINGS: [&str; 4] = ["RTX", "RED", "ULPFEC", "FLEXFEC-03"];
/// The longest candidate that is taken.
const MAX_CANDIDATE: usize = 2_048;

/// Why a description or candidate can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OddSdp {
    /// Too long, too many lines or too many sections.
    #[error("the description is too large")]
    TooLarge,
    /// It does not begin as descriptions do, or holds what no description holds.
    #[error("what should be a description is none")]
    NotSdp,
    /// An offer whose maker wants to begin the handshake itself: both would wait.
    #[error("an offer leaves the handshake to the one who answers")]
    Setup,
    /// It is no candidate.
    #[error("what should be a candidate is none")]
    Candidate,
}

/// The two sides have no format for pictures in common.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this side has pictures in {ours}, the other in {theirs}")]
pub struct NoFormat {
    ours: String,
    theirs: String,
}

impl NoFormat {
    /// If an offer has pictures, and none that this side could take.
    pub(super) fn in_offer(ours: &[PictureFormat], sdp: &str) -> Option<Self> {
        let mut offered = read(sdp).ok()?;
        offered.pictures.retain(|(_, format)| ours.contains(format));
        let names = offered.others.take();
        // Sections that are given up stand in every later offer.
        Self::between(ours, &offered, names.filter(|names| !names.is_empty()))
    }

    /// If nothing was agreed on, though the other side has said something of pictures.
    pub(super) fn between(
        ours: &[PictureFormat],
        agreed: &Formats,
        theirs: Option<Vec<String>>,
    ) -> Option<Self> {
        let theirs = theirs.filter(|_| agreed.pictures.is_empty())?;
        let words = |names: Vec<String>| match names[..] {
            [] => "none of them".to_owned(),
            _ => names.join(" and "),
        };
        let ours = words(ours.iter().map(|format| format.name().to_owned()).collect());
        Some(Self { ours, theirs: words(theirs) })
    }
}

/// What the payload types of a description stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Formats {
    /// Of pictures, in the order of the describer's preference.
    pub(super) pictures: Vec<(u8, PictureFormat)>,
    /// Of sound.
    pub(super) opus: Option<u8>,
    /// Which type repeats which.
    pub(super) repeats: HashMap<u8, u8>,
    /// By which number packets of sound name their place among all packets, where they do.
    pub(super) sound_numbers: Option<u16>,
    /// The same of pictures.
    pub(super) picture_numbers: Option<u16>,
    /// Formats of pictures that this house does not know, by name; none where nothing is said of pictures at all.
    pub(super) others: Option<Vec<String>>,
}

impl Formats {
    /// What a payload type of pictures stands for.
    pub(super) fn picture(&self, payload_type: u8) -> Option<PictureFormat> {
        self.pictures.iter().find(|(kind, _)| *kind == payload_type).map(|(_, format)| *format)
    }
}

/// Reads a description.
///
/// # Errors
/// It is too large or none.
pub(super) fn read(sdp: &str) -> Result<Formats, OddSdp> {
    if sdp.len() > MAX_LENGTH || sdp.lines().count() > MAX_LINES {
        return Err(OddSdp::TooLarge);
    }
    if !sdp.starts_with("v=0") || sdp.contains('\0') {
        return Err(OddSdp::NotSdp);
    }
    let mut formats = Formats::default();
    let mut sections = sdp.split("\nm=").skip(1);
    for (count, section) in sections.by_ref().enumerate() {
        if count >= MAX_SECTIONS {
            return Err(OddSdp::TooLarge);
        }
        read_section(section, &mut formats);
    }
    Ok(formats)
}

/// Checks that an offer lets this side answer as it does.
///
/// # Errors
/// It doesn't.
pub(super) fn check_offer(sdp: &str) -> Result<(), OddSdp> {
    let active = sdp.lines().any(|line| line.trim_end() == "a=setup:active");
    if active { Err(OddSdp::Setup) } else { Ok(()) }
}

/// Checks a candidate's line.
///
/// # Errors
/// It is none.
pub(super) fn check_candidate(line: &str) -> Result<(), OddSdp> {
    let odd = line.len() > MAX_CANDIDATE || line.chars().any(char::is_control);
    let is_one = line.is_empty() || line.starts_with("candidate:");
    if odd || !is_one { Err(OddSdp::Candidate) } else { Ok(()) }
}

/// One section, without the `m=` that it begins with.
fn read_section(section: &str, formats: &mut Formats) {
    let mut lines = section.lines().map(str::trim_end);
    let Some(head) = lines.next() else { return };
    let mut words = head.split(' ');
    let (kind, port) = (words.next(), words.next());
    if kind == Some("video") {
        formats.others.get_or_insert_default();
    }
    if port == Some("0") {
        return;
    }
    let order: Vec<u8> = words.skip(1).filter_map(|word| word.parse().ok()).collect();
    let mut names = HashMap::new();
    let mut parameters = HashMap::new();
    for line in lines {
        if let Some(number) = line.strip_prefix("a=extmap:").and_then(numbering) {
            let numbers = match kind {
                Some("audio") => &mut formats.sound_numbers,
                _ => &mut formats.picture_numbers,
            };
            numbers.get_or_insert(number);
        } else if let Some((number, name)) = attribute(line, "a=rtpmap:") {
            names.insert(number, name.split('/').next().unwrap_or(name).to_ascii_uppercase());
        } else if let Some((number, rest)) = attribute(line, "a=fmtp:") {
            parameters.insert(number, rest);
        }
    }
    for number in order {
        let parameter = parameters.get(&number).copied().unwrap_or("");
        match (kind, names.get(&number).map(String::as_str)) {
            (Some("audio"), Some("OPUS")) => {
                formats.opus.get_or_insert(number);
            }
            (Some("video"), Some("VP8")) => formats.pictures.push((number, PictureFormat::Vp8)),
            (Some("video"), Some("H264")) if is_baseline(parameter) => {
                formats.pictures.push((number, PictureFormat::H264));
            }
            (Some("video"), Some("RTX")) => {
                if let Some(original) = value(parameter, "apt").and_then(|apt| apt.parse().ok()) {
                    formats.repeats.insert(number, original);
                }
            }
            (Some("video"), Some(name)) if !WRAPPINGS.contains(&name) => {
                let others = formats.others.get_or_insert_default();
                let plain = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-');
                let name: String = plain.take(MAX_NAME).collect();
                if others.len() < MAX_OTHERS && !others.contains(&name) {
                    others.push(name);
                }
            }
            _ => {}
        }
    }
}

/// The number of the extension that numbers all packets, if it is that.
fn numbering(extension: &str) -> Option<u16> {
    let (number, uri) = extension.split_once(' ')?;
    let number = number.split('/').next()?.parse().ok()?;
    (uri == rtc::sdp::extmap::TRANSPORT_CC_URI && (1..=14).contains(&number)).then_some(number)
}

/// A line's payload type and the rest of it.
fn attribute<'a>(line: &'a str, name: &str) -> Option<(u8, &'a str)> {
    let (number, rest) = line.strip_prefix(name)?.split_once(' ')?;
    Some((number.parse().ok()?, rest))
}

fn value<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    let mut all = parameters.split(';').filter_map(|one| one.trim().split_once('='));
    all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Whether it is H264 that both this side's codec and its packets can be: (constrained) baseline, packets of
/// any kind.
fn is_baseline(parameters: &str) -> bool {
    let profile = value(parameters, "profile-level-id").unwrap_or("42e01f");
    let profile = profile.get(..2).unwrap_or_default();
    value(parameters, "packetization-mode") == Some("1") && profile == "42"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:9 G722/8000\r\n\
        a=extmap:3/sendrecv http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 127 98\r\na=setup:actpass\r\na=extmap:4 x\r\na=rtpmap:96 VP8/90000\r\n\
        a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\n\
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n\
        a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\na=rtpmap:127 H264/90000\r\n\
        a=fmtp:127 packetization-mode=0;profile-level-id=42e01f\r\na=rtpmap:98 H264/90000\r\n\
        a=fmtp:98 packetization-mode=1;profile-level-id=640c1f\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 120\r\na=rtpmap:120 VP8/90000\r\n";

    #[test]
    fn payload_types_are_read_in_order() {
        let formats = read(OFFER).unwrap();
        let pictures = [(96, PictureFormat::Vp8), (102, PictureFormat::H264)];
        assert_eq!(formats.pictures, pictures);
        assert_eq!((formats.opus, formats.picture(102)), (Some(111), Some(PictureFormat::H264)));
        assert_eq!((formats.sound_numbers, formats.picture_numbers), (Some(3), None));
        assert_eq!(formats.repeats, HashMap::from([(97, 96), (103, 102)]));
    }

    #[test]
    fn formats_that_are_unknown_here_are_named() {
        let offer = OFFER.replace("VP8/", "VP9/").replace("H264/", "AV1/");
        let formats = read(&offer).unwrap();
        assert_eq!(
            (&formats.pictures[..], &formats.repeats),
            (&[][..], &HashMap::from([(97, 96), (103, 102)]))
        );
        let missing = NoFormat::between(&[PictureFormat::Vp8], &formats, formats.others.clone());
        let said = missing.unwrap().to_string();
        assert_eq!(said, "this side has pictures in VP8, the other in VP9 and AV1");
        let ours = [PictureFormat::H264, PictureFormat::Vp8];
        assert!(NoFormat::in_offer(&ours, &offer).is_some());
        assert_eq!(NoFormat::in_offer(&ours, OFFER), None);
        let refused = read("v=0\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\n").unwrap();
        let said = NoFormat::between(&ours, &refused, refused.others.clone()).unwrap().to_string();
        assert_eq!(said, "this side has pictures in H264 and VP8, the other in none of them");
        let (sound, both) = (read("v=0\r\nm=audio 9 x 0\r\n").unwrap(), read(OFFER).unwrap());
        assert_eq!(NoFormat::between(&ours, &sound, sound.others.clone()), None);
        assert_eq!(NoFormat::between(&ours, &both, both.others.clone()), None);
    }

    #[test]
    fn what_can_not_be_taken_is_refused() {
        assert_eq!(read(""), Err(OddSdp::NotSdp));
        assert_eq!(read("v=0\r\n\0"), Err(OddSdp::NotSdp));
        assert_eq!(read(&format!("v=0{}", "a".repeat(MAX_LENGTH))), Err(OddSdp::TooLarge));
        assert_eq!(read(&format!("v=0{}", "\n".repeat(MAX_LINES + 1))), Err(OddSdp::TooLarge));
        assert_eq!(read(&format!("v=0{}", "\nm=audio".repeat(17))), Err(OddSdp::TooLarge));
        assert_eq!(check_offer(OFFER), Ok(()));
        assert_eq!(check_offer(&OFFER.replace("actpass", "active")), Err(OddSdp::Setup));
    }

    #[test]
    fn candidates_are_checked() {
        assert_eq!(check_candidate(""), Ok(()));
        assert_eq!(check_candidate("candidate:1 1 UDP 1 192.0.2.1 9 typ host"), Ok(()));
        let long = format!("candidate:{}", "1".repeat(MAX_CANDIDATE));
        for odd in ["host", "candidate:1\r\na=setup:active", &long] {
            assert_eq!(check_candidate(odd), Err(OddSdp::Candidate));
        }
    }

    proptest! {
        #[test]
        fn nothing_from_outside_breaks_it(text in "(v=0)?(\\PC|\r|\n|m=|a=rtpmap:|a=fmtp:|apt=|[0-9 ;/]){0,200}") {
            let _ = (read(&text), check_offer(&text), check_candidate(&text));
        }
    }
}
