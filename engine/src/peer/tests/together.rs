//! Two links come together, and everything that crosses arrives whole.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn pictures_sound_words_and_wishes_cross_both_ways() {
    let (mut a, mut b) = together(local(true), local(false)).await;
    for forth in [true, false] {
        let (from, to) = if forth { (&mut a, &mut b) } else { (&mut b, &mut a) };
        let feed = from.link.feed();
        let sound = CodedSound { data: vec![5; 60].into(), time: 960, begins: true };
        feed.sound(&sound).await.unwrap();
        let seen = to.see(|seen| matches!(seen, Seen::Sound(..))).await;
        assert!(matches!(seen, Seen::Sound(_, 960, data) if data == vec![5; 60]));
        for (time, format) in [(1, PictureFormat::H264), (2, PictureFormat::H264)] {
            let picture = picture(format, time, 20_000);
            feed.picture(&picture).await.unwrap();
            let seen = to.see(|seen| matches!(seen, Seen::Picture(..))).await;
            assert_eq!(seen, Seen::Picture(format, time, picture.data.to_vec()));
        }
        to.link.ask_picture();
        from.see(|seen| *seen == Seen::PictureWanted).await;
        let call = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
        let word = Control::Call { call, signal: CallSignal::Ringing };
        from.link.tell(word.clone());
        loop {
            if to.events.recv().await.unwrap() == LinkEvent::Control(word.clone()) {
                break;
            }
        }
    }
    // Reports of the clocks come by themselves, as soon as something was sent.
    b.see(|seen| *seen == Seen::PictureClock).await;
    b.see(|seen| *seen == Seen::SoundClock).await;
    assert_eq!(a.link.feed().picture_format(), Ok(PictureFormat::H264));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_said_before_anybody_listens_arrive_in_order() {
    let call = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    let side = |number| Control::Side { call, number, microphone: true, camera: true, held: false };
    // Which end opens its channel first is up to chance.
    for _ in 0..8 {
        let (mut a, mut b) = (End::open(local(true)).await, End::open(local(false)).await);
        for number in 1..=3 {
            a.link.tell(side(number));
            b.link.tell(side(number));
        }
        a.link.negotiate();
        let (said_a, said_b) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        carry_and_look(&mut a, &mut b, |event, from_a| {
            let said = if from_a { &said_a } else { &said_b };
            if let LinkEvent::Control(word) = event {
                said.lock().unwrap().push(word.clone());
            }
            said.lock().unwrap().len() == 3
        })
        .await;
        for said in [said_a, said_b] {
            assert_eq!(said.into_inner().unwrap(), [side(1), side(2), side(3)]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_has_only_vp8_gets_vp8() {
    let only = LinkOptions { formats: vec![PictureFormat::Vp8], ..local(false) };
    let (a, mut b) = together(local(true), only).await;
    assert_eq!(a.link.feed().picture_format(), Ok(PictureFormat::Vp8));
    let refused = a.link.feed().picture(&picture(PictureFormat::H264, 1, 100)).await;
    assert_eq!(refused, Err(NotSent::Format));
    a.link.feed().picture(&picture(PictureFormat::Vp8, 2, 100)).await.unwrap();
    b.see(|seen| matches!(seen, Seen::Picture(PictureFormat::Vp8, 2, _))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_offering_at_once_ends_in_one_connection() {
    let (mut a, mut b) = (End::open(local(true)).await, End::open(local(false)).await);
    a.link.negotiate();
    b.link.negotiate();
    // Both offers are on their way before either is delivered.
    let (mut offers, mut queued) = (0, Vec::new());
    while offers < 2 {
        let (event, from_a) = tokio::select! {
            event = a.events.recv() => (event.unwrap(), true),
            event = b.events.recv() => (event.unwrap(), false),
        };
        let LinkEvent::Signal(signal) = event else { continue };
        let offer = DescriptionKind::Offer;
        offers +=
            u32::from(matches!(&signal, LinkSignal::Description { kind, .. } if *kind == offer));
        queued.push((signal, from_a));
    }
    for (signal, from_a) in queued {
        (if from_a { &b.link } else { &a.link }).take(signal);
    }
    carry(&mut a, &mut b, |event| *event == LinkEvent::Connected).await;
    for (from, to) in [(&a.link, &mut b.seen), (&b.link, &mut a.seen)] {
        from.feed().picture(&picture(PictureFormat::H264, 7, 5000)).await.unwrap();
        while !matches!(to.recv().await.unwrap(), Seen::Picture(PictureFormat::H264, 7, _)) {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_path_is_found_and_a_whole_picture_is_wanted_after_it() {
    let (mut a, mut b) = together(local(true), local(false)).await;
    a.see(|seen| *seen == Seen::PictureWanted).await;
    while a.seen.try_recv().is_ok() {}
    b.link.restart();
    carry(&mut a, &mut b, |event| *event == LinkEvent::Connected).await;
    a.see(|seen| *seen == Seen::PictureWanted).await;
    a.link.feed().picture(&picture(PictureFormat::H264, 3, 5000)).await.unwrap();
    b.see(|seen| matches!(seen, Seen::Picture(PictureFormat::H264, 3, _))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_do_where_packets_may_not_pass() {
    let tcp =
        |polite| LinkOptions { udp: vec![], tcp: vec!["127.0.0.1:0".into()], ..local(polite) };
    let (a, mut b) = together(tcp(true), tcp(false)).await;
    a.link.feed().picture(&picture(PictureFormat::H264, 1, 30_000)).await.unwrap();
    b.see(|seen| matches!(seen, Seen::Picture(PictureFormat::H264, 1, _))).await;
}

#[tokio::test]
async fn nothing_is_sent_before_there_is_a_path() {
    let end = End::open(local(true)).await;
    let sound = CodedSound { data: vec![1].into(), time: 0, begins: true };
    assert_eq!(end.link.feed().sound(&sound).await, Err(NotSent::Closed));
    assert_eq!(end.link.feed().picture_format(), Err(NotSent::Closed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_link_is_closed_and_its_hands_say_so() {
    let (a, mut b) = together(local(true), local(false)).await;
    let feed = a.link.feed();
    drop(a.link);
    let mut events = a.events;
    while events.recv().await.is_some() {}
    let sound = CodedSound { data: vec![1].into(), time: 0, begins: true };
    assert_eq!(feed.sound(&sound).await, Err(NotSent::Closed));
    while b.events.recv().await.unwrap() != LinkEvent::Disrupted {}
}
