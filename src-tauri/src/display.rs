//! Makes the web view draw well on the computer at hand.

/// Where there is no graphics card, WebKit's way through it costs five times the processor: the variable
/// that turns it off has to stand in the environment before the process has threads, so the process starts
/// itself anew with it.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() {
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(SWITCH).is_some() || Path::new("/dev/dri").exists() {
        return;
    }
    let Ok(itself) = std::env::current_exe() else { return };
    // Comes back only if it failed; the window then still works, only slower.
    let _ = Command::new(itself).args(std::env::args_os().skip(1)).env(SWITCH, "1").exec();
}

/// Nothing to do here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() {}
