//! What time alone brings about: requests end, letters and devices are forgotten.
//! Run now and then; how often changes nothing but how late.

use super::{DAY_MS, News};
use crate::protocol::RequestEnd;
use crate::server::limits::ServerLimits;
use crate::server::records::{DeviceNo, Kept, Records};

/// Sweeps out what is too old. Devices that are signed in count as seen now.
pub(crate) fn sweep(
    records: &mut impl Records,
    limits: &ServerLimits,
    now_ms: u64,
    here: &[DeviceNo],
) -> Kept<Vec<News>> {
    let days_ago = |days: u32| now_ms.saturating_sub(u64::from(days) * DAY_MS);
    for device in here {
        records.device_seen(*device, now_ms)?;
    }
    let mut news = Vec::new();
    for row in records.requests_before(days_ago(limits.request_days))? {
        records.drop_request(row.from, row.to)?;
        let (from, to) = (records.account(row.from)?, records.account(row.to)?);
        if let (Some(from), Some(to)) = (from, to) {
            let how = RequestEnd::Expired;
            news.push(News::RequestEnded { to: from.no, key: to.bundle.sign, how });
            if !row.hidden {
                news.push(News::RequestEnded { to: to.no, key: from.bundle.sign, how });
            }
        }
    }
    records.drop_letters_before(days_ago(limits.mailbox_days))?;
    for device in records.devices_not_seen_since(days_ago(limits.mailbox_days))? {
        records.forget_device(device)?;
    }
    records.forget_declined_before(days_ago(limits.decline_pause_days))?;
    records.forget_empty_accounts()?;
    for invite in records.invites()? {
        if invite.expires_ms <= now_ms || invite.uses_left == 0 {
            records.drop_invite(invite.no)?;
        }
    }
    Ok(news)
}
