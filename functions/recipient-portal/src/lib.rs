//! Where recipients end the mails.
