//! What one says the other hears: from a microphone through two apps to a speaker, on a PulseAudio of the
//! scenario's own with cables in the place of devices.

use crate::ears::{Ears, speak};
use crate::people::friends_with;
use crate::person::Entry;
use crate::pulse::Pulse;
use crate::server::Server;
use crate::stage::play;
use std::process::Stdio;

/// Not among the tones that ring.
const HERS: f64 = 1000.0;
const HIS: f64 = 730.0;

#[test]
fn what_one_says_the_other_hears_unless_it_is_muted() {
    play("sound", async |stage| {
        let server = Server::start(stage);
        let pulse = Pulse::start();
        // A third, for what Ana hears: what goes into the two cables comes out of somebody's microphone.
        let third = ["load-module", "module-null-sink", "sink_name=hers", "rate=48000"];
        assert!(pulse.pactl().args(third).stdout(Stdio::null()).status().unwrap().success());
        let mut hers = Entry { sound: Some(&pulse), ..Entry::default() };
        hers.arguments =
            &["--microphone", "test:tone?hz=1000", "--speaker", "speaker:pulseaudio:hers"];
        let mut his = Entry { sound: Some(&pulse), ..Entry::default() };
        his.arguments =
            &["--microphone", "mic:pulseaudio:mic_a", "--speaker", "speaker:pulseaudio:cable_ab"];
        let (ana, bo) = friends_with(stage, &server, hers, his).await;
        let mut at_bos = Ears::at(stage, &pulse, "cable_ab");
        let mut at_anas = Ears::at(stage, &pulse, "hers");
        let voice = speak(stage, &pulse, "cable_ba", HIS);
        at_bos.miss();
        at_anas.miss();
        let before = pulse.streams();
        let mut events = pulse.events();

        // Without pictures, which would take the processor from the sound on a computer of two.
        ana.clicks("@contact-row[data-handle=bo]").await;
        ana.clicks("@call-voice").await;
        bo.sees("@incoming").await;
        assert_eq!(pulse.streams()[0], before[0], "nobody records while it rings");
        bo.clicks("@answer-sound").await;
        for person in [&ana, &bo] {
            person.sees("@stage[data-stage=on]").await;
        }
        events.wait_for(&["'new' on source-output"]);
        at_bos.hear(HERS);
        at_anas.hear_voice(HIS);

        ana.clicks("@mic").await;
        at_bos.miss();
        at_anas.hear_voice(HIS);
        ana.clicks("@mic").await;
        at_bos.hear(HERS);

        bo.clicks("@mic").await;
        at_anas.miss();
        at_bos.hear(HERS);
        bo.clicks("@mic").await;
        at_anas.hear_voice(HIS);

        bo.clicks("@end").await;
        ana.sees("@ended").await;
        at_bos.miss();
        at_anas.miss();
        // The voice may have come to its end by then.
        events.wait_until(|| pulse.streams()[0] == before[0] && pulse.streams()[1] <= before[1]);
        drop(voice);
    });
}
