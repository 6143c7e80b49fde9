//! Opus, both ways: 20 ms of one channel out, with what is needed to mend the packet before; whatever comes from
//! elsewhere in. What a packet says about itself is read here too. When to decode what is the jitter buffer's
//! business, not decided here.

use crate::device::sound::RATE;
use crate::media::coded::CodedSound;
use bytes::Bytes;

/// Samples in a packet that is made here: 20 ms.
pub const FRAME: usize = 960;

/// The longest packet that may come: 120 ms.
pub const LONGEST: usize = 5760;

/// The bitrates that may be asked for.
pub const BITRATES: std::ops::RangeInclusive<u32> = 16_000..=64_000;

/// What is asked for first.
pub const USUAL_BITRATE: u32 = 32_000;

/// The largest packet that is made or taken.
pub const LARGEST: usize = 1500;

/// Opus makes samples by steps of 2.5 ms.
pub const GRAIN: usize = 120;

/// The codec refused.
#[derive(Debug, thiserror::Error)]
#[error("Opus: {0}")]
pub struct OpusFault(#[from] opus::Error);

/// Makes packets of sound.
pub struct Encoder {
    opus: opus::Encoder,
    bitrate: u32,
    loss: u8,
    pausing: bool,
    begins: bool,
    /// How the last packet was coded, by which a pause is marked.
    kind: u8,
}

impl Encoder {
    /// For speech, at 32 kbit/s.
    ///
    /// # Errors
    ///
    /// Where there is no memory for it.
    pub fn new() -> Result<Self, OpusFault> {
        let mut opus = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip)?;
        opus.set_bitrate(opus::Bitrate::Bits(USUAL_BITRATE as i32))?;
        opus.set_inband_fec(true)?;
        opus.set_packet_loss_perc(0)?;
        opus.set_dtx(true)?;
        opus.set_vbr(true)?;
        let bitrate = USUAL_BITRATE;
        Ok(Self { opus, bitrate, loss: 0, pausing: false, begins: true, kind: 0 })
    }

    /// Aims at another bitrate, in bits a second, from the next packet on.
    ///
    /// # Errors
    ///
    /// Where the codec refuses; it goes on as before.
    pub fn set_bitrate(&mut self, bitrate: u32) -> Result<(), OpusFault> {
        let bitrate = bitrate.clamp(*BITRATES.start(), *BITRATES.end());
        if bitrate != self.bitrate {
            self.opus.set_bitrate(opus::Bitrate::Bits(bitrate as i32))?;
            self.bitrate = bitrate;
        }
        Ok(())
    }

    /// Puts in as much to mend with as a network needs that loses so many packets of a hundred.
    ///
    /// # Errors
    ///
    /// Where the codec refuses; it goes on as before.
    pub fn set_loss(&mut self, percent: u8) -> Result<(), OpusFault> {
        let percent = percent.min(100);
        if percent != self.loss {
            self.opus.set_packet_loss_perc(i32::from(percent))?;
            self.loss = percent;
        }
        Ok(())
    }

    /// Codes 20 ms; none while there is only silence, after the packet that says so.
    ///
    /// # Errors
    ///
    /// Where the codec refuses.
    pub fn encode(
        &mut self,
        samples: &[f32; FRAME],
        time: u32,
    ) -> Result<Option<CodedSound>, OpusFault> {
        let mut packet = [0; LARGEST];
        let bytes = self.opus.encode_float(samples, &mut packet)?;
        if is_pause(&packet[..bytes]) {
            return Ok(self.pause(time));
        }
        self.kind = packet[0];
        self.pausing = false;
        let begins = std::mem::take(&mut self.begins);
        Ok(Some(CodedSound { data: Bytes::copy_from_slice(&packet[..bytes]), time, begins }))
    }

    /// The packet that says that a pause begins; none where it was said already.
    pub fn pause(&mut self, time: u32) -> Option<CodedSound> {
        if std::mem::replace(&mut self.pausing, true) {
            return None;
        }
        self.begins = true;
        Some(self.pause_again(time))
    }

    /// The same again, as a sign of life in a long pause.
    pub fn pause_again(&self, time: u32) -> CodedSound {
        // One frame, of the same kind as before, and nothing in it.
        CodedSound { data: Bytes::copy_from_slice(&[self.kind & 0xFC]), time, begins: false }
    }
}

