//! The whole of a call's sound between two people, in memory: devices that stand in for real ones, a network that
//! is made up, and time that passes as it is stepped.

use super::devices::{Computer, Doors, Held};
use super::*;
use crate::device::sound::pace::{Stepper, Turn};
use crate::device::sound::{BLOCK, Sink, Source, Told};
use crate::media::coded::{CodedSound, ReceivedSound};
use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one person hears, and how many of their devices are open.
#[derive(Default)]
struct Room {
    heard: Mutex<Vec<f32>>,
    microphones: AtomicUsize,
    speakers: AtomicUsize,
    /// How the next device to fail in use is told.
    told: Mutex<Option<Told>>,
}

struct RoomDoors {
    room: Arc<Room>,
    pace: Pace,
}

/// A thread that beats until it is dropped, and counts as an open device.
struct Beating {
    leash: Option<Leash>,
    thread: Option<JoinHandle<()>>,
    room: Arc<Room>,
    microphone: bool,
}

impl Room {
    fn open(&self, microphone: bool) -> &AtomicUsize {
        if microphone { &self.microphones } else { &self.speakers }
    }
}

impl Drop for Beating {
    fn drop(&mut self) {
        self.leash = None;
        self.thread.take().unwrap().join().unwrap();
        self.room.open(self.microphone).fetch_sub(1, Ordering::SeqCst);
    }
}

impl RoomDoors {
    fn beat(&self, microphone: bool, mut work: impl FnMut(u64) + Send + 'static) -> Held {
        let turn = if microphone { Turn::Microphone } else { Turn::Speaker };
        let (mut beat, leash) = self.pace.beat(turn);
        let pace = self.pace.clone();
        let thread = thread::spawn(move || {
            while beat.wait() {
                work(pace.now_us());
            }
        });
        self.room.open(microphone).fetch_add(1, Ordering::SeqCst);
        let room = Arc::clone(&self.room);
        Box::new(Beating { leash: Some(leash), thread: Some(thread), room, microphone })
    }
}

impl Doors for RoomDoors {
    fn microphone(&self, uri: &DeviceUri, mut sink: Sink, told: Told) -> Result<Held, DeviceFault> {
        let DeviceUri::Microphone(id) = uri else {
            return Computer { pace: self.pace.clone() }.microphone(uri, sink, told);
        };
        if id == "broken" {
            return Err(DeviceFault::Busy { device: id.clone() });
        }
        *self.room.told.lock().unwrap() = Some(told);
        let mut at = 0;
        Ok(self.beat(true, move |now_us| {
            let block = std::array::from_fn(|_| {
                at += 1;
                voice(at)
            });
            sink(&block, now_us - 10_000);
        }))
    }

    fn speaker(&self, uri: &DeviceUri, mut source: Source, _: Told) -> Result<Held, DeviceFault> {
        if *uri == speaker("broken") {
            return Err(DeviceFault::Missing { device: uri.to_string() });
        }
        let behind_us = if *uri == speaker("far") { 60_000 } else { 0 };
        let room = Arc::clone(&self.room);
        Ok(self.beat(false, move |now_us| {
            let mut block = [0.0; BLOCK];
            source(&mut block, now_us + behind_us);
            room.heard.lock().unwrap().extend_from_slice(&block);
        }))
    }
}

/// Syllables with a pitch that wanders, four a second.
fn voice(at: usize) -> f32 {
    let t = at as f32 / 48_000.0;
    let turn = 140.0 * t - 7.0 * (TAU * 0.7 * t).cos();
    let swell = (TAU * 2.0 * t).sin().abs();
    (1..8).map(|n| (TAU * turn * n as f32).sin() / n as f32).sum::<f32>() * 0.15 * swell
}

fn speaker(id: &str) -> DeviceUri {
    DeviceUri::Speaker(id.to_owned())
}

fn microphone(id: &str) -> DeviceUri {
    DeviceUri::Microphone(id.to_owned())
}

/// One person.
struct Person {
    sound: Sound,
    room: Arc<Room>,
    told: Arc<Mutex<Vec<SoundTold>>>,
}

