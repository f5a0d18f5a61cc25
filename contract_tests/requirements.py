"""Which requirements of the document a run is about."""

import re
from collections.abc import Mapping, Sequence

from openapi import Requirement


class SelectionError(Exception):
    """A selection that names nothing; the message lists what could have been meant."""


def decides(requirement: Requirement) -> bool:
    """Whether a breach means "not conformant" (MUST) or is a warning (SHOULD, MAY)."""
    return requirement.level == "MUST"


def select(requirements: Mapping[str, Requirement], words: Sequence[str]) -> frozenset[str]:
    """The identifiers meant by `words`: areas (AUTH) or identifiers (IDEM-03); all where there are no words.

    Raises :class:`SelectionError` for a word that is neither.
    """
    if not words:
        return frozenset(requirements)
    chosen: set[str] = set()
    for word in words:
        name = word.strip().upper()
        hits = {key for key, requirement in requirements.items() if name in (key, requirement.area)}
        if not hits:
            raise SelectionError(f"{word!r} is no requirement and no area; {_known(requirements, name)}")
        chosen |= hits
    return frozenset(chosen)


def _known(requirements: Mapping[str, Requirement], name: str) -> str:
    area = re.split(r"[-0-9]", name)[0]
    near = [key for key, requirement in requirements.items() if requirement.area == area]
    if near:
        return f"{area} has {near[0]} to {near[-1]}"
    return "areas are " + ", ".join(sorted({requirement.area for requirement in requirements.values()}))
