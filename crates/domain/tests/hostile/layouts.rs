//! Mails whose files are small and whose making is not.

use crate::mails::{Files, Planted, planted};

/// A hostile mail.
#[derive(Clone)]
pub struct HostileMail {
    /// What it tries.
    pub name: &'static str,
    /// Its files.
    pub files: Files,
    /// What the marketer is told.
    pub told: &'static str,
}

/// All of them.
pub fn hostile_mails() -> Vec<HostileMail> {
    [multiplying(), nesting(), misread(), language_files()].into_iter().flatten().collect()
}

fn mail(name: &'static str, told: &'static str, what: &Planted<'_>) -> HostileMail {
    HostileMail { name, files: planted(what), told }
}

/// What the compiler or the texts write many times.
fn multiplying() -> Vec<HostileMail> {
    let long = "x".repeat(60_000);
    let long_text = format!("a = \"{long}\"\n");
    let tags = format!("a = \"{}\"\n", "{{ dir }}".repeat(6_000));
    let default = |attribute: &str| format!("<mj-all {attribute}=\"{}\"/>", "x".repeat(1_900));
    let attributes =
        ["color", "font-family", "font-size", "line-height", "css-class", "padding", "height", "align"];
    let defaults = format!("<mj-attributes>{}</mj-attributes>", attributes.map(default).concat());
    let social = format!(
        "<mj-section><mj-column><mj-social color=\"{}\">{}</mj-social></mj-column></mj-section>",
        "x".repeat(1_900),
        "<mj-social-element name=\"web\"/>".repeat(700)
    );
    let carousel = format!(
        "<mj-section><mj-column><mj-carousel>{}</mj-carousel></mj-column></mj-section>",
        "<mj-carousel-image src=\"https://a.example/b.png\"/>".repeat(700)
    );
    let written = "{{ t.a }}".repeat(900);
    let nested = "{% for a in products %}{% for b in products %}{% for c in products %}";
    let nested = format!("{nested}{}{}", "x".repeat(3_000), "{% endfor %}".repeat(3));
    vec![
        mail(
            "long text, 900 times",
            "larger than 256 KB",
            &Planted { text: &written, texts: &long_text, ..Planted::default() },
        ),
        mail(
            "long text, 900 times, plain",
            "larger than 256 KB",
            &Planted { plain: &written, texts: &long_text, ..Planted::default() },
        ),
        mail(
            "many tags, 900 times",
            "more than 2000 tags",
            &Planted { text: &written, texts: &tags, ..Planted::default() },
        ),
        mail(
            "defaults, 700 elements",
            "mj-attributes repeated",
            &Planted { head: &defaults, body: &"<mj-section/>".repeat(700), ..Planted::default() },
        ),
        mail(
            "attribute inherited, 700 elements",
            "the compiled layout is larger",
            &Planted { body: &social, ..Planted::default() },
        ),
        mail("carousel of 700 images", "carousel images", &Planted { body: &carousel, ..Planted::default() }),
        mail("three nested loops", "ran out of fuel", &Planted { text: &nested, ..Planted::default() }),
        mail(
            "700 buttons",
            "the compiled layout is larger",
            &Planted { body: &buttons(), ..Planted::default() },
        ),
    ]
}

fn buttons() -> String {
    format!("<mj-section><mj-column>{}</mj-column></mj-section>", "<mj-button>x</mj-button>".repeat(700))
}

