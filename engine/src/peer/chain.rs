//! The row of interceptors between the wire and the tracks, composed by hand.
//!
//! From the wire inwards: the ear (what the other side reports), congestion control, numbering, the pacer,
//! answers to requests for what was lost, unwrapping of what was sent again, requests, and both reports. The
//! pacer lets out two and a half times the target, so that a picture's packets don't wait for each other, while
//! the encoder is told the target itself.

mod ear;
mod local;
mod pace;
mod retransmission;

pub(super) use ear::{Heard, Streams};
pub(super) use local::Locals;
pub(super) use pace::Path;

use super::estimator;
use local::Bound;
use rtc::interceptor::{
    CongestionControlBuilder, NackGeneratorBuilder, NackResponderBuilder, PacerBuilder,
    ReceiverReportBuilder, Registry, SenderReportBuilder, Slot, TwccReceiverBuilder,
    TwccSenderBuilder,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often what is missing is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(40);
/// How often one packet is asked for at most.
const ASKED_AT_MOST: u16 = 8;

/// How often the other side is told where our clocks stand: lips and voice come together after the first.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// Composes the row. What the ear hears goes to `heard`; what the path carries stands in `path`.
pub(super) fn compose(
    heard: mpsc::Sender<Heard>,
    streams: &Arc<Streams>,
    locals: &Arc<Locals>,
    path: &Arc<Path>,
) -> Registry {
    let nack = NackGeneratorBuilder::new()
        .with_interval(ASK_AGAIN)
        .with_skip_last_n(0)
        .with_max_nacks_per_packet(ASKED_AT_MOST);
    let reports = SenderReportBuilder::new().with_interval(REPORT_EVERY);
    Registry::new()
        .with(Slot::from(500), ear::Ear::new(heard, Arc::clone(streams)))
        .with(
            Slot::CongestionControl,
            Bound::new(
                CongestionControlBuilder::new(pace::Paced::new(Arc::clone(path))).build(),
                locals,
            ),
        )
        .with(Slot::TwccSender, Bound::new(TwccSenderBuilder::new().build(), locals))
        .with(
            Slot::Pacer,
            PacerBuilder::new().with_target_bitrate(pace::ROOM * estimator::FIRST).build(),
        )
        .with(Slot::NackResponder, Bound::new(NackResponderBuilder::new().build(), locals))
        .with(Slot::from(4500), retransmission::Unwrapper::new(Arc::clone(streams)))
        .with(Slot::NackGenerator, nack.build())
        .with(Slot::TwccReceiver, TwccReceiverBuilder::new().build())
        .with(Slot::ReceiverReport, ReceiverReportBuilder::new().build())
        .with(Slot::SenderReport, Bound::new(reports.build(), locals))
}
