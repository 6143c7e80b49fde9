//! The sending end of a transfer: it answers what the receiver asks for, from files that must still be those that were
//! offered. It runs on a thread of its own, from the lane's beginning to its end. It does not know what carries the lane.

use super::lane::{Lane, LaneEnded};
use super::manifest::Manifest;
use super::progress::Progress;
use super::source::{Source, Unusable};
use super::tree::{Leaf, Root, Shape};
use super::wire::{Frame, Lost, PIECE, Word};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;

/// What is sent.
#[derive(Debug)]
pub struct Job {
    /// All that was offered.
    pub list: Manifest,
    /// Where each file of the list lies.
    pub sources: Vec<Source>,
    /// Which items are wanted; all where there is no list.
    pub wanted: Option<Vec<u32>>,
}

/// What makes up a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Its hash.
    pub root: Root,
    /// Its groups' hashes.
    pub leaves: Vec<Leaf>,
}

/// Who knows the trees of files, and remembers those that are new.
pub trait Trees {
    /// The tree of a file, if it was made before.
    fn known(&mut self, file: u32) -> Option<Tree>;
    /// The tree of a file was made.
    fn made(&mut self, file: u32, tree: &Tree);
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The receiver has all that it wanted.
    Done,
    /// The lane is gone.
    Lane(LaneEnded),
}

/// Sends until the receiver has it all, or the lane is gone.
pub fn send(mut lane: Lane, job: &Job, trees: &mut impl Trees, progress: &Arc<Progress>) -> Ended {
    match work(&mut lane, job, trees, progress) {
        Ok(()) => Ended::Done,
        Err(ended) => Ended::Lane(ended),
    }
}

fn work(
    lane: &mut Lane,
    job: &Job,
    trees: &mut impl Trees,
    progress: &Progress,
) -> Result<(), LaneEnded> {
    lane.say(&Frame::Word(Word::Ready))?;
    let mut opened = HashMap::new();
    loop {
        match lane.hear()? {
            Frame::Word(Word::List { bytes: None }) => say_list(lane, &job.list)?,
            Frame::Word(Word::Want { file, from, to }) => {
                if let Err(why) = give(lane, job, trees, progress, &mut opened, (file, from..to))? {
                    lane.say(&Frame::Word(Word::Lost { file, why }))?;
                }
            }
            Frame::Word(Word::Have { done, total }) => progress.begin(done, total),
            Frame::Word(Word::Done) => return Ok(()),
            Frame::Word(Word::Unknown) => {}
            _ => return Err(LaneEnded::Odd("a word that is not a receiver's")),
        }
    }
}

fn say_list(lane: &Lane, list: &Manifest) -> Result<(), LaneEnded> {
    let odd = |_| LaneEnded::Odd("a list that can't be written");
    let bytes = Bytes::from(serde_json::to_vec(list).map_err(odd)?);
    let length = u32::try_from(bytes.len()).ok();
    lane.say(&Frame::Word(Word::List { bytes: length }))?;
    for begin in (0..bytes.len()).step_by(PIECE) {
        lane.say(&Frame::List(bytes.slice(begin..bytes.len().min(begin + PIECE))))?;
    }
    Ok(())
}

/// Sends groups of a file, and before the first of them what they are held against.
fn give(
    lane: &Lane,
    job: &Job,
    trees: &mut impl Trees,
    progress: &Progress,
    opened: &mut HashMap<u32, ()>,
    (file, groups): (u32, std::ops::Range<u32>),
) -> Result<Result<(), Lost>, LaneEnded> {
    let place = file as usize;
    let (Some(listed), Some(source)) = (job.list.files.get(place), job.sources.get(place)) else {
        return Err(LaneEnded::Odd("a file that is not in the list"));
    };
    if job.wanted.as_ref().is_some_and(|wanted| !wanted.contains(&listed.item)) {
        return Err(LaneEnded::Odd("a file of an item that was not accepted"));
    }
    let Some(shape) = Shape::of(listed.size) else { return Ok(Err(Lost::Unreadable)) };
    if groups.is_empty() || groups.end > shape.groups() {
        return Err(LaneEnded::Odd("groups that the file does not have"));
    }
    let mut reader = match source.open() {
        Ok(reader) => reader,
        Err(unusable) => return Ok(Err(lost(unusable))),
    };
    if opened.insert(file, ()).is_none() {
        let tree = match trees.known(file) {
            Some(tree) => tree,
            None => match source.tree(shape) {
                Ok(tree) => {
                    trees.made(file, &tree);
                    tree
                }
                Err(unusable) => return Ok(Err(lost(unusable))),
            },
        };
        say_tree(lane, file, shape, &tree)?;
    }
    for group in groups {
        let mut range = shape.range(group);
        while range.start < range.end {
            let length = usize::try_from(range.end - range.start).unwrap_or(PIECE).min(PIECE);
            let bytes = match reader.read(range.start, length) {
                Ok(bytes) => bytes,
                Err(unusable) => return Ok(Err(lost(unusable))),
            };
            lane.say(&Frame::Data { file, offset: range.start, bytes })?;
            range.start += length as u64;
            progress.landed(length as u64);
        }
    }
    // What was sent may be of another file by now.
    Ok(reader.still_the_same().map_err(lost))
}

fn say_tree(lane: &Lane, file: u32, shape: Shape, tree: &Tree) -> Result<(), LaneEnded> {
    let leaves = u32::try_from(tree.leaves.len()).unwrap_or(u32::MAX);
    let root = tree.root;
    lane.say(&Frame::Word(Word::Opened { file, size: shape.size(), root, leaves }))?;
    for leaves in tree.leaves.chunks(PIECE / size_of::<Leaf>()) {
        lane.say(&Frame::Leaves { file, bytes: leaves.concat().into() })?;
    }
    Ok(())
}

fn lost(unusable: Unusable) -> Lost {
    match unusable {
        Unusable::Changed => Lost::Changed,
        Unusable::Gone => Lost::Gone,
        Unusable::Unreadable(reason) => {
            tracing::warn!(reason, "a file that was offered can't be read");
            Lost::Unreadable
        }
    }
}
