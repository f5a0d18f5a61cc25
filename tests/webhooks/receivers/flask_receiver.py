"""A partner's webhook receiver in Flask: signature over the raw bytes, then openapi-core on the document.

Prints its port, then one line of JSON for each delivery. Sessions that are not known by heart are asked for
at the API. Usage: flask_receiver.py PUBLIC_KEY[,PUBLIC_KEY] PARTNER API_URL CREDENTIALS DOCUMENT
"""

from __future__ import annotations

import base64
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from flask import Flask, request
from openapi_core import OpenAPI, V31WebhookRequestValidator
from openapi_core.contrib.flask import FlaskOpenAPIRequest
from werkzeug.serving import make_server

PUBLIC_KEYS = [load_pem_public_key(Path(name).read_bytes()) for name in sys.argv[1].split(",")]
PARTNER, API = sys.argv[2:4]
CREDENTIALS = Path(sys.argv[4])
DOCUMENT = json.loads(Path(sys.argv[5]).read_text())
PRIVATE_KEY = load_pem_private_key((CREDENTIALS / "private_key.pem").read_bytes(), None)
VALIDATOR = V31WebhookRequestValidator(OpenAPI.from_dict(DOCUMENT).spec)
SESSIONS: set[str] = set()
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
    if not any(verifies(key, timestamp) for key in PUBLIC_KEYS if isinstance(key, RSAPublicKey)):
        return "bad signature"
    age = (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds()
    if abs(age) > 300:
        return "stale timestamp"
    data = json.loads(request.get_data())["data"]
    if data["partnerName"] != PARTNER:
        return "another partner"
    if not is_ours(data["sessionId"]):
        return "unknown session"
    if data["eventType"] not in DOCUMENT["webhooks"]:
        return None  # what a later version of the document may tell
    return "; ".join(str(error) for error in VALIDATOR.iter_errors(Webhook(request))) or None


def verifies(key: RSAPublicKey, timestamp: str) -> bool:
    """Whether the signature is one by this key over these very bytes."""
    try:
        signature = base64.b64decode(request.headers.get("StableMint-Signature", ""), validate=True)
        key.verify(signature, f"{timestamp},".encode() + request.get_data(), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


def is_ours(session: str) -> bool:
    """Whether this partner has created the session."""
    if session not in SESSIONS:
        assert isinstance(PRIVATE_KEY, RSAPrivateKey)
        timestamp = str(int(time.time()))
        signed = f"{timestamp},{(CREDENTIALS / 'api_secret').read_text()},".encode()
        headers = {
            "ApiKey": (CREDENTIALS / "api_key").read_text(),
            "Timestamp": timestamp,
            "Signature": base64.b64encode(PRIVATE_KEY.sign(signed, PKCS1v15(), SHA256())).decode(),
        }
        try:
            with urlopen(Request(f"{API}/session/{session}", headers=headers)):
                SESSIONS.add(session)
        except HTTPError as error:
            error.close()
            if error.code != 404:
                raise
    return session in SESSIONS


@app.post("/hook")
def receive() -> tuple[str, int]:
    """Acknowledge what is genuine, and note whether it came before."""
    fault = judge()
    event: dict[str, Any] = json.loads(request.get_data()) if fault is None else {"data": {}}
    repeated = event.get("eventId") in SEEN
    SEEN.add(event.get("eventId", ""))
    line = {"fault": fault, "repeated": repeated, "eventId": event.get("eventId")}
    # One piece, since threads share the stream.
    print(json.dumps(line | {"type": event["data"].get("eventType")}) + "\n", end="", flush=True)
    return "", 204 if fault is None else 400


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()
