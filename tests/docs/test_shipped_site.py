"""The site that travels in the wheel and that the mock server shows: as it would be built now, and whole."""

from __future__ import annotations

from pathlib import Path

from docs import links, site


def test_the_shipped_site_is_what_would_be_built_today(site_folder: Path) -> None:
    """Byte for byte: so nothing is edited by hand, and no page, builder or tool changes without it."""
    stale = site.differences(site.SITE, site_folder)
    assert stale == [], "mockserver/site is stale: run `make docs`, and commit what it writes"


def test_every_link_of_the_shipped_site_leads_somewhere() -> None:
    assert links.find_broken(site.SITE) == [], "run `make docs`"
