//! Who may sign in, once the signatures hold: known keys keep their seal key, new ones may need an invite,
//! and every device takes one of the identity's places.
//! What the welcome needs is gathered here; who is there now is added by the room.

use super::{DAY_MS, Refusal};
use crate::protocol::{DeviceId, ErrorCode, Handle, KeyBundle, PendingRequest, Person, PublicKey};
use crate::server::limits::ServerLimits;
use crate::server::records::{
    AccountNo, AccountRow, DeviceNo, InviteHash, Records, RequestRow, StoreError,
};

/// A sign-in whose signatures hold.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) bundle: KeyBundle,
    pub(crate) device: DeviceId,
    /// Of the invite code, if one was given.
    pub(crate) invite: Option<InviteHash>,
    /// Whether new identities need one.
    pub(crate) closed: bool,
}

/// Someone who is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) account: AccountNo,
    pub(crate) key: PublicKey,
    pub(crate) device: DeviceNo,
    pub(crate) handle: Option<Handle>,
    pub(crate) listing: Option<String>,
    pub(crate) contacts: Vec<(AccountNo, Person)>,
    pub(crate) incoming: Vec<PendingRequest>,
    pub(crate) outgoing: Vec<PendingRequest>,
    pub(crate) blocked: Vec<Person>,
    /// The newest letter ever kept for this device, and whether any waits now.
    pub(crate) newest_mail: u64,
    pub(crate) has_mail: bool,
    /// When the device was here last; none for a new one.
    pub(crate) seen_ms: Option<u64>,
}

impl SignIn {
    /// Lets someone in, or not. `admit` is asked before a new identity is made.
    pub(crate) fn decide(
        &self,
        records: &mut impl Records,
        limits: &ServerLimits,
        now_ms: u64,
        admit: impl FnOnce() -> Result<(), Refusal>,
    ) -> Result<SignedIn, Refusal> {
        let account = match records.account_of(&self.bundle.sign)? {
            Some(known) if known.bundle.seal != self.bundle.seal => {
                return Err(ErrorCode::BadSignature.into());
            }
            Some(known) => known,
            None => {
                if self.closed {
                    self.use_invite(records, now_ms)?;
                }
                admit()?;
                let no = records.add_account(&self.bundle, now_ms)?;
                AccountRow { no, bundle: self.bundle, handle: None, listing: None }
            }
        };
        let devices = records.devices(account.no)?;
        let (device, newest_mail, has_mail, seen_ms) =
            match devices.iter().find(|d| d.id == self.device) {
                Some(d) => (d.no, d.newest_mail, d.letters > 0, Some(d.seen_ms)),
                None => {
                    let gone = now_ms.saturating_sub(u64::from(limits.mailbox_days) * DAY_MS);
                    let mut count = devices.len();
                    for old in devices.iter().filter(|d| d.seen_ms < gone) {
                        records.forget_device(old.no)?;
                        count -= 1;
                    }
                    if count >= limits.devices as usize {
                        return Err(ErrorCode::TooManyDevices.into());
                    }
                    (records.add_device(account.no, &self.device, now_ms)?, 0, false, None)
                }
            };
        let pending = |rows: Vec<RequestRow>, incoming| {
            rows.into_iter()
                .map(|row| pending(records, row, incoming))
                .collect::<Result<Vec<_>, Refusal>>()
        };
        let contacts = records.contacts(account.no)?;
        let outgoing = records.requests_from(account.no)?;
        let incoming = records.requests_to(account.no)?;
        Ok(SignedIn {
            account: account.no,
            key: self.bundle.sign,
            device,
            contacts: contacts.iter().filter_map(|c| Some((c.no, c.person()?))).collect(),
            incoming: pending(incoming, true)?,
            outgoing: pending(outgoing, false)?,
            blocked: records.blocked(account.no)?.iter().filter_map(AccountRow::person).collect(),
            handle: account.handle,
            listing: account.listing,
            newest_mail,
            has_mail,
            seen_ms,
        })
    }

    fn use_invite(&self, records: &mut impl Records, now_ms: u64) -> Result<(), Refusal> {
        let hash = self.invite.as_ref().ok_or(ErrorCode::InviteRequired)?;
        match records.invite(hash)? {
            Some(row) if row.uses_left > 0 && row.expires_ms > now_ms => {
                Ok(records.set_invite_uses(row.no, row.uses_left - 1)?)
            }
            _ => Err(ErrorCode::InviteInvalid.into()),
        }
    }
}

fn pending(
    records: &impl Records,
    row: RequestRow,
    incoming: bool,
) -> Result<PendingRequest, Refusal> {
    let other = if incoming { row.from } else { row.to };
    let person = records.account(other)?.and_then(|account| account.person());
    let person =
        person.ok_or_else(|| StoreError::Broken("a request without a person".to_owned()))?;
    let envelope = if incoming { row.envelope } else { String::new() };
    Ok(PendingRequest { person, envelope, at_ms: row.at_ms })
}
