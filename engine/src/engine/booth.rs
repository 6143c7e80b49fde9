//! Pictures that the user takes of themselves or of whom they talk with: of what is seen at that moment, in full size. They
//! are held in memory alone until they are saved, sent or left, a few at a time. Whose picture is taken is told so on the
//! link, and where that can't be told none is taken.

use super::desk::Desk;
use super::folder::disk_error;
use super::screens::Whose;
use crate::api::{ApiError, Code, Event, Reply};
use crate::call::machine::Peer;
use crate::call::signal::{CallId, Control};
use crate::media::picture::{Picture, Size};
use crate::media::print::{Finish, NoPrint, glance, print};
use crate::studio::PREVIEW;
use std::collections::VecDeque;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many are held; one more takes the place of the oldest.
const MOST: usize = 4;
/// What a page shows of one fits into this.
const GLANCE: Size = Size { width: 1280, height: 1280 };

/// The pictures that were taken. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Booth(Arc<Mutex<VecDeque<(String, Picture)>>>);

impl Booth {
    fn keep(&self, picture: Picture) -> Result<String, ApiError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random)
            .map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        let id = format!("{:016x}", u64::from_be_bytes(random));
        let mut held = self.lock();
        if held.len() >= MOST {
            held.pop_front();
        }
        held.push_back((id.clone(), picture));
        Ok(id)
    }

    fn find(&self, id: &str) -> Result<Picture, ApiError> {
        let gone = || ApiError::new(Code::NoPicture, "the picture is not held any more");
        let held = self.lock();
        let found = held.iter().find(|(other, _)| other == id);
        found.map(|(_, picture)| picture.clone()).ok_or_else(gone)
    }

    /// What a page shows of one: a JPEG without its caption.
    ///
    /// # Errors
    /// If it is not held any more (`no_picture`).
    pub fn glance(&self, id: &str, finish: &Finish) -> Result<Vec<u8>, ApiError> {
        glance(&self.find(id)?, finish, GLANCE).map_err(|error| odd(&error))
    }

    /// One as it is wished, coded.
    ///
    /// # Errors
    /// If it is not held any more (`no_picture`), or its caption is none.
    pub fn finish(&self, id: &str, finish: &Finish) -> Result<Vec<u8>, ApiError> {
        print(&self.find(id)?, finish).map_err(|error| odd(&error))
    }

    /// The same, into a file. What was there by that name stays until the picture is whole.
    ///
    /// # Errors
    /// As above, or if the disk refuses.
    pub fn save(&self, id: &str, finish: &Finish, path: &Path) -> Result<(), ApiError> {
        let bytes = self.finish(id, finish)?;
        write_whole(path, &bytes).map_err(|error| disk_error(path, &error))
    }

    /// One that is wanted no more.
    pub fn leave(&self, id: &str) {
        self.lock().retain(|(other, _)| other != id);
    }

    /// A panic while the lock was held left whole values: every change is one assignment.
    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Picture)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn odd(error: &NoPrint) -> ApiError {
    ApiError::new(Code::Internal, error.to_string())
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut part = std::ffi::OsString::from(".");
    part.push(name);
    part.push(".part");
    let part = path.with_file_name(part);
    let written = std::fs::File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let written = written.and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // What failed is told; that this one stays is the lesser matter.
        let _ = std::fs::remove_file(&part);
    }
    written
}

impl Desk {
    /// Takes a picture of what is seen now.
    pub(super) fn take_picture(&mut self, call: &str, mine: bool) -> Result<Reply, ApiError> {
        let nothing = || ApiError::new(Code::NoPicture, "nothing is seen there now");
        let whose = if mine { Whose::Mine } else { Whose::Theirs };
        let whom = match call {
            PREVIEW if mine => None,
            _ => {
                let shown = self.calls.shown(call).ok_or_else(nothing)?;
                let side = if mine { shown.mine } else { shown.theirs };
                if !side.camera || shown.mine.held || shown.theirs.held {
                    return Err(nothing());
                }
                if mine { None } else { Some(self.whom_to_tell(call)?) }
            }
        };
        let picture = self.talks.latest(call, whose).ok_or_else(nothing)?;
        let Size { width, height } = picture.size();
        let id = self.talks.booth.keep(picture)?;
        if let Some((peer, call)) = whom {
            self.say_on_link(peer, Control::Pictured { call });
        }
        Ok(Reply::PictureTaken { id, width, height })
    }

    fn whom_to_tell(&self, call: &str) -> Result<(Peer, CallId), ApiError> {
        let untold = || ApiError::new(Code::NotNow, "they can't be told now");
        let call: CallId = call.parse().map_err(|_| untold())?;
        let peer = self.talks.peer_of(call).filter(|peer| self.links.up(peer).is_some());
        Ok((peer.ok_or_else(untold)?, call))
    }

    /// Somebody says that they took a picture of the user.
    pub(super) fn pictured(&mut self, from: Peer, call: CallId) {
        if self.talks.peer_of(call) == Some(from) {
            self.board.publish(Event::PictureTaken { key: from.key });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(light: u8) -> Picture {
        Picture::plain(Size::new(16, 8).unwrap(), 1, [light, 128, 128])
    }

    #[test]
    fn the_newest_few_are_held_until_they_are_left() {
        let booth = Booth::default();
        let ids: Vec<String> = (0..5).map(|one| booth.keep(picture(60 + one)).unwrap()).collect();
        let finish = Finish::default();
        assert_eq!(booth.finish(&ids[0], &finish).unwrap_err().code, Code::NoPicture);
        for id in &ids[1..] {
            booth.finish(id, &finish).unwrap();
            booth.glance(id, &finish).unwrap();
        }
        booth.leave(&ids[2]);
        assert_eq!(booth.glance(&ids[2], &finish).unwrap_err().code, Code::NoPicture);
        assert!(booth.glance(&ids[3], &finish).is_ok());
    }

    #[test]
    fn a_file_is_written_whole_or_stays_as_it_was() {
        let (booth, folder) = (Booth::default(), tempfile::tempdir().unwrap());
        let id = booth.keep(picture(100)).unwrap();
        let path = folder.path().join("me.png");
        std::fs::write(&path, "before").unwrap();
        let caption = Some(b"no caption".to_vec());
        let bad = Finish { caption, ..Finish::default() };
        assert!(booth.save(&id, &bad, &path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"before");
        booth.save(&id, &Finish::default(), &path).unwrap();
        assert!(image::open(&path).is_ok());
        let gone = folder.path().join("no/me.png");
        let refused = booth.save(&id, &Finish::default(), &gone).unwrap_err();
        assert_eq!(refused.code, Code::FileMissing);
        assert_eq!(refused.detail["path"], gone.display().to_string());
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }
}
