"""Request authentication, with the clock passed in (AUTH-01 to AUTH-17)."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from reference_impl.domain.authentication import Credentials, authenticate, load_public_key
from reference_impl.domain.partners import Partner
from reference_impl.domain.problems import Problem
from tests.reference_impl.domain.keys import public_pem

NOW = 1_900_000_000
BODY = '{"amount": 5.0, "name": "Zoë 🙂"}\r\n'.encode()

Sign = Callable[..., Credentials]


@pytest.fixture
def sign(partner: Partner, private_key: rsa.RSAPrivateKey) -> Sign:
    """Signs as the document says, from the contract's words alone."""

    def sign_body(body: bytes = BODY, *, timestamp: str = str(NOW)) -> Credentials:
        text = timestamp.encode() + b"," + partner.api_secret.encode() + b"," + body
        signature = private_key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return Credentials(
            api_key=partner.api_key, timestamp=timestamp, signature=base64.b64encode(signature).decode()
        )

    return sign_body


@pytest.fixture
def cause(partner: Partner) -> Callable[..., str | None]:
    """The code with which credentials are refused; None if they are accepted."""

    def find(api_key: str) -> Partner | None:
        return partner if api_key == partner.api_key else None

    def cause_of(credentials: Credentials, body: bytes = BODY, *, now: float = NOW) -> str | None:
        try:
            accepted = authenticate(credentials, body, find_partner=find, now=now)
        except Problem as problem:
            return problem.code
        assert accepted is partner
        return None

    return cause_of


Cause = Callable[..., str | None]


@pytest.mark.parametrize(
    "body", [BODY, b"", b"\0\xff\xfe, ,", b" " * 10_000], ids=lambda value: ascii(value)[:40]
)
def test_the_exact_bytes_are_what_is_signed(sign: Sign, cause: Cause, body: bytes) -> None:
    """AUTH-02 to AUTH-04."""
    assert cause(sign(body), body) is None
    assert cause(sign(body), body + b" ") == "invalid_signature"
    assert cause(sign(body + b"\n"), body) == "invalid_signature"


def test_the_same_signature_is_accepted_again(sign: Sign, cause: Cause) -> None:
    """AUTH-15."""
    credentials = sign()
    assert [cause(credentials) for _ in range(3)] == [None, None, None]


@pytest.mark.parametrize("absent", [None, ""])
@pytest.mark.parametrize("name", ["api_key", "timestamp", "signature"])
def test_an_absent_or_empty_header_is_missing(
    sign: Sign, cause: Cause, name: str, absent: str | None
) -> None:
    """AUTH-06."""
    fields = {"api_key": sign().api_key, "timestamp": sign().timestamp, "signature": sign().signature}
    assert cause(Credentials(**{**fields, name: absent})) == "missing_credentials"


@pytest.mark.parametrize(
    "api_key", ["key_acm", "KEY_ACME", " key_acme", "key_acme, key_acme", "key_acme,", "\xe9", "' OR 1=1 --"]
)
def test_a_key_that_was_never_issued_is_unknown(sign: Sign, cause: Cause, api_key: str) -> None:
    """AUTH-07, AUTH-13."""
    assert cause(replace(sign(), api_key=api_key)) == "unknown_api_key"


@pytest.mark.parametrize(
    "timestamp",
    [
        "190000000",
        "19000000000",
        "1900000000000",
        "01900000000",
        "+190000000",
        "-190000000",
        " 1900000000",
        "1900000000 ",
        "1900000000\n",
        "1900000000.0",
        "1.90000e+9",
        "1_900_0000",
        "0x71400000",
        "１９００００００００",
        "١٩٠٠٠٠٠٠٠٠",
        "²900000000",
        "1900000000, 1900000000",
        "2030-03-17",
        "now",
    ],
)
def test_a_timestamp_is_exactly_ten_ascii_digits(sign: Sign, cause: Cause, timestamp: str) -> None:
    """AUTH-08: malformed even where the signature covers it as sent."""
    assert cause(sign(timestamp=timestamp)) == "malformed_timestamp"


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (0, None),
        (299, None),
        (300, None),
        (-300, None),
        (301, "timestamp_out_of_window"),
        (-301, "timestamp_out_of_window"),
        (-1_899_999_999, "timestamp_out_of_window"),
    ],
)
def test_the_window_is_300_seconds_either_way_inclusive(
    sign: Sign, cause: Cause, difference: int, expected: str | None
) -> None:
    """AUTH-09."""
    assert cause(sign(timestamp=f"{NOW + difference:010}")) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW + 300.999, None),
        (NOW + 301.0, "timestamp_out_of_window"),
        (NOW - 300.0, None),
        (NOW - 300.001, "timestamp_out_of_window"),
    ],
)
def test_the_servers_time_counts_in_whole_seconds_rounded_down(
    sign: Sign, cause: Cause, now: float, expected: str | None
) -> None:
    """AUTH-09."""
    assert cause(sign(), now=now) == expected


def without_padding(signature: str) -> str:
    return signature.rstrip("=")


def as_base64url(signature: str) -> str:
    return signature.replace("+", "-").replace("/", "_")


