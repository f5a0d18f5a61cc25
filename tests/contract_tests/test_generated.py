"""Requests are generated for every operation, in every phase, and equal seeds generate equal ones."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from unittest import mock

import pytest
import requests
import schemathesis
from schemathesis.core.transport import Response

import openapi
from contract_tests.generated import KEY_LENGTH, Generation
from contract_tests.ledger import Ledger
from contract_tests.operations import HOSTED
from contract_tests.preflight import get_acquainted
from contract_tests.target import Acquaintance, Target
from contract_tests.wire import Client
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import held
from tests.sandboxed import serve_sandbox

OPERATIONS = {
    "/session/hosted",
    "/session/hosted/partner-managed-customer",
    "/session/embedded/partner-managed-customer",
    "/session/{sessionId}",
}


@pytest.fixture(scope="module")
def acquaintance(partners: Mapping[str, PartnerCredentials]) -> Iterator[Acquaintance]:
    """A mock server, all of whose operations partners of ours may use."""
    with serve_sandbox(partners, validate_responses=False) as sandbox:
        target = Target(url=sandbox.url, partners=held(sandbox.partners))
        with closing(Client(target.url, timeout=10)) as client:
            yield get_acquainted(target, client)


class Recorded(Generation):
    """Keeps what was sent, without what is fresh in every run, and which operations each phase came to."""

    def generate(self, nonce: str, max_examples: int) -> None:
        """Send everything."""
        self.nonce = nonce.encode()
        self.sent: list[tuple[str, str, bytes]] = []
        self.phases: dict[str, set[str]] = defaultdict(set)
        call = schemathesis.Case.call

        def note(case: schemathesis.Case[Any], *arguments: Any, **options: Any) -> Response:
            if case.meta is not None and case.method == case.operation.method.upper():
                self.phases[case.meta.phase.name.value].add(case.operation.path)
            return call(case, *arguments, **options)

        with mock.patch.object(schemathesis.Case, "call", note):
            self.run(max_examples=max_examples, progress=lambda _: None)

    def finish(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Keep it as it goes out."""
        finished = super().finish(request)
        path = finished.path_url.partition("?")[0]
        operation = path if path in OPERATIONS else "/session/{sessionId}"
        body = finished.body if isinstance(finished.body, bytes) else b""
        self.sent.append((finished.method or "", operation, body.replace(self.nonce, b"")))
        return finished


def generate(known: Acquaintance, *, seed: int, nonce: str, max_examples: int = 1) -> tuple[Recorded, Ledger]:
    """What is sent for this seed, and what was observed."""
    ledger = Ledger(selected=frozenset(openapi.requirements()))
    with closing(Client(known.target.url, timeout=10)) as client:
        generation = Recorded(known=known, client=client, ledger=ledger, seed=seed, nonce=nonce)
        generation.generate(nonce, max_examples)
    return generation, ledger


def test_every_phase_comes_to_every_operation(acquaintance: Acquaintance) -> None:
    """Examples, coverage, fuzzing and stateful walks, each of all four; the sandbox keeps every rule."""
    generation, ledger = generate(acquaintance, seed=1, nonce="phases")
    assert generation.phases == dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), OPERATIONS)
    assert ledger.breaches == {}


def test_equal_seeds_send_equal_requests(acquaintance: Acquaintance) -> None:
    """Byte for byte, but for keys that must be fresh; another seed sends others."""
    known = dataclasses.replace(
        acquaintance, allowed=tuple((name, (HOSTED,)) for name, _ in acquaintance.allowed)
    )
    one, _ = generate(known, seed=1, nonce="nonce-1", max_examples=5)
    again, _ = generate(known, seed=1, nonce="nonce-2", max_examples=5)
    other, _ = generate(known, seed=2, nonce="nonce-3", max_examples=5)
    assert len("nonce-1") < KEY_LENGTH
    assert one.sent == again.sent != other.sent
