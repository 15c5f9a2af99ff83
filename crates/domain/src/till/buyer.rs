//! The buyer, as the rows of a receipt tell.

use crate::consent::ConsentProof;
use crate::delimited::{Row, is_spreadsheet_damage};
use crate::email::EmailAddress;
use crate::language::{Country, Language};
use crate::report::FileReport;
use crate::text::clean_line;

use super::config::TillField;
use super::country;
use super::row::RowParser;

/// Longest first name, customer number and consent text that is kept, in characters.
const MAX_TEXT: usize = 100;

/// Who bought. Nothing of it is needed; what cannot be read is left out and reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Buyer {
    pub(super) email: Option<EmailAddress>,
    pub(super) customer_number: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) country: Option<Country>,
    pub(super) language: Option<Language>,
    pub(super) consent: Option<ConsentProof>,
}

/// The fields that tell of the buyer.
const FIELDS: [TillField; 8] = [
    TillField::Customer,
    TillField::Email,
    TillField::FirstName,
    TillField::Country,
    TillField::Language,
    TillField::ConsentAt,
    TillField::ConsentText,
    TillField::ConsentSource,
];

impl Buyer {
    /// What a row says of the buyer, word for word: rows that say the same need reading once.
    pub(super) fn words(parser: &RowParser<'_>, row: Row<'_>) -> String {
        let mut words = String::new();
        for field in FIELDS {
            words.push_str(parser.layout.text(row, field));
            // No field of a row holds it, see `RowProblem::Nul`.
            words.push('\0');
        }
        words
    }

    /// Reads the buyer out of a row.
    pub(super) fn parse(parser: &RowParser<'_>, row: Row<'_>, report: &mut FileReport) -> Self {
        let text = |field| parser.layout.text(row, field);
        let customer = text(TillField::Customer);
        let address = match text(TillField::Email) {
            "" if customer.contains('@') => customer,
            address => address,
        };
        Self {
            email: email(address, row.line(), report),
            customer_number: customer_number(customer, row.line(), report),
            first_name: Some(clean_line(text(TillField::FirstName), MAX_TEXT))
                .filter(|name| !name.is_empty()),
            country: country::parse(text(TillField::Country)),
            language: language(parser, row, report),
            consent: consent(parser, row, report),
        }
    }

    /// Takes over what another row of the receipt tells and this one does not; says of two different addresses.
    pub(super) fn fill(&mut self, other: Self, line: u64, report: &mut FileReport) {
        let different = |one: &EmailAddress, other: &EmailAddress| one.normalised() != other.normalised();
        if let (Some(one), Some(other)) = (&self.email, &other.email)
            && different(one, other)
        {
            report.warning(
                line,
                "the receipt has two e-mail addresses; the first was taken",
                "check the receipt; if numbers repeat by store or day, set receipts_unique_per in [till]",
            );
        }
        self.email = self.email.take().or(other.email);
        self.customer_number = self.customer_number.take().or(other.customer_number);
        self.first_name = self.first_name.take().or(other.first_name);
        self.country = self.country.or(other.country);
        self.language = self.language.or(other.language);
        self.consent = self.consent.take().or(other.consent);
    }
}

fn email(text: &str, line: u64, report: &mut FileReport) -> Option<EmailAddress> {
    if text.is_empty() {
        return None;
    }
    EmailAddress::parse(text)
        .inspect_err(|invalid| {
            report.warning(
                line,
                invalid.to_string(),
                "correct the address and upload the row again; until then the receipt leads to no mail",
            );
        })
        .ok()
}

/// A spreadsheet writes whole numbers as `17850.0` where some rows of the column are empty.
fn customer_number(text: &str, line: u64, report: &mut FileReport) -> Option<String> {
    if is_spreadsheet_damage(text) {
        let problem = "a spreadsheet has damaged the customer number; it was left out";
        report.warning(line, problem, "export the file again with the column formatted as text");
        return None;
    }
    let whole = text.strip_suffix(".0").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number = clean_line(whole.unwrap_or(text), MAX_TEXT);
    (!number.is_empty() && !number.contains('@')).then_some(number)
}

/// The row's language, else that of the country in the shop file.
fn language(parser: &RowParser<'_>, row: Row<'_>, report: &mut FileReport) -> Option<Language> {
    let country = parser.layout.text(row, TillField::Country);
    match parser.layout.text(row, TillField::Language) {
        "" => parser.languages.of(country),
        tag => Language::parse(tag).ok().or_else(|| {
            let problem = "the language is no tag such as de; that of the country was taken";
            report.warning(row.line(), problem, "write the language in two letters");
            parser.languages.of(country)
        }),
    }
}

/// A consent counts with its time and its text only; without them it proves nothing.
fn consent(parser: &RowParser<'_>, row: Row<'_>, report: &mut FileReport) -> Option<ConsentProof> {
    let text = |field| clean_line(parser.layout.text(row, field), MAX_TEXT);
    let (at, version, source) =
        (text(TillField::ConsentAt), text(TillField::ConsentText), text(TillField::ConsentSource));
    if at.is_empty() && version.is_empty() {
        return None;
    }
    let at = parser.timestamp(row, TillField::ConsentAt).filter(|_| !version.is_empty());
    if at.is_none() {
        let problem = "the consent has no readable time or no text; it was left out";
        report.warning(row.line(), problem, "fill consent_at and consent_text of the row");
    }
    Some(ConsentProof {
        at: at?,
        source: Some(source).filter(|source| !source.is_empty()).unwrap_or_else(|| "till".to_owned()),
        text_version: version,
    })
}
