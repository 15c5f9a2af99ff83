"""The same work as `subject measure` does, as a Python function does it: prints nanoseconds of processor time a pass.

    peer.py <folder of subject export> webhook | render | message
"""

import base64
import email.policy
import hashlib
import hmac
import html
import json
import re
import statistics
import sys
import time
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

from jinja2 import Environment, StrictUndefined

ROUNDS = 5


def middle(passes, work):
    def one():
        before = time.process_time_ns()
        for _ in range(passes):
            work()
        return (time.process_time_ns() - before) // passes

    one()
    return int(statistics.median(one() for _ in range(ROUNDS)))


def read_order(told):
    """Verifies and reads: what a handler needs of an order."""
    body = told["body"].encode()
    secret = told["secret"].encode()

    def work():
        made = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(made, told["signature"]):
            raise ValueError("the signature is wrong")
        order = json.loads(body)
        return {
            "number": str(order["id"]),
            "email": order["email"].strip().lower(),
            "currency": order["currency"],
            "placed_at": order["processed_at"],
            "lines": [
                (line["sku"], line["title"], line["quantity"], Decimal(line["price"])) for line in order["line_items"]
            ],
        }

    assert work()["lines"][0][0] == "CC-001"
    return work


class Mail:
    """The published templates, parsed once; filled with one reader's data."""

    def __init__(self, folder):
        mail = json.loads((folder / "mail.json").read_text())
        plain = Environment(autoescape=False, undefined=StrictUndefined)
        page = Environment(autoescape=True, undefined=StrictUndefined)
        source = mail["templates"]
        self.parts = {name: plain.from_string(source[name]) for name in ("subject", "preheader", "text")}
        self.parts["html"] = page.from_string(source["html"])
        self.data = mail["data"]
        for name, expected in mail["rendered"].items():
            assert seen(self.render()[name]) == seen(expected), f"the {name} differs"

    def render(self):
        return {name: part.render(self.data) for name, part in self.parts.items()}

    def message(self):
        rendered = self.render()
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = "Lunaria <post@lunaria.example>"
        message["To"] = "mira@example.com"
        message["Reply-To"] = "hallo@lunaria.example"
        message["Subject"] = rendered["subject"]
        message["List-Unsubscribe"] = "<https://mail.lunaria.example/u/3f9a1c07b2d84e6f>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(rendered["text"])
        message.add_alternative(rendered["html"], subtype="html")
        return message.as_bytes()


def seen(text):
    """What a reader sees: engines escape and break lines differently."""
    return re.sub(r"\s+", "", html.unescape(text))


def main():
    folder, work = Path(sys.argv[1]), sys.argv[2]
    if work == "webhook":
        spent = middle(5_000, read_order(json.loads((folder / "webhook.json").read_text())))
    elif work == "render":
        spent = middle(500, Mail(folder).render)
    elif work == "message":
        spent = middle(100, Mail(folder).message)
    else:
        sys.exit(f"{work} is not done here")
    print(spent)


if __name__ == "__main__":
    main()