/// What makes the compiler recurse, hidden from whoever only looks for the next `>`.
fn nesting() -> Vec<HostileMail> {
    let deep = |open: &str, close: &str, times| format!("{}{}", open.repeat(times), close.repeat(times));
    vec![
        mail(
            "4,000 elements deep",
            "nested deeper than 60",
            &Planted { text: &deep("<b>", "</b>", 4_000), ..Planted::default() },
        ),
        mail(
            "depth behind > in an attribute",
            "begins no element",
            &Planted { text: &deep("<b title=\"/>\">", "</b>", 790), ..Planted::default() },
        ),
        mail(
            "depth behind </b> in an attribute",
            "begins no element",
            &Planted { text: &deep("<b title=\"</b>\">", "</b>", 500), ..Planted::default() },
        ),
        mail(
            "depth behind </b> in a comment",
            "nested deeper than 60",
            &Planted { text: &deep("<b><!--</b>-->", "</b>", 500), ..Planted::default() },
        ),
        mail(
            "closed by another name",
            "closes another element",
            &Planted { text: &"<a><b></a>".repeat(500), ..Planted::default() },
        ),
        mail(
            "never closed",
            "nested deeper than 60",
            &Planted { body: &"<mj-wrapper>".repeat(700), ..Planted::default() },
        ),
        mail(
            "5,000 blocks deep",
            "blocks are nested",
            &Planted { text: &deep("{% if coupon %}", "{% endif %}", 490), ..Planted::default() },
        ),
        mail(
            "brackets",
            "longer than 400 bytes",
            &Planted { plain: &format!("{{{{ {} }}}}", deep("(", ")", 20_000)), ..Planted::default() },
        ),
    ]
}

/// What a compiler, a tokenizer or a browser reads in its own way.
fn misread() -> Vec<HostileMail> {
    let text = |name, told, text: &str| mail(name, told, &Planted { text, ..Planted::default() });
    let mut doctype = planted(&Planted { text: "&b;", ..Planted::default() });
    let bomb = "<!DOCTYPE mjml [<!ENTITY a \"aaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\n";
    if let Some(layout) = doctype.get_mut("mail.mjml") {
        layout.splice(0..0, bomb.bytes());
    }
    vec![
        HostileMail { name: "entities within entities", files: doctype, told: "begins no element" },
        text("CDATA", "begins no element", "<![CDATA[<script>alert(1)</script>]]>"),
        text("processing instruction", "begins no element", "<?php system('id') ?>"),
        text("conditional comment cut short", "begins no element", "<!--[if mso]x"),
        text("conditional comment without end", "begins no element", "<!--[if mso"),
        text("a > behind a euro sign", "a > stands behind", "5 €> 4"),
        text("50,000 <", "begins no element", &"<".repeat(50_000)),
        text("50,000 {", "closes another element", &"{{".repeat(25_000)),
        mail(
            "a comment that browsers end early",
            "cannot be read",
            &Planted {
                body: "<mj-raw><!-- --!><script>alert(1)</script> --></mj-raw>",
                ..Planted::default()
            },
        ),
        mail(
            "an include",
            "mj-include is not available",
            &Planted { body: "<mj-include path=\"file:///etc/passwd\"/>", ..Planted::default() },
        ),
        mail(
            "an include in the head",
            "mj-include",
            &Planted {
                head: "<mj-include path=\"../../shops/de.toml\" type=\"css\"/>",
                ..Planted::default()
            },
        ),
        mail(
            "a style that ends early",
            "closes another element",
            &Planted {
                head: "<mj-style>a{}</style><script>alert(1)</script></mj-style>",
                ..Planted::default()
            },
        ),
    ]
}

/// What the language file itself holds.
fn language_files() -> Vec<HostileMail> {
    let texts = |name, told, texts: &str| mail(name, told, &Planted { texts, ..Planted::default() });
    let keys: String = (0..7_000).map(|number| format!("a{number}=''\n")).collect();
    let mut languages = planted(&Planted::default());
    let english = languages.get("en.toml").cloned().unwrap_or_default();
    for first in 'a'..='z' {
        for second in 'a'..='z' {
            languages.insert(format!("{first}{second}.toml"), english.clone());
        }
    }
    vec![
        texts("TOML tables within tables", "cannot be read", &format!("a = {}", "{a=".repeat(18_000))),
        texts("TOML lists within lists", "cannot be read", &format!("a = {}", "[".repeat(50_000))),
        texts("TOML key of 30,000 parts", "cannot be read", &format!("a{} = 1\n", ".a".repeat(30_000))),
        texts("TOML table of 30,000 parts", "cannot be read", &format!("[a{}]\n", ".a".repeat(30_000))),
        texts("7,000 texts", "more than 1000 texts", &keys),
        texts("a language file of 1 MB", "larger than 64 KB", &format!("a = '{}'", "x".repeat(1 << 20))),
        HostileMail { name: "676 languages", files: languages, told: "more than 60 languages" },
    ]
}
