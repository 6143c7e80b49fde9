//! Where the files of a transfer lie on this computer: those of the user's own as they were offered, those that came once
//! they have come whole. A shell opens and shows nothing else.

use crate::api::{PublicKey, TransferStage};
use crate::engine::desk::Desk;
use crate::store::transfers::{self, Which};
use crate::transfer::signal::TransferId;
use std::path::{Component, Path, PathBuf};

impl Desk {
    /// Where an item lies: a file, or a folder that came.
    pub(in crate::engine) async fn place_of(
        &self,
        key: PublicKey,
        id: &str,
        item: usize,
    ) -> Option<PathBuf> {
        let id: TransferId = id.parse().ok()?;
        let entry = self.files.all.get(&(key, id))?;
        let shown = entry.shown();
        let one = shown.items.get(item)?;
        if !shown.mine {
            let name = Path::new(one.place.as_ref()?);
            let plain = matches!(name.components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
            let whole = plain && shown.stage == TransferStage::Done && one.wanted;
            return entry.kept.folder.as_ref().filter(|_| whole).map(|folder| folder.join(name));
        }
        if one.files.is_some() {
            return None;
        }
        let server = self.place.id();
        let kept =
            self.run(move |db| transfers::list(db, Which { server: &server, key: &key, id }));
        let (list, sources) = kept.await.ok()?;
        let at = list?.files.iter().position(|file| file.item as usize == item)?;
        Some(sources.into_iter().nth(at)?.path)
    }
}
