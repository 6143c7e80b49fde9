//! The server on real sockets of loopback, spoken to by the testkit's client.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod document;
#[cfg(test)]
mod envelopes;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod operation;
#[cfg(test)]
mod people;
#[cfg(test)]
mod program;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod stage;
