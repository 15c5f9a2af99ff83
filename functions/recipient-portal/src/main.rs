//! Where recipients end the mails.

fn main() {}
