//! The laboratory itself, by packets that cross it: what it says it does is seen on both sides. Needs root, as it makes
//! network namespaces.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};
use visavis_lab::{Fault, Host, Lab, Queue, Shape};

const MS: Duration = Duration::from_millis(1);
/// For what has to come: a busy computer takes its time.
const PATIENCE: Duration = Duration::from_secs(20);

/// A laboratory of two, with chance that the output names.
fn lab() -> Lab {
    let seed = u64::from(std::process::id());
    eprintln!("the laboratory's seed is {seed}");
    open(seed, &["ana", "bo"])
}

/// Whoever has no right to a laboratory reads why.
fn open(seed: u64, names: &[&str]) -> Lab {
    Lab::open(seed, names).unwrap_or_else(|fault| panic!("{fault}"))
}

/// A socket on a host.
fn socket(host: &Host) -> UdpSocket {
    let address = host.address();
    let socket = host.within(move || UdpSocket::bind((address, 0))).unwrap().unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Two sockets that talk with each other.
fn pair(lab: &Lab) -> (UdpSocket, UdpSocket) {
    let (ana, bo) = (socket(lab.host("ana").unwrap()), socket(lab.host("bo").unwrap()));
    ana.connect(bo.local_addr().unwrap()).unwrap();
    bo.connect(ana.local_addr().unwrap()).unwrap();
    (ana, bo)
}

/// Waits until so many packets have come to the way from one to the other.
fn entered(lab: &Lab, count: u64) {
    let began = Instant::now();
    while lab.counts("ana", "bo").unwrap().entered < count {
        assert!(began.elapsed() < PATIENCE, "{:?}", lab.counts("ana", "bo"));
        std::thread::yield_now();
    }
}

#[test]
fn a_delay_is_seen_there_and_back() {
    let lab = lab();
    let (ana, bo) = pair(&lab);
    let mut buffer = [0; 100];
    for (delay, jitter) in [(0, 0), (30, 0), (10, 20)] {
        let shape = Shape { delay: MS * delay, jitter: MS * jitter, ..Shape::default() };
        lab.shape_both("ana", "bo", shape).unwrap();
        let began = Instant::now();
        ana.send(b"there").unwrap();
        bo.recv(&mut buffer).unwrap();
        bo.send(b"and back").unwrap();
        assert_eq!(ana.recv(&mut buffer).unwrap(), 8);
        assert!(began.elapsed() >= MS * delay * 2, "{:?} for {delay} ms", began.elapsed());
    }
    let counts = lab.counts("ana", "bo").unwrap();
    assert_eq!((counts.delayed, counts.forwarded, counts.bytes), (2, 3, 3 * 33));
}

#[test]
fn what_is_counted_as_lost_does_not_come() {
    let lab = lab();
    let (ana, bo) = pair(&lab);
    lab.shape("ana", "bo", Shape { loss: 0.3, burst: 2.0, ..Shape::default() }).unwrap();
    for number in 0..200_u16 {
        ana.send(&number.to_be_bytes()).unwrap();
    }
    // Then one that is sure to come, after all before it.
    entered(&lab, 200);
    lab.shape("ana", "bo", Shape::default()).unwrap();
    ana.send(b"end").unwrap();
    let (mut came, mut buffer) = (HashSet::new(), [0; 100]);
    while bo.recv(&mut buffer).unwrap() == 2 {
        came.insert([buffer[0], buffer[1]]);
    }
    let counts = lab.counts("ana", "bo").unwrap();
    assert!(counts.lost > 10, "{counts:?}");
    assert_eq!(came.len() as u64, 200 - counts.lost);
    assert_eq!(counts.entered, counts.forwarded + counts.lost);
}

#[test]
fn a_rate_and_its_queue_hold() {
    let lab = lab();
    let (ana, bo) = pair(&lab);
    // 1028 bytes at 1 Mbit/s take 8.2 ms each.
    let shape = Shape { rate: Some(1_000_000), queue: Queue::Bytes(20 * 1028), ..Shape::default() };
    lab.shape("ana", "bo", shape).unwrap();
    let began = Instant::now();
    for _ in 0..300 {
        ana.send(&[7; 1000]).unwrap();
    }
    let mut buffer = [0; 2000];
    for _ in 0..20 {
        bo.recv(&mut buffer).unwrap();
    }
    assert!(began.elapsed() >= MS * 160, "20 packets took {:?}", began.elapsed());
    let counts = lab.counts("ana", "bo").unwrap();
    assert!(counts.full > 0, "300 packets at once found room for 20: {counts:?}");
    assert!(counts.most_queued <= 20 * 1028, "{counts:?}");
}

/// Large sends are cut by the laboratory, also where it loses some; nothing of what TCP carries is changed by that.
#[test]
fn a_stream_comes_whole_over_a_path_that_loses() {
    const LENGTH: usize = 4 << 20;
    let lab = lab();
    lab.shape_both("ana", "bo", Shape { delay: MS, loss: 0.01, ..Shape::default() }).unwrap();
    let address = lab.host("bo").unwrap().address();
    let door = lab.host("bo").unwrap().within(move || TcpListener::bind((address, 0))).unwrap();
    let door = door.unwrap();
    let to = door.local_addr().unwrap();
    let sent: Vec<u8> = (0..LENGTH).map(|at| (at / 7 % 251) as u8).collect();
    let copy = sent.clone();
    let sender = lab.host("ana").unwrap().spawn(move || {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.write_all(&copy).unwrap();
    });
    let mut stream = door.accept().unwrap().0;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut came = Vec::new();
    stream.read_to_end(&mut came).unwrap();
    sender.unwrap().join().unwrap().unwrap();
    assert!(came == sent, "{} of {LENGTH} bytes came, or others", came.len());
    let counts = lab.counts("ana", "bo").unwrap();
    assert!(counts.lost > 0 && counts.forwarded > 2000, "{counts:?}");
    // Of 1500 bytes each at most, whatever the sender handed over at once.
    assert!(counts.bytes <= counts.forwarded * 1500, "{counts:?}");
}

#[test]
fn a_way_is_blocked_and_udp_is_barred() {
    let lab = lab();
    let (ana, bo) = pair(&lab);
    let mut buffer = [0; 100];
    lab.block("ana", "bo", true).unwrap();
    ana.send(b"blocked").unwrap();
    entered(&lab, 1);
    lab.block("ana", "bo", false).unwrap();
    lab.bar_udp("bo", true).unwrap();
    ana.send(b"barred").unwrap();
    entered(&lab, 2);
    lab.bar_udp("bo", false).unwrap();
    ana.send(b"open").unwrap();
    let length = bo.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"open");
    let counts = lab.counts("ana", "bo").unwrap();
    assert_eq!((counts.blocked, counts.barred, counts.forwarded), (1, 1, 1));
}

