//! The messages of the order API, word for word: they are also its JSON Schema.
//!
//! Values stay raw here, so that nothing but an unknown key can fail; reading them names the very field.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::order::Channel;

/// A raw value that may be missing.
type Raw<'a> = Option<&'a RawValue>;

/// What a shop tells.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message<'a> {
    /// An order as it is now. Sent again after a change, with a later `revision`.
    Order(
        #[serde(borrow)]
        #[schemars(with = "OrderMessage<'a>")]
        &'a RawValue,
    ),
    /// An order was cancelled. It may arrive before the order.
    Cancelled(#[schemars(with = "CancelledMessage<'a>")] &'a RawValue),
    /// Goods were given back.
    Refund(#[schemars(with = "RefundMessage<'a>")] &'a RawValue),
}

/// An order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Order")]
pub(super) struct OrderMessage<'a> {
    /// The shop's order number, unique within the shop.
    #[serde(borrow)]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) number: Raw<'a>,
    /// When the order was last changed; the newest revision wins.
    #[schemars(with = "Moment")]
    pub(super) revision: Raw<'a>,
    /// When it was bought.
    #[schemars(with = "Moment")]
    pub(super) placed_at: Raw<'a>,
    /// When it reached the buyer.
    #[schemars(with = "Option<Moment>")]
    pub(super) delivered_at: Raw<'a>,
    /// Where it was bought; `online` if missing.
    #[schemars(with = "Option<Channel>")]
    pub(super) channel: Raw<'a>,
    /// How far the payment is. Only a paid order leads to mail.
    #[schemars(with = "PaymentWord")]
    pub(super) payment: Raw<'a>,
    /// Whether it is a test order, which leads to no mail.
    #[schemars(with = "Option<bool>")]
    pub(super) test: Raw<'a>,
    /// When it was cancelled.
    #[schemars(with = "Option<Moment>")]
    pub(super) cancelled_at: Raw<'a>,
    /// The currency of all prices (ISO 4217); the shop's own if missing.
    #[schemars(with = "Option<String>", length(equal = 3))]
    pub(super) currency: Raw<'a>,
    /// Who bought.
    #[schemars(with = "Option<CustomerMessage<'a>>")]
    pub(super) customer: Raw<'a>,
    /// The consent to marketing mail that was given with this order.
    #[schemars(with = "Option<ConsentMessage<'a>>")]
    pub(super) consent: Raw<'a>,
    /// What was bought.
    #[schemars(with = "Vec<LineMessage<'a>>", length(max = 1000))]
    pub(super) lines: Raw<'a>,
    /// What was given back so far.
    #[schemars(with = "Option<Vec<RefundEntry<'a>>>", length(max = 1000))]
    pub(super) refunds: Raw<'a>,
    /// The coupon codes that were used.
    #[schemars(with = "Option<Vec<String>>", length(max = 1000))]
    pub(super) codes_used: Raw<'a>,
}

/// Who bought.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Customer")]
pub(super) struct CustomerMessage<'a> {
    /// The address; without one no mail goes out.
    #[serde(borrow)]
    #[schemars(with = "Option<String>", extend("format" = "email"))]
    pub(super) email: Raw<'a>,
    /// The shop's number of the customer.
    #[schemars(with = "Option<String>")]
    pub(super) number: Raw<'a>,
    /// Her first name.
    #[schemars(with = "Option<String>")]
    pub(super) first_name: Raw<'a>,
    /// Her language, such as `de` or `fr-CH`.
    #[schemars(with = "Option<String>")]
    pub(super) language: Raw<'a>,
    /// The country it goes to (ISO 3166-1, two letters).
    #[schemars(with = "Option<String>", length(equal = 2))]
    pub(super) country: Raw<'a>,
}

/// The proof of a consent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Consent")]
pub(super) struct ConsentMessage<'a> {
    /// When it was given.
    #[serde(borrow)]
    #[schemars(with = "Moment")]
    pub(super) at: Raw<'a>,
    /// Where it was given, such as `checkout`.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) source: Raw<'a>,
    /// Which text was shown.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) text_version: Raw<'a>,
}

/// One product of an order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Line")]
pub(super) struct LineMessage<'a> {
    /// Unique within the order.
    #[serde(borrow)]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) id: Raw<'a>,
    /// The stock keeping unit.
    #[schemars(with = "Option<String>")]
    pub(super) sku: Raw<'a>,
    /// The id of the product in the shop's feed.
    #[schemars(with = "Option<String>")]
    pub(super) product_id: Raw<'a>,
    /// The name on the receipt; cut at 150 characters.
    #[schemars(with = "Option<String>")]
    pub(super) title: Raw<'a>,
    /// Pieces bought.
    #[schemars(with = "u32", range(min = 0, max = 100_000))]
    pub(super) quantity: Raw<'a>,
    /// Price of one piece, such as `"39.00"`.
    #[schemars(with = "Decimal")]
    pub(super) unit_price: Raw<'a>,
}

/// Goods given back, listed in an order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RefundEntry")]
pub(super) struct RefundEntry<'a> {
    /// Unique within the order.
    #[serde(borrow)]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) id: Raw<'a>,
    /// When.
    #[schemars(with = "Option<Moment>")]
    pub(super) at: Raw<'a>,
    /// Pieces by line.
    #[schemars(with = "Vec<PiecesMessage<'a>>", length(max = 1000))]
    pub(super) lines: Raw<'a>,
}

/// Pieces of one line given back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pieces")]
pub(super) struct PiecesMessage<'a> {
    /// The line's id.
    #[serde(borrow)]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) line: Raw<'a>,
    /// How many.
    #[schemars(with = "u32", range(min = 0, max = 100_000))]
    pub(super) pieces: Raw<'a>,
}

/// An order was cancelled.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cancelled")]
pub(super) struct CancelledMessage<'a> {
    /// The order's number.
    #[serde(borrow)]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) number: Raw<'a>,
    /// When.
    #[schemars(with = "Moment")]
    pub(super) at: Raw<'a>,
}

/// Goods given back, told alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Refund")]
pub(super) struct RefundMessage<'a> {
    /// The order's number.
    #[serde(borrow)]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) number: Raw<'a>,
    /// Unique within the order.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) id: Raw<'a>,
    /// When.
    #[schemars(with = "Option<Moment>")]
    pub(super) at: Raw<'a>,
    /// Pieces by line.
    #[schemars(with = "Vec<PiecesMessage<'a>>", length(max = 1000))]
    pub(super) lines: Raw<'a>,
}

/// How far the payment is.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Payment")]
pub(super) enum PaymentWord {
    /// Not paid yet.
    Pending,
    /// Paid.
    Paid,
    /// Given back whole.
    Refunded,
}

/// A moment with its offset (RFC 3339).
#[derive(JsonSchema)]
#[schemars(transparent, extend("format" = "date-time"))]
#[expect(dead_code, reason = "it only describes a text in the schema")]
struct Moment(String);

/// An amount with a dot, in quotes or as a bare number.
#[derive(JsonSchema)]
#[schemars(extend("type" = ["string", "number"], "pattern" = r"^-?[0-9]+(\.[0-9]+)?$"), transparent)]
#[expect(dead_code, reason = "it only describes a text in the schema")]
struct Decimal(String);
