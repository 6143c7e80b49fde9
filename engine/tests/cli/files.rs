//! Files that one script sends and another takes: a tree as it was, and a large file, over a kill and with little memory.

use crate::program::{Program, Town};
use serde_json::{Value, json};
use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

const MIB: u64 = 1 << 20;
const LARGE: u64 = 1024 * MIB;
/// What neither side may need more of, however large a file is.
const MOST_MEMORY: u64 = 256 * MIB;

fn stage(line: &Value) -> &str {
    line["transfer"]["stage"]["type"].as_str().unwrap_or_default()
}

/// What is below a folder: names, and what is in the files.
fn tree(folder: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let below = tree(&path).into_iter();
            all.extend(below.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
            all.push((name, None));
        } else {
            all.push((name, Some(std::fs::read(path).unwrap())));
        }
    }
    all.sort();
    all
}

#[test]
fn a_tree_arrives_as_it_was() {
    let town = Town::with_friends();
    let (from, into) = (town.path("from"), town.path("into"));
    std::fs::create_dir_all(from.join("Things/deep/er")).unwrap();
    std::fs::create_dir_all(from.join("Things/nothing in it")).unwrap();
    let bytes: Vec<u8> =
        (0..5 * MIB as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 9) as u8).collect();
    std::fs::write(from.join("Things/deep/er/a.bin"), bytes).unwrap();
    std::fs::write(from.join("Things/empty"), b"").unwrap();
    std::fs::write(from.join("Things/deep/short.txt"), "hello").unwrap();
    std::fs::write(from.join("alone.txt"), "a file beside it").unwrap();
    let paths = ["Things", "alone.txt"].map(|name| from.join(name).display().to_string());
    let mut bo = town.start("bo", &["receive", "--from", "ana", "--into", into.to_str().unwrap()]);
    let mut ana = town.start("ana", &["send", "bo", &paths[0], &paths[1]]);
    for one in [&mut ana, &mut bo] {
        let done = one.line(|line| stage(line) == "done");
        assert_eq!((&done["transfer"]["files"], &done["transfer"]["lost"]), (&json!(4), &json!(0)));
        assert_eq!(one.end().code(), Some(0));
    }
    assert_eq!(tree(&into), tree(&from));
    assert_eq!(tree(&from).len(), 8, "all of it was looked at");
}

#[test]
fn what_is_not_there_is_not_sent() {
    let town = Town::with_friends();
    let nowhere = town.path("nowhere");
    let (line, said, exit) = town.refused("ana", &["send", "bo", nowhere.to_str().unwrap()]);
    assert_eq!((&line["error"]["code"], exit), (&json!("file_missing"), Some(1)));
    assert!(said.contains("nowhere"), "{said}");
}

#[test]
fn a_large_file_arrives_over_a_kill_and_with_little_memory() {
    let town = Town::with_friends();
    let (path, into) = (town.path("large.bin"), town.path("into"));
    let large = File::create(&path).unwrap();
    large.set_len(LARGE).unwrap();
    for at in (0..LARGE).step_by(7 * MIB as usize) {
        large.write_all_at(&at.to_le_bytes(), at).unwrap();
    }
    let receive = ["receive", "--into", into.to_str().unwrap()];
    let mut bo = town.start("bo", &receive);
    let mut ana = town.start("ana", &["send", "bo", path.to_str().unwrap()]);
    let middle = bo.line(|line| {
        stage(line) == "running" && line["transfer"]["done"].as_u64().unwrap() > 10 * MIB
    });
    // Killed outright, and it was in the middle.
    drop(bo);
    assert!(middle["transfer"]["done"].as_u64().unwrap() < LARGE);
    assert!(into.join("large.bin.part").exists() && !into.join("large.bin").exists());

    let mut bo = town.start("bo", &receive);
    let most = Cell::new([0; 2]);
    let both = [ana.id(), bo.id()];
    ana.line(|line| {
        if line["transfer"]["done"].as_u64().is_some_and(|done| done > LARGE / 2) {
            most.set([0, 1].map(|one| most.get()[one].max(Program::peak(both[one]))));
        }
        stage(line) == "done"
    });
    bo.line(|line| stage(line) == "done");
    assert_eq!((ana.end().code(), bo.end().code()), (Some(0), Some(0)));
    println!("at most {:?} bytes of memory", most.get());
    assert!(most.get().iter().all(|most| (1..MOST_MEMORY).contains(most)), "{:?}", most.get());

    let (mut there, mut here) = (vec![0; MIB as usize], vec![0; MIB as usize]);
    let mut arrived = File::open(into.join("large.bin")).unwrap();
    assert_eq!(arrived.metadata().unwrap().len(), LARGE);
    let large = File::open(&path).unwrap();
    for at in (0..LARGE).step_by(MIB as usize) {
        large.read_exact_at(&mut here, at).unwrap();
        arrived.read_exact(&mut there).unwrap();
        assert!(here == there, "other bytes after {at}");
    }
    assert!(!into.join("large.bin.part").exists());
}