#[test]
fn a_program_runs_on_a_host() {
    let lab = lab();
    let command = ["-o", "-4", "addr", "show", "dev", "net0"];
    let ran = lab.host("bo").unwrap().command("ip").args(command).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("10.77.0.2/24"), "{said}");
}

#[test]
fn laboratories_are_apart_and_go_after_a_panic() {
    let names = || {
        let own = format!("visavis-lab-{}-", std::process::id());
        let entries = std::fs::read_dir(Path::new("/run/netns")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(&own) && name.ends_with("-solo")).count()
    };
    let one = open(1, &["solo"]);
    let panicked = std::panic::catch_unwind(|| {
        let other = open(1, &["solo"]);
        assert_eq!(other.host("solo").unwrap().address(), Ipv4Addr::new(10, 77, 0, 1));
        assert_eq!(names(), 2);
        std::panic::panic_any("on purpose");
    });
    assert!(panicked.is_err());
    assert_eq!(names(), 1);
    drop(one);
    assert_eq!(names(), 0);
}

#[test]
fn names_that_make_no_host_are_refused() {
    for names in [&["a", "a"][..], &["a/b"], &[""], &["../x"]] {
        assert!(matches!(Lab::open(1, names), Err(Fault::Names(_))), "{names:?}");
    }
    let lab = open(1, &["ana"]);
    assert!(matches!(lab.counts("ana", "nobody"), Err(Fault::Unknown(_))));
}
