"""The example shops do what a partner would copy them for, each as a process that speaks to a mock server."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from mockserver import MockServer
from stablemint.program import main
from tests.examples.relay import Relay, open_relay
from tests.examples.shops import FLASK, KINDS, NODE, Kind, RunningShop, Visitor, handled_events, open_shop
from tests.project.fences import read_blocks
from tests.project.tree import ROOT, plain_environment


@dataclass(frozen=True, kw_only=True)
class Place:
    """A mock server and where it keeps its keys, a network that can fail, and a shop behind it."""

    mock: MockServer
    home: Path
    relay: Relay
    shop: RunningShop
    second_key: Path

    def sessions(self) -> Sequence[Mapping[str, Any]]:
        """The sessions of the last order first."""
        listed: Sequence[Mapping[str, Any]] = self.mock.control("GET", "sessions")["sessions"]
        return listed

    def session_of(self, order: str) -> str:
        """The session that was made for an order, of which there is one."""
        (found,) = [session for session in self.sessions() if order.endswith(self.reference(session))]
        return str(found["sessionId"])

    def reference(self, session: Mapping[str, Any]) -> str:
        detail = self.mock.control("GET", f"sessions/{session['sessionId']}")
        return str(detail["websiteReference"])


@pytest.fixture(scope="module")
def mock_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mock")


@pytest.fixture(scope="module")
def mock(mock_home: Path) -> Iterator[MockServer]:
    with MockServer(home=mock_home) as running:
        yield running


@pytest.fixture(scope="module")
def second_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of another key that the shops trust."""
    folder = tmp_path_factory.mktemp("other")
    assert main(["verify-receiver", "--init", "--home", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module", params=KINDS)
def place(
    request: pytest.FixtureRequest,
    mock: MockServer,
    mock_home: Path,
    second_key: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    """Each shop in turn."""
    kind = KINDS[request.param]
    if kind is NODE:
        request.getfixturevalue("node")
    data = tmp_path_factory.mktemp("shop")
    keys = [second_key / "webhook_public_key.pem"]
    with (
        open_relay(mock.url) as relay,
        open_shop(kind, mock, home=mock_home, data=data, api=relay.url, more_keys=keys) as shop,
    ):
        yield Place(mock=mock, home=mock_home, relay=relay, shop=shop, second_key=second_key)
    mock.set_endpoint(None)


@pytest.fixture
def visitor(place: Place) -> Visitor:
    """Somebody new, while no webhooks are sent."""
    place.mock.set_endpoint(None)
    return Visitor(shop=place.shop)


def test_a_receiver_test_passes(place: Place, visitor: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    """RECV-01 to RECV-13, about sessions of the shop's own, by each of two keys."""
    words = ["verify-receiver", place.shop.webhooks]
    for folder in (place.home, place.second_key):
        words += ["--signing-key", str(folder / "webhook_private_key.pem")]
    for _ in range(4):
        words += ["--session-id", place.session_of(visitor.order())]
    assert main(words) == 0, capsys.readouterr().out
    assert "conformant: 13 passed, 1 not verified" in capsys.readouterr().out


def test_a_webhook_marks_the_order_paid(place: Place, visitor: Visitor) -> None:
    """Even while the shop cannot look anything up."""
    place.mock.set_endpoint(place.shop.webhooks)
    order = visitor.order()
    place.relay.is_down = True
    try:
        place.mock.pay(place.session_of(order))
        place.mock.clock.advance()  # does what is due, the deliveries, before it returns
        assert visitor.status(order) == "completed"
    finally:
        place.relay.is_down = False


def test_without_webhooks_the_orders_page_looks_the_session_up(place: Place, visitor: Visitor) -> None:
    order = visitor.order()
    place.mock.pay(place.session_of(order), "refused_by_bank")
    assert visitor.status(order) == "failed"


def test_the_page_that_payers_are_sent_back_to_is_no_proof(place: Place, visitor: Visitor) -> None:
    """Whoever opens it without having paid sees an order that is not paid."""
    order = visitor.order()
    page = visitor.look(order)
    assert (page.status, page.order_status) == (200, "open")
    assert "paid" not in page.text.replace("not paid", "")


def test_a_lost_answer_makes_no_second_session(place: Place, visitor: Visitor) -> None:
    """IDEM: each of the three attempts has the same key, in the same bytes."""
    place.relay.losing = 2
    before = len(place.relay.bodies)
    order = visitor.order()
    first, *others = place.relay.bodies[before:]
    assert others == [first, first]
    assert re.search(rb'"idempotencyKey": ?"[!-~]{16,}"', first)
    assert visitor.status(order) == "open"
    assert place.session_of(order)


def test_an_order_that_got_no_session_gets_one_later_by_the_same_key(place: Place, visitor: Visitor) -> None:
    before = len(place.relay.bodies)
    place.relay.is_down = True
    order = visitor.order()
    assert visitor.status(order) == "new"
    place.relay.is_down = False
    visitor.submit(f"{order}/payment", {})
    assert visitor.status(order) == "open"
    assert len(set(place.relay.bodies[before:])) == 1
    assert place.session_of(order)


def test_a_form_that_is_sent_twice_is_one_order(place: Place, visitor: Visitor) -> None:
    """By a double click, whose requests come at the same time, and by a reload."""
    form = visitor.choose()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: visitor.submit("/orders", form), range(2)))
    answers.append(visitor.submit("/orders", form))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.url for answer in answers}) == 1
    assert place.session_of(f"/orders/{form['order']}")


