"""A broken target is no crash of the suite: whatever it does becomes verdicts, in readable reports."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from xml.etree import ElementTree

import pytest

from contract_tests import suite
from contract_tests.ledger import Verdict
from contract_tests.masking import SHOWN_BYTES
from contract_tests.preflight import PreflightError
from contract_tests.report.junit import as_junit
from contract_tests.report.machine import as_json
from contract_tests.report.page import as_html
from contract_tests.report.terminal import Terminal
from contract_tests.suite import ExitCode, Plan, Report
from contract_tests.target import Target
from contract_tests.wire import KEPT
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, GENERATED, held
from tests.contract_tests.scripted import answer, scripted

Reply = bytes | Iterable[bytes] | None
GOOD = answer("404 Not Found", b"{}")
PREFLIGHT = 6
"""Requests of the preflight as one partner, which must find a target that is there."""
JSON = "Content-Type: application/json"
SQUEEZED = gzip.compress(b" " * 50_000_000)
BROKEN: Mapping[str, Reply] = {
    "closing": None,
    "resetting": b"",
    "no HTTP": b"HTTP/1.1 banana\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"Content-Length: 0\r\n\r\n",
    "NUL in the head": b"HTTP/1.1 200 \x00\x1b[2J\r\nX\x00Y: \x01\r\nContent-Length: 0\r\n\r\n",
    "length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nbody",
    "less than was promised": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\nbody",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbody",
    "50 MB": answer("201 Created", b" " * 50_000_000, JSON),
    "500": answer("500 Internal Server Error", b"Traceback (most recent call last): \x1b[2J\x00"),
    "odd JSON": answer("200 OK", json.dumps({"sessionId": None, "errors": {"pointer": 1}}).encode()),
    "no object": answer("201 Created", b"[1]", JSON),
    "deep JSON": answer("201 Created", b"[" * 100_000, JSON),
    "a number too long": answer("201 Created", b'{"amount": ' + b"9" * 5_000 + b"}", JSON),
    "surrogates": answer("201 Created", b'{"sessionId": "\\ud800", "code": "\\ud800"}', JSON),
    "odd problem": answer("404 Not Found", b'{"code": 5, "errors": [7]}'),
}


BAFFLING: Mapping[str, Callable[[], Reply]] = {
    "an answer without end": lambda: endlessly(b"HTTP/1.1 201 Created\r\n\r\n"),
    "much in little": lambda: answer("201 Created", SQUEEZED, JSON, "Content-Encoding: gzip"),
    "compressed, it says": lambda: answer("201 Created", b"{}", JSON, "Content-Encoding: gzip"),
    "to a place that is none": lambda: answer("302 Found", b"", "Location: http://[::1/\x00"),
    "now and then nothing": itertools.cycle((GOOD, None)).__next__,
}
"""What a library for HTTP would read to its end, unpack, follow or give up at."""
WAITED_FOR = ("NUL in the head", "length that is none", "less than was promised")
"""What seems to go on, so that the time allowed is waited for."""


def endlessly(*beginning: bytes, pause: float = 0) -> Iterator[bytes]:
    """That, and then white space for as long as somebody reads."""
    yield from beginning
    while True:
        time.sleep(pause)
        yield b" " * (1 if pause else 65_536)


def run(
    reply: Callable[[], Reply],
    partners: Mapping[str, PartnerCredentials],
    *,
    timeout: float = 10,
) -> Report:
    """Test a target that answers so once the preflight is over."""
    first = iter([GOOD] * PREFLIGHT)
    with scripted(lambda _: next(first, None) or reply()) as broken:
        target = Target(url=broken.url, partners=held(partners)[:1], timeout=timeout)
        return suite.run(target, Plan(select=("SESS", "ERR", "IDEM"), layers=DIRECTED))


def generate(
    reply: Callable[[], Reply], partners: Mapping[str, PartnerCredentials], *, timeout: float = 10
) -> Report:
    """The same with generated requests, for a target with one creation."""
    first = iter([GOOD] * (PREFLIGHT - 3) + [answer("403 Forbidden", b"{}")] * 2)
    with scripted(lambda _: next(first, None) or reply()) as broken:
        target = Target(url=broken.url, partners=held(partners)[:1], timeout=timeout)
        return suite.run(target, Plan(layers=GENERATED, max_examples=2))


def assert_reported(report: Report) -> None:
    """No test has crashed, and every report can be read by what reads its kind."""
    crashed = [finding.reason for finding in report.findings if "could not go on" in finding.reason]
    assert crashed == []
    shown = io.StringIO()
    Terminal(shown, colour=False, live=False).show(report)
    assert not set(shown.getvalue()) & {"\x1b", "\x00"}
    shown.getvalue().encode()
    assert json.loads(json.dumps(as_json(report), ensure_ascii=False).encode())["exitCode"] == 1
    ElementTree.fromstring(as_junit(report))  # noqa: S314 - our own
    assert as_html(report).encode().count(b"</html>") == 1


@pytest.mark.parametrize("name", BROKEN)
def test_whatever_comes_back_becomes_a_verdict(name: str, partners: Mapping[str, PartnerCredentials]) -> None:
    """After a good first answer, nothing but this."""
    report = run(lambda: BROKEN[name], partners, timeout=0.5 if name in WAITED_FOR else 10)
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert_reported(report)


@pytest.mark.parametrize("name", ["closing", "surrogates", "50 MB", *BAFFLING])
def test_generated_requests_outlive_any_answer(name: str, partners: Mapping[str, PartnerCredentials]) -> None:
    """Whatever comes back, the next is sent, and no answer is read or kept without end."""
    report = generate(lambda: BAFFLING[name]() if name in BAFFLING else BROKEN[name], partners)
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert_reported(report)


def test_equally_many_requests_are_generated_for_every_target(
    partners: Mapping[str, PartnerCredentials],
) -> None:
    """They depend on the seed: nothing is given up because of what was answered."""
    replies = (BROKEN["closing"], BROKEN["500"], answer("405 Method Not Allowed", b"{}"))
    reports = [generate(lambda reply=reply: reply, partners) for reply in replies]  # type: ignore[misc]
    assert len({report.requests for report in reports}) == 1


def test_generated_requests_wait_no_longer_than_others(partners: Mapping[str, PartnerCredentials]) -> None:
    """An answer that comes byte by byte is late, though some byte always comes in time."""
    head = b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n"
    report = generate(lambda: endlessly(head, pause=0.1), partners, timeout=0.3)
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert_reported(report)
    reasons = {found.reason for found in report.findings if found.verdict is Verdict.NOT_VERIFIED}
    assert "the target left 3 requests in a row without an answer for 0.3 s each" in reasons


def test_how_much_is_answered_to_everything_is_not_kept(partners: Mapping[str, PartnerCredentials]) -> None:
    """The report says how long an answer was, and holds its beginning alone."""
    much = b'{"x":"' + b"a" * 900_000 + b'"}'
    report = run(lambda: answer("200 OK", much, JSON), partners)
    kept = [
        breach.exchange.answer.body
        for found in report.findings
        for breach in found.breaches
        if breach.exchange is not None and breach.exchange.answer is not None
    ]
    assert kept
    assert max(map(len, kept)) == KEPT
    assert f"and {len(much) - SHOWN_BYTES:,} bytes more" in as_html(report)


def test_a_target_that_hangs_ends_the_run(partners: Mapping[str, PartnerCredentials]) -> None:
    """What it left unanswered has failed; what was not asked any more is not verified, and says why."""
    stopped = threading.Event()

    def hang() -> Iterator[bytes]:
        stopped.wait(60)
        yield b""

    first = iter([GOOD] * PREFLIGHT)
    with scripted(lambda _: next(first, None) or hang()) as broken:
        target = Target(url=broken.url, partners=held(partners)[:1], timeout=0.5)
        try:
            report = suite.run(target, Plan(select=("SESS", "ERR", "IDEM"), layers=DIRECTED))
        finally:
            stopped.set()
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert_reported(report)
    assert report.requests < PREFLIGHT + 20
    reasons = {found.reason for found in report.findings if found.verdict is Verdict.NOT_VERIFIED}
    assert suite.NO_LONGER_ANSWERS in reasons


def test_a_target_that_answers_now_and_then_ends_the_run(
    partners: Mapping[str, PartnerCredentials],
) -> None:
    """It is waited for in vain six times as long as for one answer, in a row or not, and no longer."""
    turns = itertools.cycle((BROKEN["length that is none"], GOOD, GOOD))
    report = run(lambda: next(turns), partners, timeout=0.5)
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert_reported(report)
    assert report.requests < PREFLIGHT + 3 * 6 + 40, "a race sends twelve at once"
    reasons = {found.reason for found in report.findings if found.verdict is Verdict.NOT_VERIFIED}
    assert suite.NO_LONGER_ANSWERS in reasons


@pytest.mark.parametrize("name", ["no HTTP", "another protocol", "closing", "resetting"])
def test_what_is_no_http_from_the_first_answer_on_is_no_target(
    name: str, partners: Mapping[str, PartnerCredentials]
) -> None:
    """Something listens there that does not speak HTTP: exit code 3, with a message."""
    with (
        scripted(lambda _: BROKEN[name]) as other,
        pytest.raises(PreflightError, match=f"{other.url} cannot be reached: "),
    ):
        suite.run(Target(url=other.url, partners=held(partners)[:1]), Plan())


@pytest.mark.parametrize(
    "reply",
    [
        b"\x1b[2J\x00\r\n",
        answer("401 Unauthorized", b'{"code": "\\u001b[2J", "errors": [{"pointer": "\\u0000"}]}', JSON),
        answer("401 Unauthorized", b"{}", "Date: Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
    ],
    ids=["no HTTP", "an odd problem", "a date beyond all calendars"],
)
def test_no_terminal_obeys_what_the_preflight_met(
    reply: bytes, partners: Mapping[str, PartnerCredentials]
) -> None:
    """Exit code 3 comes with a message that says what came, control characters as escapes."""
    with scripted(lambda _: reply) as other, pytest.raises(PreflightError) as met:
        suite.run(Target(url=other.url, partners=held(partners)[:1]), Plan())
    assert not {character for character in str(met.value) if not character.isprintable()} - {"\n"}
