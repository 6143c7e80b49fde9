//! What a browser may do that this side can't follow, or only in part: the call goes on with what is left.

use crate::kit::{Call, Plan};
use visavis_engine::media::coded::PictureFormat;
use visavis_engine::peer::{LinkEvent, NotSent};

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_odd_sizes_are_seen() {
    for format in [PictureFormat::H264, PictureFormat::Vp8] {
        let plan = Plan { camera: Some([643, 361, 30]), ..Plan::new(true).only(format) };
        let call = Call::on(plan).await;
        let seen = call.we_see(10).await;
        assert!(seen.size.is_some_and(|size| size.width % 2 == 0 && size.height % 2 == 0));
        // Another size in the middle of the stream.
        call.page.evaluate("void openCamera(361, 643)").await.unwrap();
        call.figures("standing", |_| {
            call.sight().size.is_some_and(|size| size.height > size.width)
        })
        .await;
        call.both_see(10).await;
    }
}

fn why(events: &[LinkEvent]) -> Option<String> {
    events.iter().find_map(|event| match event {
        LinkEvent::NoPictures(why) => Some(why.to_string()),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_of_unknown_formats_is_refused_by_their_names_and_the_next_one_is_taken() {
    let plan = Plan { formats: Some(vec!["VP9", "AV1"]), ..Plan::new(true) };
    let mut call = Call::prepare(&plan).await;
    call.begin(&plan).await;
    call.events("it is refused", |events| why(events).is_some()).await;
    let said = "this side has pictures in H264 and VP8, the other in VP9 and AV1";
    assert_eq!(why(&call.reported()).unwrap(), said);
    assert_eq!(call.link.feed().picture_format(), Err(NotSent::Closed));
    // The browser thinks better of it.
    call.page
        .evaluate(
            "(async () => {
                await pc.setLocalDescription({ type: 'rollback' })
                wishes.formats = ['video/VP8']
                prefer()
                await negotiate()
            })()",
        )
        .await
        .unwrap();
    call.connected(1).await;
    call.open_devices();
    tokio::join!(call.both_see(10), call.both_hear());
}