/// Makes sound of packets.
pub struct Decoder {
    opus: opus::Decoder,
}

impl Decoder {
    /// For one channel; more are mixed.
    ///
    /// # Errors
    ///
    /// Where there is no memory for it.
    pub fn new() -> Result<Self, OpusFault> {
        Ok(Self { opus: opus::Decoder::new(RATE, opus::Channels::Mono)? })
    }

    /// Decodes a packet.
    ///
    /// # Errors
    ///
    /// Where it is no packet.
    pub fn decode(&mut self, packet: &[u8], into: &mut Vec<f32>) -> Result<(), OpusFault> {
        // Of an empty one it would make up sound.
        let samples = samples_in(packet).unwrap_or(0);
        into.resize(samples, 0.0);
        if samples > 0 {
            let made = self.opus.decode_float(packet, into, false)?;
            into.truncate(made);
        }
        sane(into);
        Ok(())
    }

    /// Mends what was lost right before a packet, as far as it carries what is needed for that: as many samples
    /// as the packet has.
    ///
    /// # Errors
    ///
    /// Where it is no packet.
    pub fn mend(&mut self, next: &[u8], into: &mut Vec<f32>) -> Result<(), OpusFault> {
        into.resize(samples_in(next).unwrap_or(0), 0.0);
        if !into.is_empty() {
            let made = self.opus.decode_float(next, into, true)?;
            into.truncate(made);
        }
        sane(into);
        Ok(())
    }

    /// Makes up sound for what was lost: as many samples, to a multiple of 2.5 ms.
    ///
    /// # Errors
    ///
    /// Where the codec refuses.
    pub fn conceal(&mut self, samples: usize, into: &mut Vec<f32>) -> Result<(), OpusFault> {
        into.resize(samples.div_ceil(GRAIN).max(1) * GRAIN, 0.0);
        let made = self.opus.decode_float(&[], into, false)?;
        into.truncate(made);
        sane(into);
        Ok(())
    }
}

/// A hostile packet may decode to anything.
fn sane(samples: &mut [f32]) {
    for sample in samples {
        *sample = if sample.is_finite() { sample.clamp(-1.5, 1.5) } else { 0.0 };
    }
}

/// How many samples of one channel a packet holds; none where it is no packet.
pub fn samples_in(packet: &[u8]) -> Option<usize> {
    if packet.is_empty() || packet.len() > LARGEST {
        return None;
    }
    let samples = opus::packet::get_nb_samples(packet, RATE).ok()?;
    (GRAIN..=LONGEST).contains(&samples).then_some(samples)
}

/// Whether a packet only says that nothing is said.
pub fn is_pause(packet: &[u8]) -> bool {
    packet.len() <= 2
}

