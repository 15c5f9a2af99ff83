//! Nachklang's own order API: for any shop system that can send JSON, signed by Standard Webhooks.
//!
//! A body is one of three messages: `{"order":{…}}`, `{"cancelled":{…}}`, `{"refund":{…}}`. Unknown keys are refused
//! by name, so that a misspelt optional field is noticed on the first day and not when a mail is wrong.

mod buyer;
mod message;
mod order;

use std::collections::BTreeMap;

use crate::id::{OrderKey, OrderNumber, Source};
use crate::order::OrderEvent;

use super::document::Document;
use super::endpoint::Endpoint;
use super::error::Unreadable;
use super::json::Value;
use super::{Note, Received};
use message::{CancelledMessage, Message, RefundMessage};

/// The topic of the path `/webhooks/{shop}/api/orders`.
pub const TOPIC: &str = "orders";

/// The JSON Schema of a body (draft 2020-12).
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Message<'static>).to_value()
}

/// Reads a verified body.
///
/// # Errors
/// [`Unreadable`] names the field, what is wrong with it and what to do.
pub fn parse(body: &Document<'_>, endpoint: &Endpoint) -> Result<Received, Unreadable> {
    let mut notes = Vec::new();
    let body = Value::body(body);
    let message = body.required(body.word(
        "is none of the three messages",
        "send one object with exactly one key: order, cancelled or refund",
    )?)?;
    let event = match message {
        Message::Order(told) => order_event(&body.part("order", Some(told)), endpoint, &mut notes)?,
        Message::Cancelled(told) => cancelled_event(&body.part("cancelled", Some(told)), endpoint)?,
        Message::Refund(told) => refund_event(&body.part("refund", Some(told)), endpoint)?,
    };
    Ok(Received { events: vec![event], notes })
}

fn order_event(
    place: &Value<'_>,
    endpoint: &Endpoint,
    notes: &mut Vec<Note>,
) -> Result<OrderEvent, Unreadable> {
    let order: message::OrderMessage<'_> = place.required(place.shape()?)?;
    Ok(OrderEvent {
        key: key(&place.part("number", order.number), endpoint)?,
        cancelled_at: place.part("cancelled_at", order.cancelled_at).time()?,
        refunds: order::refunds(&place.part("refunds", order.refunds))?,
        snapshot: Some(order::snapshot(place, &order, endpoint.currency(), notes)?),
    })
}

fn cancelled_event(place: &Value<'_>, endpoint: &Endpoint) -> Result<OrderEvent, Unreadable> {
    let cancelled: CancelledMessage<'_> = place.required(place.shape()?)?;
    let at = place.part("at", cancelled.at);
    Ok(OrderEvent {
        key: key(&place.part("number", cancelled.number), endpoint)?,
        snapshot: None,
        cancelled_at: Some(at.required(at.time()?)?),
        refunds: BTreeMap::new(),
    })
}

fn refund_event(place: &Value<'_>, endpoint: &Endpoint) -> Result<OrderEvent, Unreadable> {
    let refund: RefundMessage<'_> = place.required(place.shape()?)?;
    let id = place.part("id", refund.id);
    let at = place.part("at", refund.at);
    let lines = place.part("lines", refund.lines);
    Ok(OrderEvent {
        key: key(&place.part("number", refund.number), endpoint)?,
        snapshot: None,
        cancelled_at: None,
        refunds: BTreeMap::from([order::refund(&id, &at, &lines)?]),
    })
}

