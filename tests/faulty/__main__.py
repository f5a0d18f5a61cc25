"""``python -m tests.faulty``: ``--list``, ``--report [--seconds N] [--share 1/2]``, or
``NAME [--port N] [--home DIR]``."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
import textwrap
import threading
from collections.abc import Mapping
from pathlib import Path

import tests.faulty  # noqa: F401 - registers the faulty servers
from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import AREAS, CATALOGUE, by_area
from tests.serving import make_partners


def main() -> int:
    """List the faulty servers, or run one until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faulty", description="Servers made faulty on purpose."
    )
    parser.add_argument(
        "name", nargs="?", choices=sorted(CATALOGUE), metavar="NAME", help="the server to run"
    )
    parser.add_argument("--list", action="store_true", help="list them all")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--home", type=Path, help="folder for the partners' credentials (default: a new one)")
    parser.add_argument("--report", action="store_true", help="record what catches which, and tell it")
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="for how long to record (default: to the end)"
    )
    parser.add_argument(
        "--share", type=parse_share, default=(1, 1), help="which of how many parts to record (default: 1/1)"
    )
    arguments = parser.parse_args()
    if arguments.report:
        report(arguments.seconds, share=arguments.share)
        return 0
    if arguments.list:
        list_all()
        return 0
    if arguments.name is None:
        parser.error("give a NAME, or --list")
    home = arguments.home or Path(tempfile.mkdtemp(prefix="faulty-"))
    partners = make_partners()
    folders = write_credentials(partners, home)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    fault = CATALOGUE[arguments.name]
    with fault.start(partners, arguments.port) as server:
        words = ["stablemint", "verify", server.url]
        for folder in folders:
            words += ["--credentials", str(folder)]
        sys.stdout.write(f"{fault.sentence}\nBreaks {fault.breaks}. Listening on {server.url}\n\n")
        sys.stdout.write(f"  {shlex.join(words)}\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


def parse_share(text: str) -> tuple[int, int]:
    """``2/3`` as (2, 3), the second of three parts. Raises ArgumentTypeError."""
    part, slash, parts = text.partition("/")
    if not (slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is no part of a whole: give one such as 1/2")
    return int(part), int(parts)


def report(seconds: float, *, share: tuple[int, int] = (1, 1)) -> None:
    """Record which layer catches which server for at most this time, and write how many are recorded."""
    from tests.faulty import record, recorded  # imports Schemathesis, which takes a second

    for name in record.record(make_partners(), seconds=seconds, share=share):
        sys.stdout.write(f"recorded {name}\n")
        sys.stdout.flush()
    known = recorded.load().values()
    for part in recorded.PARTS:
        count = sum(getattr(entry, part) is not None for entry in known)
        sys.stdout.write(f"{part}: {count} of {len(CATALOGUE)} in {recorded.FILE}\n")


def list_all() -> None:
    """Write every faulty server, by area: what it breaks, what it is made from, and its sentence."""
    for area, faults in by_area().items():
        sys.stdout.write(f"{AREAS[area]}: {len(faults)}\n")
        for fault in faults:
            sys.stdout.write(f"  {fault.breaks:<8} {fault.name}  ({fault.application})\n")
            sys.stdout.write(textwrap.indent(textwrap.fill(fault.sentence, 98), " " * 11) + "\n")
        sys.stdout.write("\n")
    sys.stdout.write(f"{len(CATALOGUE)} in all\n")


def write_credentials(partners: Mapping[str, PartnerCredentials], home: Path) -> list[Path]:
    """Write each partner's credentials as the mock server lays them out, and return the folders."""
    folders = []
    for name, partner in partners.items():
        folder = home / "partners" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "api_key").write_text(partner.api_key)
        (folder / "api_secret").write_text(partner.api_secret)
        (folder / "private_key.pem").write_bytes(partner.private_key_pem)
        folders.append(folder)
    return folders


if __name__ == "__main__":
    sys.exit(main())
