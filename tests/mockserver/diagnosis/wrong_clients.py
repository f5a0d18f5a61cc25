"""Programs that sign wrongly, each in one of the ways in which people's programs do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tests.mockserver.diagnosis.bench import BODY, ORDER, PKCS1, SHA256, Bench, as_base64
from tests.session_api.exchange import Answer

CERTAIN_FALSE = frozenset(
    {
        "api_key_mistyped",
        "api_key_unknown",
        "timestamp_local_time",
        "timestamp_session_clock",
        "unregistered_key",
        "elliptic_curve",
        "unknown_string",
    }
)
"""Causes that a request can suggest and never prove."""

COMPACT = json.dumps(ORDER, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class WrongClient:
    """A program, the mistake that it makes, and the cause that must be named."""

    name: str
    code: str
    call: Callable[[Bench], Answer]


Strings = Mapping[str, tuple[str, Callable[[Bench], bytes]]]
Calls = Mapping[str, tuple[str, Callable[[Bench], Answer]]]


def signing(make: Callable[[Bench], bytes], bench: Bench) -> Answer:
    return bench.send_signed(make(bench))


def signing_without_body(make: Callable[[Bench], bytes], bench: Bench) -> Answer:
    reader = bench.look_up()
    return reader.send_signed(make(reader))


def in_body(text: str | bytes) -> Callable[[Bench], bytes]:
    encoded = text.encode() if isinstance(text, str) else text
    return lambda bench: bench.string(body=encoded)


def joined(*separators: str) -> Callable[[Bench], bytes]:
    first, second = separators * 2 if len(separators) == 1 else separators
    return lambda bench: f"{bench.timestamp}{first}{bench.secret}{second}".encode() + bench.body


def seconds_later(seconds: int) -> Callable[[Bench], bytes]:
    return lambda bench: bench.string(timestamp=str(int(bench.timestamp) + seconds))


def in_order(*names: str) -> Callable[[Bench], bytes]:
    def make(bench: Bench) -> bytes:
        parts = {"time": bench.timestamp.encode(), "secret": bench.secret.encode(), "body": bench.body}
        return b",".join(parts[name] for name in names)

    return make


WRONG_STRINGS: Strings = {
    "printed with echo": ("newline_signed", lambda bench: bench.string() + b"\n"),
    "printed with echo on Windows": ("newline_signed", lambda bench: bench.string() + b"\r\n"),
    "body left out": ("body_omitted", in_body("")),
    "object in a template literal": ("body_placeholder", in_body("[object Object]")),
    "undefined body": ("body_placeholder", in_body("undefined")),
    "byte order mark in front of the body": ("byte_order_mark", in_body(b"\xef\xbb\xbf" + BODY)),
    "byte order mark in front of the string": (
        "byte_order_mark",
        lambda bench: b"\xef\xbb\xbf" + bench.string(),
    ),
    "body with CR LF": ("line_endings", in_body(BODY.replace(b"\n", b"\r\n"))),
    "compact JSON": ("body_reserialised", in_body(COMPACT)),
    "JSON of json.dumps": ("body_reserialised", in_body(json.dumps(ORDER))),
    "sorted members": ("body_reserialised", in_body(json.dumps(ORDER, sort_keys=True))),
    "sorted and compact": (
        "body_reserialised",
        in_body(json.dumps(ORDER, sort_keys=True, separators=(",", ":"))),
    ),
    "indented by four": ("body_reserialised", in_body(json.dumps(ORDER, indent=4, ensure_ascii=False))),
    "indented by tabs": ("body_reserialised", in_body(json.dumps(ORDER, indent="\t"))),
    "escaped Unicode": ("body_reserialised", in_body(json.dumps(ORDER, indent=1))),
    "PHP": ("body_reserialised", in_body(json.dumps(ORDER, separators=(",", ":")).replace("/", "\\/"))),
    "Go": (
        "body_reserialised",
        in_body(COMPACT.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") + "\n"),
    ),
    "numbers as text of two decimals": ("body_reserialised", in_body(COMPACT.replace("9.5", "9.50"))),
    "numbers with three decimals": ("body_reserialised", in_body(COMPACT.replace("9.5", "9.500"))),
    "numbers with an exponent": ("body_reserialised", in_body(COMPACT.replace("9.5", "9.5E0"))),
    "numbers as text": ("body_reserialised", in_body(COMPACT.replace("9.5", '"9.50"'))),
    "one member appended later": (
        "body_reserialised",
        in_body(json.dumps({**{k: v for k, v in ORDER.items() if k != "amount"}, "amount": 9.5})),
    ),
    "white space removed everywhere": (
        "body_reserialised",
        in_body("".join(BODY.decode().split())),
    ),
    "Latin-1": ("body_charset", in_body(BODY.decode().encode("latin-1"))),
    "UTF-8 twice": ("body_charset", in_body(BODY.decode("latin-1").encode())),
    "UTF-16": ("body_charset", lambda bench: bench.string().decode().encode("utf-16-le")),
    "bytes in an f-string": ("body_python_notation", in_body(f"{BODY!r}")),
    "dict in an f-string": ("body_python_notation", in_body(f"{ORDER}")),
    "serialised twice": ("body_json_twice", in_body(json.dumps(BODY.decode()))),
    "body in base64": ("body_encoded", in_body(base64.b64encode(BODY))),
    "body percent-encoded": ("body_encoded", in_body(quote(BODY, safe=""))),
    "body as a form": ("body_encoded", in_body(urlencode(ORDER))),
    "hash of the body": ("body_digest", in_body(hashlib.sha256(BODY).hexdigest())),
    "hash of the body in base64": ("body_digest", in_body(as_base64(hashlib.sha256(BODY).digest()))),
    "full stops": ("separator", joined(".")),
    "colons": ("separator", joined(":")),
    "line breaks": ("separator", joined("\n")),
    "no separator": ("separator", joined("")),
    "spaces after the commas": ("separator", joined(", ")),
    "one comma, one colon": ("separator", joined(",", ":")),
    "no second comma": ("separator", joined(",", "")),
    "secret first": ("order", in_order("secret", "time", "body")),
    "body first": ("order", in_order("body", "time", "secret")),
    "body before secret": ("order", in_order("time", "body", "secret")),
    "no secret": ("secret_missing", lambda bench: f"{bench.timestamp},".encode() + bench.body),
    "as webhooks of others are": (
        "secret_missing",
        lambda bench: f"{bench.timestamp}.".encode() + bench.body,
    ),
    "body alone": ("secret_missing", lambda bench: bench.body),
    "empty secret": ("secret_placeholder", lambda bench: bench.string(secret="")),
    "undefined secret": ("secret_placeholder", lambda bench: bench.string(secret="undefined")),
    "secret with a line break": ("secret_wrapped", lambda bench: bench.string(secret=bench.secret + "\n")),
    "secret in quotation marks": ("secret_wrapped", lambda bench: bench.string(secret=f'"{bench.secret}"')),
    "key for secret": ("api_key_as_secret", lambda bench: bench.string(secret=bench.partner.api_key)),
    "key and secret": (
        "api_key_included",
        lambda bench: bench.string(secret=f"{bench.partner.api_key},{bench.secret}"),
    ),
    "secret of another partner": (
        "other_partners_secret",
        lambda bench: bench.string(secret=bench.server.partners["managed-only"].api_secret),
    ),
    "the second after": ("timestamp_signed_otherwise", seconds_later(1)),
    "half a minute before": ("timestamp_signed_otherwise", seconds_later(-30)),
    "milliseconds": (
        "timestamp_signed_milliseconds",
        lambda bench: bench.string(timestamp=f"{bench.timestamp}427"),
    ),
    "a date": (
        "timestamp_signed_notation",
        lambda bench: bench.string(timestamp=datetime.fromtimestamp(int(bench.timestamp), UTC).isoformat()),
    ),
    "a floating-point time": (
        "timestamp_signed_notation",
        lambda bench: bench.string(timestamp=f"{float(bench.timestamp)}"),
    ),
    "no time": ("timestamp_missing", lambda bench: f"{bench.secret},".encode() + bench.body),
    "path in front of the body": (
        "request_line_signed",
        lambda bench: bench.string(body=f"{bench.target},".encode() + bench.body),
    ),
    "method and path first": (
        "request_line_signed",
        lambda bench: f"{bench.method},{bench.target},".encode() + bench.string(),
    ),
    "hashed before": ("digest_signed", lambda bench: hashlib.sha256(bench.string()).digest()),
    "hashed before, in hexadecimal": (
        "digest_signed",
        lambda bench: hashlib.sha256(bench.string()).hexdigest().encode(),
    ),
    "string in quotation marks": ("string_wrapped", lambda bench: b'"' + bench.string() + b'"'),
    "string in base64": ("string_wrapped", lambda bench: base64.b64encode(bench.string())),
    "something else": ("unknown_string", lambda bench: b"what this is nobody knows"),
    "another body": ("unknown_string", in_body(BODY.replace(b"EUR", b"USD"))),
}

WRONG_STRINGS_WITHOUT_BODY: Strings = {
    "an empty object": ("body_placeholder", in_body("{}")),
    "null": ("body_placeholder", in_body("null")),
    "None": ("body_placeholder", in_body("None")),
    "one comma": (
        "final_comma_missing",
        lambda bench: f"{bench.timestamp},{bench.secret}".encode(),
    ),
    "path": ("request_line_signed", lambda bench: bench.string() + bench.target.encode()),
    "session identifier": (
        "request_line_signed",
        lambda bench: bench.string() + bench.target.rpartition("/")[2].encode(),
    ),
    "URL": (
        "request_line_signed",
        lambda bench: bench.string() + f"http://127.0.0.1{bench.target}".encode(),
    ),
    "line break": ("newline_signed", lambda bench: bench.string() + b"\n"),
}


WRONG_IN_TWO_WAYS: Mapping[tuple[str, str], Callable[[Bench], bytes]] = {
    ("timestamp_signed_milliseconds", "body_reserialised"): lambda bench: bench.string(
        timestamp=f"{bench.timestamp}427", body=COMPACT.encode()
    ),
    ("timestamp_signed_otherwise", "body_reserialised"): lambda bench: bench.string(
        timestamp=str(int(bench.timestamp) + 1), body=json.dumps(ORDER).encode()
    ),
    ("secret_missing", "body_reserialised"): lambda bench: f"{bench.timestamp},{COMPACT}".encode(),
    ("secret_placeholder", "body_reserialised"): lambda bench: bench.string(
        secret="undefined", body=COMPACT.encode()
    ),
    ("secret_wrapped", "body_omitted"): lambda bench: bench.string(secret=bench.secret + "\n", body=b""),
    ("separator", "body_reserialised"): lambda bench: f"{bench.timestamp}.{bench.secret}.{COMPACT}".encode(),
    ("separator", "newline_signed"): lambda bench: joined(":")(bench) + b"\n",
    ("order", "timestamp_signed_milliseconds"): lambda bench: (
        f"{bench.secret},{bench.timestamp}000,".encode() + bench.body
    ),
    ("timestamp_signed_milliseconds", "secret_placeholder"): lambda bench: bench.string(
        timestamp=f"{bench.timestamp}001", secret=""
    ),
    ("body_omitted", "final_comma_missing"): lambda bench: f"{bench.timestamp},{bench.secret}".encode(),
}
"""Strings with two mistakes that have nothing to do with each other; both must be named, in this order."""


def in_lines(raw: bytes) -> str:
    return base64.encodebytes(raw).decode("ascii").strip()


WRONG_SPELLINGS: Mapping[str, tuple[str, Callable[[bytes], str]]] = {
    "base64url": ("base64url", lambda raw: base64.urlsafe_b64encode(raw).decode()),
    "base64url without padding": (
        "base64url",
        lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
    ),
    "no padding": ("base64_padding", lambda raw: as_base64(raw).rstrip("=")),
    "half of the padding": ("base64_padding", lambda raw: as_base64(raw)[:-1]),
    "too much padding": ("base64_padding", lambda raw: as_base64(raw) + "="),
    "lines joined by spaces": ("signature_whitespace", lambda raw: in_lines(raw).replace("\n", " ")),
    "lines joined by \\n": ("signature_whitespace", lambda raw: in_lines(raw).replace("\n", "\\n")),
    "quotation marks": ("signature_quoted", lambda raw: json.dumps(as_base64(raw))),
    "single quotation marks": ("signature_quoted", lambda raw: f"'{as_base64(raw)}'"),
    "bytes through str()": ("signature_bytes_literal", lambda raw: str(base64.b64encode(raw))),
    "sha256=": ("signature_prefixed", lambda raw: f"sha256={as_base64(raw)}"),
    "Signature:": ("signature_prefixed", lambda raw: f"Signature: {as_base64(raw)}"),
    "RSA-SHA256": ("signature_prefixed", lambda raw: f"RSA-SHA256 {as_base64(raw)}"),
    "percent-encoded": ("signature_url_encoded", lambda raw: quote(as_base64(raw), safe="")),
    "through a form decoder": ("signature_plus_lost", lambda raw: as_base64(raw).replace("+", " ")),
    "hexadecimal": ("hexadecimal", lambda raw: raw.hex()),
    "capital hexadecimal": ("hexadecimal", lambda raw: raw.hex().upper()),
    "hexadecimal with colons": ("hexadecimal", lambda raw: raw.hex(":")),
    "base64 of hexadecimal": ("base64_of_hexadecimal", lambda raw: as_base64(raw.hex().encode())),
    "base64 of base64": ("base64_twice", lambda raw: as_base64(base64.b64encode(raw))),
    "base64 of base64 in lines": ("base64_twice", lambda raw: as_base64(base64.encodebytes(raw))),
    "Uint8Array": ("byte_list", lambda raw: ",".join(str(byte) for byte in raw)),
    "Java's Arrays.toString": (
        "byte_list",
        lambda raw: str([byte - 256 if byte > 127 else byte for byte in raw]),
    ),
    "repeated": ("signature_repeated", lambda raw: f"{as_base64(raw)}, {as_base64(raw)}"),
    "[object Promise]": ("signature_placeholder", lambda raw: "[object Promise]"),
    "None": ("signature_placeholder", lambda raw: "None"),
    "${SIGNATURE}": ("signature_placeholder", lambda raw: "${SIGNATURE}"),
    "no base64 at all": ("not_base64", lambda raw: "please let me in!"),
    "cut off": ("signature_length", lambda raw: as_base64(raw)[:-88]),
}


def private_operation(bench: Bench, content: bytes) -> bytes:
    """PKCS#1 padding around ``content`` as it is, through the private key: `rsautl -sign`, privateEncrypt."""
    numbers = bench.key().private_numbers()
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(content)) + b"\x00" + content
    value = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n)
    return value.to_bytes(256, "big")


