//! Packets that are really lost: they are asked for and sent again, both ways, and pictures go on whole.

use crate::kit::{Call, Plan};
use crate::lossy::Lossy;
use visavis_engine::media::coded::PictureFormat;

async fn lossy(format: PictureFormat) {
    let lossy = Lossy::open().await;
    let call = Call::on(Plan { way: lossy.way(), ..Plan::new(false).only(format) }).await;
    tokio::join!(call.both_see(30), call.both_hear());
    assert_eq!(lossy.lost(), (0, 0));

    lossy.lose(5);
    let enough = |lost: (u64, u64)| lost.0 > 40 && lost.1 > 40;
    let again = call.figures("packets are lost and come again", |figures| {
        enough(lossy.lost()) && figures.resent > 10 && figures.asked > 10 && figures.unwrapped > 10
    });
    again.await;
    call.both_see(60).await;
    call.both_hear().await;
    let (lost_to_browser, lost_to_us) = lossy.lost();
    // The browser says the same: what it asked for came again, and what was asked of it was sent.
    let inbound = call.page.evaluate("figures('inbound-rtp', 'video')").await.unwrap();
    let outbound = call.page.evaluate("figures('outbound-rtp', 'video')").await.unwrap();
    let count = |from: &serde_json::Value, name: &str| from[name].as_u64().unwrap_or_default();
    for (from, name) in [
        (&inbound, "nackCount"),
        (&inbound, "retransmittedPacketsReceived"),
        (&outbound, "nackCount"),
        (&outbound, "retransmittedPacketsSent"),
    ] {
        assert!(count(from, name) > 0, "{name}: {from}");
    }
    // What came again is not asked for again. What is unwrapped is no measure: a browser also repeats packets that
    // were not lost, to try the path.
    let now = call.link.figures();
    let storm = |again: u64, lost: u64| again > 4 * lost + 40;
    assert!(now.asked > 0 && !storm(now.asked, lost_to_us), "{now:?} of {lost_to_us}");
    assert!(!storm(now.resent, lost_to_browser), "{now:?} of {lost_to_browser}");
    // Nothing damaged was ever shown.
    assert_eq!(call.sight().unreadable, 0);
    assert_eq!(call.number("seen.unreadable").await, 0);

    lossy.lose(0);
    tokio::join!(call.both_see(60), call.both_hear());
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_on_where_packets_are_lost_in_h264() {
    Box::pin(lossy(PictureFormat::H264)).await;
}
