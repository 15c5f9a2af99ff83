//! Nachklang on one machine.

pub mod sample;
