"""The mock server alone, and a record of the diagnoses that it kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from mockserver.diagnosis import Diagnosis, Surroundings, diagnosis_in, with_diagnoses
from reference_impl.application import session_api
from reference_impl.credentials import PartnerCredentials
from reference_impl.environment import Environments, OneEnvironment
from reference_impl.http.bridge import async_app
from reference_impl.http.exchange import App, Message, Receive, Scope, Send
from tests.mockserver.diagnosis.bench import Bench
from tests.serving import Server, make_environment, serve


@dataclass
class Recorder:
    """Wraps an application and notes, as a request log would, the diagnosis of each exchange."""

    app: App
    kept: list[Diagnosis | None] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":  # before the client can know of it
                self.kept.append(diagnosis_in(scope))
            await send(message)

        await self.app(scope, receive, note)


@dataclass(frozen=True)
class RecordedServer:
    """A mock server and what was recorded of it."""

    server: Server
    recorder: Recorder


def diagnosing_app(environments: Environments) -> App:
    """The session API with diagnoses, and nothing else that the mock server has."""
    sessions = with_diagnoses(session_api(environments), environments)
    return Surroundings(async_app([sessions], environment=environments.of_api_key("")))


@pytest.fixture(scope="session")
def recorded(partners: Mapping[str, PartnerCredentials]) -> Iterator[RecordedServer]:
    environment = make_environment(partners)
    recorder = Recorder(diagnosing_app(OneEnvironment(environment)))
    with serve(recorder, environment=environment, partners=partners) as server:
        yield RecordedServer(server, recorder)


@pytest.fixture
def bench(recorded: RecordedServer) -> Bench:
    """A partner's program, before the mock server."""
    return Bench(server=recorded.server)
