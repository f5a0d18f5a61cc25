"""``python -m tests.liberties``: ``--list``, or ``NAME [--port N] [--home DIR]``."""

from __future__ import annotations

import sys

import tests.liberties  # noqa: F401 - registers the liberties
from tests import by_hand
from tests.liberties.catalogue import LIBERTIES


def main() -> int:
    """List the right servers that take liberties, or run one until interrupted."""
    parser = by_hand.parser_for(
        LIBERTIES, prog="python -m tests.liberties", description="Right servers that take liberties."
    )
    arguments = parser.parse_args()
    if arguments.list:
        list_all()
        return 0
    if arguments.name is None:
        parser.error("give a NAME, or --list")
    liberty = LIBERTIES[arguments.name]
    introduction = f"{liberty.sentence}\nKeeps within {liberty.allowed_by}."
    if liberty.warns:
        introduction += f" Leaves {', '.join(sorted(liberty.warns))}."
    by_hand.run(liberty.start, introduction=introduction, port=arguments.port, home=arguments.home)
    return 0


def list_all() -> None:
    """Write each of them, in the order of the requirements within which they keep."""
    for liberty in sorted(LIBERTIES.values(), key=lambda liberty: (liberty.allowed_by, liberty.name)):
        by_hand.list_server(liberty.allowed_by, liberty.name, liberty.application, liberty.sentence)
    sys.stdout.write(f"\n{len(LIBERTIES)} in all\n")


if __name__ == "__main__":
    sys.exit(main())
