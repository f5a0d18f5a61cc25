"""The sources of the documentation, and the site that is built from them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache

import pytest

import openapi
from docs import generated, reference, site
from openapi import releases
from stablemint.__main__ import COMMANDS

VENDORED = site.ROOM / "vendor" / "scalar"


@cache
def pages() -> Mapping[str, str]:
    return generated.pages()


@pytest.mark.parametrize("document", ["openapi", "payer", "sandbox"])
def test_every_problem_has_a_page(document: str) -> None:
    """ERR-04: with cause, cure and example."""
    for code, kind in openapi.problems(document).items():
        page = pages()[f"problems/{code}.md"]
        assert kind.cause in page
        assert kind.cure in page
        assert f'"code": "{code}"' in page


def test_every_event_has_a_page_with_an_example() -> None:
    for name in openapi.load()["webhooks"]:
        assert f'"eventType": "{name}"' in pages()[f"events/{name}.md"]


@pytest.mark.parametrize("requirement", openapi.requirements().values(), ids=lambda one: one.id)
def test_every_requirement_is_listed_with_its_clause(requirement: openapi.Requirement) -> None:
    page = pages()[f"requirements/{requirement.area}.md"]
    assert f"## {requirement.id}\n\n{requirement.statement}\n" in page
    assert f"clause `{requirement.clause}`" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_with_its_options(name: str) -> None:
    assert f"usage: stablemint {name}" in pages()[f"commands/{name}.md"]


def test_every_release_of_the_contract_is_told_of_and_can_be_loaded() -> None:
    """With the changes since the one before it, and the bytes that were frozen."""
    page = pages()["contract-changelog.md"]
    assert releases.CHANGELOG.read_text(encoding="utf-8") in page
    published = reference.published(reference.files())
    for version in releases.versions():
        name = f"released/{version}.yaml"
        assert f'href="{name}"' in page
        assert hashlib.sha256(published[name]).hexdigest() in page


def test_the_vendored_bundle_is_the_one_that_is_described() -> None:
    (told,) = re.findall(r"`([0-9a-f]{64})`", (VENDORED / "VENDORED.md").read_text())
    assert hashlib.sha256((VENDORED / "scalar.js").read_bytes()).hexdigest() == told
    assert (VENDORED / "LICENSE").read_text().startswith("MIT License")


def test_the_built_site_names_no_file_of_another_machine() -> None:
    """Nothing that a browser would load by itself comes from elsewhere."""
    loading = re.compile(
        rb'<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//|<link[^>]*href="(?:https?:)?//'
    )
    loaded = [str(file) for file in site.SITE.rglob("*.html") if loading.search(file.read_bytes())]
    assert loaded == []
    assert (site.SITE / "index.html").is_file()
