//! Cameras that are no cameras: what they show and when, how they end, and what hostile files do to them.

use super::pace::{Pace, SteadyPace, Wake};
use super::wish::Wishes;
use super::*;
use crate::media::barcode;
use crate::media::picture::Size;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;

const PATIENCE: Duration = Duration::from_secs(60);

fn moment(number: u64) -> Moment {
    Moment { number, taken_us: 1000 * number, wall_ms: 1_795_000_000_000 + number }
}

fn pictures(uri: &str, count: u64) -> Result<Vec<Picture>, DeviceFault> {
    let mut source = source(&uri.parse().unwrap())?;
    let each = (0..count).map(|number| source.next_picture(moment(number)));
    each.filter_map(Result::transpose).collect()
}

/// A clock that jumps to whatever is waited for, and further if it is told so; it ends after as many waits.
struct Jumps {
    now: RefCell<u64>,
    late: RefCell<VecDeque<u64>>,
}

impl Pace for Jumps {
    fn now_us(&self) -> u64 {
        *self.now.borrow()
    }

    fn wall_ms(&self) -> u64 {
        self.now_us() / 1000
    }

    fn wait_until(&self, us: u64) -> bool {
        let Some(late) = self.late.borrow_mut().pop_front() else { return false };
        let mut now = self.now.borrow_mut();
        *now = us.max(*now) + late;
        true
    }
}

/// Notes the moments it is asked for.
struct Notes(Vec<Moment>, Duration);

impl Source for Notes {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        self.0.push(moment);
        Ok(Some(Picture::plain(Size::new(2, 2).unwrap(), moment.taken_us, [0; 3])))
    }

    fn interval(&self) -> Duration {
        self.1
    }
}

fn moments(fps: u32, late: &[u64]) -> Vec<(u64, u64)> {
    let pace =
        Jumps { now: RefCell::new(1000), late: RefCell::new(late.iter().copied().collect()) };
    let mut notes = Notes(Vec::new(), Duration::from_secs(1) / fps);
    assert_eq!(pace::run(&mut notes, &pace, |_| {}), Ok(pace::Ended::ByOwner));
    notes.0.iter().map(|moment| (moment.number, moment.taken_us)).collect()
}

#[test]
fn pictures_come_at_their_times() {
    assert_eq!(moments(50, &[0, 0, 0]), [(1, 21_000), (2, 41_000), (3, 61_000)]);
    // A long run neither gains nor loses: one second and ten minutes later.
    let long = moments(30, &vec![0; 18_000]);
    assert_eq!((long[29], long[17_999]), ((30, 1_001_000), (18_000, 600_000_994)));
}

#[test]
fn what_is_late_is_left_out_and_never_made_up_for() {
    // A little late: the next is on time again. Very late: those between are left out.
    assert_eq!(moments(50, &[5000, 0, 0]), [(1, 26_000), (2, 41_000), (3, 61_000)]);
    assert_eq!(moments(50, &[65_000, 0, 0]), [(1, 86_000), (4, 86_000), (5, 101_000)]);
}

#[test]
fn a_wait_of_an_hour_is_ended_from_outside() {
    let wake = Arc::new(Wake::default());
    let pace = SteadyPace::new(Arc::clone(&wake));
    let waiting = std::thread::spawn(move || pace.wait_until(pace.now_us() + 3_600_000_000));
    wake.end();
    assert!(!waiting.join().unwrap());
}

#[test]
fn the_pattern_says_which_it_is_and_moves() {
    for uri in ["test:pattern", "test:pattern?w=320&h=180", "test:pattern?w=720&h=1280&fps=7"] {
        let shown = pictures(uri, 40).unwrap();
        for (number, picture) in (0..).zip(&shown) {
            let stamp = barcode::read(picture).unwrap();
            assert_eq!(u64::from(stamp.number), number, "{uri}");
            assert_eq!(stamp.time_ms, moment(number).wall_ms);
            assert_eq!(picture.taken_us(), moment(number).taken_us);
        }
        assert_ne!(shown[0].u(), shown[5].u());
    }
    for uri in ["test:pattern?w=2&h=2", "test:pattern?w=4096&h=2", "test:pattern?w=2&h=90&fps=120"]
    {
        assert_eq!(pictures(uri, 200).unwrap().len(), 200, "{uri}");
    }
}

