//! Senders and receivers that do not keep to the rules: the lane ends, and nothing else happens.

use super::*;
use proptest::prelude::*;

/// A receiver that has the list of one file of ten bytes already, and hears this after the sender is ready.
fn receiver_hears(frames: Vec<Frame>) -> (receive::Ended, Two) {
    let mut two = Two::one(10);
    two.receiver.list = Some(two.offer.list.clone());
    two.receiver.tops = Some(vec!["file.bin".to_owned()]);
    let (lane, far) = said([word(Word::Ready)].into_iter().chain(frames));
    let (_outgoing, into) = far.split();
    drop(into);
    let job = two.job();
    let ended = receive::receive(lane, &job, &mut two.receiver, &Arc::default());
    (ended, two)
}

fn opened(size: u64, leaves: u32) -> Frame {
    word(Word::Opened { file: 0, size, root: *blake3::hash(&bytes(10, 1)).as_bytes(), leaves })
}

fn leaf() -> Frame {
    let leaf = blake3::hash(&bytes(10, 1)).as_bytes().to_vec();
    Frame::Leaves { file: 0, bytes: leaf.into() }
}

#[test]
fn a_sender_that_breaks_the_rules_is_left() {
    let odd = |frames: Vec<Frame>| {
        let (ended, two) = receiver_hears(frames.clone());
        assert!(matches!(ended, receive::Ended::Lane(LaneEnded::Odd(_))), "{frames:?}: {ended:?}");
        assert!(!two.names().contains(&"file.bin".to_owned()));
    };
    odd(vec![data(0, 0, b"before")]);
    odd(vec![opened(10, 2)]);
    odd(vec![opened(10, 1), opened(10, 1)]);
    odd(vec![leaf()]);
    odd(vec![opened(10, 1), Frame::Leaves { file: 0, bytes: vec![7; 32].into() }]);
    odd(vec![opened(10, 1), Frame::Leaves { file: 0, bytes: vec![7; 33].into() }]);
    odd(vec![opened(10, 1), leaf(), data(0, 0, &[0; 11])]);
    odd(vec![opened(10, 1), leaf(), data(0, 3, &[0; 3])]);
    odd(vec![opened(10, 1), leaf(), data(0, 1 << 40, &[0; 3])]);
    odd(vec![opened(10, 1), leaf(), data(0, 0, &[])]);
    odd(vec![word(Word::Ready)]);
    odd(vec![Frame::List(Bytes::from_static(b"{}"))]);
    odd(vec![word(Word::Opened { file: 9, size: 10, root: [0; 32], leaves: 1 })]);
}

#[test]
fn another_file_than_was_offered_is_not_taken() {
    let (ended, two) = receiver_hears(vec![opened(11, 1)]);
    assert_eq!((ended, two.receiver.lost[&0]), (receive::Ended::Done, Lost::Changed));
    let (_, mut two) = receiver_hears(vec![opened(10, 1), leaf()]);
    let root = [7; 32];
    let (lane, far) =
        said([word(Word::Ready), word(Word::Opened { file: 0, size: 10, root, leaves: 1 })]);
    let (_outgoing, into) = far.split();
    drop(into);
    let job = two.job();
    let ended = receive::receive(lane, &job, &mut two.receiver, &Arc::default());
    assert_eq!((ended, two.receiver.lost[&0]), (receive::Ended::Done, Lost::Changed));
    // The same wrong bytes again and again.
    let wrong = data(0, 0, &[0; 10]);
    let (ended, two) =
        receiver_hears(vec![opened(10, 1), leaf(), wrong.clone(), wrong.clone(), wrong]);
    assert_eq!((ended, two.receiver.lost[&0]), (receive::Ended::Done, Lost::Changed));
    assert!(two.names().is_empty(), "nothing of it counts for another file");
}

