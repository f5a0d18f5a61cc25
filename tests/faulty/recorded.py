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


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What was seen of one faulty server.

    `layers` saw the requirement broken that it breaks. `plain` is what Schemathesis alone reports of it and
    not of the right server.
    """

    layers: tuple[str, ...]
    plain: tuple[str, ...]


def load() -> Mapping[str, Recorded]:
    """What is recorded of the servers as they are patched today, by name."""
    document = read()
    found = {}
    for name, entry in document["servers"].items():
        if name in CATALOGUE and entry["patch"] == digest(CATALOGUE[name]):
            found[name] = Recorded(layers=tuple(entry["layers"]), plain=tuple(entry["plain"]))
    return found


def read() -> Document:
    """The file as it is: settings, the failures of the right servers, and the servers by name."""
    empty: Document = {"schemathesis": {}, "right": {}, "servers": {}}
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else empty
