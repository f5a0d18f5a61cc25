"""The static files of the pages, read once; and the widget, its modules joined to one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"

WIDGET_MODULES = (
    "dom",
    "money",
    "colours",
    "payer_api",
    "flow",
    "parts",
    "countries",
    "screens_open",
    "screens_later",
    "summary",
    "view",
    "styles",
    "element",
)
"""The modules of the widget, each after those that it imports."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./\w+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async |class |const |function )", re.MULTILINE)

_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    content_type: str


@lru_cache(maxsize=1)
def checkout_assets() -> Mapping[str, Asset]:
    """The files of the checkout page, by name."""
    return _files_in("checkout")


@lru_cache(maxsize=1)
def inspector_assets() -> Mapping[str, Asset]:
    """The files of the inspector, by name."""
    return _files_in("inspector")


@lru_cache(maxsize=1)
def widget() -> Asset:
    """The widget as one ES module without imports, which exports what its last module does.

    Modules are joined as they stand: none declares a name that another one does, and each is written with
    one import a line.
    """
    *others, last = ((STATIC / "gateway" / f"{name}.js").read_text("utf-8") for name in WIDGET_MODULES)
    parts = [_EXPORT.sub("", _IMPORT.sub("", text)).strip() for text in others]
    joined = "\n\n".join([*parts, _IMPORT.sub("", last).strip()]) + "\n"
    return Asset(joined.encode("utf-8"), _TYPES[".js"])


def _files_in(folder: str) -> Mapping[str, Asset]:
    return {
        file.name: Asset(file.read_bytes(), _TYPES[file.suffix])
        for file in sorted((STATIC / folder).iterdir())
        if file.suffix in _TYPES
    }
