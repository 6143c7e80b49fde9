//! The figures of a talk as shells see them: rates are taken over the time since they were last asked for, a second
//! or more.

use crate::api::{CallStatistics, PictureStatistics, SoundStatistics};
use crate::media::clock::now_us;
use crate::media::sound::SoundFigures;
use crate::media::video::decode::DecodeStatistics;
use crate::media::video::encode::EncodeStatistics;
use crate::media::video::present::PresentStatistics;
use crate::peer::LinkFigures;

/// Rates are not taken anew more often.
const LEAST_US: u64 = 900_000;

/// What rates are taken from.
#[derive(Debug, Default)]
pub(super) struct Rates {
    at_us: u64,
    before: LinkFigures,
    kbit_s: Kbit,
}

#[derive(Debug, Clone, Copy, Default)]
struct Kbit {
    picture_out: f64,
    picture_in: f64,
    sound_out: f64,
    sound_in: f64,
}

/// All that is known of a talk.
pub(super) struct Known {
    pub(super) link: LinkFigures,
    pub(super) encode: Option<EncodeStatistics>,
    pub(super) decode: DecodeStatistics,
    pub(super) present: PresentStatistics,
    pub(super) sound: Option<SoundFigures>,
    pub(super) levels: (f32, f32),
}

impl Rates {
    /// Takes rates where enough time has passed, and gives the figures.
    pub(super) fn take(&mut self, known: &Known) -> CallStatistics {
        let (now, link) = (now_us(), &known.link);
        let passed = now.saturating_sub(self.at_us);
        if passed >= LEAST_US {
            let rate =
                |now: u64, before: u64| now.saturating_sub(before) as f64 * 8e3 / passed as f64;
            self.kbit_s = Kbit {
                picture_out: rate(link.picture_bytes_out, self.before.picture_bytes_out),
                picture_in: rate(link.picture_bytes_in, self.before.picture_bytes_in),
                sound_out: rate(link.sound_bytes_out, self.before.sound_bytes_out),
                sound_in: rate(link.sound_bytes_in, self.before.sound_bytes_in),
            };
            (self.at_us, self.before) = (now, link.clone());
        }
        self.figures(known)
    }

    fn figures(&self, known: &Known) -> CallStatistics {
        let link = &known.link;
        let opus = || "Opus".to_owned();
        CallStatistics {
            round_trip_ms: link.round_trip_ms,
            relayed: link.relayed,
            transport: link.transport.clone(),
            available_kbit_s: Some(link.available / 1000.0),
            picture_out: known.encode.map(|encode| PictureStatistics {
                codec: encode.format.name().to_owned(),
                width: encode.size.map_or(0, |size| size.width),
                height: encode.size.map_or(0, |size| size.height),
                fps: encode.fps,
                kbit_s: self.kbit_s.picture_out,
                lost_percent: link.lost_out * 100.0,
                pictures: encode.pictures,
                keyframes_asked: link.pictures_wanted,
                resent: link.resent,
                delay_ms: None,
            }),
            picture_in: known.decode.format.map(|format| PictureStatistics {
                codec: format.name().to_owned(),
                width: known.decode.size.map_or(0, |size| size.width),
                height: known.decode.size.map_or(0, |size| size.height),
                fps: known.decode.fps,
                kbit_s: self.kbit_s.picture_in,
                lost_percent: link.lost_in * 100.0,
                pictures: known.decode.pictures,
                keyframes_asked: link.pictures_asked,
                resent: link.asked,
                delay_ms: Some(known.present.delay_ms + known.decode.decode_ms),
            }),
            sound_out: known.sound.map(|_| SoundStatistics {
                codec: opus(),
                kbit_s: self.kbit_s.sound_out,
                lost_percent: link.lost_out * 100.0,
                level: f64::from(known.levels.0),
                delay_ms: None,
                concealed_ms: 0,
            }),
            sound_in: known.sound.map(|sound| SoundStatistics {
                codec: opus(),
                kbit_s: self.kbit_s.sound_in,
                lost_percent: lost_percent(&sound),
                level: f64::from(known.levels.1),
                delay_ms: Some(sound.played.delay_ms as f64),
                concealed_ms: sound.played.concealed / 48,
            }),
            lip_sync_ms: known.present.lip_sync_ms,
        }
    }
}

/// The part of the other's packets that did not come, or came too late.
fn lost_percent(sound: &SoundFigures) -> f64 {
    let packets = sound.played.packets;
    let (missed, all) = (packets.lost, packets.received + packets.lost);
    if all == 0 { 0.0 } else { missed as f64 * 100.0 / all as f64 }
}
