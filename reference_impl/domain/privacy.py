"""What says who a payer is, and is shown in no log: not even on the developer's own machine (ERR-10)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

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

_IN_QUERY = re.compile(f"((?:^|&)(?:{'|'.join(sorted(PRIVATE_NAMES))})=)[^&]+", re.IGNORECASE)

_COUNTRIES = frozenset({"citizenshipcountrycode", "customercitizenshipcountrycode"})
"""Members whose values say nothing of a person where they stand elsewhere: the payment's country, say."""

_SHORTEST = 4
"""Shorter values say too little to be looked for in free text: they are masked where nothing else is said."""


class Privacy:
    """What is private in some JSON texts: masked by its name, and by its value wherever that is repeated.

    ``secrets`` are masked by their value as well. ``is_known`` is False where one of the texts is no JSON:
    anything in it may be private then.
    """

    def __init__(self, *texts: bytes, secrets: Iterable[str] = ()) -> None:
        self.is_known = True
        values = set(secrets)
        for text in texts:
            try:
                # Pairs, not a dict: of two members of one name, each may say something.
                values.update(_private_values(json.loads(text, object_pairs_hook=_Members)))
            except (ValueError, RecursionError):
                self.is_known = False
        self._values = frozenset(values)
        longest_first = sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True)
        self._spellings = [spelling for value in longest_first for spelling in _spellings(value)]

    def mask(self, value: Any) -> Any:
        """A copy of a JSON value with ``MASK`` for everything private; null stays null."""
        if isinstance(value, dict):
            return {self.mask_text(name): self._mask_member(name, member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.mask(member) for member in value]
        if isinstance(value, str):
            return self.mask_text(value)
        return MASK if _is_number(value) and str(value) in self._values else value

    def mask_json(self, text: bytes) -> Any:
        """The value of a JSON text, masked; None where it is none, and so cannot be masked.

        A text that was serialised twice is a string, in which nothing has a name: it is masked as a whole.
        """
        try:
            value = json.loads(text)
            return MASK if _is_serialised_twice(value) else self.mask(value)
        except (ValueError, RecursionError):
            return None

    def mask_text(self, text: str) -> str:
        """``text`` with ``MASK`` for what it repeats, in any case and as JSON or a URL may write it."""
        if text in self._values:
            return MASK
        folded = text.lower()
        repeated = [re.escape(spelling) for spelling in self._spellings if spelling.lower() in folded]
        return re.sub("|".join(repeated), MASK, text, flags=re.IGNORECASE) if repeated else text

    def mask_target(self, target: str) -> str:
        """A request's target, in which a client may have put what belongs into a body or a header."""
        path, mark, query = target.partition("?")
        return self.mask_text(path) + mark + self.mask_text(_IN_QUERY.sub(rf"\1{MASK}", query))

    def _mask_member(self, name: str, member: Any) -> Any:
        if name.lower() == _ALL_PRIVATE:
            return mask_whole(member)
        return MASK if name.lower() in _PRIVATE and member is not None else self.mask(member)


def is_private(name: str) -> bool:
    """Whether everything in a member of this name is private."""
    return name.lower() in _PRIVATE or name.lower() == _ALL_PRIVATE


def mask_json(text: bytes) -> Any:
    """The value of a JSON text without what is private in it; None where it is none."""
    return Privacy(text).mask_json(text)


def _is_serialised_twice(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return not isinstance(json.loads(value), int | float | None)
    except (ValueError, RecursionError):
        return value.lstrip().startswith(("{", "["))


def mask_whole(value: Any) -> Any:
    """A copy of a JSON value in which everything is masked but its names."""
    if isinstance(value, dict):
        return {name: mask_whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [mask_whole(member) for member in value]
    return value if value is None else MASK


class _Members(list[tuple[str, Any]]):
    """An object as JSON wrote it."""


def _private_values(value: Any, *, is_private: bool = False) -> Iterator[str]:
    if isinstance(value, _Members):
        for name, member in value:
            folded = name.lower()
            if folded not in _COUNTRIES:
                within = is_private or folded in _PRIVATE or folded == _ALL_PRIVATE
                yield from _private_values(member, is_private=within)
    elif isinstance(value, list):
        for member in value:
            yield from _private_values(member, is_private=is_private)
    elif is_private and isinstance(value, str) and value:
        yield value
    elif is_private and _is_number(value) and len(str(value)) >= _SHORTEST:
        yield str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spellings(value: str) -> list[str]:
    """A text as it is, as JSON may write it, and as a URL may."""
    written = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    # A lone surrogate, which JSON can write, is no character of a URL.
    in_urls = (quote(value, safe="", errors="replace"), quote_plus(value, errors="replace"))
    return list(dict.fromkeys((value, *written, *in_urls)))