def pss(salt_length: Any, hash_function: hashes.HashAlgorithm) -> Callable[[Bench], bytes]:
    scheme = padding.PSS(mgf=padding.MGF1(hash_function), salt_length=salt_length)
    return lambda bench: bench.key().sign(bench.string(), scheme, hash_function)


def hashed(hash_function: hashes.HashAlgorithm) -> Callable[[Bench], bytes]:
    return lambda bench: bench.key().sign(bench.string(), PKCS1, hash_function)


def with_new_key(bits: int) -> Callable[[Bench], bytes]:
    return lambda bench: rsa.generate_private_key(65537, bits).sign(bench.string(), PKCS1, SHA256)


WRONG_OPERATIONS: Strings = {
    "PSS with the longest salt": ("pss", pss(padding.PSS.MAX_LENGTH, SHA256)),
    "PSS with a salt like the hash": ("pss", pss(padding.PSS.DIGEST_LENGTH, SHA256)),
    "PSS with SHA-512": ("pss", pss(padding.PSS.DIGEST_LENGTH, hashes.SHA512())),
    "SHA-1": ("sha1", hashed(hashes.SHA1())),  # noqa: S303 - somebody's mistake
    "SHA-512": ("sha512", hashed(hashes.SHA512())),
    "SHA-384": ("other_hash", hashed(hashes.SHA384())),
    "SHA3-256": ("other_hash", hashed(hashes.SHA3_256())),
    "bare hash": (
        "digest_info_missing",
        lambda bench: private_operation(bench, hashlib.sha256(bench.string()).digest()),
    ),
    "bare hash in hexadecimal": (
        "digest_info_missing",
        lambda bench: private_operation(bench, hashlib.sha256(bench.string()).hexdigest().encode()),
    ),
    "key of another partner": (
        "other_partners_key",
        lambda bench: bench.key("partner-only").sign(bench.string(), PKCS1, SHA256),
    ),
    "key of nobody": ("unregistered_key", with_new_key(2048)),
    "short key": ("signature_length", with_new_key(1024)),
    "HMAC with the secret": (
        "hmac",
        lambda bench: hmac.digest(bench.secret.encode(), bench.string(), "sha256"),
    ),
    "HMAC-SHA512 with the key": (
        "hmac",
        lambda bench: hmac.digest(bench.partner.api_key.encode(), bench.string(), "sha512"),
    ),
    "SHA-256 and no signature": ("plain_hash", lambda bench: hashlib.sha256(bench.string()).digest()),
    "ECDSA": (
        "elliptic_curve",
        lambda bench: ec.generate_private_key(ec.SECP256R1()).sign(bench.string(), ec.ECDSA(SHA256)),
    ),
    "Ed25519": ("elliptic_curve", lambda bench: ed25519.Ed25519PrivateKey.generate().sign(bench.string())),
}


