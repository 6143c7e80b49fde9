//! All that crosses to a shell.
