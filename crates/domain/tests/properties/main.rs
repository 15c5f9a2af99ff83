//! What must hold for every day, basket, person and amount, over the starter content.

mod amounts;
mod days;
mod segments;
mod starter;
mod variants;
