//! Both ends of a transfer in one program, with a way between them that can be cut, listened to and tampered with.

use super::fault::Fault;
use super::lane::{Lane, LaneEnded, lane};
use super::manifest::Manifest;
use super::progress::Progress;
use super::receive::{self, Keeper, Known};
use super::send::{self, Tree, Trees};
use super::source::{Offer, Source, look_through};
use super::tree::Root;
use super::wire::{Frame, Lost, Refused, Word};
use bytes::Bytes;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

mod hostile;

const GROUP: usize = 256 * 1024;

/// What the receiver remembers; what the sender does.
#[derive(Debug, Default)]
struct Memory {
    list: Option<Manifest>,
    tops: Option<Vec<String>>,
    known: HashMap<u32, Known>,
    lost: HashMap<u32, Lost>,
    trees: HashMap<u32, Tree>,
    hashed: usize,
}

impl Keeper for Memory {
    fn listed(&mut self, list: &Manifest, tops: &[String]) -> Result<(), Fault> {
        (self.list, self.tops) = (Some(list.clone()), Some(tops.to_vec()));
        Ok(())
    }

    fn opened(&mut self, file: u32, root: &Root) -> Result<(), Fault> {
        self.known.entry(file).or_default().root = Some(*root);
        Ok(())
    }

    fn named(&mut self, file: u32, name: &Path) -> Result<(), Fault> {
        self.known.entry(file).or_default().name = Some(name.to_owned());
        Ok(())
    }

    fn done(&mut self, file: u32) -> Result<(), Fault> {
        self.known.entry(file).or_default().done = true;
        Ok(())
    }

    fn lost(&mut self, file: u32, why: Lost) -> Result<(), Fault> {
        self.lost.insert(file, why);
        Ok(())
    }
}

impl Trees for Memory {
    fn known(&mut self, file: u32) -> Option<Tree> {
        self.trees.get(&file).cloned()
    }

    fn made(&mut self, file: u32, tree: &Tree) {
        self.hashed += 1;
        self.trees.insert(file, tree.clone());
    }
}

/// Two people with a folder each, and what both remember.
struct Two {
    here: TempDir,
    there: TempDir,
    ledgers: TempDir,
    offer: Offer,
    wanted: Option<Vec<u32>>,
    sender: Memory,
    receiver: Memory,
    /// Bytes of files that went over the lane.
    carried: usize,
}

fn bytes(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|at| ((at as u64 * 2_654_435_761) >> 7) as u8 ^ seed).collect()
}

impl Two {
    /// Somebody offers what `make` puts into their folder.
    fn new(make: impl FnOnce(&Path) -> Vec<PathBuf>) -> Self {
        let temp = || tempfile::tempdir().unwrap();
        let (here, there, ledgers) = (temp(), temp(), temp());
        let offer = look_through(&make(here.path())).unwrap();
        let (sender, receiver) = (Memory::default(), Memory::default());
        Self { here, there, ledgers, offer, wanted: None, sender, receiver, carried: 0 }
    }

    /// One file of so many bytes.
    fn one(length: usize) -> Self {
        Self::new(|folder| {
            let path = folder.join("file.bin");
            std::fs::write(&path, bytes(length, 1)).unwrap();
            vec![path]
        })
    }

    fn job(&self) -> receive::Job {
        receive::Job {
            folder: self.there.path().to_owned(),
            ledgers: self.ledgers.path().join("t"),
            items: self.offer.items.clone(),
            wanted: self.wanted.clone(),
            tops: self.receiver.tops.clone(),
            list: self.receiver.list.clone(),
            known: self.receiver.known.clone(),
        }
    }

