//! The server from outside: real requests over loopback to a world with the starter content's shops and mails.

mod machine;
mod pages;
mod unsubscribe;
mod webhook;
