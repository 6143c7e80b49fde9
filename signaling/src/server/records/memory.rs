//! The records in plain collections: what the tables are compared with, in tests.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
struct Device {
    account: AccountNo,
    row: DeviceRow,
    letters: Vec<(AccountNo, Letter)>,
}

/// The model of the tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    accounts: BTreeMap<AccountNo, AccountRow>,
    devices: BTreeMap<DeviceNo, Device>,
    contacts: BTreeSet<(AccountNo, AccountNo)>,
    blocks: BTreeSet<(AccountNo, AccountNo)>,
    requests: BTreeMap<(AccountNo, AccountNo), RequestRow>,
    declined: BTreeMap<(AccountNo, AccountNo), u64>,
    invites: BTreeMap<u32, (InviteHash, InviteRow)>,
    invites_made: u32,
}

impl Memory {
    fn find(&self, is: impl Fn(&AccountRow) -> bool) -> Kept<Option<AccountRow>> {
        Ok(self.accounts.values().find(|row| is(row)).cloned())
    }

    fn others(&self, pairs: &BTreeSet<(AccountNo, AccountNo)>, of: AccountNo) -> Vec<AccountRow> {
        let others = pairs.iter().filter(|(one, _)| *one == of);
        others.map(|(_, other)| self.accounts[other].clone()).collect()
    }

    fn drop_letters(&mut self, gone: impl Fn(AccountNo, DeviceNo, AccountNo, &Letter) -> bool) {
        for (no, device) in &mut self.devices {
            let account = device.account;
            device.letters.retain(|(from, letter)| !gone(account, *no, *from, letter));
            device.row.letters = device.letters.len() as u32;
            device.row.bytes = device.letters.iter().map(|(_, l)| l.envelope.len() as u32).sum();
        }
    }
}

impl Records for Memory {
    fn account_of(&self, key: &PublicKey) -> Kept<Option<AccountRow>> {
        self.find(|row| row.bundle.sign == *key)
    }
    fn account(&self, no: AccountNo) -> Kept<Option<AccountRow>> {
        Ok(self.accounts.get(&no).cloned())
    }
    fn add_account(&mut self, bundle: &KeyBundle, _now_ms: u64) -> Kept<AccountNo> {
        let no = self.accounts.keys().last().map_or(1, |no| no + 1);
        let row = AccountRow { no, bundle: *bundle, handle: None, listing: None };
        self.accounts.insert(no, row);
        Ok(no)
    }
    fn owner_of(&self, handle: &Handle) -> Kept<Option<AccountRow>> {
        self.find(|row| row.handle.as_ref() == Some(handle))
    }
    fn owner_of_skeleton(&self, skeleton: &str) -> Kept<Option<AccountNo>> {
        let found = self.find(|row| row.handle.as_ref().is_some_and(|h| h.skeleton() == skeleton));
        Ok(found?.map(|row| row.no))
    }
    fn set_handle(&mut self, no: AccountNo, handle: &Handle) -> Kept<()> {
        self.accounts.get_mut(&no).unwrap().handle = Some(handle.clone());
        Ok(())
    }
    fn set_listing(&mut self, no: AccountNo, name: Option<&str>) -> Kept<()> {
        self.accounts.get_mut(&no).unwrap().listing = name.map(str::to_owned);
        Ok(())
    }
    fn search(&self, query: &str, after: Option<&Handle>, most: u32) -> Kept<Vec<Listing>> {
        let listed = self
            .accounts
            .values()
            .filter_map(|row| Some(Listing { person: row.person()?, name: row.listing.clone()? }));
        let mut found: Vec<_> = listed
            .filter(|l| after.is_none_or(|after| l.person.handle > *after))
            .filter(|l| {
                l.person.handle.as_str().contains(query) || l.name.to_lowercase().contains(query)
            })
            .collect();
        found.sort_by(|a, b| a.person.handle.cmp(&b.person.handle));
        found.truncate(most as usize);
        Ok(found)
    }

