//! The queues between the stations.
