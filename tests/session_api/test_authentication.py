"""Request authentication: what proves the partner, what does not, and which cause is named."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.serving import Server
from tests.session_api.calls import HOSTED, JSON_TYPE, encode, new_session, signed, valid
from tests.session_api.exchange import Answer, exchange
from tests.timed import TimedServer

BODY = encode(valid(HOSTED))
CREDENTIALS = ("ApiKey", "Timestamp", "Signature")


def post(server: Server, credentials: dict[str, str], *more: tuple[str, str], body: bytes = BODY) -> Answer:
    return exchange(server.port, "POST", HOSTED, fields=[*credentials.items(), *more, JSON_TYPE], body=body)


def private_key(server: Server, partner: str = "demo") -> rsa.RSAPrivateKey:
    key = load_pem_private_key(server.partners[partner].private_key_pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def as_base64(signature: bytes) -> str:
    return base64.b64encode(signature).decode("ascii")


def signed_string(server: Server, timestamp: str, body: bytes = BODY, *, partner: str = "demo") -> bytes:
    return f"{timestamp},{server.partners[partner].api_secret},".encode() + body


def test_a_signature_made_as_the_document_says_is_accepted(server: Server) -> None:
    """AUTH-02: RSA-SHA256, PKCS#1 v1.5, over time stamp, secret and body, by the document alone."""
    timestamp = server.sign()["Timestamp"]
    signature = private_key(server).sign(
        signed_string(server, timestamp), padding.PKCS1v15(), hashes.SHA256()
    )
    credentials = {
        "ApiKey": server.partners["demo"].api_key,
        "Timestamp": timestamp,
        "Signature": as_base64(signature),
    }
    assert post(server, credentials).status == 201


@pytest.mark.parametrize("name", CREDENTIALS)
def test_an_absent_or_empty_credential_is_missing(server: Server, name: str) -> None:
    """AUTH-01, AUTH-06: with the challenge that a 401 needs."""
    absent = {key: value for key, value in server.sign(BODY).items() if key != name}
    for credentials in (absent, {**absent, name: ""}, {**absent, name: "  "}, {}):
        answer = post(server, credentials)
        assert answer.code == "missing_credentials"
        assert answer.fields["www-authenticate"] == 'StableMint realm="api"'


@pytest.mark.parametrize("name", CREDENTIALS)
def test_names_of_the_credential_fields_ignore_case(server: Server, name: str) -> None:
    """RFC 9110 section 5.1."""
    for spelled in (name.lower(), name.upper()):
        credentials = {spelled if key == name else key: value for key, value in server.sign(BODY).items()}
        assert post(server, credentials).status == 201


@pytest.mark.parametrize(
    ("name", "code"),
    [("ApiKey", "unknown_api_key"), ("Timestamp", "malformed_timestamp"), ("Signature", "invalid_signature")],
)
def test_a_repeated_credential_is_joined_and_so_refused(server: Server, name: str, code: str) -> None:
    """AUTH-13: even where both fields say the same; and where one of the two is empty."""
    credentials = server.sign(BODY)
    assert post(server, credentials, (name, credentials[name])).code == code
    assert post(server, credentials, (name, "")).code == code


@pytest.mark.parametrize("suffix", ["x", " ", ",", "\u00e9"])
def test_an_api_key_is_compared_whole(server: Server, suffix: str) -> None:
    """AUTH-07: no prefix, no other case, no other partner's characters."""
    credentials = server.sign(BODY)
    key = credentials["ApiKey"]
    for other in (f"{key}{suffix}x", key[:-1], key.upper()):
        assert post(server, {**credentials, "ApiKey": other}).code == "unknown_api_key"