    fn devices(&self, account: AccountNo) -> Kept<Vec<DeviceRow>> {
        let own = self.devices.values().filter(|device| device.account == account);
        Ok(own.map(|device| device.row.clone()).collect())
    }
    fn add_device(&mut self, account: AccountNo, id: &DeviceId, now_ms: u64) -> Kept<DeviceNo> {
        let no = self.devices.keys().last().map_or(1, |no| no + 1);
        let row = DeviceRow { no, id: *id, seen_ms: now_ms, newest_mail: 0, letters: 0, bytes: 0 };
        self.devices.insert(no, Device { account, row, letters: Vec::new() });
        Ok(no)
    }
    fn device_seen(&mut self, device: DeviceNo, now_ms: u64) -> Kept<()> {
        if let Some(device) = self.devices.get_mut(&device)
            && device.row.seen_ms + SEEN_MS < now_ms
        {
            device.row.seen_ms = now_ms;
        }
        Ok(())
    }
    fn forget_device(&mut self, device: DeviceNo) -> Kept<()> {
        self.devices.remove(&device);
        Ok(())
    }
    fn devices_not_seen_since(&self, ms: u64) -> Kept<Vec<DeviceNo>> {
        let old = self.devices.values().filter(|device| device.row.seen_ms < ms);
        Ok(old.map(|device| device.row.no).collect())
    }
    fn forget_empty_accounts(&mut self) -> Kept<()> {
        let used: BTreeSet<_> = self.devices.values().map(|device| device.account).collect();
        self.accounts.retain(|no, row| row.handle.is_some() || used.contains(no));
        Ok(())
    }

    fn has_contact(&self, of: AccountNo, other: AccountNo) -> Kept<bool> {
        Ok(self.contacts.contains(&(of, other)))
    }
    fn contacts(&self, of: AccountNo) -> Kept<Vec<AccountRow>> {
        Ok(self.others(&self.contacts, of))
    }
    fn contact_count(&self, of: AccountNo) -> Kept<u32> {
        Ok(self.contacts.iter().filter(|(one, _)| *one == of).count() as u32)
    }
    fn add_contact(&mut self, of: AccountNo, other: AccountNo) -> Kept<()> {
        self.contacts.insert((of, other));
        Ok(())
    }
    fn drop_contact(&mut self, of: AccountNo, other: AccountNo) -> Kept<()> {
        self.contacts.remove(&(of, other));
        Ok(())
    }

    fn has_blocked(&self, by: AccountNo, other: AccountNo) -> Kept<bool> {
        Ok(self.blocks.contains(&(by, other)))
    }
    fn blocked(&self, by: AccountNo) -> Kept<Vec<AccountRow>> {
        Ok(self.others(&self.blocks, by))
    }
    fn block_count(&self, by: AccountNo) -> Kept<u32> {
        Ok(self.blocks.iter().filter(|(one, _)| *one == by).count() as u32)
    }
    fn add_block(&mut self, by: AccountNo, other: AccountNo) -> Kept<()> {
        self.blocks.insert((by, other));
        Ok(())
    }
    fn drop_block(&mut self, by: AccountNo, other: AccountNo) -> Kept<()> {
        self.blocks.remove(&(by, other));
        Ok(())
    }

