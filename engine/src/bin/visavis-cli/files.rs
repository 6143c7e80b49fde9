//! Errands about files: sending them until they are there, and taking those that are offered.

use crate::arguments::Receive;
use crate::desk::Desk;
use crate::errands::contacts_of;
use crate::lines::{Line, say};
use crate::people::find;
use crate::{Outcome, Trouble};
use std::path::{Path, PathBuf};
use visavis_engine::api::{ApiError, Code, Command, PublicKey, Reply, Transfer, TransferStage};

/// Offers files, and waits until they are there or nothing comes of it.
pub(crate) async fn send(
    desk: &mut Desk,
    who: &str,
    paths: &[PathBuf],
) -> Result<Outcome, Trouble> {
    let state = desk.online().await?;
    let key = find(who, &contacts_of(&state.contacts))?;
    let paths = paths.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?;
    let offered = desk.tell(Command::OfferFiles { key, paths }).await?;
    let Reply::Offered { id } = offered else {
        return Err(ApiError::new(Code::Internal, "the offer was not made").into());
    };
    follow(desk, key, &id).await
}

/// Takes the first offer that is there or comes, and waits until the files are there. What was taken into this folder
/// before, by a run that ended too early, goes on first.
pub(crate) async fn receive(desk: &mut Desk, receive: Receive) -> Result<Outcome, Trouble> {
    let state = desk.online().await?;
    let from = match &receive.from {
        Some(who) => Some(find(who, &contacts_of(&state.contacts))?),
        None => None,
    };
    std::fs::create_dir_all(&receive.into).map_err(|odd| unusable(&receive.into, &odd))?;
    let folder = absolute(&receive.into)?;
    let offer = loop {
        let waits = |transfer: &&Transfer| {
            let fits = from.is_none_or(|from| from == transfer.key);
            let goes_on = matches!(transfer.stage, TransferStage::Waiting | TransferStage::Running)
                && transfer.folder.as_ref() == Some(&folder);
            fits && !transfer.mine && (goes_on || transfer.stage == TransferStage::Offered)
        };
        if let Some(offer) = desk.state().transfers.iter().find(waits) {
            break offer.clone();
        }
        desk.next().await?;
    };
    let (key, id) = (offer.key, offer.id);
    if offer.stage == TransferStage::Offered {
        let folder = Some(folder);
        desk.tell(Command::AcceptFiles { key, id: id.clone(), items: None, folder }).await?;
    }
    follow(desk, key, &id).await
}

/// Prints how far a transfer is, until it is over.
async fn follow(desk: &mut Desk, key: PublicKey, id: &str) -> Result<Outcome, Trouble> {
    let mut before = None;
    loop {
        let state = desk.state();
        let this = |transfer: &&Transfer| transfer.key == key && transfer.id == id;
        let now = state.transfers.iter().find(this).cloned();
        if now != before {
            if let Some(transfer) = &now {
                say(&Line::Transfer { transfer })?;
            }
            before = now;
        }
        match before.as_ref().map(|transfer| (transfer.stage, transfer.problem.clone())) {
            Some((TransferStage::Done, _)) => return Ok(Outcome::Done),
            Some((stage, _)) if stage.is_over() => return Ok(Outcome::InVain),
            Some((_, Some(problem))) => return Err(problem.into()),
            None => return Ok(Outcome::InVain),
            _ => {}
        }
        desk.next().await?;
    }
}

fn absolute(path: &Path) -> Result<String, ApiError> {
    let whole = std::path::absolute(path).map_err(|odd| unusable(path, &odd))?;
    let named = |text: &str| text.to_owned();
    let no_text = || ApiError::new(Code::FileUnreadable, "a path that is no text can't be sent");
    whole.to_str().map(named).ok_or_else(no_text)
}

fn unusable(path: &Path, odd: &std::io::Error) -> ApiError {
    ApiError::new(Code::FileUnreadable, format!("{} can't be used: {odd}", path.display()))
}