fn key(number: &Value<'_>, endpoint: &Endpoint) -> Result<OrderKey, Unreadable> {
    let wrong = || number.unreadable("is no order number", "send 1 to 128 bytes without control characters");
    Ok(OrderKey {
        shop: endpoint.shop().clone(),
        source: Source::parse(endpoint.wire().path()).map_err(|_| wrong())?,
        number: OrderNumber::parse(&number.required(number.text()?)?).map_err(|_| wrong())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::EmailAddress;
    use crate::id::ShopId;
    use crate::money::{Currency, Money};
    use crate::order::{Channel, OrderSnapshot, Payment};
    use crate::secret::SecretBytes;
    use crate::webhook::endpoint::Wire;
    use crate::webhook::fixtures::{API_ORDER, API_SMALLEST_ORDER};
    use crate::webhook::guard;

    fn read(body: &str) -> Result<Received, Unreadable> {
        let secrets = [SecretBytes::new(b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_vec())];
        let shop = ShopId::parse("ch").unwrap();
        let endpoint = Endpoint::new(shop, Wire::OrderApi, &secrets, Currency::CHF).unwrap();
        parse(&guard::check(body.as_bytes()).unwrap(), &endpoint)
    }

    fn event(body: &str) -> OrderEvent {
        read(body).unwrap().events.remove(0)
    }

    fn snapshot(body: &str) -> OrderSnapshot {
        event(body).snapshot.unwrap()
    }

    /// The full order with one field changed; `value` is JSON.
    fn with(field: &str, value: &str) -> String {
        let mut order: serde_json::Value = serde_json::from_str(API_ORDER).unwrap();
        *order.pointer_mut(field).unwrap() = serde_json::from_str(value).unwrap();
        order.to_string()
    }

    #[test]
    fn an_order_is_mapped_field_by_field() {
        let event = event(API_ORDER);
        assert_eq!(event.key.to_string(), "ch/api/CH-1001");
        assert_eq!(event.cancelled_at.unwrap().to_string(), "2026-11-06T08:00:00Z");
        let order = event.snapshot.unwrap();
        assert_eq!(order.revision.to_string(), "2026-11-02T09:12:00Z");
        assert_eq!(order.placed_at.to_string(), "2026-11-02T09:10:00Z");
        assert_eq!(order.delivered_at.unwrap().to_string(), "2026-11-05T14:00:00Z");
        assert_eq!((order.channel, order.payment, order.test), (Channel::Retail, Payment::Paid, true));
        assert_eq!(order.email.as_ref().map(EmailAddress::expose), Some("mira@example.com"));
        assert_eq!(order.customer_number.as_deref(), Some("K-7"));
        assert_eq!(order.first_name.as_deref(), Some("Mira"));
        assert_eq!(order.language.unwrap().as_str(), "de");
        assert_eq!(order.country.unwrap().as_str(), "CH");
        assert_eq!(order.codes_used, ["Mond 10"]);
        let consent = order.consent.unwrap();
        assert_eq!(
            (consent.at.to_string().as_str(), consent.source.as_str(), consent.text_version.as_str()),
            ("2026-11-02T09:10:00Z", "checkout", "2026-10")
        );
    }

    #[test]
    fn lines_and_refunds_keep_their_ids_and_exact_prices() {
        let event = event(API_ORDER);
        let lines = event.snapshot.unwrap().lines;
        assert_eq!((lines[0].id.as_str(), lines[0].title.as_str()), ("1", "Ohrstecker Mond"));
        assert_eq!(lines[0].product_ids[0].as_str(), "LUN-CC-001");
        let eur = |minor| Money::new(minor, Currency::EUR);
        assert_eq!((lines[0].unit_price, lines[1].unit_price), (eur(3_900), eur(1_250)));
        assert_eq!((lines[0].quantity, lines[1].quantity), (2, 1));
        let (id, refund) = event.refunds.first_key_value().unwrap();
        assert_eq!((id.as_str(), refund.pieces[&lines[0].id]), ("r1", 1));
    }

    #[test]
    fn optional_fields_may_be_missing_and_the_currency_is_then_the_shops() {
        let order = snapshot(API_SMALLEST_ORDER);
        assert_eq!((order.channel, order.payment, order.test), (Channel::Online, Payment::Pending, false));
        assert_eq!(order.lines[0].unit_price, Money::new(3_900, Currency::CHF));
        assert_eq!((order.email, order.consent, order.delivered_at), (None, None, None));
    }

    #[test]
    fn a_cancellation_and_a_refund_come_alone_and_before_their_order() {
        let cancelled = event(r#"{"cancelled":{"number":"CH-1001","at":"2026-11-06T08:00:00Z"}}"#);
        assert_eq!(cancelled.cancelled_at.unwrap().to_string(), "2026-11-06T08:00:00Z");
        let refund = event(
            r#"{"refund":{"number":"CH-1001","id":"r1","at":null,"lines":[{"line":"1","pieces":1},{"line":"1","pieces":2}]}}"#,
        );
        assert_eq!(cancelled.key, refund.key);
        assert!(cancelled.snapshot.is_none() && refund.snapshot.is_none());
        let pieces: Vec<_> = refund.refunds.values().flat_map(|refund| refund.pieces.values()).collect();
        assert_eq!(pieces, [&3]);
    }

    #[test]
    fn an_unknown_key_is_refused_at_any_depth_with_what_may_stand_there() {
        for (body, place, expected) in [
            (r#"{"cancelled":{"why":1}}"#.to_owned(), "cancelled", "`number`"),
            (r#"{"refund":{"why":1}}"#.to_owned(), "refund", "`number`"),
            (API_ORDER.replace("\"revision\"", "\"revison\""), "order", "`revision`"),
            (API_ORDER.replace("\"first_name\"", "\"firstname\""), "order.customer", "`first_name`"),
            (API_ORDER.replace("\"unit_price\": 12.5", "\"price\": 12.5"), "order.lines[1]", "`unit_price`"),
            (API_ORDER.replace("\"pieces\"", "\"count\""), "order.refunds[0].lines[0]", "`pieces`"),
            (API_ORDER.replace("\"text_version\"", "\"text\""), "order.consent", "`text_version`"),
        ] {
            let unreadable = read(&body).unwrap_err();
            assert_eq!(unreadable.field, place);
            let problem = &unreadable.problem;
            assert!(
                problem.contains("an unknown field, expected") && problem.contains(expected),
                "{unreadable}"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_not_told_for_it_may_name_somebody() {
        for key in
            ["mira@example.com", "Mira Meer", "Mira", "MIRA-7", "`, expected `mira", &"mira".repeat(20)]
        {
            let body = serde_json::json!({ "cancelled": { key: 1 } }).to_string();
            let told = read(&body).unwrap_err().to_string();
            assert!(
                told.contains("an unknown field, expected") && !told.to_lowercase().contains("mira"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_value_that_must_be_there_is_named_with_its_place() {
        for (field, value, place) in [
            ("/order/number", "null", "order.number"),
            ("/order/number", "7", "order.number"),
            ("/order/number", "\"a\\u0000b\"", "order.number"),
            ("/order/revision", "\"2026-11-02\"", "order.revision"),
            ("/order/placed_at", "null", "order.placed_at"),
            ("/order/payment", "\"perhaps\"", "order.payment"),
            ("/order/payment", "null", "order.payment"),
            ("/order/channel", "\"moon\"", "order.channel"),
            ("/order/currency", "\"Franken\"", "order.currency"),
            ("/order/customer", "[]", "order.customer"),
            ("/order/consent/at", "null", "order.consent.at"),
        ] {
            assert_eq!(read(&with(field, value)).unwrap_err().field, place, "{field} = {value}");
        }
    }

    #[test]
    fn a_line_refund_or_code_that_cannot_be_read_is_named_with_its_place() {
        for (field, value, place) in [
            ("/order/lines", "[]", "order.lines"),
            ("/order/lines/1/id", "\"1\"", "order.lines"),
            ("/order/lines/1/quantity", "100001", "order.lines[1].quantity"),
            ("/order/lines/1/quantity", "-1", "order.lines[1].quantity"),
            ("/order/lines/1/unit_price", "\"1e3\"", "order.lines[1].unit_price"),
            ("/order/lines/1/unit_price", "0.005", "order.lines[1].unit_price"),
            ("/order/refunds/0/id", "\"\"", "order.refunds[0].id"),
            ("/order/refunds/0/lines/0/pieces", "null", "order.refunds[0].lines[0].pieces"),
            ("/order/codes_used", "[7]", "order.codes_used[0]"),
        ] {
            assert_eq!(read(&with(field, value)).unwrap_err().field, place, "{field} = {value}");
        }
        assert_eq!(snapshot(&with("/order/lines/1/quantity", "100000")).lines[1].quantity, 100_000);
    }

    #[test]
    fn a_body_that_is_not_exactly_one_message_is_refused() {
        for body in ["{}", "[]", "7", "\"order\"", r#"{"invoice":{}}"#, r#"{"order":{},"refund":{}}"#] {
            assert_eq!(read(body).unwrap_err().field, "body", "{body}");
        }
        for body in [r#"{"order":null}"#, r#"{"order":[]}"#] {
            assert_eq!(read(body).unwrap_err().field, "order", "{body}");
        }
    }

    #[test]
    fn no_complaint_repeats_an_address_or_a_name() {
        for field in [
            "/order/number",
            "/order/revision",
            "/order/payment",
            "/order/test",
            "/order/currency",
            "/order/customer",
            "/order/consent",
            "/order/lines",
            "/order/lines/0",
            "/order/lines/0/quantity",
            "/order/lines/0/unit_price",
            "/order/customer/email",
            "/order/customer/language",
            "/order/customer/country",
        ] {
            let told = match read(&with(field, "\"mira at example\"")) {
                Ok(received) => format!("{:?}", received.notes),
                Err(unreadable) => unreadable.to_string(),
            };
            assert!(!told.contains("mira"), "{field}: {told}");
        }
    }

    #[test]
    fn an_unreadable_address_is_noted_and_the_order_taken() {
        let received = read(&with("/order/customer/email", "\"nobody\"")).unwrap();
        assert_eq!(received.events[0].snapshot.as_ref().unwrap().email, None);
        assert_eq!(received.notes[0].field, "order.customer.email");
    }

    #[test]
    fn the_schema_names_every_message_and_what_must_be_there() {
        let schema = json_schema();
        let messages: Vec<_> =
            schema["oneOf"].as_array().unwrap().iter().map(|one| &one["required"][0]).collect();
        assert_eq!(messages, ["order", "cancelled", "refund"]);
        let order = &schema["$defs"]["Order"];
        assert_eq!(
            order["required"],
            serde_json::json!(["number", "revision", "placed_at", "payment", "lines"])
        );
        assert_eq!(order["additionalProperties"], serde_json::json!(false));
        assert_eq!(schema["$defs"]["Line"]["required"], serde_json::json!(["id", "quantity", "unit_price"]));
    }
}