def with_requests_json(bench: Bench) -> Answer:
    """The classic: sign compact JSON, and let the HTTP client serialise the object again."""
    string = bench.string(body=COMPACT.encode())
    signature = as_base64(bench.sign(string))
    headers = {"ApiKey": bench.partner.api_key, "Timestamp": bench.timestamp, "Signature": signature}
    answer = requests.post(f"{bench.server.url}{bench.target}", json=ORDER, headers=headers, timeout=10)
    return Answer(status=answer.status_code, fields={}, body=answer.content)


def with_a_query(bench: Bench) -> Answer:
    reader = bench.look_up("?expand=deposit")
    return reader.send_signed(reader.string() + b"expand=deposit")


def with_text_not_hashed(bench: Bench) -> Answer:
    reader = bench.look_up()
    return reader.send(as_base64(private_operation(reader, reader.string())))


def with_body(sent: bytes, signed: bytes) -> Callable[[Bench], Answer]:
    def call(bench: Bench) -> Answer:
        bench.body = sent
        return bench.send_signed(bench.string(body=signed))

    return call


def signed_rightly(**fields: str | None) -> Callable[[Bench], Answer]:
    return lambda bench: bench.send(as_base64(bench.sign(bench.string())), **fields)


def renamed(name: str, sent: str) -> Callable[[Bench], Answer]:
    def call(bench: Bench) -> Answer:
        return bench.send("c2lnbmF0dXJl", (sent, "value"), **{name: None})

    return call