fn person(pace: &Pace, microphone: DeviceUri) -> Person {
    let room = Arc::new(Room::default());
    let doors = Arc::new(RoomDoors { room: Arc::clone(&room), pace: pace.clone() });
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let sound =
        Sound::with(pace.clone(), doors, move |one| tell.lock().unwrap().push(one)).unwrap();
    sound.set_devices(microphone, speaker("here"));
    sound.set_treatment(Treatment::NONE);
    Person { sound, room, told }
}

impl Person {
    fn heard(&self) -> Vec<f32> {
        self.room.heard.lock().unwrap().clone()
    }

    fn open(&self) -> (usize, usize) {
        let open = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (open(&self.room.microphones), open(&self.room.speakers))
    }
}

/// One way from one to the other: 30 ms and a little, and so many lost of a hundred.
struct Way {
    sequence: u16,
    lost_percent: u32,
    seed: u32,
    on_the_way: VecDeque<ReceivedSound>,
    sent: Vec<CodedSound>,
}

impl Way {
    fn new(lost_percent: u32) -> Self {
        let (on_the_way, sent) = (VecDeque::new(), Vec::new());
        Self { sequence: 65_000, lost_percent, seed: 7, on_the_way, sent }
    }

    fn chance(&mut self) -> u32 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.seed >> 16
    }

    fn carry(&mut self, now_us: u64, from: &mut Outgoing, to: &CallSound) {
        while let Some(sound) = from.try_recv() {
            self.sequence = self.sequence.wrapping_add(1);
            let lost = self.chance() % 100 < self.lost_percent;
            let arrived_us = now_us + 30_000 + u64::from(self.chance() % 5_000);
            self.sent.push(sound.clone());
            if !lost {
                self.on_the_way.push_back(ReceivedSound {
                    sequence: self.sequence,
                    time: sound.time,
                    data: sound.data,
                    arrived_us,
                });
            }
        }
        // What comes before the next beat is there at the next beat.
        let next_us = now_us + 10_000;
        while self.on_the_way.front().is_some_and(|first| first.arrived_us <= next_us) {
            to.push(self.on_the_way.pop_front().unwrap());
        }
    }
}

/// Two people in a call, of whom the first is listened to by the second.
struct Talk {
    pace: Pace,
    stepper: Stepper,
    ana: Person,
    bo: Person,
    ana_call: Option<(CallSound, Outgoing)>,
    bo_call: Option<(CallSound, Outgoing)>,
    there: Way,
    back: Way,
}

impl Talk {
    fn new(ana: DeviceUri, lost_percent: u32) -> Self {
        let (pace, stepper) = Pace::stepped();
        let (ana, bo) = (person(&pace, ana), person(&pace, DeviceUri::Null));
        let (ana_call, bo_call) = (Some(ana.sound.begin_call()), Some(bo.sound.begin_call()));
        let (there, back) = (Way::new(lost_percent), Way::new(lost_percent));
        Self { pace, stepper, ana, bo, ana_call, bo_call, there, back }
    }

    fn run(&mut self, ms: usize) {
        for _ in 0..ms / 10 {
            self.stepper.step();
            let now_us = self.pace.now_us();
            let (Some(ana), Some(bo)) = (&mut self.ana_call, &mut self.bo_call) else { continue };
            self.there.carry(now_us, &mut ana.1, &bo.0);
            self.back.carry(now_us, &mut bo.1, &ana.0);
        }
    }

    fn ana(&self) -> &CallSound {
        &self.ana_call.as_ref().unwrap().0
    }

    fn bo(&self) -> &CallSound {
        &self.bo_call.as_ref().unwrap().0
    }
}

/// How much of `samples` is a tone of `hz`, where 1 is a sine of full scale.
fn tone_in(samples: &[f32], hz: f32) -> f32 {
    let (mut re, mut im) = (0.0_f64, 0.0_f64);
    for (index, sample) in samples.iter().enumerate() {
        let turn = std::f64::consts::TAU * f64::from(hz) * index as f64 / 48_000.0;
        re += f64::from(*sample) * turn.cos();
        im += f64::from(*sample) * turn.sin();
    }
    (2.0 * (re * re + im * im).sqrt() / samples.len() as f64) as f32
}

