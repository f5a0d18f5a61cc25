"""The record of what catches which faulty server: complete in itself, of these patches, and repeatable."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import pytest

import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests.trial import REGISTRY
from reference_impl.credentials import PartnerCredentials
from tests.faulty import plain, record, recorded
from tests.faulty.__main__ import parse_share, report
from tests.faulty.catalogue import CATALOGUE
from tests.faulty.recorded import LAYERS
from tests.faulty.shapes import digest


def test_every_recorded_server_was_caught_by_a_test() -> None:
    """None is recorded that the tests written by hand did not catch; the generated requests come on top."""
    found = recorded.load()
    assert found
    assert [name for name, entry in found.items() if not entry.written] == []
    assert {layer for entry in found.values() for layer in entry.layers} <= LAYERS.keys()


def test_what_the_right_servers_fail_is_recorded_once() -> None:
    """Nothing that Schemathesis reports of a right server counts against a faulty one."""
    document = recorded.read()
    for name, entry in recorded.load().items():
        if entry.plain is not None:
            assert set(entry.plain).isdisjoint(document["right"][CATALOGUE[name].application]), name


@pytest.mark.parametrize(
    ("test", "layer"),
    [
        ("authentication.timestamps_are_ten_digits", "directed"),
        ("generated", "generated"),
        ("walking.walks_agree_with_the_model", "model"),
        ("races.equal_requests_make_one_session", "concurrency"),
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
    two = dict(list(CATALOGUE.items())[:2])
    monkeypatch.setattr(record, "by_area", lambda: {"AUTH": list(two.values())})
    first, second = two
    assert next(record.record(partners, seconds=60)) == f"{first}: written"
    assert list(recorded.load()) == [first]
    rest = [f"{second}: written", *(f"{name}: {part}" for part in ("generated", "plain") for name in two)]
    assert list(record.record(partners, seconds=60)) == rest
    assert recorded.load().keys() == two.keys()
    assert [entry.plain for entry in recorded.load().values()] == [(), ()]
    assert all(entry.written for entry in recorded.load().values())
    file.write_text(file.read_text().replace(digest(CATALOGUE[first]), "another"))
    assert list(recorded.load()) == [second]


def test_two_shares_are_the_whole(
    file: Path, partners: Mapping[str, PartnerCredentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that record beside each other take turns, and neither writes over what the other wrote."""
    three = dict(list(CATALOGUE.items())[:3])
    monkeypatch.setattr(record, "by_area", lambda: {"AUTH": list(three.values())})
    monkeypatch.setattr(record, "observe", lambda part, *_, **__: ["directed"])
    odd, even = (record.record(partners, seconds=60, share=share) for share in ((1, 2), (2, 2)))
    done = [next(odd), next(even), *odd, *even]
    assert sorted(done) == sorted(f"{name}: {part}" for name in three for part in recorded.PARTS)
    assert done[:2] == [f"{name}: written" for name in list(three)[:2]]
    assert recorded.read()["servers"].keys() == three.keys()
    assert all(entry.plain == ("directed",) for entry in recorded.load().values())
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", ""])
def test_a_share_is_one_of_its_parts(text: str) -> None:
    """What is none is refused with an example."""
    with pytest.raises(argparse.ArgumentTypeError, match=r"such as 1/2"):
        parse_share(text)
    assert parse_share("2/2") == (2, 2)


def test_a_report_without_time_tells_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """And changes nothing."""
    before = recorded.FILE.read_bytes()
    report(0)
    count = sum(entry.written is not None for entry in recorded.load().values())
    assert capsys.readouterr().out.startswith(f"written: {count} of {len(CATALOGUE)} in ")
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
    usual = document["right"].get(fault.application, ())
    entry = {part: found for part, found in document["servers"][fault.name].items() if part != "patch"}
    assert {part: record.observe(part, fault, partners, usual=usual) for part in entry} == entry
