//! The records in SQLite: one short statement for each thing that the rules ask.
//! The room decides nothing; transactions are its caller's.

mod rows;

use crate::protocol::{DeviceId, Handle, KeyBundle, Listing, Person, PublicKey};
use crate::server::records::{
    AccountNo, AccountRow, DeviceNo, DeviceRow, InviteHash, InviteRow, Kept, Letter, MailTotals,
    Records, RequestRow, SEEN_MS,
};
use rows::{account, invite, request};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

const ACCOUNT: &str = "no, sign, seal, proof, handle, listing";
const REQUEST: &str = "asker, asked, at_ms, envelope, hidden";

/// The tables of an open database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables<'c>(pub(crate) &'c Connection);

impl Tables<'_> {
    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Kept<Option<T>> {
        Ok(self.0.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Kept<Vec<T>> {
        Ok(self.0.prepare_cached(sql)?.query_map(params, read)?.collect::<Result<_, _>>()?)
    }

    fn count(&self, sql: &str, params: impl Params) -> Kept<u32> {
        Ok(self.0.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
    }

    fn exists(&self, sql: &str, params: impl Params) -> Kept<bool> {
        Ok(self.0.prepare_cached(sql)?.exists(params)?)
    }

    fn run(&self, sql: &str, params: impl Params) -> Kept<usize> {
        Ok(self.0.prepare_cached(sql)?.execute(params)?)
    }

    /// Counts anew what is kept for a device.
    fn recount(&self, device: DeviceNo) -> Kept<()> {
        self.run(
            "update device set (letters, bytes) = (select count(*), coalesce(sum(length(envelope)), 0)
             from letter where device = ?1) where no = ?1",
            [device],
        )?;
        Ok(())
    }
}

impl Records for Tables<'_> {
    fn account_of(&self, key: &PublicKey) -> Kept<Option<AccountRow>> {
        self.one(&format!("select {ACCOUNT} from account where sign = ?1"), [key.0], account)
    }

    fn account(&self, no: AccountNo) -> Kept<Option<AccountRow>> {
        self.one(&format!("select {ACCOUNT} from account where no = ?1"), [no], account)
    }

    fn add_account(&mut self, bundle: &KeyBundle, now_ms: u64) -> Kept<AccountNo> {
        self.run(
            "insert into account (sign, seal, proof, made_ms) values (?1, ?2, ?3, ?4)",
            params![bundle.sign.0, bundle.seal.0, bundle.proof.0, now_ms],
        )?;
        Ok(self.0.last_insert_rowid() as AccountNo)
    }

    fn owner_of(&self, handle: &Handle) -> Kept<Option<AccountRow>> {
        let sql = format!("select {ACCOUNT} from account where handle = ?1");
        self.one(&sql, [handle.as_str()], account)
    }

    fn owner_of_skeleton(&self, skeleton: &str) -> Kept<Option<AccountNo>> {
        self.one("select no from account where skeleton = ?1", [skeleton], |row| row.get(0))
    }

    fn set_handle(&mut self, no: AccountNo, handle: &Handle) -> Kept<()> {
        self.run(
            "update account set handle = ?2, skeleton = ?3 where no = ?1",
            params![no, handle.as_str(), handle.skeleton()],
        )?;
        Ok(())
    }

    fn set_listing(&mut self, no: AccountNo, name: Option<&str>) -> Kept<()> {
        self.run(
            "update account set listing = ?2, listing_folded = ?3 where no = ?1",
            params![no, name, name.map(str::to_lowercase)],
        )?;
        Ok(())
    }

    fn search(&self, query: &str, after: Option<&Handle>, most: u32) -> Kept<Vec<Listing>> {
        let sql = format!(
            "select {ACCOUNT} from account where listing is not null and handle > ?2
             and (instr(handle, ?1) > 0 or instr(listing_folded, ?1) > 0) order by handle limit ?3"
        );
        let after = after.map_or("", Handle::as_str);
        let rows = self.all(&sql, params![query, after, most], account)?;
        let listed = |row: AccountRow| {
            let (person, name): (Option<Person>, _) = (row.person(), row.listing);
            Some(Listing { person: person?, name: name? })
        };
        Ok(rows.into_iter().filter_map(listed).collect())
    }

    fn devices(&self, account: AccountNo) -> Kept<Vec<DeviceRow>> {
        self.all(
            "select no, id, seen_ms, newest_mail, letters, bytes from device where account = ?1 order by no",
            [account],
            |row| {
                Ok(DeviceRow {
                    no: row.get(0)?,
                    id: DeviceId(row.get(1)?),
                    seen_ms: row.get(2)?,
                    newest_mail: row.get(3)?,
                    letters: row.get(4)?,
                    bytes: row.get(5)?,
                })
            },
        )
    }

    fn add_device(&mut self, account: AccountNo, id: &DeviceId, now_ms: u64) -> Kept<DeviceNo> {
        self.run(
            "insert into device (account, id, seen_ms) values (?1, ?2, ?3)",
            params![account, id.0, now_ms],
        )?;
        Ok(self.0.last_insert_rowid() as DeviceNo)
    }

    fn device_seen(&mut self, device: DeviceNo, now_ms: u64) -> Kept<()> {
        let stale = now_ms.saturating_sub(SEEN_MS);
        let sql = "update device set seen_ms = ?2 where no = ?1 and seen_ms < ?3";
        self.run(sql, params![device, now_ms, stale])?;
        Ok(())
    }

    fn forget_device(&mut self, device: DeviceNo) -> Kept<()> {
        self.run("delete from device where no = ?1", [device])?;
        Ok(())
    }

    fn devices_not_seen_since(&self, ms: u64) -> Kept<Vec<DeviceNo>> {
        self.all("select no from device where seen_ms < ?1 order by no", [ms], |row| row.get(0))
    }

    fn forget_empty_accounts(&mut self) -> Kept<()> {
        self.run(
            "delete from account where handle is null
             and not exists (select 1 from device where device.account = account.no)",
            [],
        )?;
        Ok(())
    }

    fn has_contact(&self, of: AccountNo, other: AccountNo) -> Kept<bool> {
        self.exists("select 1 from contact where of = ?1 and other = ?2", [of, other])
    }

    fn contacts(&self, of: AccountNo) -> Kept<Vec<AccountRow>> {
        let sql = format!(
            "select {ACCOUNT} from contact join account on no = other where of = ?1 order by other"
        );
        self.all(&sql, [of], account)
    }

    fn contact_count(&self, of: AccountNo) -> Kept<u32> {
        self.count("select count(*) from contact where of = ?1", [of])
    }

    fn add_contact(&mut self, of: AccountNo, other: AccountNo) -> Kept<()> {
        self.run("insert or ignore into contact (of, other) values (?1, ?2)", [of, other])?;
        Ok(())
    }

    fn drop_contact(&mut self, of: AccountNo, other: AccountNo) -> Kept<()> {
        self.run("delete from contact where of = ?1 and other = ?2", [of, other])?;
        Ok(())
    }

    fn has_blocked(&self, by: AccountNo, other: AccountNo) -> Kept<bool> {
        self.exists("select 1 from block where by = ?1 and other = ?2", [by, other])
    }

    fn blocked(&self, by: AccountNo) -> Kept<Vec<AccountRow>> {
        let sql = format!(
            "select {ACCOUNT} from block join account on no = other where by = ?1 order by other"
        );
        self.all(&sql, [by], account)
    }

    fn block_count(&self, by: AccountNo) -> Kept<u32> {
        self.count("select count(*) from block where by = ?1", [by])
    }

    fn add_block(&mut self, by: AccountNo, other: AccountNo) -> Kept<()> {
        self.run("insert or ignore into block (by, other) values (?1, ?2)", [by, other])?;
        Ok(())
    }

    fn drop_block(&mut self, by: AccountNo, other: AccountNo) -> Kept<()> {
        self.run("delete from block where by = ?1 and other = ?2", [by, other])?;
        Ok(())
    }

    fn request(&self, from: AccountNo, to: AccountNo) -> Kept<Option<RequestRow>> {
        let sql = format!("select {REQUEST} from request where asker = ?1 and asked = ?2");
        self.one(&sql, [from, to], request)
    }

    fn requests_from(&self, from: AccountNo) -> Kept<Vec<RequestRow>> {
        self.all(
            &format!("select {REQUEST} from request where asker = ?1 order by asked"),
            [from],
            request,
        )
    }

    fn requests_to(&self, to: AccountNo) -> Kept<Vec<RequestRow>> {
        let sql =
            format!("select {REQUEST} from request where asked = ?1 and not hidden order by asker");
        self.all(&sql, [to], request)
    }

    fn requests_before(&self, ms: u64) -> Kept<Vec<RequestRow>> {
        self.all(
            &format!("select {REQUEST} from request where at_ms < ?1 order by asker, asked"),
            [ms],
            request,
        )
    }

    fn add_request(&mut self, row: &RequestRow) -> Kept<()> {
        self.run(
            "insert into request (asker, asked, at_ms, envelope, hidden) values (?1, ?2, ?3, ?4, ?5)",
            params![row.from, row.to, row.at_ms, row.envelope, row.hidden],
        )?;
        Ok(())
    }

    fn hide_request(&mut self, from: AccountNo, to: AccountNo) -> Kept<()> {
        self.run("update request set hidden = 1 where asker = ?1 and asked = ?2", [from, to])?;
        Ok(())
    }

    fn drop_request(&mut self, from: AccountNo, to: AccountNo) -> Kept<()> {
        self.run("delete from request where asker = ?1 and asked = ?2", [from, to])?;
        Ok(())
    }

    fn declined_at(&self, from: AccountNo, by: AccountNo) -> Kept<Option<u64>> {
        let sql = "select at_ms from declined where asker = ?1 and asked = ?2";
        self.one(sql, [from, by], |row| row.get(0))
    }

    fn set_declined(&mut self, from: AccountNo, by: AccountNo, at_ms: u64) -> Kept<()> {
        self.run(
            "insert or replace into declined (asker, asked, at_ms) values (?1, ?2, ?3)",
            params![from, by, at_ms],
        )?;
        Ok(())
    }

    fn forget_declined_before(&mut self, ms: u64) -> Kept<()> {
        self.run("delete from declined where at_ms < ?1", [ms])?;
        Ok(())
    }

    fn add_letter(
        &mut self,
        device: DeviceNo,
        from: AccountNo,
        at_ms: u64,
        envelope: &str,
    ) -> Kept<u64> {
        let mail = self.0.prepare_cached(
            "update device set newest_mail = newest_mail + 1, letters = letters + 1, bytes = bytes + ?2
             where no = ?1 returning newest_mail",
        )?
        .query_row(params![device, envelope.len()], |row| row.get(0))?;
        self.run(
            "insert into letter (device, mail, sender, at_ms, envelope) values (?1, ?2, ?3, ?4, ?5)",
            params![device, mail, from, at_ms, envelope],
        )?;
        Ok(mail)
    }

    fn letters_after(&self, device: DeviceNo, mail: u64, bytes: u32) -> Kept<Vec<Letter>> {
        let mut statement = self.0.prepare_cached(
            "select mail, sign, at_ms, envelope from letter join account on no = sender
             where device = ?1 and mail > ?2 order by mail",
        )?;
        let mut rows = statement.query(params![device, mail])?;
        let (mut letters, mut size) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let envelope: String = row.get(3)?;
            size += envelope.len();
            if !letters.is_empty() && size > bytes as usize {
                break;
            }
            letters.push(Letter {
                mail: row.get(0)?,
                from: PublicKey(row.get(1)?),
                at_ms: row.get(2)?,
                envelope,
            });
        }
        Ok(letters)
    }

    fn drop_letters_up_to(&mut self, device: DeviceNo, mail: u64) -> Kept<()> {
        let mail = i64::try_from(mail).unwrap_or(i64::MAX);
        let gone = self.all(
            "delete from letter where device = ?1 and mail <= ?2 returning length(envelope)",
            params![device, mail],
            |row| row.get::<_, u32>(0),
        )?;
        if !gone.is_empty() {
            self.run(
                "update device set letters = letters - ?2, bytes = bytes - ?3 where no = ?1",
                params![device, gone.len(), gone.iter().sum::<u32>()],
            )?;
        }
        Ok(())
    }

    fn drop_letters_from(&mut self, account: AccountNo, from: AccountNo) -> Kept<()> {
        for device in self.devices(account)? {
            let sql = "delete from letter where device = ?1 and sender = ?2";
            if device.letters > 0 && self.run(sql, [device.no, from])? > 0 {
                self.recount(device.no)?;
            }
        }
        Ok(())
    }

    fn drop_letters_before(&mut self, ms: u64) -> Kept<()> {
        let sql = "delete from letter where at_ms < ?1 returning device";
        let mut devices: Vec<DeviceNo> = self.all(sql, [ms], |row| row.get(0))?;
        devices.sort_unstable();
        devices.dedup();
        devices.into_iter().try_for_each(|device| self.recount(device))
    }

    fn mail_totals(&self) -> Kept<MailTotals> {
        let sql = "select coalesce(sum(letters), 0), coalesce(sum(bytes), 0) from device";
        let read = |row: &Row<'_>| Ok(MailTotals { letters: row.get(0)?, bytes: row.get(1)? });
        Ok(self.one(sql, [], read)?.unwrap_or_default())
    }

    fn add_invite(&mut self, hash: &InviteHash, row: &InviteRow) -> Kept<u32> {
        self.run(
            "insert into invite (hash, made_ms, expires_ms, uses_left) values (?1, ?2, ?3, ?4)",
            params![hash, row.made_ms, row.expires_ms, row.uses_left],
        )?;
        Ok(self.0.last_insert_rowid() as u32)
    }

    fn invite(&self, hash: &InviteHash) -> Kept<Option<InviteRow>> {
        let sql = "select no, made_ms, expires_ms, uses_left from invite where hash = ?1";
        self.one(sql, [hash], invite)
    }

    fn invites(&self) -> Kept<Vec<InviteRow>> {
        self.all("select no, made_ms, expires_ms, uses_left from invite order by no", [], invite)
    }

    fn set_invite_uses(&mut self, no: u32, uses_left: u32) -> Kept<()> {
        self.run("update invite set uses_left = ?2 where no = ?1", [no, uses_left])?;
        Ok(())
    }

    fn drop_invite(&mut self, no: u32) -> Kept<bool> {
        Ok(self.run("delete from invite where no = ?1", [no])? > 0)
    }
}