fn is_silent(samples: &[f32]) -> bool {
    samples.iter().all(|sample| sample.abs() < 1e-3)
}

#[test]
fn a_tone_arrives_as_it_was() {
    let mut talk = Talk::new(DeviceUri::Tone { hz: 1000 }, 0);
    talk.run(4_000);
    let heard = talk.bo.heard();
    // Tenths of a second: over longer ones the pitch shows how clocks are drawn together.
    for part in heard[heard.len() - 96_000..].chunks(4_800) {
        let level = tone_in(part, 1000.0);
        assert!((0.08..0.12).contains(&level), "{level}");
        // Not at a distance of the codec's frames, which leave a trace of their own.
        let beside = tone_in(part, 1073.0).max(tone_in(part, 927.0));
        assert!(beside < 0.01, "{beside}");
        assert!(part.chunks(480).all(|block| tone_in(block, 1000.0) > 0.06), "a gap");
    }
    let begins = heard.iter().position(|sample| sample.abs() > 0.02).unwrap() / 48;
    assert!(begins < 250, "the first sound came after {begins} ms");
    let (mine, _) = talk.ana().levels();
    let (_, theirs) = talk.bo().levels();
    assert!((mine - 0.1).abs() < 0.01 && (theirs - 0.1).abs() < 0.03, "{mine} and {theirs}");
    let played = talk.bo().statistics().played;
    assert_eq!((played.concealed, played.packets.lost), (0, 0), "{played:?}");
    assert!(played.delay_ms < 45, "{played:?}");
}

#[test]
fn what_a_speaker_holds_back_takes_nothing_off_the_time_for_late_packets() {
    let mut talk = Talk::new(DeviceUri::Tone { hz: 1000 }, 0);
    talk.run(2_000);
    let lag_us = |talk: &Talk| {
        let (time, heard_us) = talk.bo().position().unwrap();
        heard_us as i64 - i64::from(time.wrapping_sub(talk.ana().time_of(0).unwrap())) * 1000 / 48
    };
    let near_us = lag_us(&talk);
    talk.bo.sound.set_devices(DeviceUri::Null, speaker("far"));
    talk.run(4_000);
    let later_us = lag_us(&talk) - near_us;
    assert!((50_000..75_000).contains(&later_us), "it is heard {later_us} us later");
    let played = talk.bo().statistics().played;
    assert_eq!((played.concealed, played.packets.late), (0, 0), "{played:?}");
    assert!(played.delay_ms < 45, "{played:?}");
}

#[test]
fn what_is_lost_is_mostly_mended() {
    let mut talk = Talk::new(microphone("voice"), 10);
    talk.ana().set_loss(10);
    talk.run(20_000);
    let played = talk.bo().statistics().played;
    println!("{played:?}");
    assert!(played.packets.lost > 70, "the network did lose: {played:?}");
    assert!(played.mended > played.concealed / 2, "{played:?}");
    assert!(played.concealed < 20 * 48_000 * 7 / 100, "{played:?}");
}

#[test]
fn muted_is_silent_within_sixty_milliseconds_of_sound() {
    let mut talk = Talk::new(DeviceUri::Tone { hz: 1000 }, 0);
    talk.run(1_000);
    let muted_at = talk.ana().time_of(talk.pace.now_us()).unwrap();
    talk.ana().set_muted(true);
    let heard = talk.bo.heard().len();
    talk.run(2_000);
    let late = talk.there.sent.iter().filter(|sound| {
        sound.data.len() > 2 && sound.time.wrapping_sub(muted_at).cast_signed() > 60 * 48
    });
    assert_eq!(late.count(), 0);
    // Signs of life are all that is sent.
    let after = talk
        .there
        .sent
        .iter()
        .filter(|sound| sound.time.wrapping_sub(muted_at).cast_signed() > 2_880);
    assert!((3..=7).contains(&after.count()));
    assert!(is_silent(&talk.bo.heard()[heard + 48 * 200..]));
    assert_eq!(talk.ana().levels().0, 0.0);
    talk.ana().set_muted(false);
    let (sent, heard) = (talk.there.sent.len(), talk.bo.heard().len());
    talk.run(1_000);
    assert!(talk.there.sent[sent..].iter().any(|sound| sound.begins));
    let again = &talk.bo.heard()[heard + 48 * 250..];
    assert!(again.chunks(480).all(|block| tone_in(block, 1000.0) > 0.05), "heard again, whole");
    assert_eq!(talk.bo().statistics().played.concealed, 0);
}

