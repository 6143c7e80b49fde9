//! Screens and windows of an X server that these tests start: what is listed, and that what is drawn there is what is
//! shown, with the pointer, under other windows, and when it moves, grows and goes.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use visavis_engine::device::camera::wish::Wishes;
use visavis_engine::device::camera::{Camera, Moment, Source};
use visavis_engine::device::screen::Desktop;
use visavis_engine::device::{DeviceFault, DeviceUri};
use visavis_engine::media::picture::{Picture, Size};
use visavis_engine::media::slot::Slot;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt, CreateWindowAux, PropMode, StackMode, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const RED: u32 = 0x00ff_0000;
const GREEN: u32 = 0x0000_ff00;
const BLUE: u32 = 0x0000_00ff;
/// The same as pictures have them.
const LOOKS: [(u32, [u8; 3]); 3] =
    [(RED, [82, 90, 240]), (GREEN, [145, 54, 34]), (BLUE, [41, 240, 110])];

/// An X server with a screen, and somebody who draws on it.
struct Screen {
    server: Child,
    display: String,
    painter: RustConnection,
    root: Window,
}

impl Screen {
    fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());
        let (painter, screen) = RustConnection::connect(Some(&display)).unwrap();
        let root = painter.setup().roots[screen].root;
        Self { server, display, painter, root }
    }

    fn desktop(&self) -> Desktop {
        Desktop::of(&self.display)
    }

    /// A window of one colour.
    fn window(
        &self,
        name: &str,
        [x, y]: [i16; 2],
        [width, height]: [u16; 2],
        colour: u32,
    ) -> Window {
        let window = self.painter.generate_id().unwrap();
        let look = CreateWindowAux::new().background_pixel(colour).override_redirect(1);
        let (depth, class) = (x11rb::COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        let made = self
            .painter
            .create_window(depth, window, self.root, x, y, width, height, 0, class, 0, &look);
        made.unwrap().check().unwrap();
        let (title, text) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        let mode = PropMode::REPLACE;
        self.painter.change_property8(mode, window, title, text, name.as_bytes()).unwrap();
        self.painter.map_window(window).unwrap();
        self.drawn();
        window
    }

    fn configure(&self, window: Window, how: &ConfigureWindowAux) {
        self.painter.configure_window(window, how).unwrap();
        self.drawn();
    }

    /// Waits until the server has done all that it was told.
    fn drawn(&self) {
        self.painter.sync().unwrap();
    }

    /// What can be shown, by its name.
    fn find(&self, name: &str) -> DeviceUri {
        let all = self.desktop().list().unwrap();
        let found = all.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{all:?}"));
        found.uri.parse().unwrap()
    }

    fn whole(&self) -> DeviceUri {
        let all = self.desktop().list().unwrap();
        assert!(!all[0].window && (all[0].width, all[0].height) == (800, 600), "{all:?}");
        all[0].uri.parse().unwrap()
    }

    fn source(&self, uri: &DeviceUri) -> Box<dyn Source> {
        self.desktop().source(uri).unwrap()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // One that has ended already can't be ended.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn next(source: &mut Box<dyn Source>) -> Picture {
    let moment = Moment { number: 0, taken_us: 7, wall_ms: 0 };
    let picture = source.next_picture(moment).unwrap().unwrap();
    assert_eq!(picture.taken_us(), 7);
    picture
}

/// Which of the colours is there.
fn colour(picture: &Picture, x: usize, y: usize) -> Option<u32> {
    let width = picture.size().width as usize;
    let (bright, colours) = (y * width + x, (y / 2) * (width / 2) + x / 2);
    let there = [picture.y()[bright], picture.u()[colours], picture.v()[colours]];
    let near = |look: &[u8; 3]| look.iter().zip(there).all(|(one, is)| one.abs_diff(is) < 6);
    LOOKS.iter().find(|(_, look)| near(look)).map(|(colour, _)| *colour)
}

#[test]
fn what_is_on_a_screen_is_shown_with_the_pointer() {
    let screen = Screen::start();
    screen.window("left", [0, 0], [400, 600], RED);
    screen.window("right", [400, 0], [400, 600], BLUE);
    screen.painter.warp_pointer(x11rb::NONE, screen.root, 0, 0, 0, 0, 600, 300).unwrap();
    screen.drawn();
    let uri = screen.whole();
    let mut source = screen.source(&uri);
    let picture = next(&mut source);
    assert_eq!(picture.size(), Size::new(800, 600).unwrap());
    assert_eq!((colour(&picture, 100, 300), colour(&picture, 700, 300)), (Some(RED), Some(BLUE)));
    let covered = |picture: &Picture, x: usize, y: usize| {
        let around = (0..40).flat_map(|dx| (0..40).map(move |dy| (x + dx - 20, y + dy - 20)));
        around.filter(|(x, y)| colour(picture, *x, *y).is_none()).count()
    };
    assert!(covered(&picture, 600, 300) > 8, "there is a pointer");
    assert_eq!(covered(&picture, 100, 100), 0);
    screen.painter.warp_pointer(x11rb::NONE, screen.root, 0, 0, 0, 0, 100, 100).unwrap();
    screen.drawn();
    let picture = next(&mut source);
    assert!(covered(&picture, 100, 100) > 8 && covered(&picture, 600, 300) == 0, "it has moved");
}

#[test]
fn a_window_shows_its_own_pixels_whatever_lies_over_it() {
    let screen = Screen::start();
    let below = screen.window("below", [100, 100], [300, 200], GREEN);
    let uri = screen.find("below");
    let mut source = screen.source(&uri);
    screen.window("above", [0, 0], [800, 600], RED);
    screen.painter.warp_pointer(x11rb::NONE, screen.root, 0, 0, 0, 0, 700, 550).unwrap();
    screen.drawn();
    let picture = next(&mut source);
    assert_eq!(picture.size(), Size::new(300, 200).unwrap());
    assert_eq!([colour(&picture, 2, 2), colour(&picture, 297, 197)], [Some(GREEN); 2]);
    // The screen shows what lies over it.
    let whole = screen.whole();
    assert_eq!(colour(&next(&mut screen.source(&whole)), 200, 200), Some(RED));

    // It grows, and what it shows grows with it.
    screen.configure(below, &ConfigureWindowAux::new().width(360).height(240));
    assert_eq!(next(&mut source).size(), Size::new(360, 240).unwrap());
    // Put away it shows what it showed last; then it goes on.
    screen.painter.unmap_window(below).unwrap();
    screen.drawn();
    let put_away = next(&mut source);
    assert_eq!(put_away.size(), Size::new(360, 240).unwrap());
    screen.painter.map_window(below).unwrap();
    screen.configure(below, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE));
    assert_eq!(colour(&next(&mut source), 5, 5), Some(GREEN));
    // It is closed.
    screen.painter.destroy_window(below).unwrap();
    screen.drawn();
    let moment = Moment { number: 1, taken_us: 1, wall_ms: 0 };
    let gone = source.next_picture(moment).unwrap_err();
    assert_eq!(gone, DeviceFault::Missing { device: uri.to_string() });
    assert_eq!(screen.desktop().source(&uri).err(), Some(gone));
}

