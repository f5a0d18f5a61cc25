"""Command lines run in this process against a mock server of their own."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from mockserver import MockServer
from stablemint.program import main


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    def document(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    def steady(self) -> str:
        """Standard output with what differs from run to run replaced by what it is."""
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "(time)", self.out)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "(delivery)", text)
        text = re.sub(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{24}(?![A-Za-z0-9_-])", "(session)", text)
        text = re.sub(r"Request-Id: \S+", "Request-Id: (id)", text)
        return re.sub(r" +\n", "\n", re.sub(r" {2,}", "  ", text))


class CommandLine:
    """`stablemint …` as somebody in a folder with the mock server's credentials types it."""

    def __init__(self, server: MockServer, home: Path) -> None:
        self.server = server
        self.home = home

    def __call__(self, *words: str, stdin: bytes = b"") -> Outcome:
        """Run a command; options that name the server are added where it takes them."""
        out, err = io.StringIO(), io.StringIO()
        given = mock.Mock(buffer=io.BytesIO(stdin))
        environment = {"STABLEMINT_URL": self.server.url, "STABLEMINT_CONTROL_TOKEN": ""}
        with (
            mock.patch.dict("os.environ", environment),
            mock.patch.multiple(sys, stdout=out, stderr=err, stdin=given),
        ):
            try:
                code = main(list(words))
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Outcome(code, out.getvalue(), err.getvalue())

    def as_partner(self, *words: str, stdin: bytes = b"") -> Outcome:
        """The same with the folder of credentials."""
        return self(*words, "--home", str(self.home), stdin=stdin)