@pytest.mark.parametrize(
    "malformed",
    [
        "{seconds}000",
        "{seconds}.0",
        "+{seconds}",
        "-{seconds}",
        "0{seconds}",
        "{short}",
        "{short} ",
        "{short},",
        "{short}x",
        "1e9",
        "0x65a0c1f00",
        "1_700_000_000",
        "2026-03-01T12:00:00Z",
        "Sun, 01 Mar 2026 12:00:00 GMT",
        "now",
        "１７７２３６６４００",
        "١٧٧٢٣٦٦٤٠٠",
    ],
)
def test_a_timestamp_is_exactly_ten_ascii_digits(timed: TimedServer, malformed: str) -> None:
    """AUTH-08: though signed as sent, and though some of these name the right second."""
    server = timed.server
    seconds = str(int(timed.clocks.real))
    text = malformed.format(seconds=seconds, short=seconds[:9])
    signature = private_key(server).sign(signed_string(server, text), padding.PKCS1v15(), hashes.SHA256())
    credentials = {
        "ApiKey": server.partners["demo"].api_key,
        "Timestamp": text,
        "Signature": as_base64(signature),
    }
    assert post(server, credentials).code == "malformed_timestamp"


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.999])
@pytest.mark.parametrize(
    ("offset", "accepted"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)]
)
def test_the_window_is_three_hundred_whole_seconds_either_way(
    timed: TimedServer, offset: int, accepted: bool, fraction: float
) -> None:
    """AUTH-09: the server's time is rounded down first, so that its fraction moves neither edge."""
    now = int(timed.clocks.real)
    timed.clocks.real = now + fraction
    answer = signed(timed.server, "POST", HOSTED, BODY, timestamp=now + offset)
    assert (answer.status if accepted else answer.code) == (201 if accepted else "timestamp_out_of_window")


@pytest.mark.parametrize("timestamp", [0, 9_999_999_999])
def test_the_ends_of_time_are_out_of_the_window(server: Server, timestamp: int) -> None:
    """AUTH-09."""
    body = BODY
    credentials = {**server.sign(body), "Timestamp": f"{timestamp:010}"}
    assert post(server, credentials).code == "timestamp_out_of_window"


def test_the_window_follows_real_time_wherever_the_session_clock_is(timed: TimedServer) -> None:
    """AUTH-10: a moved session clock neither shuts out the present nor lets its own time in."""
    timed.clocks.session = timed.clocks.session.replace(year=2027)
    real, moved = int(timed.clocks.real), int(timed.clocks.session.timestamp())
    assert signed(timed.server, "POST", HOSTED, BODY, timestamp=real).status == 201
    assert signed(timed.server, "POST", HOSTED, BODY, timestamp=moved).code == "timestamp_out_of_window"


def url_safe(signature: str) -> str:
    return signature.replace("+", "-").replace("/", "_")


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "base64url": url_safe,
    "without padding": lambda signature: signature.rstrip("="),
    "with half of the padding": lambda signature: signature[:-1],
    "with more padding": lambda signature: signature + "=",
    "with a space inside": lambda signature: f"{signature[:76]} {signature[76:]}",
    "with a tab inside": lambda signature: f"{signature[:76]}\t{signature[76:]}",
    "in hexadecimal": lambda signature: base64.b64decode(signature).hex(),
    "quoted": lambda signature: f'"{signature}"',
    "cut off": lambda signature: signature[:-8],
    "with more bytes": lambda signature: signature[:-4] + "AAAAAA==",
    "in bytes beyond ASCII": lambda signature: "é" + signature[1:],
    "one character": lambda _: "A",
    "padding alone": lambda _: "====",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_signature_is_standard_base64_with_padding(server: Server, spelling: str) -> None:
    """AUTH-11: a good signature in another spelling is refused."""
    body = BODY
    while not {"+", "/"} <= set((credentials := server.sign(body))["Signature"]):
        body += b" "
    credentials["Signature"] = SPELLINGS[spelling](credentials["Signature"])
    assert post(server, credentials, body=body).code == "invalid_signature"


def test_only_the_registered_key_the_secret_and_the_algorithm_prove_the_partner(server: Server) -> None:
    """AUTH-02: each of these differs from a good signature in one thing."""
    timestamp = server.sign()["Timestamp"]
    message = signed_string(server, timestamp)
    key, pkcs1, sha256 = private_key(server), padding.PKCS1v15(), hashes.SHA256()
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
    secret = server.partners["demo"].api_secret
    forgeries = {
        "another partner's key": private_key(server, "other").sign(message, pkcs1, sha256),
        "a key of one's own": rsa.generate_private_key(public_exponent=65537, key_size=2048).sign(
            message, pkcs1, sha256
        ),
        "another partner's secret": key.sign(
            signed_string(server, timestamp, partner="other"), pkcs1, sha256
        ),
        "PSS": key.sign(message, pss, sha256),
        "SHA-1": key.sign(message, pkcs1, hashes.SHA1()),  # noqa: S303 - to be refused
        "SHA-512": key.sign(message, pkcs1, hashes.SHA512()),
        "another second": key.sign(signed_string(server, str(int(timestamp) + 1)), pkcs1, sha256),
        "no second comma": key.sign(f"{timestamp},{secret}".encode() + BODY, pkcs1, sha256),
        "a space after the comma": key.sign(f"{timestamp}, {secret}, ".encode() + BODY, pkcs1, sha256),
        "the body alone": key.sign(BODY, pkcs1, sha256),
        "a final newline": key.sign(message + b"\n", pkcs1, sha256),
        "nothing at all": bytes(256),
    }
    for what, signature in forgeries.items():
        credentials = {
            "ApiKey": server.partners["demo"].api_key,
            "Timestamp": timestamp,
            "Signature": as_base64(signature),
        }
        assert post(server, credentials).code == "invalid_signature", what


