//! Messages as they come and go: each once, in order, changed by their authors alone.

use super::*;
use crate::store::schema;
use proptest::prelude::*;

const BO: PublicKey = PublicKey([2; 32]);
const HIS: DeviceId = DeviceId([7; 16]);
const OTHER: DeviceId = DeviceId([8; 16]);
const WITH: With<'_> = With { server: "s", key: &BO };

fn open() -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    schema::bring_up_to_date(&mut db, std::path::Path::new("memory")).unwrap();
    db
}

fn id(n: u8) -> MessageId {
    MessageId([n; 16])
}

fn his(n: u8, seq: u64) -> Said {
    Said { id: id(n), seq, at_ms: seq, edition: 0, text: format!("his {n}"), reply_to: None }
}

fn texts(db: &Connection) -> Vec<String> {
    let (messages, _) = page(db, WITH, Beside::Newest).unwrap();
    messages.into_iter().map(|message| message.text).collect()
}

#[test]
fn what_is_written_and_what_comes_stands_in_order() {
    let db = open();
    write(&db, WITH, id(1), 5, "mine 1", None).unwrap();
    assert_eq!(take(&db, WITH, HIS, &his(2, 1)).unwrap(), Taken::New);
    // The third came before the second, and mine in between.
    take(&db, WITH, HIS, &his(4, 3)).unwrap();
    let said = write(&db, WITH, id(5), 6, "mine 5", Some(id(2))).unwrap();
    assert_eq!((said.seq, said.edition), (2, 0));
    take(&db, WITH, HIS, &his(3, 2)).unwrap();
    assert_eq!(texts(&db), ["mine 1", "his 2", "his 3", "his 4", "mine 5"]);
    assert_eq!(take(&db, WITH, HIS, &his(3, 2)).unwrap(), Taken::Known);
    let quote = one(&db, WITH, id(5)).unwrap().unwrap().quote.unwrap();
    assert_eq!((quote.mine, quote.text.as_str(), quote.gone), (false, "his 2", false));
    assert_eq!(one(&db, With { server: "other", ..WITH }, id(5)).unwrap(), None);
}

#[test]
fn only_its_author_changes_a_message() {
    let db = open();
    write(&db, WITH, id(1), 5, "mine", None).unwrap();
    take(&db, WITH, HIS, &his(2, 1)).unwrap();
    let changed = |n, edition| Said { edition, text: "changed".into(), ..his(n, 1) };
    assert_eq!(take(&db, WITH, HIS, &changed(1, 9)).unwrap(), Taken::Refused);
    assert_eq!(take_gone(&db, WITH, HIS, id(1), (1, 1)).unwrap(), Taken::Refused);
    assert_eq!(take(&db, WITH, OTHER, &changed(2, 1)).unwrap(), Taken::Refused);
    assert_eq!(take_gone(&db, WITH, OTHER, id(2), (1, 1)).unwrap(), Taken::Refused);
    assert_eq!(rewrite(&db, WITH, id(2), "x").unwrap(), None);
    assert_eq!(take_back(&db, WITH, id(2)).unwrap(), None);
    assert_eq!(texts(&db), ["mine", "his 2"]);

    assert_eq!(take(&db, WITH, HIS, &changed(2, 2)).unwrap(), Taken::Changed);
    let late = Said { text: "late".into(), ..changed(2, 1) };
    assert_eq!(take(&db, WITH, HIS, &late).unwrap(), Taken::Known);
    assert_eq!(rewrite(&db, WITH, id(1), "mine 2").unwrap().unwrap().edition, 1);
    assert_eq!(texts(&db), ["mine 2", "changed"]);
    assert!(one(&db, WITH, id(2)).unwrap().unwrap().edited);
}

