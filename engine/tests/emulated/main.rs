//! Real device code against a real kernel's devices: a camera and sound cards that a driver emulates, in a computer that is
//! emulated too, so that neither is needed here. What is done to them stands in `guest.sh`.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

mod machine;

use machine::Part;
use serde_json::Value;

const CAMERA: &str = "camera:vivid@platform:vivid-000";

/// Pictures in each whole second; the first second is the device's to begin in.
fn pictures(part: &Part) -> Vec<(u64, u64, u64)> {
    let of = |line: &Value, name: &str| line[name].as_u64().unwrap();
    let all = part.of("pictures").into_iter();
    all.map(|line| (of(line, "width"), of(line, "height"), of(line, "pictures"))).collect()
}

fn gives(part: &Part, size: (u64, u64), least: u64, most: u64) {
    let pictures = pictures(part);
    assert!(pictures.len() >= 2, "{part:?}");
    for (width, height, count) in &pictures[1..] {
        assert_eq!((*width, *height), size, "{part:?}");
        assert!((least..=most).contains(count), "{part:?}");
    }
}

fn real_cameras(part: &Part) -> Vec<&str> {
    let cameras = part.of("devices")[0]["devices"]["cameras"].as_array().unwrap();
    let real = cameras.iter().filter(|camera| camera["test"] == false);
    real.map(|camera| camera["uri"].as_str().unwrap()).collect()
}

fn has_format(part: &Part, width: u64, height: u64, fps: f64, coding: &str) -> bool {
    let formats = part.of("formats")[0]["formats"].as_array().unwrap();
    formats.iter().any(|one| {
        one["width"] == width
            && one["height"] == height
            && one["fps"] == fps
            && one["coding"] == coding
    })
}

#[test]
fn a_camera_and_sound_cards_of_a_real_kernel_are_used_as_they_are() {
    let parts = machine::run();
    let part = |name: &str| {
        parts.iter().find(|part| part.name == name).unwrap_or_else(|| panic!("no part {name}"))
    };
    let since = |one: &str, other: &str| part(other).began_ms - part(one).began_ms;

    assert!(parts.iter().rev().skip(1).all(Part::is_plain), "{parts:#?}");

    // Which there are, and what it gives.
    assert_eq!(real_cameras(part("list")), [CAMERA]);
    let plain = part("plain");
    assert!(
        has_format(plain, 640, 480, 15.0, "yuyv") && has_format(plain, 1280, 720, 12.5, "nv12")
    );
    gives(plain, (640, 480), 8, 17);
    gives(part("odd_rate"), (640, 480), 9, 14);
    gives(part("made_smaller"), (320, 240), 5, 17);

    // What goes wrong, each by its own name.
    assert_eq!(part("unmet").refused(), "device_unmet");
    assert_eq!(part("unmet").lines.last().unwrap()["error"]["detail"]["what"], "width");
    assert_eq!(part("busy").refused(), "device_busy");
    assert_eq!(part("stalled").refused(), "device_stalled");
    let left_ms = since("stalled", "after_the_stall");
    assert!(left_ms < 4_000, "a stalled camera was left after {left_ms} ms");
    gives(part("after_the_stall"), (640, 480), 5, 12);
    assert!(part("failing").refused().starts_with("device_"), "{:?}", part("failing"));
    gives(part("after_the_failure"), (640, 480), 5, 12);
    assert_eq!(part("unplugged").refused(), "device_missing");
    let gone_ms = since("unplugged", "without");
    assert!(gone_ms < 4_000, "an unplugged camera was left after {gone_ms} ms");
    assert!(real_cameras(part("without")).is_empty());
    assert_eq!(part("chosen_but_gone").refused(), "device_missing");
    assert_eq!(real_cameras(part("plugged_again")), [CAMERA]);
    gives(part("plugged_again"), (640, 480), 5, 12);
    assert_eq!(
        real_cameras(part("denied")).len(),
        1,
        "it is listed, so that it can be said what is wrong"
    );
    assert_eq!(part("denied").refused(), "device_denied");

    // In the engine, what is used is left when it goes and used again when it comes.
    for (part, next) in [("goes_while_used", "comes_again"), ("comes_again", "used_again")] {
        let took_ms = since(part, next);
        assert!(took_ms < 6_000, "{part}: {took_ms} ms");
    }

    // What is played on one end of a sound card is heard at the other.
    let heard = part("sound").of("sound");
    let last = heard.last().unwrap_or_else(|| panic!("{:?}", part("sound")));
    let (level, hz) = (last["level"].as_f64().unwrap(), last["hz"].as_f64().unwrap());
    assert!((0.05..0.09).contains(&level) && (980.0..1020.0).contains(&hz), "{last}");
}
