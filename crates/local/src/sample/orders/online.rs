//! The messages of the online shops over the week, as they arrive.

use jiff::Timestamp;

use super::history::{Change, Step, history};
use super::moment::{later, on_day};
use super::purchase::{Purchase, purchases};
use super::{api, shopify};
use crate::sample::random::fingerprint;
use crate::sample::shop::Platform;

/// One of so many messages is delivered twice.
const REDELIVERED: u64 = 10;
/// How much later, in seconds.
const REDELIVERY: i64 = 90;
/// The last moment of the week: Friday, 20:00 UTC.
const CLOSE: u64 = 20 * 3_600;

/// What a message is, in the words of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Shopify: `orders/create`.
    OrdersCreate,
    /// Shopify: `orders/paid`.
    OrdersPaid,
    /// Shopify: `orders/updated`.
    OrdersUpdated,
    /// Shopify: `orders/cancelled`.
    OrdersCancelled,
    /// Shopify: `refunds/create`.
    RefundsCreate,
    /// Nachklang's order API.
    Order,
}

impl Topic {
    /// Shopify's name of it (`X-Shopify-Topic`); `None` for the order API.
    #[must_use]
    pub const fn shopify(self) -> Option<&'static str> {
        match self {
            Self::OrdersCreate => Some("orders/create"),
            Self::OrdersPaid => Some("orders/paid"),
            Self::OrdersUpdated => Some("orders/updated"),
            Self::OrdersCancelled => Some("orders/cancelled"),
            Self::RefundsCreate => Some("refunds/create"),
            Self::Order => None,
        }
    }
}

/// One message of an online shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineOrder {
    /// The shop.
    pub shop: &'static str,
    /// What it is.
    pub topic: Topic,
    /// The sender's id of the message, the same when it is delivered again.
    pub delivery_id: String,
    /// The body, JSON.
    pub body: String,
    /// When it arrives.
    pub at: Timestamp,
}

/// All messages about some 200 purchases between 2026-11-02T07:00Z and 2026-11-06T20:00Z, by arrival.
#[must_use]
pub fn online_orders() -> Vec<OnlineOrder> {
    let mut messages: Vec<OnlineOrder> = purchases().iter().flat_map(messages).collect();
    let again: Vec<OnlineOrder> =
        messages.iter().filter(|message| comes_twice(message)).map(redelivered).collect();
    messages.extend(again);
    messages.retain(|message| message.at <= on_day(6, CLOSE));
    messages.sort_by_cached_key(|message| (message.at, message.delivery_id.clone()));
    messages
}

fn messages(purchase: &Purchase) -> Vec<OnlineOrder> {
    history(purchase).iter().map(|step| message(purchase, step)).collect()
}

fn message(purchase: &Purchase, step: &Step) -> OnlineOrder {
    let (topic, body) = match (purchase.shop.platform, step.change) {
        (Platform::OrderApi, _) => (Topic::Order, api::order(purchase, &step.state)),
        (Platform::Shopify, Change::Refunded) => {
            (Topic::RefundsCreate, shopify::refund(purchase, &step.state))
        }
        (Platform::Shopify, change) => (order_topic(change), shopify::order(purchase, &step.state)),
    };
    OnlineOrder {
        shop: purchase.shop.id,
        topic,
        delivery_id: delivery_id(purchase, step),
        body: body.to_string(),
        at: step.arrives_at,
    }
}

const fn order_topic(change: Change) -> Topic {
    match change {
        Change::Created => Topic::OrdersCreate,
        Change::Paid => Topic::OrdersPaid,
        Change::Updated | Change::Refunded => Topic::OrdersUpdated,
        Change::Cancelled => Topic::OrdersCancelled,
    }
}

