"""The example shops as processes of their own, and a customer who uses their pages without a browser."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryFile
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin

from mockserver import MockServer
from tests.project.tree import ROOT, plain_environment

EXAMPLES = ROOT / "examples"
STOP_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one of the shops is started, in its folder; ``creation`` is the path by which it makes sessions."""

    folder: Path
    command: Sequence[str]
    creation: str

    @property
    def name(self) -> str:
        return self.folder.name


FLASK = Kind(
    folder=EXAMPLES / "flask-shop",
    command=(sys.executable, "-W", "error", "-m", "shop"),
    creation="/session/hosted",
)
NODE = Kind(
    folder=EXAMPLES / "node-shop",
    command=("node", "server.mjs"),
    creation="/session/embedded/partner-managed-customer",
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (FLASK, NODE)}


@dataclass(frozen=True, kw_only=True)
class RunningShop:
    """A shop that is open."""

    kind: Kind
    url: str

    @property
    def webhooks(self) -> str:
        return f"{self.url}/webhooks"


@contextmanager
def open_shop(
    kind: Kind, mock: MockServer, *, home: Path, data: Path, api: str = "", more_keys: Sequence[Path] = ()
) -> Iterator[RunningShop]:
    """Run a shop as the demo partner of a mock server until the block ends.

    ``home`` is the mock server's folder, ``data`` the shop's; ``api`` another address for the mock server.
    """
    folder = home / "partners" / "demo"
    keys = [home / "webhook_public_key.pem", *more_keys]
    environment = plain_environment(
        PORT="0",
        PYTHONDONTWRITEBYTECODE="1",
        SHOP_DATABASE=str(data / "orders"),
        STABLEMINT_URL=api or mock.url,
        STABLEMINT_API_KEY=(folder / "api_key").read_text(),
        STABLEMINT_API_SECRET=(folder / "api_secret").read_text(),
        STABLEMINT_PRIVATE_KEY=str(folder / "private_key.pem"),
        STABLEMINT_WEBHOOK_KEYS=os.pathsep.join(map(str, keys)),
    )
    with (
        TemporaryFile("w+") as said,
        subprocess.Popen(
            kind.command, cwd=kind.folder, env=environment, stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            opened = re.fullmatch(r"The shop is open at (\S+)\n", process.stdout.readline())
            if opened is None:
                process.wait(STOP_SECONDS)
                said.seek(0)
                raise AssertionError(f"{kind.name} did not start:\n{said.read()}")
            yield RunningShop(kind=kind, url=opened[1])
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def handled_events(kind: Kind, data: Path) -> list[str]:
    """The identifiers of the events that a shop noted in its folder, as often as it noted them."""
    if kind is FLASK:
        with closing(sqlite3.connect(data / "orders")) as database:
            return [event_id for (event_id,) in database.execute("SELECT event_id FROM events")]
    records = [json.loads(line) for line in (data / "orders").read_text().splitlines()]
    return [record["eventId"] for record in records if "eventId" in record]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the shop answered: the address that it came from in the end, or leads to."""

    status: int
    url: str
    text: str

    @property
    def order_status(self) -> str:
        """The status of the order that the page shows."""
        return str(re.findall(r'data-status="(\w+)"', self.text)[0])

    def form(self, path: str) -> Mapping[str, str]:
        """The hidden fields of the page's first form that leads to ``path``."""
        (form, *_) = re.findall(rf'<form[^>]* action="{re.escape(path)}".*?</form>', self.text, re.DOTALL)
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A customer with cookies of their own, who goes no further than the shop."""

    shop: RunningShop
    cookies: CookieJar = field(default_factory=CookieJar)

    def look(self, path: str = "/") -> Page:
        return self._send(urllib.request.Request(urljoin(self.shop.url, path)))

    def submit(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form, without following where it leads."""
        body = urlencode(fields).encode()
        return self._send(urllib.request.Request(urljoin(self.shop.url, path), body))

    def choose(self) -> Mapping[str, str]:
        """The form of the shop's first product, filled in."""
        return {**self.look().form("/orders"), "country": "DE", "email": "ada@shop.example"}

    def order(self) -> str:
        """Place an order; the path of its page."""
        form = self.choose()
        self.submit("/orders", form)
        return f"/orders/{form['order']}"

    def status(self, order: str) -> str:
        return self.look(order).order_status

    def _send(self, request: urllib.request.Request) -> Page:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies), _Staying)
        try:
            with opener.open(request, timeout=30) as answer:
                return Page(status=answer.status, url=answer.url, text=answer.read().decode())
        except HTTPError as error:
            with error:
                place = urljoin(request.full_url, error.headers.get("Location", ""))
                return Page(status=error.code, url=place, text=error.read().decode())


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: object) -> None:
        return None