    fn request(&self, from: AccountNo, to: AccountNo) -> Kept<Option<RequestRow>> {
        Ok(self.requests.get(&(from, to)).cloned())
    }
    fn requests_from(&self, from: AccountNo) -> Kept<Vec<RequestRow>> {
        Ok(self.requests.values().filter(|row| row.from == from).cloned().collect())
    }
    fn requests_to(&self, to: AccountNo) -> Kept<Vec<RequestRow>> {
        Ok(self.requests.values().filter(|row| row.to == to && !row.hidden).cloned().collect())
    }
    fn requests_before(&self, ms: u64) -> Kept<Vec<RequestRow>> {
        Ok(self.requests.values().filter(|row| row.at_ms < ms).cloned().collect())
    }
    fn add_request(&mut self, row: &RequestRow) -> Kept<()> {
        self.requests.insert((row.from, row.to), row.clone());
        Ok(())
    }
    fn hide_request(&mut self, from: AccountNo, to: AccountNo) -> Kept<()> {
        self.requests.get_mut(&(from, to)).unwrap().hidden = true;
        Ok(())
    }
    fn drop_request(&mut self, from: AccountNo, to: AccountNo) -> Kept<()> {
        self.requests.remove(&(from, to));
        Ok(())
    }
    fn declined_at(&self, from: AccountNo, by: AccountNo) -> Kept<Option<u64>> {
        Ok(self.declined.get(&(from, by)).copied())
    }
    fn set_declined(&mut self, from: AccountNo, by: AccountNo, at_ms: u64) -> Kept<()> {
        self.declined.insert((from, by), at_ms);
        Ok(())
    }
    fn forget_declined_before(&mut self, ms: u64) -> Kept<()> {
        self.declined.retain(|_, at| *at >= ms);
        Ok(())
    }

    fn add_letter(
        &mut self,
        device: DeviceNo,
        from: AccountNo,
        at_ms: u64,
        envelope: &str,
    ) -> Kept<u64> {
        let key = self.accounts[&from].bundle.sign;
        let device = self.devices.get_mut(&device).unwrap();
        device.row.newest_mail += 1;
        device.row.letters += 1;
        device.row.bytes += envelope.len() as u32;
        let mail = device.row.newest_mail;
        let letter = Letter { mail, from: key, at_ms, envelope: envelope.to_owned() };
        device.letters.push((from, letter));
        Ok(mail)
    }
    fn letters_after(&self, device: DeviceNo, mail: u64, bytes: u32) -> Kept<Vec<Letter>> {
        let mut size = 0;
        let Some(device) = self.devices.get(&device) else { return Ok(Vec::new()) };
        let after = device.letters.iter().map(|(_, letter)| letter).filter(|l| l.mail > mail);
        Ok(after
            .enumerate()
            .take_while(|(n, letter)| {
                size += letter.envelope.len();
                *n == 0 || size <= bytes as usize
            })
            .map(|(_, letter)| letter.clone())
            .collect())
    }
    fn drop_letters_up_to(&mut self, device: DeviceNo, mail: u64) -> Kept<()> {
        self.drop_letters(|_, of, _, letter| of == device && letter.mail <= mail);
        Ok(())
    }
    fn drop_letters_from(&mut self, account: AccountNo, from: AccountNo) -> Kept<()> {
        self.drop_letters(|to, _, sender, _| to == account && sender == from);
        Ok(())
    }
    fn drop_letters_before(&mut self, ms: u64) -> Kept<()> {
        self.drop_letters(|_, _, _, letter| letter.at_ms < ms);
        Ok(())
    }
    fn mail_totals(&self) -> Kept<MailTotals> {
        let rows = || self.devices.values().map(|device| &device.row);
        Ok(MailTotals {
            letters: rows().map(|row| i64::from(row.letters)).sum(),
            bytes: rows().map(|row| i64::from(row.bytes)).sum(),
        })
    }

    fn add_invite(&mut self, hash: &InviteHash, row: &InviteRow) -> Kept<u32> {
        self.invites_made += 1;
        let row = InviteRow { no: self.invites_made, ..row.clone() };
        self.invites.insert(self.invites_made, (*hash, row));
        Ok(self.invites_made)
    }
    fn invite(&self, hash: &InviteHash) -> Kept<Option<InviteRow>> {
        Ok(self.invites.values().find(|(of, _)| of == hash).map(|(_, row)| row.clone()))
    }
    fn invites(&self) -> Kept<Vec<InviteRow>> {
        Ok(self.invites.values().map(|(_, row)| row.clone()).collect())
    }
    fn set_invite_uses(&mut self, no: u32, uses_left: u32) -> Kept<()> {
        self.invites.get_mut(&no).unwrap().1.uses_left = uses_left;
        Ok(())
    }
    fn drop_invite(&mut self, no: u32) -> Kept<bool> {
        Ok(self.invites.remove(&no).is_some())
    }
}
