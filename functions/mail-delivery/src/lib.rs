//! Makes claimed mails and hands them to SES, once.