def with_api_key(change: Callable[[Bench], str]) -> Callable[[Bench], Answer]:
    return lambda bench: signed_rightly(ApiKey=change(bench))(bench)


def with_timestamp(change: Callable[[float], str]) -> Callable[[Bench], Answer]:
    def call(bench: Bench) -> Answer:
        bench.timestamp = change(time.time())
        return bench.send_signed(bench.string())

    return call


PRETTY = json.dumps(ORDER, indent=2, ensure_ascii=False).encode()

WRONG_CALLS: Calls = {
    "requests with json=": ("body_reserialised", with_requests_json),
    "query string": ("query_signed", with_a_query),
    "text that was not hashed": ("not_hashed", with_text_not_hashed),
    "file with a final line break": ("newline_sent", with_body(BODY + b"\n", BODY)),
    "body trimmed on both sides": ("newline_sent", with_body(b"\n " + BODY + b" ", BODY)),
    "curl -d @file": ("newlines_stripped", with_body(PRETTY.replace(b"\n", b""), PRETTY)),
    "curl -d @file with a final line break": (
        "newlines_stripped",
        with_body(PRETTY.replace(b"\n", b""), PRETTY + b"\n"),
    ),
    "sent with CR LF": ("line_endings", with_body(PRETTY.replace(b"\n", b"\r\n"), PRETTY)),
    "byte order mark sent": ("byte_order_mark", with_body(b"\xef\xbb\xbf" + BODY, BODY)),
    "sent in Latin-1": ("body_charset", with_body(BODY.decode().encode("latin-1"), BODY)),
    "no Signature": ("header_missing", signed_rightly(Signature=None)),
    "no headers at all": ("header_missing", signed_rightly(Signature=None, ApiKey=None, Timestamp=None)),
    "empty Timestamp": ("header_empty", signed_rightly(Timestamp="")),
    "empty Signature": ("header_empty", signed_rightly(Signature="")),
    "X-Api-Key": ("header_misnamed", renamed("ApiKey", "X-Api-Key")),
    "StableMint-Signature": ("header_misnamed", renamed("Signature", "StableMint-Signature")),
    "ApiKey twice": ("api_key_repeated", with_api_key(lambda bench: ", ".join([bench.partner.api_key] * 2))),
    "ApiKey quoted": ("api_key_wrapped", with_api_key(lambda bench: f'"{bench.partner.api_key}"')),
    "ApiKey with Bearer": ("api_key_wrapped", with_api_key(lambda bench: f"Bearer {bench.partner.api_key}")),
    "secret as ApiKey": ("api_key_is_secret", with_api_key(lambda bench: bench.secret)),
    "name as ApiKey": ("api_key_is_name", with_api_key(lambda bench: "demo")),
    "undefined ApiKey": ("api_key_placeholder", with_api_key(lambda bench: "undefined")),
    "${STABLEMINT_API_KEY}": ("api_key_placeholder", with_api_key(lambda bench: "${STABLEMINT_API_KEY}")),
    "ApiKey cut off": ("api_key_mistyped", with_api_key(lambda bench: bench.partner.api_key[:-1])),
    "ApiKey in capitals": ("api_key_mistyped", with_api_key(lambda bench: bench.partner.api_key.upper())),
    "ApiKey of elsewhere": ("api_key_unknown", with_api_key(lambda bench: "key_live_5f0e9c2b7d3a4418")),
    "milliseconds sent": ("timestamp_milliseconds", with_timestamp(lambda now: str(int(now * 1000)))),
    "nanoseconds sent": ("timestamp_finer", with_timestamp(lambda now: str(int(now * 1e9)))),
    "microseconds sent": ("timestamp_finer", with_timestamp(lambda now: str(int(now * 1e6)))),
    "time.time()": ("timestamp_fraction", with_timestamp(lambda now: f"{int(now)}.25")),
    "ISO 8601": (
        "timestamp_date",
        with_timestamp(lambda now: f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}"),
    ),
    "HTTP date": (
        "timestamp_date",
        with_timestamp(lambda now: f"{datetime.fromtimestamp(now, UTC):%a, %d %b %Y %H:%M:%S} GMT"),
    ),
    "Timestamp twice": ("timestamp_repeated", with_timestamp(lambda now: f"{int(now)}, {int(now)}")),
    "Timestamp quoted": ("timestamp_wrapped", with_timestamp(lambda now: f'"{int(now)}"')),
    "Timestamp with a sign": ("timestamp_wrapped", with_timestamp(lambda now: f"+{int(now)}")),
    "$(date +%s)": ("timestamp_placeholder", with_timestamp(lambda now: "$(date +%s)")),
    "NaN": ("timestamp_placeholder", with_timestamp(lambda now: "NaN")),
    "minutes": ("timestamp_other", with_timestamp(lambda now: str(int(now / 60)))),
    "now": ("timestamp_other", with_timestamp(lambda now: "now")),
    "local time taken for UTC": (
        "timestamp_local_time",
        with_timestamp(lambda now: str(int(now) + 7200)),
    ),
    "clock ahead": ("clock_ahead", with_timestamp(lambda now: str(int(now) + 400))),
    "clock behind": ("clock_behind", with_timestamp(lambda now: str(int(now) - 1000))),
    "signed last year": ("clock_behind", with_timestamp(lambda now: str(int(now) - 31_536_001))),
}

WRONG_CLIENTS = [
    *(WrongClient(name, code, partial(signing, make)) for name, (code, make) in WRONG_STRINGS.items()),
    *(
        WrongClient(f"{name} without a body", code, partial(signing_without_body, make))
        for name, (code, make) in WRONG_STRINGS_WITHOUT_BODY.items()
    ),
    *(
        WrongClient(f"spelled {name}", code, partial(lambda spell, bench: bench.send_spelled(spell), spell))
        for name, (code, spell) in WRONG_SPELLINGS.items()
    ),
    *(
        WrongClient(name, code, partial(lambda make, bench: bench.send(as_base64(make(bench))), make))
        for name, (code, make) in WRONG_OPERATIONS.items()
    ),
    *(WrongClient(name, code, call) for name, (code, call) in WRONG_CALLS.items()),
]
