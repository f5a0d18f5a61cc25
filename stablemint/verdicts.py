"""The files that a run of contract tests writes its verdicts to: the same options for each command."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract_tests.suite import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--json``, ``--junit`` and ``--html``."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts as JSON, too")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write them as JUnit XML")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write them as one page of HTML")


def write(arguments: argparse.Namespace, report: Report) -> str:
    """Write the files that were asked for; what went wrong, in words, or nothing."""
    for path, content in _files(arguments, report):
        try:
            path.write_bytes(content)
        except OSError as error:
            return f"{path} cannot be written: {error.strerror}"
    return ""


def _files(arguments: argparse.Namespace, report: Report) -> Iterator[tuple[Path, bytes]]:
    if arguments.json is not None:
        from contract_tests.report.machine import as_json

        yield arguments.json, (json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n").encode()
    if arguments.junit is not None:
        from contract_tests.report.junit import as_junit

        yield arguments.junit, as_junit(report)
    if arguments.html is not None:
        from contract_tests.report.page import as_html

        yield arguments.html, as_html(report).encode()
