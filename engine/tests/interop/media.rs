//! This side's camera, microphone, eyes and ears: barcodes through the engine's own codecs, tones through its Opus.

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use visavis_engine::media::barcode::{self, Stamp};
use visavis_engine::media::clock::now_us;
use visavis_engine::media::coded::{ClockReport, CodedPicture, ReceivedSound};
use visavis_engine::media::picture::{Picture, Size};
use visavis_engine::media::slot::Slot;
use visavis_engine::media::sound::opus::{Decoder, Encoder, FRAME};
use visavis_engine::media::video::decode::{DecodeStatistics, DecodeThread};
use visavis_engine::media::video::encode::{EncodeControl, EncodeSettings, EncodeThread};
use visavis_engine::peer::{Feed, Sink};

/// How large this side's pictures are.
pub(crate) const SIZE: Size = Size { width: 640, height: 360 };
/// The tone that this side's microphone hears.
pub(crate) const OUR_TONE: f32 = 1000.0;
const RATE: f32 = 48_000.0;
/// A tone is measured over so many samples.
const WINDOW: usize = 9_600;
/// Whole pictures are large: one in so long is enough.
const WHOLE_EVERY_US: u64 = 250_000;

/// What was seen of the other side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    pub(crate) readable: u64,
    pub(crate) unreadable: u64,
    pub(crate) backwards: u64,
    pub(crate) last: Option<Stamp>,
    pub(crate) size: Option<Size>,
}

/// What was heard of the other side.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Heard {
    pub(crate) packets: u64,
    pub(crate) hz: f32,
    pub(crate) loud: f32,
}

/// Takes what a link brings.
pub(crate) struct Eyes {
    decode: DecodeThread,
    sound: Mutex<Ear>,
    heard: watch::Sender<Heard>,
    control: Mutex<Option<EncodeControl>>,
    whole_us: Mutex<u64>,
}

struct Ear {
    decoder: Decoder,
    samples: Vec<f32>,
    window: VecDeque<f32>,
}

impl Eyes {
    pub(crate) fn open(feed: Feed) -> (Arc<Self>, watch::Receiver<Sight>, watch::Receiver<Heard>) {
        let (see, sights) = watch::channel(Sight::default());
        let (heard, hears) = watch::channel(Heard::default());
        let runtime = tokio::runtime::Handle::current();
        let ask = move || {
            let feed = feed.clone();
            runtime.spawn(async move { feed.ask_picture().await });
        };
        let decode = DecodeThread::start(
            move |decoded| {
                let stamp = barcode::read(&decoded.picture);
                see.send_modify(|sight| sight.take(stamp, decoded.picture.size()));
            },
            ask,
        );
        let ear = Ear { decoder: Decoder::new().unwrap(), samples: vec![], window: [].into() };
        let eyes = Self {
            decode: decode.unwrap(),
            sound: Mutex::new(ear),
            heard,
            control: Mutex::default(),
            whole_us: Mutex::default(),
        };
        (Arc::new(eyes), sights, hears)
    }

    pub(crate) fn statistics(&self) -> DecodeStatistics {
        self.decode.statistics()
    }
}

impl Sight {
    fn take(&mut self, stamp: Option<Stamp>, size: Size) {
        self.size = Some(size);
        match stamp {
            Some(stamp) => {
                let before = self.last.replace(stamp);
                self.backwards += u64::from(before.is_some_and(|last| stamp.number < last.number));
                self.readable += 1;
            }
            None => self.unreadable += 1,
        }
    }
}

impl Ear {
    fn hear(&mut self, packet: &[u8]) -> Option<(f32, f32)> {
        self.decoder.decode(packet, &mut self.samples).unwrap();
        self.window.extend(&self.samples);
        let extra = self.window.len().checked_sub(WINDOW)?;
        self.window.drain(..extra);
        let loud = self.window.iter().map(|sample| sample * sample).sum::<f32>();
        let loud = (loud / WINDOW as f32).sqrt();
        let pairs = self.window.iter().zip(self.window.iter().skip(1));
        // Where the wave goes up through nought, between samples.
        let rises = pairs.enumerate().filter(|(_, (a, b))| **a < 0.0 && **b >= 0.0);
        let rises: Vec<f32> = rises.map(|(at, (a, b))| at as f32 + a / (a - b)).collect();
        let hz = match rises[..] {
            [first, .., last] if loud > 0.01 => RATE * (rises.len() - 1) as f32 / (last - first),
            _ => 0.0,
        };
        Some((hz, loud))
    }
}

