"""Verdicts on receivers: right ones pass, wrong ones fail on what they break, and nothing passes unseen."""

from __future__ import annotations

import io
import json
import time
from email.utils import formatdate

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from contract_tests.ledger import Verdict
from contract_tests.preflight import PreflightError
from contract_tests.receivers import keys, suite
from contract_tests.receivers.receiver import KnownSession, Receiver
from contract_tests.report.machine import as_json
from contract_tests.report.terminal import Terminal
from contract_tests.suite import ExitCode, Plan, Report, Silent
from tests.contract_tests.receivers.faulty import FAULTS, Fault
from tests.contract_tests.receivers.served import PARTNER, SESSIONS, Shop, serving

KEYS = (keys.make(), keys.make())
KNOWN = tuple(KnownSession(session_id=name) for name in SESSIONS)
PATIENCE = 5.0
"""Seconds for an answer that takes a thousandth of one, on a machine that is busy."""


def trusted(*private: rsa.RSAPrivateKey) -> tuple[rsa.RSAPublicKey, ...]:
    return tuple(key.public_key() for key in private)


def verify(
    shop: Shop,
    *,
    select: tuple[str, ...] = (),
    sessions: tuple[KnownSession, ...] = KNOWN,
    signing: tuple[rsa.RSAPrivateKey, ...] = KEYS,
    timeout: float = PATIENCE,
    partner_name: str = PARTNER,
    max_time: float | None = None,
) -> Report:
    with serving(shop) as url:
        receiver = Receiver(
            url=url, keys=signing, partner_name=partner_name, sessions=sessions, timeout=timeout
        )
        command = f"stablemint verify-receiver {url}"
        return suite.run(receiver, Plan(select=select, layers=(), command=command, max_time=max_time))


def verdicts(report: Report, verdict: Verdict) -> set[str]:
    return {finding.requirement.id for finding in report.findings if finding.verdict is verdict}


@pytest.mark.parametrize("number", [1, 2, 3], ids="{} known sessions".format)
def test_a_correct_receiver_passes(number: int) -> None:
    """Every requirement that answers can show, with one session or with several."""
    report = verify(Shop(trusted(*KEYS)), sessions=KNOWN[:number])
    assert [finding.shown.message for finding in report.findings if finding.breaches] == []
    assert verdicts(report, Verdict.PASSED) == set(suite.known_requirements()) - {"RECV-14"}
    assert report.exit_code is ExitCode.CONFORMANT


@pytest.mark.parametrize("seconds", [3_600, -120, None])
def test_a_date_that_is_not_the_receivers_time_is_no_fault(seconds: int | None) -> None:
    """An intermediary may have dated the answer, or nobody can tell when."""
    odd = "Fri, 27 Nov 99999999999999999999 10:10:10 GMT"
    date = odd if seconds is None else formatdate(time.time() + seconds, usegmt=True)
    report = verify(Shop(trusted(*KEYS), date=date))
    assert report.exit_code is ExitCode.CONFORMANT
    assert any("by which it judges; we go by ours" in note for note in report.notes) is (seconds is not None)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_a_faulty_receiver_fails_on_what_it_breaks(fault: Fault) -> None:
    """And on nothing else but what it lists."""
    timeout = 0.3 if fault.breaks == "RECV-08" else PATIENCE
    report = verify(fault.shop(trusted(*KEYS)), timeout=timeout)
    failed = verdicts(report, Verdict.FAILED)
    assert fault.breaks in failed, fault.sentence
    assert failed <= {fault.breaks} | fault.collateral
    assert report.exit_code is ExitCode.NOT_CONFORMANT


def test_every_requirement_has_a_test_and_a_receiver_that_fails_it() -> None:
    """But the one that no answer can show."""
    decidable = set(suite.known_requirements()) - {"RECV-14"}
    assert {key for key, tests in suite.coverage().items() if tests} == decidable
    assert {fault.breaks for fault in FAULTS.values()} == decidable


def test_without_a_known_session_nothing_passes() -> None:
    """A refusal may be one of the session, and there is nothing to acknowledge."""
    report = verify(Shop(trusted(*KEYS)), sessions=())
    assert verdicts(report, Verdict.PASSED) == set()
    assert verdicts(report, Verdict.FAILED) == set()
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert any("--session-id" in finding.reason for finding in report.findings)


