//! The emulated computer: a kernel with a camera and sound cards, this computer's files under it, and the program under
//! test. It is turned on, runs the script beside this file, and turns itself off; what was said is read in parts.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_visavis-cli");

/// What was said in one part of the script.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// By the emulated computer's clock.
    pub(crate) began_ms: u64,
    pub(crate) lines: Vec<Value>,
    /// What was no line of the program's.
    odd: Vec<String>,
}

impl Part {
    /// Whether nothing but the program spoke.
    pub(crate) fn is_plain(&self) -> bool {
        self.odd.is_empty()
    }

    /// The lines of a kind.
    pub(crate) fn of(&self, kind: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["line"] == kind).collect()
    }

    /// The code with which it ended.
    pub(crate) fn refused(&self) -> &str {
        let last = self.lines.last().unwrap_or_else(|| panic!("nothing was said: {self:?}"));
        last["error"]["code"].as_str().unwrap_or_else(|| panic!("no refusal at the end: {self:?}"))
    }
}

/// Ends with whoever asked for it.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        // One that has turned itself off is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the kernel was put.
fn home() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let home = target.join("emulated");
    assert!(
        home.join("vmlinuz").exists(),
        "there is no kernel in {home:?}: ./dev test puts it there"
    );
    home
}

/// Turns it on, and waits until it is off.
pub(crate) fn run() -> Vec<Part> {
    let (home, out) = (home(), tempfile::tempdir().unwrap());
    let stripped = out.path().join("visavis-cli");
    let mut strip = Command::new("objcopy");
    strip.arg("--strip-all").args([Path::new(PROGRAM), &stripped]);
    assert!(strip.status().expect("objcopy, of binutils").success());
    fs::write(out.path().join("guest.sh"), include_str!("guest.sh")).unwrap();
    let share = |path: &Path, tag: &str, more: &str| {
        format!("local,path={},mount_tag={tag},multidevs=remap,{more}", path.display())
    };
    let log = fs::File::create(out.path().join("console")).unwrap();
    let emulator = Command::new("qemu-system-x86_64")
        .args(["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"])
        .args(["-m", "1536", "-smp", "2", "-accel", "tcg,thread=multi", "-cpu", "max"])
        .arg("-kernel")
        .arg(home.join("vmlinuz"))
        .arg("-initrd")
        .arg(home.join("begin.gz"))
        .args(["-append", "console=ttyS0 quiet panic=-1 tsc=reliable"])
        .arg("-virtfs")
        .arg(share(Path::new("/"), "files", "security_model=passthrough,readonly=on"))
        .arg("-virtfs")
        .arg(share(out.path(), "out", "security_model=none"))
        .stdin(Stdio::null())
        .stderr(log.try_clone().unwrap())
        .stdout(log)
        .spawn()
        .expect("qemu-system-x86_64, of qemu-system-x86");
    let status = Emulator(emulator).0.wait().unwrap();
    let console = fs::read_to_string(out.path().join("console")).unwrap_or_default();
    assert!(status.success(), "{console}");
    let said = fs::read_to_string(out.path().join("said"));
    parts(&said.unwrap_or_else(|_| panic!("nothing was said: {console}")))
}

fn parts(said: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for line in said.lines() {
        if let Some(head) = line.strip_prefix("== ") {
            let (name, began) = head.split_once(' ').expect("a name and a time");
            let (name, began_ms) = (name.to_owned(), began.parse().unwrap());
            parts.push(Part { name, began_ms, lines: vec![], odd: vec![] });
            continue;
        }
        let part = parts.last_mut().unwrap_or_else(|| panic!("before any part: {line}"));
        match serde_json::from_str(line) {
            Ok(line) => part.lines.push(line),
            Err(_) => part.odd.push(line.to_owned()),
        }
    }
    let last = parts.last().unwrap_or_else(|| panic!("no part: {said}"));
    assert!(last.name == "end" && last.odd == ["ended with 0"], "it broke off: {last:?}");
    parts
}
