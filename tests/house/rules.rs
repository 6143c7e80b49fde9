//! Rules about words: which may stand where.

use crate::source::Source;
use crate::{Breach, Rule};

/// Words that must not stand in some files.
struct Words {
    name: &'static str,
    reason: &'static str,
    words: &'static [&'static str],
    /// Which lines are looked at, by file and by whether the line is only there to test.
    within: fn(&Source, bool) -> bool,
    /// A path and a line that break it.
    broken: (&'static str, &'static str),
    /// A path and a line near it that don't.
    kept: (&'static str, &'static str),
}

fn outside(source: &Source, room: &str) -> bool {
    source.is_rust() && !source.path.starts_with(room)
}

/// Every pure part: the machines, and the server's rules of who may do what.
fn is_machine(source: &Source) -> bool {
    ["machine.rs", "negotiation.rs"].iter().any(|name| source.path.ends_with(name))
        || source.path.contains("/machine/")
}

const WORDS: &[Words] = &[
    Words {
        name: "Only engine/src/peer/ names the WebRTC and QUIC crates.",
        reason: "What they lack and get wrong is worked round in one place, and they can be changed there.",
        words: &[
            "webrtc::",
            "rtc::",
            "quinn::",
            "quinn_proto::",
            "use webrtc",
            "use rtc",
            "use quinn",
        ],
        within: |source, _| outside(source, "engine/src/peer"),
        broken: ("engine/src/call/machine.rs", "use webrtc::peer_connection::RTCPeerConnection;"),
        kept: ("engine/src/peer/connection.rs", "use webrtc::peer_connection::RTCPeerConnection;"),
    },
    Words {
        name: "Only engine/src/device/ names the crates of cameras, sound cards and screens; bench/ looks at screens, and what tests them draws on one.",
        reason: "Everything else runs and is tested on a computer that has none of them.",
        words: &["nokhwa::", "v4l::", "cpal::", "xcap::", "x11rb::", "use cpal", "use v4l"],
        within: |source, _| {
            ["engine/src/device", "engine/tests/screen", "bench/"]
                .iter()
                .all(|of| outside(source, of))
        },
        broken: ("engine/src/media/audio.rs", "let host = cpal::default_host();"),
        kept: ("engine/src/device/sound.rs", "let host = cpal::default_host();"),
    },
    Words {
        name: "Only src-tauri/ names tauri.",
        reason: "The engine serves any shell: a window, a test, a program without a screen.",
        words: &["tauri::", "tauri_build::", "tauri_plugin_", "use tauri"],
        within: |source, _| outside(source, "src-tauri/"),
        broken: ("engine/src/engine.rs", "use tauri::AppHandle;"),
        kept: ("src-tauri/src/window.rs", "use tauri::AppHandle;"),
    },
    Words {
        name: "No manifest but the app's names tauri.",
        reason: "The engine and the server build where there is no window system.",
        words: &["tauri"],
        within: |source, _| source.path.ends_with("/Cargo.toml"),
        broken: ("engine/Cargo.toml", "tauri.workspace = true"),
        kept: ("Cargo.toml", "tauri.workspace = true"),
    },
    Words {
        name: "media/ and transfer/ name no network.",
        reason: "They are fed and drained by others, so that they are tested without sockets and clocks.",
        words: &[
            "tokio::net",
            "std::net",
            "tungstenite",
            "webrtc",
            "quinn",
            "UdpSocket",
            "TcpStream",
        ],
        within: |source, test| {
            let rooms = ["engine/src/media", "engine/src/transfer"];
            source.is_rust() && !test && rooms.iter().any(|room| source.path.starts_with(room))
        },
        broken: ("engine/src/transfer/wire.rs", "use tokio::net::TcpStream;"),
        kept: ("engine/src/peer/channels.rs", "use tokio::net::TcpStream;"),
    },
    Words {
        name: "A machine reads no clock, random source, disk or socket.",
        reason: "It can be tested by table and property, and a failing run can be run again.",
        words: &[
            "Instant::now",
            "SystemTime",
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "tokio::",
            "rand::",
            "getrandom",
            "OsRng",
        ],
        within: |source, test| source.is_rust() && !test && is_machine(source),
        broken: ("engine/src/session/machine.rs", "let now = Instant::now();"),
        kept: ("engine/src/session/machine.rs", "use std::time::Instant;"),
    },
    Words {
        name: "Every queue is bounded.",
        reason: "One that is not grows until the computer has no memory left, and hides who is too slow.",
        words: &["unbounded_channel", "UnboundedSender", "mpsc::channel()", "unbounded()"],
        within: |source, _| source.is_rust(),
        broken: ("engine/src/engine.rs", "let (tx, rx) = mpsc::unbounded_channel();"),
        kept: ("engine/src/engine.rs", "let (tx, rx) = mpsc::channel(64);"),
    },
    Words {
        name: "A test does not sleep.",
        reason: "It waits for what it waits for: a sleep is too short on a busy computer and too long on every other.",
        words: &["sleep("],
        within: |source, test| source.is_rust() && test,
        broken: ("tests/windows/main.rs", "tokio::time::sleep(SECOND).await;"),
        kept: ("tests/windows/main.rs", "tokio::time::timeout(SECOND, arrival).await;"),
    },
    Words {
        name: "No thread of the engine sleeps.",
        reason: "It waits for its next deadline or for word from others, whichever is first.",
        words: &["thread::sleep"],
        within: |source, _| source.is_rust(),
        broken: ("engine/src/session/socket.rs", "std::thread::sleep(SECOND);"),
        kept: ("engine/src/session/socket.rs", "tokio::time::sleep(SECOND).await;"),
    },
    Words {
        name: "No test is left out.",
        reason: "A test that does not run says nothing; what can't be tested yet is not written yet.",
        words: &["#[ignore", "it.skip(", "test.skip(", "describe.skip(", "it.only(", "test.only("],
        within: |source, _| source.is_rust() || source.is_page(),
        broken: ("engine/src/store/contacts.rs", "#[ignore = \"slow\"]"),
        kept: ("engine/src/store/contacts.rs", "#[test]"),
    },
    Words {
        name: "Nothing is left to be done.",
        reason: "What is there works; what is missing is not there.",
        words: &["todo!", "unimplemented!"],
        within: |source, _| source.is_rust(),
        broken: ("engine/src/chat.rs", "todo!()"),
        kept: ("engine/src/chat.rs", "todos.push(one);"),
    },
    Words {
        name: "Only ui/src/host/ names Tauri in the page.",
        reason: "The page runs in a browser and in tests with a host that is not there.",
        words: &["@tauri-apps/", "__TAURI"],
        within: |source, _| {
            source.path.starts_with("ui/src/")
                && source.is_page()
                && !source.path.starts_with("ui/src/host")
        },
        broken: ("ui/src/views/contacts.ts", "import { invoke } from '@tauri-apps/api/core'"),
        kept: ("ui/src/host/tauri.ts", "import { invoke } from '@tauri-apps/api/core'"),
    },
    Words {
        name: "A view knows the host by host.ts alone.",
        reason: "There is one door, so that there is one place to look for what goes through it.",
        words: &["host/tauri", "host/fake"],
        within: |source, test| source.path.starts_with("ui/src/views") && !test,
        broken: ("ui/src/views/contacts.ts", "import { tauriHost } from '../host/tauri.ts'"),
        kept: ("ui/src/views/contacts.ts", "import type { Host } from '../host.ts'"),
    },
];

