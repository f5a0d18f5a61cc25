"""The sources of the documentation, and the site that is built from them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest

import openapi
import tests.faulty  # noqa: F401 - fills the catalogue
from contract_tests import suite
from contract_tests.receivers import suite as receivers
from docs import generated, loading, reference, site
from docs.generated import commands, requirements
from mockserver.diagnosis.causes import CAUSES
from openapi import releases
from stablemint.program import COMMANDS, parser_of
from tests.contract_tests.receivers.faulty import FAULTS
from tests.contract_tests.receivers.faulty import Fault as FaultyReceiver
from tests.faulty.catalogue import CATALOGUE, Fault

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


def test_a_refusal_leads_to_the_mistakes_that_cause_it() -> None:
    """Each of the five causes of a 401, and no other problem."""
    leading = {
        path for path, page in pages().items() if "[Signing requests](../guides/signing.md) has" in page
    }
    assert leading == {f"problems/{cause.refusal}.md" for cause in CAUSES.values()}
    counted = Counter(cause.refusal for cause in CAUSES.values())
    assert (
        f"[{counted['invalid_signature']} mistakes](../sandbox.md" in pages()["problems/invalid_signature.md"]
    )


def test_every_event_has_a_page_with_an_example() -> None:
    """And with every member of its `data`; of a country's, not with 249 codes."""
    document = openapi.load()
    for name, item in document["webhooks"].items():
        page = pages()[f"events/{name}.md"]
        assert f'"eventType": "{name}"' in page
        assert ("one of 249, `AD` to `ZW`, or null" in page) == ("deposit" in name)
        examples = item["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            value = document["components"]["examples"][example["$ref"].rpartition("/")[2]]["value"]
            assert set(value["data"]) <= set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))


@cache
def sections() -> Mapping[str, str]:
    """What the pages say of each requirement, by its identifier."""
    found = {}
    for area in {one.area for one in openapi.requirements().values()}:
        for section in re.split(r"^## ", pages()[f"requirements/{area}.md"], flags=re.MULTILINE)[1:]:
            found[section.partition("\n")[0]] = section
    return found


@pytest.mark.parametrize("requirement", openapi.requirements().values(), ids=lambda one: one.id)
def test_every_requirement_is_listed_with_its_clause_and_its_tests(requirement: openapi.Requirement) -> None:
    section = sections()[requirement.id]
    assert section.startswith(f"{requirement.id}\n\n{requirement.statement}\n")
    assert f"clause `{requirement.clause}`\n\n> " in section
    assert f"`{requirement.id}`" in " ".join(re.findall(r"^> (.*)", section, re.MULTILINE))
    covered = {**suite.coverage(), **receivers.coverage()}[requirement.id]
    assert set(covered) <= set(re.findall(r"^- `([^`]+)`$", section, re.MULTILINE))
    assert ("No contract test" in section) == (not covered)
    assert ("No faulty server" in section) == ("<summary>Faulty servers that fail on it" not in section)
    assert ("it takes a crash" in section) == (requirement.id in {"HOOK-24", "IDEM-16"})


def test_a_clause_is_quoted_with_what_it_announces() -> None:
    """One that ends with a colon goes on with a list, or with the string that is signed (AUTH-02)."""
    quoted = {one.id: requirements.passage(one) for one in openapi.requirements().values()}
    assert [name for name, text in quoted.items() if text.endswith(":")] == []
    assert quoted["AUTH-02"].endswith("```text\n<Timestamp>,<API secret>,<request body>\n```")
    assert [text.count("```") % 2 for text in quoted.values() if text.count("```") % 2] == []


@pytest.mark.parametrize("fault", [*CATALOGUE.values(), *FAULTS.values()], ids=lambda one: one.name)
def test_every_faulty_server_is_listed_below_the_requirement_it_fails_on(
    fault: Fault | FaultyReceiver,
) -> None:
    assert f"\n- `{fault.name}`: {fault.sentence}\n" in sections()[fault.breaks]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_with_its_options(name: str) -> None:
    """Those of its subcommands too, each with what it is for."""
    page = pages()[f"commands/{name}.md"]
    for _, one in commands.parsers(parser_of(name)):
        (section,) = re.findall(rf"^#+ `{one.prog}`\n(.*?)(?=^#+ `|\Z)", page, re.MULTILINE | re.DOTALL)
        assert f"usage: {one.prog}" in section
        rows = re.findall(r"^\| `(--\S+).*` \| (\S.*) \|$", section, re.MULTILINE)
        assert {option for option, _ in rows} == set(one._option_string_actions) - {"-h", "--help"}


def test_every_release_of_the_contract_is_told_of_and_can_be_loaded() -> None:
    """With the changes since the one before it, and the bytes that were frozen."""
    page = pages()["contract-changelog.md"]
    assert releases.CHANGELOG.read_text(encoding="utf-8") in page
    published = reference.published(reference.files())
    for version in releases.versions():
        name = f"released/{version}.yaml"
        assert f'href="{name}"' in page
        assert hashlib.sha256(published[name]).hexdigest() in page


@pytest.mark.parametrize(
    ("page", "name"),
    [("reference", "openapi"), ("payer-reference", "payer"), ("sandbox-reference", "sandbox")],
)
def test_an_api_reference_carries_its_whole_document(page: str, name: str) -> None:
    """Webhooks and problems included, so that it works from a file and offline."""
    html = reference.published(reference.files())[f"{page}.html"].decode()
    (carried,) = re.findall(r'<script id="document" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert json.loads(carried) == openapi.load(name)


def test_the_vendored_bundle_is_the_one_that_is_described() -> None:
    (told,) = re.findall(r"`([0-9a-f]{64})`", (VENDORED / "VENDORED.md").read_text())
    assert hashlib.sha256((VENDORED / "scalar.js").read_bytes()).hexdigest() == told
    assert (VENDORED / "LICENSE").read_text().startswith("MIT License")


def test_the_shipped_site_loads_no_file_of_another_machine() -> None:
    """Nothing that a browser would load by itself comes from elsewhere."""
    assert loading.find_foreign(site.SITE) == []
    assert (site.SITE / "index.html").is_file()
