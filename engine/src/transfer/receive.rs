//! The receiving end of a transfer: it asks for what is missing, writes what comes, and gives files that are whole their
//! names. It runs on a thread of its own, from the lane's beginning to its end; what it has done by then stays, and the
//! next run on another lane goes on from there. It does not know what carries the lane.

mod places;

pub use places::{clear, is_begun};

use super::asking::Asking;
use super::fault::{Fault, Place};
use super::lane::{Lane, LaneEnded};
use super::manifest::{LONGEST as LONGEST_LIST, Manifest, ManifestFile};
use super::map::Map;
use super::part::{Folder, Part, Wrote, remove_ledger};
use super::progress::Progress;
use super::signal::OfferedItem;
use super::tree::{Leaf, Root, Shape};
use super::wire::{Frame, Lost, Refused, Word};
use bytes::Bytes;
use places::{Placing, ledger, names};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So often a group may be other than it should be before the file is given up.
const MOST_SPOILT: u32 = 3;
/// Room that is left on a disk, so that others go on working.
const LEFT: u64 = 32 * 1024 * 1024;

/// What is to be received, and what is known from before.
#[derive(Debug)]
pub struct Job {
    /// The folder it goes into.
    pub folder: PathBuf,
    /// Where ledgers lie, and what their names begin with.
    pub ledgers: PathBuf,
    /// What was offered.
    pub items: Vec<OfferedItem>,
    /// Which items are wanted; all where there is no list.
    pub wanted: Option<Vec<u32>>,
    /// What each item is called here, once that was chosen.
    pub tops: Option<Vec<String>>,
    /// The list, where it has come.
    pub list: Option<Manifest>,
    /// What is known about its files.
    pub known: HashMap<u32, Known>,
}

/// What is known about a file from before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its hash.
    pub root: Option<Root>,
    /// The name it got, or was about to get.
    pub name: Option<PathBuf>,
    /// Whether it is there, whole.
    pub done: bool,
}

/// Who remembers what was done. Each call has lasted when it returns.
pub trait Keeper {
    /// The list has come, and items got names.
    ///
    /// # Errors
    /// It can't be remembered.
    fn listed(&mut self, list: &Manifest, tops: &[String]) -> Result<(), Fault>;
    /// What a file will be held against.
    ///
    /// # Errors
    /// It can't be remembered.
    fn opened(&mut self, file: u32, root: &Root) -> Result<(), Fault>;
    /// A file that is whole is about to get this name.
    ///
    /// # Errors
    /// It can't be remembered.
    fn named(&mut self, file: u32, name: &Path) -> Result<(), Fault>;
    /// A file is there.
    ///
    /// # Errors
    /// It can't be remembered.
    fn done(&mut self, file: u32) -> Result<(), Fault>;
    /// A file does not come.
    ///
    /// # Errors
    /// It can't be remembered.
    fn lost(&mut self, file: u32, why: Lost) -> Result<(), Fault>;
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// All that was wanted is there, but for files that were reported as lost.
    Done,
    /// The lane is gone.
    Lane(LaneEnded),
    /// The sender does not send.
    Refused(Refused),
    /// Something here has to be mended first.
    Fault(Fault),
}

impl From<LaneEnded> for Ended {
    fn from(ended: LaneEnded) -> Self {
        Self::Lane(ended)
    }
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Receives until it is done or the lane is gone.
pub fn receive(lane: Lane, job: &Job, keeper: &mut impl Keeper, progress: &Arc<Progress>) -> Ended {
    let mut run = match Run::begin(lane, job, keeper, progress) {
        Ok(run) => run,
        Err(ended) => return ended,
    };
    let ended = run.work().err().unwrap_or(Ended::Done);
    run.sync();
    ended
}

struct Run<'a, K> {
    lane: Lane,
    keeper: &'a mut K,
    progress: &'a Progress,
    folder: Folder,
    ledgers: PathBuf,
    files: HashMap<u32, Awaited>,
    asking: Asking,
    /// Leaves that are coming, of one file at a time.
    opening: Option<Opening>,
}

