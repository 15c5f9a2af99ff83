//! An expression of a template, read far enough to know which data it names and that it stays small.

use super::findings::Fault;
use super::schema::{FILTERS, Shape, TESTS};
use super::scope::Scope;
use super::token::{Token, tokens};

/// Deepest nesting of brackets, for the compiler recurses over it.
const MAX_DEPTH: usize = 8;

const KEYWORDS: [&str; 12] =
    ["and", "or", "not", "if", "else", "in", "is", "true", "false", "none", "True", "False"];

/// What an expression says about itself once checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checked {
    /// The shape of the value when the expression is a plain path such as `shop.name`.
    pub path: Option<Shape>,
    /// Whether every value it can give is a link: `a.link` or `a.link or b.link`.
    pub link: bool,
    /// Whether its last step is the filter `urlencode`.
    pub url_encoded: bool,
}

/// Checks that an expression is small, names only data that a mail may show, and only allowed filters.
pub(super) fn check(body: &str, line: u64, scope: &Scope) -> Result<Checked, Fault> {
    let tokens = tokens(body, line)?;
    check_nesting(&tokens, line)?;
    let mut at = 0;
    let mut paths = Vec::new();
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at)).copied();
        let rest = tokens.get(at..).unwrap_or_default();
        let taken = match token {
            Token::Name(name) => check_name(name, before, rest, line, scope, &mut paths)?,
            _ => check_sign(rest, line)?,
        };
        at += taken;
    }
    Ok(conclude(&tokens, &paths))
}

/// A path and how many tokens it is long.
struct Path {
    shape: Shape,
    tokens: usize,
}

