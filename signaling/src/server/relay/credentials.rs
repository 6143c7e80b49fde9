//! Who may use the relay: credentials that say until when they are good and prove it by themselves, as the
//! draft "A REST API For Access To TURN Services" has it, and nonces of the same kind. So the relay remembers
//! neither: nothing that strangers send makes it hold more. Pure: told the time, in seconds since 1970.
//!
//! A user name travels in the open. It holds no key but a pseudonym, which only who has the secret can make.

use super::config::{RelayConfig, RelaySecret};
use crate::protocol::PublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use stun::integrity::MessageIntegrity;

/// A nonce is good for so long, in seconds.
const NONCE_S: u64 = 3600;
/// Bytes of a nonce's proof.
const NONCE_PROOF: usize = 12;
/// No user name is longer, in bytes.
const MOST_USERNAME: usize = 128;

/// Whom an allocation belongs to: what stands after the time in a user name.
pub(super) type User = Arc<str>;

/// A user whose name holds, and what signs their messages.
pub(super) struct Known {
    pub(super) user: User,
    pub(super) key: MessageIntegrity,
}

/// Makes credentials and nonces, and knows its own.
#[derive(Debug)]
pub(crate) struct Credentials {
    secret: RelaySecret,
    realm: String,
    lifetime_s: u64,
    nonce_key: [u8; 32],
}

fn keyed(key: &[u8]) -> Hmac<Sha1> {
    // A key of exactly a block, made as RFC 2104 says, so that no length can be refused.
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    Hmac::new(&block.into())
}

fn sign(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = keyed(key);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; NONCE_PROOF]> {
    let mut bytes = [0; NONCE_PROOF];
    if text.len() != 2 * NONCE_PROOF || !text.is_ascii() {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).ok()?;
    }
    Some(bytes)
}

impl Credentials {
    pub(super) fn new(config: &RelayConfig) -> Result<Self, getrandom::Error> {
        let mut random = [[0; 32]; 2];
        random.iter_mut().try_for_each(|part| getrandom::fill(part))?;
        let [nonce_key, secret] = random;
        Ok(Self {
            secret: config.secret.clone().unwrap_or_else(|| RelaySecret(hex(&secret))),
            realm: config.realm.clone(),
            lifetime_s: config.credential_lifetime.as_secs(),
            nonce_key,
        })
    }

    pub(super) fn realm(&self) -> &str {
        &self.realm
    }

    fn password(&self, username: &str) -> String {
        STANDARD.encode(sign(self.secret.0.as_bytes(), &[username.as_bytes()]))
    }

    /// A user name and a password for an identity.
    pub(crate) fn issue(&self, identity: &PublicKey, now_s: u64) -> (String, String) {
        let secret = self.secret.0.as_bytes();
        let pseudonym = sign(secret, &[b"visavis relay identity v1\0", &identity.0]);
        let expiry = now_s.saturating_add(self.lifetime_s);
        let username = format!("{expiry}:{}", hex(&pseudonym[..16]));
        let password = self.password(&username);
        (username, password)
    }

    /// Who goes by a user name; none if it is odd or its time is over.
    pub(super) fn know(&self, username: &str, now_s: u64) -> Option<Known> {
        if username.len() > MOST_USERNAME {
            return None;
        }
        let (expiry, user) = username.split_once(':')?;
        let good = expiry.bytes().all(|b| b.is_ascii_digit())
            && !user.is_empty()
            && expiry.parse::<u64>().ok()? > now_s;
        good.then(|| Known {
            user: user.into(),
            key: MessageIntegrity::new_long_term_integrity(
                username.to_owned(),
                self.realm.clone(),
                self.password(username),
            ),
        })
    }

