//! Bodies as shops send them, written for these tests: the jewellery brand Lunaria, people under example.com.

/// Bought online, one piece of two given back later.
pub(crate) const SHOPIFY_ORDER: &str = r##"{
  "id": 820982911946154509,
  "admin_graphql_api_id": "gid://shopify/Order/820982911946154509",
  "name": "#CH-1001",
  "order_number": 1001,
  "email": "",
  "contact_email": "mira@example.com",
  "buyer_accepts_marketing": true,
  "created_at": "2026-11-02T10:15:00+01:00",
  "processed_at": "2026-11-02T10:12:00+01:00",
  "updated_at": "2026-11-03T08:00:00+01:00",
  "cancelled_at": null,
  "currency": "CHF",
  "presentment_currency": "EUR",
  "customer_locale": "de-CH",
  "financial_status": "partially_refunded",
  "source_name": "web",
  "test": false,
  "order_status_url": "https://Lunaria.example/548380009/orders/b1946ac92492/authenticate?key=abc",
  "discount_codes": [{"code": "Mond 10", "amount": "7.80", "type": "percentage"}, {"code": ""}],
  "customer": {"id": 7064055069300, "email": "mira@example.com", "first_name": " Mira\r\n",
               "default_address": {"country_code": "AT"}},
  "billing_address": {"country_code": "DE"},
  "shipping_address": {"country_code": "CH", "first_name": "Mira"},
  "line_items": [
    {"id": 14105500000001, "sku": "CC-001", "variant_id": 39072856, "product_id": 632910392,
     "title": "Ohrstecker Mond", "name": "Ohrstecker Mond - Silber", "quantity": 2, "current_quantity": 1,
     "price": "39.00", "price_set": {"presentment_money": {"amount": "41.50", "currency_code": "EUR"}},
     "gift_card": false, "properties": [{"name": "Gravur", "value": "M"}]},
    {"id": 14105500000002, "sku": null, "variant_id": null, "product_id": null, "title": "", "name": "Gutschein 50",
     "quantity": 1, "current_quantity": 1, "price": 50.00, "gift_card": true},
    {"id": 14105500000003, "sku": "", "variant_id": 1, "product_id": 2, "title": "Kette Stern", "quantity": 3,
     "current_quantity": 1, "price": "120", "gift_card": false}
  ],
  "refunds": [
    {"id": 509562969, "created_at": "2026-11-03T07:59:00+01:00", "processed_at": null,
     "refund_line_items": [{"id": 1, "line_item_id": 14105500000001, "quantity": 1, "subtotal": 24.99}]}
  ]
}"##;

/// Bought at the till by somebody who gave no address.
pub(crate) const SHOPIFY_POS_ORDER: &str = r##"{
  "id": 820982911946154510,
  "admin_graphql_api_id": "gid://shopify/Order/820982911946154510",
  "email": null, "contact_email": null, "buyer_accepts_marketing": true, "customer_locale": null,
  "created_at": "2026-11-02T10:15:00+01:00", "processed_at": null, "updated_at": "2026-11-02T10:15:00+01:00",
  "cancelled_at": null, "currency": "CHF", "financial_status": "paid", "source_name": "pos",
  "order_status_url": "https://lunaria.myshopify.com/548380009/orders/b2/authenticate?key=abc",
  "line_items": [{"id": 1, "title": "Armband", "quantity": 1, "price": "80.00"}]
}"##;

/// Two pieces given back.
pub(crate) const SHOPIFY_REFUND: &str = r##"{
  "id": 929361462,
  "admin_graphql_api_id": "gid://shopify/Refund/929361462",
  "order_id": 820982911946154509,
  "created_at": "2026-11-05T12:00:00+01:00",
  "processed_at": "2026-11-05T12:01:00+01:00",
  "refund_line_items": [
    {"id": 1, "line_item_id": 14105500000003, "quantity": 1},
    {"id": 2, "line_item_id": 14105500000003, "quantity": 1},
    {"id": 3, "line_item_id": 14105500000002, "quantity": 0}
  ],
  "transactions": [{"id": 179259969, "amount": "120.00"}]
}"##;

/// An order of a shop that uses the order API, every field filled.
pub(crate) const API_ORDER: &str = r#"{"order": {
  "number": "CH-1001", "revision": "2026-11-02T09:12:00Z", "placed_at": "2026-11-02T10:10:00+01:00",
  "delivered_at": "2026-11-05T14:00:00Z", "channel": "retail", "payment": "paid", "test": true,
  "cancelled_at": "2026-11-06T08:00:00Z", "currency": "EUR",
  "customer": {"email": "mira@example.com", "number": "K-7", "first_name": "Mira", "language": "de", "country": "CH"},
  "consent": {"at": "2026-11-02T09:10:00Z", "source": "checkout", "text_version": "2026-10"},
  "lines": [
    {"id": "1", "sku": "CC-001", "product_id": "LUN-CC-001", "title": "Ohrstecker\n Mond", "quantity": 2, "unit_price": "39.00"},
    {"id": "2", "quantity": "1", "unit_price": 12.5}
  ],
  "refunds": [{"id": "r1", "at": "2026-11-06T08:00:00Z", "lines": [{"line": "1", "pieces": 1}]}],
  "codes_used": ["Mond 10"]
}}"#;

/// An order with nothing but what must be there.
pub(crate) const API_SMALLEST_ORDER: &str = r#"{"order": {
  "number": "CH-1002", "revision": "2026-11-02T09:12:00Z", "placed_at": "2026-11-02T09:10:00Z", "payment": "pending",
  "lines": [{"id": "1", "quantity": 1, "unit_price": "39.00"}]
}}"#;
