//! The template engine, with nothing in it that a mail does not need.

use minijinja::value::Rest;
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, filters, tests as conditions,
};

use super::bytes::first_of;

/// Work a render may do: about one per instruction and one per 64 bytes written or made, so it bounds time and memory.
/// A full mail of 90 KB takes about 3,000.
const FUEL: u64 = 20_000;

/// An engine with the allowed filters and tests, strict about undefined names, without functions, includes or macros.
///
/// Templates whose name ends in `.html` escape for HTML, all others do not.
pub(super) fn environment() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_auto_escape_callback(|name| {
        if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
    });
    engine.set_formatter(write_value);
    add_filters(&mut engine);
    add_tests(&mut engine);
    engine
}

fn add_filters(engine: &mut Environment<'_>) {
    engine.add_filter("upper", filters::upper);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("title", filters::title);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("length", filters::length);
    engine.add_filter("join", filters::join);
    engine.add_filter("default", filters::default);
    engine.add_filter("first", filters::first);
    engine.add_filter("last", filters::last);
    engine.add_filter("batch", filters::batch);
    engine.add_filter("escape", filters::escape);
    engine.add_filter("e", filters::escape);
    engine.add_filter("replace", filters::replace);
    engine.add_filter("round", filters::round);
    engine.add_filter("urlencode", url_encode);
}

fn add_tests(engine: &mut Environment<'_>) {
    engine.add_test("defined", conditions::is_defined);
    engine.add_test("undefined", conditions::is_undefined);
    engine.add_test("none", conditions::is_none);
    engine.add_test("odd", conditions::is_odd);
    engine.add_test("even", conditions::is_even);
    engine.add_test("divisibleby", conditions::is_divisibleby);
}

/// Writes a value, escaped for HTML where the template is HTML.
///
/// The engine's own escaping turns every `/` into `&#x2f;`, which link scanners and click trackers do not read back.
fn write_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let Some(text) = value.as_str() else {
        return minijinja::escape_formatter(out, state, value);
    };
    let html = matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe();
    let written = if html { escape_into(text, |part| out.write_str(part)) } else { out.write_str(text) };
    written.map_err(Error::from)
}

/// Hands out a text piece by piece, escaped for HTML text and quoted attributes alike (OWASP, rules 1 and 2).
fn escape_into<E>(text: &str, mut write: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let mut rest = text;
    while let Some(at) = first_of(rest.as_bytes(), *b"&<>\"'") {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        write(plain)?;
        write(match special.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        })?;
        rest = special.get(1..).unwrap_or_default();
    }
    write(rest)
}

/// A literal text as HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let written: Result<(), std::convert::Infallible> = escape_into(text, |part| {
        out.push_str(part);
        Ok(())
    });
    match written {
        Ok(()) => out,
    }
}

/// Percent-encodes everything but the unreserved characters (RFC 3986, section 2.3).
fn url_encode(text: &str, _: Rest<Value>) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use minijinja::{ErrorKind, context};

    use super::*;

    fn render(name: &str, source: &str) -> Result<String, Error> {
        environment().render_named_str(name, source, context! { x => "<a href=\"/\">'&'" })
    }

    #[test]
    fn values_are_escaped_in_html_and_nowhere_else() {
        assert_eq!(render("a.html", "{{ x }}").unwrap(), "&lt;a href=&quot;/&quot;&gt;&#39;&amp;&#39;");
        assert_eq!(render("a.txt", "{{ x }}").unwrap(), "<a href=\"/\">'&'");
        assert_eq!(escaped("<a href=\"/\">'&'"), render("a.html", "{{ x }}").unwrap());
        assert_eq!(render("a.html", "{{ x|urlencode }}").unwrap(), "%3Ca%20href%3D%22%2F%22%3E%27%26%27");
    }

    #[test]
    fn what_is_missing_is_an_error_and_not_a_gap() {
        for source in ["{{ y }}", "{{ x.y }}", "{% if y %}{% endif %}", "{{ y|upper }}"] {
            assert_eq!(render("a.txt", source).unwrap_err().kind(), ErrorKind::UndefinedError, "{source}");
        }
    }

    #[test]
    fn nothing_beyond_the_allow_list_exists() {
        for source in
            ["{{ range(3) }}", "{{ x|safe }}", "{{ x|tojson }}", "{{ namespace() }}", "{{ debug() }}"]
        {
            assert!(render("a.txt", source).is_err(), "{source}");
        }
    }

    /// Even if such a template came past the checks: what it makes is charged before it is made.
    #[test]
    fn work_and_memory_are_bounded() {
        let doubling = "{% set ns = 'xxxxxxxxxxxxxxxx' %}".to_owned()
            + &"{% set ns = ns ~ ns %}".repeat(40)
            + "{{ ns|length }}";
        let replacing = format!("{{{{ 'aaaaaaaa'{} }}}}", "|replace('a', 'aaaaaaaa')".repeat(12));
        let joining =
            (0..12).fold("'x'".to_owned(), |inner, _| format!("['a','b','c','d','e','f']|join({inner})"));
        let batching = "{{ [1]|batch(1000000000, 'x') }}".to_owned();
        for source in [doubling, replacing, format!("{{{{ {joining} }}}}"), batching] {
            assert_eq!(render("a.txt", &source).unwrap_err().kind(), ErrorKind::OutOfFuel, "{source}");
        }
    }
}