#[test]
fn what_is_taken_back_is_gone_for_good() {
    let db = open();
    take(&db, WITH, HIS, &his(1, 1)).unwrap();
    write(&db, WITH, id(2), 5, "an answer", Some(id(1))).unwrap();
    react(&db, WITH, id(1), Whose::Mine, None, Some("👍")).unwrap();
    assert_eq!(take_gone(&db, WITH, HIS, id(1), (1, 1)).unwrap(), Taken::Changed);
    assert_eq!(take_gone(&db, WITH, HIS, id(1), (1, 1)).unwrap(), Taken::Known);
    let again = Said { edition: 5, ..his(1, 1) };
    assert_eq!(take(&db, WITH, HIS, &again).unwrap(), Taken::Known);
    let gone = one(&db, WITH, id(1)).unwrap().unwrap();
    assert!(gone.gone && gone.text.is_empty() && gone.reactions == Reactions::default());
    assert!(one(&db, WITH, id(2)).unwrap().unwrap().quote.unwrap().gone);
    assert_eq!(react(&db, WITH, id(1), Whose::Mine, None, Some("👍")).unwrap(), None);

    assert!(take_back(&db, WITH, id(2)).unwrap().is_some());
    assert_eq!(take_back(&db, WITH, id(2)).unwrap(), None);
    assert_eq!(rewrite(&db, WITH, id(2), "x").unwrap(), None);
    // What was taken back before it came never comes.
    assert_eq!(take_gone(&db, WITH, HIS, id(3), (2, 1)).unwrap(), Taken::New);
    assert_eq!(take(&db, WITH, HIS, &his(3, 2)).unwrap(), Taken::Known);
    assert_eq!(unread(&db, "s").unwrap(), HashMap::new());
    assert_eq!(texts(&db), ["", "", ""]);
}

#[test]
fn marks_go_up_alone() {
    let db = open();
    for n in 1..=3 {
        write(&db, WITH, id(n), 5, "mine", None).unwrap();
    }
    let of = |n| one(&db, WITH, id(n)).unwrap().unwrap().mark.unwrap();
    assert_eq!(fail(&db, WITH, id(1)).unwrap(), [id(1)]);
    assert_eq!(of(1), Mark::Failed);
    assert_eq!(mark(&db, WITH, &[id(1)], Mark::Sending).unwrap(), [id(1)]);
    assert_eq!(mark(&db, WITH, &[id(1), id(2)], Mark::Delivered).unwrap(), [id(1), id(2)]);
    assert_eq!(mark(&db, WITH, &[id(1)], Mark::Sent).unwrap(), []);
    assert_eq!(fail(&db, WITH, id(1)).unwrap(), []);
    // One that is still on its way has not been read.
    assert_eq!(mark_read(&db, WITH, 3).unwrap(), [id(1), id(2)]);
    assert_eq!(mark_read(&db, WITH, 3).unwrap(), []);
    assert_eq!((of(1), of(2), of(3)), (Mark::Read, Mark::Read, Mark::Sending));
    take(&db, WITH, HIS, &his(9, 1)).unwrap();
    assert_eq!(mark(&db, WITH, &[id(9)], Mark::Read).unwrap(), [], "it is theirs");
}

#[test]
fn what_was_seen_is_said_by_device() {
    let db = open();
    for (n, from, seq) in [(1, HIS, 1), (2, HIS, 2), (3, OTHER, 1)] {
        take(&db, WITH, from, &his(n, seq)).unwrap();
    }
    assert_eq!(unread(&db, "s").unwrap(), HashMap::from([(BO, 3)]));
    let mut seen = see(&db, WITH).unwrap();
    seen.sort_by_key(|reading| reading.device.0);
    let reading = |n, device, seq| Reading { message: id(n), device, seq };
    assert_eq!(seen, [reading(2, HIS, 2), reading(3, OTHER, 1)]);
    assert_eq!((see(&db, WITH).unwrap(), unread(&db, "s").unwrap()), (vec![], HashMap::new()));
}

