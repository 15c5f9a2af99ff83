//! A mail: source, publication, rendering.