def test_without_a_known_session_what_is_acknowledged_fails_all_the_same() -> None:
    """A forgery needs no session."""
    report = verify(FAULTS["acknowledges-everything"].shop(trusted(*KEYS)), sessions=())
    assert verdicts(report, Verdict.FAILED) == {"RECV-02", "RECV-03", "RECV-04"}


def test_refusals_by_a_receiver_that_refuses_everything_show_nothing() -> None:
    """The wrong key: what is genuine fails, and nothing passes."""
    report = verify(Shop(trusted(keys.make())))
    assert verdicts(report, Verdict.FAILED) == {"RECV-01"}
    assert verdicts(report, Verdict.PASSED) == set()
    assert {"RECV-02", "RECV-03", "RECV-04"} <= verdicts(report, Verdict.NOT_VERIFIED)
    assert any("trust the public key" in note for note in report.notes)


def test_one_key_leaves_the_set_of_keys_unverified_and_is_no_fault() -> None:
    """Exit code 0: only the partner can say that there is a second key."""
    report = verify(Shop(trusted(*KEYS)), signing=KEYS[:1])
    assert verdicts(report, Verdict.NOT_VERIFIED) == {"RECV-13", "RECV-14"}
    assert report.exit_code is ExitCode.CONFORMANT


def test_a_silent_receiver_is_asked_no_further() -> None:
    """One wait is enough."""
    report = verify(FAULTS["works-before-it-answers"].shop(trusted(*KEYS)), timeout=0.2)
    assert verdicts(report, Verdict.FAILED) == {"RECV-01", "RECV-08"}
    assert report.requests == 1


def test_a_selection_runs_what_it_needs() -> None:
    """And agrees with the whole run."""
    report = verify(FAULTS["believes-the-future"].shop(trusted(*KEYS)), select=("recv-03", "RECV-04"))
    assert verdicts(report, Verdict.FAILED) == {"RECV-03"}
    assert verdicts(report, Verdict.PASSED) == {"RECV-04"}
    assert report.requests < 30


def test_time_runs_out() -> None:
    """What there was no time for is not verified."""
    report = verify(Shop(trusted(*KEYS)), max_time=0.05)
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert any(finding.reason == "time ran out (--max-time)" for finding in report.findings)


def test_an_interruption_leaves_a_report() -> None:
    """Ctrl-C ends the run with what was seen until then, and leaves open what was still to be seen."""
    asked: list[str] = []

    class Interrupting(Silent):
        def progress(self, what: str, requests: int) -> None:
            asked.append(what)
            if len(asked) == 9:  # the test of RECV-04, before that of RECV-05
                raise KeyboardInterrupt

    with serving(Shop(trusted(*KEYS))) as url:
        receiver = Receiver(url=url, keys=KEYS, partner_name=PARTNER, sessions=KNOWN)
        select = ("RECV-01", "RECV-02", "RECV-04", "RECV-05")
        report = suite.run(receiver, Plan(select=select, layers=()), Interrupting())
    assert report.exit_code is ExitCode.INTERRUPTED
    assert verdicts(report, Verdict.PASSED) == {"RECV-02"}
    assert verdicts(report, Verdict.NOT_VERIFIED) == {"RECV-01", "RECV-04", "RECV-05"}


def test_nobody_there_is_no_verdict() -> None:
    """The message says what was tried."""
    with serving(Shop(())) as url:
        pass
    receiver = Receiver(url=url, keys=KEYS, partner_name=PARTNER)
    with pytest.raises(PreflightError, match="cannot be reached"):
        suite.run(receiver, Plan(layers=()))


def test_a_failure_shows_the_delivery_the_answer_and_how_to_see_it_again() -> None:
    """The command is the one that was given, and the selection."""
    report = verify(FAULTS["refuses-repeats"].shop(trusted(*KEYS)))
    stream = io.StringIO()
    Terminal(stream, colour=False, live=False).show(report)
    text = stream.getvalue()
    assert "✗ RECV-05  A receiver acknowledges an event that it has handled before." in text
    assert "expected 2xx for one of two deliveries of one event at the same time; got 409" in text
    assert "> POST /hook?tenant=7" in text
    assert "< 409 Conflict" in text
    assert f"    again: stablemint verify-receiver {report.target.url} --select RECV-05\n" in text
    written = json.loads(json.dumps(as_json(report)))
    (failed,) = [entry for entry in written["requirements"] if entry["verdict"] == "failed"]
    assert failed["replay"].endswith("--select RECV-05")
    assert written["exitCode"] == 1
