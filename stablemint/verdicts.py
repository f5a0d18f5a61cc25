"""What a run of contract tests tells: to a person, to files, or as JSON. The same for each command."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stablemint.failure import REFUSED, UNREACHABLE, WRONG_USAGE, Failure
from stablemint.options import STANDARD_OUTPUT, add_json_file
from stablemint.terminal import Terminal, is_live, wants_colour

if TYPE_CHECKING:
    from contract_tests.report.terminal import Terminal as Watching
    from contract_tests.suite import Report, Silent
    from openapi import Requirement

NOT_VERIFIED: Final = 4

_CLEAR = "\r\x1b[2K"


def codes(passed: str, unreachable: str) -> Mapping[int, str]:
    """The exit codes of such a command: what a pass means, and what it is that cannot be tested."""
    return {
        0: passed,
        REFUSED: "a requirement failed",
        UNREACHABLE: unreachable,
        NOT_VERIFIED: "nothing failed, but something was not verified, or time ran out",
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--json``, ``--junit`` and ``--html``."""
    add_json_file(parser, "the verdicts")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write them as JUnit XML")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write them as one page of HTML")


def require_places(*paths: Path | None) -> None:
    """Raises Failure for a file that could not be written: before a run that takes minutes, not after it."""
    for path in paths:
        if path is None or path == STANDARD_OUTPUT:
            continue
        if path.is_dir():
            raise Failure(f"{path} cannot be written: it is a folder", WRONG_USAGE)
        if not path.absolute().parent.is_dir():
            raise Failure(f"{path} cannot be written: no such folder as {path.parent}", WRONG_USAGE)
        if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
            raise Failure(f"{path} cannot be written: permission denied", WRONG_USAGE)


def prints_json(arguments: argparse.Namespace) -> bool:
    """Whether standard output is JSON and nothing else."""
    return bool(arguments.json == STANDARD_OUTPUT)


def watch(arguments: argparse.Namespace) -> Watching | Silent:
    """Who is told what goes on: a person, on standard error where standard output is a program's."""
    from contract_tests.report.terminal import Terminal as Watching
    from contract_tests.suite import Silent

    stream = sys.stderr if prints_json(arguments) else sys.stdout
    live = is_live(stream)
    if prints_json(arguments) and not live:
        return Silent()
    return Watching(stream, colour=wants_colour(stream), live=live, columns=Terminal(stream).columns)


def tell(arguments: argparse.Namespace, report: Report, watching: Watching | Silent) -> int:
    """Show the report and write the files that were asked for; the exit code. Raises Failure."""
    from contract_tests.suite import Silent

    if prints_json(arguments):
        from contract_tests.report.machine import as_json

        if not isinstance(watching, Silent):
            sys.stderr.write(_CLEAR)
        Terminal().json(as_json(report))
    elif not isinstance(watching, Silent):
        watching.show(report)
    for path, content in _files(arguments, report):
        write(path, content)
    return report.exit_code


def tell_obstacle(arguments: argparse.Namespace, report: Report) -> None:
    """Tell a program why nothing could be tested; a person is told by the Failure. Raises Failure."""
    if prints_json(arguments):
        from contract_tests.report.machine import as_json

        Terminal().json(as_json(report))
    for path, content in _files(arguments, report):
        write(path, content)


def tell_of(arguments: argparse.Namespace, document: Mapping[str, Any], text: str) -> None:
    """Tell what is no report: as JSON where that was asked for. Raises Failure."""
    if prints_json(arguments):
        Terminal().json(document)
        return
    sys.stdout.write(text)
    if arguments.json is not None:
        write(arguments.json, as_bytes(document))


def listing(
    coverage: Mapping[str, tuple[str, ...]], untested: Mapping[str, str], requirements: Iterable[Requirement]
) -> dict[str, Any]:
    """Every requirement with the tests that are about it, or why there is none."""
    return {
        "requirements": [
            {
                "id": each.id,
                "statement": each.statement,
                "level": each.level,
                "capability": each.capability,
                "tests": list(coverage[each.id]),
                **({} if coverage[each.id] else {"untested": untested[each.id]}),
            }
            for each in requirements
        ]
    }


def write(path: Path, content: bytes) -> None:
    """Write a file. Raises Failure."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Failure(
            f"{path} cannot be written: {(error.strerror or str(error)).lower()}", WRONG_USAGE
        ) from None


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as a file holds it."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _files(arguments: argparse.Namespace, report: Report) -> Iterator[tuple[Path, bytes]]:
    if arguments.json not in (None, STANDARD_OUTPUT):
        from contract_tests.report.machine import as_json

        yield arguments.json, as_bytes(as_json(report))
    if arguments.junit is not None:
        from contract_tests.report.junit import as_junit

        yield arguments.junit, as_junit(report)
    if arguments.html is not None:
        from contract_tests.report.page import as_html

        yield arguments.html, as_html(report).encode()
