//! Addresses as people type them: of servers (`call.example.org`, `localhost:8440`, `ws://192.168.1.5:8440`) and
//! of people (`ana`, `ana@call.example.org`, `visavis:add/ana@call.example.org#KEY`). Nothing is looked up here.

use std::fmt;
use std::net::IpAddr;
use visavis_signaling::protocol::{DEFAULT_PORT, Handle, HandleError, LOOPBACK_PORT, PublicKey};

/// The longest text that is looked at.
const MAX_TEXT: usize = 512;

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a server's address.
    #[error("not a server's address")]
    Server,
    /// `ws://` has to be said where TLS is left out to another computer.
    #[error("a server on another computer without TLS is asked for as ws://")]
    PlainRefused,
    /// Not a handle.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The key in a link can't be read.
    #[error("the key in the link is damaged")]
    Key,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    /// Lower case, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it is spoken to over TLS.
    pub tls: bool,
}

impl ServerAddress {
    /// The one on this computer.
    pub fn loopback(port: u16) -> Self {
        Self { host: "127.0.0.1".to_owned(), port, tls: false }
    }

    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`AddressError::Server`] where it is no address.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(AddressError::Server);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let rest = rest.trim_end_matches('/');
        let rest = rest.strip_suffix(visavis_signaling::protocol::PATH).unwrap_or(rest);
        let (host, port) = split_port(rest)?;
        let host = host.to_ascii_lowercase();
        check_host(&host)?;
        let local = is_loopback(&host);
        let tls = match scheme.as_deref() {
            Some("ws" | "http") => false,
            Some("wss" | "https") => true,
            Some(_) => return Err(AddressError::Server),
            None => !local,
        };
        let port = port.unwrap_or(if tls { DEFAULT_PORT } else { LOOPBACK_PORT });
        Ok(Self { host, port, tls })
    }

    /// Host and port as they stand in a URL.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The WebSocket's URL.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.authority(), visavis_signaling::protocol::PATH)
    }
}

/// The shortest text that reads back as the same address.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let implied = !is_loopback(&self.host);
        if self.tls != implied {
            f.write_str(if self.tls { "wss://" } else { "ws://" })?;
        }
        let usual = if self.tls { DEFAULT_PORT } else { LOOPBACK_PORT };
        match (self.host.contains(':'), self.port == usual) {
            (true, true) => write!(f, "[{}]", self.host),
            (false, true) => f.write_str(&self.host),
            _ => f.write_str(&self.authority()),
        }
    }
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), AddressError> {
    let port = |text: &str| text.parse().ok().filter(|&p| p != 0).ok_or(AddressError::Server);
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(AddressError::Server)?;
        return match after.strip_prefix(':') {
            Some(digits) => Ok((host, Some(port(digits)?))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(AddressError::Server),
        };
    }
    match text.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => Ok((text, None)),
        Some((host, digits)) => Ok((host, Some(port(digits)?))),
        None => Ok((text, None)),
    }
}

fn check_host(host: &str) -> Result<(), AddressError> {
    if host.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let digits_only = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if host.len() <= 253 && !digits_only && host.split('.').all(label) {
        Ok(())
    } else {
        Err(AddressError::Server)
    }
}

/// Whether a host is this computer.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Where a person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonAddress {
    /// Their handle.
    pub handle: Handle,
    /// Their server, where it was said.
    pub server: Option<ServerAddress>,
    /// Their key, where a link named it.
    pub key: Option<PublicKey>,
}

impl PersonAddress {
    /// Reads what a person typed or a link says.
    ///
    /// # Errors
    /// Which part can't be read.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(HandleError::TooLong.into());
        }
        let text = text.strip_prefix("visavis:add/").unwrap_or(text);
        let (text, key) = match text.split_once('#') {
            Some((text, key)) => (text, Some(key.parse().map_err(|_| AddressError::Key)?)),
            None => (text, None),
        };
        let (handle, server) = match text.split_once('@') {
            Some((handle, server)) => (handle, Some(ServerAddress::parse(server)?)),
            None => (text, None),
        };
        Ok(Self { handle: handle.parse()?, server, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn server(text: &str) -> ServerAddress {
        ServerAddress::parse(text).unwrap()
    }

    #[test]
    fn servers_as_people_type_them() {
        for (text, url) in [
            ("call.example.org", "wss://call.example.org:8443/visavis"),
            (" Call.Example.ORG:9000 ", "wss://call.example.org:9000/visavis"),
            ("https://call.example.org/", "wss://call.example.org:8443/visavis"),
            ("wss://call.example.org/visavis", "wss://call.example.org:8443/visavis"),
            ("localhost", "ws://localhost:8440/visavis"),
            ("127.0.0.1:9", "ws://127.0.0.1:9/visavis"),
            ("wss://localhost:9", "wss://localhost:9/visavis"),
            ("ws://192.168.1.5:8440", "ws://192.168.1.5:8440/visavis"),
            ("[::1]:9", "ws://[::1]:9/visavis"),
            ("fe80::1", "wss://[fe80::1]:8443/visavis"),
        ] {
            assert_eq!(server(text).url(), url, "{text}");
        }
        for text in [
            "", "a b", "ftp://x", "x:0", "x:99999", "-x", "x..y", "[::1", "1.2.3", "ex ample",
            "a/b",
        ] {
            assert_eq!(ServerAddress::parse(text), Err(AddressError::Server), "{text}");
        }
    }

    #[test]
    fn people_as_people_type_them() {
        let key = PublicKey([7; 32]);
        let ana = PersonAddress::parse(&format!("visavis:add/Ana@call.example.org#{key}")).unwrap();
        assert_eq!(ana.handle.as_str(), "ana");
        assert_eq!(ana.server, Some(server("call.example.org")));
        assert_eq!(ana.key, Some(key));
        assert_eq!(PersonAddress::parse("ana").unwrap().server, None);
        assert_eq!(PersonAddress::parse("ana#xx"), Err(AddressError::Key));
        assert_eq!(PersonAddress::parse("ana@"), Err(AddressError::Server));
        assert_eq!(PersonAddress::parse(""), Err(AddressError::Handle(HandleError::Empty)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = PersonAddress::parse(&text);
            if let Ok(address) = ServerAddress::parse(&text) {
                prop_assert_eq!(ServerAddress::parse(&address.to_string()), Ok(address));
            }
        }

        #[test]
        fn shown_addresses_read_back(
            host in "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5})?", port in 1_u16.., tls: bool
        ) {
            let address = ServerAddress { host, port, tls };
            prop_assert_eq!(ServerAddress::parse(&address.to_string()), Ok(address.clone()));
            prop_assert_eq!(ServerAddress::parse(&address.url()), Ok(address));
        }
    }
}
