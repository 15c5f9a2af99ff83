//! tmp
pub mod message {
    #[derive(Debug)]
    pub struct OutgoingMail;
}
