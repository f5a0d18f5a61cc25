"""The stock application: Connexion's FlaskApp as it comes, with a handler that does nothing.

Its document has one operation, in OpenAPI 3.0, which Connexion validates by itself; no credentials, no store,
no idempotency. ``python -m benchmarks.stock`` serves it.
"""

from __future__ import annotations

import warnings
from typing import Any

import uvicorn

from benchmarks.serving import configure, serve

_MEMBERS = ("userCountryCode", "currency", "successUrl", "supportUrl", "exitUrl", "errorUrl")
_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": [*_MEMBERS, "amount"],
    "properties": {
        **{name: {"type": "string", "minLength": 2, "maxLength": 2048} for name in _MEMBERS},
        "amount": {"type": "number", "minimum": 0.1, "maximum": 1_000_000},
        "idempotencyKey": {"type": "string", "minLength": 1, "maxLength": 255},
        "websiteReference": {"type": "string", "minLength": 1, "maxLength": 255},
        "customFields": {"type": "object", "maxProperties": 20, "additionalProperties": {"type": "string"}},
    },
    "additionalProperties": False,
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "stock", "version": "1"},
    "paths": {
        "/session/hosted": {
            "post": {
                "operationId": "benchmarks.stock.answer",
                "requestBody": {"required": True, "content": {"application/json": {"schema": _REQUEST}}},
                "responses": {"201": {"description": "Created"}},
            }
        }
    },
}


def answer(body: dict[str, Any]) -> tuple[dict[str, str], int]:
    """What every request is answered with."""
    return {"sessionId": "stock", "status": "open", "currency": body["currency"]}, 201


def configuration() -> uvicorn.Config:
    """What serves it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports warn, as in reference_impl.http.bridge
        from connexion import FlaskApp
        from connexion.options import SwaggerUIOptions
    application = FlaskApp(__name__, swagger_ui_options=SwaggerUIOptions(swagger_ui=False))
    application.add_api(DOCUMENT)
    return configure(application)


if __name__ == "__main__":
    serve(configuration())
