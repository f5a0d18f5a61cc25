"""Why a request was refused before its signature was looked at: missing, unknown or untimely headers."""

from __future__ import annotations

import re

from mockserver.diagnosis.diagnosis import Diagnosis, Refusal, diagnosis_of
from mockserver.diagnosis.spellings import is_placeholder
from reference_impl.domain.authentication import WINDOW

_CREDENTIALS = ("ApiKey", "Timestamp", "Signature")
_ALIASES = {
    "ApiKey": (
        "api-key",
        "api_key",
        "x-api-key",
        "x-apikey",
        "stablemint-apikey",
        "stablemint-api-key",
        "key",
    ),
    "Timestamp": ("x-timestamp", "stablemint-timestamp", "x-stablemint-timestamp", "time", "ts", "date-time"),
    "Signature": ("x-signature", "stablemint-signature", "x-stablemint-signature", "sign", "sig", "digest"),
}
_SCHEMES = ("Bearer ", "ApiKey ", "Basic ", "Key ", "StableMint ", "Token ")
_MARKS = "\"'`<>[]{}"
_NEAR = 3
"""How many characters a mistyped key may differ by."""

_QUARTER_HOUR = 900
_LARGEST_ZONE = 14 * 3600
_ZONE_TOLERANCE = 120
_SESSION_TOLERANCE = 5
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{4}/\d\d/\d\d|[A-Z][a-z]{2},? |\d\d? [A-Z][a-z]{2} \d{4}|\d\d?/\d\d?/\d{4}"
)


def diagnose_missing(refusal: Refusal) -> Diagnosis:
    """The cause of ``missing_credentials``, for the first header that is missing."""
    name = next((name for name in _CREDENTIALS if not refusal.fields.get(name.lower())), _CREDENTIALS[0])
    absent = [name for name in _CREDENTIALS if not refusal.fields.get(name.lower())]
    alias = next((alias for alias in _ALIASES[name] if refusal.fields.get(alias)), None)
    if alias is not None:
        return diagnosis_of("header_misnamed", certain=True, evidence=f"`{alias}` was sent for `{name}`.")
    if name.lower() in refusal.fields:
        return diagnosis_of("header_empty", certain=True, evidence=f"`{name}` is empty.")
    listed = ", ".join(f"`{name}`" for name in absent)
    return diagnosis_of("header_missing", certain=True, evidence=f"Not sent: {listed}.")


def diagnose_unknown_key(refusal: Refusal) -> Diagnosis:
    """The cause of ``unknown_api_key``; keys are named by their partner, and never shown."""
    sent = refusal.fields.get("apikey", "")
    owners = {partner.api_key: label for label, partner in refusal.others.items()}
    if is_placeholder(sent):
        return diagnosis_of("api_key_placeholder", certain=True)
    first, comma, rest = sent.partition(", ")
    if comma and (first in owners or rest in owners):
        return diagnosis_of("api_key_repeated", certain=True)
    bare = _without_scheme(sent).strip(_MARKS).strip()
    if bare != sent and bare in owners:
        return diagnosis_of("api_key_wrapped", certain=True, evidence=f"Inside is the key of {owners[bare]}.")
    for label, partner in refusal.others.items():
        if partner.api_secret in sent:
            return diagnosis_of("api_key_is_secret", certain=True, evidence=f"It is that of {label}.")
        if sent == partner.name:
            evidence = f"A partner of this name exists: {label}."
            return diagnosis_of("api_key_is_name", certain=True, evidence=evidence)
    for key, label in owners.items():
        if is_near(sent, key):
            return diagnosis_of("api_key_mistyped", certain=False, evidence=f"It is nearly that of {label}.")
    count = len(owners)
    known = "the one partner" if count == 1 else f"the {count} partners"
    return diagnosis_of(
        "api_key_unknown", certain=False, evidence=f"It was compared with {known} known here."
    )


def diagnose_malformed_timestamp(refusal: Refusal) -> Diagnosis:
    """The cause of ``malformed_timestamp``, read off the header."""
    sent = refusal.fields.get("timestamp", "")
    if is_placeholder(sent) or sent == "NaN":
        return diagnosis_of("timestamp_placeholder", certain=True)
    if re.fullmatch(r"[^,]+(, [^,]+)+", sent) and len(set(sent.split(", "))) == 1:
        return diagnosis_of("timestamp_repeated", certain=True)
    if re.fullmatch(r"[0-9]+(, [0-9]+)+", sent):
        return diagnosis_of("timestamp_repeated", certain=True)
    if re.fullmatch(r"[0-9]{13}", sent):
        return diagnosis_of("timestamp_milliseconds", certain=True, evidence="It has 13 digits.")
    if re.fullmatch(r"[0-9]{16}|[0-9]{19}", sent):
        return diagnosis_of("timestamp_finer", certain=True, evidence=f"It has {len(sent)} digits.")
    if re.fullmatch(r"[0-9]{10}[.,][0-9]*|[0-9](\.[0-9]+)?[eE]\+?[0-9]+", sent):
        return diagnosis_of("timestamp_fraction", certain=True)
    if _DATE.match(sent):
        return diagnosis_of("timestamp_date", certain=True)
    if re.fullmatch(r"[0-9]{10}", sent.strip(_MARKS + "+s ").strip()):
        return diagnosis_of("timestamp_wrapped", certain=True)
    digits = sum(character in "0123456789" for character in sent)
    evidence = f"It has {len(sent)} characters, {digits} of them digits."
    return diagnosis_of("timestamp_other", certain=True, evidence=evidence)


def diagnose_window(refusal: Refusal) -> Diagnosis:
    """The cause of ``timestamp_out_of_window``: by how much, and what that difference tells."""
    sent = int(refusal.fields["timestamp"])
    drift = sent - int(refusal.now)
    side = "ahead of" if drift > 0 else "behind"
    apart = f"It is {abs(drift)} seconds {side} the server's time; {WINDOW} are allowed."
    moved = abs(refusal.session_now - refusal.now) > WINDOW
    if moved and abs(sent - refusal.session_now) <= _SESSION_TOLERANCE:
        return diagnosis_of("timestamp_session_clock", certain=False, evidence=apart)
    zone = round(drift / _QUARTER_HOUR) * _QUARTER_HOUR
    if 0 < abs(zone) <= _LARGEST_ZONE and abs(drift - zone) <= _ZONE_TOLERANCE and zone % 1800 == 0:
        sign, (hours, minutes) = "+" if zone > 0 else "-", divmod(abs(zone) // 60, 60)
        evidence = f"{apart} That is the time zone UTC{sign}{hours:02}:{minutes:02}."
        return diagnosis_of("timestamp_local_time", certain=False, evidence=evidence)
    return diagnosis_of("clock_ahead" if drift > 0 else "clock_behind", certain=True, evidence=apart)


def is_near(one: str, other: str, limit: int = _NEAR) -> bool:
    """Whether two keys differ by case, or by at most ``limit`` characters added, lost or changed."""
    if abs(len(one) - len(other)) > limit or min(len(one), len(other)) <= 2 * limit:
        return False
    one, other = one.lower(), other.lower()
    distances = list(range(len(other) + 1))
    for row, mine in enumerate(one, 1):
        previous, distances[0] = distances[0], row
        for column, theirs in enumerate(other, 1):
            previous, distances[column] = (
                distances[column],
                min(distances[column] + 1, distances[column - 1] + 1, previous + (mine != theirs)),
            )
    return distances[-1] <= limit


def _without_scheme(text: str) -> str:
    scheme = next((scheme for scheme in _SCHEMES if text.lower().startswith(scheme.lower())), "")
    return text[len(scheme) :]