/// Whether a packet carries what mends the one before it.
pub fn mends(packet: &[u8]) -> bool {
    let [kind, rest @ ..] = packet else { return false };
    let (config, stereo, frames) = (kind >> 3, kind & 4 != 0, kind & 3);
    // The upper half of the kinds has nothing of the sort. Of several frames in a packet the first one's flags
    // stand behind their sizes: there it is only found out by trying.
    if config >= 16 || rest.is_empty() {
        return false;
    }
    if frames != 0 {
        return true;
    }
    // 10 and 20 ms have one flag of speech before it, 40 and 60 ms two and three.
    let speech = match config {
        0..12 => [1, 1, 2, 3][usize::from(config % 4)],
        _ => 1,
    };
    let flag = |place: u32| rest[0].checked_shr(7_u32.saturating_sub(place)).unwrap_or(0) & 1 == 1;
    flag(speech) || (stereo && flag(2 * speech + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f32::consts::TAU;

    pub(crate) fn voice(at: usize) -> f32 {
        // A vowel's worth of partials, swelling and fading, so that the codec takes it for speech.
        let t = at as f32 / RATE as f32;
        let swell = 0.6 + 0.4 * (TAU * 3.0 * t).sin();
        (1..8).map(|n| (TAU * 140.0 * n as f32 * t).sin() / n as f32).sum::<f32>() * 0.12 * swell
    }

    fn frame(index: usize) -> [f32; FRAME] {
        std::array::from_fn(|at| voice(index * FRAME + at))
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
    }

    #[test]
    fn what_goes_in_comes_out() {
        let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
        let (mut bytes, mut out) = (0, Vec::new());
        for index in 0..50 {
            let coded = encoder.encode(&frame(index), 0).unwrap().unwrap();
            assert_eq!(coded.begins, index == 0);
            assert_eq!(samples_in(&coded.data), Some(FRAME));
            bytes += coded.data.len();
            decoder.decode(&coded.data, &mut out).unwrap();
            assert_eq!(out.len(), FRAME);
        }
        assert!((2_500..5_500).contains(&bytes), "{bytes} bytes a second");
        let level = power(&out) / power(&frame(49));
        assert!((0.7..1.4).contains(&level), "{level}");
    }

    #[test]
    fn the_bitrate_follows_live() {
        let mut encoder = Encoder::new().unwrap();
        let second = |encoder: &mut Encoder| -> usize {
            let each = (0..50).map(|index| encoder.encode(&frame(index), 0).unwrap());
            each.flatten().map(|coded| coded.data.len()).sum()
        };
        encoder.set_bitrate(16_000).unwrap();
        let low = second(&mut encoder);
        encoder.set_bitrate(64_000).unwrap();
        let high = second(&mut encoder);
        assert!(low < 2_600 && high > 5_500, "{low} and {high} bytes a second");
    }

    #[test]
    fn a_lost_packet_is_mended_by_the_next() {
        let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
        encoder.set_loss(10).unwrap();
        let packets: Vec<_> =
            (0..50).map(|index| encoder.encode(&frame(index), 0).unwrap().unwrap().data).collect();
        let (mut whole, mut out) = (Vec::new(), Vec::new());
        let mut other = Decoder::new().unwrap();
        let lost = (30..49).find(|lost| mends(&packets[lost + 1])).unwrap();
        for packet in &packets[..lost] {
            decoder.decode(packet, &mut out).unwrap();
            other.decode(packet, &mut out).unwrap();
        }
        decoder.decode(&packets[lost], &mut whole).unwrap();
        let mut mended = Vec::new();
        other.mend(&packets[lost + 1], &mut mended).unwrap();
        assert_eq!(mended.len(), FRAME);
        let off: Vec<f32> = whole.iter().zip(&mended).map(|(a, b)| a - b).collect();
        assert!(power(&off) < 0.3 * power(&whole), "{} of {}", power(&off), power(&whole));
    }

    #[test]
    fn silence_is_said_once_and_then_kept() {
        let mut encoder = Encoder::new().unwrap();
        for index in 0..50 {
            encoder.encode(&frame(index), 0).unwrap();
        }
        let sent: Vec<_> = (0..200)
            .filter_map(|_| encoder.encode(&[0.0; FRAME], 0).unwrap())
            .map(|coded| coded.data.len())
            .collect();
        // A handful until it believes it, then one and a sign of life each 400 ms.
        assert!(sent.len() < 45, "{} packets in 4 seconds of silence", sent.len());
        assert!(sent.iter().any(|bytes| *bytes <= 2));
        let mut later = (0..20).filter_map(|index| encoder.encode(&frame(index), 0).unwrap());
        assert!(later.any(|coded| coded.begins));
    }

    #[test]
    fn packets_from_elsewhere_are_taken() {
        let mut decoder = Decoder::new().unwrap();
        let mut out = Vec::new();
        for (frames, application) in [
            (120, opus::Application::LowDelay),
            (480, opus::Application::Audio),
            (2880, opus::Application::Voip),
        ] {
            let mut stereo = opus::Encoder::new(RATE, opus::Channels::Stereo, application).unwrap();
            let samples: Vec<f32> = (0..frames * 2).map(|at| voice(at / 2)).collect();
            let packet = stereo.encode_vec_float(&samples, LARGEST).unwrap();
            assert_eq!(samples_in(&packet), Some(frames));
            decoder.decode(&packet, &mut out).unwrap();
            assert_eq!(out.len(), frames);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_packet_is_too_odd(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..6)) {
            let mut decoder = Decoder::new().unwrap();
            let mut out = Vec::new();
            for packet in packets {
                mends(&packet);
                drop(decoder.mend(&packet, &mut out));
                drop(decoder.decode(&packet, &mut out));
                prop_assert!(out.len() <= LONGEST);
                prop_assert!(out.iter().all(|sample| sample.is_finite()));
                decoder.conceal(480, &mut out).unwrap();
            }
        }
    }
}
