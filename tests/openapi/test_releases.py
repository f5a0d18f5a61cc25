"""The frozen releases of the contract, and what is said of changes since the latest."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from openapi import bundle, contract_diff, load, releases
from openapi.releases import ReleaseError
from tests.openapi.reading import Node

Edit = Callable[[Node], object]


def test_the_released_files_are_those_that_were_released() -> None:
    """By the SHA-256 that was recorded when each was frozen."""
    releases.verify()
    assert releases.versions()


def test_the_changelog_tells_of_every_release() -> None:
    for version in releases.versions():
        assert releases.unreleased(version).startswith("# Changelog of the contract")


def test_a_release_that_was_changed_is_found_out(tmp_path: Path) -> None:
    file = frozen(tmp_path, load())
    releases.verify(tmp_path)
    file.write_text(file.read_text() + "x-more: 1\n")
    with pytest.raises(ReleaseError, match=r"0\.1\.0\.yaml was changed after its release"):
        releases.verify(tmp_path)


@pytest.mark.parametrize("name", ["0.1.0.yaml", releases.SUMS])
def test_a_release_that_is_missing_or_unlisted_is_found_out(tmp_path: Path, name: str) -> None:
    frozen(tmp_path, load())
    (tmp_path / name).unlink()
    with pytest.raises(ReleaseError, match=r"0\.1\.0\.yaml is not in"):
        releases.verify(tmp_path)


def test_versions_are_ordered_as_numbers(tmp_path: Path) -> None:
    for version in ("0.10.0", "0.9.0", "0.9.11"):
        (tmp_path / f"{version}.yaml").touch()
    assert releases.versions(tmp_path) == ["0.9.0", "0.9.11", "0.10.0"]


def test_the_bundle_is_released_once_and_only_with_a_word_in_the_changelog(tmp_path: Path) -> None:
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n## Unreleased\n")
    version = load()["info"]["version"]
    with pytest.raises(ReleaseError, match=f"has no section `## {version}`"):
        releases.freeze(tmp_path, changelog)
    changelog.write_text(f"# Changelog\n\n## {version} (2026-11-27)\n\nAll of it.\n")
    file = releases.freeze(tmp_path, changelog)
    assert file.read_bytes() == (bundle.FOLDER / "dist" / "openapi.yaml").read_bytes()
    releases.verify(tmp_path)
    with pytest.raises(ReleaseError, match=r"move info\.version"):
        releases.freeze(tmp_path, changelog)


@pytest.mark.parametrize(
    ("version", "impact", "wanted"),
    [
        ("0.1.4", "major", "0.2.0"),
        ("0.1.4", "minor", "0.1.5"),
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
    ],
)
def test_the_impact_of_a_change_says_which_number_moves(version: str, impact: str, wanted: str) -> None:
    assert contract_diff.next_version(version, impact) == wanted


def test_every_breaking_change_since_the_latest_release_is_named(
    node_tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `make contract-diff` says of the contract as it is."""
    code = contract_diff.main(["--redocly", str(node_tools / "redocly")])
    assert code == 0, capsys.readouterr().out


def remove_operation(document: Node) -> object:
    return document["paths"].pop("/session/{sessionId}")


def remove_property(document: Node) -> object:
    schema = document["components"]["schemas"]["HostedSession"]
    schema["required"].remove("sessionUrl")
    return schema["properties"].pop("sessionUrl")


def narrow_enumeration(document: Node) -> object:
    return document["components"]["schemas"]["Currency"]["enum"].remove("RON")


def remove_webhook(document: Node) -> object:
    return document["webhooks"].pop("transaction.status.changed")


