"""What was done to make a signature, as it shows when a public key opens it (RFC 8017)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from reference_impl.domain.authentication import load_public_key

_DIGEST_INFOS: Mapping[str, bytes] = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha224": bytes.fromhex("302d300d06096086480165030402040500041c"),
    "md5": bytes.fromhex("3020300c06082a864886f70d020505000410"),
    "sha3_256": bytes.fromhex("3031300d060960864801650304020805000420"),
}
"""RFC 8017 §9.2, note 1: what stands before a hash, by the name that hashlib gives its function."""

_PSS_HASHES = ("sha256", "sha1", "sha512", "sha384")
_PROOF = 8
"""Bytes of fixed padding that do not come about by chance."""

Matches = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One way in which a signature may have been made.

    ``code`` is the mistake in it, None for the right way. ``matches`` says whether it was made over a given
    string. ``proved``: the signature shows that it was made so, whatever the string.
    """

    code: str | None
    matches: Matches
    proved: bool
    evidence: str = ""


def key_size(public_key_pem: str) -> int:
    """The length of a key, and of its signatures, in bytes."""
    return (load_public_key(public_key_pem).key_size + 7) // 8


def open_signature(raw: bytes, public_key_pem: str) -> bytes | None:
    """The encoded message that the public key finds in a signature; None if the length is another's."""
    key = load_public_key(public_key_pem)
    numbers = key.public_numbers()
    value = int.from_bytes(raw, "big")
    if len(raw) != key_size(public_key_pem) or value >= numbers.n:
        return None
    return pow(value, numbers.e, numbers.n).to_bytes(len(raw), "big")


def operations(encoded: bytes) -> Iterator[Operation]:
    """How ``encoded`` may have been made; nothing if no known way makes it, as with another key."""
    content = _pkcs1_content(encoded)
    if content is not None:
        yield _pkcs1(content)
    elif encoded[-1:] == b"\xbc":
        yield from _pss(encoded)


def _pkcs1_content(encoded: bytes) -> bytes | None:
    """What EMSA-PKCS1-v1_5 padding surrounds (RFC 8017 §9.2)."""
    if not encoded.startswith(b"\x00\x01" + b"\xff" * _PROOF):
        return None
    padding, zero, content = encoded[2:].partition(b"\x00")
    return content if zero and not padding.strip(b"\xff") else None


def _pkcs1(content: bytes) -> Operation:
    for name, prefix in _DIGEST_INFOS.items():
        if content.startswith(prefix):
            code = None if name == "sha256" else name if name in ("sha1", "sha512") else "other_hash"
            return Operation(
                code=code,
                matches=_digest_equals(name, content[len(prefix) :]),
                proved=True,
                evidence=f"The hash in it is {_spoken(name)}." if code == "other_hash" else "",
            )
    for name in ("sha256", "sha1", "sha512"):
        for digest, notation in ((content, ""), (_from_hex(content), " in hexadecimal")):
            if digest is not None and len(digest) == hashlib.new(name).digest_size:
                return Operation(
                    code="digest_info_missing",
                    matches=_digest_equals(name, digest),
                    proved=True,
                    evidence=f"It has the length of {_spoken(name)}{notation}.",
                )
    return Operation(code="not_hashed", matches=lambda string: string == content, proved=True)


def _pss(encoded: bytes) -> Iterator[Operation]:
    """EMSA-PSS with the usual mask generator (RFC 8017 §9.1.2), for each hash that it may have."""
    for name in _PSS_HASHES:
        size = hashlib.new(name).digest_size
        masked, digest = encoded[: -size - 1], encoded[-size - 1 : -1]
        block = bytearray(a ^ b for a, b in zip(masked, _mask(digest, len(masked), name), strict=True))
        block[0] &= 0x7F
        zeros = len(block) - len(block.lstrip(b"\x00"))
        if zeros < len(block) and block[zeros] == 1:
            salt = bytes(block[zeros + 1 :])
            yield Operation(code="pss", matches=_pss_equals(name, digest, salt), proved=zeros >= _PROOF)


def _mask(seed: bytes, length: int, name: str) -> bytes:
    """MGF1 (RFC 8017 appendix B.2.1)."""
    count = -(-length // hashlib.new(name).digest_size)
    blocks = (hashlib.new(name, seed + number.to_bytes(4, "big")).digest() for number in range(count))
    return b"".join(blocks)[:length]


def keyed_hashes(raw: bytes, keys: Mapping[str, bytes]) -> Iterator[Operation]:
    """What a hash function makes without the private key: HMACs with ``keys``, and plain hashes."""
    for name in ("sha256", "sha512", "sha1", "sha384"):
        if len(raw) == hashlib.new(name).digest_size:
            for label, key in keys.items():
                yield Operation(
                    code="hmac",
                    matches=_hmac_equals(name, key, raw),
                    proved=False,
                    evidence=f"It is an HMAC with {_spoken(name)}, made with the {label}.",
                )
            yield Operation(
                code="plain_hash",
                matches=_digest_equals(name, raw),
                proved=False,
                evidence=f"It is the {_spoken(name)} hash of the string.",
            )


def is_elliptic(raw: bytes) -> bool:
    """Whether ``raw`` is the DER form of an ECDSA signature (RFC 3279 §2.2.3)."""
    return (
        66 <= len(raw) <= 140
        and raw[0] == 0x30
        and raw[1] + 2 == len(raw)
        and raw[2] == 2
        and raw[4 + raw[3] : 5 + raw[3]] == b"\x02"
    )


def _digest_equals(name: str, digest: bytes) -> Matches:
    return lambda string: hashlib.new(name, string).digest() == digest


def _hmac_equals(name: str, key: bytes, digest: bytes) -> Matches:
    return lambda string: hmac.digest(key, string, name) == digest


def _pss_equals(name: str, digest: bytes, salt: bytes) -> Matches:
    return lambda string: (
        hashlib.new(name, bytes(8) + hashlib.new(name, string).digest() + salt).digest() == digest
    )


def _from_hex(content: bytes) -> bytes | None:
    try:
        return bytes.fromhex(content.decode("ascii"))
    except ValueError:
        return None


def _spoken(name: str) -> str:
    return {"md5": "MD5", "sha3_256": "SHA3-256"}.get(name, name.replace("sha", "SHA-"))


OPERATIONS = frozenset({"pss", "sha1", "sha512", "other_hash", "digest_info_missing", "not_hashed"})
"""The codes that ``operations`` can find."""
