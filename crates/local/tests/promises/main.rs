//! What the program promises to whoever runs it: each test starts `nachklang` itself, as a process of its own.

#[cfg(test)]
mod content;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod history;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod parked;
#[cfg(test)]
mod retail;
#[cfg(test)]
mod world;
