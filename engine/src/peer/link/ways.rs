//! Ways of our own that were found and are to be told. Pure: told the time. Those found within a moment go out together;
//! those over TCP wait whether packets find one, because the stack keeps the first that it meets.

use crate::call::signal::Candidate;
use std::time::{Duration, Instant};

/// Ways found within so long go out together.
const TOGETHER: Duration = Duration::from_millis(10);
/// Ways over TCP are told where packets have found none within so long.
const PACKETS_FIRST: Duration = Duration::from_secs(1);

/// Ways that wait to be told.
#[derive(Debug)]
pub(super) struct Ways {
    /// Whether this link listens for packets at all.
    packets: bool,
    own: Vec<Candidate>,
    own_due: Option<Instant>,
    streams: Vec<Candidate>,
    streams_due: Option<Instant>,
}

impl Ways {
    pub(super) fn new(packets: bool) -> Self {
        Self { packets, own: Vec::new(), own_due: None, streams: Vec::new(), streams_due: None }
    }

    pub(super) fn found(&mut self, now: Instant, way: Candidate) {
        let is_stream =
            way.candidate.split(' ').nth(2).is_some_and(|by| by.eq_ignore_ascii_case("tcp"));
        if is_stream && self.packets {
            self.streams_due.get_or_insert(now + PACKETS_FIRST);
            self.streams.push(way);
        } else {
            self.own_due.get_or_insert(now + TOGETHER);
            self.own.push(way);
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.own_due.into_iter().chain(self.streams_due).min()
    }

    /// Those that are to be told now; `met` says whether there is a path and none is looked for.
    pub(super) fn due(&mut self, now: Instant, met: bool) -> Vec<Candidate> {
        let mut due = Vec::new();
        if self.own_due.take_if(|at| *at <= now).is_some() {
            due.append(&mut self.own);
        }
        if self.streams_due.take_if(|at| *at <= now).is_some() {
            let streams = std::mem::take(&mut self.streams);
            due.extend(streams.into_iter().filter(|_| !met));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(by: &str) -> Candidate {
        let candidate = format!("candidate:1 1 {by} 2130706431 192.0.2.1 50000 typ host");
        Candidate { candidate, sdp_mid: None, sdp_m_line_index: None, username_fragment: None }
    }

    #[test]
    fn ways_over_tcp_are_told_where_packets_find_none() {
        let now = Instant::now();
        for (met, told) in [(true, 0), (false, 1)] {
            let mut ways = Ways::new(true);
            for by in ["udp", "TCP", "UDP"] {
                ways.found(now, way(by));
            }
            assert_eq!(ways.deadline(), Some(now + TOGETHER));
            assert_eq!(ways.due(now, false).len(), 0);
            assert_eq!(ways.due(now + TOGETHER, false), [way("udp"), way("UDP")]);
            assert_eq!(ways.deadline(), Some(now + PACKETS_FIRST));
            assert_eq!(ways.due(now + PACKETS_FIRST, met).len(), told);
            assert_eq!(ways.deadline(), None);
        }
    }

    #[test]
    fn where_nobody_listens_for_packets_they_do_not_wait() {
        let (now, mut ways) = (Instant::now(), Ways::new(false));
        ways.found(now, way("tcp"));
        assert_eq!(ways.due(now + TOGETHER, false), [way("tcp")]);
    }
}