#[test]
fn windows_are_listed_from_the_top_by_name_and_not_those_that_nobody_sees() {
    let screen = Screen::start();
    screen.window("first", [0, 0], [50, 50], RED);
    screen.window("second\u{7}", [60, 0], [50, 40], GREEN);
    screen.window("", [120, 0], [50, 50], BLUE);
    let hidden = screen.window("hidden", [180, 0], [50, 50], BLUE);
    let own = screen.window("our own", [240, 0], [50, 50], BLUE);
    screen.painter.unmap_window(hidden).unwrap();
    let pid = screen.painter.intern_atom(false, b"_NET_WM_PID").unwrap().reply().unwrap().atom;
    let (mode, kind) = (PropMode::REPLACE, AtomEnum::CARDINAL);
    screen.painter.change_property32(mode, own, pid, kind, &[std::process::id()]).unwrap();
    screen.drawn();
    let all = screen.desktop().list().unwrap();
    let windows: Vec<_> = all.iter().filter(|one| one.window).collect();
    let shown: Vec<_> =
        windows.iter().map(|one| (one.name.as_str(), one.width, one.height)).collect();
    assert_eq!(shown, [("second", 50, 40), ("first", 50, 50)]);
    let small = screen.desktop().glance(&screen.whole()).unwrap();
    assert_eq!(small.size(), Size::new(266, 200).unwrap());
    assert_eq!(colour(&small, 4, 4), Some(RED));
}

#[test]
fn it_is_a_camera_as_others_are() {
    let screen = Screen::start();
    screen.window("all", [0, 0], [800, 600], GREEN);
    let uri = screen.whole();
    let (slot, (tell, told)) = (Slot::new(), mpsc::sync_channel(1));
    let (desktop, shown) = (screen.desktop(), uri.clone());
    let wake = std::sync::Arc::default();
    let pace = visavis_engine::device::camera::pace::SteadyPace::new(std::sync::Arc::clone(&wake));
    let camera = Camera::start(
        uri.to_string(),
        Wishes::default(),
        wake,
        pace,
        move || desktop.source(&shown),
        slot.clone(),
        move |fault| tell.send(fault).unwrap(),
    )
    .unwrap();
    let first = slot.take_within(std::time::Duration::from_secs(30)).unwrap();
    assert_eq!(colour(&first, 40, 40), Some(GREEN));
    assert!(
        slot.take_within(std::time::Duration::from_secs(30)).unwrap().taken_us() > first.taken_us()
    );
    // The X server ends: it is told once, and the camera gives nothing more.
    drop(screen);
    assert!(matches!(told.recv().unwrap(), DeviceFault::Failed { .. }));
    drop(camera);
}

#[test]
fn the_command_line_lists_it_and_tries_it() {
    let screen = Screen::start();
    screen.window("paper", [10, 10], [300, 200], RED);
    let lines = |errand: &[&str]| -> Vec<Value> {
        let program = env!("CARGO_BIN_EXE_visavis-cli");
        let mut run = Command::new(program);
        run.args(errand).env("DISPLAY", &screen.display);
        let run = run.output();
        let said = String::from_utf8(run.unwrap().stdout).unwrap();
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let listed = &lines(&["devices"])[0]["screens"];
    let found = listed.as_array().unwrap().iter().find(|one| one["name"] == "paper").unwrap();
    let tried = lines(&["--camera", found["uri"].as_str().unwrap(), "try", "camera", "--for", "1"]);
    let pictures = tried.iter().find(|line| line["line"] == "pictures").unwrap();
    assert_eq!((&pictures["width"], &pictures["height"]), (&json!(300), &json!(200)), "{tried:?}");
    assert!(pictures["pictures"].as_u64().unwrap() > 0);
}

#[test]
fn without_a_screen_there_is_a_fault_that_says_so() {
    let desktop = Desktop::of(":9999");
    assert!(matches!(desktop.list(), Err(DeviceFault::Failed { .. })));
    let missing = "screen:none".parse().unwrap();
    assert!(matches!(desktop.source(&missing).err(), Some(DeviceFault::Failed { .. })));
    let screen = Screen::start();
    let fault = screen.desktop().source(&missing).err();
    assert_eq!(fault, Some(DeviceFault::Missing { device: "screen:none".to_owned() }));
}
