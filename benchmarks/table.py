"""Rows of a table of figures: median, spread, and a remark."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

HEADER = ("| figure | median | least to most | target |", "| --- | ---: | ---: | --- |")


def row(name: str, values: Iterable[float], form: str, remark: str = "") -> str:
    """A figure that was measured once or more; ``form`` is how a value is written."""
    ordered = sorted(values)
    spread = f"{form.format(ordered[0])} to {form.format(ordered[-1])}" if len(ordered) > 1 else ""
    return f"| {name} | {form.format(median(ordered))} | {spread} | {remark} |"