    /// A run from the lane's beginning to its end. `way` sees each frame of the sender's, and may change or cut.
    fn run(&mut self, mut way: impl FnMut(&mut Frame) -> ControlFlow<()> + Send) -> receive::Ended {
        let ((near, near_end), (far, far_end)) = (lane(), lane());
        let job = self.job();
        let send = send::Job {
            list: self.offer.list.clone(),
            sources: self.offer.sources.clone(),
            wanted: self.wanted.clone(),
        };
        let (sender, receiver) = (&mut self.sender, &mut self.receiver);
        let carried = &mut self.carried;
        let progress = Arc::new(Progress::default());
        let (mut from_near, to_near) = near_end.split();
        let (mut from_far, to_far) = far_end.split();
        std::thread::scope(|threads| {
            let sending = Arc::new(Progress::default());
            threads.spawn(move || send::send(near, &send, sender, &sending));
            threads.spawn(move || {
                while let Some(frame) = from_far.blocking_recv() {
                    if to_near.came(frame).is_err() {
                        return;
                    }
                }
            });
            threads.spawn(move || {
                while let Some(frame) = from_near.blocking_recv() {
                    let mut frame = Frame::read(frame).unwrap();
                    if way(&mut frame).is_break() {
                        return;
                    }
                    if let Frame::Data { bytes, .. } = &frame {
                        *carried += bytes.len();
                    }
                    if to_far.came(frame.write()).is_err() {
                        return;
                    }
                }
            });
            receive::receive(far, &job, receiver, &progress)
        })
    }

    fn arrived(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.there.path().join(name)).unwrap()
    }

    /// All that lies in the receiver's folder.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.there.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.there.path()).unwrap();
                names.push(name.to_str().unwrap().to_owned());
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        names.sort();
        names
    }
}

