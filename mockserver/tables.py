"""The sandbox's two tables as a page: what can be played, and what a refused signature is told.

``python -m mockserver.tables`` writes `docs/sandbox.md`; a test holds that it is fresh.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mockserver.diagnosis import CAUSES
from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.bank.simulated import BANK_PREFIX

PAGE = Path(__file__).parent.parent / "docs" / "sandbox.md"

_HEAD = """\
# The sandbox's tables

Every outcome of a payment with the amount and the bank that choose it, and every reason for which a
signature is refused.

This page is generated from the tables that the mock server itself runs on: `python -m mockserver.tables`
writes it.

## Outcomes of a payment

Choose one by the amount of the creation request, by the bank on the checkout page or in the widget, or by
name through the control API (`POST …/sessions/{sessionId}/play`) or `mock.pay(session, "…")`. A name goes
before the amount, and the amount before the bank. An amount that the payer enters chooses nothing.

"""

_FAULTS = """\

## What faults strike

A fault of the control API (`POST …/faults`) strikes requests of the payment-session API, and of the payer API
where its `match` names their path or operation. Pages (`/checkout/…`, `/widget/…`, `/assets/…`), the
documentation and the control API are never struck: such a `path`, an unknown `operationId` and a `partner`
that the namespace does not have are refused with 400 `invalid_request`. To break a payer's page, strike what
it asks: `/payer/*`. Faults wait in memory; `--state` does not keep them.
"""

_CAUSES = """\

## Why a request was refused

On the mock server, a 401 answers a client on the same machine with its diagnosis, in `detail` and as the
member `diagnosis`; the inspector shows it too. `unknown` is an answer as well: it lists what was ruled out.
Neither the secret nor the right signature is ever shown.

"""


def render() -> str:
    """The page as Markdown."""
    outcomes = (
        (
            f"`{outcome.code}`",
            f"{outcome.magic_amount / 100:.2f}",
            f"{outcome.bank_name} (`{BANK_PREFIX}{outcome.code}`)",
            outcome.description,
        )
        for outcome in OUTCOMES.values()
    )
    causes = (
        (f"`{cause.code}`", f"`{cause.refusal}`", cause.title, cause.explanation, cause.cure)
        for cause in CAUSES.values()
    )
    return "".join(
        (
            _HEAD,
            _table(("outcome", "amount", "bank", "what happens"), outcomes),
            _FAULTS,
            _CAUSES,
            _table(("cause", "answer", "what was wrong", "explanation", "cure"), causes),
        )
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    """Text as a cell: a bar or an angle bracket of its own is no Markdown."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")  # those of odd number are code
    return "`".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts))


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
