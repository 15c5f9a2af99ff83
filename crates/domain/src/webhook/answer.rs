//! What the sender of a webhook is answered.

use serde_json::json;

use super::error::WebhookError;

/// An answer; its body is JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answer {
    /// It was taken: so many events told something new, so many were known.
    #[must_use]
    pub fn taken(stored: u64, known: u64) -> Self {
        Self { status: 200, body: json!({ "stored": stored, "known": known }).to_string() }
    }

    /// It was not taken, or kept for a person to look at.
    #[must_use]
    pub fn refused(error: &WebhookError) -> Self {
        Self::error(error.status(), &error.answer())
    }

    /// It was not read to its end.
    #[must_use]
    pub fn unread(status: u16) -> Self {
        Self::error(status, "the body is too large, or broke off")
    }

    /// Signed and understood, but not stored for a reason that stays; it is kept for a person to look at.
    #[must_use]
    pub fn kept() -> Self {
        Self::error(202, "kept for a person to look at: it could not be stored")
    }

    /// It could not be stored now; the sender tells it again.
    #[must_use]
    pub fn again() -> Self {
        Self::error(503, "not stored: send it again in a moment")
    }

    fn error(status: u16, words: &str) -> Self {
        Self { status, body: json!({ "error": words }).to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::error::Unreadable;
    use crate::webhook::signature::BadSignature;

    #[test]
    fn an_unknown_shop_and_a_wrong_signature_are_answered_alike() {
        let unknown = Answer::refused(&WebhookError::UnknownShop);
        for bad in [BadSignature::Missing("webhook-id"), BadSignature::Mismatch, BadSignature::Stale] {
            assert_eq!(Answer::refused(&WebhookError::BadSignature(bad)), unknown);
        }
        assert_eq!(unknown.status, 401);
    }

    #[test]
    fn every_answer_is_json_and_says_what_happened() {
        let unreadable = Unreadable {
            field: "lines[0].price".to_owned(),
            problem: "is \"no\" number".to_owned(),
            remedy: "send 39.00".to_owned(),
        };
        let answers = [
            (Answer::taken(2, 1), 200, r#"{"known":1,"stored":2}"#),
            (Answer::unread(413), 413, r#"{"error":"the body is too large, or broke off"}"#),
            (
                Answer::refused(&WebhookError::Unreadable(unreadable)),
                202,
                r#"{"error":"kept for a person to look at: lines[0].price is \"no\" number: send 39.00"}"#,
            ),
            (Answer::kept(), 202, r#"{"error":"kept for a person to look at: it could not be stored"}"#),
            (Answer::again(), 503, r#"{"error":"not stored: send it again in a moment"}"#),
        ];
        for (answer, status, body) in answers {
            assert_eq!((answer.status, answer.body.as_str()), (status, body));
        }
    }
}
