//! Why a page cannot be shown.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nachklang_domain::ports::PortError;
use serde::Serialize;

use super::page;

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum Fault {
    /// There is nothing of that name.
    NotFound,
    /// Something of the machine failed; the log says what.
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<PortError> for Fault {
    fn from(error: PortError) -> Self {
        Self::Broken(error.into())
    }
}

#[derive(Serialize)]
struct Words {
    headline: &'static str,
    text: &'static str,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                Words { headline: "Nothing here", text: "There is no such page, or what it showed is gone." },
            ),
            Self::Broken(error) => {
                tracing::error!(error = format!("{error:#}"), "a page cannot be shown");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    Words {
                        headline: "This did not work",
                        text: "Try again in a moment. The log in the terminal says what is wrong.",
                    },
                )
            }
        };
        let shown = page::render(words.headline, page::FAULT, &words);
        shown.map_or_else(|_| (status, words.text).into_response(), |html| (status, html).into_response())
    }
}
