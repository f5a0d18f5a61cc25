"""AUTH: servers that let the wrong in, or keep the right out."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from reference_impl.domain import authentication
from reference_impl.domain.authentication import Credentials
from reference_impl.domain.problems import unauthenticated
from reference_impl.http import session_api
from reference_impl.http.session_api import SessionGatekeeper
from tests.faulty.catalogue import EVERYTHING
from tests.faulty.patches import Patches, faulty


@faulty(breaks="AUTH-03", collateral=(EVERYTHING,))
def signature_over_a_reserialised_body(patches: Patches) -> None:
    """The signature is verified over the body as the server would write it, not as it came."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        with suppress(ValueError):
            body = json.dumps(json.loads(body)).encode()
        return original(credentials, body, **keywords)

    patches.around(session_api, "authenticate", verify)


@faulty(breaks="AUTH-02", collateral=("AUTH", "HTTP-18", "HTTP-19", "IDEM-07"))
def signature_never_verified(patches: Patches) -> None:
    """Any signature is accepted, as long as there is one."""
    patches.replace(authentication, "verify_signature", lambda *_, **__: True)


@faulty(breaks="AUTH-05", collateral=("HTTP-08", "HTTP-10"))
def body_of_get_not_signed(patches: Patches) -> None:
    """The body of a look-up is left out of what is verified."""

    def authenticate(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        fields: Mapping[str, str],
        body: bytes,
        path_parameters: Mapping[str, str],
    ) -> Any:
        return original(self, fields, body if "content-type" in fields else b"", path_parameters)

    patches.around(SessionGatekeeper, "authenticate", authenticate)


@faulty(breaks="AUTH-09", collateral=("AUTH-12",), on="reference")
def no_window_of_timestamps(patches: Patches) -> None:
    """A signature is good for ever, so that a captured request can be sent again in years."""
    patches.replace(authentication, "WINDOW", 10**12)


@faulty(breaks="AUTH-08")
def milliseconds_accepted(patches: Patches) -> None:
    """A timestamp in milliseconds is taken for one in seconds, by its first ten digits."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        stamp = credentials.timestamp or ""
        if re.fullmatch("[0-9]{13}", stamp):
            partner = keywords["find_partner"](credentials.api_key)
            signed = f"{stamp},{partner.api_secret},".encode() + body
            if authentication.verify_signature(
                signed, credentials.signature or "", public_key_pem=partner.public_key_pem
            ):
                return partner
        return original(credentials, body, **keywords)

    patches.around(session_api, "authenticate", verify)


@faulty(breaks="AUTH-11", collateral=("AUTH-13",))
def lenient_base64(patches: Patches) -> None:
    """Signatures are decoded by a decoder that skips what it does not know and adds the padding itself."""

    def decode(original: Callable[..., bool], signed: bytes, signature: str, **keywords: Any) -> bool:
        try:
            usual = signature.replace("-", "+").replace("_", "/")
            decoded = base64.b64decode(usual.rstrip("=") + "==", validate=False)
        except (ValueError, binascii.Error):
            return False
        return original(signed, base64.b64encode(decoded).decode(), **keywords)

    patches.around(authentication, "verify_signature", decode)


@faulty(breaks="AUTH-15", collateral=(EVERYTHING,), on="reference")
def signatures_refused_the_second_time(patches: Patches) -> None:
    """A signature that was seen before is an attack, so that two honest equal requests are refused."""
    seen: set[str] = set()

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        partner = original(credentials, body, **keywords)
        if credentials.signature in seen:
            raise unauthenticated("invalid_signature", "This signature was used before.")
        seen.add(credentials.signature or "")
        return partner

    patches.around(session_api, "authenticate", verify)
