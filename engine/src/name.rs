//! Names of what both sides talk about, such as a call or a message: 16 random bytes, written in 32 hexadecimal
//! digits. Each kind of thing has a type of its own, made by the macro here.

/// It is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is 32 hexadecimal digits")]
pub struct OddName;

/// The bytes that are written so.
pub(crate) fn read(text: &str) -> Result<[u8; 16], OddName> {
    if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(OddName);
    }
    u128::from_str_radix(text, 16).map(u128::to_be_bytes).map_err(|_| OddName)
}

/// Makes a type of names.
macro_rules! names {
    ($(#[$doc:meta])* $Name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $Name(pub [u8; 16]);

        impl $Name {
            /// One that nobody has used.
            ///
            /// # Errors
            /// Where the system has no chance to give.
            pub fn random() -> Result<Self, getrandom::Error> {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes)?;
                Ok(Self(bytes))
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl std::str::FromStr for $Name {
            type Err = $crate::name::OddName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::name::read(text).map(Self)
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use names;
