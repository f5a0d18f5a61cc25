"""Partners made and changed while the server runs, and the customers they bring."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mockserver import MockServer
from reference_impl.credentials import new_credentials
from reference_impl.domain.partners import CustomerManagement
from tests.control_api.control import Control, call, credentials_of, new_namespace
from tests.session_api.calls import EMBEDDED, HOSTED, valid


@pytest.fixture(scope="module")
def world(mock: MockServer) -> Iterator[Control]:
    """A namespace that partners can be added to."""
    control = new_namespace(mock.url)
    yield control
    call(mock.url, "DELETE", f"/_sandbox/namespaces/{control.namespace}")


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def test_a_new_partner_can_call_at_once(world: Control) -> None:
    made = world.post("/partners", {"partner": "acme"})
    assert made["customerManagement"] == ["stablemint", "partner"]
    world.partners["acme"] = credentials_of(made)
    session = world.play(world.new_session(partner="acme"))
    assert (session["partner"], session["status"]) == ("acme", "completed")


def test_models_are_as_asked_for_and_can_be_changed(world: Control) -> None:
    made = world.post("/partners", {"partner": "managed", "customerManagement": ["stablemint"]})
    world.partners["managed"] = credentials_of(made)
    reply = world.request("POST", EMBEDDED, valid(EMBEDDED), partner="managed")
    assert (reply.status, reply.code) == (403, "flow_not_enabled")
    reply = world.ask("PATCH", "/partners/managed", {"customerManagement": ["partner"]})
    assert reply.document["customerManagement"] == ["partner"]
    assert world.request("POST", EMBEDDED, valid(EMBEDDED), partner="managed").status == 201
    assert world.request("POST", HOSTED, valid(HOSTED), partner="managed").status == 403


def test_a_partner_brings_its_own_key_and_can_exchange_it(world: Control) -> None:
    own = new_credentials("own", frozenset(CustomerManagement))
    made = world.post("/partners", {"partner": "own", "publicKey": own.partner().public_key_pem})
    assert made["privateKey"] is None
    private = {"privateKey": own.private_key_pem.decode()}
    world.partners["own"] = credentials_of({**made, **private})
    world.new_session(partner="own")
    other = new_credentials("own", frozenset(CustomerManagement))
    world.ask("PATCH", "/partners/own", {"publicKey": other.partner().public_key_pem})
    assert world.request("POST", EMBEDDED, valid(EMBEDDED), partner="own").code == "invalid_signature"
    world.partners["own"] = credentials_of({**made, "privateKey": other.private_key_pem.decode()})
    world.new_session(partner="own")


@pytest.mark.parametrize(
    "key",
    [
        public_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505 - to be refused
        public_pem(ec.generate_private_key(ec.SECP256R1())),
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        new_credentials("x", frozenset()).private_key_pem.decode(),
    ],
    ids=["1024 bits", "elliptic curve", "rubbish", "a private key"],
)
def test_a_key_that_cannot_verify_is_refused(world: Control, key: str) -> None:
    """AUTH-16."""
    reply = world.ask("POST", "/partners", {"partner": "weak", "publicKey": key})
    assert (reply.status, reply.pointers) == (400, {"/publicKey"})
    assert b"PRIVATE" not in reply.body


def test_a_name_is_taken_once(world: Control) -> None:
    reply = world.ask("POST", "/partners", {"partner": "demo"})
    assert (reply.status, reply.code) == (409, "already_exists")
    world.new_session(partner="demo")


def test_what_payers_see_is_set_changed_and_taken_away(world: Control) -> None:
    face = {"displayName": "Ács & Søn <b>", "logoUrl": "https://acs.example/logo.svg", "colour": "#0A7f5a"}
    world.post("/partners", {"partner": "face", **face})

    def listed() -> dict[str, str | None]:
        found = next(found for found in world.get("/partners")["partners"] if found["partner"] == "face")
        return {name: found[name] for name in face}

    assert listed() == face
    reply = world.ask("PATCH", "/partners/face", {"colour": "#ffffff", "logoUrl": None})
    assert reply.status == 200
    assert listed() == {**face, "colour": "#ffffff", "logoUrl": None}


def test_no_list_shows_a_secret(world: Control) -> None:
    made = world.post("/partners", {"partner": "discreet"})
    for path in ("/partners", "/sessions", "/requests"):
        body = world.ask("GET", path).body.decode()
        assert made["apiSecret"] not in body
        assert "PRIVATE KEY" not in body
        assert "apiSecret" not in body


def test_a_customer_is_known_by_one_identifier_with_sessions_payments_and_banks(sandbox: Control) -> None:
    first = sandbox.new_session(userId="returning")
    sandbox.play(first)
    second = sandbox.new_session(userId="returning")
    sandbox.play(second, outcome="refused_by_bank")
    third = sandbox.new_session(userId="returning")
    sandbox.new_session(userId="another")
    sandbox.new_session(partner="partner-only", userId="returning")
    customers = sandbox.get("/customers")["customers"]
    assert len({customer["customerId"] for customer in customers}) == 3
    (customer,) = (
        found for found in customers if (found["partner"], found["userId"]) == ("demo", "returning")
    )
    assert customer["sessionCount"] == 3
    detail = sandbox.get(f"/customers/{customer['customerId']}")
    assert [session["sessionId"] for session in detail["sessions"]] == [third, second, first]
    assert [(payment["sessionId"], payment["status"]) for payment in detail["payments"]] == [
        (second, "failed"),
        (first, "completed"),
    ]
    (bank,) = detail["savedBanks"]
    assert bank["id"] == "bank-success"
    assert len(sandbox.get("/customers?partner=partner-only")["customers"]) == 1
    assert len(sandbox.get("/customers?limit=2")["customers"]) == 2


def test_a_payer_whom_nobody_named_becomes_a_customer_when_known(sandbox: Control) -> None:
    session_id = sandbox.new_session(HOSTED)
    assert sandbox.get(f"/sessions/{session_id}")["customerId"] is None
    assert sandbox.get("/customers")["customers"] == []
    sandbox.play(session_id)
    (customer,) = sandbox.get("/customers")["customers"]
    assert customer["userId"] is None
