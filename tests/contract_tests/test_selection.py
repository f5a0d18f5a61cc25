"""What is sent for a requirement depends on the seed and the requirement alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import pytest

from contract_tests import suite
from contract_tests.suite import Plan
from contract_tests.target import Target
from contract_tests.trial import REGISTRY
from contract_tests.wire import Client, Exchange, Request
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, held
from tests.serving import APPLICATIONS, make_environment, serve

CHOSEN = ("AUTH-03", "DATA-12", "ERR-06", "HTTP-11", "IDEM-07", "SESS-12", "HTTP-16")
TAKEN_FROM_THE_CLOCK = ("Timestamp", "Signature")
"""And what is signed: equal bodies and headers otherwise are the same request."""


class Recorder(suite.Silent):
    """Keeps what each test sends."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        self._test = ""

    def progress(self, what: str, requests: int) -> None:
        """Another test begins."""
        self._test = what.rpartition("  ")[2]

    def note(self, request: Request) -> None:
        """Without what the clock or the target chose: time, signature, and identifiers of sessions."""
        headers = tuple(header for header in request.headers if header[0] not in TAKEN_FROM_THE_CLOCK)
        path = re.sub(r"[A-Za-z0-9_-]{22,64}(?=$|[/?.;%+])", "…", request.path)
        self.sent[self._test].append((request.method, path, headers, request.body, request.chunked))


def record(
    plan: Plan, partners: Mapping[str, PartnerCredentials], monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, list[tuple[object, ...]]]:
    """What is sent to a fresh server, by test."""
    recorder = Recorder()
    send = Client.send

    def noting(client: Client, request: Request) -> Exchange:
        recorder.note(request)
        return send(client, request)

    environment = make_environment(partners)
    with (
        monkeypatch.context() as patch,
        serve(APPLICATIONS["mock"](environment), environment=environment, partners=partners) as server,
    ):
        patch.setattr(Client, "send", noting)
        # Tells runs against one target apart, and nothing else.
        patch.setattr("contract_tests.suite.secrets.token_hex", lambda _: "nonce")
        suite.run(Target(url=server.url, partners=held(partners)), plan, recorder)
    return recorder.sent


def test_a_selection_sends_what_the_whole_run_sends(
    partners: Mapping[str, PartnerCredentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests of a requirement are the same in every run of one seed, byte for byte."""
    whole = record(Plan(seed=7, layers=DIRECTED), partners, monkeypatch)
    for requirement in CHOSEN:
        alone = record(Plan(seed=7, layers=DIRECTED, select=(requirement,)), partners, monkeypatch)
        tests = {name for name, test in REGISTRY.items() if requirement in test.cites}
        sent = {name: requests for name, requests in alone.items() if name}
        assert set(sent) == tests & set(whole)
        assert sent == {name: whole[name] for name in sent}


def test_another_seed_sends_something_else(
    partners: Mapping[str, PartnerCredentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the seed would mean nothing."""
    first, second = (
        record(Plan(seed=seed, layers=DIRECTED, select=("DATA-12",)), partners, monkeypatch)
        for seed in (1, 2)
    )
    assert first["amounts.amounts"] != second["amounts.amounts"]
