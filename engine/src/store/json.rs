//! How values of the protocol stand in columns: keys as bytes, what has parts as JSON.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use visavis_signaling::protocol::PublicKey;

/// A value that stands as JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(ToSqlOutput::from)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        serde_json::from_str(text).map(Self).map_err(|error| FromSqlError::Other(error.into()))
    }
}

/// A key as it stands in a column.
pub(super) fn key_to(key: &PublicKey) -> &[u8] {
    &key.0
}

/// A key out of a column.
pub(super) fn key_from(row: &Row<'_>, column: usize) -> rusqlite::Result<PublicKey> {
    Ok(PublicKey(row.get(column)?))
}
