//! A transfer as a shell sees it.

use super::Entry;
use crate::api::{Transfer, TransferItem, TransferStage};
use crate::store::transfers::{Kept, Stage};

/// How many of the last looks make up the speed.
const LOOKS: usize = 5;

/// How fast a transfer goes.
#[derive(Debug, Default)]
pub(super) struct Speed {
    /// Bytes that had moved at each of the last looks, and when.
    looks: Vec<(u64, u64)>,
}

impl Speed {
    /// So many bytes have moved by now.
    pub(super) fn look(&mut self, moved: u64, now_ms: u64) {
        if self.looks.len() > LOOKS {
            self.looks.remove(0);
        }
        self.looks.push((moved, now_ms));
    }

    /// Nothing moves.
    pub(super) fn stop(&mut self) {
        self.looks.clear();
    }

    /// Bytes in a second, once two looks say so.
    fn get(&self) -> Option<u64> {
        let ((first, since), (last, now)) = (self.looks.first()?, self.looks.last()?);
        let ms = now.checked_sub(*since).filter(|ms| *ms > 0)?;
        Some(last.saturating_sub(*first).saturating_mul(1000) / ms)
    }
}

impl Entry {
    pub(super) fn shown(&self) -> Transfer {
        let Kept { key, id, mine, at_ms, items, wanted, folder, tops, lost, .. } = &self.kept;
        let is_wanted = |place: usize| {
            wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|item| *item as usize == place))
        };
        let item = |(place, item): (usize, &crate::transfer::signal::OfferedItem)| TransferItem {
            name: item.name.clone(),
            place: tops.as_ref().and_then(|tops| tops.get(place)).cloned(),
            bytes: item.size,
            files: item.files,
            preview: item.preview.clone(),
            wanted: is_wanted(place),
        };
        let items: Vec<TransferItem> = items.iter().enumerate().map(item).collect();
        let those = || items.iter().filter(|item| item.wanted);
        let files = those().map(|item| item.files.unwrap_or(1)).sum();
        let bytes = those().map(|item| item.bytes).sum();
        let done = self.done(bytes);
        let stage = self.stage();
        let per_second = self.speed.get().filter(|_| stage == TransferStage::Running);
        let left_s =
            per_second.filter(|speed| *speed > 0).map(|speed| (bytes - done).div_ceil(speed));
        Transfer {
            id: id.to_string(),
            key: *key,
            mine: *mine,
            at_ms: *at_ms,
            files,
            bytes,
            stage,
            done,
            per_second,
            left_s,
            folder: folder.as_ref().map(|folder| folder.display().to_string()),
            problem: self.problem.clone(),
            lost: *lost,
            items,
        }
    }

    fn done(&self, bytes: u64) -> u64 {
        let seen = self.run.as_ref().and_then(|run| run.progress.get()).map(|(done, _)| done);
        match self.kept.stage {
            Stage::Done if self.kept.lost == 0 => bytes,
            _ => seen.unwrap_or(self.kept.done).min(bytes),
        }
    }

    fn stage(&self) -> TransferStage {
        match self.kept.stage {
            Stage::Offered => TransferStage::Offered,
            Stage::Done => TransferStage::Done,
            Stage::Declined => TransferStage::Declined,
            Stage::CancelledHere => TransferStage::Cancelled { by_me: true },
            Stage::CancelledThere => TransferStage::Cancelled { by_me: false },
            Stage::Accepted if self.problem.is_some() => TransferStage::Stopped,
            Stage::Accepted => match (self.kept.paused, &self.run) {
                ((true, _), _) => TransferStage::Paused { by_me: true },
                ((_, true), _) => TransferStage::Paused { by_me: false },
                (_, Some(_)) => TransferStage::Running,
                (_, None) => TransferStage::Waiting,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_that_of_the_last_seconds() {
        let mut speed = Speed::default();
        speed.look(0, 1_000);
        assert_eq!(speed.get(), None);
        speed.look(500, 2_000);
        assert_eq!(speed.get(), Some(500));
        for second in 3..20 {
            speed.look(500 + (second - 2) * 1_000, second * 1_000);
        }
        assert_eq!(speed.get(), Some(1_000));
        speed.stop();
        assert_eq!(speed.get(), None);
    }
}
