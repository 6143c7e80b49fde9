//! A real Chromium for tests and measurements: it is started with a profile of its own, told what to do by the
//! DevTools protocol, and ended with all of its processes when it is dropped. Its camera and its microphone are
//! made up, and it looks up no names, so it reaches this computer alone.
//!
//! ```no_run
//! # async fn example() -> Result<(), visavis_chromium::Fault> {
//! use visavis_chromium::{Chromium, Options, Pages};
//! let pages = Pages::serve([("/", "text/html", "<title>Hello</title>")]).await?;
//! let chromium = Chromium::start(Options::default()).await?;
//! let page = chromium.open(&pages.address("/")).await?;
//! assert_eq!(page.evaluate("document.title").await?, "Hello");
//! # Ok(())
//! # }
//! ```

#![cfg(unix)]

mod browser;
mod page;
mod pages;
mod process;
mod wire;

pub use browser::{Camera, Chromium, Options, Window};
pub use page::{Calls, Page};
pub use pages::Pages;

/// Why something with the browser went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no such program.
    #[error("{0} can't be started ({1}): this needs the Debian package chromium")]
    Absent(String, String),
    /// It ended, or said nothing; with the last that it said.
    #[error("Chromium did not get ready:\n{0}")]
    NotReady(String),
    /// The system has no room for a profile or a server of pages.
    #[error("the system: {0}")]
    System(String),
    /// The socket by which it is told what to do is closed.
    #[error("Chromium can't be spoken to any more: {0}")]
    Gone(String),
    /// It does not do what it was told.
    #[error("Chromium refuses {0}: {1}")]
    Refused(String, String),
    /// The page threw.
    #[error("the page threw: {0}")]
    Thrown(String),
    /// The page called more often than there was room for.
    #[error("{0} calls of the page were missed, as nobody took those before them")]
    Missed(u64),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::System(error.to_string())
    }
}
