"""What went by, for people and for machines: a line for each exchange, a summary at the end, JSON."""

import textwrap
import time
from typing import Any, Final, Protocol

import openapi

from ..ledger import Breach
from ..masking import Mask, escape
from ..wire import Exchange
from .record import Fault, Record, Side

WIDTH: Final = 110
SHOWN_BREACHES: Final = 3
SHOWN: Final = Mask(())
"""Writes exchanges as lines; what is private was masked when it was recorded."""


class Stream(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> int:
        """Take a text."""

    def flush(self) -> None:
        """Pass on what was taken."""


class Lines:
    """Writes while the proxy runs, and at its end."""

    def __init__(self, stream: Stream, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour

    def say(self, text: str) -> None:
        """A line that is about no exchange."""
        self._write(self._paint(f"  {escape(text)}", "2"))

    def passed(self, what: str, became: str, faults: list[Fault]) -> None:
        """What went by, masked already, what became of it, and what of it was wrong."""
        mark = self._paint("✗", "31") if faults else self._paint("✓", "32")
        self._write(f"{time.strftime('%H:%M:%S')} {mark} {escape(f'{what}  {became}')}")
        for fault in faults:
            text = f"{fault.side} {fault.requirement}  {fault.message}"
            for line in textwrap.wrap(escape(text), WIDTH - 11, subsequent_indent="    "):
                self._write(self._paint(f"{'':11}{line}", "31"))

    def summary(self, record: Record) -> None:
        """Every requirement that was seen, by who has to keep it."""
        self._write("")
        for side in Side:
            ledger = record.ledgers[side]
            broken = [key for key in openapi.requirements() if (side, key) in record.counts]
            kept = [key for key in openapi.requirements() if key in ledger.passes and key not in broken]
            if not broken and not kept:
                continue
            self._write(f"{side}: {len(broken)} broken, {len(kept)} seen to hold")
            for key in broken:
                self._breach(key, ledger.breaches[key], record.counts[side, key])
            if kept:
                for line in textwrap.wrap("held: " + ", ".join(kept), WIDTH - 4, subsequent_indent="      "):
                    self._write(self._paint(f"    {line}", "2"))
        exchanges = f"{record.exchanges:,} exchange{'' if record.exchanges == 1 else 's'}"
        left = f", {record.unjudged:,} not judged" if record.unjudged else ""
        outcome = "nothing broken" if record.is_clean else "requirements were broken"
        self._write(f"{outcome} ({exchanges}{left})")

    def _breach(self, key: str, breaches: list[Breach], count: int) -> None:
        requirement, shown = openapi.requirements()[key], min(breaches, key=lambda breach: breach.weight)
        times = f", {count} times" if count > 1 else ""
        for line in textwrap.wrap(f"✗ {key}  {requirement.statement}", WIDTH, subsequent_indent=" " * 11):
            self._write(self._paint(f"  {line}", "31"))
        for line in textwrap.wrap(escape(shown.message + times), WIDTH - 6):
            self._write(f"      {line}")
        if shown.exchange is not None:
            for line in _lines(shown.exchange):
                self._write(self._paint(f"      {line}".rstrip(), "2"))

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


def as_json(record: Record, *, target: str) -> dict[str, Any]:
    """The record as one JSON object; secrets and identity data are masked."""
    return {
        "target": target,
        "exchanges": record.exchanges,
        "unjudged": record.unjudged,
        "sides": {str(side): _side(record, side) for side in Side},
    }


def _side(record: Record, side: Side) -> list[dict[str, Any]]:
    ledger = record.ledgers[side]
    return [
        {
            "id": key,
            "statement": requirement.statement,
            "held": ledger.passes.get(key, 0),
            "broken": record.counts.get((side, key), 0),
            "breaches": [_entry(breach) for breach in ledger.breaches.get(key, [])[:SHOWN_BREACHES]],
        }
        for key, requirement in openapi.requirements().items()
        if key in ledger.passes or (side, key) in record.counts
    ]


def _entry(breach: Breach) -> dict[str, Any]:
    exchange = breach.exchange
    if exchange is None:
        return {"message": breach.message}
    sent, received = SHOWN.exchange(exchange)
    return {"message": breach.message, "request": sent, "answer": received}


def _lines(exchange: Exchange) -> list[str]:
    sent, received = SHOWN.exchange(exchange)
    return [f"> {line}" for line in sent] + [f"< {line}" for line in received]