#[test]
fn a_list_that_was_not_offered_is_refused() {
    let mut two = Two::one(10);
    let say = |list: &str, length: u32| {
        vec![
            word(Word::Ready),
            word(Word::List { bytes: Some(length) }),
            Frame::List(Bytes::copy_from_slice(list.as_bytes())),
        ]
    };
    let more = r#"{"files":[{"item":0,"size":10},{"item":0,"size":1}]}"#;
    let size = r#"{"files":[{"item":0,"size":99999999999}]}"#;
    for (list, length) in [(more, more.len()), (size, size.len()), ("{", 1), ("", 5), ("", 9 << 20)]
    {
        let (lane, _far) = said(say(list, length as u32));
        let job = two.job();
        let ended = receive::receive(lane, &job, &mut two.receiver, &Arc::default());
        assert!(matches!(ended, receive::Ended::Lane(LaneEnded::Odd(_))), "{list}: {ended:?}");
    }
    assert_eq!(two.names(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_becomes_a_link_leads_nowhere() {
    let mut two = Two::new(|folder| {
        let photos = folder.join("Photos");
        std::fs::create_dir(&photos).unwrap();
        std::fs::write(photos.join("a"), bytes(3 * GROUP, 1)).unwrap();
        std::fs::write(photos.join("b"), bytes(10, 2)).unwrap();
        vec![photos]
    });
    let outside = tempfile::tempdir().unwrap();
    assert_eq!(two.run(cut_after(GROUP)), receive::Ended::Lane(LaneEnded::Closed));
    let photos = two.there.path().join("Photos");
    std::fs::remove_dir_all(&photos).unwrap();
    std::os::unix::fs::symlink(outside.path(), &photos).unwrap();
    let ended = two.run(pass);
    assert!(matches!(ended, receive::Ended::Fault(_)), "{ended:?}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_link_by_the_name_of_a_part_is_not_written_through() {
    let mut two = Two::one(10);
    two.receiver.list = Some(two.offer.list.clone());
    two.receiver.tops = Some(vec!["file.bin".to_owned()]);
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("victim");
    std::fs::write(&victim, "mine").unwrap();
    std::os::unix::fs::symlink(&victim, two.there.path().join("file.bin.part")).unwrap();
    let ended = two.run(pass);
    assert!(matches!(ended, receive::Ended::Fault(_)), "{ended:?}");
    assert_eq!(std::fs::read(&victim).unwrap(), b"mine");
}

#[test]
fn a_receiver_that_breaks_the_rules_is_left() {
    let mut two = Two::one(10);
    two.wanted = Some(vec![0]);
    let want = |file, from, to| word(Word::Want { file, from, to });
    let job = |wanted| send::Job {
        list: two.offer.list.clone(),
        sources: two.offer.sources.clone(),
        wanted,
    };
    for (frame, wanted) in [
        (want(1, 0, 1), None),
        (want(0, 0, 2), None),
        (want(0, 1, 1), None),
        (want(0, 1, 0), None),
        (want(0, 0, 1), Some(vec![1])),
        (word(Word::Ready), None),
        (data(0, 0, b"x"), None),
    ] {
        let (lane, mut far) = said([frame.clone()]);
        let ended = send::send(lane, &job(wanted), &mut two.sender, &Arc::default());
        assert!(matches!(ended, send::Ended::Lane(LaneEnded::Odd(_))), "{frame:?}: {ended:?}");
        let first = far.outgoing.try_recv().unwrap();
        assert_eq!(Frame::read(first), Ok(word(Word::Ready)));
        assert!(far.outgoing.try_recv().is_err(), "nothing of the file was sent");
    }
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let one = prop_oneof![
        (0_u32..2, 0_u64..12, 0_u32..3).prop_map(|(file, size, leaves)| {
            let root = *blake3::hash(&bytes(10, 1)).as_bytes();
            word(Word::Opened { file, size, root, leaves })
        }),
        Just(leaf()),
        (0_u32..2, 0_u64..12, proptest::collection::vec(any::<u8>(), 0..12))
            .prop_map(|(file, offset, bytes)| data(file, offset, &bytes)),
        Just(data(0, 0, &bytes(10, 1))),
        (0_u32..2).prop_map(|file| word(Word::Lost { file, why: Lost::Gone })),
        Just(word(Word::Unknown)),
        Just(word(Word::Ready)),
    ];
    proptest::collection::vec(one, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_a_sender_says_only_the_right_file_gets_its_name(frames in frames()) {
        let (_, two) = receiver_hears(frames);
        if two.names().contains(&"file.bin".to_owned()) {
            prop_assert_eq!(two.arrived("file.bin"), bytes(10, 1));
        }
    }
}
