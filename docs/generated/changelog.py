"""The history of the contract: its changelog, and the frozen releases to load."""

from __future__ import annotations

from collections.abc import Mapping

from docs.generated.markdown import table
from openapi import releases

_RELEASES = """\

## Frozen releases

The document as it was at each release. Its bytes never change: a test of the project holds every file to the
SHA-256 that was recorded when it was made. `make contract-diff` says what changed since the latest, and what
of that breaks callers.

"""


def pages() -> Mapping[str, str]:
    """The one page."""
    sums = releases.read_sums()
    rows = [
        (f'<a href="released/{version}.yaml">{version}</a>', f"`{sums[f'{version}.yaml']}`")
        for version in reversed(releases.versions())
    ]
    text = releases.CHANGELOG.read_text(encoding="utf-8")
    return {"contract-changelog.md": text + _RELEASES + table(("version", "SHA-256"), rows)}
