"""`stablemint docs`: the built pages, over HTTP or as a folder."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from stablemint.program import main
from stablemint.reading_room import ReadingRoom


@pytest.fixture(scope="module")
def room() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ReadingRoom)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/problems/not_found", "text/html; charset=utf-8"),
        ("/problems/not_found.html?x=1", "text/html; charset=utf-8"),
        ("/problems", "text/html; charset=utf-8"),
        ("/guides", "text/html; charset=utf-8"),
        ("/guides/", "text/html; charset=utf-8"),
        ("/openapi.yaml", "application/yaml; charset=utf-8"),
        ("/reference/scalar.js", "text/javascript; charset=utf-8"),
    ],
)
def test_pages_and_files_are_served(room: str, path: str, kind: str) -> None:
    with urllib.request.urlopen(room + path) as answer:
        assert answer.headers["Content-Type"] == kind
        assert len(answer.read()) == int(answer.headers["Content-Length"])


@pytest.mark.parametrize("path", ["/nope", "/../pyproject.toml", "/%2e%2e/server.py", "//etc/passwd"])
def test_what_is_no_page_is_404(room: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(room + path)
    with refusal.value:
        assert refusal.value.status == 404
        ways = re.findall('href="(.*?)"', refusal.value.read().decode())
    assert "/" in ways
    for way in ways:
        with urllib.request.urlopen(room + way) as answer:
            assert answer.status == 200


def test_the_folder_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--folder"]) == 0
    told = capsys.readouterr().out.strip()
    assert (Path(told) / "index.html").is_file()
    assert main(["docs", "--folder", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": told}


def test_a_port_in_use_is_said(capsys: pytest.CaptureFixture[str], room: str) -> None:
    assert main(["docs", "--port", room.rpartition(":")[2]]) == 2
    assert "--port chooses another" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "a"])
def test_a_port_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert main(["docs", f"--port={port}"]) == 2
    assert "a port is a number from 0 to 65535" in capsys.readouterr().err
