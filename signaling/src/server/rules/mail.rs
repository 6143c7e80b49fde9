//! Envelopes: whom one may reach, and letters for devices.
//! A letter is kept for every device of the other, whether it is there or not, and goes when that device
//! acknowledges it. Whoever was blocked learns nothing: all looks as it does with someone offline.

use super::{Answer, Asking, News, Refusal, Ruling, Verdict, is_envelope};
use crate::protocol::{ErrorCode, MAX_ENVELOPE, PublicKey};
use crate::server::records::{AccountNo, DeviceRow, Records};

impl<R: Records> Asking<'_, R> {
    pub(super) fn send(&mut self, to: &PublicKey, envelope: &str, keep: bool) -> Ruling {
        if !is_envelope(envelope, MAX_ENVELOPE) {
            return Err(ErrorCode::EnvelopeInvalid.into());
        }
        if *to == self.who.key {
            return Err(ErrorCode::ThatIsYou.into());
        }
        // Whether a stranger is on this server at all is not told.
        let other = self.records.account_of(to)?.ok_or(ErrorCode::NotAContact)?.no;
        let mine = self.who.account;
        if !self.records.has_contact(mine, other)? {
            let blocked = self.records.has_blocked(mine, other)?;
            let code = if blocked { ErrorCode::BlockedByYou } else { ErrorCode::NotAContact };
            return Err(code.into());
        }
        let mutual = self.records.has_contact(other, mine)?;
        if !keep {
            if !mutual {
                return Err(ErrorCode::Offline.into());
            }
            let answer = Answer::Relay(other, envelope.to_owned());
            return Ok(Verdict { answer, news: Vec::new() });
        }
        if !mutual {
            let devices = self.records.devices(other)?;
            self.with_room(&devices, envelope)?;
            return Ok(Verdict { answer: Answer::AsIfKept, news: Vec::new() });
        }
        let mut news = Vec::new();
        if !self.keep(other, envelope, &mut news)? {
            return Err(ErrorCode::Offline.into());
        }
        Ok(Verdict { answer: Answer::Kept, news })
    }

    /// The devices whose mailbox has room for an envelope; none of them having it is a refusal.
    fn with_room<'d>(
        &self,
        devices: &'d [DeviceRow],
        envelope: &str,
    ) -> Result<Vec<&'d DeviceRow>, Refusal> {
        if devices.is_empty() {
            return Err(ErrorCode::Offline.into());
        }
        let size = envelope.len() as u32;
        let roomy: Vec<_> = devices
            .iter()
            .filter(|d| {
                d.letters < self.limits.mailbox_envelopes
                    && d.bytes.saturating_add(size) <= self.limits.mailbox_bytes
            })
            .collect();
        if roomy.is_empty() { Err(ErrorCode::MailboxFull.into()) } else { Ok(roomy) }
    }

    /// Keeps an envelope for all devices of another that have room; false if there is no device.
    pub(super) fn keep(
        &mut self,
        to: AccountNo,
        envelope: &str,
        news: &mut Vec<News>,
    ) -> Result<bool, Refusal> {
        let devices = self.records.devices(to)?;
        if devices.is_empty() {
            return Ok(false);
        }
        for device in self.with_room(&devices, envelope)? {
            let mine = self.who.account;
            let mail = self.records.add_letter(device.no, mine, self.now_ms, envelope)?;
            news.push(News::Letter {
                to,
                device: device.no,
                from: mine,
                from_key: self.who.key,
                mail,
                at_ms: self.now_ms,
                envelope: envelope.to_owned(),
            });
        }
        Ok(true)
    }
}