/// What moved leaves nothing behind: a picture is the same whatever was drawn before it.
#[test]
fn the_pattern_is_drawn_clean() {
    let mut long = source(&"test:pattern?w=322&h=178".parse().unwrap()).unwrap();
    let mut last = None;
    for number in 0..100 {
        last = long.next_picture(moment(number)).unwrap();
    }
    let mut fresh = source(&"test:pattern?w=322&h=178".parse().unwrap()).unwrap();
    let fresh = fresh.next_picture(moment(99)).unwrap();
    assert_eq!(last.unwrap().bytes(), fresh.unwrap().bytes());
}

#[test]
fn no_picture_is_black() {
    let shown = pictures("null:", 2).unwrap();
    assert!(shown[1].y().iter().all(|bright| *bright == 16));
    assert_eq!(shown[1].taken_us(), 1000);
}

#[test]
fn what_is_no_camera_is_missing() {
    for uri in ["camera:0", "mic:0", "speaker:0", "test:tone", "file:/nowhere/at/all.y4m"] {
        let opened = Camera::open(&uri.parse().unwrap(), &Wishes::default(), Slot::new(), |_| {});
        assert!(matches!(opened, Err(DeviceFault::Missing { .. })), "{uri}");
    }
}

#[test]
fn each_camera_in_the_list_opens() {
    let all = list();
    assert_eq!(all.iter().filter(|device| device.default).count(), 1);
    for device in all {
        let slot = Slot::new();
        let camera =
            Camera::open(&device.uri.parse().unwrap(), &Wishes::default(), slot.clone(), |_| {})
                .unwrap();
        // The first is there at once, and others follow.
        assert!(slot.try_take().is_some() && slot.take_within(PATIENCE).is_some());
        drop(camera);
        slot.try_take();
        assert!(slot.try_take().is_none() && !slot.is_closed());
    }
}

fn pixels(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 2 && y < height / 2 { Rgb([250, 20, 20]) } else { Rgb([20, 20, 120]) }
    })
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
    let pixels = pixels(width, height);
    encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let pixels = pixels(width, height);
    encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn gif(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    let pixels = image::DynamicImage::from(pixels(width, height)).into_rgba8();
    for _ in 0..3 {
        encoder.encode_frame(image::Frame::new(pixels.clone())).unwrap();
    }
    drop(encoder);
    bytes
}

fn y4m(width: usize, height: usize) -> Vec<u8> {
    let frame = vec![77; width * height + 2 * width.div_ceil(2) * height.div_ceil(2)];
    let frame = [b"FRAME\n", &frame[..]].concat().repeat(3);
    [format!("YUV4MPEG2 W{width} H{height} F25:1\n").as_bytes(), &frame].concat()
}

fn put(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn files_are_known_by_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let three = jpeg(33, 17).repeat(3);
    for (bytes, count) in [(y4m(33, 17), 3), (three, 3), (gif(33, 17), 3), (png(33, 17), 1)] {
        let path = put(&folder, "odd name?.txt", &bytes);
        let once = pictures(&format!("file:{}", path.display()), 10).unwrap();
        assert_eq!(once.len(), count);
        let again = pictures(&format!("file:{}?loop=1", path.display()), 10).unwrap();
        assert_eq!(again.len(), 10);
        assert_eq!(again[9].size(), Size::new(32, 16).unwrap());
        assert_eq!(again[9].taken_us(), 9000);
    }
    let path = put(&folder, "a.y4m", b"not at all");
    let refused = pictures(&format!("file:{}", path.display()), 1);
    assert!(matches!(refused, Err(DeviceFault::BadFile { .. })), "{refused:?}");
}

#[test]
fn colours_and_corners_are_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a", jpeg(64, 32)), ("b", gif(64, 32)), ("c", png(64, 32))] {
        let path = put(&folder, name, &bytes);
        let shown = pictures(&format!("file:{}", path.display()), 1).unwrap();
        let at = |x: usize, y: usize| {
            let (luma, chroma) = (y * 64 + x, y / 2 * 32 + x / 2);
            [shown[0].y()[luma], shown[0].u()[chroma], shown[0].v()[chroma]]
        };
        let near = |pixel: [u8; 3], wanted: [u8; 3]| {
            pixel.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 6)
        };
        // BT.601 in the range of television.
        assert!(near(at(4, 4), [91, 91, 227]), "{name} {:?}", at(4, 4));
        for (x, y) in [(60, 4), (4, 28), (60, 28)] {
            assert!(near(at(x, y), [43, 172, 121]), "{name} {:?}", at(x, y));
        }
    }
}

