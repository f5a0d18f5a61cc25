"""Kinds of options that several commands have, each refusing what makes no sense by saying what would."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

STANDARD_OUTPUT: Final = Path("-")
"""Where JSON goes if ``--json`` names no file."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json`` of a command that prints what it has to tell."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_ca_file(parser: argparse.ArgumentParser) -> None:
    """``--ca-file``: whose certificates are good, for a server of `stablemint mock --tls` as well."""
    parser.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="certificates to trust beside the system's, in PEM"
    )


def add_json_file(parser: argparse.ArgumentParser, what: str) -> None:
    """``--json`` of a command whose JSON is long: it goes to a file, beside what people read, or alone."""
    parser.add_argument(
        "--json",
        nargs="?",
        const=STANDARD_OUTPUT,
        type=_json_file,
        metavar="FILE",
        help=f"write {what} as JSON to FILE, too; without FILE, print it, and nothing else",
    )


def _json_file(text: str) -> Path:
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text} is no file: give the URL first, and --json behind it")
    if not text:
        raise argparse.ArgumentTypeError("give a file, or leave it out to print JSON")
    return Path(text)


def whole_number(text: str) -> int:
    """A whole number of at least 0."""
    if not _is_whole_number(text):
        raise argparse.ArgumentTypeError("give a whole number of at least 0")
    return int(text)


def words(text: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def port(text: str) -> int:
    """A port, 0 for any free one."""
    if not _is_whole_number(text) or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not _is_whole_number(text) or int(text) < 1:
        raise argparse.ArgumentTypeError("give a whole number of at least 1")
    return int(text)


def given(text: str) -> str:
    """A name or an identifier: some text."""
    if not text.strip():
        raise argparse.ArgumentTypeError("give one, not an empty text")
    return text


def above_zero(text: str) -> float:
    """A number of more than 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError("give a number above 0")
    return value


def number(low: float, high: float) -> Callable[[str], float]:
    """A number within bounds, both included."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"give a number from {low:g} to {high:g}")
        return value

    return read


def _is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def base_url(text: str) -> str:
    """A URL that others are made from, without its final slash."""
    from reference_impl.urls import require_base_url

    try:
        return require_base_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def http_url(text: str) -> str:
    """Where requests go, as it stands."""
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise argparse.ArgumentTypeError("give a URL such as http://localhost:8080, or with a path")
    return text


def explain_start(error: OSError, host: str, port: int, *, option: str = "--port") -> str:
    """Why a server cannot start, and what to do; ``option`` is the one that gave the port."""
    import errno
    import socket

    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another with {option}, or {option} 0 for any free one"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"this machine has no address {host}; leave --host out to listen on 127.0.0.1"
    if error.errno == errno.EACCES and error.filename is None:
        return f"port {port} is for administrators; choose one above 1023 with {option}"
    if error.filename is not None:
        return f"{error.filename}: {(error.strerror or str(error)).lower()}"
    return str(error)
