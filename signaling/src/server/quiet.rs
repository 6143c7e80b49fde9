//! What must not stand in a log: the crates that the relay is built on would name whom it relays to.
//! Every program that runs a server logs through this.

use tracing_subscriber::EnvFilter;

/// Crates whose words are not logged.
const SILENT: [&str; 3] = ["turn", "stun", "webrtc_util"];

/// The same filter, without what could name people's addresses, whatever it asks for.
pub fn quiet(filter: EnvFilter) -> EnvFilter {
    SILENT.iter().fold(filter, |filter, name| match format!("{name}=off").parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_asks_for_everything_still_hears_nothing_of_the_relays_parts() {
        let paper = Paper::default();
        let into = paper.clone();
        let words = tracing_subscriber::fmt::layer().with_writer(move || into.clone());
        let filter = quiet(EnvFilter::new("trace,turn=trace"));
        let log = tracing_subscriber::registry().with(filter).with(words);
        tracing::subscriber::with_default(log, || {
            tracing::error!(target: "turn::server", "relayed 192.0.2.1");
            tracing::error!(target: "webrtc_util::conn", "from 192.0.2.2");
            tracing::info!(target: "visavis_signaling", "began");
        });
        let said = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert!(said.contains("began"), "{said}");
        assert!(!said.contains("192.0.2"), "{said}");
    }
}