#[test]
fn reactions_stand_in_place_of_each_other() {
    let db = open();
    take(&db, WITH, HIS, &his(1, 1)).unwrap();
    let theirs =
        |number, emoji| react(&db, WITH, id(1), Whose::Theirs, Some(number), emoji).unwrap();
    assert_eq!(react(&db, WITH, id(1), Whose::Mine, None, Some("👍")).unwrap(), Some(1));
    assert_eq!(react(&db, WITH, id(1), Whose::Mine, None, None).unwrap(), Some(2));
    assert_eq!(theirs(3, Some("🎉")), Some(3));
    assert_eq!(theirs(2, Some("👎")), None, "it came late");
    let reactions = one(&db, WITH, id(1)).unwrap().unwrap().reactions;
    assert_eq!(reactions, Reactions { mine: None, theirs: Some("🎉".into()) });
    assert_eq!(react(&db, WITH, id(2), Whose::Mine, None, Some("👍")).unwrap(), None);
}

#[test]
fn pages_go_both_ways_and_searching_finds() {
    let db = open();
    for n in 0..120_u8 {
        write(&db, WITH, id(n), u64::from(n), &format!("Number {n} Größe"), None).unwrap();
    }
    let (newest, more) = page(&db, WITH, Beside::Newest).unwrap();
    assert_eq!((newest.len(), more), (PAGE, true));
    let before = Beside::Before(newest[0].id.parse().unwrap());
    let (older, more) = page(&db, WITH, before).unwrap();
    assert_eq!((older.last().unwrap().text.as_str(), more), ("Number 69 Größe", true));
    let (oldest, more) = page(&db, WITH, Beside::Before(older[0].id.parse().unwrap())).unwrap();
    assert_eq!((oldest.len(), more), (20, false));
    let (after, more) = page(&db, WITH, Beside::After(id(19))).unwrap();
    assert_eq!((after, more), (older, true));
    assert_eq!(page(&db, WITH, Beside::After(id(200))).unwrap(), (vec![], false));

    let (found, more) = search(&db, "s", Some(&BO), " NUMBER 11", None).unwrap();
    let found: Vec<&str> = found.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(
        (found.len(), found[0], found[10], more),
        (11, "Number 119 Größe", "Number 11 Größe", false)
    );
    let (page, more) = search(&db, "s", None, "größe", None).unwrap();
    assert_eq!((page.len(), more), (PAGE, true));
    let (next, _) = search(&db, "s", None, "GRÖSSE", page[0].id.parse().ok()).unwrap();
    assert_eq!(next, [], "other letters are other words");
    let (next, _) = search(&db, "s", None, "größe", page.last().unwrap().id.parse().ok()).unwrap();
    assert_eq!(next[0].text, "Number 69 Größe");
    for (server, key, text) in [
        ("s", None, "%"),
        ("s", None, " "),
        ("other", None, "n"),
        ("s", Some(PublicKey([9; 32])), "n"),
    ] {
        assert_eq!(search(&db, server, key.as_ref(), text, None).unwrap().0, []);
    }
}

#[test]
fn the_oldest_messages_go_first() {
    let db = open();
    for n in 0..20 {
        take_at_most(&db, WITH, HIS, &his(n, n.into()), 5).unwrap();
    }
    assert_eq!(texts(&db), ["his 15", "his 16", "his 17", "his 18", "his 19"]);
}

proptest! {
    /// However words come, and however often, a device's messages stand in the order in which they were written.
    #[test]
    fn order_and_number_do_not_depend_on_the_way(order in Just((1..=12_u8).collect::<Vec<_>>()).prop_shuffle(), twice: Vec<u8>) {
        let db = open();
        for n in order.iter().chain(twice.iter().filter(|n| (1..=12).contains(*n))) {
            take(&db, WITH, HIS, &his(*n, (*n).into())).unwrap();
        }
        prop_assert_eq!(texts(&db), (1..=12).map(|n| format!("his {n}")).collect::<Vec<_>>());
        prop_assert_eq!(unread(&db, "s").unwrap()[&BO], 12);
    }
}
