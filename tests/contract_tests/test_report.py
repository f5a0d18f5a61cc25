"""What is shown of a failure, and what never is."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping

import pytest

import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests.directed.sessions import KYC
from contract_tests.masking import KYC_LENGTH, Mask
from contract_tests.report.junit import as_junit
from contract_tests.report.machine import as_json
from contract_tests.report.page import as_html
from contract_tests.report.terminal import Terminal
from contract_tests.suite import Plan, Report
from contract_tests.wire import Exchange, Request
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, held, verify
from tests.faulty.catalogue import CATALOGUE


@pytest.fixture(scope="module")
def report(partners: Mapping[str, PartnerCredentials]) -> Report:
    """The report on a server that repeats identity data."""
    with CATALOGUE["what-is-known-of-the-payer-comes-back"].start(partners, 0) as server:
        command = f"stablemint verify {server.url} --credentials demo"
        return verify(server, Plan(select=("SESS-06", "AUTH-16"), layers=DIRECTED, command=command, seed=5))


def shown(report: Report, *, colour: bool = False, columns: int | None = None) -> str:
    """The report as a terminal shows it."""
    stream = io.StringIO()
    Terminal(stream, colour=colour, live=False, columns=columns).show(report)
    return stream.getvalue()


def test_a_report_fits_the_terminal_but_for_what_is_copied(report: Report) -> None:
    """At any width its words are the same ones; exchanges and the command for it stay whole."""
    whole, narrow = shown(report), shown(report, columns=60)
    assert re.sub(r"\s+", " ", narrow) == re.sub(r"\s+", " ", whole)
    prose = [
        line for line in narrow.splitlines() if not line.lstrip().startswith((">", "<", "clause:", "again:"))
    ]
    assert max(map(len, prose)) <= 60 < max(map(len, whole.splitlines()))


def test_a_failure_shows_all_there_is_to_know(report: Report) -> None:
    """The requirement's sentence, what was expected, both messages, and the command that shows it again."""
    text = shown(report)
    assert "✗ SESS-06  The data of `userKyc` and the blockchain destination appear in no answer" in text
    assert "expected an answer without" in text
    assert "> GET /session/" in text
    assert "< 200 OK" in text
    assert '"fullName": "<userKyc.fullName>"' in text
    assert "clause: openapi.yaml#/components/schemas/UserKyc/description\n" in text
    assert (
        f"again: stablemint verify {report.target.url} --credentials demo "
        "--seed 5 --select SESS-06 --layer directed\n" in text
    )


def test_the_last_line_sums_up(report: Report) -> None:
    """Verdict, counts, and what the run was."""
    last = shown(report).splitlines()[-1]
    assert last.startswith("not conformant: 1 failed, 1 not verified  (")
    assert last.endswith("seed 5, directed requests alone)")


def test_what_was_not_verified_is_listed_with_its_reason(report: Report) -> None:
    """Nothing that was not verified is left out or counted as passed."""
    assert "AUTH-16: to be inspected: no request can show it" in shown(report)
    assert "passed" not in shown(report)


def test_colour_only_where_it_is_asked_for(report: Report) -> None:
    """Escape sequences for a terminal, none for a file."""
    assert "\x1b[31m✗" in shown(report, colour=True)
    assert "\x1b" not in shown(report)


def test_secrets_are_masked_everywhere(report: Report, partners: Mapping[str, PartnerCredentials]) -> None:
    """No key, secret or signature gets into a report that is passed on."""
    for text in (shown(report), json.dumps(as_json(report))):
        for partner in partners.values():
            assert partner.api_key not in text
            assert partner.api_secret not in text
        assert "<API key of demo>" in text
        assert "<signature>" in text


def test_identity_data_is_named_and_not_shown(report: Report) -> None:
    """Whatever form a report has, of what leaked it says what it is."""
    for text in (shown(report), json.dumps(as_json(report)), as_junit(report).decode(), as_html(report)):
        assert "userKyc.fullName" in text
        assert not [value for value in KYC.values() if len(value) >= KYC_LENGTH and value in text]


def test_the_json_report(report: Report) -> None:
    """Counts, verdicts, and evidence for what failed."""
    document = as_json(report)
    assert document["exitCode"] == 1
    assert (document["seed"], document["layers"]) == (5, ["directed"])
    assert document["counts"] == {"failed": 1, "not verified": 1}
    failed = next(entry for entry in document["requirements"] if entry["id"] == "SESS-06")
    assert failed["verdict"] == "failed"
    assert failed["breaches"][0]["test"] == "sessions.what_is_known_of_a_payer_stays_inside"
    assert failed["replay"].endswith("--select SESS-06 --layer directed")


def test_a_terminal_obeys_nothing_that_was_received(partners: Mapping[str, PartnerCredentials]) -> None:
    """Control characters are written out, and long bodies end."""
    mask = Mask(held(partners))
    request = Request(method="POST", path="/\x1b[2J", body=b"\x1b]0;title\x07\xff" + b"x" * 2000)
    lines, _ = mask.exchange(Exchange(request=request, answer=None))
    assert lines[0] == "POST /\\x1b[2J  (2,011 bytes)"
    assert lines[2].startswith("\\x1b]0;title\\x07\\xffxxx")
    assert lines[2].endswith(" … and 511 bytes more")
