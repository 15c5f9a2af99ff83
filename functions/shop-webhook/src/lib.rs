//! Takes what shops tell about orders.
