"""`stablemint reference --simulate`, as a process over either database, passes the contract tests driven."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan, Report
from reference_impl.storage.encryption import new_key
from tests.contract_tests.driven.test_driven import DRIVEN_REQUIREMENTS
from tests.contract_tests.running import DIRECTED, verify
from tests.postgresql import Postgresql
from tests.sandboxed import NAMESPACE, Sandboxed
from tests.stablemint.processes import run_reference

STORES = ("postgresql", "sqlite")
INSPECTED = {"AUTH-16", "AUTH-17", "HTTP-20", "SESS-03", "SESS-20", "HOOK-25"}
"""What no request can show."""

SLOW = {"HOOK-16"}
"""What is seen by waiting for a time-out of ten seconds: left to the proof."""

WHEN_BUSY = {"ERR-09"}
"""What a server shows only where it is busy."""


@pytest.fixture(scope="module", params=STORES)
def reference(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandboxed]:
    """The process, each of its answers held to the document, with the partners that it makes itself."""
    with ExitStack() as stack:
        options = ["--json", "--simulate", "--validate-responses", "--log-level", "error"]
        variables = {}
        if request.param == "postgresql":
            server: Postgresql = request.getfixturevalue("postgresql")
            variables["STABLEMINT_DATABASE_URL"] = stack.enter_context(server.empty_database())
            variables["STABLEMINT_ENCRYPTION_KEYS"] = new_key()
        home = tmp_path_factory.mktemp("reference")
        running = stack.enter_context(run_reference(*options, home=home, **variables))
        yield Sandboxed(
            url=running.ready["url"],
            partners={name: running.credentials(name) for name in running.ready["partners"]},
            control_url=running.ready["url"] + NAMESPACE,
        )


def undecided(report: Report) -> dict[str, object]:
    """What was claimed and is not passed, by requirement: why."""
    return {
        finding.requirement.id: finding.reason or [breach.message for breach in finding.breaches]
        for finding in report.findings
        if finding.verdict not in (Verdict.PASSED, Verdict.NOT_CLAIMED)
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_what_rests_on_the_store_passes(reference: Sandboxed, seed: int) -> None:
    """Payments, webhooks, keys and expiry, played and clocked by its own driver operations."""
    select = ("IDEM", *(each for each in DRIVEN_REQUIREMENTS if each not in SLOW))
    report = verify(reference, Plan(select=select, layers=DIRECTED, seed=seed))
    assert undecided(report).keys() <= INSPECTED, undecided(report)
    assert report.exit_code is ExitCode.CONFORMANT


@pytest.mark.prove
@pytest.mark.parametrize("turn", range(20))
def test_everything_passes(reference: Sandboxed, turn: int, prove_seed: int) -> None:
    """Both layers, whatever the seed."""
    report = verify(reference, Plan(seed=1000 * prove_seed + turn))
    assert undecided(report).keys() <= INSPECTED | WHEN_BUSY, undecided(report)
    assert report.exit_code is ExitCode.CONFORMANT
