"""What the shop has to be told, read from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

DOCUMENT = Path(__file__).parents[3] / "openapi" / "dist" / "openapi.json"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``webhook_keys`` are all keys that webhooks may be signed with, so that one can follow another."""

    api_url: str
    api_key: str
    api_secret: str = field(repr=False)
    private_key: RSAPrivateKey = field(repr=False)
    webhook_keys: Sequence[RSAPublicKey]
    partner_name: str
    shop_url: str
    database: Path
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_environment(cls, *, shop_url: str) -> Settings:
        """Raises KeyError for a variable that is missing: better at the start than at the first payment."""
        variables = os.environ
        private_key = load_pem_private_key(Path(variables["STABLEMINT_PRIVATE_KEY"]).read_bytes(), None)
        if not isinstance(private_key, RSAPrivateKey):
            raise TypeError("STABLEMINT_PRIVATE_KEY is no RSA key")
        files = variables["STABLEMINT_WEBHOOK_KEYS"].split(os.pathsep)
        keys = [load_pem_public_key(Path(file).read_bytes()) for file in files]
        return cls(
            api_url=variables["STABLEMINT_URL"],
            api_key=variables["STABLEMINT_API_KEY"],
            api_secret=variables["STABLEMINT_API_SECRET"],
            private_key=private_key,
            webhook_keys=[key for key in keys if isinstance(key, RSAPublicKey)],
            partner_name=variables.get("STABLEMINT_PARTNER_NAME", "demo"),
            shop_url=variables.get("SHOP_URL", shop_url),
            database=Path(variables.get("SHOP_DATABASE", "orders.db")),
            document=json.loads(Path(variables.get("STABLEMINT_OPENAPI", DOCUMENT)).read_text("utf-8")),
        )
