"""The API reference: a page for each document, shown by the vendored bundle; nothing comes from elsewhere.

Where the mock server serves the page, requests can be tried: ``try_it.js`` signs them with a key that the
browser makes for it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final

import openapi
from openapi import releases

FOLDER: Final = "reference/"
_HERE = Path(__file__).parent
_BUNDLE = _HERE.parent / "vendor" / "scalar"
_DOCUMENTS = Path(openapi.__file__).parent

_PAGES: Final = {
    "openapi": ("reference.html", "Session API and webhooks"),
    "payer": ("payer-reference.html", "Payer API"),
    "sandbox": ("sandbox-reference.html", "Control API of a sandbox"),
}


def files() -> Mapping[str, bytes]:
    """What the pages are made of, by path below ``FOLDER``."""
    own = [file for file in _HERE.iterdir() if file.suffix in (".html", ".css", ".js")]
    found = {file.name: file.read_bytes() for file in [*own, _BUNDLE / "scalar.js", _BUNDLE / "LICENSE"]}
    for name in _PAGES:
        dist = _DOCUMENTS / ("" if name == "openapi" else name) / "dist"
        found |= {
            f"{name}{suffix}": (dist / f"openapi{suffix}").read_bytes() for suffix in (".json", ".yaml")
        }
    found |= {f"released/{file.name}": file.read_bytes() for file in releases.FOLDER.glob("*.yaml")}
    return {FOLDER + name: content for name, content in found.items()}


def published(sources: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The pages as they are served, what they load, and the documents as one file each, old ones too."""
    built = {
        path: content
        for path, content in sources.items()
        if path.startswith(FOLDER) and not path.endswith((".html", ".json", ".yaml"))
    }
    frozen = f"{FOLDER}released/"
    built |= {
        path.removeprefix(FOLDER): content for path, content in sources.items() if path.startswith(frozen)
    }
    template = Template(sources[f"{FOLDER}page.html"].decode())
    for name, (path, title) in _PAGES.items():
        document = sources[f"{FOLDER}{name}.json"].decode().replace("<", "\\u003c")  # ends no script element
        built[path] = template.substitute(title=title, name=name, document=document).encode()
        built[f"{name}.yaml"] = sources[f"{FOLDER}{name}.yaml"]
    return built