@pytest.mark.parametrize(
    "spelling",
    [
        encode(valid(HOSTED)) + b"\r\n \t",
        b"\n\n" + encode(valid(HOSTED)),
        encode(valid(HOSTED)).replace(b"EUR", rb"\u0045UR"),
        encode(valid(HOSTED)).replace(b"9.99", b"99900e-4"),
        encode(valid(HOSTED)).replace(b"https://", rb"https:\/\/"),
        encode(valid(HOSTED, websiteReference="Straße 🛒")),
    ],
    ids=["white space", "leading lines", "escapes", "numbers", "solidus", "raw UTF-8"],
)
@pytest.mark.parametrize("chunks", [None, 7])
def test_the_exact_bytes_of_the_body_are_what_is_signed(
    server: Server, spelling: bytes, chunks: int | None
) -> None:
    """AUTH-03, HTTP-15: however spelled and framed; the same value in other bytes is not what was signed."""
    credentials = [*server.sign(spelling).items(), JSON_TYPE]
    other = spelling.replace(b'"DE"', rb'"\u0044E"')
    assert other != spelling
    for body, status in ((spelling, 201), (other, 401)):
        answer = exchange(server.port, "POST", HOSTED, fields=credentials, body=body, chunks=chunks)
        assert answer.status == status, answer


def test_the_method_and_the_path_are_not_signed(server: Server) -> None:
    """What the scheme leaves open, as the document says: an empty string signed once serves every look-up."""
    credentials = server.sign()
    for _ in range(2):
        target = f"/session/{new_session(server)['sessionId']}"
        assert exchange(server.port, "GET", target, fields=credentials.items()).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_a_body_the_signed_string_ends_with_the_second_comma(server: Server, method: str) -> None:
    """AUTH-04: an empty body is no body."""
    target = f"/session/{new_session(server)['sessionId']}"
    assert exchange(server.port, method, target, fields=server.sign(b"").items()).status == 200
    assert exchange(server.port, method, target, fields=server.sign(b"").items(), body=b"").status == 200
    assert exchange(server.port, method, target, fields=server.sign(b"{}").items()).status == 401


@pytest.mark.parametrize("chunks", [None, 3])
@pytest.mark.parametrize("content_type", ["text/plain", "application/json", None])
@pytest.mark.parametrize("body", [b"{}", b"not JSON", b"\xff\x00"])
def test_a_body_sent_with_get_is_signed_and_otherwise_ignored(
    server: Server, body: bytes, content_type: str | None, chunks: int | None
) -> None:
    """AUTH-05, HTTP-08."""
    target = f"/session/{new_session(server)['sessionId']}"
    answer = signed(server, "GET", target, body, content_type=content_type, chunks=chunks)
    assert answer.status == 200
    unsigned = exchange(server.port, "GET", target, fields=server.sign(b"").items(), body=body, chunks=chunks)
    assert unsigned.code == "invalid_signature"


def test_a_signature_may_come_twice(server: Server) -> None:
    """AUTH-15: two equal requests in one second look alike, and each makes a session of its own."""
    credentials = server.sign(BODY)
    first, second = post(server, credentials), post(server, credentials)
    assert (first.status, second.status) == (201, 201)
    assert first.document["sessionId"] != second.document["sessionId"]


def test_no_refusal_shows_what_would_have_been_right(server: Server) -> None:
    """AUTH-14, ERR-10: neither secret nor signed string nor the signature that was expected."""
    good = server.sign(BODY)
    secret = server.partners["demo"].api_secret
    for change in (
        {"Signature": as_base64(bytes(256))},
        {"Timestamp": "1000000000"},
        {"Timestamp": "soon"},
        {"ApiKey": "issued-to-nobody"},
        {"Signature": ""},
    ):
        answer = post(server, {**good, **change})
        shown = str(answer.fields).encode() + answer.body
        assert answer.status == 401
        assert secret.encode() not in shown
        assert good["Signature"].encode() not in shown
        assert b"shop.example" not in shown
