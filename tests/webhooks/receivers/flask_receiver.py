"""A partner's webhook receiver in Flask: signature over the raw bytes, then openapi-core on the document.

Prints its port, then one line of JSON for each delivery. Usage: flask_receiver.py PUBLIC_KEY DOCUMENT
"""

from __future__ import annotations

import base64
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Flask, request
from openapi_core import OpenAPI, V31WebhookRequestValidator
from openapi_core.contrib.flask import FlaskOpenAPIRequest
from werkzeug.serving import make_server

PUBLIC_KEY = load_pem_public_key(Path(sys.argv[1]).read_bytes())
VALIDATOR = V31WebhookRequestValidator(OpenAPI.from_dict(json.loads(Path(sys.argv[2]).read_text())).spec)
SEEN: set[str] = set()

app = Flask(__name__)


class Webhook(FlaskOpenAPIRequest):
    """A Flask request that is named by the type of its event, as the document's `webhooks` are."""

    @property
    def name(self) -> str:
        return str(json.loads(self.request.get_data())["data"]["eventType"])


def judge() -> str | None:
    """What is wrong with the delivery; None if nothing is."""
    timestamp = request.headers.get("StableMint-Timestamp", "")
    signed = f"{timestamp},".encode() + request.get_data()
    try:
        signature = base64.b64decode(request.headers.get("StableMint-Signature", ""), validate=True)
        PUBLIC_KEY.verify(signature, signed, PKCS1v15(), SHA256())  # type: ignore[union-attr, call-arg, arg-type]
    except (ValueError, InvalidSignature):
        return "bad signature"
    age = (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds()
    if abs(age) > 300:
        return "stale timestamp"
    faults = [str(error) for error in VALIDATOR.iter_errors(Webhook(request))]
    return "; ".join(faults) or None


@app.post("/hook")
def receive() -> tuple[str, int]:
    """Acknowledge what is genuine, and note whether it came before."""
    fault = judge()
    event = json.loads(request.get_data()) if fault is None else {}
    repeated = event.get("eventId") in SEEN
    SEEN.add(event.get("eventId", ""))
    line = {"fault": fault, "repeated": repeated, "eventId": event.get("eventId")}
    print(json.dumps(line | {"type": event.get("data", {}).get("eventType")}), flush=True)
    return "", 204 if fault is None else 400


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=False)
    print(server.server_port, flush=True)
    server.serve_forever()
