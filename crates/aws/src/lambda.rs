//! What all handlers share: batches, deadlines, metrics, logs.
