//! Takes what SES tells about mails.
