"""``python -m tests.faulty``: ``--list``, ``--report [--seconds N] [--share 1/2]``, or
``NAME [--port N] [--home DIR]``."""

from __future__ import annotations

import argparse
import sys

import tests.faulty  # noqa: F401 - registers the faulty servers
from tests import by_hand
from tests.faulty.catalogue import AREAS, CATALOGUE, by_area
from tests.serving import make_partners


def main() -> int:
    """List the faulty servers, or run one until interrupted."""
    parser = by_hand.parser_for(
        CATALOGUE, prog="python -m tests.faulty", description="Servers made faulty on purpose."
    )
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
    fault = CATALOGUE[arguments.name]
    introduction = f"{fault.sentence}\nBreaks {fault.breaks}."
    by_hand.run(fault.start, introduction=introduction, port=arguments.port, home=arguments.home)
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
            by_hand.list_server(fault.breaks, fault.name, fault.application, fault.sentence)
        sys.stdout.write("\n")
    sys.stdout.write(f"{len(CATALOGUE)} in all\n")


if __name__ == "__main__":
    sys.exit(main())
