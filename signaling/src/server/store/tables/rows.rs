//! How rows of the tables become records.

use crate::protocol::{Handle, KeyBundle, PublicKey, SealKey, Signature};
use crate::server::records::{AccountRow, InviteRow, RequestRow};
use rusqlite::Row;

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        no: row.get(0)?,
        bundle: KeyBundle {
            sign: PublicKey(row.get(1)?),
            seal: SealKey(row.get(2)?),
            proof: Signature(row.get(3)?),
        },
        handle: row.get::<_, Option<String>>(4)?.map(Handle::given_out),
        listing: row.get(5)?,
    })
}

pub(super) fn request(row: &Row<'_>) -> rusqlite::Result<RequestRow> {
    Ok(RequestRow {
        from: row.get(0)?,
        to: row.get(1)?,
        at_ms: row.get(2)?,
        envelope: row.get(3)?,
        hidden: row.get(4)?,
    })
}

pub(super) fn invite(row: &Row<'_>) -> rusqlite::Result<InviteRow> {
    Ok(InviteRow {
        no: row.get(0)?,
        made_ms: row.get(1)?,
        expires_ms: row.get(2)?,
        uses_left: row.get(3)?,
    })
}