/// A file that is wanted and not there.
struct Awaited {
    shape: Shape,
    place: PathBuf,
    changed_ms: Option<u64>,
    root: Option<Root>,
    part: Option<Part>,
    spoilt: u32,
}

struct Opening {
    file: u32,
    root: Root,
    leaves: usize,
    bytes: Vec<u8>,
}

impl<'a, K: Keeper> Run<'a, K> {
    fn begin(
        mut lane: Lane,
        job: &Job,
        keeper: &'a mut K,
        progress: &'a Progress,
    ) -> Result<Self, Ended> {
        let folder =
            Folder::open(&job.folder).map_err(|e| Fault::of(&e, &job.folder, Place::Folder))?;
        match lane.hear()? {
            Frame::Word(Word::Ready) => {}
            Frame::Word(Word::Refused { why }) => return Err(Ended::Refused(why)),
            _ => return Err(LaneEnded::Odd("a sender that is not ready").into()),
        }
        let (list, tops) = match (job.list.clone(), job.tops.clone()) {
            (Some(list), Some(tops)) => (list, tops),
            _ => {
                let list = ask_for_list(&mut lane, &job.items)?;
                let tops = names(&folder, &job.items);
                keeper.listed(&list, &tops)?;
                (list, tops)
            }
        };
        let mut run = Self {
            lane,
            keeper,
            progress,
            folder,
            ledgers: job.ledgers.clone(),
            files: HashMap::new(),
            asking: Asking::default(),
            opening: None,
        };
        run.look(&list, &tops, job)?;
        Ok(run)
    }

    /// Finds out what is there already, and makes what needs no bytes.
    fn look(&mut self, list: &Manifest, tops: &[String], job: &Job) -> Result<(), Fault> {
        let mut placing = Placing::new(tops);
        let (mut missing, mut there) = (0, 0);
        let mut whole = Vec::new();
        for (number, file) in (0..).zip(&list.files).filter(|(_, file)| job.wants(file.item)) {
            let place = placing.file(file.item, &file.way);
            let known = job.known.get(&number).cloned().unwrap_or_default();
            let Some(shape) = Shape::of(file.size) else { continue };
            let finished = |name: &PathBuf| self.folder.was_finished(&place, name, file.size);
            if known.done || known.name.as_ref().is_some_and(finished) {
                if !known.done {
                    self.keeper.done(number)?;
                }
                there += file.size;
                continue;
            }
            let map = self.folder.there(&place, &self.ledger(number), shape);
            let done = map.done(shape);
            (missing, there) = (missing + file.size - done, there + done);
            if file.size == 0 {
                let made = self.folder.make_empty(&place);
                made.map_err(|error| self.fault(&error, &place))?;
            }
            if map.is_full() {
                whole.push((number, place, file.changed_ms));
            } else {
                self.wait_for(number, file, shape, place, known.root, map);
            }
        }
        let room = self.folder.room().unwrap_or(u64::MAX);
        if missing > 0 && room < missing.saturating_add(LEFT) {
            return Err(Fault::NoRoom {
                folder: self.folder.path().to_owned(),
                needs: missing,
                has: room,
            });
        }
        for folder in list.folders.iter().filter(|folder| job.wants(folder.item)) {
            let place = placing.folder(folder.item, &folder.way);
            self.folder.make_folders(&place).map_err(|error| self.fault(&error, &place))?;
        }
        self.progress.begin(there, there + missing);
        for (number, place, changed_ms) in whole {
            self.finish(number, &place, changed_ms)?;
        }
        Ok(())
    }

    fn wait_for(
        &mut self,
        number: u32,
        file: &ManifestFile,
        shape: Shape,
        place: PathBuf,
        root: Option<Root>,
        map: Map,
    ) {
        let changed_ms = file.changed_ms;
        let awaited = Awaited { shape, place, changed_ms, root, part: None, spoilt: 0 };
        self.files.insert(number, awaited);
        self.asking.add(number, shape, map);
    }

    fn ledger(&self, file: u32) -> PathBuf {
        ledger(&self.ledgers, file)
    }

