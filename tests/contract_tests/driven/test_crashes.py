"""What a crash leaves is seen where a command ends the implementation, and never counted where none does."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from contract_tests import suite
from contract_tests.driver import ControlApi, DriverError, Restart
from contract_tests.equipment import Equipment, ReceiverAddress
from contract_tests.ledger import Verdict
from contract_tests.suite import Plan, Report
from contract_tests.target import DRIVEN_FROM_OUTSIDE, Target
from contract_tests.wire import OutOfTime
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, DRIVEN, held
from tests.node_serving import IMPLEMENTATION, webhook_key, write_registrations
from tests.sandboxed import serve_sandbox

COMMAND = Path(__file__).with_name("restart.py")
DURABLE = ("IDEM-16", "HOOK-24")


def free_port() -> int:
    """A port that nobody listens on; each start takes the same."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


@contextmanager
def restartable(folder: Path, words: list[str]) -> Iterator[Restart]:
    """The command of these words, started; until the block ends."""
    number = folder / "process"
    restart = Restart([sys.executable, str(COMMAND), str(number), *words], timeout=60)
    try:
        restart()
        yield restart
    finally:
        with suppress(OSError, ValueError):
            os.kill(int(number.read_text()), signal.SIGKILL)


def crash(
    restart: Restart,
    port: int,
    partners: Mapping[str, PartnerCredentials],
    select: tuple[str, ...] = DURABLE,
) -> Report:
    """What the suite says of crashes of the server on this port."""
    url = f"http://127.0.0.1:{port}"
    claims = DRIVEN_FROM_OUTSIDE | DRIVEN | {"durable"}
    target = Target(url=url, partners=held(partners), claims=claims)
    with closing(ControlApi(f"{url}/_sandbox/namespaces/default")) as driver:
        equipment = Equipment(driver=driver, restart=restart, receiver=ReceiverAddress())
        return suite.run(target, Plan(select=select, layers=DIRECTED), equipment=equipment)


def node_words(folder: Path, port: int, partners: Mapping[str, PartnerCredentials]) -> list[str]:
    """The Node implementation over memory, to be started any number of times."""
    write_registrations(partners, folder / "partners")
    (folder / "webhook_key.pem").write_bytes(webhook_key())
    words = ["node", str(IMPLEMENTATION / "server.mjs"), "--port", str(port)]
    return [*words, "--partners", str(folder / "partners"), "--webhook-key", str(folder / "webhook_key.pem")]


def verdicts(report: Report) -> dict[str, tuple[Verdict, str, list[str]]]:
    """Verdict, reason and what was found of each requirement."""
    return {
        finding.requirement.id: (
            finding.verdict,
            finding.reason,
            [breach.message for breach in finding.breaches],
        )
        for finding in report.findings
    }


def test_what_is_kept_outlives_a_crash(
    node: str, partners: Mapping[str, PartnerCredentials], tmp_path: Path
) -> None:
    """With a journal, keys and events are there again."""
    port = free_port()
    words = [*node_words(tmp_path, port, partners), "--state", str(tmp_path / "state.jsonl")]
    with restartable(tmp_path, words) as restart:
        found = verdicts(crash(restart, port, partners))
    assert found == dict.fromkeys(DURABLE, (Verdict.PASSED, "", []))


def test_what_is_forgotten_is_found_out(
    node: str, partners: Mapping[str, PartnerCredentials], tmp_path: Path
) -> None:
    """Over memory alone, a crash loses what was answered and what was to be told, and both fail."""
    port = free_port()
    with restartable(tmp_path, node_words(tmp_path, port, partners)) as restart:
        report = crash(restart, port, partners)
    assert {key: verdict for key, (verdict, _, _) in verdicts(report).items()} == dict.fromkeys(
        DURABLE, Verdict.FAILED
    ), verdicts(report)


def test_a_command_that_ends_nothing_verifies_nothing(
    node: str, partners: Mapping[str, PartnerCredentials], tmp_path: Path
) -> None:
    """Where no request was broken off, nothing is said of claims."""
    port = free_port()
    with restartable(tmp_path, node_words(tmp_path, port, partners)):
        report = crash(Restart(["true"]), port, partners, ("IDEM-16",))
    verdict, reason, _ = verdicts(report)["IDEM-16"]
    assert (verdict, reason.partition(":")[0]) == (
        Verdict.NOT_VERIFIED,
        "the restart command interrupted no request",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["false"], "ended with 1; it wrote: nothing"),
        ([sys.executable, "-c", "print('no such unit'); raise SystemExit(5)"], "no such unit"),
        (["no-such-command"], "cannot be started"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "did not end within 0.3 s"),
    ],
)
def test_a_command_that_fails_is_named(words: list[str], said: str) -> None:
    """Its words, and what it did or wrote."""
    with pytest.raises(DriverError, match=words[0]) as raised:
        Restart(words, timeout=0.3 if "sleep" in words[-1] else 20)()
    assert said in str(raised.value)


def test_a_command_is_not_waited_for_beyond_the_end_of_the_run() -> None:
    """Nor ended, which could leave an implementation half started; and none is begun after it."""
    restart = Restart([sys.executable, "-c", "import time; time.sleep(3)"], timeout=600)
    begun = time.monotonic()
    for _ in range(2):
        restart.deadline = begun + 0.3
        with pytest.raises(OutOfTime):
            restart()
    assert time.monotonic() - begun < 2


def test_a_run_tells_the_command_when_its_time_is_over(partners: Mapping[str, PartnerCredentials]) -> None:
    """``--max-time`` holds for it, too, and no longer than for the run: the command is the caller's."""
    seen: list[float | None] = []

    class Watching(Restart):
        def __call__(self) -> None:
            seen.append(self.deadline)

    restart = Watching(["true"])
    with serve_sandbox(partners) as sandbox:
        target = Target(
            url=sandbox.url, partners=held(sandbox.partners), claims=DRIVEN_FROM_OUTSIDE | {"durable"}
        )
        plan = Plan(select=("IDEM-16",), layers=DIRECTED, max_time=60)
        suite.run(target, plan, equipment=Equipment(restart=restart))
    assert [deadline is None for deadline in seen] == [False]
    assert restart.deadline is None
