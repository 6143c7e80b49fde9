//! Whether a camera or microphone is open, as the system sees it: files stand in for the devices, the kernel tells
//! of every opening and closing of theirs, and says which processes hold them. Linux only.

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::unix::pipe;
use tokio::time::timeout;

/// How long a test that hangs may go on.
const LIMIT: Duration = Duration::from_secs(60);

/// Files that play as someone's camera and microphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Devices {
    pub(crate) camera: PathBuf,
    pub(crate) microphone: PathBuf,
}

impl Devices {
    /// Makes them in a folder: a grey picture and a quiet tone, over and over.
    pub(crate) fn make(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let devices =
            Self { camera: folder.join("camera.y4m"), microphone: folder.join("microphone.wav") };
        fs::write(&devices.camera, grey_pictures()).unwrap();
        fs::write(&devices.microphone, quiet_tone()).unwrap();
        devices
    }

    /// As the app is told of them.
    pub(crate) fn uris(&self) -> (String, String) {
        let uri = |path: &Path| format!("file:{}?loop=1", path.display());
        (uri(&self.camera), uri(&self.microphone))
    }

    /// How often these processes have the camera and the microphone open, now.
    pub(crate) fn held_by(&self, processes: &[u32]) -> (usize, usize) {
        (holders(processes, &self.camera), holders(processes, &self.microphone))
    }
}

fn grey_pictures() -> Vec<u8> {
    let mut bytes = b"YUV4MPEG2 W320 H180 F15:1 Ip A1:1 C420jpeg\n".to_vec();
    for shade in 0..30 {
        bytes.extend(b"FRAME\n");
        bytes.extend(vec![100 + shade; 320 * 180]);
        bytes.extend(vec![128; 320 * 180 / 2]);
    }
    bytes
}

fn quiet_tone() -> Vec<u8> {
    let rate: u32 = 48_000;
    let mut bytes = Vec::new();
    for part in [
        &b"RIFF"[..],
        &(36 + rate * 2).to_le_bytes(),
        b"WAVEfmt ",
        &16u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &1u16.to_le_bytes(),
        &rate.to_le_bytes(),
        &(rate * 2).to_le_bytes(),
        &2u16.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &(rate * 2).to_le_bytes(),
    ] {
        bytes.write_all(part).unwrap();
    }
    for at in 0..rate {
        let turn = f64::from(at) * 500.0 / f64::from(rate);
        let sample = (turn * std::f64::consts::TAU).sin() * 3000.0;
        bytes.extend((sample as i16).to_le_bytes());
    }
    bytes
}

/// How often processes have a file open. One that is gone has none.
fn holders(processes: &[u32], path: &Path) -> usize {
    let open = |pid: &u32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter(|file| fs::read_link(file.path()).is_ok_and(|to| to == path)).count()
    };
    processes.iter().map(open).sum()
}

/// What the kernel tells of openings and closings.
pub(crate) struct Openings {
    /// It is read as a pipe is.
    told: pipe::Receiver,
    files: BTreeMap<i32, PathBuf>,
    opened: BTreeSet<PathBuf>,
}

impl Openings {
    /// Looks at devices from now on, and at nothing else.
    pub(crate) fn of(devices: &[&Devices]) -> Self {
        let told = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        let mut files = BTreeMap::new();
        for path in devices.iter().flat_map(|one| [&one.camera, &one.microphone]) {
            let watch = inotify::add_watch(&told, path, WatchFlags::OPEN | WatchFlags::CLOSE);
            files.insert(watch.unwrap(), path.clone());
        }
        assert_eq!(files.len(), devices.len() * 2, "each has files of its own");
        let told = pipe::Receiver::from_owned_fd_unchecked(told).unwrap();
        Self { told, files, opened: BTreeSet::new() }
    }

    /// All that was opened, by whomever, since the last time this was asked.
    pub(crate) fn since(&mut self) -> BTreeSet<PathBuf> {
        self.hear();
        std::mem::take(&mut self.opened)
    }

    /// Waits until what is open is as wanted. It looks again whenever something was opened or closed.
    pub(crate) async fn until<T: PartialEq + Debug>(&mut self, open: impl Fn() -> T, wanted: T) {
        while open() != wanted {
            let ready = timeout(LIMIT, self.told.readable()).await;
            let open = || format!("waited in vain for {wanted:?}: {:?} is open", open());
            ready.unwrap_or_else(|_| panic!("{}", open())).unwrap();
            self.hear();
        }
    }

    fn hear(&mut self) {
        let mut room = [0; 4096];
        loop {
            match self.told.try_read(&mut room) {
                Ok(length) => self.note(&room[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("the kernel tells no more: {error}"),
            }
        }
    }

    /// What the kernel says of each: which file, what happened, a number for moves, and how long a name follows.
    fn note(&mut self, mut told: &[u8]) {
        while let Some((head, rest)) = told.split_first_chunk::<16>() {
            let number = |at: usize| {
                u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
            };
            let happened = ReadFlags::from_bits_retain(number(4));
            assert!(!happened.contains(ReadFlags::QUEUE_OVERFLOW), "it told too much");
            if happened.contains(ReadFlags::OPEN) {
                let watch = i32::from_ne_bytes([head[0], head[1], head[2], head[3]]);
                self.opened.insert(self.files[&watch].clone());
            }
            told = rest.get(number(12) as usize..).unwrap_or_default();
        }
    }
}
