//! HTTP headers, looked up without regard to case.

/// Names and values of a request's headers; names in any case, as gateways differ in it.
#[derive(Clone, Copy)]
pub struct Headers<'a>(&'a [(String, String)]);

impl<'a> Headers<'a> {
    /// Takes the headers as the server hands them over.
    #[must_use]
    pub const fn new(pairs: &'a [(String, String)]) -> Self {
        Self(pairs)
    }

    /// The value of the first header that has one of the names (RFC 9110, section 5.1: names ignore case).
    #[must_use]
    pub fn first(&self, names: &[&str]) -> Option<&'a str> {
        let named = |name: &str| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted));
        self.0.iter().find(|(name, _)| named(name)).map(|(_, value)| value.trim())
    }

    /// The headers that may be kept with a request: those that open doors elsewhere are left out.
    pub fn kept(&self) -> impl Iterator<Item = &'a (String, String)> + use<'a> {
        const KEYS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];
        let opens_doors = |name: &str| KEYS.iter().any(|key| name.eq_ignore_ascii_case(key));
        self.0.iter().filter(move |(name, _)| !opens_doors(name))
    }
}

/// Shows how many there are; a header may hold a signature or a cookie.
impl std::fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Headers({} of them)", self.0.len())
    }
}
