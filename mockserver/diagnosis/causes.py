"""The table of causes (`causes.toml`): why a request is answered 401, and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One mistake. ``refusal`` is the problem code that it explains; ``hints`` are code, by tool."""

    code: str
    refusal: str
    title: str
    explanation: str
    cure: str
    hints: Mapping[str, str] = field(default_factory=dict)


def _read() -> Mapping[str, Cause]:
    table = tomllib.loads((files(__package__) / "causes.toml").read_text(encoding="utf-8"))
    return MappingProxyType({entry["code"]: Cause(**entry) for entry in table["cause"]})


CAUSES: Mapping[str, Cause] = _read()
"""Every cause by its code, in the order of the checks."""
