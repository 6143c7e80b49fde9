//! The machine by example and by property: never more than two ahead, never an old picture, nothing unasked for.

use super::*;
use proptest::prelude::*;

fn view(view: u32, call: &str) -> View {
    View { view, call: call.to_owned(), whose: Whose::Theirs, width: 640, height: 360 }
}

fn side(call: &str) -> Side {
    Side::new(call, Whose::Theirs)
}

/// Sends what is due, and says to which view as which number.
fn send(gallery: &mut Gallery) -> Option<(u32, u32)> {
    let due = gallery.due()?;
    let number = gallery.begin(due.view);
    gallery.finish(due.view, number).then_some((due.view, number))
}

#[test]
fn two_are_ahead_and_the_next_waits_for_a_sign() {
    let mut gallery = Gallery::default();
    gallery.look(vec![view(1, "a")], None);
    assert!(gallery.wants(&side("a")) && gallery.due().is_none());
    let mut sent = Vec::new();
    for _ in 0..5 {
        gallery.arrived(&side("a"));
        sent.extend(send(&mut gallery));
    }
    assert_eq!(sent, [(1, 1), (1, 2)]);
    assert!(!gallery.wants(&side("a")));
    gallery.drawn(1, 1);
    assert_eq!(send(&mut gallery), Some((1, 3)));
    // It has the newest now, so its one free place waits for another.
    gallery.drawn(1, 3);
    assert_eq!(send(&mut gallery), None);
    assert!(gallery.wants(&side("a")));
    // A sign for what was never sent means nothing.
    gallery.drawn(1, 99);
    gallery.drawn(2, 1);
}

#[test]
fn a_picture_at_hand_is_sent_before_another_is_taken() {
    let mut gallery = Gallery::default();
    gallery.look(vec![view(1, "a"), view(2, "a"), view(3, "b")], None);
    gallery.arrived(&side("a"));
    assert!(!gallery.wants(&side("a")) && gallery.wants(&side("b")));
    assert_eq!((send(&mut gallery), send(&mut gallery)), (Some((1, 1)), Some((2, 2))));
    assert!(gallery.wants(&side("a")) && gallery.due().is_none());
}

#[test]
fn a_view_of_another_size_gets_the_last_picture_again() {
    let mut gallery = Gallery::default();
    gallery.look(vec![view(1, "a")], None);
    gallery.arrived(&side("a"));
    assert!(send(&mut gallery).is_some() && gallery.due().is_none());
    gallery.look(vec![view(1, "a")], None);
    assert!(gallery.due().is_none());
    gallery.look(vec![View { width: 320, ..view(1, "a") }], None);
    assert_eq!(gallery.due().unwrap().width, 320);
}

#[test]
fn a_view_that_went_away_owes_what_it_owed() {
    let mut gallery = Gallery::default();
    for _ in 0..3 {
        gallery.look(vec![view(1, "a")], None);
        gallery.arrived(&side("a"));
        send(&mut gallery);
        gallery.look(vec![], None);
        assert!(gallery.due().is_none());
    }
    gallery.look(vec![view(1, "a")], None);
    assert!(gallery.due().is_none() && !gallery.wants(&side("a")));
    gallery.drawn(1, 2);
    assert!(gallery.due().is_some());
}

#[test]
fn a_picture_for_a_view_that_has_gone_is_not_sent() {
    let mut gallery = Gallery::default();
    gallery.look(vec![view(1, "a")], None);
    gallery.arrived(&side("a"));
    let number = gallery.begin(1);
    gallery.look(vec![], None);
    assert!(!gallery.finish(1, number));
    gallery.look(vec![view(1, "a")], None);
    assert!(send(&mut gallery).is_some());
}

#[test]
fn a_call_that_is_over_takes_its_views_along() {
    let mut gallery = Gallery::default();
    gallery.look(vec![view(1, "a"), view(2, "b")], None);
    gallery.arrived(&side("a"));
    gallery.over(&side("a"));
    assert!(gallery.due().is_none() && !gallery.wants(&side("a")));
    assert_eq!(gallery.sides(), BTreeSet::from([side("b")]));
}

#[test]
fn loudness_is_told_of_what_is_seen_or_asked_for() {
    let mut gallery = Gallery::default();
    assert!(!gallery.listens());
    gallery.look(vec![view(1, "a")], None);
    assert!(gallery.listens() && gallery.hears("a") && gallery.hears("b"));
    gallery.look(vec![], Some("b".into()));
    assert!(gallery.listens() && gallery.hears("b") && !gallery.hears("a"));
    gallery.look(vec![], None);
    assert!(!gallery.listens() && !gallery.hears("b"));
}

