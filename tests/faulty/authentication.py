"""AUTH: servers that let the wrong in, or keep the right out."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import re
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from reference_impl.domain import authentication
from reference_impl.domain.authentication import Credentials, load_public_key
from reference_impl.domain.partners import Partner
from reference_impl.domain.problems import Problem, unauthenticated
from reference_impl.http import admission, session_api
from reference_impl.http.exchange import Scope
from reference_impl.http.session_api import SessionGatekeeper
from reference_impl.storage.memory import MemoryStorage
from tests.faulty.alterations import alter_heads
from tests.faulty.catalogue import EVERYTHING
from tests.faulty.patches import Patches, faulty


def _verifying(patches: Patches, change: Callable[[bytes], bytes]) -> None:
    """Verify signatures over other bytes than those of the body."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        return original(credentials, change(body), **keywords)

    patches.around(session_api, "authenticate", verify)


def _also(patches: Patches, accept: Callable[[Partner, Credentials, bytes, Any], bool]) -> None:
    """Accept further requests whose signature does not verify; the last argument finds partners."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        try:
            return original(credentials, body, **keywords)
        except Problem as problem:
            partner = keywords["find_partner"](credentials.api_key or "")
            if problem.code != "invalid_signature":
                raise
            if not accept(partner, credentials, body, keywords["find_partner"]):
                raise
            return partner

    patches.around(session_api, "authenticate", verify)


def _signed(partner: Partner, credentials: Credentials, body: bytes) -> bytes:
    return f"{credentials.timestamp},{partner.api_secret},".encode() + body


@faulty(breaks="AUTH-03", collateral=(EVERYTHING,), on="reference")
def signature_over_a_reserialised_body(patches: Patches) -> None:
    """The signature is verified over the body as the server would write it, not as it came."""

    def reserialise(body: bytes) -> bytes:
        with suppress(ValueError):
            return json.dumps(json.loads(body)).encode()
        return body

    _verifying(patches, reserialise)


@faulty(
    breaks="AUTH-03",
    collateral=(
        "AUTH-02",
        "DATA-01",
        "ERR-08",
        "HTTP-08",
        "HTTP-11",
    ),
)
def signature_over_decoded_text(patches: Patches) -> None:
    """The body is decoded to text before it is verified, which replaces what is not UTF-8."""
    _verifying(patches, lambda body: body.decode("utf-8", "replace").encode())


@faulty(breaks="AUTH-03", collateral=("HTTP-14",), on="reference")
def signature_over_the_first_part(patches: Patches) -> None:
    """Only what the first 64 KB of a body hold is verified, so that the rest can be exchanged."""
    _verifying(patches, lambda body: body[:65_536])


@faulty(
    breaks="AUTH-04",
    collateral=(
        "AUTH-02",
        "AUTH-09",
        "DATA-01",
        "ERR-08",
        "HTTP-05",
        "HTTP-06",
        "HTTP-15",
        "HTTP-19",
        "SESS-10",
        "SESS-12",
        "SESS-15",
    ),
)
def no_body_verified_as_an_empty_object(patches: Patches) -> None:
    """Where there is no body, the parser's empty object is verified in its place."""
    _verifying(patches, lambda body: body or b"{}")


@faulty(breaks="AUTH-02", collateral=("AUTH", "HTTP-18", "HTTP-19", "IDEM-07"))
def signature_never_verified(patches: Patches) -> None:
    """Any signature is accepted, as long as there is one."""
    patches.replace(authentication, "verify_signature", lambda *_, **__: True)


@faulty(breaks="AUTH-02", collateral=("AUTH-01",))
def another_padding_accepted(patches: Patches) -> None:
    """RSA-PSS is accepted as well, so that there are two schemes to attack."""

    def verifies(partner: Partner, credentials: Credentials, body: bytes, _: Any) -> bool:
        scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)
        try:
            load_public_key(partner.public_key_pem).verify(
                base64.b64decode(credentials.signature or ""),
                _signed(partner, credentials, body),
                scheme,
                hashes.SHA256(),
            )
        except (binascii.Error, InvalidSignature, ValueError):
            return False
        return True

    _also(patches, verifies)


@faulty(breaks="AUTH-02", on="reference")
def credentials_of_any_partner(patches: Patches) -> None:
    """Whoever's secret and key made the signature: the ApiKey says as whom it counts."""

    def verifies(_: Partner, credentials: Credentials, body: bytes, find_partner: Any) -> bool:
        with find_partner.__self__.transaction() as transaction:
            return any(
                authentication.verify_signature(
                    _signed(partner, credentials, body),
                    credentials.signature or "",
                    public_key_pem=partner.public_key_pem,
                )
                for partner in transaction.partners()
            )

    _also(patches, verifies)


@faulty(
    breaks="AUTH-02",
    collateral=(
        "AUTH-01",
        "AUTH-03",
        "AUTH-05",
        "HTTP-18",  # where requests of one second happen to share a signature
    ),
)
def verdicts_cached_without_the_body(patches: Patches) -> None:
    """To save time a signature that has verified is not verified again, whatever comes with it."""
    verified: set[tuple[str | None, ...]] = set()

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        triple = (credentials.api_key, credentials.timestamp, credentials.signature)
        if triple in verified:
            return keywords["find_partner"](credentials.api_key)
        partner = original(credentials, body, **keywords)
        verified.add(triple)
        return partner

    patches.around(session_api, "authenticate", verify)


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


