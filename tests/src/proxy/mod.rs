//! A small proxy between AWS's SDK and the services, on which calls go wrong.
//!
//! A [`Wire`] carries the calls of HTTP/1.1 and does to each what it is told. [`Weather`] tells it by a seed: how often
//! which [`Fault`] happens is fixed for each kind of call, when it happens is drawn. It counts what it did and keeps what
//! a judge needs to know of the calls that arrived.
//!
//! Nothing here knows the flows. What a fault may lead to is the SDK's and the functions' own business.

mod caller;
mod fault;
mod lane;
mod message;
mod need;
mod weather;
mod wire;

pub use caller::can_be_killed;
pub use fault::Fault;
pub use lane::Lane;
pub use message::{Answer, Call};
pub use need::Need;
pub use weather::{Arrival, Weather};
pub use wire::{Course, Fate, Wire};

#[cfg(test)]
mod tests;
