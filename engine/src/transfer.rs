//! Files that go from one to the other: what is offered, what is asked for, how each piece is checked, and where it lies on
//! the disk. It names no network: bytes travel on a lane that someone else carries, and decides nothing about whom one
//! sends to.

pub mod asking;
pub mod fault;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
pub mod lane;
pub mod manifest;
pub mod map;
pub mod name;
pub mod part;
pub mod progress;
pub mod receive;
pub mod send;
pub mod signal;
pub mod source;
pub mod tree;
pub mod wire;

#[cfg(test)]
mod tests;