/// The rules about words, in the form of all rules.
pub(crate) fn rules() -> Vec<Rule> {
    WORDS
        .iter()
        .map(|rule| Rule {
            name: rule.name,
            reason: rule.reason,
            look: Box::new(|source| find(rule, source)),
            broken: (rule.broken.0, rule.broken.1.to_owned()),
            kept: (rule.kept.0, rule.kept.1.to_owned()),
        })
        .collect()
}

fn find(rule: &Words, source: &Source) -> Vec<Breach> {
    // The rules themselves have to say what they look for.
    if source.path.starts_with("tests/house/") {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (number, line, _) in source.code().filter(|(_, _, test)| (rule.within)(source, *test)) {
        for word in rule.words.iter().filter(|word| stands_in(line, word)) {
            let what = format!("`{word}` in `{}`", line.trim());
            breaches.push(Breach { path: source.path.clone(), line: number, what });
        }
    }
    breaches
}

/// Whether a word stands in a line, and not as the end of a longer one.
fn stands_in(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let within = |c: char| c.is_alphanumeric() || c == '_';
        !(word.starts_with(within) && before.is_some_and(within))
    })
}

#[test]
fn a_word_stands_alone() {
    assert!(stands_in("rtc::Peer", "rtc::"));
    assert!(!stands_in("my_rtc::Peer", "rtc::"));
    assert!(!stands_in("let x = asleep();", "sleep("));
    assert!(stands_in("time::sleep(second)", "sleep("));
}