def test_a_refusal_is_told_to_the_shop_and_not_to_the_payer(place: Place, visitor: Visitor) -> None:
    """It is not tried again by itself, and can be once the mistake is mended."""
    before = len(place.relay.bodies)
    place.mock.control(
        "POST", "faults", {"code": "unknown_api_key", "match": {"path": place.shop.kind.creation}}
    )
    order = visitor.order()
    page = visitor.look(order)
    assert page.order_status == "new"
    assert "ApiKey" not in page.text
    assert len(place.relay.bodies) == before + 1
    visitor.submit(f"{order}/payment", {})
    assert visitor.status(order) == "open"


@pytest.mark.parametrize(
    "path", ["/orders/nobodys", "/orders/2f1c1f0e-5d0f-4f5e-9c55-1f7b7d9b2a11", "/nowhere"]
)
def test_what_is_not_there_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.look(path).status == 404


@pytest.mark.parametrize("change", [{"product": "yacht"}, {"country": "XX"}, {"order": "1"}])
def test_a_form_that_the_shop_did_not_make_is_refused(visitor: Visitor, change: dict[str, str]) -> None:
    assert visitor.submit("/orders", {**visitor.choose(), **change}).status == 400


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_events_are_handled_once_in_any_order_and_across_a_restart(
    kind: Kind, mock: MockServer, mock_home: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """A payment's events, that of its end first, and then all of them again; each is stored once."""
    if kind is NODE:
        request.getfixturevalue("node")
    with open_shop(kind, mock, home=mock_home, data=tmp_path) as shop:
        order = Visitor(shop=shop).order()
        session_id = mock.control("GET", "sessions")["sessions"][0]["sessionId"]
    mock.set_endpoint("http://127.0.0.1:9/")  # where nobody takes them yet
    mock.pay(session_id)
    deliveries = mock.control("GET", f"deliveries?sessionId={session_id}")["deliveries"]
    for _ in range(2):
        with open_shop(kind, mock, home=mock_home, data=tmp_path, api="http://127.0.0.1:9") as shop:
            mock.set_endpoint(shop.webhooks)
            for delivery in sorted(deliveries, key=lambda each: not each["eventType"].endswith("completed")):
                mock.control("POST", f"deliveries/{delivery['deliveryId']}/resend")
                mock.clock.advance()
                assert Visitor(shop=shop).status(order) == "completed"
    mock.set_endpoint(None)
    attempts = mock.control("GET", f"deliveries?sessionId={session_id}")["deliveries"]
    assert [attempt["status"] for attempt in attempts] == ["delivered"] * len(deliveries)
    assert sorted(handled_events(kind, tmp_path)) == sorted(delivery["eventId"] for delivery in deliveries)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_readmes_commands_open_the_shop(
    kind: Kind, mock: MockServer, mock_home: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Run as they stand there, but for the installation, whose environment is that of the tests."""
    if kind is NODE:
        request.getfixturevalue("node")
    (tmp_path / ".stablemint").symlink_to(mock_home)
    shutil.copytree(kind.folder, tmp_path / "examples" / kind.name)
    (tmp_path / "openapi").symlink_to(ROOT / "openapi")
    (tmp_path / "shop-env").symlink_to(sys.prefix)
    _, block, *_ = [block.code for block in read_blocks(kind.folder / "README.md")]
    lines = [line for line in block.splitlines() if not re.search(r"-m venv|/pip install", line)]
    environment = plain_environment(PORT="0", SHOP_DATABASE=str(tmp_path / "orders"))
    with (
        TemporaryFile() as errors,
        subprocess.Popen(
            ["sh", "-euc", "\n".join(lines)],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            url = process.stdout.readline().removeprefix("The shop is open at ").strip()
            shop = RunningShop(kind=kind, url=url)
            assert Visitor(shop=shop).status(Visitor(shop=shop).order()) == "open"
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def test_the_flask_shop_needs_what_it_names() -> None:
    """Its requirements are all that it imports beside the standard library."""
    imported = set()
    for module in (FLASK.folder / "shop").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(str(node.module).partition(".")[0])
    named = re.findall(r"^[\w-]+", (FLASK.folder / "requirements.txt").read_text(), re.MULTILINE)
    third_party = imported - set(sys.stdlib_module_names) - {"werkzeug"}  # which is Flask's own
    assert third_party == {name.replace("-", "_") for name in named}


def test_the_node_shop_needs_nothing_but_node() -> None:
    """What it imports is the standard library and its own modules; the page imports the widget alone."""
    for module in [*NODE.folder.glob("*.mjs"), *NODE.folder.glob("public/*.js")]:
        imported = re.findall(r'(?:from|import) "([^"]+)"|import\(([^)]+)\)', module.read_text())
        names = {static or dynamic for static, dynamic in imported}
        assert all(name.startswith(("node:", "./", "`${gateway}/widget/")) for name in names), (module, names)


def test_the_beginning_of_a_line_that_a_crash_left_is_dropped(
    node: str, mock: MockServer, mock_home: Path, tmp_path: Path
) -> None:
    with open_shop(NODE, mock, home=mock_home, data=tmp_path) as shop:
        order = Visitor(shop=shop).order()
    with (tmp_path / "orders").open("a") as journal:
        journal.write('{"placed":{"id":"')
    with open_shop(NODE, mock, home=mock_home, data=tmp_path) as shop:
        assert Visitor(shop=shop).status(order) == "open"
        second = Visitor(shop=shop).order()
    with open_shop(NODE, mock, home=mock_home, data=tmp_path) as shop:
        assert Visitor(shop=shop).status(second) == "open"
