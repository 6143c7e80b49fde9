//! A PulseAudio in a folder of its own, reached by a socket in it alone, with two crossed cables: what is played
//! into `cable_ab` is heard from `mic_b`, and what is played into `cable_ba` from `mic_a`. Nothing of whoever runs
//! the tests is touched. Needs the Debian packages pulseaudio and pulseaudio-utils.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use tempfile::TempDir;

const NEEDS: &str = "this test needs the Debian packages pulseaudio and pulseaudio-utils";

pub(crate) struct Pulse {
    folder: TempDir,
    server: Child,
}

impl Pulse {
    /// Starts a server, and waits until it is ready.
    pub(crate) fn start() -> Self {
        // A socket's path has 108 characters at most.
        let folder = tempfile::Builder::new().prefix("vv").tempdir_in("/tmp").unwrap();
        let at = folder.path();
        for name in ["run", "state", "home"] {
            fs::create_dir(at.join(name)).unwrap();
        }
        // Whoever has none is turned away, though any will do.
        fs::write(at.join("cookie"), [0; 256]).unwrap();
        let script = at.join("default.pa");
        fs::write(&script, cables(&at.join("native"))).unwrap();
        let mut server = Command::new("pulseaudio")
            .args(["-n", "-F"])
            .arg(&script)
            .args(["--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"])
            .args(["--disable-shm=yes", "--realtime=no", "--high-priority=no"])
            .args(["--log-target=stderr", "-v"])
            .env("HOME", at.join("home"))
            .env("XDG_RUNTIME_DIR", at.join("run"))
            .env("PULSE_RUNTIME_PATH", at.join("run"))
            .env("PULSE_STATE_PATH", at.join("state"))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect(NEEDS);
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut said = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("pulseaudio ended:\n{said}")).unwrap();
            if line.contains("Daemon startup complete") {
                break;
            }
            said += &line;
            said.push('\n');
        }
        // Whatever else it says is read, or it would wait for that.
        thread::spawn(move || lines.for_each(drop));
        Self { folder, server }
    }

    /// As programs look for it.
    pub(crate) fn address(&self) -> String {
        format!("unix:{}", self.folder.path().join("native").display())
    }

    /// What programs need in their environment to find it and to be let in.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        let cookie = self.folder.path().join("cookie").display().to_string();
        [("PULSE_SERVER", self.address()), ("PULSE_COOKIE", cookie)]
    }

    /// The server's own tool.
    pub(crate) fn pactl(&self) -> Command {
        let mut pactl = Command::new("pactl");
        pactl.args(["--server", &self.address()]).env("LC_ALL", "C");
        pactl.env("HOME", self.folder.path().join("home"));
        pactl
    }

    /// How many streams record and play now.
    pub(crate) fn streams(&self) -> [usize; 2] {
        ["source-outputs", "sink-inputs"].map(|kind| {
            let listed = self.pactl().args(["list", "short", kind]).output().expect(NEEDS);
            assert!(listed.status.success(), "{listed:?}");
            String::from_utf8_lossy(&listed.stdout).lines().count()
        })
    }

    /// What the server tells of streams that come and go.
    pub(crate) fn events(&self) -> Events {
        let mut program =
            self.pactl().arg("subscribe").stdout(Stdio::piped()).spawn().expect(NEEDS);
        let (tells, told) = sync_channel(64);
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tells.send(line)));
        // It does not say when it begins to listen. It does once it hears of another one that came.
        while !told.try_iter().any(|line| line.contains("on client")) {
            let asked = self.pactl().arg("info").stdout(Stdio::null()).status();
            assert!(asked.unwrap().success());
            assert!(program.try_wait().unwrap().is_none(), "pactl subscribe ended");
        }
        Events { told, program }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        end(&mut self.server);
    }
}

fn end(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

fn cables(socket: &Path) -> String {
    let null = |name: &str, shown: &str| {
        format!(
            "load-module module-null-sink sink_name={name} norewinds=1 rate=48000 channels=2 \
             sink_properties=device.description={shown}\n"
        )
    };
    let remap = |name: &str, cable: &str, shown: &str| {
        format!(
            "load-module module-remap-source master={cable}.monitor source_name={name} \
             source_properties=device.description={shown}\n"
        )
    };
    [
        format!(
            "load-module module-native-protocol-unix socket={} auth-anonymous=1\n",
            socket.display()
        ),
        null("cable_ab", "Cable_AB"),
        null("cable_ba", "Cable_BA"),
        remap("mic_b", "cable_ab", "Mic_B"),
        remap("mic_a", "cable_ba", "Mic_A"),
        "set-default-sink cable_ab\nset-default-source mic_a\n".to_owned(),
    ]
    .concat()
}

/// What a server tells.
pub(crate) struct Events {
    program: Child,
    told: Receiver<String>,
}

impl Events {
    /// Waits until each of these was told, in any order.
    pub(crate) fn wait_for(&mut self, words: &[&str]) {
        let mut left: Vec<&str> = words.to_vec();
        while !left.is_empty() {
            let line = self.next();
            left.retain(|word| !line.contains(word));
        }
    }

    /// Waits until something is so, and looks again whenever the server tells of a change.
    pub(crate) fn wait_until(&mut self, so: impl Fn() -> bool) {
        while !so() {
            self.next();
        }
    }

    fn next(&mut self) -> String {
        self.told.recv().expect("the server tells more")
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        end(&mut self.program);
    }
}
