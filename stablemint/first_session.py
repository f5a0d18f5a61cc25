"""What a server with demo partners tells at its start: where their credentials are, and a first request."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_impl.credentials import Home, PartnerCredentials

_COMMAND = """\
( . {credentials}
  body='{body}'
  timestamp=$(date +%s)
  signature=$(printf '%s' "$timestamp,$STABLEMINT_API_SECRET,$body" |
    openssl dgst -sha256 -sign "$STABLEMINT_PRIVATE_KEY" | openssl base64 -A)
  curl -sS -w '\\n' {trust}"$STABLEMINT_URL/session/hosted" -H 'Content-Type: application/json' \\
    -H "ApiKey: $STABLEMINT_API_KEY" -H "Timestamp: $timestamp" -H "Signature: $signature" \\
    --data-binary "$body" )"""

_BODY = {
    "userCountryCode": "DE",
    "currency": "EUR",
    "amount": 9.99,
    "successUrl": "https://shop.example/success",
    "supportUrl": "https://shop.example/support",
    "exitUrl": "https://shop.example/cart",
    "errorUrl": "https://shop.example/error",
}


def write_first_session(credentials: Path, *, certificate: Path | None = None) -> str:
    """A command for a POSIX shell that creates a session; ``certificate`` is one that curl has to trust."""
    return _COMMAND.format(
        credentials=shlex.quote(str(credentials)),
        body=json.dumps(_BODY),
        trust=f"--cacert {shlex.quote(str(certificate))} " if certificate else "",
    )


def describe_partners(home: Home, partners: Mapping[str, PartnerCredentials]) -> dict[str, Any]:
    """For each partner its files, by absolute paths, and its models of customer management."""
    return {
        name: {
            "apiKey": str(folder / "api_key"),
            "apiSecret": str(folder / "api_secret"),
            "privateKey": str(folder / "private_key.pem"),
            "credentialsEnv": str(folder / "credentials.env"),
            "customerManagement": sorted(partner.customer_management, reverse=True),
        }
        for name, partner in partners.items()
        for folder in (home.partner_folder(name).resolve(),)
    }
