//! Reads what is due and hands it on, once a day.
