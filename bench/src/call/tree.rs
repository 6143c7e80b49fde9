//! What a program and all the programs that it started use together. Linux only: it reads `/proc`.

use crate::process;
use std::collections::HashMap;

/// A process and all that came of it, as they run now.
pub(crate) fn of(root: u32) -> Result<Vec<u32>, String> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").map_err(|error| error.to_string())?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let (mut found, mut next) = (Vec::new(), vec![root]);
    while let Some(pid) = next.pop() {
        found.push(pid);
        next.extend(children.remove(&pid).unwrap_or_default());
    }
    Ok(found)
}

fn parent(pid: u32) -> Option<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = text.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

/// Seconds on the processor of those that still run.
pub(crate) fn cpu_seconds(pids: &[u32]) -> f64 {
    pids.iter().filter_map(|pid| process::cpu_seconds(*pid).ok()).sum()
}

/// Their memory; what they share is counted once.
pub(crate) fn memory_mib(pids: &[u32]) -> f64 {
    pids.iter().filter_map(|pid| process::memory_kib(*pid).ok()).sum::<f64>() / 1024.0
}
