"""No seed brings a false alarm: the whole suite, driven, over what is known to be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import verify
from tests.faulty.catalogue import Listening
from tests.node_serving import serve_node
from tests.sandboxed import serve_sandbox

SEEDS = range(20)
"""Of each implementation; the reference, over both databases, has `test_reference_processes.py`."""


@pytest.fixture(scope="module", params=["mock", "node"])
def implementation(
    request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]
) -> Iterator[Listening]:
    """The mock server, and the Node implementation as a process of its own."""
    if request.param == "node":
        request.getfixturevalue("node")
        with serve_node(partners) as server:
            yield server
    else:
        with serve_sandbox(partners) as sandbox:
            yield sandbox


@pytest.mark.prove
@pytest.mark.parametrize("turn", SEEDS)
def test_no_seed_brings_a_false_alarm(implementation: Listening, turn: int, prove_seed: int) -> None:
    """Both layers at their default settings: nothing fails, and nothing that is claimed is left open."""
    report = verify(implementation, Plan(seed=1000 * prove_seed + turn))
    found = {
        finding.requirement.id: (finding.reason, *(breach.message for breach in finding.breaches))
        for finding in report.findings
        if finding.verdict is Verdict.FAILED
    }
    assert found == {}, "\n".join(f"{key}: {said}" for key, said in found.items())
    assert report.exit_code is ExitCode.CONFORMANT
