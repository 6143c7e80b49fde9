//! What the server remembers, as the rules see it: accounts, devices, relations, requests, letters, invites.
//! The room names no database: [`Records`] is implemented by the store's tables, and by plain collections in
//! tests, which serve as the model that the tables are compared with.

#[cfg(test)]
pub(crate) mod memory;

use crate::protocol::{DeviceId, Envelope, Handle, KeyBundle, Listing, Person, PublicKey};

/// An identity's number in this database.
pub(crate) type AccountNo = u32;
/// A device's number in this database.
pub(crate) type DeviceNo = u32;
/// The hash of an invite code: the code itself is not stored.
pub(crate) type InviteHash = [u8; 32];

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the disk is full")]
    Full,
    #[error("{0}")]
    Broken(String),
}

/// How old a note of when a device was seen may be.
pub(crate) const SEEN_MS: u64 = 6 * 60 * 60 * 1000;

pub(crate) type Kept<T> = Result<T, StoreError>;

/// An identity that signed in once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountRow {
    pub(crate) no: AccountNo,
    pub(crate) bundle: KeyBundle,
    pub(crate) handle: Option<Handle>,
    pub(crate) listing: Option<String>,
}

impl AccountRow {
    /// How others see it: someone without a handle is not seen.
    pub(crate) fn person(&self) -> Option<Person> {
        Some(Person { handle: self.handle.clone()?, bundle: self.bundle })
    }
}

/// One installation of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceRow {
    pub(crate) no: DeviceNo,
    pub(crate) id: DeviceId,
    pub(crate) seen_ms: u64,
    /// The number of the newest letter that was ever kept for it.
    pub(crate) newest_mail: u64,
    /// Letters kept for it now, and their bytes.
    pub(crate) letters: u32,
    pub(crate) bytes: u32,
}

/// A contact request without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestRow {
    pub(crate) from: AccountNo,
    pub(crate) to: AccountNo,
    pub(crate) at_ms: u64,
    pub(crate) envelope: Envelope,
    /// The one who is asked has blocked the one who asks, and does not see it.
    pub(crate) hidden: bool,
}

/// An envelope that is kept for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) mail: u64,
    pub(crate) from: PublicKey,
    pub(crate) at_ms: u64,
    pub(crate) envelope: Envelope,
}

/// How much the mailboxes hold, in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MailTotals {
    pub(crate) letters: i64,
    pub(crate) bytes: i64,
}

/// What an invite code still allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InviteRow {
    pub(crate) no: u32,
    pub(crate) made_ms: u64,
    pub(crate) expires_ms: u64,
    pub(crate) uses_left: u32,
}

/// The server's memory. Every method does one plain thing; what follows from what is the rules' business.
pub(crate) trait Records {
    fn account_of(&self, key: &PublicKey) -> Kept<Option<AccountRow>>;
    fn account(&self, no: AccountNo) -> Kept<Option<AccountRow>>;
    fn add_account(&mut self, bundle: &KeyBundle, now_ms: u64) -> Kept<AccountNo>;
    fn owner_of(&self, handle: &Handle) -> Kept<Option<AccountRow>>;
    fn owner_of_skeleton(&self, skeleton: &str) -> Kept<Option<AccountNo>>;
    fn set_handle(&mut self, no: AccountNo, handle: &Handle) -> Kept<()>;
    fn set_listing(&mut self, no: AccountNo, name: Option<&str>) -> Kept<()>;
    /// By handle, in order; both texts are compared folded to lower case.
    fn search(&self, query: &str, after: Option<&Handle>, most: u32) -> Kept<Vec<Listing>>;

    fn devices(&self, account: AccountNo) -> Kept<Vec<DeviceRow>>;
    fn add_device(&mut self, account: AccountNo, id: &DeviceId, now_ms: u64) -> Kept<DeviceNo>;
    /// Noted at most every quarter of a day, so that it is seldom written.
    fn device_seen(&mut self, device: DeviceNo, now_ms: u64) -> Kept<()>;
    /// With its letters.
    fn forget_device(&mut self, device: DeviceNo) -> Kept<()>;
    fn devices_not_seen_since(&self, ms: u64) -> Kept<Vec<DeviceNo>>;
    /// Accounts without a handle and without a device: nobody can know them.
    fn forget_empty_accounts(&mut self) -> Kept<()>;

    /// Whether `of` has `other` in its list. Both have each other, unless one has blocked the other.
    fn has_contact(&self, of: AccountNo, other: AccountNo) -> Kept<bool>;
    fn contacts(&self, of: AccountNo) -> Kept<Vec<AccountRow>>;
    fn contact_count(&self, of: AccountNo) -> Kept<u32>;
    fn add_contact(&mut self, of: AccountNo, other: AccountNo) -> Kept<()>;
    fn drop_contact(&mut self, of: AccountNo, other: AccountNo) -> Kept<()>;

    fn has_blocked(&self, by: AccountNo, other: AccountNo) -> Kept<bool>;
    fn blocked(&self, by: AccountNo) -> Kept<Vec<AccountRow>>;
    fn block_count(&self, by: AccountNo) -> Kept<u32>;
    fn add_block(&mut self, by: AccountNo, other: AccountNo) -> Kept<()>;
    fn drop_block(&mut self, by: AccountNo, other: AccountNo) -> Kept<()>;

    fn request(&self, from: AccountNo, to: AccountNo) -> Kept<Option<RequestRow>>;
    fn requests_from(&self, from: AccountNo) -> Kept<Vec<RequestRow>>;
    /// Without hidden ones.
    fn requests_to(&self, to: AccountNo) -> Kept<Vec<RequestRow>>;
    fn requests_before(&self, ms: u64) -> Kept<Vec<RequestRow>>;
    fn add_request(&mut self, row: &RequestRow) -> Kept<()>;
    fn hide_request(&mut self, from: AccountNo, to: AccountNo) -> Kept<()>;
    fn drop_request(&mut self, from: AccountNo, to: AccountNo) -> Kept<()>;
    fn declined_at(&self, from: AccountNo, by: AccountNo) -> Kept<Option<u64>>;
    fn set_declined(&mut self, from: AccountNo, by: AccountNo, at_ms: u64) -> Kept<()>;
    fn forget_declined_before(&mut self, ms: u64) -> Kept<()>;

    /// Keeps a letter for a device and numbers it.
    fn add_letter(
        &mut self,
        device: DeviceNo,
        from: AccountNo,
        at_ms: u64,
        envelope: &str,
    ) -> Kept<u64>;
    /// In order: as many after a number as fit in so many bytes, and one at least.
    fn letters_after(&self, device: DeviceNo, mail: u64, bytes: u32) -> Kept<Vec<Letter>>;
    fn drop_letters_up_to(&mut self, device: DeviceNo, mail: u64) -> Kept<()>;
    fn drop_letters_from(&mut self, account: AccountNo, from: AccountNo) -> Kept<()>;
    fn drop_letters_before(&mut self, ms: u64) -> Kept<()>;
    fn mail_totals(&self) -> Kept<MailTotals>;

    fn add_invite(&mut self, hash: &InviteHash, row: &InviteRow) -> Kept<u32>;
    fn invite(&self, hash: &InviteHash) -> Kept<Option<InviteRow>>;
    fn invites(&self) -> Kept<Vec<InviteRow>>;
    fn set_invite_uses(&mut self, no: u32, uses_left: u32) -> Kept<()>;
    fn drop_invite(&mut self, no: u32) -> Kept<bool>;
}