fn pass(_: &mut Frame) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Cuts the lane after so many bytes of files.
fn cut_after(mut left: usize) -> impl FnMut(&mut Frame) -> ControlFlow<()> + Send {
    move |frame| {
        if let Frame::Data { bytes, .. } = frame {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left = left.saturating_sub(bytes.len());
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn files_and_folders_arrive_as_they_were() {
    let mut two = Two::new(|folder| {
        let photos = folder.join("Photos");
        std::fs::create_dir_all(photos.join("2026/empty")).unwrap();
        std::fs::write(photos.join("2026/a.jpg"), bytes(700_000, 2)).unwrap();
        std::fs::write(photos.join("b.jpg"), bytes(GROUP, 3)).unwrap();
        std::fs::write(photos.join("none"), b"").unwrap();
        for number in 0..300 {
            std::fs::write(photos.join(format!("{number:03}")), bytes(number, 4)).unwrap();
        }
        std::fs::write(folder.join("a.txt"), "hello").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", photos.join("link")).unwrap();
        vec![photos, folder.join("a.txt")]
    });
    assert_eq!(two.offer.items[0].files, Some(303), "links are not followed");
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!(two.arrived("Photos/2026/a.jpg"), bytes(700_000, 2));
    assert_eq!(two.arrived("Photos/b.jpg"), bytes(GROUP, 3));
    assert_eq!(two.arrived("Photos/none"), b"");
    assert_eq!(two.arrived("Photos/299"), bytes(299, 4));
    assert_eq!(two.arrived("a.txt"), b"hello");
    assert!(two.there.path().join("Photos/2026/empty").is_dir());
    assert_eq!(two.names().len(), 303 + 1 + 3, "and nothing else: {:?}", two.names());
    assert_eq!(std::fs::read_dir(two.ledgers.path()).unwrap().count(), 0);
    let time = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let (here, there) = (two.here.path().join("a.txt"), two.there.path().join("a.txt"));
    let apart = time(&here).duration_since(time(&there)).unwrap();
    assert!(apart.as_millis() < 2, "{apart:?}");
}

#[test]
fn what_was_not_wanted_does_not_come() {
    let mut two = Two::new(|folder| {
        let paths: Vec<PathBuf> = ["a", "b", "c"].iter().map(|name| folder.join(name)).collect();
        for path in &paths {
            std::fs::write(path, "text").unwrap();
        }
        paths
    });
    two.wanted = Some(vec![0, 2]);
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!(two.names(), ["a", "c"]);
}

#[test]
fn a_broken_transfer_goes_on_where_it_was() {
    let size = 5 * GROUP + 77;
    let mut two = Two::one(size);
    let ended = two.run(cut_after(2 * GROUP + 100_000));
    assert_eq!(ended, receive::Ended::Lane(LaneEnded::Closed));
    assert_eq!(two.names(), ["file.bin.part"]);
    let ended = two.run(cut_after(GROUP + 50_000));
    assert_eq!(ended, receive::Ended::Lane(LaneEnded::Closed));
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!(two.arrived("file.bin"), bytes(size, 1));
    assert_eq!(two.names(), ["file.bin"]);
    // Twice it was cut, so no more than two groups came twice; and it was hashed once.
    assert!(two.carried <= size + 2 * GROUP, "{} of {size}", two.carried);
    assert_eq!(two.sender.hashed, 1);
}

#[test]
fn an_app_that_was_killed_between_the_last_byte_and_the_name_loses_nothing() {
    let mut two = Two::one(GROUP + 5);
    assert_eq!(two.run(pass), receive::Ended::Done);
    // Killed before it was remembered that the file is done.
    let known = two.receiver.known.get_mut(&0).unwrap();
    assert_eq!(known.name.as_deref(), Some(Path::new("file.bin")));
    known.done = false;
    let carried = two.carried;
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!((two.carried, two.names()), (carried, vec!["file.bin".to_owned()]));
    assert!(two.receiver.known[&0].done);
    // Killed when the name was taken and the part not yet moved there.
    two.receiver.known.get_mut(&0).unwrap().done = false;
    let (name, part) = (two.there.path().join("file.bin"), two.there.path().join("file.bin.part"));
    std::fs::rename(&name, part).unwrap();
    std::fs::write(&name, b"").unwrap();
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!(two.names(), ["file.bin"]);
    assert_eq!(two.arrived("file.bin"), bytes(GROUP + 5, 1));
}

#[test]
fn what_is_there_already_is_not_touched() {
    let mut two = Two::one(10);
    for name in ["file.bin", "file (1).bin.part"] {
        std::fs::write(two.there.path().join(name), "mine").unwrap();
    }
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!(two.names(), ["file (1).bin.part", "file (2).bin", "file.bin"]);
    assert_eq!(two.arrived("file.bin"), b"mine");
    assert_eq!(two.arrived("file (2).bin"), bytes(10, 1));
}

#[test]
fn a_name_that_is_taken_meanwhile_is_left_to_who_took_it() {
    let mut two = Two::one(3 * GROUP);
    let taken = two.there.path().join("file.bin");
    let ended = two.run(|frame| {
        if matches!(frame, Frame::Data { offset: 0, .. }) {
            std::fs::write(&taken, "mine").unwrap();
        }
        ControlFlow::Continue(())
    });
    assert_eq!(ended, receive::Ended::Done);
    assert_eq!(two.arrived("file.bin"), b"mine");
    assert_eq!(two.arrived("file (1).bin"), bytes(3 * GROUP, 1));
}

#[test]
fn bytes_that_were_spoilt_on_the_way_are_asked_for_again() {
    let mut two = Two::one(3 * GROUP);
    let mut spoilt = 0;
    let ended = two.run(|frame| {
        if let Frame::Data { bytes, offset, .. } = frame
            && *offset > GROUP as u64
            && spoilt == 0
        {
            let mut other = bytes.to_vec();
            other[7] ^= 1;
            *bytes = other.into();
            spoilt += 1;
        }
        ControlFlow::Continue(())
    });
    assert_eq!((ended, spoilt), (receive::Ended::Done, 1));
    assert_eq!(two.arrived("file.bin"), bytes(3 * GROUP, 1));
    assert_eq!(two.carried, 4 * GROUP);
}

#[test]
fn a_file_that_changed_since_it_was_offered_is_said_to_have() {
    let change = |source: &Source| {
        let mut text = std::fs::read(&source.path).unwrap();
        text[100] ^= 1;
        std::fs::write(&source.path, text).unwrap();
    };
    // Before it was asked for, and while it is sent.
    let mut two = Two::one(3 * GROUP);
    change(&two.offer.sources[0]);
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!(two.receiver.lost[&0], Lost::Changed);
    let mut two = Two::one(60 * GROUP);
    let source = two.offer.sources[0].clone();
    let mut changed = false;
    let ended = two.run(|frame| {
        if matches!(frame, Frame::Data { .. }) && !changed {
            change(&source);
            changed = true;
        }
        ControlFlow::Continue(())
    });
    assert_eq!((ended, changed), (receive::Ended::Done, true));
    assert_eq!(two.receiver.lost[&0], Lost::Changed);
    assert!(two.names().is_empty(), "nothing of it counts for another file");
    // Gone.
    let mut two = Two::one(10);
    std::fs::remove_file(&two.offer.sources[0].path).unwrap();
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert_eq!(two.receiver.lost[&0], Lost::Gone);
}

#[test]
fn a_disk_without_room_is_said_before_anything_is_asked_for() {
    let mut two = Two::new(|folder| {
        let path = folder.join("vast");
        std::fs::File::create(&path).unwrap().set_len(3 << 40).unwrap();
        vec![path]
    });
    let ended = two.run(pass);
    let receive::Ended::Fault(Fault::NoRoom { needs, has, .. }) = ended else {
        panic!("{ended:?}")
    };
    assert!(needs == 3 << 40 && has < needs);
    assert_eq!(two.carried, 0);
}

#[test]
fn a_folder_that_is_gone_is_said_and_the_transfer_goes_on_when_it_is_back() {
    let mut two = Two::one(3 * GROUP);
    let (folder, away) = (two.there.path().to_owned(), two.here.path().join("away"));
    assert_eq!(two.run(cut_after(GROUP)), receive::Ended::Lane(LaneEnded::Closed));
    std::fs::rename(&folder, &away).unwrap();
    let ended = two.run(pass);
    assert_eq!(ended, receive::Ended::Fault(Fault::Gone { path: folder.clone() }));
    std::fs::rename(&away, &folder).unwrap();
    assert_eq!(two.run(pass), receive::Ended::Done);
    assert!(two.carried <= 4 * GROUP);
    assert_eq!(two.arrived("file.bin"), bytes(3 * GROUP, 1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_can_not_be_written_into_is_said() {
    let mut two = Two::one(10);
    let job = receive::Job { folder: "/proc/self".into(), ..two.job() };
    let (lane, far) = lane();
    far.came(Frame::Word(Word::Ready).write()).unwrap();
    let list = serde_json::to_vec(&two.offer.list).unwrap();
    let length = u32::try_from(list.len()).ok();
    far.came(Frame::Word(Word::List { bytes: length }).write()).unwrap();
    far.came(Frame::List(list.into()).write()).unwrap();
    let tree = two.offer.sources[0].tree(super::tree::Shape::of(10).unwrap()).unwrap();
    let opened = Word::Opened { file: 0, size: 10, root: tree.root, leaves: 1 };
    far.came(Frame::Word(opened).write()).unwrap();
    far.came(Frame::Leaves { file: 0, bytes: tree.leaves.concat().into() }.write()).unwrap();
    let ended = receive::receive(lane, &job, &mut two.receiver, &Arc::default());
    assert!(matches!(ended, receive::Ended::Fault(_)), "{ended:?}");
}

#[test]
fn what_is_given_up_leaves_nothing_behind() {
    let mut two = Two::new(|folder| {
        let photos = folder.join("Photos");
        std::fs::create_dir_all(photos.join("empty")).unwrap();
        std::fs::write(photos.join("a"), bytes(10, 1)).unwrap();
        std::fs::write(photos.join("b"), bytes(5 * GROUP, 2)).unwrap();
        vec![photos]
    });
    assert_eq!(two.run(cut_after(3 * GROUP)), receive::Ended::Lane(LaneEnded::Closed));
    assert!(two.names().contains(&"Photos/b.part".to_owned()));
    assert!(receive::is_begun(&two.job()));
    receive::clear(&two.job()).unwrap();
    // What has come whole stays.
    assert_eq!(two.names(), ["Photos", "Photos/a"]);
    assert_eq!(std::fs::read_dir(two.ledgers.path()).unwrap().count(), 0);
    assert!(!receive::is_begun(&two.job()));
    // So does another transfer's part of that name.
    std::fs::write(two.there.path().join("Photos/b.part"), "another's").unwrap();
    receive::clear(&two.job()).unwrap();
    assert_eq!(two.names(), ["Photos", "Photos/a", "Photos/b.part"]);
}

#[test]
fn a_sender_that_does_not_send_says_why() {
    let mut two = Two::one(10);
    let (lane, far) = lane();
    far.came(Frame::Word(Word::Refused { why: Refused::Paused }).write()).unwrap();
    let job = two.job();
    let ended = receive::receive(lane, &job, &mut two.receiver, &Arc::default());
    assert_eq!(ended, receive::Ended::Refused(Refused::Paused));
}

/// What the other side says on a lane whose other end is looked at here.
fn said(frames: impl IntoIterator<Item = Frame>) -> (Lane, super::lane::Carrier) {
    let (lane, far) = lane();
    for frame in frames {
        far.came(frame.write()).unwrap();
    }
    (lane, far)
}

fn word(word: Word) -> Frame {
    Frame::Word(word)
}

fn data(file: u32, offset: u64, bytes: &[u8]) -> Frame {
    Frame::Data { file, offset, bytes: Bytes::copy_from_slice(bytes) }
}