    fn fault(&self, error: &std::io::Error, place: &Path) -> Fault {
        Fault::of(error, &self.folder.path().join(place), Place::File)
    }

    fn work(&mut self) -> Result<(), Ended> {
        let (done, total) = self.progress.get().unwrap_or_default();
        self.lane.say(&Frame::Word(Word::Have { done, total }))?;
        while !self.asking.is_done() {
            while let Some((file, groups)) = self.asking.next_want() {
                let want = Word::Want { file, from: groups.start, to: groups.end };
                self.lane.say(&Frame::Word(want))?;
            }
            self.hear()?;
        }
        self.lane.say(&Frame::Word(Word::Done))?;
        // The sender closes the lane once it has heard that.
        while self.lane.hear().is_ok() {}
        Ok(())
    }

    fn hear(&mut self) -> Result<(), Ended> {
        match self.lane.hear()? {
            Frame::Word(Word::Opened { file, size, root, leaves }) => {
                self.open(file, size, root, leaves)
            }
            Frame::Leaves { file, bytes } => self.leaves(file, &bytes),
            Frame::Data { file, offset, bytes } => self.data(file, offset, &bytes),
            Frame::Word(Word::Lost { file, why }) => self.lost(file, why),
            Frame::Word(Word::Unknown) => Ok(()),
            Frame::Word(Word::Refused { why }) => Err(Ended::Refused(why)),
            Frame::Word(_) | Frame::List(_) => Err(odd("a word at the wrong time")),
        }
    }

    fn open(&mut self, file: u32, size: u64, root: Root, leaves: u32) -> Result<(), Ended> {
        let Some(awaited) = self.files.get(&file) else {
            return Err(odd("a file that nobody asked for"));
        };
        if size != awaited.shape.size() || awaited.root.is_some_and(|known| known != root) {
            return self.lost(file, Lost::Changed);
        }
        if leaves != awaited.shape.groups() || awaited.part.is_some() || self.opening.is_some() {
            return Err(odd("a file that is opened twice, or with too many leaves"));
        }
        let leaves = leaves as usize;
        self.opening = Some(Opening { file, root, leaves, bytes: Vec::new() });
        Ok(())
    }

    fn leaves(&mut self, file: u32, bytes: &[u8]) -> Result<(), Ended> {
        let Some(opening) = self.opening.as_mut().filter(|opening| opening.file == file) else {
            // Of a file that was given up since.
            return if self.files.contains_key(&file) {
                Err(odd("leaves of no file"))
            } else {
                Ok(())
            };
        };
        opening.bytes.extend_from_slice(bytes);
        let whole = opening.leaves * size_of::<Leaf>();
        if opening.bytes.len() > whole {
            return Err(odd("more leaves than were announced"));
        }
        if opening.bytes.len() < whole {
            return Ok(());
        }
        let Some(opening) = self.opening.take() else { return Ok(()) };
        let (leaves, _) = opening.bytes.as_chunks();
        let leaves: Vec<Leaf> = leaves.to_vec();
        let ledger = self.ledger(file);
        let Some(awaited) = self.files.get_mut(&file) else { return Ok(()) };
        if awaited.shape.root(&leaves) != Some(opening.root) {
            return Err(odd("leaves that don't make up the root"));
        }
        if awaited.root.is_none() {
            self.keeper.opened(file, &opening.root)?;
            awaited.root = Some(opening.root);
        }
        let part = self.folder.open_part(&awaited.place, &ledger, awaited.shape, leaves);
        let part = part.map_err(|error| {
            Fault::of(&error, &self.folder.path().join(&awaited.place), Place::File)
        })?;
        let found: Vec<u32> = (0..awaited.shape.groups()).filter(|g| part.map().has(*g)).collect();
        awaited.part = Some(part);
        // What was in doubt may be there after all.
        if found.into_iter().any(|group| self.asking.landed(file, group)) {
            self.finish_awaited(file)?;
        }
        Ok(())
    }