@pytest.mark.parametrize(
    "spoil",
    [
        without_padding,
        lambda signature: signature[:-1],
        lambda signature: signature + "=",
        lambda signature: signature + "\n",
        lambda signature: signature + " ",
        lambda signature: " " + signature,
        lambda signature: signature[:76] + "\n" + signature[76:],
        lambda signature: signature[:4] + "=" + signature[4:],
        lambda signature: signature + signature,
        lambda signature: f"{signature}, {signature}",
        lambda signature: signature[:-4],
        lambda signature: "AAAA" + signature[4:],
        lambda signature: signature[:-1] + "é",
        lambda signature: base64.b64decode(signature).hex(),
        lambda signature: "====",
        lambda signature: "A",
        lambda signature: "*",
    ],
)
def test_a_signature_is_padded_base64_without_white_space(
    sign: Sign, cause: Cause, spoil: Callable[[str], str]
) -> None:
    """AUTH-11, AUTH-13."""
    credentials = sign()
    assert credentials.signature is not None
    assert cause(replace(credentials, signature=spoil(credentials.signature))) == "invalid_signature"


def test_base64url_is_refused(sign: Sign, cause: Cause) -> None:
    """AUTH-11: tried on a signature in which the two alphabets differ."""
    for number in itertools.count():
        body = str(number).encode()
        credentials = sign(body)
        assert credentials.signature is not None
        if set(credentials.signature) & {"+", "/"}:
            break
    assert cause(credentials, body) is None
    changed = replace(credentials, signature=as_base64url(credentials.signature or ""))
    assert cause(changed, body) == "invalid_signature"


@pytest.mark.parametrize(
    ("scheme", "hash_algorithm"),
    [
        (padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303 - what is refused
        (padding.PKCS1v15(), hashes.SHA512()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    ],
    ids=["SHA-1", "SHA-512", "PSS with the longest salt", "PSS"],
)
def test_other_schemes_of_signature_are_refused(
    sign: Sign,
    cause: Cause,
    partner: Partner,
    private_key: rsa.RSAPrivateKey,
    scheme: padding.AsymmetricPadding,
    hash_algorithm: hashes.HashAlgorithm,
) -> None:
    """AUTH-02."""
    text = f"{NOW},{partner.api_secret},".encode() + BODY
    signature = base64.b64encode(private_key.sign(text, scheme, hash_algorithm)).decode()
    assert cause(replace(sign(), signature=signature)) == "invalid_signature"


@pytest.mark.parametrize(
    "text",
    [
        "{timestamp},{secret}{body}",
        "{timestamp}{secret}{body}",
        "{timestamp}, {secret}, {body}",
        "{secret},{timestamp},{body}",
        "{timestamp},{secret},",
        "{timestamp},{body}",
        "{timestamp},,{body}",
    ],
)
def test_any_other_string_is_refused(
    sign: Sign, cause: Cause, partner: Partner, private_key: rsa.RSAPrivateKey, text: str
) -> None:
    """AUTH-02."""
    signed = text.format(timestamp=NOW, secret=partner.api_secret, body=BODY.decode()).encode()
    signature = base64.b64encode(private_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode()
    assert cause(replace(sign(), signature=signature)) == "invalid_signature"


def test_another_key_and_another_partners_signature_are_refused(sign: Sign, partner: Partner) -> None:
    """AUTH-02."""
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = replace(partner, public_key_pem=public_pem(stranger.public_key()))
    with pytest.raises(Problem) as refusal:
        authenticate(sign(), BODY, find_partner=lambda _: other, now=NOW)
    assert refusal.value.code == "invalid_signature"


def test_the_timestamp_is_signed_as_sent(sign: Sign, cause: Cause) -> None:
    """AUTH-02: moving it by a second breaks the signature."""
    assert cause(replace(sign(), timestamp=str(NOW + 1))) == "invalid_signature"


CAUSES: dict[str, dict[str, str | None]] = {
    "missing_credentials": {"signature": None},
    "unknown_api_key": {"api_key": "nobody"},
    "malformed_timestamp": {"timestamp": "soon"},
    "timestamp_out_of_window": {"timestamp": str(NOW - 301)},
    "invalid_signature": {"signature": "AAAA"},
}
"""In the contract's order: each cause, and how a request is spoilt to have it."""


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(CAUSES, 2)))
def test_the_first_cause_in_the_contracts_order_is_named(
    sign: Sign, cause: Cause, first: str, second: str
) -> None:
    """AUTH-12."""
    credentials = replace(sign(), **{**CAUSES[second], **CAUSES[first]})
    assert cause(credentials) == first


@pytest.mark.parametrize("spoilt", list(CAUSES))
def test_a_refusal_challenges_and_gives_nothing_away(sign: Sign, partner: Partner, spoilt: str) -> None:
    """AUTH-01, AUTH-14."""
    with pytest.raises(Problem) as refusal:
        authenticate(
            replace(sign(), **CAUSES[spoilt]),
            BODY,
            find_partner=lambda key: partner if key == partner.api_key else None,
            now=NOW,
        )
    assert refusal.value.code == spoilt
    assert refusal.value.headers == {"www-authenticate": 'StableMint realm="api"'}
    assert refusal.value.faults is None
    told = f"{refusal.value.detail} {refusal.value.members}"
    for secret in (partner.api_secret, sign().signature, f"{NOW},"):
        assert str(secret) not in told


def test_keys_of_less_than_2048_bits_are_refused() -> None:
    """AUTH-16."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - what is refused
    with pytest.raises(ValueError, match="has 1024 bits; at least 2048"):
        load_public_key(public_pem(short.public_key()))


def test_keys_of_another_kind_are_refused() -> None:
    """AUTH-02."""
    with pytest.raises(ValueError, match="not an RSA key"):
        load_public_key(public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()))


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        load_public_key(text)


def test_credentials_and_partners_are_printed_without_secrets(sign: Sign, partner: Partner) -> None:
    """AUTH-14: what ends up in a log or a trace."""
    credentials = sign()
    assert credentials.signature is not None
    assert credentials.signature not in repr(credentials)
    assert partner.api_secret not in repr(partner)
