"""Clients stay generable: generators of others make them from the bundle, and they work."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import MockServer
from openapi import bundle, load
from tests.openapi.reading import list_operations
from tests.openapi.test_strangers import run_tool

PACKAGE = "generated_payment_sessions"
DOCUMENT = bundle.FOLDER / "dist" / "openapi.yaml"
ORDER = {
    "userCountryCode": "DE",
    "currency": "EUR",
    "amount": 9.5,
    "successUrl": "https://shop.example/thanks",
    "supportUrl": "https://shop.example/help",
    "exitUrl": "https://shop.example/cart",
    "errorUrl": "https://shop.example/sorry",
}

PROGRAM = """\
import type { components, operations, webhooks } from "./api";

type Order = components["schemas"]["CreateHostedSessionRequest"];
type Creation = operations["createHostedSession"];
type Created = Creation["responses"]["201"]["content"]["application/json"];
type Refused = Creation["responses"]["400"]["content"]["application/problem+json"];
type Session = operations["getSession"]["responses"]["200"]["content"]["application/json"];
type Failure = webhooks["partner.customer.deposit.failed"]["post"];
type Event = Failure["requestBody"]["content"]["application/json"];

const urls = {
  successUrl: "https://a.example", supportUrl: "https://a.example",
  exitUrl: "https://a.example", errorUrl: "https://a.example",
};
const order: Order = { userCountryCode: "DE", currency: "EUR", amount: 9.5, ...urls };

export async function create(base: string, headers: Record<string, string>): Promise<Created | Refused> {
  const body = JSON.stringify(order);
  const answer = await fetch(`${base}/session/hosted`, { method: "POST", headers, body });
  return answer.json() as Promise<Created | Refused>;
}
export const payTo = (session: Session): string | null =>
  session.type === "hosted" ? session.sessionUrl : session.paymentMethod;
export const greatest = (problem: Refused): number =>
  problem.code === "amount_out_of_range" ? problem.maximum : problem.errors.length;
export const why = (event: Event): string => event.data.failureCode;

// @ts-expect-error: no currency of the contract
export const foreign: Order = { ...order, currency: "XXX" };
// @ts-expect-error: where the payer goes afterwards is missing
export const stranded: Order = { userCountryCode: "DE", currency: "EUR", amount: 9.5 };
// @ts-expect-error: an embedded session has no page to go to
export const wrong = (session: Session): string | null => session.sessionUrl;
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package that openapi-python-client makes of the bundle, where it has nothing to warn of."""
    folder = tmp_path_factory.mktemp("python-client")
    settings = folder / "settings.json"
    settings.write_text(json.dumps({"post_hooks": []}))  # how the code is laid out is nobody's matter here
    words = ["--path", str(DOCUMENT), "--output-path", str(folder / PACKAGE), "--config", str(settings)]
    words += ["--meta", "none", "--fail-on-warning"]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(PACKAGE)
    finally:
        sys.path.remove(str(folder))


def part(name: str) -> Any:
    """A module of the generated package."""
    return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture
def client(generated: Any, mock: MockServer) -> Iterator[Any]:
    """The generated client; all that is added to it is a hook that signs what is sent."""

    def sign(request: httpx.Request) -> None:
        partner = mock.partners["demo"]
        request.headers.update(partner.sign(request.read(), timestamp=int(time.time())))

    with generated.Client(base_url=mock.url, httpx_args={"event_hooks": {"request": [sign]}}) as client:
        yield client


def test_the_python_client_has_every_operation(generated: Any) -> None:
    made = {file.stem for file in Path(generated.__file__).parent.glob("api/*/*.py")} - {"__init__"}
    wanted = {one.content["operationId"] for one in list_operations(load(), "paths")}
    assert {name.replace("_", "") for name in made} == {name.lower() for name in wanted}


def test_the_python_client_creates_a_session_and_reads_it(client: Any) -> None:
    """AUTH-02, SESS-01: signed over the bytes that the client itself made of its model."""
    order = part("models").CreateHostedSessionRequest.from_dict(ORDER)
    created = part("api.hosted_sessions.create_hosted_session").sync_detailed(client=client, body=order)
    assert created.status_code == 201
    assert created.headers["Location"] == f"/session/{created.parsed.session_id}"
    read = part("api.session_status.get_session").sync(created.parsed.session_id, client=client)
    assert read.to_dict() == created.parsed.to_dict()
    assert (read.status, read.amount) == (part("models").SessionStatus.OPEN, 9.5)
    assert read.expires_at > read.created_at


def test_the_python_client_tells_the_kinds_of_sessions_apart(client: Any) -> None:
    models = part("models")
    fields = {"userCountryCode": "DE", "currency": "EUR", "userId": "u-1", "userEmail": "ada@example.com"}
    order = models.CreateEmbeddedPartnerManagedSessionRequest.from_dict(fields)
    creation = part("api.embedded_sessions.create_embedded_session_for_partner_managed_customer")
    created = creation.sync(client=client, body=order)
    read = part("api.session_status.get_session").sync(created.session_id, client=client)
    assert isinstance(read, models.EmbeddedSession)
    assert (read.amount, read.user_id) == (None, "u-1")


def test_the_python_client_knows_the_problems(client: Any) -> None:
    """ERR-02: each status as the model of its own."""
    models = part("models")
    order = models.CreateHostedSessionRequest.from_dict({**ORDER, "amount": 10.01})
    refused = part("api.hosted_sessions.create_hosted_session").sync(client=client, body=order)
    assert isinstance(refused, models.AmountProblem)
    assert refused.maximum == 10
    unknown = part("api.session_status.get_session").sync("none", client=client)
    assert isinstance(unknown, models.GetSessionResponse404)
    assert unknown.code == "session_not_found"


def test_types_for_typescript_compile_and_refuse_what_the_contract_refuses(
    node_tools: Path, tmp_path: Path
) -> None:
    """By openapi-typescript and the compiler; an error that is expected and does not come is one too."""
    run_tool(node_tools, "openapi-typescript", str(DOCUMENT), "--output", str(tmp_path / "api.ts"))
    (tmp_path / "use.ts").write_text(PROGRAM, encoding="utf-8")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022")
    run_tool(node_tools, "tsc", *options, str(tmp_path / "use.ts"))