#[test]
fn a_folder_is_shown_in_the_order_of_its_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("shot10.png", png(6, 2)),
        ("shot9.JPG", jpeg(4, 2)),
        ("shot1.png", png(2, 2)),
        ("notes.txt", b"no picture".to_vec()),
    ] {
        put(&folder, name, &bytes);
    }
    let uri = format!("file:{}", folder.path().display());
    let widths = |uri: &str| -> Vec<u32> {
        pictures(uri, 4).unwrap().iter().map(|picture| picture.size().width).collect()
    };
    assert_eq!(widths(&uri), [2, 4, 6]);
    assert_eq!(widths(&format!("{uri}?loop=1")), [2, 4, 6, 2]);
    let empty = tempfile::tempdir().unwrap();
    let refused = pictures(&format!("file:{}", empty.path().display()), 1);
    assert!(matches!(refused, Err(DeviceFault::BadFile { .. })));
}

#[test]
fn sizes_that_would_take_the_memory_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut vast = jpeg(32, 16);
    let frame = vast.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    vast[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    for bytes in [
        vast,
        b"GIF89a\xFF\xFF\xFF\xFF\0\0\0,\0\0\0\0\xFF\xFF\xFF\xFF\0\x08\x01\0\0;".to_vec(),
        b"YUV4MPEG2 W65535 H65535\nFRAME\n".to_vec(),
        png(4098, 2),
    ] {
        let path = put(&folder, "vast", &bytes);
        let refused = pictures(&format!("file:{}?loop=1", path.display()), 1);
        assert!(matches!(refused, Err(DeviceFault::BadFile { .. })), "{refused:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_neither_file_nor_folder_is_refused() {
    let refused = pictures("file:/dev/zero", 1);
    assert!(matches!(refused, Err(DeviceFault::BadFile { .. })), "{refused:?}");
}

#[test]
fn the_end_of_a_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "short.y4m", &y4m(4, 4));
    let (tell, told) = sync_channel(1);
    let slot = Slot::new();
    let uri = format!("file:{}", path.display()).parse().unwrap();
    let camera = Camera::open(&uri, &Wishes::default(), slot.clone(), move |fault| {
        tell.send(fault).unwrap()
    })
    .unwrap();
    let device = uri.to_string();
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), DeviceFault::Stalled { device });
    assert!(slot.try_take().is_some());
    drop(camera);
}

/// From the outside: the file is open as long as the camera is, and not a moment longer.
#[cfg(target_os = "linux")]
#[test]
fn a_file_is_open_as_long_as_its_camera() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a", y4m(4, 4)), ("b", jpeg(4, 4)), ("c", gif(4, 4)), ("d", png(4, 4))] {
        let path = put(&folder, name, &bytes);
        let is_open = || {
            let handles = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
            handles.filter_map(|handle| std::fs::read_link(handle.path()).ok()).any(|to| to == path)
        };
        let slot = Slot::new();
        let uri = format!("file:{}?loop=1", path.display()).parse().unwrap();
        let camera = Camera::open(&uri, &Wishes::default(), slot.clone(), |_| {}).unwrap();
        assert!(slot.take_within(PATIENCE).is_some() && slot.take_within(PATIENCE).is_some());
        assert!(is_open(), "{name}");
        drop(camera);
        assert!(!is_open(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn damaged_files_do_no_harm(
        kind in 0_usize..4,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        keep in any::<prop::sample::Index>(),
        cut: bool,
        again: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let whole = [y4m(18, 10), jpeg(18, 10).repeat(3), gif(18, 10), png(18, 10)];
        let mut bytes = whole[kind].clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(keep.index(bytes.len()));
        }
        let path = put(&folder, "damaged", &bytes);
        let uri = format!("file:{}?loop={}", path.display(), u8::from(again));
        if let Ok(shown) = pictures(&uri, 12) {
            prop_assert!(!again || shown.len() == 12);
        }
    }

    #[test]
    fn arbitrary_files_do_no_harm(
        kind in 0_usize..6,
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let begins: [&[u8]; 6] = [
            b"",
            b"YUV4MPEG2 W4 H4\nFRAME\n",
            b"\xFF\xD8\xFF",
            b"GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\x08\0\x08\0\0\x02",
            b"\x89PNG\r\n\x1A\n",
            b"YUV4MPEG2 ",
        ];
        let path = put(&folder, "arbitrary", &[begins[kind], &bytes].concat());
        let _ = pictures(&format!("file:{}?loop=1", path.display()), 12);
    }
}
