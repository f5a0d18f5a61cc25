"""What says who a payer is, and is shown in no log: not even on the developer's own machine (ERR-10)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MASK = "•••"

PRIVATE_NAMES = frozenset(
    {
        # of a creation's userKyc
        "fullName",
        "citizenshipCountryCode",
        "residenceAddress",
        "dateOfBirth",
        "placeOfBirth",
        "gender",
        "mobilePhone",
        "personalIdentificationNumber",
        # of an event
        "customerFullName",
        "customerResidenceAddress",
        "customerCitizenshipCountryCode",
        "customerEmail",
        # wherever a payer gives it
        "userEmail",
        "email",
    }
)
"""Members whose values are private, at any depth of a request, a webhook or an answer."""

_PRIVATE = frozenset(name.lower() for name in PRIVATE_NAMES)
_ALL_PRIVATE = "userkyc"
"""A member of which everything is private, whatever a client mistook its shape or its names for."""

_SHORTEST = 4
"""Shorter values, such as country codes, say too little to be looked for in free text."""


def mask(value: Any) -> Any:
    """A copy of a JSON value with ``MASK`` for every private one; null stays null."""
    if isinstance(value, dict):
        return {
            name: _mask_whole(member)
            if name.lower() == _ALL_PRIVATE
            else MASK
            if name.lower() in _PRIVATE and member is not None
            else mask(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [mask(member) for member in value]
    return value


def _mask_whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _mask_whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_mask_whole(member) for member in value]
    return value if value is None else MASK


def mask_json(body: bytes) -> Any:
    """The value of a JSON text, masked; None where it is none, and so cannot be masked."""
    try:
        return mask(json.loads(body))
    except (ValueError, RecursionError):
        return None


def mask_repeated(value: Any, *, known_from: bytes) -> Any:
    """A copy of a JSON value in whose strings nothing private of ``known_from``, a JSON text, is repeated.

    What was said of a text that is no JSON is masked whole.
    """
    if isinstance(value, dict):
        return {name: mask_repeated(member, known_from=known_from) for name, member in value.items()}
    if isinstance(value, list):
        return [mask_repeated(member, known_from=known_from) for member in value]
    return mask_text(value, known_from=known_from) if isinstance(value, str) else value


def mask_text(text: str, *, known_from: bytes) -> str:
    """``text``, in which a receiver may have repeated what ``known_from``, a JSON text, told it."""
    try:
        values = sorted(set(_private_values(json.loads(known_from))), key=len, reverse=True)
    except (ValueError, RecursionError):
        return MASK
    for value in values:
        # As it is, and as JSON may write it.
        for spelling in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
            text = text.replace(spelling, MASK)
    return text


def _private_values(value: Any, *, private: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _private_values(
                member, private=private or name.lower() in _PRIVATE or name.lower() == _ALL_PRIVATE
            )
    elif isinstance(value, list):
        for member in value:
            yield from _private_values(member, private=private)
    elif private and isinstance(value, str) and len(value) >= _SHORTEST:
        yield value
