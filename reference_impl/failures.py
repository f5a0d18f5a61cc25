"""What may be told in a log of an exception: its kind and its place; its message can quote what was sent."""

from __future__ import annotations

import traceback


def describe(error: BaseException | None) -> str:
    """The kinds of an exception and of its causes, and the place of each; no message of any (ERR-10)."""
    parts: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        place = "".join(traceback.format_tb(error.__traceback__)).rstrip()
        parts.append(f"{type(error).__module__}.{type(error).__qualname__}\n{place}".rstrip())
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by ".join(parts)
