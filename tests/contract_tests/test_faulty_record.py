"""The record of what catches which faulty server: complete in itself, of these patches, and repeatable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests.trial import REGISTRY
from reference_impl.credentials import PartnerCredentials
from tests.faulty import plain, record, recorded
from tests.faulty.__main__ import report
from tests.faulty.catalogue import CATALOGUE
from tests.faulty.recorded import LAYERS
from tests.faulty.shapes import digest


def test_every_recorded_server_was_caught_by_a_layer() -> None:
    """None is recorded that the suite did not catch."""
    found = recorded.load()
    assert found
    assert [name for name, entry in found.items() if not entry.layers] == []
    assert {layer for entry in found.values() for layer in entry.layers} <= LAYERS.keys()


def test_what_the_right_servers_fail_is_recorded_once() -> None:
    """Nothing that Schemathesis reports of a right server counts against a faulty one."""
    document = recorded.read()
    assert document["right"].keys() == {fault.application for fault in CATALOGUE.values()}
    for name, entry in recorded.load().items():
        assert set(entry.plain).isdisjoint(document["right"][CATALOGUE[name].application]), name


@pytest.mark.parametrize(
    ("test", "layer"),
    [
        ("authentication.timestamps_are_ten_digits", "directed"),
        ("generated", "generated"),
        ("walking.walks_agree_with_the_model", "model"),
        ("concurrency.equal_requests_make_one_session", "concurrency"),
        ("readers.readers_see_whole_steps", "concurrency"),
        ("deliveries.failures_are_tried_again", "driven"),
    ],
)
def test_every_test_belongs_to_a_layer(test: str, layer: str) -> None:
    """By its module."""
    assert record.layer_of(test) == layer
    assert all(record.layer_of(name) in LAYERS for name in REGISTRY)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record of its own, in which nothing is recorded."""
    path = tmp_path / "recorded.json"
    for module in (record, recorded):
        monkeypatch.setattr(module, "FILE", path)
    monkeypatch.setattr(plain, "find_failures", lambda server: frozenset({"usual", server.url[:4]}))
    return path


def test_recording_goes_on_where_it_was(
    file: Path, partners: Mapping[str, PartnerCredentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded is not run again; what is patched in another way since is no record any more."""
    monkeypatch.setattr(record, "CATALOGUE", two := dict(list(CATALOGUE.items())[:2]))
    monkeypatch.setattr(record, "by_area", lambda: {"AUTH": list(two.values())})
    first, second = two
    assert next(record.record(partners, seconds=60)) == first
    assert list(recorded.load()) == [first]
    assert list(record.record(partners, seconds=60)) == [second]
    assert recorded.load().keys() == two.keys()
    assert all(entry.plain == () and entry.layers for entry in recorded.load().values())
    file.write_text(file.read_text().replace(digest(CATALOGUE[first]), "another"))
    assert list(recorded.load()) == [second]


def test_a_report_without_time_tells_what_there_is(
    partners: Mapping[str, PartnerCredentials], capsys: pytest.CaptureFixture[str]
) -> None:
    """And changes nothing."""
    before = recorded.FILE.read_bytes()
    report(0)
    assert re.match(rf"{len(recorded.load())} of {len(CATALOGUE)} are recorded in ", capsys.readouterr().out)
    assert recorded.FILE.read_bytes() == before


@pytest.mark.prove
def test_the_record_can_be_repeated(
    partners: Mapping[str, PartnerCredentials], prove_seed: int, request: pytest.FixtureRequest
) -> None:
    """One of the servers, another for each seed, is caught again by what caught it, and seen by as much."""
    document = recorded.read()
    names = sorted(recorded.load())
    fault = CATALOGUE[names[prove_seed % len(names)]]
    if fault.application == "node":
        request.getfixturevalue("node")
    usual = document["right"][fault.application]
    assert record.observe(fault, partners, usual=usual) == document["servers"][fault.name]
