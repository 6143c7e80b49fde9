//! Becoming contacts, ending it, and blocking.
//! Both sides have each other in their lists, with one exception: whoever was blocked keeps the one who
//! blocked them, sees them as offline for good, and is not told. That half relation heals when the one who
//! blocked takes it back and asks again.

use super::{Asking, DAY_MS, News, Refusal, Ruling, Side, Verdict, is_envelope};
use crate::protocol::{ErrorCode, MAX_INTRODUCTION, PendingRequest, Person, PublicKey, RequestEnd};
use crate::server::records::{AccountNo, Records, RequestRow};

impl<R: Records> Asking<'_, R> {
    /// The one who asks, seen as a person.
    fn me(&self) -> Result<Person, Refusal> {
        self.own()?.person().ok_or_else(|| ErrorCode::HandleRequired.into())
    }

    fn no_room_for_contact(&self, account: AccountNo) -> Result<bool, Refusal> {
        Ok(self.records.contact_count(account)? >= self.limits.contacts)
    }

    pub(super) fn request(&mut self, to: &PublicKey, envelope: &str) -> Ruling {
        let me = self.me()?;
        let mine = self.who.account;
        if !is_envelope(envelope, MAX_INTRODUCTION) {
            return Err(ErrorCode::EnvelopeInvalid.into());
        }
        let (other, person) = self.other(to)?;
        if self.records.has_blocked(mine, other)? {
            return Err(ErrorCode::BlockedByYou.into());
        }
        if self.records.has_contact(mine, other)? {
            return Err(ErrorCode::AlreadyContacts.into());
        }
        if self.records.request(mine, other)?.is_some() {
            return Err(ErrorCode::AlreadyRequested.into());
        }
        let crossing = self.records.request(other, mine)?.is_some();
        if crossing || self.records.has_contact(other, mine)? {
            self.records.drop_request(other, mine)?;
            return self.join(me, other, person, envelope);
        }
        let pause = u64::from(self.limits.decline_pause_days) * DAY_MS;
        if let Some(at) = self.records.declined_at(mine, other)?
            && at + pause > self.now_ms
        {
            let wait = at + pause - self.now_ms;
            return Err(Refusal::Code(ErrorCode::DeclinedRecently, Some(wait)));
        }
        let sent = self.records.requests_from(mine)?.len();
        let received = self.records.requests_to(other)?.len();
        if sent >= self.limits.pending_out as usize || received >= self.limits.pending_in as usize {
            return Err(ErrorCode::TooManyPending.into());
        }
        if self.no_room_for_contact(mine)? || self.no_room_for_contact(other)? {
            return Err(ErrorCode::TooManyContacts.into());
        }
        let hidden = self.records.has_blocked(other, mine)?;
        let at_ms = self.now_ms;
        let envelope = envelope.to_owned();
        let row = RequestRow { from: mine, to: other, at_ms, envelope: envelope.clone(), hidden };
        self.records.add_request(&row)?;
        let mut news = vec![News::RequestSent {
            to: mine,
            request: PendingRequest { person, envelope: String::new(), at_ms },
        }];
        if !hidden {
            let request = PendingRequest { person: me, envelope, at_ms };
            news.push(News::RequestReceived { to: other, request });
        }
        Ok(Verdict::ok(news))
    }

    pub(super) fn accept(&mut self, from: &PublicKey, envelope: &str) -> Ruling {
        let me = self.me()?;
        if !is_envelope(envelope, MAX_INTRODUCTION) {
            return Err(ErrorCode::EnvelopeInvalid.into());
        }
        let (other, person) = self.other(from)?;
        self.visible_request(other)?;
        self.records.drop_request(other, self.who.account)?;
        self.join(me, other, person, envelope)
    }

    /// Makes contacts of the one who asks (whose introduction is given) and another.
    fn join(&mut self, me: Person, other: AccountNo, person: Person, envelope: &str) -> Ruling {
        let mine = self.who.account;
        let had_me = self.records.has_contact(other, mine)?;
        if self.no_room_for_contact(mine)? || (!had_me && self.no_room_for_contact(other)?) {
            return Err(ErrorCode::TooManyContacts.into());
        }
        self.records.add_contact(mine, other)?;
        self.records.add_contact(other, mine)?;
        let mut news = vec![News::Joined {
            one: Side { account: mine, person: me, told: None },
            other: Side { account: other, person, told: Some(envelope.to_owned()) },
        }];
        // The introduction is kept as a letter too, for devices that are not there now.
        self.keep(other, envelope, &mut news)?;
        Ok(Verdict::ok(news))
    }

    fn visible_request(&self, from: AccountNo) -> Result<(), Refusal> {
        match self.records.request(from, self.who.account)? {
            Some(row) if !row.hidden => Ok(()),
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    /// Tells both that a request is gone.
    fn ended(&self, other: AccountNo, key: &PublicKey, how: RequestEnd) -> [News; 2] {
        [
            News::RequestEnded { to: self.who.account, key: *key, how },
            News::RequestEnded { to: other, key: self.who.key, how },
        ]
    }

    pub(super) fn decline(&mut self, from: &PublicKey) -> Ruling {
        let (other, _) = self.other(from)?;
        self.visible_request(other)?;
        self.records.drop_request(other, self.who.account)?;
        self.records.set_declined(other, self.who.account, self.now_ms)?;
        Ok(Verdict::ok(self.ended(other, from, RequestEnd::Declined).into()))
    }

    pub(super) fn withdraw(&mut self, to: &PublicKey) -> Ruling {
        let (other, _) = self.other(to)?;
        let row = self.records.request(self.who.account, other)?.ok_or(ErrorCode::NotFound)?;
        Ok(Verdict::ok(self.take_back(&row, to)?))
    }

    fn take_back(&mut self, row: &RequestRow, to: &PublicKey) -> Result<Vec<News>, Refusal> {
        self.records.drop_request(row.from, row.to)?;
        let [mine, theirs] = self.ended(row.to, to, RequestEnd::Withdrawn);
        Ok(if row.hidden { vec![mine] } else { vec![mine, theirs] })
    }

    pub(super) fn remove(&mut self, key: &PublicKey) -> Ruling {
        let (other, _) = self.other(key)?;
        let mine = self.who.account;
        if !self.records.has_contact(mine, other)? {
            return Err(ErrorCode::NotAContact.into());
        }
        self.records.drop_contact(mine, other)?;
        let news = if self.records.has_contact(other, mine)? {
            self.records.drop_contact(other, mine)?;
            News::Parted { one: mine, one_key: self.who.key, other, other_key: *key }
        } else {
            News::Shunned { by: mine, by_key: self.who.key, other, other_key: *key }
        };
        Ok(Verdict::ok(vec![news]))
    }

    pub(super) fn block(&mut self, key: &PublicKey) -> Ruling {
        let (other, _) = self.other(key)?;
        let mine = self.who.account;
        if self.records.has_blocked(mine, other)? {
            return Ok(Verdict::ok(Vec::new()));
        }
        if self.own()?.handle.is_none() {
            return Err(ErrorCode::HandleRequired.into());
        }
        if self.records.block_count(mine)? >= self.limits.contacts {
            return Err(ErrorCode::TooManyContacts.into());
        }
        self.records.add_block(mine, other)?;
        self.records.drop_letters_from(mine, other)?;
        let mut news = Vec::new();
        if self.records.has_contact(mine, other)? {
            self.records.drop_contact(mine, other)?;
            news.push(News::Shunned { by: mine, by_key: self.who.key, other, other_key: *key });
        }
        if let Some(row) = self.records.request(mine, other)? {
            news.extend(self.take_back(&row, key)?);
        }
        if self.records.request(other, mine)?.is_some_and(|row| !row.hidden) {
            self.records.hide_request(other, mine)?;
            let how = RequestEnd::Declined;
            news.push(News::RequestEnded { to: mine, key: *key, how });
        }
        news.push(self.self_changed()?);
        Ok(Verdict::ok(news))
    }

    pub(super) fn unblock(&mut self, key: &PublicKey) -> Ruling {
        let (other, _) = self.other(key)?;
        if !self.records.has_blocked(self.who.account, other)? {
            return Err(ErrorCode::NotFound.into());
        }
        self.records.drop_block(self.who.account, other)?;
        Ok(Verdict::ok(vec![self.self_changed()?]))
    }
}
