//! The words of an expression.

use super::findings::Fault;

/// Longest expression in bytes: a mail needs no longer one, and the engine's compiler recurses over its length.
const MAX_BYTES: usize = 400;

const OPERATORS: [&str; 20] =
    ["==", "!=", "<=", ">=", "//", "<", ">", "+", "-", "/", "%", "~", "|", "(", ")", "[", "]", ",", ".", ":"];

/// A word of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    Text,
    Number,
    Sign(&'a str),
}

/// Cuts an expression into words.
pub(super) fn tokens(body: &str, line: u64) -> Result<Vec<Token<'_>>, Fault> {
    if body.is_empty() {
        return Err(Fault::new(line, "a tag is empty", "name the data to write, or remove the tag"));
    }
    if body.len() > MAX_BYTES {
        return Err(Fault::new(
            line,
            format!("an expression is longer than {MAX_BYTES} bytes"),
            "write it simpler, or put the text into the language file",
        ));
    }
    let mut tokens = Vec::new();
    let mut rest = body.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = next_token(first, rest).ok_or_else(|| unreadable(first, line))?;
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

fn next_token(first: char, rest: &str) -> Option<(Token<'_>, usize)> {
    if first == '"' || first == '\'' {
        return Some((Token::Text, quoted_length(rest, first)?));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = length_while(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        return Some((Token::Name(rest.get(..length)?), length));
    }
    if first.is_ascii_digit() {
        return Some((Token::Number, length_while(rest, |c| c.is_ascii_digit())));
    }
    let sign = OPERATORS.iter().find(|sign| rest.starts_with(**sign))?;
    Some((Token::Sign(sign), sign.len()))
}

fn length_while(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn unreadable(first: char, line: u64) -> Fault {
    let remedy = if first == '*' {
        "a mail needs no multiplication; it can make a text of any length"
    } else {
        "use names, filters, comparisons, texts in quotes and numbers only"
    };
    Fault::new(line, format!("an expression holds {first:?}, which a mail may not use"), remedy)
}
