//! What an evil or broken other side may send: it is left aside, and the link lives on.

use super::*;
use crate::call::signal::Candidate;

fn offer(sdp: &str) -> LinkSignal {
    LinkSignal::Description { kind: DescriptionKind::Offer, sdp: sdp.to_owned() }
}

fn candidate(line: &str) -> LinkSignal {
    let candidate = Candidate {
        candidate: line.to_owned(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    };
    LinkSignal::Candidates { candidates: vec![candidate] }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_signals_are_left_aside_and_the_link_comes_up_all_the_same() {
    let (mut a, mut b) = (End::open(local(true)).await, End::open(local(false)).await);
    let large = format!("v=0\r\n{}", "a=x\r\n".repeat(20_000));
    let many = format!("v=0\r\n{}", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(30));
    for odd in ["", "nonsense", "v=0", "v=0\r\no=-\r\n", large.as_str(), many.as_str()] {
        b.link.take(offer(odd));
        b.link.take(LinkSignal::Description { kind: DescriptionKind::Answer, sdp: odd.to_owned() });
    }
    for line in ["", "nonsense", "candidate:", "candidate:1 9 udp x y z", &"c".repeat(5000)] {
        b.link.take(candidate(line));
    }
    for _ in 0..300 {
        b.link.take(candidate("candidate:1 1 udp 1 192.0.2.1 9 typ host"));
    }
    b.link.take(LinkSignal::Unknown);
    a.link.negotiate();
    carry(&mut a, &mut b, |event| *event == LinkEvent::Connected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_would_make_both_wait_is_refused() {
    let (mut a, mut b) = (End::open(local(true)).await, End::open(local(false)).await);
    a.link.negotiate();
    let LinkEvent::Signal(LinkSignal::Description { sdp, .. }) = a.events.recv().await.unwrap()
    else {
        panic!("an offer comes first")
    };
    b.link.take(offer(&sdp.replace("actpass", "active")));
    b.link.take(offer(&sdp));
    // Only the second is answered, and the answer leads to a connection.
    carry(&mut a, &mut b, |event| *event == LinkEvent::Connected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_twice_or_to_nothing_is_left_aside() {
    let (mut a, mut b) = together(local(true), local(false)).await;
    b.link.restart();
    let (mut answer, mut up) = (None, 0);
    while up < 2 {
        let (event, from_a) = tokio::select! {
            event = a.events.recv() => (event.unwrap(), true),
            event = b.events.recv() => (event.unwrap(), false),
        };
        up += u32::from(event == LinkEvent::Connected);
        let LinkEvent::Signal(signal) = event else { continue };
        if from_a && matches!(signal, LinkSignal::Description { .. }) {
            answer = Some(signal.clone());
        }
        (if from_a { &b.link } else { &a.link }).take(signal);
    }
    for _ in 0..3 {
        b.link.take(answer.clone().unwrap());
        a.link.take(answer.clone().unwrap());
    }
    a.link.feed().picture(&picture(PictureFormat::H264, 9, 5000)).await.unwrap();
    b.see(|seen| matches!(seen, Seen::Picture(PictureFormat::H264, 9, _))).await;
}
