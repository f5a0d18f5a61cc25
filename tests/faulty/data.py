"""DATA: servers that take what they should refuse, refuse what they should take, or change it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from reference_impl.domain.sessions import Session
from reference_impl.http import admission, json_text, validation
from reference_impl.use_cases import sessions as use_cases
from tests.faulty.patches import Patches, faulty


@faulty(breaks="DATA-06", collateral=("DATA-03", "DATA-14", "ERR-05", "IDEM-07"))
def unknown_members_accepted(patches: Patches) -> None:
    """Members that nobody knows are dropped without a word, typing mistakes among them."""

    def open_requests(document: dict[str, Any]) -> None:
        for name, schema in document["components"]["schemas"].items():
            if name.endswith("Request"):
                del schema["additionalProperties"]

    patches.document(open_requests)


@faulty(breaks="DATA-12", collateral=("DATA-13", "SESS"))
def amounts_divided_in_floating_point(patches: Patches) -> None:
    """Decimals are counted with a floating-point remainder, so that 0.29 and 19.99 have too many."""

    def hundredths(original: Callable[[float], int | None], number: float) -> int | None:
        quotient = float(number) / 0.01
        return original(number) if quotient == int(quotient) else None

    patches.around(validation, "hundredths", hundredths)


@faulty(breaks="DATA-02")
def last_of_two_names_wins(patches: Patches) -> None:
    """A name twice in one object is not noticed, and the last value counts."""
    patches.replace(json_text, "_unique_members", dict)


@faulty(breaks="DATA-28", collateral=("SESS-05",), on="reference")
def text_is_trimmed(patches: Patches) -> None:
    """White space around a websiteReference is dropped."""

    def open_session(
        original: Callable[..., Session], request: Mapping[str, Any], **keywords: Any
    ) -> Session:
        session = original(request, **keywords)
        reference = session.website_reference
        return dataclasses.replace(session, website_reference=reference and reference.strip())

    patches.around(use_cases, "open_session", open_session)


@faulty(breaks="DATA-21", on="reference")
def february_has_thirty_days(patches: Patches) -> None:
    """A date of birth is judged by its pattern alone."""

    def by_pattern(document: dict[str, Any]) -> None:
        del document["components"]["schemas"]["DateOfBirth"]["format"]

    patches.document(by_pattern)


@faulty(breaks="ERR-11", collateral=("DATA-01", "ERR-08"))
def invalid_utf8_breaks_the_server(patches: Patches) -> None:
    """A body that is not UTF-8 raises what nobody catches."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        body.decode()
        return original(body)

    patches.around(admission, "read_json", read)