fn conclude(tokens: &[Token<'_>], paths: &[Path]) -> Checked {
    let used: usize = paths.iter().map(|path| path.tokens).sum();
    let ors = tokens.iter().filter(|token| **token == Token::Name("or")).count();
    let only_paths = !paths.is_empty() && used + ors == tokens.len() && ors + 1 == paths.len();
    Checked {
        path: paths.first().filter(|path| path.tokens == tokens.len()).map(|path| path.shape),
        link: only_paths && paths.iter().all(|path| path.shape == Shape::Link),
        url_encoded: tokens.ends_with(&[Token::Sign("|"), Token::Name("urlencode")]),
    }
}

fn check_name(
    name: &str,
    before: Option<Token<'_>>,
    rest: &[Token<'_>],
    line: u64,
    scope: &Scope,
    paths: &mut Vec<Path>,
) -> Result<usize, Fault> {
    match before {
        Some(Token::Sign("|")) => allowed("filter", name, &FILTERS, line),
        Some(Token::Name("is")) if name == "not" => Ok(1),
        Some(Token::Name("is")) => allowed("test", name, &TESTS, line),
        Some(Token::Name("not")) if TESTS.contains(&name) => Ok(1),
        _ if KEYWORDS.contains(&name) => Ok(1),
        _ if rest.get(1) == Some(&Token::Sign("(")) => Err(Fault::new(
            line,
            format!("{name}() is called, but a mail has no functions"),
            "use the data and the filters only",
        )),
        _ => {
            let path = walk(name, rest, line, scope)?;
            let taken = path.tokens;
            paths.push(path);
            Ok(taken)
        }
    }
}

fn allowed(what: &str, name: &str, known: &[&str], line: u64) -> Result<usize, Fault> {
    if known.contains(&name) {
        return Ok(1);
    }
    Err(Fault::new(
        line,
        format!("{name} is no {what} that a mail may use"),
        format!("use one of {}", known.join(", ")),
    ))
}

/// After a value that is no path, no field may be taken: its fields could not be checked.
fn check_sign(rest: &[Token<'_>], line: u64) -> Result<usize, Fault> {
    let closes = !matches!(rest.first(), Some(Token::Sign(sign)) if !matches!(*sign, ")" | "]"));
    let opens = matches!(rest.get(1), Some(Token::Sign("." | "[")));
    let stray_dot = rest.first() == Some(&Token::Sign("."));
    if stray_dot || (closes && opens) {
        return Err(Fault::new(
            line,
            "a field is taken of something that is not the mail's data",
            "write the path from the data's name on, such as products[0].title",
        ));
    }
    Ok(1)
}

/// Follows `name.field[0].field` through the data's shape.
fn walk(name: &str, rest: &[Token<'_>], line: u64, scope: &Scope) -> Result<Path, Fault> {
    let mut shape = scope.resolve(name).ok_or_else(|| unknown_root(name, line, scope))?;
    let mut shown = name.to_owned();
    let mut at = 1;
    loop {
        match (shape, rest.get(at..).unwrap_or_default()) {
            (_, [Token::Sign("."), Token::Name(field), ..]) => {
                shape = shape.field(field).ok_or_else(|| unknown_field(&shown, field, shape, line))?;
                shown = format!("{shown}.{field}");
                at += 2;
            }
            (Shape::List(item), [Token::Sign("["), Token::Number, Token::Sign("]"), ..]) => {
                shape = *item;
                at += 3;
            }
            (Shape::List(_), [Token::Sign("["), Token::Sign(":"), Token::Number, Token::Sign("]"), ..]) => {
                at += 4;
            }
            (_, [Token::Sign("." | "["), ..]) => return Err(unreadable_step(&shown, line)),
            _ => return Ok(Path { shape, tokens: at }),
        }
    }
}

fn unreadable_step(shown: &str, line: u64) -> Fault {
    Fault::new(
        line,
        format!("{shown} is followed by something that cannot be checked"),
        "take a field by .name, an item by [0], the first items by [:3]",
    )
}

fn unknown_root(name: &str, line: u64, scope: &Scope) -> Fault {
    Fault::new(line, format!("{name} is no data of a mail"), format!("use one of {}", scope.names()))
}

fn unknown_field(shown: &str, field: &str, shape: Shape, line: u64) -> Fault {
    let names = shape.field_names();
    let remedy = if names.is_empty() {
        format!("{shown} has no fields: write it alone")
    } else {
        format!("use one of {names}")
    };
    Fault::new(line, format!("{shown} has no field {field} that a mail may show"), remedy)
}

fn check_nesting(tokens: &[Token<'_>], line: u64) -> Result<(), Fault> {
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::Sign("(" | "[") => depth += 1,
            Token::Sign(")" | "]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Fault::new(line, "an expression nests its brackets too deep", "write it simpler"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(body: &str) -> String {
        match check(body, 7, &Scope::default()) {
            Ok(_) => String::new(),
            Err(fault) => {
                assert_eq!(fault.line, 7);
                fault.problem
            }
        }
    }

    #[test]
    fn the_data_and_the_filters_of_the_format_may_be_used() {
        for good in [
            "shop.name",
            "contact.first_name|default('du', true)|title",
            "bought[0].title",
            "products[:3]|length > 2 and not coupon",
            "coupon is none",
            "coupon is not none",
            "bought[0].quantity is divisibleby(2)",
            "'a' ~ order.number if products else \"b\"",
            "shop.imprint|join(', ')",
            "(bought|length + 1) // 2 >= 1",
            "\"{{ not a tag }}\" ~ language",
        ] {
            assert_eq!(problem(good), "", "{good}");
        }
    }

    #[test]
    fn no_other_data_can_be_named() {
        for wrong in [
            "contact.email",
            "contact['email']",
            "contact[dir]",
            "customer",
            "self",
            "loop.index",
            "products[0].sku",
            "products[0]['sku']",
            "products[0:2][0].cost",
            "(contact).email",
            "(bought|first).sku",
            "bought|first.sku",
            "[contact][0].email",
            "'x'.email",
            "shop.name.length",
            "coupon.code.0",
            "contact is defined and contact.email",
            "order. number . x",
        ] {
            assert_ne!(problem(wrong), "", "{wrong}");
        }
    }

    #[test]
    fn what_could_grow_without_bound_or_run_code_is_refused() {
        for (wrong, why) in [
            ("'x' * 1000000000", "'*'"),
            ("2 ** 900", "'*'"),
            ("range(10)", "range()"),
            ("lipsum()", "lipsum()"),
            ("loop(products)", "loop()"),
            ("{'a': 1}", "'{'"),
            ("x = 1", "'='"),
            ("shop.name = 1", "'='"),
            ("shop.name|safe", "safe is no filter"),
            ("products|map('title')", "map is no filter"),
            ("products|list", "list is no filter"),
            ("shop is mapping", "mapping is no test"),
            ("shop.name @ 1", "'@'"),
            ("\"open", "'\"'"),
            ("", "empty"),
        ] {
            assert!(problem(wrong).contains(why), "{wrong}: {}", problem(wrong));
        }
        assert!(problem(&format!("{}1", "1+".repeat(300))).contains("longer than"));
        assert!(problem(&format!("{}1", "(".repeat(9))).contains("too deep"));
    }

    #[test]
    fn a_link_is_told_from_a_text() {
        let link = |body| check(body, 1, &Scope::default()).unwrap().link;
        assert!(link("urls.unsubscribe") && link("products[0].link or shop.website"));
        for no_link in [
            "shop.name",
            "shop.name or shop.website",
            "shop.website ~ shop.name",
            "'x'",
            "shop.website|upper",
        ] {
            assert!(!link(no_link), "{no_link}");
        }
    }
}
