//! Contacts, and the codes that change hands together with them.
