//! The profile's own few values: name, device, server, settings.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is remembered about the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// The name that contacts see.
    Name,
    /// This installation's device number.
    Device,
    /// The chosen server.
    Server,
    /// The handle on the chosen server, for the time before it is reached.
    Handle,
    /// How the user wishes to be seen.
    Status,
    /// The shell's settings.
    Settings,
    /// Counters of live letters below this may have been used.
    LiveCounter,
}

impl Value {
    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Device => "device",
            Self::Server => "server",
            Self::Handle => "handle",
            Self::Status => "status",
            Self::Settings => "settings",
            Self::LiveCounter => "live_counter",
        }
    }
}

/// Reads one; none where it was never written, or by a version whose form is not known any more.
///
/// # Errors
/// Where the database fails.
pub fn get<T: DeserializeOwned>(db: &Connection, value: Value) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = db
        .query_row("SELECT value FROM profile WHERE name = ?1", [value.as_str()], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Writes one.
///
/// # Errors
/// Where the database fails.
pub fn set<T: Serialize>(db: &Connection, value: Value, new: &T) -> rusqlite::Result<()> {
    let text = serde_json::to_string(new)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    db.execute(
        "INSERT INTO profile (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = ?2",
        params![value.as_str(), text],
    )?;
    Ok(())
}

/// Forgets one.
///
/// # Errors
/// Where the database fails.
pub fn forget(db: &Connection, value: Value) -> rusqlite::Result<()> {
    db.execute("DELETE FROM profile WHERE name = ?1", [value.as_str()])?;
    Ok(())
}