/// Shaped as a UUID, as senders do it.
fn delivery_id(purchase: &Purchase, step: &Step) -> String {
    let (number, revision) = (purchase.number.to_string(), step.state.revision.to_string());
    let (high, low) = (fingerprint(&[&number, &revision]), fingerprint(&[&revision, &number]));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

fn comes_twice(message: &OnlineOrder) -> bool {
    fingerprint(&["twice", &message.delivery_id]).is_multiple_of(REDELIVERED)
}

fn redelivered(message: &OnlineOrder) -> OnlineOrder {
    OnlineOrder { at: later(message.at, REDELIVERY), ..message.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    fn shopify(messages: &[OnlineOrder]) -> Vec<(&OnlineOrder, Value)> {
        messages
            .iter()
            .filter(|message| message.topic != Topic::Order)
            .map(|message| (message, serde_json::from_str(&message.body).unwrap()))
            .collect()
    }

    /// Order id to the moment when a message of a topic arrived first.
    fn arrivals(messages: &[(&OnlineOrder, Value)], topic: Topic) -> BTreeMap<u64, Timestamp> {
        let of_topic = messages.iter().filter(|(message, _)| message.topic == topic).rev();
        of_topic.map(|(message, body)| (body["id"].as_u64().unwrap(), message.at)).collect()
    }

    #[test]
    fn every_message_arrives_within_the_week_and_in_order() {
        let messages = online_orders();
        assert!(messages.is_sorted_by_key(|message| message.at));
        assert!(messages[0].at >= "2026-11-02T07:00:00Z".parse().unwrap());
        assert!(messages.iter().all(|message| message.at <= "2026-11-06T20:00:00Z".parse().unwrap()));
    }

    #[test]
    fn one_of_ten_messages_comes_twice_byte_for_byte() {
        let messages = online_orders();
        let mut bodies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for message in &messages {
            bodies.entry(&message.delivery_id).or_default().insert(&message.body);
        }
        assert!(bodies.values().all(|bodies| bodies.len() == 1));
        let twice = messages.len() - bodies.len();
        assert!((messages.len() / 15..messages.len() / 7).contains(&twice), "{twice} of {}", messages.len());
    }

    #[test]
    fn both_wires_and_every_topic_occur() {
        let messages = online_orders();
        let topics: BTreeSet<Topic> = messages.iter().map(|message| message.topic).collect();
        assert_eq!(topics.len(), 6);
        for message in &messages {
            let by_api = ["ch", "es", "it"].contains(&message.shop);
            assert_eq!(by_api, message.topic == Topic::Order, "{}", message.shop);
        }
    }

    #[test]
    fn shopify_ids_do_not_fit_a_floating_point_number() {
        let messages = online_orders();
        for (_, body) in shopify(&messages) {
            assert!(body["id"].as_u64().unwrap() > 1 << 53);
        }
    }

    #[test]
    fn some_cancellations_arrive_before_their_order() {
        let messages = online_orders();
        let bodies = shopify(&messages);
        let (created, cancelled) =
            (arrivals(&bodies, Topic::OrdersCreate), arrivals(&bodies, Topic::OrdersCancelled));
        let early = cancelled.iter().filter(|(id, at)| created.get(id).is_none_or(|created| *at < created));
        assert!(early.count() >= 1);
    }

    #[test]
    fn an_older_state_arrives_after_a_newer_one_on_both_wires() {
        let messages = online_orders();
        let (mut newest, mut wires) = (BTreeMap::<String, Timestamp>::new(), BTreeSet::new());
        let mut known_deliveries = BTreeSet::new();
        for message in messages.iter().filter(|message| known_deliveries.insert(&message.delivery_id)) {
            let body: Value = serde_json::from_str(&message.body).unwrap();
            if !body["order"]["cancelled_at"].is_null() {
                continue;
            }
            let (id, revision) = match message.topic {
                Topic::Order => (body["order"]["number"].to_string(), &body["order"]["revision"]),
                Topic::RefundsCreate | Topic::OrdersCancelled => continue,
                _ => (body["id"].to_string(), &body["updated_at"]),
            };
            let revision: Timestamp = revision.as_str().unwrap().parse().unwrap();
            let known = newest.entry(id).or_insert(revision);
            if revision < *known {
                wires.insert(message.topic == Topic::Order);
            }
            *known = revision.max(*known);
        }
        assert_eq!(wires.len(), 2);
    }

    #[test]
    fn refunds_are_full_and_partial_and_name_lines_of_their_order() {
        let messages = online_orders();
        let bodies = shopify(&messages);
        let lines: BTreeMap<u64, u64> = bodies
            .iter()
            .filter(|(message, _)| message.topic == Topic::OrdersCreate)
            .flat_map(|(_, body)| body["line_items"].as_array().unwrap().clone())
            .map(|line| (line["id"].as_u64().unwrap(), line["quantity"].as_u64().unwrap()))
            .collect();
        let mut kept = BTreeSet::new();
        for (_, body) in bodies.iter().filter(|(message, _)| message.topic == Topic::RefundsCreate) {
            for line in body["refund_line_items"].as_array().unwrap() {
                let bought = lines[&line["line_item_id"].as_u64().unwrap()];
                kept.insert(bought > line["quantity"].as_u64().unwrap());
            }
        }
        assert_eq!(kept, BTreeSet::from([false, true]));
    }

    #[test]
    fn guests_tests_unpaid_orders_and_orders_without_address_occur() {
        let messages = online_orders();
        let bodies = shopify(&messages);
        let any = |name: &str, test: &dyn Fn(&Value) -> bool| {
            assert!(bodies.iter().any(|(_, body)| test(body)), "{name}");
        };
        any("guest", &|body| body["customer"].is_null() && body["email"] != "");
        any("test", &|body| body["test"] == true);
        any("unpaid", &|body| body["financial_status"] == "pending");
        any("no address", &|body| body["email"] == "");
    }
}
