//! Takes what SES tells about mails.

fn main() {}