#[test]
fn silence_costs_little() {
    let mut talk = Talk::new(DeviceUri::Null, 0);
    talk.run(1_000);
    let before = talk.ana().statistics();
    talk.run(4_000);
    let after = talk.ana().statistics();
    let bytes = after.sent_bytes - before.sent_bytes;
    assert!(bytes < 4 * 250, "{bytes} bytes in 4 s");
    assert_eq!(talk.bo().statistics().played.concealed, 0);
}

#[test]
fn a_ring_opens_the_speaker_alone_and_closes_it_after() {
    let (pace, stepper) = Pace::stepped();
    let ana = person(&pace, microphone("voice"));
    stepper.step();
    assert_eq!(ana.open(), (0, 0));
    ana.sound.ring(Ring::Incoming);
    for _ in 0..100 {
        stepper.step();
        assert_eq!(ana.open().0, 0);
    }
    assert_eq!(ana.open(), (0, 1));
    assert!(!is_silent(&ana.heard()));
    ana.sound.ring(Ring::None);
    for _ in 0..20 {
        stepper.step();
    }
    assert_eq!(ana.open(), (0, 0));
    assert_eq!(stepper.beating(), 0, "with nothing to be heard, the thread sleeps");
    // It can ring again, with another sound, more softly.
    ana.sound.set_volume(50);
    ana.sound.ring(Ring::Busy);
    let before = ana.heard().len();
    for _ in 0..100 {
        stepper.step();
    }
    let busy = tone_in(&ana.heard()[before + 4_800..before + 14_400], 480.0);
    assert!((0.01..0.03).contains(&busy), "{busy}");
}

#[test]
fn the_end_closes_everything() {
    let mut talk = Talk::new(microphone("voice"), 0);
    talk.run(500);
    assert_eq!((talk.ana.open(), talk.bo.open().1), ((1, 1), 1));
    let (call, mut outgoing) = talk.ana_call.take().unwrap();
    drop(call);
    talk.run(200);
    assert_eq!(talk.ana.open(), (0, 0));
    while outgoing.try_recv().is_some() {}
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(outgoing.recv()).is_none());
    // The owner may go in the middle of a call.
    drop(talk.bo);
    assert!(talk.bo_call.is_some());
}

#[test]
fn a_microphone_that_fails_ends_no_call() {
    let mut talk = Talk::new(microphone("broken"), 0);
    talk.run(2_500);
    let failed = SoundTold::MicrophoneFailed(DeviceFault::Busy { device: "broken".into() });
    assert_eq!(*talk.ana.told.lock().unwrap(), [failed, SoundTold::SpeakerOpened]);
    assert!(talk.ana().statistics().sent > 0, "silence is sent");
    talk.ana.sound.set_devices(microphone("voice"), speaker("here"));
    talk.run(1_000);
    assert_eq!(talk.ana.told.lock().unwrap().last(), Some(&SoundTold::MicrophoneOpened));
    let heard = talk.bo.heard();
    assert!(!is_silent(&heard[heard.len() - 9_600..]));
    // It breaks in use, and is there again when it is tried again.
    let told = talk.ana.room.told.lock().unwrap().take().unwrap();
    told(DeviceFault::Stalled { device: "voice".into() });
    talk.run(500);
    assert_eq!(talk.ana.open().0, 0);
    let heard = talk.bo.heard();
    assert!(is_silent(&heard[heard.len() - 9_600..]));
    talk.run(3_000);
    let stalled = SoundTold::MicrophoneFailed(DeviceFault::Stalled { device: "voice".into() });
    let told = talk.ana.told.lock().unwrap().clone();
    assert_eq!(told[told.len() - 2..], [stalled, SoundTold::MicrophoneOpened]);
    let heard = talk.bo.heard();
    assert!(!is_silent(&heard[heard.len() - 9_600..]));
}

