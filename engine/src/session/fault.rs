//! What goes wrong between a client and its server, and who can mend it.

use crate::api::{ApiError, Code};
use visavis_signaling::protocol::ErrorCode;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// One's own wish.
    #[error("left the server")]
    Left,
    /// Asked while not signed in.
    #[error("not connected to the server")]
    NotConnected,
    /// Too many requests wait for answers.
    #[error("too many requests at once")]
    Busy,
    /// The name can't be resolved.
    #[error("the server's name is unknown")]
    UnknownHost,
    /// Nothing listens there, or no way leads there.
    #[error("the server can't be reached: {0}")]
    Down(String),
    /// It took too long.
    #[error("the server did not answer in time")]
    Silent,
    /// The connection ended.
    #[error("the connection was lost")]
    Lost,
    /// It does not speak the protocol.
    #[error("no Visavis server answers there")]
    Foreign,
    /// It speaks another version.
    #[error("the server speaks another version of the protocol")]
    OtherVersion,
    /// Its certificate is for another name.
    #[error("the server's certificate is for another name")]
    CertificateName,
    /// Its certificate is not valid at this time.
    #[error("the server's certificate is not valid now")]
    CertificateTime,
    /// Its certificate is not to be trusted.
    #[error("the server's certificate is not to be trusted: {0}")]
    CertificateBad(String),
    /// The server on this computer could not be started.
    #[error("{0}")]
    Hosting(ApiError),
    /// The server said no.
    #[error("the server refused: {}", code.as_str())]
    Refused {
        /// Why.
        code: ErrorCode,
        /// When to come back.
        retry_after_ms: Option<u64>,
    },
}

/// Who can mend a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// It may go away by itself.
    Time,
    /// The user has to do something.
    User,
}

impl Fault {
    /// Who can mend it.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::OtherVersion
            | Self::Refused {
                code:
                    ErrorCode::Replaced
                    | ErrorCode::InviteRequired
                    | ErrorCode::InviteInvalid
                    | ErrorCode::UnsupportedVersion
                    | ErrorCode::WrongServer
                    | ErrorCode::BadSignature
                    | ErrorCode::TooManyDevices,
                ..
            } => Remedy::User,
            _ => Remedy::Time,
        }
    }

    /// The error as a shell shows it; `server` as people know it.
    pub fn to_api(&self, server: &str) -> ApiError {
        let code = match self {
            Self::Left | Self::NotConnected => Code::NotConnected,
            Self::Busy => Code::RateLimited,
            Self::UnknownHost => Code::ServerUnknown,
            Self::Down(_) => Code::ServerDown,
            Self::Silent => Code::ServerSilent,
            Self::Lost => Code::ConnectionLost,
            Self::Foreign => Code::ServerForeign,
            Self::OtherVersion => Code::UnsupportedVersion,
            Self::CertificateName => Code::CertificateName,
            Self::CertificateTime => Code::CertificateTime,
            Self::CertificateBad(_) => Code::CertificateBad,
            Self::Hosting(error) => return error.clone(),
            Self::Refused { code, .. } => Code::from(*code),
        };
        let error = ApiError::new(code, self.to_string()).with("server", server);
        match self {
            Self::Down(reason) | Self::CertificateBad(reason) => error.with("reason", reason),
            Self::Refused { retry_after_ms: Some(ms), .. } => {
                error.with("seconds", ms.div_ceil(1000))
            }
            _ => error,
        }
    }
}
