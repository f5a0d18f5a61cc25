"""A payment processor of one's own, plugged in: the one that docs/deploying.md shows, as it stands there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stablemint.program import main
from tests.control_api.receiver import listen
from tests.project.fences import read_blocks
from tests.project.tree import ROOT, plain_environment
from tests.stablemint.processes import PATIENCE, SESSION, ServerProcess, run_reference

PAYER = {"email": "payer@shop.example", "fullName": "A Payer"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the module of the processor lies, and the home of the server."""
    folder = tmp_path_factory.mktemp("processor")
    (module,) = [
        block.code
        for block in read_blocks(ROOT / "docs" / "deploying.md")
        if (block.heading, block.language) == ("Payment processor", "python")
    ]
    (folder / "bank_of_examples.py").write_text(module, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def variables(folder: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": str(folder),
        "STABLEMINT_PROCESSOR": "bank_of_examples:BankOfExamples",
        "STABLEMINT_HOME": str(folder / "home"),
    }


@pytest.fixture(scope="module")
def reference(folder: Path, variables: dict[str, str]) -> Iterator[ServerProcess]:
    with run_reference("--json", home=folder / "home", **variables) as running:
        yield running


def report(session_id: str, step: str, folder: Path, variables: dict[str, str]) -> str:
    """Run the processor's own command in another folder: what it prints."""
    done = subprocess.run(
        [sys.executable, str(folder / "bank_of_examples.py"), session_id, step],
        cwd=folder,
        env=plain_environment(**{**variables, "PYTHONPATH": f"{folder}:{ROOT}"}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout.strip()


def test_its_banks_are_offered_and_what_it_reports_is_told_to_the_partner(
    reference: ServerProcess,
    folder: Path,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES", "true")
    with listen() as receiver:
        home = ("--home", str(folder / "home"))
        assert main(["reference", "endpoints", "set", "demo", receiver.url, *home]) == 0
        session_id = reference.create(**SESSION)
        payer = f"/payer/session/{session_id}"
        assert reference.request("POST", f"{payer}/identity", PAYER)[0] == 200
        status, offer = reference.request("GET", f"{payer}/banks")
        assert (status, [bank["name"] for bank in offer["banks"]]) == (200, ["Bank of Examples"])
        order = {"bankId": "examples", "paymentMethod": "bank_transfer"}
        assert reference.request("POST", f"{payer}/deposit", order)[0] == 200
        assert report(session_id, "initiate", folder, variables) == "processing initiated"
        assert report(session_id, "submit", folder, variables) == "processing submitted"
        assert report(session_id, "accept", folder, variables) == "processing accepted"
        assert report(session_id, "complete", folder, variables) == "completed completed"
        told = [receiver.take() for _ in range(7)]
    assert {event.event_type for event in told} == {
        *(
            f"partner.customer.deposit.{status}"
            for status in ("created", "initiated", "submitted", "accepted", "completed")
        ),
        "transaction.status.changed",
    }
    (completed,) = [event for event in told if event.event_type.endswith("completed")]
    assert completed.document["data"]["debtorAccount"] == {"ibanMasked": "DE02**************2051"}
    assert reference.read(session_id)[1]["status"] == "completed"


@pytest.mark.parametrize(
    ("processor", "reason"),
    [
        ("no_such_module:Bank", "cannot be imported"),
        ("json:nothing", "cannot be imported"),
        ("os.path:sep", "cannot be called"),
        ("json:dumps", "failed when it was called"),
        ("types:SimpleNamespace", "lacks banks, debtor_iban, describe, instruction, place_order, proceed"),
    ],
)
def test_what_is_no_processor_is_refused_at_start(
    processor: str,
    reason: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STABLEMINT_PROCESSOR", processor)
    options = ["--home", str(tmp_path), "--port", "0", "--operations-port", "0"]
    assert main(["reference", *options]) == 2
    refusal = capsys.readouterr().err
    assert f"processor: {processor}" in refusal
    assert reason in refusal