@faulty(breaks="AUTH-01", collateral=("AUTH", "HTTP-19", "SESS-12"))
def look_ups_without_credentials(patches: Patches) -> None:
    """Whoever knows the identifier of a session may read it: only creations ask for credentials."""

    def authenticate(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        fields: Mapping[str, str],
        body: bytes,
        path_parameters: Mapping[str, str],
    ) -> Any:
        if "sessionId" not in path_parameters:
            return original(self, fields, body, path_parameters)
        environment = self._environments.of_session(path_parameters["sessionId"])
        with environment.storage.transaction() as transaction:
            session = transaction.session(path_parameters["sessionId"])
            anybody = next(iter(transaction.partners()))
            return environment, transaction.partner(session.partner_id) if session else anybody

    patches.around(SessionGatekeeper, "authenticate", authenticate)


@faulty(breaks="AUTH-01", on="reference")
def a_challenge_for_browsers(patches: Patches) -> None:
    """A 401 challenges as for passwords, and a browser asks whoever sits there for one."""

    def challenge(_: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if status == 401:
            fields[b"www-authenticate"] = b'Basic realm="api"'

    alter_heads(patches, challenge)


@faulty(breaks="AUTH-06", collateral=("AUTH-12",))
def empty_credentials_are_credentials(patches: Patches) -> None:
    """A header without a value counts as sent, and is refused for whatever comes next."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        filled = {
            name: " " for name in ("api_key", "timestamp", "signature") if getattr(credentials, name) == ""
        }
        return original(dataclasses.replace(credentials, **filled), body, **keywords)

    patches.around(session_api, "authenticate", verify)


@faulty(
    breaks="AUTH-07",
    collateral=(
        "AUTH-12",
        "AUTH-13",
    ),
    on="reference",
)
def unknown_keys_kept_secret(patches: Patches) -> None:
    """An unknown key is answered like a wrong signature, so that nobody can find keys by trying."""

    def verify(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        try:
            return original(*arguments, **keywords)
        except Problem as problem:
            if problem.code == "unknown_api_key":
                raise unauthenticated("invalid_signature", "The credentials are wrong.") from None
            raise

    patches.around(session_api, "authenticate", verify)


@faulty(breaks="AUTH-07")
def keys_found_without_case(patches: Patches) -> None:
    """API keys are looked up by a collation to which upper and lower case are one."""

    def find(original: Callable[..., Any], self: MemoryStorage, api_key: str) -> Any:
        known = {key.lower(): partner for key, partner in self._partners_by_key.items()}
        return original(self, api_key) or known.get(api_key.lower())

    patches.around(MemoryStorage, "partner_by_api_key", find)


@faulty(breaks="AUTH-08")
def milliseconds_accepted(patches: Patches) -> None:
    """A timestamp in milliseconds is taken for one in seconds, by its first ten digits."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        stamp = credentials.timestamp or ""
        if re.fullmatch("[0-9]{13}", stamp):
            partner = keywords["find_partner"](credentials.api_key)
            if authentication.verify_signature(
                _signed(partner, credentials, body),
                credentials.signature or "",
                public_key_pem=partner.public_key_pem,
            ):
                return partner
        return original(credentials, body, **keywords)

    patches.around(session_api, "authenticate", verify)


@faulty(breaks="AUTH-08", collateral=("AUTH-12",), on="reference")
def timestamps_as_the_language_reads_numbers(patches: Patches) -> None:
    """A timestamp is whatever the language makes a number of: signs, zeros in front, underscores."""
    patches.replace(authentication, "_TEN_DIGITS", re.compile("[+-]?[0-9]+(_[0-9]+)*"))


@faulty(breaks="AUTH-09", collateral=("AUTH-12",), on="reference")
def no_window_of_timestamps(patches: Patches) -> None:
    """A signature is good for ever, so that a captured request can be sent again in years."""
    patches.replace(authentication, "WINDOW", 10**12)


@faulty(breaks="AUTH-09", collateral=("AUTH-12",))
def the_future_is_within_the_window(patches: Patches) -> None:
    """Only old timestamps are refused: whoever dates requests ahead can keep them for years."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        if re.fullmatch("[0-9]{10}", credentials.timestamp or ""):
            keywords["now"] = max(keywords["now"], int(credentials.timestamp or ""))
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


@faulty(breaks="AUTH-12")
def the_window_before_the_key(patches: Patches) -> None:
    """The age of a request is judged before it is known whose it is."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        stamp = credentials.timestamp or ""
        whole = credentials.api_key and credentials.signature and re.fullmatch("[0-9]{10}", stamp)
        if whole and abs(int(keywords["now"]) - int(stamp)) > authentication.WINDOW:
            raise unauthenticated("timestamp_out_of_window", "Too old, or too new.")
        return original(credentials, body, **keywords)

    patches.around(session_api, "authenticate", verify)


@faulty(breaks="AUTH-13", collateral=("HTTP-12",), on="reference")
def first_of_repeated_headers(patches: Patches) -> None:
    """Of a header that comes twice only the first is read, whatever another part of the system reads."""

    def fields(_: Callable[..., Any], raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}

    patches.around(admission, "header_fields", fields)


@faulty(breaks="AUTH-14", on="reference")
def refusals_tell_what_to_sign(patches: Patches) -> None:
    """A wrong signature is answered with the string that should have been signed, secret included."""

    def verify(original: Callable[..., Any], credentials: Credentials, body: bytes, **keywords: Any) -> Any:
        try:
            return original(credentials, body, **keywords)
        except Problem as problem:
            if problem.code == "invalid_signature":
                partner = keywords["find_partner"](credentials.api_key)
                signed = _signed(partner, credentials, body).decode("utf-8", "replace")
                raise dataclasses.replace(problem, detail=f"Expected a signature over {signed}") from None
            raise

    patches.around(session_api, "authenticate", verify)


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
