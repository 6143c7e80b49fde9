//! Where the files of a transfer go, and taking away again what came in part.

use super::Job;
use crate::transfer::fault::{Fault, Place};
use crate::transfer::name::Places;
use crate::transfer::part::{Folder, remove_ledger};
use crate::transfer::signal::OfferedItem;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Whether anything is there of a file that is not whole.
pub fn is_begun(job: &Job) -> bool {
    let files = job.list.as_ref().map_or(0, |list| list.files.len());
    (0..).take(files).any(|number| ledger(&job.ledgers, number).exists())
}

/// Takes away what is there of files that are not whole. Blocks. A part without a ledger is another transfer's.
///
/// # Errors
/// The folder can't be used, or something stays.
pub fn clear(job: &Job) -> Result<(), Fault> {
    let (Some(list), Some(tops)) = (&job.list, &job.tops) else { return Ok(()) };
    let folder =
        Folder::open(&job.folder).map_err(|e| Fault::of(&e, &job.folder, Place::Folder))?;
    let mut placing = Placing::new(tops);
    for (number, file) in (0..).zip(&list.files).filter(|(_, file)| job.wants(file.item)) {
        let place = placing.file(file.item, &file.way);
        let ledger = ledger(&job.ledgers, number);
        let is_done = job.known.get(&number).is_some_and(|known| known.done);
        if !is_done && (file.size == 0 || ledger.exists()) {
            let removed = folder.remove_part(&place);
            removed.map_err(|e| Fault::of(&e, &job.folder.join(&place), Place::File))?;
            remove_ledger(&ledger);
        }
        if let Some(above) = place.parent() {
            folder.remove_empty(above);
        }
    }
    for empty in list.folders.iter().filter(|folder| job.wants(folder.item)) {
        folder.remove_empty(&placing.folder(empty.item, &empty.way));
    }
    Ok(())
}

impl Job {
    pub(super) fn wants(&self, item: u32) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&item))
    }
}

pub(super) fn ledger(ledgers: &Path, file: u32) -> PathBuf {
    let mut name = ledgers.as_os_str().to_owned();
    name.push(format!("-{file}.ledger"));
    name.into()
}

/// Where things of a list go, asked in its order.
pub(super) struct Placing<'a> {
    tops: &'a [String],
    places: HashMap<u32, Places>,
}

impl<'a> Placing<'a> {
    pub(super) fn new(tops: &'a [String]) -> Self {
        Self { tops, places: HashMap::new() }
    }

    pub(super) fn file(&mut self, item: u32, way: &[String]) -> PathBuf {
        let inside = self.places.entry(item).or_default();
        let below = if way.is_empty() { Vec::new() } else { inside.file(way) };
        self.below(item, &below)
    }

    pub(super) fn folder(&mut self, item: u32, way: &[String]) -> PathBuf {
        let below = self.places.entry(item).or_default().folder(way);
        self.below(item, &below)
    }

    fn below(&self, item: u32, names: &[String]) -> PathBuf {
        let top = self.tops.get(item as usize).map_or("_", String::as_str);
        [top].into_iter().chain(names.iter().map(String::as_str)).collect()
    }
}

/// What each item is called here: two of an offer never the same, and none as what is there already.
pub(super) fn names(folder: &Folder, items: &[OfferedItem]) -> Vec<String> {
    let mut places = Places::default();
    items.iter().map(|item| places.top(&item.name, |name| folder.is_free(name))).collect()
}