impl Sink for Eyes {
    fn picture(&self, picture: CodedPicture, arrived_us: u64) {
        self.decode.push(picture, arrived_us);
    }
    fn gap(&self) {
        self.decode.push_gap();
    }
    fn sound(&self, sound: ReceivedSound) {
        let measured = self.sound.lock().unwrap().hear(&sound.data);
        self.heard.send_modify(|heard| {
            heard.packets += 1;
            (heard.hz, heard.loud) = measured.unwrap_or_default();
        });
    }
    fn picture_clock(&self, _: ClockReport) {}
    fn sound_clock(&self, _: ClockReport) {}
    fn picture_wanted(&self) {
        let mut last = self.whole_us.lock().unwrap();
        if *last > 0 && now_us() < *last + WHOLE_EVERY_US {
            return;
        }
        if let Some(control) = &*self.control.lock().unwrap() {
            *last = now_us();
            control.ask_keyframe();
        }
    }
    fn sound_lost(&self, _: f64) {}
}

/// This side's camera and microphone, on until dropped.
pub(crate) struct Devices {
    _encode: EncodeThread,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Devices {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Devices {
    /// Films and listens, and sends what comes of it in the format that was agreed on. The path has to be up.
    pub(crate) fn open(feed: &Feed, eyes: &Eyes) -> Self {
        let raw = Slot::new();
        let (to, coded) = mpsc::channel(4);
        let settings = EncodeSettings {
            format: feed.picture_format().unwrap(),
            bit_s: 800_000,
            most: SIZE,
            fps: 30,
            offset: 77,
        };
        let encode = EncodeThread::start(raw.clone(), to, settings, |fault| panic!("{fault}"));
        let encode = encode.unwrap();
        *eyes.control.lock().unwrap() = Some(encode.control());
        let tasks = vec![
            tokio::spawn(film(raw)),
            tokio::spawn(follow(encode.control(), feed.clone())),
            tokio::spawn(send(coded, feed.clone())),
            tokio::spawn(hum(feed.clone())),
        ];
        Self { _encode: encode, tasks }
    }
}

async fn film(raw: Slot<Picture>) {
    let mut beat = tokio::time::interval(Duration::from_millis(33));
    for number in 1.. {
        beat.tick().await;
        let mut planes = Picture::plain(SIZE, 0, [90, 100, 150]).bytes().to_vec();
        // Something that moves, so that pictures depend on each other.
        let at = (number as usize * 6) % 600;
        for line in planes[..SIZE.luma()].chunks_exact_mut(SIZE.width as usize) {
            line[at..at + 40].fill(200);
        }
        let time_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
        assert!(barcode::draw(Stamp { number, time_ms }, SIZE, &mut planes));
        raw.put(Picture::new(SIZE, now_us(), planes).unwrap());
    }
}

/// Codes no more than the path carries, or pictures would wait for each other without end.
async fn follow(control: EncodeControl, feed: Feed) {
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    loop {
        beat.tick().await;
        let Some((path, _)) = feed.path() else { return };
        control.set_bitrate((path * 0.9).min(800_000.0) as u32);
    }
}

async fn send(mut coded: mpsc::Receiver<CodedPicture>, feed: Feed) {
    while let Some(picture) = coded.recv().await {
        // While there is no path nothing is sent.
        let _ = feed.picture(&picture).await;
    }
}

async fn hum(feed: Feed) {
    let mut encoder = Encoder::new().unwrap();
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    for packet in 0_u32.. {
        beat.tick().await;
        let wave = |at: usize| {
            // By whole seconds, or the number grows too large to be exact.
            let at = (packet as usize * FRAME + at) % RATE as usize;
            (at as f32 / RATE * OUR_TONE * TAU).sin() * 0.3
        };
        let samples = std::array::from_fn(wave);
        let time = packet.wrapping_mul(FRAME as u32);
        if let Some(sound) = encoder.encode(&samples, time).unwrap() {
            let _ = feed.sound(&sound).await;
        }
    }
}