#[test]
fn without_a_speaker_the_stream_goes_on_and_is_heard_when_there_is_one() {
    let mut talk = Talk::new(DeviceUri::Tone { hz: 1000 }, 0);
    talk.bo.sound.set_devices(DeviceUri::Null, speaker("broken"));
    talk.run(1_000);
    assert!(
        talk.bo.told.lock().unwrap().iter().any(|told| matches!(told, SoundTold::SpeakerFailed(_)))
    );
    let (before, before_us) = talk.bo().position().unwrap();
    talk.run(1_000);
    let (after, after_us) = talk.bo().position().unwrap();
    let passed = i64::from(after.wrapping_sub(before));
    let expected = (after_us - before_us) as i64 * 48 / 1000;
    assert!((passed - expected).abs() < 960, "{passed} for {expected}");
    assert!(talk.bo().statistics().played.delay_ms < 45);
    talk.bo.sound.set_devices(DeviceUri::Null, speaker("here"));
    let before = talk.bo.heard().len();
    talk.run(500);
    let heard = &talk.bo.heard()[before + 9_600..];
    assert!(heard.chunks(480).all(|block| tone_in(block, 1000.0) > 0.06));
}

#[test]
fn a_held_call_is_silent_both_ways_and_others_are_heard_together() {
    let mut talk = Talk::new(DeviceUri::Tone { hz: 1000 }, 0);
    talk.run(500);
    talk.bo().set_held(true);
    talk.run(300);
    // Nobody talks: the microphone and the speaker are closed.
    assert_eq!(talk.bo.open(), (0, 0));
    let heard = talk.bo.heard().len();
    talk.run(300);
    assert_eq!(talk.bo.heard().len(), heard);
    // A second call, in which the first one's tone must not be heard.
    let (second, _outgoing) = talk.bo.sound.begin_call();
    talk.run(300);
    assert!(is_silent(&talk.bo.heard()[heard..]));
    talk.bo().set_held(false);
    talk.run(500);
    let both = talk.bo.heard();
    assert!(tone_in(&both[both.len() - 4_800..], 1000.0) > 0.08);
    drop(second);
    talk.run(300);
    assert_eq!(talk.bo.open().1, 1, "the first call is still heard");
}

#[test]
fn what_is_heard_and_what_was_caught_have_times_that_fit() {
    let mut talk = Talk::new(DeviceUri::Tone { hz: 1000 }, 0);
    talk.run(3_000);
    let (time, heard_us) = talk.bo().position().unwrap();
    let now = talk.ana().time_of(heard_us).unwrap();
    let late_ms = i64::from(now.wrapping_sub(time).cast_signed()) / 48;
    // 30 ms on the way, and what the devices, the packets and the buffer take.
    assert!((50..150).contains(&late_ms), "heard {late_ms} ms after it was caught");
    let steady: Vec<u32> = (0..3)
        .map(|_| {
            talk.run(100);
            talk.ana().time_of(0).unwrap()
        })
        .collect();
    assert!(steady.windows(2).all(|pair| pair[0].wrapping_sub(pair[1]).cast_signed().abs() < 48));
}

#[test]
fn sound_that_nobody_takes_is_dropped() {
    let (pace, stepper) = Pace::stepped();
    let ana = person(&pace, DeviceUri::Tone { hz: 1000 });
    let (call, mut outgoing) = ana.sound.begin_call();
    for _ in 0..100 {
        stepper.step();
    }
    let waiting: Vec<_> = std::iter::from_fn(|| outgoing.try_recv()).collect();
    assert_eq!(waiting.len(), 10);
    assert!(call.statistics().dropped > 30, "{:?}", call.statistics());
    // The newest are those that are kept.
    let newest = call.time_of(pace.now_us()).unwrap();
    assert!(newest.wrapping_sub(waiting[9].time) < 4_800);
    for sequence in 0..1_000 {
        call.push(ReceivedSound { sequence, time: 0, data: bytes::Bytes::new(), arrived_us: 0 });
    }
    stepper.step();
    assert_eq!(call.statistics().played.packets.odd, 200);
}
