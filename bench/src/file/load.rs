//! One load: how much came in how long, and what the programs of both sides used meanwhile. It counts from the moment
//! at which the first byte is on the receiver's disk until the programs say that all of it is there.

use super::LIMIT;
use crate::call::tree;
use crate::process;
use std::collections::HashMap;
use std::future::Future;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often the receiver's folder is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Processor time and memory take longer to read: one look of so many.
const COUNT: u32 = 10;
const WEIGH: u32 = 10;
/// A first byte that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a load came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) bytes: f64,
    pub(super) seconds: f64,
    /// From the sender's start until the first byte was there.
    pub(super) first_byte_s: f64,
    /// Of a core, all processes of both sides.
    pub(super) cpu_percent: f64,
    /// The most of the larger side.
    pub(super) memory_mib: f64,
    /// Whether all of it came, and was not ended.
    pub(super) whole: bool,
}

impl Load {
    pub(super) fn mb_per_s(&self) -> f64 {
        self.bytes / 1e6 / self.seconds
    }
}

/// What the processes of both sides used.
#[derive(Debug, Default)]
pub(super) struct Used {
    first: HashMap<u32, f64>,
    last: HashMap<u32, f64>,
    memory_mib: f64,
    looks: u32,
}

impl Used {
    /// Looks at the processes of each side, as they run now; those that have ended count by what was seen of them.
    pub(super) fn look(&mut self, sides: [&[u32]; 2]) {
        for pid in sides.concat() {
            if let Ok(seconds) = process::cpu_seconds(pid) {
                let begun = if self.looks == 0 { seconds } else { 0.0 };
                self.first.entry(pid).or_insert(begun);
                self.last.insert(pid, seconds);
            }
        }
        if self.looks.is_multiple_of(WEIGH) {
            let larger = sides.map(tree::memory_mib).into_iter().fold(0.0, f64::max);
            self.memory_mib = self.memory_mib.max(larger);
        }
        self.looks += 1;
    }

    pub(super) fn cpu_seconds(&self) -> f64 {
        self.last.iter().map(|(pid, last)| last - self.first[pid]).sum()
    }

    pub(super) fn memory_mib(&self) -> f64 {
        self.memory_mib
    }
}

/// Watches a load into an empty folder by the programs that these two began, until they are done.
pub(super) async fn watch(
    roots: [u32; 2],
    into: &Path,
    done: impl Future<Output = Result<(), String>>,
) -> Result<Load, String> {
    tokio::pin!(done);
    let (asked, mut began, mut used) = (Instant::now(), None, Used::default());
    let mut looks = 0_u32;
    let whole = loop {
        tokio::select! {
            result = &mut done => {
                result?;
                break true;
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        if began.is_none() && landed(into) > 0 {
            began = Some(Instant::now());
        }
        match began {
            Some(began) if began.elapsed() > LIMIT => break false,
            Some(_) if looks.is_multiple_of(COUNT) => {
                used.look([&tree::of(roots[0])?, &tree::of(roots[1])?]);
                looks += 1;
            }
            Some(_) => looks += 1,
            None if asked.elapsed() > PATIENCE => return Err("nothing came".to_owned()),
            None => {}
        }
    };
    let began = began.ok_or("it was over before it was seen")?;
    let seconds = began.elapsed().as_secs_f64();
    let bytes = if whole { super::SIZE as f64 } else { landed(into) as f64 };
    // What they used at last, as far as they are still there to be asked.
    used.look([&tree::of(roots[0])?, &tree::of(roots[1])?]);
    Ok(Load {
        bytes,
        seconds,
        first_byte_s: (began - asked).as_secs_f64(),
        cpu_percent: 100.0 * used.cpu_seconds() / seconds,
        memory_mib: used.memory_mib(),
        whole,
    })
}

/// Bytes of all files in a folder that are really there: a file may have its full length before that.
pub(super) fn landed(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let about = entry.metadata().ok()?;
        let is_folder = about.is_dir();
        Some(if is_folder { landed(&entry.path()) } else { about.len().min(about.blocks() * 512) })
    });
    sizes.sum()
}
