"""Why a signature does not verify.

The public key opens the signature and shows what was hashed, if the right key made it; from then on every
guess costs one hash. So three questions are asked one after the other: how is the signature written, how was
it made, and over which string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mockserver.diagnosis.diagnosis import Diagnosis, Refusal, diagnosis_of
from mockserver.diagnosis.effort import Effort
from mockserver.diagnosis.operations import (
    OPERATIONS,
    Matches,
    Operation,
    is_elliptic,
    key_size,
    keyed_hashes,
    open_signature,
    operations,
)
from mockserver.diagnosis.spellings import SPELLINGS, Reading, is_placeholder, readings
from mockserver.diagnosis.strings import Search, search
from reference_impl.domain.partners import Partner

_GAVE_UP = "The request is large, so that not every known mistake was tried."
_RAW_ELLIPTIC_SIZES = (64, 96)
_SHORTEST_SIGNATURE = 128
"""Bytes of an RSA signature by a 1024-bit key, the weakest still met."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """A reading and an operation that explain the signature, over a known string or an unknown one."""

    reading: Reading
    operation: Operation
    search: Search
    key_codes: tuple[str, ...] = ()
    key_evidence: str = ""


def diagnose_signature(refusal: Refusal, partner: Partner, effort: Effort) -> Diagnosis:
    """The cause of an ``invalid_signature``."""
    header = refusal.fields.get("signature", "")
    if is_placeholder(header):
        return diagnosis_of("signature_placeholder", certain=True)
    size = key_size(partner.public_key_pem)
    ways = readings(header, size=size)
    for finding in _explained(ways, refusal, partner, effort):
        return _conclude(finding, refusal, effort)
    return _unexplained(ways, size=size, effort=effort)


def _explained(ways: list[Reading], refusal: Refusal, partner: Partner, effort: Effort) -> Iterator[_Finding]:
    """What proves itself: by its padding under a known key, or by its hash of a known string."""
    for reading in ways:
        for operation in _opened(reading, partner, effort):
            found = search(refusal, partner, operation.matches, effort, with_pairs=operation.proved)
            if operation.proved or found.found:
                yield _Finding(reading, operation, found)
    for label, other in refusal.others.items():
        for reading in ways:
            for operation in _opened(reading, other, effort):
                found = search(refusal, partner, operation.matches, effort, with_pairs=operation.proved)
                if operation.proved or found.found:
                    evidence = f"The key is that of {label}."
                    yield _Finding(reading, operation, found, ("other_partners_key",), evidence)
    for reading in ways:
        hashes = list(keyed_hashes(reading.raw, _shared_keys(partner)))
        if hashes:
            found = search(refusal, partner, _any_of(hashes), effort)
            if found.found:
                string = found.found.string
                yield _Finding(reading, next(made for made in hashes if made.matches(string)), found)


def _opened(reading: Reading, partner: Partner, effort: Effort) -> Iterator[Operation]:
    if len(reading.raw) == key_size(partner.public_key_pem) and effort.may_open():
        encoded = open_signature(reading.raw, partner.public_key_pem)
        if encoded is not None:
            yield from operations(encoded)


def _shared_keys(partner: Partner) -> Mapping[str, bytes]:
    return {"API secret": partner.api_secret.encode(), "API key": partner.api_key.encode()}


def _any_of(hashes: Sequence[Operation]) -> Matches:
    return lambda string: any(made.matches(string) for made in hashes)


def _conclude(finding: _Finding, refusal: Refusal, effort: Effort) -> Diagnosis:
    string = finding.search
    string_codes = ("unknown_string",) if string.found is None else string.found.codes
    operation_codes = (finding.operation.code,) if finding.operation.code else ()
    codes = (*finding.key_codes, *operation_codes, *finding.reading.codes, *string_codes)
    if not codes:  # the signature is right after all, in a form that this module does not tell apart
        return diagnosis_of("unknown", certain=False)
    evidence = [finding.key_evidence, finding.operation.evidence, string.evidence(refusal.body)]
    ruled_out: tuple[str, ...] = ()
    if string.found is None:
        ruled_out = string.tried
        pairs = ", and the common pairs of them" if string.with_pairs else ""
        evidence.append(f"{len(ruled_out)} kinds of mistakes in the string were tried{pairs}.")
        evidence.append(_GAVE_UP if effort.exhausted else "")
    certain = codes[0] != "unknown_string"  # what can be read off the request comes before it
    return diagnosis_of(
        *codes, certain=certain, evidence=" ".join(part for part in evidence if part), ruled_out=ruled_out
    )


def _unexplained(ways: list[Reading], *, size: int, effort: Effort) -> Diagnosis:
    """The likeliest cause where nothing proves one: by the length of what was sent."""
    spelled = tuple(sorted(SPELLINGS))
    if not ways:
        return diagnosis_of("not_base64", certain=True, ruled_out=spelled)
    reading = ways[0]
    raw = reading.raw
    gave_up = _GAVE_UP if effort.exhausted else ""
    length = f"It has {len(raw)} bytes; the registered key makes {size}."
    if len(raw) == size:
        return diagnosis_of(
            "unregistered_key", *reading.codes, certain=False, evidence=gave_up, ruled_out=sorted(OPERATIONS)
        )
    if is_elliptic(raw) or len(raw) in _RAW_ELLIPTIC_SIZES:
        return diagnosis_of("elliptic_curve", *reading.codes, certain=False, evidence=length)
    if any(True for _ in keyed_hashes(raw, {})):
        evidence = f"It has {len(raw)} bytes, as a hash has; the registered key makes {size}."
        return diagnosis_of("hmac", *reading.codes, certain=False, evidence=evidence)
    if reading.codes and len(raw) < _SHORTEST_SIGNATURE:
        return diagnosis_of("not_base64", certain=True, ruled_out=spelled)
    certain = not reading.codes
    return diagnosis_of(*reading.codes, "signature_length", certain=certain, evidence=length)
