//! Which names this server answers to. A client signs the name that it dialled; a server that passes another
//! server's challenge on is found out here, because the client dialled it by another name.

use super::tls::Certificate;
use std::net::{IpAddr, SocketAddr};

/// The names that the operator gave, in their one spelling.
#[derive(Debug)]
pub(crate) struct Names(Vec<String>);

/// A name without port and brackets, in lower case.
pub(crate) fn plain(name: &str) -> String {
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    if let Some(rest) = name.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default().to_owned();
    }
    match name.split_once(':') {
        Some((host, port)) if !port.contains(':') => host.to_owned(),
        _ => name,
    }
}

impl Names {
    pub(crate) fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| plain(name)).collect())
    }

    /// The one that the operator gave first.
    pub(crate) fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// Whether a client that came from `peer` to `local` may have dialled this name to get here.
    pub(crate) fn include(
        &self,
        name: &str,
        certificate: Option<&Certificate>,
        peer: SocketAddr,
        local: IpAddr,
    ) -> bool {
        if name.is_empty() || name != name.to_ascii_lowercase() {
            return false;
        }
        if self.0.iter().any(|own| own == name) {
            return true;
        }
        let address = name.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        let near = peer.ip().to_canonical().is_loopback();
        if near && (name == "localhost" || address.is_some_and(|address| address.is_loopback())) {
            return true;
        }
        address.is_some_and(|address| address == local.to_canonical())
            || certificate.is_some_and(|certificate| certificate.names(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_to_its_names_and_no_others() {
        let names =
            Names::new(&["Call.Example.org:8443".to_owned(), "[2001:DB8::1]:8443".to_owned()]);
        let far = ("192.0.2.7:999".parse().unwrap(), "198.51.100.3".parse().unwrap());
        let near = ("127.0.0.1:999".parse().unwrap(), "127.0.0.1".parse().unwrap());
        for (name, (peer, local), expected) in [
            ("call.example.org", far, true),
            ("Call.example.org", far, false),
            ("call.example.org:8443", far, false),
            ("2001:db8::1", far, true),
            ("evil.example.org", far, false),
            ("", far, false),
            ("198.51.100.3", far, true),
            ("198.51.100.4", far, false),
            ("localhost", far, false),
            ("127.0.0.1", far, false),
            ("localhost", near, true),
            ("127.0.0.1", near, true),
            ("::1", near, true),
            ("198.51.100.3", near, false),
        ] {
            assert_eq!(names.include(name, None, peer, local), expected, "{name} from {peer}");
        }
    }
}