#[test]
fn one_who_speaks_too_fast_is_noticed() {
    let start = Instant::now();
    let mut pace = Pace::new(start);
    let many = |pace: &mut Pace, now| (0..5_000).filter(|_| pace.admits(now)).count();
    assert_eq!(many(&mut pace, start), 2_000);
    assert_eq!(many(&mut pace, start + Duration::from_millis(500)), 1_000);
    assert_eq!(many(&mut pace, start), 0);
    assert_eq!(many(&mut pace, start + Duration::from_secs(3600)), 2_000);
}

#[derive(Debug, Clone)]
enum Step {
    Look(Vec<(u32, bool)>),
    Arrived(bool),
    Over(bool),
    Begin,
    Finish,
    Drawn(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let list = proptest::collection::btree_map(1u32..5, any::<bool>(), 0..4);
    prop_oneof![
        list.prop_map(|list| Step::Look(list.into_iter().collect())),
        any::<bool>().prop_map(Step::Arrived),
        any::<bool>().prop_map(Step::Over),
        Just(Step::Begin),
        Just(Step::Finish),
        (0usize..8).prop_map(Step::Drawn),
    ]
}

fn named(first: bool) -> &'static str {
    if first { "a" } else { "b" }
}

proptest! {
    #[test]
    fn whatever_happens_nobody_is_more_than_two_behind(
        steps in proptest::collection::vec(step(), 0..200),
    ) {
        let mut gallery = Gallery::default();
        let mut looked: BTreeMap<u32, &str> = BTreeMap::new();
        let mut came: BTreeMap<&str, u64> = BTreeMap::new();
        let mut sent: BTreeMap<u32, VecDeque<u32>> = BTreeMap::new();
        let mut begun: Option<(u32, u32)> = None;
        for step in steps {
            match step {
                Step::Look(list) => {
                    looked = list.iter().map(|(at, first)| (*at, named(*first))).collect();
                    gallery.look(list.iter().map(|(at, first)| view(*at, named(*first))).collect(), None);
                }
                Step::Arrived(first) => {
                    *came.entry(named(first)).or_default() += 1;
                    gallery.arrived(&side(named(first)));
                }
                Step::Over(first) => {
                    came.remove(named(first));
                    looked.retain(|_, call| *call != named(first));
                    gallery.over(&side(named(first)));
                }
                Step::Begin => {
                    if begun.is_none() && let Some(due) = gallery.due() {
                        prop_assert_eq!(looked.get(&due.view).copied(), Some(due.side.call.as_str()));
                        prop_assert!(came.contains_key(due.side.call.as_str()));
                        let number = gallery.begin(due.view);
                        begun = Some((due.view, number));
                    }
                }
                Step::Finish => {
                    if let Some((view, number)) = begun.take() && gallery.finish(view, number) {
                        prop_assert!(looked.contains_key(&view));
                        let sent = sent.entry(view).or_default();
                        prop_assert!(sent.back().is_none_or(|last| *last < number));
                        sent.push_back(number);
                        prop_assert!(sent.len() <= AHEAD);
                    }
                }
                Step::Drawn(at) => {
                    let open = sent.iter().filter_map(|(view, sent)| Some((*view, *sent.front()?)));
                    let open: Vec<_> = open.collect();
                    if let Some((view, number)) = open.get(at % open.len().max(1)) {
                        gallery.drawn(*view, *number);
                        sent.entry(*view).or_default().pop_front();
                    }
                }
            }
            prop_assert!(looked.keys().eq(gallery.views.keys()));
            prop_assert!(gallery.gone.len() <= GONE);
            for name in ["a", "b"] {
                prop_assert!(!gallery.wants(&side(name)) || looked.values().any(|call| *call == name));
            }
        }
        // A page that draws all it got gets the newest of everything it looks at.
        if let Some((view, number)) = begun && gallery.finish(view, number) {
            sent.entry(view).or_default().push_back(number);
        }
        for (view, sent) in &sent {
            for number in sent {
                gallery.drawn(*view, *number);
            }
        }
        let mut rounds = 0;
        while let Some((view, number)) = send(&mut gallery) {
            gallery.drawn(view, number);
            rounds += 1;
            prop_assert!(rounds <= looked.len());
        }
    }
}
