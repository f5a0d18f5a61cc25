"""How a command says that it could not do what it was asked, and the exit codes that go with it."""

from __future__ import annotations

from typing import Final

REFUSED: Final = 1
"""The server refused, or what was to be checked does not hold."""
WRONG_USAGE: Final = 2
UNREACHABLE: Final = 3
"""Nobody answers at the address."""
INTERRUPTED: Final = 130

EXIT_CODES: Final = """\
exit codes:
  0    done
  1    the server refused, or what was to be checked does not hold
  2    wrong usage or configuration
  3    the server cannot be reached
  130  interrupted
"""
"""For a command's help."""


class Failure(Exception):
    """Ends a command with ``code``; the message says what was wrong and what to do next."""

    def __init__(self, message: str, code: int = REFUSED) -> None:
        super().__init__(message)
        self.code = code
