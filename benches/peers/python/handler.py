"""A webhook handler as one writes it with boto3: verifies, reads, and writes order, person and due entry under conditions.

It makes the same calls as `shop-webhook`: two reads, three writes. Prints nanoseconds of processor time a webhook. Started by
`subject-aws handler`, which tells it tables and endpoint by its environment.
"""

import base64
import hashlib
import hmac
import json
import os
import statistics
import time
from datetime import datetime, timedelta

import boto3
from botocore.exceptions import ClientError

WEBHOOKS, ROUNDS = int(os.environ["PEER_WEBHOOKS"]), 4
SECRET = os.environ["PEER_SECRET"].encode()
TABLES = {name: os.environ[f"NACHKLANG_TABLE_{name}"] for name in ("ORDERS", "CONTACTS", "DUE")}
dynamo = boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def text(value):
    return {"S": value}


def load(table, key):
    found = dynamo.get_item(TableName=TABLES[table], Key=key).get("Item")
    return (json.loads(found["body"]["S"]), int(found["version"]["N"])) if found else (None, 0)


def save(table, key, body, version):
    item = {**key, "body": text(json.dumps(body)), "version": {"N": str(version + 1)}}
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    if version:
        condition = {
            "ConditionExpression": "version = :known",
            "ExpressionAttributeValues": {":known": {"N": str(version)}},
        }
    dynamo.put_item(TableName=TABLES[table], Item=item, **condition)


def handle(event):
    body = event["body"].encode()
    made = base64.b64encode(hmac.new(SECRET, body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(made, event["headers"]["x-shopify-hmac-sha256"]):
        return {"statusCode": 401}
    told = json.loads(body)
    address = told["email"].strip().lower()
    person = hmac.new(b"the contact key of the peer", address.encode(), hashlib.sha256).hexdigest()[:32]
    order = {
        "email": address,
        "currency": told["currency"],
        "placed_at": told["processed_at"],
        "lines": [
            {name: line[name] for name in ("id", "sku", "title", "quantity", "price")} for line in told["line_items"]
        ],
        "person": person,
    }
    order_key = {"pk": text(f"peer#shopify#{told['id']}"), "sk": text("order")}
    person_key = {"pk": text(f"peer#{person}"), "sk": text("contact")}
    known, order_version = load("ORDERS", order_key)
    if known == order:
        return {"statusCode": 200}
    contact, contact_version = load("CONTACTS", person_key)
    contact = contact or {"email": address, "orders": []}
    contact["orders"].append(told["id"])
    due = (datetime.fromisoformat(told["processed_at"]) + timedelta(days=12)).date().isoformat()
    place = {"pk": text(f"peer#{due}#{int(person[:2], 16) % 8}"), "sk": text(f"{due}#{person}#{told['id']}")}
    dynamo.batch_write_item(RequestItems={TABLES["DUE"]: [{"PutRequest": {"Item": place}}]})
    try:
        save("CONTACTS", person_key, contact, contact_version)
        save("ORDERS", order_key, order, order_version)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return {"statusCode": 503}
    return {"statusCode": 200}


def event(number):
    told = json.loads(os.environ["PEER_ORDER"])
    told.update(id=9_000_000 + number, email=f"person-{number}@example.com")
    body = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    made = base64.b64encode(hmac.new(SECRET, body.encode(), hashlib.sha256).digest()).decode()
    return {"headers": {"x-shopify-hmac-sha256": made}, "body": body}


def one_round(first):
    events = [event(first + number) for number in range(WEBHOOKS)]
    before = time.process_time_ns()
    for webhook in events:
        assert handle(webhook)["statusCode"] == 200
    return (time.process_time_ns() - before) // WEBHOOKS


rounds = [one_round(number * WEBHOOKS) for number in range(ROUNDS)]
print(int(statistics.median_low(rounds[1:])))