    fn nonce_mac(&self, at: &str, client: SocketAddr) -> Hmac<Sha1> {
        let mut mac = keyed(&self.nonce_key);
        mac.update(at.as_bytes());
        match client.ip() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&client.port().to_be_bytes());
        mac
    }

    /// A nonce for a client.
    pub(super) fn nonce(&self, now_s: u64, client: SocketAddr) -> String {
        let mut nonce = format!("{now_s:010x}");
        let proof: [u8; 20] = self.nonce_mac(&nonce, client).finalize().into_bytes().into();
        nonce.push_str(&hex(&proof[..NONCE_PROOF]));
        nonce
    }

    /// Whether a nonce is this relay's, for this client, and not old.
    pub(super) fn is_fresh(&self, nonce: &str, now_s: u64, client: SocketAddr) -> bool {
        let Some((at, proof)) = nonce.split_at_checked(10) else { return false };
        let Some(proof) = unhex(proof) else { return false };
        let Ok(at_s) = u64::from_str_radix(at, 16) else { return false };
        at_s <= now_s
            && now_s - at_s < NONCE_S
            && self.nonce_mac(at, client).verify_truncated_left(&proof).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn credentials(secret: Option<&str>) -> Credentials {
        let secret = secret.map(|secret| RelaySecret(secret.to_owned()));
        Credentials::new(&RelayConfig { secret, ..RelayConfig::default() }).unwrap()
    }

    #[test]
    fn a_password_is_what_others_make_of_the_same_secret() {
        // By openssl: printf %s 1700000000:ana | openssl dgst -sha1 -hmac "north of the wall" -binary | base64
        let ours = credentials(Some("north of the wall")).password("1700000000:ana");
        assert_eq!(ours, "jsR3P4TWWCCra5Bog6+0JjzV+S0=");
        let long = credentials(Some(&"k".repeat(100))).password("1:x");
        assert_eq!(long, "/MwKtMQe7zK7l9wqUIPu/geYCBA=");
    }

    #[test]
    fn credentials_end_by_themselves_and_name_nobody() {
        let relay = credentials(None);
        let identity = PublicKey([7; 32]);
        let (username, password) = relay.issue(&identity, 1000);
        assert!(username.starts_with("44200:"), "{username}");
        assert!(!username.contains(&hex(&identity.0)[..8]));
        assert_eq!(password, relay.password(&username));
        let known = relay.know(&username, 44_199).unwrap();
        assert!(relay.know(&username, 44_200).is_none());
        // The next credentials are the same user's.
        let (later, _) = relay.issue(&identity, 2000);
        assert_eq!(relay.know(&later, 2000).unwrap().user, known.user);
        let (other, _) = relay.issue(&PublicKey([8; 32]), 1000);
        assert_ne!(relay.know(&other, 1000).unwrap().user, known.user);
        // Another start has another secret.
        assert_ne!(credentials(None).password(&username), password);
        for odd in ["", ":", "44200", "44200:", ":ana", "+9999999:ana", "99999999999999999999:a"] {
            assert!(relay.know(odd, 1000).is_none(), "{odd}");
        }
        assert!(relay.know(&format!("44200:{}", "x".repeat(130)), 1000).is_none());
    }

    #[test]
    fn a_nonce_is_for_one_client_and_an_hour() {
        let relay = credentials(None);
        let [ana, bo]: [SocketAddr; 2] =
            ["192.0.2.1:5", "192.0.2.1:6"].map(|text| text.parse().unwrap());
        let nonce = relay.nonce(1_800_000_000, ana);
        assert!(relay.is_fresh(&nonce, 1_800_000_000, ana));
        assert!(relay.is_fresh(&nonce, 1_800_003_599, ana));
        assert!(!relay.is_fresh(&nonce, 1_800_003_600, ana));
        assert!(!relay.is_fresh(&nonce, 1_799_999_999, ana));
        assert!(!relay.is_fresh(&nonce, 1_800_000_000, bo));
        assert!(!credentials(None).is_fresh(&nonce, 1_800_000_000, ana));
    }

    proptest! {
        #[test]
        fn odd_nonces_are_not_fresh(text in "\\PC{0,40}", at in 0usize..34, with in "[0-9a-z]") {
            let relay = credentials(None);
            let client: SocketAddr = "192.0.2.1:5".parse().unwrap();
            prop_assert!(!relay.is_fresh(&text, 1_800_000_000, client));
            let nonce = relay.nonce(1_800_000_000, client);
            let mut changed = nonce.clone();
            changed.replace_range(at..at + 1, &with);
            prop_assert_eq!(relay.is_fresh(&changed, 1_800_000_000, client), changed == nonce);
        }
    }
}
