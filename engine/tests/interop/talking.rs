//! In the middle of a call: words on the control channel, cameras off and on, tracks that come and go.

use crate::kit::{Call, Plan};
use serde_json::json;
use visavis_engine::call::signal::{CallId, Control};
use visavis_engine::media::picture::Size;
use visavis_engine::peer::LinkEvent;

const CALL: CallId = CallId([7; 16]);

fn side(number: u64, on: bool) -> Control {
    Control::Side { call: CALL, number, microphone: on, camera: on, held: false }
}

impl Call {
    /// The page says something on the control channel; it is waited for here.
    async fn page_says(&self, control: &Control) {
        let text = serde_json::to_string(control).unwrap();
        self.page.call("text => control.send(text)", &[json!(text)]).await.unwrap();
        let said = LinkEvent::Control(control.clone());
        self.events("the page's word", |events| events.contains(&said)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_cross_both_ways_and_further_channels_do_no_harm() {
    let call = Call::on(Plan::new(false)).await;
    call.holds("control.readyState === 'open'").await;
    call.page_says(&side(1, true)).await;
    call.link.tell(side(2, false));
    call.holds("said.length > 0").await;
    let said = call.page.evaluate("JSON.parse(said[0])").await.unwrap();
    assert_eq!(said, serde_json::to_value(side(2, false)).unwrap());
    // One that only the browser has is nobody's here, and nonsense is left aside.
    call.page
        .evaluate(
            "new Promise(done => {
                const extra = pc.createDataChannel('extra')
                extra.onopen = () => {
                    extra.send('anybody?')
                    extra.send(new Uint8Array(60000))
                    control.send('nonsense')
                    control.send(JSON.stringify({ type: 'of_a_later_version' }))
                    control.send(new Uint8Array([255, 0, 255]))
                    done()
                }
            })",
        )
        .await
        .unwrap();
    call.page_says(&side(3, true)).await;
    call.link.tell(side(4, true));
    call.holds("said.length > 1").await;
    call.both_see(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_muted_is_not_heard_and_not_seen_until_it_is_on_again() {
    let call = Call::on(Plan::new(true)).await;
    tokio::join!(call.both_see(10), call.both_hear());

    // Switched off: the browser sends black pictures and silence.
    call.page
        .evaluate("pc.getSenders().forEach(({ track }) => { track.enabled = false })")
        .await
        .unwrap();
    call.page_says(&side(1, false)).await;
    call.we_hear(false).await;
    let off = call.sight();
    call.figures("black pictures", |_| call.sight().unreadable > off.unreadable).await;
    call.they_see(10).await;
    call.page
        .evaluate("pc.getSenders().forEach(({ track }) => { track.enabled = true })")
        .await
        .unwrap();
    call.page_says(&side(2, true)).await;
    tokio::join!(call.we_hear(true), call.we_see(10));

    // Taken away, and another put in its place: nothing is negotiated.
    let before = call.link.figures().pictures_in;
    call.page
        .evaluate("(async () => { camera.sender = sender('video'); await camera.sender.replaceTrack(null) })()")
        .await
        .unwrap();
    call.page_says(&side(3, false)).await;
    call.they_see(10).await;
    call.page.evaluate("camera.sender.replaceTrack(openCamera(480, 360))").await.unwrap();
    call.page_says(&side(4, true)).await;
    let again = call.we_see(30).await;
    assert!(again.size.is_some_and(|size| size.width * 3 == size.height * 4), "{:?}", again.size);
    assert!(call.link.figures().pictures_in > before);
    call.both_hear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tracks_that_come_and_go_in_the_middle_of_a_call() {
    let plan = Plan { camera: None, ..Plan::new(true) };
    let call = Call::on(plan).await;
    tokio::join!(call.they_see(10), call.both_hear());
    assert_eq!(call.sight().readable, 0);

    // The browser shows itself.
    call.page.evaluate("{ camera.sender = pc.addTrack(openCamera()) }").await.unwrap();
    call.both_see(20).await;
    // And not any more.
    call.page.evaluate("pc.removeTrack(camera.sender)").await.unwrap();
    call.holds("pc.signalingState === 'stable' && !camera.sender.track").await;
    tokio::join!(call.they_see(20), call.both_hear());
    // And again: what was used once is not used again, so this is another stream in another section.
    call.page.evaluate("{ camera.sender = pc.addTrack(openCamera()) }").await.unwrap();
    tokio::join!(call.both_see(20), call.both_hear());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cameras_the_newest_is_seen() {
    let call = Call::on(Plan::new(true)).await;
    call.both_see(20).await;
    call.page
        .evaluate("{ camera.second = pc.addTrack(openSecondCamera(480, 360)) }")
        .await
        .unwrap();
    let is_second = |size: Size| size.width * 3 == size.height * 4;
    call.figures("the second", |_| call.sight().size.is_some_and(is_second)).await;
    let before = call.sight();
    let after = call.we_see(40).await;
    assert!(after.size.is_some_and(is_second), "{after:?}");
    assert_eq!((after.backwards, after.unreadable), (before.backwards, before.unreadable));
    call.both_hear().await;
}
