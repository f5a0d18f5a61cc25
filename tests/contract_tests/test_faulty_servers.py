"""The catalogue of faulty servers as a whole; what each of them fails on is asked in `faulty/`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests.suite import ExitCode, Plan
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.faulty.judging import failed
from tests.contract_tests.running import verify
from tests.faulty.__main__ import list_all
from tests.faulty.catalogue import CATALOGUE

FOLDER = Path(__file__).parent / "faulty"


@pytest.mark.parametrize("folder", [FOLDER, FOLDER / "collateral"], ids=["faulty", "collateral"])
def test_every_faulty_server_is_asked_once(folder: Path) -> None:
    """Each area of the catalogue has one module for what is broken, and one for what is not."""
    modules = [module.read_text() for module in folder.glob("test_*.py")]
    areas = Counter(line for module in modules for line in module.splitlines() if line.startswith("AREA"))
    assert areas == {f'AREA = "{fault.area}"': 1 for fault in CATALOGUE.values()}


def test_generated_requests_find_faults_by_themselves(partners: Mapping[str, PartnerCredentials]) -> None:
    """What Schemathesis sends finds a fault of data without any directed test."""
    fault = CATALOGUE["unknown-members-accepted"]
    with fault.start(partners, 0) as server:
        report = verify(server, Plan(select=(fault.breaks,), layers=("generated",), max_examples=1))
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert failed(report) == {fault.breaks}


def test_the_list_shows_every_faulty_server(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is listed once under its area, with what it breaks, what it is made from, and its sentence."""
    list_all()
    listed = capsys.readouterr().out
    for fault in CATALOGUE.values():
        assert listed.count(f"{fault.breaks:<8} {fault.name}  ({fault.application})\n") == 1
        assert fault.sentence in " ".join(listed.split())
    assert listed.endswith(f"{len(CATALOGUE)} in all\n")
