//! Bytes that must not appear in logs, errors or debug output.

use std::fmt;

use serde::Deserialize;

/// A key or password; `Debug` prints that there is one, nothing else.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes the bytes.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the moment of use.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<String> for SecretBytes {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte_of_a_secret() {
        assert_eq!(format!("{:?}", SecretBytes::new(b"hunter2".to_vec())), "SecretBytes(redacted)");
    }
}