    fn data(&mut self, file: u32, offset: u64, bytes: &Bytes) -> Result<(), Ended> {
        let Some(awaited) = self.files.get_mut(&file) else {
            // On its way when the file was given up.
            return Ok(());
        };
        let Some(part) = &mut awaited.part else { return Err(odd("bytes before the leaves")) };
        if !self.asking.came(file, bytes.len() as u64) {
            return Err(odd("more bytes than were asked for"));
        }
        let before = part.map().done(awaited.shape);
        let wrote = part.write(offset, bytes);
        let after = part.map().done(awaited.shape);
        let place = awaited.place.clone();
        match wrote.map_err(|error| self.fault(&error, &place))? {
            Wrote::Piece => {}
            Wrote::Landed(group) => {
                self.progress.landed(after - before);
                if self.asking.landed(file, group) {
                    self.finish_awaited(file)?;
                }
            }
            Wrote::Spoilt(group) => {
                let Some(awaited) = self.files.get_mut(&file) else { return Ok(()) };
                awaited.spoilt += 1;
                if awaited.spoilt >= MOST_SPOILT {
                    return self.lost(file, Lost::Changed);
                }
                self.asking.spoilt(file, group);
            }
            Wrote::Odd => return Err(odd("bytes out of order")),
        }
        Ok(())
    }

    fn lost(&mut self, file: u32, why: Lost) -> Result<(), Ended> {
        let Some(Awaited { place, part, .. }) = self.files.remove(&file) else { return Ok(()) };
        drop(part);
        self.asking.drop(file);
        self.opening.take_if(|opening| opening.file == file);
        self.keeper.lost(file, why)?;
        // Whatever comes under this name next is another file: no group of this one may count for it.
        if why == Lost::Changed {
            remove_ledger(&self.ledger(file));
            if let Err(error) = self.folder.remove_part(&place)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%error, "a part of a file stays");
            }
        }
        Ok(())
    }

    fn finish_awaited(&mut self, file: u32) -> Result<(), Fault> {
        let Some(Awaited { place, changed_ms, part, .. }) = self.files.remove(&file) else {
            return Ok(());
        };
        if let Some(mut part) = part {
            part.sync().map_err(|error| self.fault(&error, &place))?;
        }
        self.finish(file, &place, changed_ms)
    }

    fn finish(&mut self, file: u32, place: &Path, changed_ms: Option<u64>) -> Result<(), Fault> {
        let path = self.folder.path().join(place);
        let keeper = &mut *self.keeper;
        let done = self
            .folder
            .finish(place, changed_ms, |name| keeper.named(file, name).map_err(Finishing::Fault));
        done.map_err(|error| match error {
            Finishing::Fault(fault) => fault,
            Finishing::Disk(error) => Fault::of(&error, &path, Place::File),
        })?;
        self.keeper.done(file)?;
        remove_ledger(&self.ledger(file));
        Ok(())
    }

    /// What landed stays, whatever happens to the computer.
    fn sync(&mut self) {
        for part in self.files.values_mut().filter_map(|file| file.part.as_mut()) {
            if let Err(error) = part.sync() {
                tracing::warn!(%error, "a part was not synced");
            }
        }
    }
}

enum Finishing {
    Disk(std::io::Error),
    Fault(Fault),
}

impl From<std::io::Error> for Finishing {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

fn odd(what: &'static str) -> Ended {
    LaneEnded::Odd(what).into()
}

fn ask_for_list(lane: &mut Lane, items: &[OfferedItem]) -> Result<Manifest, Ended> {
    lane.say(&Frame::Word(Word::List { bytes: None }))?;
    let length = match lane.hear()? {
        Frame::Word(Word::List { bytes: Some(bytes) }) => bytes as usize,
        _ => return Err(odd("no list")),
    };
    if length > LONGEST_LIST {
        return Err(odd("a list that is too long"));
    }
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let Frame::List(piece) = lane.hear()? else { return Err(odd("no piece of the list")) };
        if piece.is_empty() {
            return Err(odd("an empty piece of the list"));
        }
        bytes.extend_from_slice(&piece);
    }
    let list = Manifest::read(&bytes, items).map_err(|error| {
        tracing::warn!(%error, "a list was left aside");
        odd("a list that is not what was offered")
    })?;
    Ok(list)
}
