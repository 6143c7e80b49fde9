//! The one loop: owns the state, feeds the machines, carries out their effects.

use crate::api::{ApiError, Code, Command, KeyPlace, Reply, Update};
use std::path::PathBuf;

/// Where an engine keeps its things.
#[derive(Debug, Clone)]
pub struct Options {
    /// The profile: database, and the key where it is kept in a file.
    pub data: PathBuf,
    /// Where a new key goes.
    pub key_place: KeyPlace,
    /// The database of the server that the engine hosts, shared by all profiles on this computer.
    pub hosted_data: PathBuf,
    /// The port of the server on this computer.
    pub hosted_port: u16,
}

/// A running engine. Clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {}

impl Engine {
    /// Starts an engine on the current tokio runtime. It always starts: what keeps it from working stands in
    /// its state.
    pub async fn start(_options: Options) -> Self {
        Self {}
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// Whatever keeps the command from being carried out, with nothing changed.
    pub async fn dispatch(&self, _command: Command) -> Result<Reply, ApiError> {
        Err(ApiError::new(Code::NotNow, "not built yet"))
    }

    /// A new subscription: a snapshot, then all that changes.
    pub fn subscribe(&self) -> Subscription {
        Subscription {}
    }

    /// Stops the engine: signs out, stops a hosted server, closes the database.
    pub async fn stop(&self) {}
}

/// One subscriber's end. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Subscription {}

impl Subscription {
    /// The next update; none once the engine has stopped.
    pub async fn next(&mut self) -> Option<Update> {
        None
    }
}
