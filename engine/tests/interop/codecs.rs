//! Sound and pictures in every format that both have, whoever offers.

use crate::kit::{Call, Plan};
use serde_json::json;
use visavis_engine::media::coded::PictureFormat;

async fn both_ways(format: PictureFormat, browser_offers: bool) {
    let call = Call::on(Plan::new(browser_offers).only(format)).await;
    assert_eq!(call.link.feed().picture_format(), Ok(format));
    tokio::join!(call.both_see(30), call.both_hear());
    let name = format!("video/{}", format.name());
    assert_eq!(call.page.evaluate("coded()").await.unwrap(), json!({ "in": name, "out": name }));
    assert_eq!(call.eyes.statistics().format, Some(format));
    // What is asked for as a whole comes as a whole, both ways.
    let keys = call.eyes.statistics().keys;
    call.link.ask_picture();
    call.figures("a whole picture comes", |_| call.eyes.statistics().keys > keys).await;
    assert!(call.link.figures().pictures_asked > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn h264_both_ways_where_the_browser_offers() {
    Box::pin(both_ways(PictureFormat::H264, true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h264_both_ways_where_this_side_offers() {
    Box::pin(both_ways(PictureFormat::H264, false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vp8_both_ways_where_the_browser_offers() {
    Box::pin(both_ways(PictureFormat::Vp8, true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vp8_both_ways_where_this_side_offers() {
    Box::pin(both_ways(PictureFormat::Vp8, false)).await;
}

/// The browser would rather have VP8, and this side offers H264 first: one of them it is, the same for both.
#[tokio::test(flavor = "multi_thread")]
async fn with_every_format_on_both_sides_they_agree() {
    for browser_offers in [true, false] {
        let call = Call::on(Plan::new(browser_offers)).await;
        call.both_see(10).await;
        let format = call.link.feed().picture_format().unwrap();
        let coded = call.page.evaluate("coded()").await.unwrap();
        assert_eq!(coded["in"], format!("video/{}", format.name()));
    }
}
