"""Which URLs webhooks can be sent to, as far as a URL itself tells."""

from __future__ import annotations

from urllib.parse import urlsplit

import openapi
from reference_impl.delivery.addresses import AddressPolicy, is_address
from reference_impl.http.validation import Validator


def require_endpoint_url(url: str, addresses: AddressPolicy) -> None:
    """Raises ValueError for what the document does not take as a URL, or names a forbidden address.

    What a name resolves to is looked at when a webhook is sent, by ``addresses`` again.
    """
    document = openapi.load()
    rule = Validator({"$ref": "#/components/schemas/HttpsUrl"}, document=document)
    if rule.faults(url):
        raise ValueError(
            "give an absolute https URL in ASCII of at most 2048 characters, without user and password"
        )
    host = urlsplit(url).hostname or ""
    literal = "127.0.0.1" if host == "localhost" else host
    if is_address(literal):
        addresses.require(literal)