def demand_a_field(document: Node) -> object:
    return document["components"]["schemas"]["CreateHostedSessionRequest"]["required"].append(
        "websiteReference"
    )


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (remove_operation, "#/paths/~1session~1{sessionId}"),
        (remove_property, "#/components/schemas/HostedSession/properties/sessionUrl"),
        (narrow_enumeration, "#/components/schemas/Currency/enum"),
        (remove_webhook, "#/webhooks/transaction.status.changed"),
        (demand_a_field, "#/components/schemas/CreateHostedSessionRequest/required"),
    ],
)
def test_a_breaking_change_fails_until_the_changelog_names_it(
    node_tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], edit: Edit, place: str
) -> None:
    base, revision = pair(tmp_path, edit)
    redocly = str(node_tools / "redocly")
    assert contract_diff.report(base, revision, told="Nothing yet.", redocly=redocly) == 1
    said = capsys.readouterr().out
    _, _, asked = said.partition("does not name under Unreleased:\n")
    assert f"\n- `{place}`: " in asked
    assert "info.version is 0.1.0; what changed since 0.1.0 makes the next release 0.2.0." in said
    places = re.findall(r"^major +(\S+)$", said, re.MULTILINE)
    changes = [contract_diff.Change(impact="major", pointer=one, message="") for one in places]
    assert contract_diff.unnamed(changes, asked) == []


def test_a_breaking_change_that_is_named_passes(node_tools: Path, tmp_path: Path) -> None:
    base, revision = pair(tmp_path, narrow_enumeration)
    told = "- `#/components/schemas/Currency/enum`: sessions in RON are no longer made."
    assert contract_diff.report(base, revision, told=told, redocly=str(node_tools / "redocly")) == 0


def test_an_optional_member_of_an_answer_breaks_nothing(
    node_tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def add_member(document: Node) -> None:
        document["components"]["schemas"]["HostedSession"]["properties"]["note"] = {"type": "string"}

    base, revision = pair(tmp_path, add_member)
    assert contract_diff.report(base, revision, told="", redocly=str(node_tools / "redocly")) == 0
    said = capsys.readouterr().out
    assert said.startswith("minor        #/components/schemas/HostedSession/properties/note\n")
    assert "major" not in said


def test_without_node_it_is_said_that_nothing_was_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change_requirements(document: Node) -> None:
        document["x-requirements"][0]["level"] = "MAY"
        document["x-requirements"][1]["id"] = "AUTH-99"

    base, revision = pair(tmp_path, change_requirements)
    assert contract_diff.report(base, revision, told="", redocly=None) == contract_diff.UNDECIDED
    said = capsys.readouterr().out
    assert said.splitlines()[:3] == [
        "requirement  AUTH-01 has another level",
        "requirement  AUTH-02 is gone (it was MUST)",
        "requirement  AUTH-99 is new (MUST)",
    ]
    assert "NOT DECIDED: whether a change breaks callers" in said
    assert contract_diff.report(base, base, told="", redocly=None) == 0


def test_redocly_counts_as_installed_where_node_is(
    node_tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    redocly = str(node_tools / "redocly")
    assert contract_diff.find_redocly(redocly) == redocly
    assert contract_diff.find_redocly(str(tmp_path / "redocly")) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert contract_diff.find_redocly(redocly) is None


def test_a_tool_that_fails_is_told_from_a_contract_that_breaks(node_tools: Path, tmp_path: Path) -> None:
    base, _ = pair(tmp_path, lambda document: None)
    with pytest.raises(contract_diff.ToolError):
        contract_diff.compare(base, tmp_path / "absent.yaml", str(node_tools / "redocly"))


def pair(folder: Path, edit: Edit) -> tuple[Path, Path]:
    """The document as release 0.1.0, and as it is after an edit."""
    document = load()
    document["info"]["version"] = "0.1.0"
    changed = copy.deepcopy(document)
    edit(changed)
    base, revision = folder / "0.1.0.yaml", folder / "revision.yaml"
    base.write_text(json.dumps(document))  # which is YAML too, and soon written
    revision.write_text(json.dumps(changed))
    return base, revision


def frozen(folder: Path, document: Node) -> Path:
    """A folder of releases with one in it."""
    file = folder / "0.1.0.yaml"
    file.write_text(json.dumps(document))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / releases.SUMS).write_text(f"{digest}  {file.name}\n")
    return file
