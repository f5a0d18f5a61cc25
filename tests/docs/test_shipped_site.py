"""The site that travels in the wheel and that the mock server shows: of today's sources, and whole."""

from __future__ import annotations

from docs import links, site


def test_the_shipped_site_is_that_of_todays_sources() -> None:
    """Pages, documents, problems, requirements with their tests, commands: whatever it is made of."""
    assert site.is_fresh(), "mockserver/site is stale: run `make docs`, and commit what it writes"


def test_every_link_of_the_shipped_site_leads_somewhere() -> None:
    assert links.find_broken(site.SITE) == [], "run `make docs`"
