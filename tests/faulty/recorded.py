"""What is recorded of the faulty servers: which layer caught which, and what did not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.faulty.catalogue import CATALOGUE
from tests.faulty.shapes import digest

FILE: Final = Path(__file__).with_name("recorded.json")
LAYERS: Final = {
    "directed": "directed requests",
    "generated": "generated requests",
    "model": "model-based walks",
    "concurrency": "concurrent requests",
    "driven": "driver, clock and webhook receiver",
}
Document = dict[str, Any]


PARTS: Final = ("written", "generated", "plain")
"""What is recorded of a server, the quickest first: the tests written by hand, the generated requests, and
Schemathesis alone."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What was seen of one faulty server; None of what has not been run against it.

    `written` are the layers of tests written by hand that saw the requirement broken that it breaks, and
    `generated` says whether the generated requests did. `plain` is what Schemathesis alone reports of it and
    not of the right server.
    """

    written: tuple[str, ...] | None = None
    generated: bool | None = None
    plain: tuple[str, ...] | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that are known to have caught it, in the order of `LAYERS`."""
        caught = {*(self.written or ()), *(["generated"] if self.generated else [])}
        return tuple(layer for layer in LAYERS if layer in caught)


def load() -> Mapping[str, Recorded]:
    """What is recorded of the servers as they are patched today, by name."""
    return {
        name: Recorded(
            written=tuple(entry["written"]) if "written" in entry else None,
            generated=entry.get("generated"),
            plain=tuple(entry["plain"]) if "plain" in entry else None,
        )
        for name, entry in read()["servers"].items()
        if name in CATALOGUE and entry["patch"] == digest(CATALOGUE[name])
    }


def read() -> Document:
    """The file as it is: settings, the failures of the right servers, and the servers by name."""
    empty: Document = {"schemathesis": {}, "right": {}, "servers": {}}
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else empty
