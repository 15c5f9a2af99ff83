//! Files of shops, tills and people.
